"""Whether it lives, whether it is ready, and how it stops: over the wire."""

import asyncio
import http.client
import json
import signal
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection

from dashboard import compute, health
from dashboard.desk import OwnDesk
from dashboard.health import Health, until_idle
from dashboard.places import Room
from dashboard.queueing import Visitor
from tests.patience import until
from tests.test_admission import WORKERS, open_socket, received
from tests.test_server import ask
from vscore._version import __version__

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

pytestmark = pytest.mark.alone

SLOW = "v=1&networks=64&depth=100&width=1024&batch=512&distribution=uniform"
"""An experiment that takes many seconds; what is over the budget is brought inside it."""


def run_script(socket: ClientConnection, query: str) -> None:
    message = BackMsg()
    message.rerun_script.query_string = query
    socket.send(message.SerializeToString())


def report(server: "RunningServer") -> dict[str, dict[str, int]]:
    return json.loads(ask(server, "/readyz")[2])  # type: ignore[no-any-return]


def is_busy(server: "RunningServer") -> bool:
    """Whether it uses all cores."""
    slots = report(server)["slots"]
    return slots["taken"] == slots["cores"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_alive(server: "RunningServer", method: str) -> None:
    status, headers, body = ask(server, "/healthz", method)
    assert (status, body) == (200, b"ok" if method == "GET" else b"")
    assert headers["content-length"] == "2"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"].startswith("text/plain")


def test_ready(server: "RunningServer") -> None:
    until(lambda: report(server)["slots"]["taken"] == 0)  # the default page is computed at start
    status, headers, body = ask(server, "/readyz")
    found = json.loads(body)
    assert status == 200
    assert headers["cache-control"] == "no-store"
    assert found.pop("places").keys() == {"taken", "limit"}
    assert found == {
        "ready": True,
        "phase": "ready",
        "slots": {"taken": 0, "cores": compute.cores()[1]},
        "version": __version__,
    }
    assert ask(server, "/readyz", "HEAD")[::2] == (200, b"")


def answer(state: Health) -> tuple[int, dict[str, object]]:
    """What /readyz says of a state, without a server."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/readyz",
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    asyncio.run(Starlette(routes=state.routes())(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize("phase", ["starting", "stopping"])
def test_not_ready_before_and_after(phase: str) -> None:
    status, found = answer(Health(OwnDesk(Room(5)), phase))  # type: ignore[arg-type]  # a Literal
    assert (status, found["ready"], found["phase"]) == (503, False, phase)


@pytest.mark.parametrize("drawn", [[0.0], [float("nan")], [9.0]])
def test_not_ready_when_draws_are_wrong(
    drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def with_seed(self, _seed: int) -> "Broken":
            return self

        def __call__(self, _shape: tuple[int, ...]) -> object:
            import numpy as np

            return np.array(drawn)

    assert answer(Health(OwnDesk(Room(5)), "ready"))[0] == 200
    monkeypatch.setattr(health, "INITIALIZERS", {"he_normal": Broken()})
    assert answer(Health(OwnDesk(Room(5)), "ready"))[0] == 503


def test_idle_is_waited_for() -> None:
    assert asyncio.run(until_idle(0.0))
    with compute._line.served(Visitor(lambda: None), 1.0):
        assert compute.cores()[0] >= 1
        assert not asyncio.run(until_idle(0.1))
    assert compute.cores()[0] == 0


@WORKERS
def test_answers_while_every_core_computes(launch: "Launch", workers: str) -> None:
    """And stops all the same: the work ends at its next look."""
    with launch("--no-browser", "--workers", workers) as server, ExitStack() as visits:
        for number in range(4):
            socket = visits.enter_context(open_socket(server))
            run_script(socket, f"{SLOW}&seed={number}")
        until(lambda: all(is_busy(server) for _ in range(50)))  # before long work comes a short one
        delays = []
        for path in ("/healthz", "/readyz") * 10:
            begun = time.perf_counter()
            assert ask(server, path)[0] == 200
            delays.append(time.perf_counter() - begun)
        assert sorted(delays)[len(delays) // 2] < 0.5
        assert is_busy(server), "it still computes"
        begun = time.monotonic()
        server.process.terminate()
        assert server.process.wait(10) == 0
        assert time.monotonic() - begun < 5
    assert "Traceback" not in server.log


@WORKERS
def test_stops_within_five_seconds_with_thirty_sockets_open(launch: "Launch", workers: str) -> None:
    with launch("--no-browser", "--workers", workers) as server, ExitStack() as visits:
        sockets = [visits.enter_context(open_socket(server)) for _ in range(30)]
        for socket in sockets:
            run_script(socket, "v=1&depth=3")
        until(lambda: report(server)["places"]["taken"] == 30)
        kept = visits.enter_context(closing(keep_connection(server)))
        assert readiness(kept)[0] == 200
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        until(lambda: readiness(kept) == (503, "stopping"))
        assert {received(socket)[1] for socket in sockets} == {1012}
        assert server.process.wait(10) == 0
        assert time.monotonic() - begun < 5
    events = [json.loads(line)["event"] for line in server.log.splitlines()]
    assert events == ["start", "stop"]


def keep_connection(server: "RunningServer") -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)


def readiness(connection: http.client.HTTPConnection) -> tuple[int, str]:
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    return response.status, json.loads(response.read())["phase"]
