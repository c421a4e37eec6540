"""A worker's side of the channel: connections to serve, and a desk that asks at the door."""

import asyncio
import os
import socket
from collections.abc import Callable
from itertools import count
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import journal
from dashboard.admission import ticket_of
from dashboard.crew.channel import Channel
from dashboard.tickets import new_ticket, share


class Worker:
    """One of several servers behind a door; also the `Desk` at which it asks for places.

    Parameters
    ----------
    channel : Channel
    number : int
        Which of the workers this is.
    workers : int
    limit : int
        Places in the room.
    """

    def __init__(self, channel: Channel, number: int, workers: int, limit: int) -> None:
        self.limit = limit
        self.number = number
        self.workers = workers
        self._channel = channel
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._numbers = count()
        self._tasks: set[asyncio.Task[object]] = set()

    def begin(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Serve from now on, in the running event loop, what the door brings."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._channel, self._hear, loop, protocol)
        self._say("ready")

    def greet(self, ticket: str | None) -> None:
        """As `Room.greet`."""
        if ticket is not None:
            self._say("greet", ticket=ticket)

    async def has_room(self, ticket: str | None) -> bool:
        """As `Room.has_room`."""
        return bool(await self._ask("has_room", ticket=ticket))

    async def enter(self, ticket: str | None) -> str | None:
        """As `Room.enter`; a new browser is this worker's."""
        given: str | None = await self._ask("enter", ticket=ticket, new=self._new_ticket())
        return given

    async def sit(self, ticket: str | None, *, again: bool = False) -> str | None:
        """As `Room.sit`."""
        new = self._new_ticket()
        seat: str | None = await self._ask("sit", ticket=ticket, new=new, again=again)
        return seat

    def leave(self, ticket: str, *, for_good: bool) -> None:
        """As `Room.leave`."""
        self._say("leave", ticket=ticket, for_good=for_good)

    def turned_away(self) -> None:
        """Note in the log, at the door, that somebody got the waiting page."""
        self._say("turned_away")

    async def taken(self) -> int:
        """As `Room.taken`."""
        return int(await self._ask("taken"))

    def _new_ticket(self) -> str:
        return new_ticket(self.number, self.workers)

    async def _ask(self, what: str, **details: object) -> Any:
        answer = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        self._asked[number] = answer
        self._say(what, to=number, **details)
        return await answer

    def _say(self, what: str, **details: object) -> None:
        if not self._channel.send({"do": what, **details}):
            loop = asyncio.get_running_loop()
            loop.add_writer(self._channel, self._flush, loop)

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._channel.flush():
            loop.remove_writer(self._channel)

    def _hear(
        self, loop: asyncio.AbstractEventLoop, protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        try:
            for packet, connection in self._channel.received():
                if connection is not None:
                    self._serve(loop, protocol, connection)
                else:
                    answer = self._asked.pop(packet["to"])
                    if not answer.cancelled():
                        answer.set_result(packet["is"])
        except EOFError:  # nobody can come in any more, and the port is to be free at once
            journal.write("door lost")
            os._exit(1)

    def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: Callable[[], asyncio.Protocol],
        connection: socket.socket,
    ) -> None:
        task = loop.create_task(_connect(loop, protocol, connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _connect(
    loop: asyncio.AbstractEventLoop,
    protocol: Callable[[], asyncio.Protocol],
    connection: socket.socket,
) -> None:
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.connect_accepted_socket(protocol, connection)
    except OSError:  # it is gone already
        connection.close()


class ForOneBrowser:
    """Ends a connection after its answer where the next request on it may be another worker's.

    So it is for a browser that is about to get its ticket, and for a proxy, whose connections
    carry everybody's requests.

    Parameters
    ----------
    app : ASGIApp
    worker : Worker
    """

    def __init__(self, app: ASGIApp, worker: Worker) -> None:
        self._app = app
        self._worker = worker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_end(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        is_other = scope["type"] == "http" and not self._belongs(scope)
        await self._app(scope, receive, send_and_end if is_other else send)

    def _belongs(self, scope: Scope) -> bool:
        ticket, worker = ticket_of(scope), self._worker
        is_ours = ticket is not None and share(ticket, worker.workers) == worker.number
        return is_ours and "x-forwarded-for" not in Headers(scope=scope)
