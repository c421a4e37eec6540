"""The same from a shell: `vscore draw`, `vscore fans`, `vscore simulate`, `vscore export`."""

from vscore.cli.entry import main

__all__ = ["main"]
