"""By what a browser is known: a random ticket in a cookie, which says nothing about it.

Where several processes serve, the ticket also tells which of them a browser belongs to.
"""

import re
import secrets
import zlib

COOKIE = "vscore_place"

LETTERS = r"[A-Za-z0-9_-]{22}"
"""How a ticket is written, as a regular expression: 128 bits."""

_TICKET = re.compile(LETTERS)


def is_ticket(text: str) -> bool:
    """Whether a cookie's content can be a ticket."""
    return _TICKET.fullmatch(text) is not None


def new_ticket(worker: int = 0, workers: int = 1) -> str:
    """A ticket that nobody has, of those that lead to a worker."""
    while True:
        ticket = secrets.token_urlsafe(16)
        if share(ticket, workers) == worker:
            return ticket


def share(key: str, workers: int) -> int:
    """Which of so many workers a ticket, or an address, leads to; the same in every process."""
    return zlib.crc32(key.encode()) % workers
