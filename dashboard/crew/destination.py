"""Whose a connection is, by the head of its first request."""

import re
from collections.abc import Callable
from typing import TypeAlias

from dashboard.tickets import COOKIE, LETTERS

HEAD = 16_384
"""Bytes of a head that are looked at: what proxies take as well. Of a longer one, what it begins
with has to do."""

END = b"\r\n\r\n"

_TICKET = re.compile(rf"^cookie:(?:.*[ ;])?{COOKIE}=({LETTERS})(?:;|\s*$)".encode(), re.I | re.M)
_FORWARDED = re.compile(rb"^x-forwarded-for:\s*([^\s,]+)", re.I | re.M)
_PAGE = re.compile(rb"GET /(?!\S*(?:_stcore/|media/|healthz|readyz))([^?. ]*)(?:\?(\S*))? ")
"""A page's request: no file has a name without a dot. Its path, and its query string."""

Meets: TypeAlias = Callable[[str, str], bool]
"""Whether those who open a page, by its path and query string, are better at one worker."""


def known_by(head: bytes, address: str, meets: Meets) -> str | None:
    """What tells a browser from others: its ticket, else its address.

    Browsers that keep no tickets, as in another site's frame, are told apart by their addresses,
    but for their page's request: that may be of a browser which has no ticket yet, and a class
    behind one router has one address. Those are told apart only by what they open.

    Parameters
    ----------
    head : bytes
        Of the request.
    address : str
        Of who sent it, where no proxy says for whom.
    meets : callable

    Returns
    -------
    str or None
        None where any worker may have it.
    """
    if ticket := _TICKET.search(head):
        return ticket.group(1).decode()
    if page := _PAGE.match(head):
        path, query = ((part or b"").decode("latin-1") for part in page.groups())
        return f"{path}?{query}" if meets(path.strip("/"), query) else None
    forwarded = _FORWARDED.search(head)
    return forwarded.group(1).decode("latin-1") if forwarded else address
