"""One open page, without a browser."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.visitors.asking import HOME, Answer, ask
from tests.visitors.page import WIDGETS, Page, sent_as, widgets

PATIENCE = 60.0
"""Seconds after which a visitor gives up."""

INTERRUPTED = ForwardMsg.FINISHED_EARLY_FOR_RERUN


class Refused(Exception):
    """The server gave no page, or took no websocket."""


@contextlib.asynccontextmanager
async def visit(
    url: str, query: str = "", patience: float = PATIENCE, *, page: str = ""
) -> AsyncIterator["Visitor"]:
    """A visitor whose page is complete; `visitor.seconds` is how long that took.

    `page` is the last part of the page's address; nothing for the first page.
    """
    visitor = Visitor(url, query, patience, page)
    try:
        await visitor.open()
        yield visitor
    finally:
        await visitor.leave()


class Visitor:
    """One open page.

    Attributes
    ----------
    page : Page
        As it stood after the last complete run.
    runs : int
        How many runs were complete.
    seconds : float
        How long the last opening or moving took, until its run was complete.
    """

    def __init__(
        self, url: str, query: str = "", patience: float = PATIENCE, page: str = ""
    ) -> None:
        self._url = url
        self._patience = patience
        self._held: dict[str, tuple[str, Any]] = {}
        self._fresh: dict[tuple[int, ...], tuple[str, Any]] = {}
        self._shown: dict[tuple[int, ...], tuple[str, Any]] = {}
        self._parts: dict[str, str] = {}
        self._is_partial = False
        self._known: dict[str, ForwardMsg] = {}
        self._page_name = page
        self._page_hash = ""
        self._session = ""
        self._cookies = ""
        self._query = query
        self._sent = dict(self._held), query
        self._ended_at = 0.0
        self._has_begun = False
        self._news = asyncio.Event()
        self._answers: dict[str, Any] = {}
        self._reading: asyncio.Task[None] | None = None
        self.page = Page()
        self.runs = 0
        self.seconds = 0.0

    async def open(self) -> None:
        """Ask for the page, then for its websocket, and wait until the page is complete.

        Raises
        ------
        Refused
            With the answer's status and text, or the closing code.
        """
        started = time.perf_counter()
        answer = await self.get(f"/{self._page_name}?{self._query}")
        if answer.status != 200:
            raise Refused(f"{answer.status} {answer.body.decode()}")
        self._cookies = answer.cookies or self._cookies
        await self.connect()
        await self.rerun()
        await self.until(lambda page: True, since=0)
        self.seconds = self._ended_at - started

    async def connect(self, *, forgotten: bool = False) -> None:
        """Open the websocket, as a browser does at first and after its line was cut.

        Nothing is asked for: a browser that comes back is silent until a control is moved. It
        names its session, which the server may have forgotten; `forgotten` makes sure of that.
        """
        headers = {"Cookie": self._cookies} if self._cookies else {}
        session = "" if forgotten else self._session
        words = ("streamlit", "-", *([session] if session else []))
        try:
            self._socket = await websockets.connect(
                f"{self._url.replace('http', 'ws', 1)}/_stcore/stream",
                subprotocols=[websockets.Subprotocol(word) for word in words],
                origin=websockets.Origin(self._url),
                additional_headers=headers,
                max_size=None,
                open_timeout=self._patience,
                ping_interval=None,
                local_addr=HOME,
            )
        except websockets.InvalidStatus as error:
            raise Refused(str(error)) from error
        self._reading = asyncio.create_task(self._read())

    async def leave(self) -> None:
        """Close the tab."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            await self._socket.close()

    @property
    def is_open(self) -> bool:
        """Whether the line stands."""
        return self._reading is not None and not self._reading.done()

    def cut(self) -> None:
        """Lose the line: no farewell."""
        assert self._reading is not None
        self._reading.cancel()
        self._socket.transport.abort()

    async def reload(self) -> None:
        """Open the websocket again, ask for a run with what the widgets hold, and wait for it.

        It is what a browser does whose line was cut during a run.
        """
        started, since = time.perf_counter(), self.runs
        await self.connect()
        await self.rerun()
        await self.until(lambda page: True, since)
        self.seconds = self._ended_at - started

    async def move(self, name: str, value: Any) -> float:
        """Set a widget and wait for the complete page; seconds that it took."""
        started, since = time.perf_counter(), self.runs
        await self.set(name, value)
        await self.until(lambda page: True, since)
        self.seconds = self._ended_at - started
        return self.seconds

    async def move_unheard(self, name: str, value: Any) -> None:
        """Set a widget before the page has heard what the last run gave it, and wait.

        The message was on its way already: all else is as the page sent it last.
        """
        self._held, self._query = self._sent
        await self.move(name, value)

    async def set(self, name: str, value: Any) -> None:
        """Set a widget, by label or key, and ask for a run without waiting for it."""
        kind, widget = self.page.widget(name)
        self._held[widget.id] = sent_as(kind, value)
        await self.rerun(self._parts.get(widget.id, ""))
        if kind == "button":
            del self._held[widget.id], self._sent[0][widget.id]

    async def rerun(self, part: str = "") -> None:
        """Ask for a run with what the widgets hold, or of a part of the page."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.fragment_id = part
        state.page_script_hash = self._page_hash
        if not self._page_hash:
            state.page_name = self._page_name
        state.context_info.url = f"{self._url}/{self._page_name}"
        state.cached_message_hashes.extend(self._known)
        for identity, (name, value) in self._held.items():
            one = state.widget_states.widgets.add(id=identity)
            if name.endswith("array_value"):
                getattr(one, name).data.extend(value)
            else:
                setattr(one, name, value)
        self._sent = dict(self._held), self._query
        await self._socket.send(message.SerializeToString())

    async def begun(self) -> None:
        """Wait until the run that was asked for last has taken the message, and shows something."""
        self._has_begun = False
        async with asyncio.timeout(self._patience):
            while not self._has_begun:
                await self._next_news()

    async def until(self, shows: Callable[[Page], bool], since: int | None = None) -> Page:
        """Wait for a complete page that shows something, after a number of runs.

        Raises
        ------
        TimeoutError
            If it has not come within the visitor's patience.
        Refused
            If the server closed the websocket.
        """
        after = -1 if since is None else since
        async with asyncio.timeout(self._patience):
            while not (self.runs > after and shows(self.page)):
                await self._next_news()
        return self.page

    async def download(self, name: str) -> Answer:
        """What a download button serves."""
        (button,) = [each for each in self.page.of("download_button") if each.label == name]
        url = button.url
        if button.deferred_file_id:
            message = BackMsg()
            request = message.backend_operation_request
            request.request_id, request.session_id = button.id, self._session
            request.deferred_file.file_id = button.deferred_file_id
            await self._socket.send(message.SerializeToString())
            async with asyncio.timeout(self._patience):
                while button.id not in self._answers:
                    await self._next_news()
            url = self._answers.pop(button.id).deferred_file.url
        return await self.get(url)

    async def get(self, path: str) -> Answer:
        """An answer over HTTP."""
        async with asyncio.timeout(self._patience):
            return await ask(self._url, path, {"Cookie": self._cookies} if self._cookies else {})

    async def _next_news(self) -> None:
        assert self._reading is not None
        if self._reading.done():
            await self._reading
        self._news.clear()
        await self._news.wait()

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                self._take(message)
            raise Refused(f"closed with code {self._socket.close_code}")
        except websockets.ConnectionClosed as error:
            raise Refused(str(error)) from error
        finally:
            self._news.set()

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._page_hash = message.new_session.page_script_hash
                self._session = message.new_session.initialize.session_id
                self._take_over()
                self._fresh = {}
                self._is_partial = bool(message.metadata.run.fragment_ids)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "delta":
                if message.metadata.cacheable:
                    self._known[message.hash] = message
                self._place(message, tuple(message.metadata.delta_path))
            case "ref_hash":
                self._place(self._known[message.ref_hash], tuple(message.metadata.delta_path))
            case "script_finished" if message.script_finished != INTERRUPTED:
                self._complete()
            case "backend_operation_response":
                answer = message.backend_operation_response
                self._answers[answer.request_id] = answer
                self._news.set()

    def _place(self, message: ForwardMsg, path: tuple[int, ...]) -> None:
        delta = message.delta
        element = delta.new_element if delta.HasField("new_element") else delta.add_block
        kind = element.WhichOneof("type")
        self._has_begun = True
        self._news.set()
        if kind is not None:
            found = self._fresh[path] = (kind, getattr(element, kind))
            for each in widgets((found,)):
                self._parts[each[1].id] = delta.fragment_id
                self._hear(*each)

    def _take_over(self) -> None:
        """Keep what the last run has sent, be it complete or not."""
        self._shown = {**self._shown, **self._fresh}

    def _complete(self) -> None:
        arrivals = tuple((path, kind) for path, (kind, _) in self._fresh.items())
        self._shown = self._left_alone()
        self._take_over()
        elements = tuple(self._shown[path] for path in sorted(self._shown))
        inputs = {each.label: self._value(kind, each) for kind, each in widgets(elements)}
        self.page = Page(elements, inputs, self._query, arrivals)
        self._fresh = {}
        self._ended_at = time.perf_counter()
        self.runs += 1
        self._news.set()

    def _left_alone(self) -> dict[tuple[int, ...], tuple[str, Any]]:
        """What stands beside the container of a part that has run; nothing after a whole run."""
        if not self._is_partial:
            return {}
        container = min(self._fresh, key=len)
        return {p: each for p, each in self._shown.items() if p[: len(container)] != container}

    def _hear(self, kind: str, widget: Any) -> None:
        """Hold what the server has just set."""
        if getattr(widget, "set_value", False) or widget.id not in self._held:
            shown = WIDGETS[kind].shown(widget)
            if shown is not None:
                self._held[widget.id] = sent_as(kind, shown)

    def _value(self, kind: str, widget: Any) -> Any:
        """What a widget shows: what it holds, if it holds anything."""
        held = self._held.get(widget.id)
        return WIDGETS[kind].shown(widget) if held is None else held[1]
