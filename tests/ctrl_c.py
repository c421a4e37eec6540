"""The command line as a program that Ctrl-C reaches, whoever started the tests.

A shell has what it starts in the background ignore Ctrl-C, and so do its children.
"""

import sys

BEGUN = "begun\n"
"""Printed once Ctrl-C is heeded and vscore loaded."""

_PROGRAM = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from vscore.cli import main
print({BEGUN!r}, end="", flush=True)
sys.exit(main(sys.argv[1:]))
"""


def command(*words: str) -> list[str]:
    """What `vscore` with these words is, for `subprocess`."""
    return [sys.executable, "-c", _PROGRAM, *words]
