"""Visitors without a browser: what Streamlit's page says over its websocket, and what it is shown.

A visitor keeps what a browser keeps, the address and the widgets' values, so it can come back to
another server with them.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE = 60  # s, for any one answer
FINISHED = (
    ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY,
    ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)

ONCE = {True: ("set_value", "value", "raw_value", "raw_values"), False: ("deferred_file_id",)}
"""What an input, and another element, says only in the run in which it changes."""


@dataclass(slots=True)
class Visitor:
    """One open page.

    Attributes
    ----------
    url : str
        The dashboard's address, as the browser has it.
    query : str
        The page's query string, as the server last wrote it.
    values : dict
        Every input's value by its id, whether the visitor or the server set it.
    shown : dict
        Every element on the page by its place.
    session : str
        The server's name for the visit, which a browser tells it when it comes back.
    """

    url: str
    query: str
    values: dict[str, WidgetState] = field(default_factory=dict)
    shown: dict[tuple[int, ...], Any] = field(default_factory=dict)
    session: str = ""
    _page: str = ""
    _socket: ClientConnection | None = None
    _requests: "itertools.count[int]" = field(default_factory=itertools.count)

    async def open(self) -> None:
        """Connect as a browser does, also for the second time, and wait for the whole page."""
        host = urlsplit(self.url).netloc
        protocols = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", *([self.session] * bool(self.session))]
        self._socket = await connect(
            f"ws://{host}/_stcore/stream",
            subprotocols=protocols,  # type: ignore[arg-type]  # a NewType of str
            origin=self.url,  # type: ignore[arg-type]  # a NewType of str
            max_size=None,
            open_timeout=PATIENCE,
            compression=None,
        )
        await self._rerun()

    async def leave(self) -> None:
        """Close the page."""
        assert self._socket is not None
        await self._socket.close()

    async def go_on(self) -> bool:
        """Ask for the page again; True if the connection had broken, and another was made."""
        try:
            await self._rerun()
        except ConnectionClosed:
            await self._come_back()
            return True
        return False

    async def _come_back(self) -> None:
        """Open the page again when a server answers, after pauses as in Streamlit's page."""
        begin, pause = time.monotonic(), 0.25  # s
        while time.monotonic() < begin + PATIENCE:
            await asyncio.sleep(pause)
            pause *= 2
            if await asyncio.to_thread(_answers, f"{self.url}/readyz"):
                with contextlib.suppress(InvalidStatus):
                    await self.open()
                    return
        raise ConnectionError(f"no server behind {self.url} for {PATIENCE} s")

    async def type(self, key: str, number: float) -> None:
        """Type a number into a field, and wait for the whole page."""
        widget = self.widget(key)
        self.values[widget.id] = WidgetState(id=widget.id, double_value=number)
        await self._rerun()

    async def download(self, key: str) -> str:
        """Press a download button: the path of the file that the server made."""
        request = BackMsg()
        asked = request.backend_operation_request
        asked.request_id = str(next(self._requests))
        asked.session_id = self.session
        asked.deferred_file.file_id = self.widget(key).deferred_file_id
        answer = await self._ask(request, lambda m: m.HasField("backend_operation_response"))
        assert not answer.backend_operation_response.error_msg
        return answer.backend_operation_response.deferred_file.url

    def widget(self, key: str) -> Any:
        """The widget with a key, which Streamlit puts at the end of its id."""
        for element in self.shown.values():
            if getattr(element, "id", "").endswith(f"-{key}"):
                return element
        raise LookupError(f"no widget {key!r} on the page")

    def page(self) -> dict[str, str]:
        """All that the visitor sees, by its place: inputs, charts, sentences, the address."""
        inputs = {key: state.SerializeToString().hex() for key, state in self.values.items()}
        elements = {str(place): _lasting(element) for place, element in self.shown.items()}
        return {"address": self.query} | inputs | elements

    async def _rerun(self) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.widget_states.widgets.extend(self.values.values())
        await self._ask(message, lambda answer: answer.script_finished in FINISHED)

    async def _ask(self, message: BackMsg, answers: Callable[[ForwardMsg], bool]) -> ForwardMsg:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())
        while True:
            data = await asyncio.wait_for(self._socket.recv(decode=False), PATIENCE)
            answer = ForwardMsg()
            answer.ParseFromString(data)
            self._take(answer)
            finished = answer.WhichOneof("type") in (
                "script_finished",
                "backend_operation_response",
            )
            if finished and answers(answer):
                return answer

    def _take(self, answer: ForwardMsg) -> None:
        match answer.WhichOneof("type"):
            case "new_session":
                self.shown.clear()  # what a run does not send again, the page drops
                self._page = answer.new_session.page_script_hash
                self.session = answer.new_session.initialize.session_id
            case "navigation":
                self._page = answer.navigation.page_script_hash
            case "page_info_changed":
                self.query = answer.page_info_changed.query_string
            case "delta" if answer.delta.HasField("new_element"):
                element = answer.delta.new_element
                kind = element.WhichOneof("type")
                assert kind is not None
                assert kind != "exception", element.exception.message
                place = tuple(answer.metadata.delta_path)
                self.shown[place] = getattr(element, kind)
                if kind == "empty":  # a progress bar that has gone
                    del self.shown[place]
                elif getattr(self.shown[place], "set_value", False):
                    state = _set_by_server(self.shown[place])
                    self.values[state.id] = state


def _set_by_server(widget: Any) -> WidgetState:
    """The value that a widget was given by the page's script."""
    state = WidgetState(id=widget.id)
    match widget.DESCRIPTOR.name:
        case "Slider" if widget.raw_value:
            state.string_array_value.data.extend(widget.raw_value)
        case "Slider":
            state.double_array_value.data.extend(widget.value)
        case "NumberInput":
            state.double_value = widget.value
        case "ButtonGroup":
            state.string_array_value.data.extend(widget.raw_values)
        case "Selectbox":
            state.string_value = widget.raw_value
        case "Checkbox":
            state.bool_value = widget.value
        case name:
            raise NotImplementedError(f"nobody has taught this visitor {name}")
    return state


def _lasting(element: Any) -> str:
    """An element without what it says once only: a new value, the name of a file not yet made."""
    copy = type(element)()
    copy.CopyFrom(element)
    for name in ONCE[hasattr(copy, "set_value")]:
        if name in copy.DESCRIPTOR.fields_by_name:
            copy.ClearField(name)
    text: str = copy.SerializeToString(deterministic=True).hex()
    return text


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
