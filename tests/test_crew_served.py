"""A server of two processes, over the wire: who is served by which, and what a death does."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dashboard.tickets import COOKIE, new_ticket
from tests.faults.process import Server, running
from tests.patience import until
from tests.test_admission import places
from tests.test_server import ask
from tests.visitors import Visitor

pytestmark = pytest.mark.alone

SMALL = "v=1&depth=4&width=16&networks=2"
FAILING = """if True:
    from dashboard import server
    from dashboard.__main__ import main

    def fail(*_):
        raise OSError("no disk")

    server.create_app = fail
    main()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "log", "--workers", "2") as found:
        yield found


def events(server: Server) -> list[str]:
    lines = server.log_file.read_text("utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines]


async def opened(server: Server, count: int, query: str = SMALL) -> list[Visitor]:
    found = [Visitor(server.url, query) for _ in range(count)]
    await asyncio.gather(*(visitor.open() for visitor in found))
    return found


async def left(visitors: list[Visitor]) -> None:
    await asyncio.gather(*(visitor.leave() for visitor in visitors))


def test_browsers_are_shared_out_evenly(server: Server) -> None:
    async def work() -> list[int]:
        visitors = await opened(server, 6)
        found = [server.sessions_of(number) for number in range(2)]
        await left(visitors)
        return found

    assert asyncio.run(work()) == [3, 3]
    assert len(server.workers) == 2


@pytest.mark.parametrize("keeps_tickets", [True, False])
def test_everybody_finds_their_own_downloads(server: Server, keeps_tickets: bool) -> None:
    """Files lie in one process; a browser in another site's frame keeps no ticket."""

    async def saved(visitor: Visitor, width: int) -> tuple[int, bool]:
        await visitor.move("data_weights", True)
        answer = await visitor.download("Download as CSV")
        return answer.status, f"width={width}".encode() in answer.body

    async def work() -> list[tuple[int, bool]]:
        widths = range(16, 20)
        visitors = [Visitor(server.url, f"{SMALL}&width={width}") for width in widths]
        for visitor in visitors:
            if keeps_tickets:
                await visitor.open()
            else:
                await visitor.connect()
                await visitor.rerun()
                await visitor.until(lambda page: True, since=0)
        found = [
            await saved(each, width) for each, width in zip(visitors, range(16, 20), strict=True)
        ]
        await left(visitors)
        return found

    assert asyncio.run(work()) == [(200, True)] * 4


def test_a_worker_s_death_is_the_others_no_loss(server: Server) -> None:
    """And its own browsers come back to the same page; another one takes its place."""

    async def work() -> None:
        visitors = await opened(server, 4)
        for number, visitor in enumerate(visitors):
            await visitor.move("Depth", 5 + number)
        sentences = [visitor.page.sentences for visitor in visitors]
        dead = server.workers[0]
        os.kill(dead, signal.SIGKILL)
        until(lambda: len(server.workers) == 2 and dead not in server.workers)
        until(lambda: min(map(ready, range(2))) == 200)
        assert places(server)[0] == 4, "their places are kept"
        async with asyncio.timeout(20):
            while sum(visitor.is_open for visitor in visitors) > 2:
                await asyncio.sleep(0.02)
        untouched = 0
        for number, visitor in enumerate(visitors):
            if visitor.is_open:
                untouched += 1
            else:
                await visitor.reload()
            assert visitor.page.sentences == sentences[number]
            await visitor.move("Depth", 10)
            assert not visitor.page.errors
        assert untouched == 2
        assert places(server)[0] == 4
        await left(visitors)
        until(lambda: places(server)[0] == 0)

    def ready(number: int) -> int:
        cookie = {"Cookie": f"{COOKIE}={new_ticket(number, 2)}"}
        return ask(server, "/readyz", headers=cookie)[0]

    asyncio.run(work())
    assert events(server) == ["start", "worker lost"]


def test_nothing_of_the_door_s_is_left_in_a_worker(server: Server) -> None:
    """Else a port stays taken, or a connection open, whose owner is gone."""
    until(lambda: len(set(map(sockets, server.workers))) == 1)
    own = sockets(server.workers[0])
    with socket.create_connection(("127.0.0.1", server.port)):  # it says nothing yet
        os.kill(server.workers[0], signal.SIGKILL)
        until(lambda: events(server)[-1] == "worker lost" and len(server.workers) == 2)
        until(lambda: set(map(sockets, server.workers)) == {own})


def sockets(process: int) -> int:
    """How many a process has."""
    count = 0
    with suppress(FileNotFoundError):  # the process ended
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # it closed this one as we looked
                count += os.readlink(file).startswith("socket:")
    return count


def test_workers_end_with_the_door(server: Server) -> None:
    """As by the kernel when memory is short; the port is free for the next server at once."""
    workers = server.workers
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in workers), 5)
    with socket.create_server(("127.0.0.1", server.port)):
        pass


def test_ctrl_c_in_a_terminal_stops_all(tmp_path: Path) -> None:
    """A terminal tells every process of its group, workers as well if they were in it."""
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", "0", "--workers", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        groups = {os.getpgid(int(each)) for each in children}
        os.killpg(process.pid, signal.SIGINT)
        _, log = process.communicate(timeout=10)
    assert process.returncode == 0
    assert process.pid not in groups
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["start", "stop"]
    assert len(children) == 2
    assert not any(Path(f"/proc/{each}").exists() for each in children)


def test_workers_that_cannot_start_are_not_hired_for_ever() -> None:
    command = [sys.executable, "-c", FAILING, "--no-browser", "--port", "0", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert ended.stdout == "", "it does not say that it answers"
    assert "no disk" in ended.stderr
