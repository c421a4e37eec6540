"""Where the server asks for places: in this process, or at the door of several."""

from typing import Protocol

from dashboard.journal import Tally
from dashboard.places import Room


class Desk(Protocol):
    """A `Room` that may be in another process. What is only told is not waited for."""

    @property
    def limit(self) -> int:
        """How many places there are."""

    def greet(self, ticket: str | None) -> None:
        """As `Room.greet`."""

    async def has_room(self, ticket: str | None) -> bool:
        """As `Room.has_room`."""

    async def enter(self, ticket: str | None) -> str | None:
        """As `Room.enter`."""

    async def sit(self, ticket: str | None, *, again: bool = False) -> str | None:
        """As `Room.sit`."""

    def leave(self, ticket: str, *, for_good: bool) -> None:
        """As `Room.leave`."""

    def turned_away(self) -> None:
        """Note in the log that somebody got the waiting page."""

    async def taken(self) -> int:
        """As `Room.taken`."""


class OwnDesk:
    """For a room in this process."""

    def __init__(self, room: Room) -> None:
        self.limit = room.limit
        self._room = room
        self._tally = Tally()
        self.greet = room.greet
        self.leave = room.leave

    async def has_room(self, ticket: str | None) -> bool:
        """As `Room.has_room`."""
        return self._room.has_room(ticket)

    async def enter(self, ticket: str | None) -> str | None:
        """As `Room.enter`."""
        return self._room.enter(ticket)

    async def sit(self, ticket: str | None, *, again: bool = False) -> str | None:
        """As `Room.sit`."""
        return self._room.sit(ticket, again=again)

    def turned_away(self) -> None:
        """Note in the log that somebody got the waiting page."""
        self._tally.count("full", limit=self.limit)

    async def taken(self) -> int:
        """As `Room.taken`."""
        return self._room.taken
