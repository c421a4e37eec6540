"""Who is inside: at most so many places, each one's own while it reloads or loses its Wi-Fi.

A place is taken by an open websocket, or held for one that is expected: of a browser that was just
given the page, that reloads it, or whose connection broke. Browsers are told apart by a random
ticket that they send back with every request; it says nothing about them.

Browsers keep no ticket for a page that stands in another site's frame. So a place that was held for
a page and whose ticket nobody has sent back goes to the next socket that comes without one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.tickets import new_ticket

ARRIVING = 30.0
"""s. How long a place is held for a browser that loads the page; each request of it starts anew."""

RETURNING = 15.0
"""s. How long one is held after a connection broke. Browsers try again after 0.25 to 4 s, and the
sixth time after 11 s at most."""

TURNED_AWAY = 20.0
"""s. How long a browser that is inside, and was refused one window more, is refused the page too.
The waiting page asks again more often than that."""


@dataclass(slots=True)
class _Guest:
    """One browser. It has at least one socket or held place, or it is forgotten."""

    sockets: int = 0
    held: int = 0
    held_until: float = 0.0
    came_back: bool = False  # it has sent its ticket, so it keeps tickets
    stale: int = 0  # sockets besides, each the dead end of one that was opened again
    reloads_until: float = 0.0
    refused_until: float = 0.0


class Room:
    """So many places. Not for several threads: the server's event loop, or its door, uses it alone.

    Parameters
    ----------
    limit : int
        How many places there are.
    clock : callable
        Seconds from any start.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._guests: dict[str, _Guest] = {}

    @property
    def taken(self) -> int:
        """How many places are taken or held."""
        self._sweep()
        return sum(guest.sockets + guest.held for guest in self._guests.values())

    def greet(self, ticket: str | None) -> None:
        """Note that a browser asks for something: it is still on its way in."""
        guest = self._guests.get(ticket or "")
        if guest is not None:
            guest.came_back = True
            if guest.held:
                guest.held_until = max(guest.held_until, self._clock() + ARRIVING)

    def has_room(self, ticket: str | None) -> bool:
        """Whether a browser with this ticket, if any, may have the page."""
        free, now = self.taken < self.limit, self._clock()
        guest = self._guests.get(ticket or "")
        if free or (guest is not None and (guest.held or guest.refused_until <= now)):
            return True
        _refuse(guest, now)
        return False

    def enter(self, ticket: str | None, new: str | None = None) -> str | None:
        """Hold a place for a page: its browser's ticket, or None where every place is taken.

        Parameters
        ----------
        ticket : str, optional
            The one that the browser sent.
        new : str, optional
            The one to give to a browser that sent none.
        """
        if not self.has_room(ticket):
            return None
        now, free = self._clock(), self.taken < self.limit
        guest = self._guests.get(ticket or "")
        if guest is not None and not guest.held and not free:
            guest.reloads_until = now + ARRIVING  # its socket closes when the page is replaced
            return ticket
        ticket, guest = self._admit(ticket, new)
        guest.held, guest.held_until = 1, now + ARRIVING
        return ticket

    def sit(self, ticket: str | None, new: str | None = None, *, again: bool = False) -> str | None:
        """Open a socket: what to give to `leave`, or None where every place is taken.

        Parameters
        ----------
        ticket : str, optional
            The one that the browser sent.
        new : str, optional
            By what to know a browser that sent none.
        again : bool
            Whether the page had a socket before, and lost it.
        """
        free = self.taken < self.limit
        self.greet(ticket)
        guest = self._guests.get(ticket or "")
        if guest is not None and guest.held:
            guest.held -= 1
        elif guest is not None and again and guest.stale < guest.sockets:
            guest.stale += 1  # the server has not noticed yet that the old one is dead
            return ticket
        elif ticket is None and (unclaimed := self._unclaimed()) is not None:
            ticket, guest = unclaimed, self._guests[unclaimed]
            guest.held -= 1
        elif free:
            ticket, guest = self._admit(ticket, new)
        else:
            _refuse(guest, self._clock())
            return None
        guest.sockets += 1
        return ticket

    def leave(self, ticket: str, *, for_good: bool) -> None:
        """Close a socket.

        Parameters
        ----------
        ticket : str
            From `sit`.
        for_good : bool
            Whether the browser said that it goes; else the connection broke.
        """
        guest, now = self._guests[ticket], self._clock()
        if guest.stale:
            guest.stale -= 1
            return
        guest.sockets -= 1
        reloads = guest.reloads_until > now
        if guest.came_back and not guest.held and (reloads or not for_good):
            guest.held, guest.held_until = 1, now + (ARRIVING if reloads else RETURNING)
            guest.reloads_until = 0.0
        self._sweep()

    def _admit(self, ticket: str | None, new: str | None) -> tuple[str, _Guest]:
        """A browser by its ticket; one that has none is given one."""
        key = ticket or new or new_ticket()
        return key, self._guests.setdefault(key, _Guest(came_back=ticket is not None))

    def _unclaimed(self) -> str | None:
        """The ticket longest held of those that nobody has sent back."""
        return next(
            (ticket for ticket, g in self._guests.items() if g.held and not g.came_back), None
        )

    def _sweep(self) -> None:
        """Free what was held in vain, and forget who has no place."""
        now = self._clock()
        for guest in self._guests.values():
            if guest.held_until <= now:
                guest.held = 0
        self._guests = {t: g for t, g in self._guests.items() if g.sockets or g.held}


def _refuse(guest: _Guest | None, now: float) -> None:
    if guest is not None:
        guest.refused_until = now + TURNED_AWAY
