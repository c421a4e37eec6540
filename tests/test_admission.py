"""Admission over the wire: plain clients that do what browsers do, more of them than places."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

import pytest
from starlette.responses import HTMLResponse
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from dashboard.admission import Admission
from dashboard.desk import OwnDesk
from dashboard.health import Health
from dashboard.places import Room
from dashboard.waiting import waiting_page
from tests.test_server import Addressed, ask

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

PLACES, TOO_MANY = 10, 20

WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


@pytest.fixture(scope="module", params=["1", "2"])
def room(launch: "Launch", request: pytest.FixtureRequest) -> Iterator["RunningServer"]:
    with launch("--no-browser", "--limit", str(PLACES), "--workers", request.param) as server:
        yield server


def load(server: "RunningServer", ticket: str = "") -> tuple[int, str]:
    """The status of the page, and the cookie that a browser then has."""
    headers = {"Cookie": ticket} if ticket else {}
    status, answer, _ = ask(server, "/?depth=7", headers=headers)
    return status, answer.get("set-cookie", "").partition(";")[0] or ticket


def open_socket(
    server: "RunningServer", ticket: str = "", session: str = ""
) -> AbstractContextManager[ClientConnection]:
    """A browser's websocket, to be entered; with a session where it had one before."""
    words = ["streamlit", "token", *([session] if session else [])]
    return connect(
        server.url.replace("http", "ws", 1) + "/_stcore/stream",
        origin=Origin(server.url),
        subprotocols=[Subprotocol(word) for word in words],
        additional_headers={"Cookie": ticket} if ticket else {},
        close_timeout=2,
    )


def received(socket: ClientConnection) -> tuple[list[bytes], int, str]:
    """All that comes until the server closes, its code and its reason."""
    messages = []
    try:
        while True:
            messages.append(bytes(socket.recv(10, decode=False)))
    except ConnectionClosed as closed:
        end = closed.rcvd or Close(1006, "")
        return messages, end.code, end.reason


def places(server: Addressed) -> tuple[int, int]:
    report = json.loads(ask(server, "/readyz")[2])["places"]
    return report["taken"], report["limit"]


def until_taken(server: "RunningServer", taken: int) -> None:
    """The server notes a closed socket a moment after the client."""
    for _ in range(200):
        if places(server)[0] == taken:
            return
    assert places(server)[0] == taken


def test_asking_takes_no_place(room: "RunningServer") -> None:
    assert ask(room, "/", "HEAD")[0] == 200
    assert places(room) == (0, PLACES)


def test_limit_and_twenty_more(room: "RunningServer") -> None:
    """All load the page before any has a websocket, as a class does."""
    loaded = [load(room) for _ in range(PLACES + TOO_MANY)]
    statuses = [status for status, _ in loaded]
    assert statuses == [200] * PLACES + [503] * TOO_MANY
    assert places(room) == (PLACES, PLACES)
    with ExitStack() as visits:
        inside = [visits.enter_context(open_socket(room, ticket)) for _, ticket in loaded[:PLACES]]
        assert places(room) == (PLACES, PLACES)
        assert_told_to_load_again(room)
        assert load(room)[0] == 503
        assert load(room, loaded[0][1])[0] == 200, "a reload"
        inside[3].close(1001)
        until_taken(room, PLACES - 1)
        status, ticket = load(room)
        assert status == 200
        visits.enter_context(open_socket(room, ticket))
        assert load(room)[0] == 503
        for socket in inside:
            socket.close(1001)
    assert_full_is_logged(room.log)


def served(socket: ClientConnection) -> bool:
    """Whether Streamlit answers with a session."""
    message = BackMsg()
    message.rerun_script.query_string = "depth=3"
    socket.send(message.SerializeToString())
    answer = ForwardMsg.FromString(bytes(socket.recv(30, decode=False)))
    return bool(answer.new_session.initialize.session_id)


def assert_told_to_load_again(server: "RunningServer", ticket: str = "") -> None:
    """Streamlit's page does when a server's version is not the one that it began with."""
    with open_socket(server, ticket) as socket:
        messages, code, reason = received(socket)
    sessions = [ForwardMsg.FromString(message).new_session for message in messages]
    versions = {each.initialize.environment_info.streamlit_version for each in sessions}
    assert len(versions) == len(messages) == 2
    assert (code, reason) == (1013, "The room is full.")


def assert_full_is_logged(log: str) -> None:
    """Once, and once more at the tenth."""
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["times"] for line in lines if line["event"] == "full"] == [1, 10]
    assert {line["limit"] for line in lines if line["event"] == "full"} == {PLACES}


