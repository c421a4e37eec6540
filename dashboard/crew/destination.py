"""Whose a connection is, by the head of its first request."""

import re

from dashboard.tickets import COOKIE, LETTERS

HEAD = 65_536
"""Bytes of a head that are looked at; nobody here sends more."""

END = b"\r\n\r\n"

_TICKET = re.compile(rf"^cookie:(?:.*[ ;])?{COOKIE}=({LETTERS})(?:;|\s*$)".encode(), re.I | re.M)
_FORWARDED = re.compile(rb"^x-forwarded-for:\s*([^\s,]+)", re.I | re.M)
_PAGE = re.compile(rb"GET /(?!\S*(?:_stcore/|media/|healthz|readyz))[^?. ]*[? ]")
"""A page's request, or a child of one: no file has a name without a dot."""


def known_by(head: bytes, address: str) -> str | None:
    """What tells a browser from others: its ticket, else its address.

    Browsers that keep no tickets, as in another site's frame, are told apart by their addresses,
    but for their page's request: that may be of a browser which has no ticket yet, and a class
    behind one router has one address.

    Parameters
    ----------
    head : bytes
        Of the request.
    address : str
        Of who sent it, where no proxy says for whom.

    Returns
    -------
    str or None
        None where any worker may have it.
    """
    if ticket := _TICKET.search(head):
        return ticket.group(1).decode()
    if _PAGE.match(head):
        return None
    forwarded = _FORWARDED.search(head)
    return forwarded.group(1).decode("latin-1") if forwarded else address
