"""What workers ask at the door about places."""

from collections import Counter
from typing import Any

from dashboard.crew.channel import Packet
from dashboard.journal import Tally
from dashboard.places import Room


class Reception:
    """A room's only keeper.

    Parameters
    ----------
    room : Room
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._tally = Tally()

    def answer(self, packet: Packet, seats: Counter[str]) -> Packet | None:
        """The answer to a packet, or None where none is wanted.

        Parameters
        ----------
        packet : Packet
            `do` names a method of `Desk`, the others are its arguments.
        seats : Counter of str
            The worker's own sockets, which are counted in it, by their tickets.
        """
        ticket: Any = packet.get("ticket")
        match packet["do"]:
            case "turned_away":
                self._tally.count("full", limit=self._room.limit)
                return None
            case "greet":
                self._room.greet(ticket)
                return None
            case "leave":
                seats.subtract([ticket])
                if not seats[ticket]:
                    del seats[ticket]
                self._room.leave(ticket, for_good=packet["for_good"])
                return None
            case "has_room":
                found: object = self._room.has_room(ticket)
            case "enter":
                found = self._room.enter(ticket, packet["new"])
            case "sit":
                found = seat = self._room.sit(ticket, packet["new"], again=packet["again"])
                if seat is not None:
                    seats[seat] += 1
            case "taken":
                found = self._room.taken
            case other:
                raise ValueError(f"a worker asked for {other!r}")
        return {"do": "answer", "to": packet["to"], "is": found}

    def gone(self, seats: Counter[str]) -> None:
        """A worker has ended: who sat there is expected back."""
        for ticket in seats.elements():
            self._room.leave(ticket, for_good=False)