@WORKERS
def test_lost_connection_comes_back(launch: "Launch", workers: str) -> None:
    with launch("--no-browser", "--limit", "1", "--workers", workers) as server:
        _, ticket = load(server)
        with open_socket(server, ticket) as socket:
            socket.socket.shutdown(2)  # no word of farewell
        until_taken(server, 1)
        assert load(server)[0] == 503, "a stranger"
        with (
            open_socket(server, ticket, session="any") as socket,
            open_socket(server, ticket, session="any") as after,
        ):
            assert served(socket)
            assert served(after), "though the server has not noticed that the other one is dead"
            assert places(server) == (1, 1)
            assert_told_to_load_again(server, ticket)


@WORKERS
def test_waiting_page(launch: "Launch", workers: str) -> None:
    options = ("--no-browser", "--limit", "1", "--workers", workers)
    with launch(*options) as server, open_socket(server):
        status, headers, body = ask(server, "/fans?depth=7")
        text = body.decode()
        assert status == 503
        assert headers["retry-after"] == "5"
        assert headers["cache-control"] == "no-store"
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert headers["x-content-type-options"] == "nosniff"
        assert not {"link", "set-cookie", "etag"} & set(headers)
        assert "<h1>The room is full</h1>" in text
        assert "This dashboard has one place, and it is taken." in text
        (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in headers["content-security-policy"]
        assert "//" not in text.partition("<script>")[0], "nothing from elsewhere"
        for path, accept, expected in (
            ("/_stcore/health", "", 200),
            ("/readyz", "", 200),
            ("/favicon.png", "", 200),
            ("/", "text/html", 503),
        ):
            assert ask(server, path, "HEAD", {"Accept": accept})[0] == expected, path


def test_waiting_page_says_how_many() -> None:
    assert "This dashboard has places for 33 people at a time, and all are taken." in waiting_page(
        33
    )


def test_page_that_a_browser_knows_is_not_said_to_be_unchanged(server: "RunningServer") -> None:
    """Else it would be shown without a place being held for it."""
    tag = ask(server, "/")[1]["etag"]
    headers = {"If-None-Match": tag, "Accept": "text/html,*/*;q=0.8"}
    assert ask(server, "/", headers=headers)[0] == 200


# Single requests, through the middleware alone


def respond(
    room: Room,
    headers: dict[str, str] | None = None,
    *,
    scheme: str = "http",
    embedded: bool = False,
    answer: HTMLResponse | None = None,
) -> list[Message]:
    """What is sent for one GET, where the application answers with a page."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (answer or HTMLResponse("page"))(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "GET", "path": "/", "scheme": scheme, "headers": raw}
    admission = Admission(app, Health(OwnDesk(room)), embedded)
    asyncio.run(admission(scope, receive, send))
    return sent


def cookies(sent: list[Message]) -> list[str]:
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


@pytest.mark.parametrize(
    ("scheme", "embedded", "attributes"),
    [
        ("http", False, "Path=/; HttpOnly; SameSite=Lax"),
        ("http", True, "Path=/; HttpOnly; SameSite=Lax"),
        ("https", False, "Path=/; HttpOnly; SameSite=Lax; Secure"),
        ("https", True, "Path=/; HttpOnly; SameSite=None; Partitioned; Secure"),
    ],
)
def test_ticket(scheme: str, embedded: bool, attributes: str) -> None:
    (cookie,) = cookies(respond(Room(1), scheme=scheme, embedded=embedded))
    assert re.fullmatch(r"vscore_place=[A-Za-z0-9_-]{22}; " + attributes, cookie)


def test_ticket_is_kept() -> None:
    room = Room(2)
    (cookie,) = cookies(respond(room))
    again = {"cookie": f"other=1; {cookie.partition(';')[0]}"}
    assert cookies(respond(room, again)) == []
    assert room.taken == 1


@pytest.mark.parametrize("ticket", ["", "x", "A" * 21, "A" * 23, "A" * 21 + "é", "A" * 21 + "="])
def test_what_is_no_ticket_is_replaced(ticket: str) -> None:
    assert len(cookies(respond(Room(1), {"cookie": f"vscore_place={ticket}"}))) == 1


def test_downloads_take_no_place() -> None:
    room = Room(1)
    report = HTMLResponse("report", headers={"Content-Disposition": "attachment"})
    assert respond(room, answer=report)[0]["status"] == 200
    assert room.taken == 0


def test_failures_take_no_place() -> None:
    room = Room(1)
    assert respond(room, answer=HTMLResponse("no", 404))[0]["status"] == 404
    assert room.taken == 0


def test_refused_page_is_sent_once() -> None:
    sent = respond(Room(0))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 503
    assert b"The room is full" in sent[1]["body"]


def test_stopping_server_lets_nobody_in() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    health = Health(OwnDesk(Room(1)), phase="stopping")
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [], "subprotocols": []}
    asyncio.run(Admission(app, health, embedded=False)(scope, receive, send))
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1012)]
