"""The same from a shell: `vscore draw`, `fans`, `gains`, `simulate`, `export`, `audit`."""

from vscore.cli.entry import main

__all__ = ["main"]
