"""A client that speaks Streamlit's own protocol: a session without a browser."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LONGEST = 60.0
"""Seconds that one answer may take."""

_EARLY = 2
"""How a run ends that a newer one ended."""


@dataclass(slots=True)
class Session:
    """One page that is open.

    Attributes
    ----------
    query : str
        The address' part after "?".
    widgets : dict of str to (str, element)
        Kind and element of every widget, by its id.
    texts : list of str
        What progress bars have said.
    errors : list of str
        Exceptions that were shown.
    """

    socket: Any
    query: str = ""
    widgets: dict[str, tuple[str, Any]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _values: dict[str, float] = field(default_factory=dict)
    _hashes: set[str] = field(default_factory=set)
    _page: str = ""

    async def run(self, query: str | None = None) -> None:
        """Ask for a run of the page, at another address if one is given; do not wait for it."""
        if query is not None:
            self.query = query
        message = BackMsg()
        request = message.rerun_script
        request.query_string, request.page_script_hash = self.query, self._page
        request.cached_message_hashes.extend(self._hashes)
        for name, value in self._values.items():
            state = request.widget_states.widgets.add()
            state.id = name
            if self.widgets[name][0] == "slider":
                state.double_array_value.data.append(value)
            else:
                state.double_value = value
        await self.socket.send(message.SerializeToString())

    async def move(self, key: str, value: float) -> None:
        """Put a slider or a number input on a value; do not wait for the page."""
        name = next(each for each in self.widgets if each.endswith(f"-{key}"))
        self._values[name] = value
        await self.run()

    async def finished(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait for the end of a run that nothing ended early."""
        while True:
            message = await self.message()
            ended = message.WhichOneof("type") == "script_finished"
            if ended and message.script_finished != _EARLY and until():
                return

    async def message(self) -> ForwardMsg:
        """The next message."""
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(self.socket.recv(), LONGEST))
        self._learn(message)
        return message

    def _learn(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                start = message.new_session
                self._page = start.page_script_hash or start.main_script_hash
            case "navigation":
                self._page = message.navigation.page_script_hash or self._page
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._learn_element(message.delta.new_element)
        if message.metadata.cacheable and message.hash:
            self._hashes.add(message.hash)

    def _learn_element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        part = getattr(element, kind)
        if kind == "exception":
            self.errors.append(f"{part.type}: {part.message}")
        if kind == "progress":
            self.texts.append(part.text)
        if name := getattr(part, "id", ""):
            self.widgets[name] = kind, part


@asynccontextmanager
async def opened(url: str, query: str = "") -> AsyncIterator[Session]:
    """A session whose first run is done."""
    async with connected(url, query) as session:
        await session.run()
        await session.finished()
        yield session


@asynccontextmanager
async def connected(url: str, query: str = "") -> AsyncIterator[Session]:
    """A session that has asked for nothing yet."""
    async with websockets.connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        subprotocols=[websockets.Subprotocol("streamlit")],
        origin=websockets.Origin(url),
        max_size=None,
        ping_interval=None,
    ) as socket:
        yield Session(socket, query)


async def timed_move(session: Session, key: str, value: float) -> float:
    """Seconds from a slider's move to the end of the run."""
    start = time.perf_counter()
    await session.move(key, value)
    await session.finished()
    return time.perf_counter() - start
