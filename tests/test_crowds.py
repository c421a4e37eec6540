"""A real server and its clients: a class that opens a page, a browser that goes, a dragged slider.

Times are of a machine on which other tests may run.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.websocket import connected, opened

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

pytestmark = pytest.mark.alone

WATCHED = Path(__file__).with_name("watched_server.py")

LARGEST = "v=1&depth=100&width=1024&batch=512&networks=1"
"""A simulation of two to eight seconds, the most that the page's budget has in dense layers."""

CLASS = 30


@dataclass(frozen=True, slots=True)
class Event:
    """A simulation that began or ended, when, and how many were then at it."""

    time: float
    word: str
    at_it: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A server whose simulations are recorded."""

    server: "RunningServer"
    file: Path

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url

    @property
    def events(self) -> list[Event]:
        """All so far."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        parts = (line.split() for line in lines)
        return [Event(float(when), word, int(at_it)) for when, word, at_it in parts]

    @property
    def threads(self) -> int:
        """How many it has."""
        return len(list(Path(f"/proc/{self.server.process.pid}/task").iterdir()))


@pytest.fixture
def watched(launch: "Launch", tmp_path: Path) -> Iterator[Watched]:
    file = tmp_path / "events"
    with launch(program=(str(WATCHED), str(file))) as server:
        yield Watched(server, file)
    assert server.trouble == []


async def until(condition: Callable[[], bool]) -> float:
    """When it came true."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
    return time.monotonic()


def test_a_class_that_opens_the_page_computes_it_once(watched: Watched) -> None:
    async def visit() -> list[str]:
        async with opened(watched.url) as session:
            return session.errors

    async def crowd() -> list[list[str]]:
        return await asyncio.gather(*(visit() for _ in range(CLASS)))

    errors = asyncio.run(crowd())
    assert errors == [[]] * CLASS
    assert [event.word for event in watched.events] == ["begin", "end"]


def test_first_visitor_finds_the_default_page_computed(watched: Watched) -> None:
    async def visit() -> int:
        await until(lambda: len(watched.events) == 2)  # with nobody there
        async with opened(watched.url) as session:
            assert session.errors == []
        return len(watched.events)

    assert asyncio.run(visit()) == 2


def test_who_waits_reads_how_many_are_before(watched: Watched) -> None:
    said: set[str] = set()

    async def visit(seed: int) -> None:
        async with connected(watched.url, f"{LARGEST}&seed={seed}") as session:
            await session.run()
            while True:
                await session.message()
                said.update(session.texts)

    async def crowd() -> None:
        await until(lambda: len(watched.events) == 2)  # the default page's
        visits = [asyncio.create_task(visit(seed)) for seed in range(4)]
        await until(lambda: "Waiting for the computer: 3 people are before you." in said)
        for each in visits:
            each.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    asyncio.run(crowd())


def test_work_for_a_browser_that_went_stops(watched: Watched) -> None:
    async def visit() -> float:
        await until(lambda: len(watched.events) == 2)
        async with connected(watched.url, LARGEST) as session:
            await session.run()
            await until(lambda: len(watched.events) == 3)
            await asyncio.sleep(0.3)
            assert watched.events[-1].word == "begin"
            session.socket.transport.abort()
        gone = time.monotonic()
        await until(lambda: watched.events[-1].word == "end")
        return watched.events[-1].time - gone

    assert asyncio.run(visit()) < 0.3


def test_who_waits_in_line_and_goes_is_not_waited_for(watched: Watched) -> None:
    async def visit() -> list[Event]:
        await until(lambda: len(watched.events) == 2)
        async with (
            connected(watched.url, f"{LARGEST}&seed=1") as first,
            connected(watched.url, f"{LARGEST}&seed=2") as second,
        ):
            await first.run()
            await until(lambda: len(watched.events) == 3)
            await second.run()
            await asyncio.sleep(0.6)
            second.socket.transport.abort()
            await asyncio.sleep(0.3)
            first.socket.transport.abort()
        await until(lambda: len(watched.events) == 4)
        await asyncio.sleep(0.5)
        return watched.events[2:]

    assert [event.word for event in asyncio.run(visit())] == ["begin", "end"]


@pytest.mark.slow  # of a machine, as much as of the code
def test_a_slider_that_is_dragged(watched: Watched) -> None:
    """100 moves in 5 seconds: what is not wanted any more stops, and only the last one ends."""
    most_threads = 0

    async def drag() -> tuple[float, float]:
        nonlocal most_threads
        await until(lambda: len(watched.events) == 2)
        async with opened(watched.url, LARGEST.replace("100", "1")) as session:
            reading = asyncio.create_task(
                session.finished(lambda: session.query == f"{LARGEST}&seed=99")
            )
            for move in range(100):
                await session.run(f"{LARGEST}&seed={move}")
                await asyncio.sleep(0.05)
                most_threads = max(most_threads, watched.threads)
            last = time.monotonic()
            begun = await until(lambda: len(watched.events) % 2 == 1)
            await reading
            assert session.errors == []
            assert any("Simulating" in text for text in session.texts)
            return begun - last, time.monotonic() - last

    begun, seconds = asyncio.run(drag())
    events = watched.events[4:]
    assert len(events) >= 2 * 40, "most moves met a server that was computing"
    assert max(event.at_it for event in events) <= 3
    assert most_threads <= 12
    assert begun < 1.0
    own = events[-1].time - events[-2].time
    assert seconds - own < 2.0, "beside its own time, the last state waits for nothing"
