"""The dashboard from slider to picture, and its server, against pages that compute nothing."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from tests.bench import latency
from tests.bench.rows import Row, Wanted, its_time
from tests.bench.steadiness import MOVES as MOVES_WATCHED
from tests.bench.steadiness import steadiness
from tests.bench.timing import Contender, Measured, race
from tests.faults.crowd import crowd
from tests.faults.finding import percentile
from tests.faults.process import free_port, running
from tests.visitors import Visitor, visit

MOVES = 15
ROUNDS = 3
CLASS = 30

EMPTY = "import streamlit as st\nst.title('Empty')\n"


@cache
def explore() -> latency.Latency:
    return latency.run(MOVES)


def explore_ratio() -> Measured:
    found = explore()
    pairs = zip(found.explore, found.bare["ours"], strict=True)
    return Measured(tuple(ours / bare for ours, bare in pairs))


def explore_percentile(share: int) -> Measured:
    return Measured((percentile([each / 1e3 for each in explore().explore], share),))


@contextmanager
def empty_script() -> Iterator[Path]:
    """And bytecode of all modules kept, as installed ones have it: ours may be from a checkout."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text(EMPTY)
        kept = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        with mock.patch.dict(os.environ, kept):
            yield script


def starts(*command: str, ours: bool) -> Contender:
    """From a process's start to the end of its first visitor's first run."""

    def run() -> float:
        port, started = free_port(), time.perf_counter()
        options = ("--port", str(port)) if ours else ("--server.port", str(port))
        with subprocess.Popen(
            [sys.executable, "-m", *command, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                asyncio.run(first_visit(f"http://127.0.0.1:{port}"))
                return time.perf_counter() - started
            finally:
                process.terminate()

    return run


async def first_visit(url: str) -> float:
    """Seconds of the visit itself, as soon as there is somebody to visit."""
    async with asyncio.timeout(60):
        while True:
            try:
                async with visit(url) as visitor:
                    return visitor.seconds
            except OSError:
                await asyncio.sleep(0.01)


def start() -> Measured:
    with empty_script() as script:
        empty = ("streamlit", "run", str(script), "--server.headless", "true")
        contest = {
            "ours": starts("dashboard", "--no-browser", ours=True),
            "empty": starts(*empty, "--server.address", "127.0.0.1", ours=False),
        }
        return race(contest, ROUNDS).times("ours", of="empty")


def first_render() -> Measured:
    """Each time by a new server, whose first visitor finds nothing computed."""

    def visits(*command: str) -> Contender:
        def run() -> float:
            with latency.serving([sys.executable, *command], Path()) as url:
                return asyncio.run(first_visit(url))

        return run

    with empty_script() as script:
        contest = {
            "ours": visits("-m", "dashboard", "--port", "0", "--no-browser"),
            "empty": visits("-c", latency.SERVE, str(script)),
        }
        return race(contest, ROUNDS).times("ours", of="empty")


class Counting(Visitor):
    """A visitor that knows how many bytes its server has sent."""

    bytes = 0

    def _take(self, message: Any) -> None:
        self.bytes += message.ByteSize()
        super()._take(message)


async def bytes_of_moves(url: str) -> list[float]:
    """kB that each rerun brings."""
    visitor, found = Counting(url), []
    await visitor.open()
    for seed in range(1, 6):
        before = visitor.bytes
        await visitor.move("Seed", float(seed))
        found.append((visitor.bytes - before) / 1e3)
    await visitor.leave()
    return found


async def class_of_one_and_all(server: Any) -> list[float]:
    """P95 of a class that moves a slider at once over that of one alone."""
    async with crowd(server, CLASS) as (visitors, _):
        alone = [await visitors[0].move("Seed", float(seed)) for seed in range(100, 120)]
        moves = (each.move("Seed", float(seed)) for seed, each in enumerate(visitors, 1))
        together = await asyncio.gather(*moves)
        return [percentile(together, 95) / percentile(alone, 95)]


def on_our_server(visiting: Callable[[Any], Any]) -> Measured:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running(folder / "log"))
        return Measured(tuple(asyncio.run(visiting(server))))


def rows() -> list[Row]:
    move = "Explore: a slider's move to both charts, in Chromium"
    return [
        Row("explore/page", move, "a page of the same charts", its_time(1.15), explore_ratio),
        Row(
            "explore/p50", "the same, median", "", Wanted(0.2, "s"), lambda: explore_percentile(50)
        ),
        Row(
            "explore/p95",
            "the same, 95th percentile",
            "",
            Wanted(0.3, "s"),
            lambda: explore_percentile(95),
        ),
        Row(
            "explore/steady",
            f"in {MOVES_WATCHED} moves: blank frames, moved boxes, new nodes, lost zooms",
            "`st.plotly_chart`",
            Wanted(0, "in all"),
            steadiness,
        ),
        Row(
            "server/render",
            "first complete page of a server that is up",
            "an empty page",
            its_time(1.5),
            first_render,
        ),
        Row(
            "server/start",
            "a server's start to its first complete page",
            "`streamlit run` of an empty page",
            its_time(1.5),
            start,
        ),
        Row(
            "server/bytes",
            "sent a rerun, default Explore",
            "",
            Wanted(40, "kB"),
            lambda: on_our_server(lambda server: bytes_of_moves(server.url)),
        ),
        Row(
            "server/class",
            f"{CLASS} sessions that move a slider at once, 95th percentile",
            "one session",
            its_time(4),
            lambda: on_our_server(class_of_one_and_all),
        ),
    ]
