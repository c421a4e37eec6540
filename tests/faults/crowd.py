"""A whole class at once: opening, moving, coming back, and two thousand after one another."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

from tests.faults.finding import Finding, Measure, percentile
from tests.faults.process import Server
from tests.faults.stage import Stage
from tests.visitors import Visitor
from tests.visitors.asking import ask

WAVE = 50
"""Tabs open at once in the soak."""


def opening(stage: Stage, count: int, seconds: float) -> Finding:
    """So many open the default page at the same moment."""
    with stage.fresh() as server:
        before = server.memory
        times, errors = asyncio.run(_open_together(server, count))
        return Finding(
            (
                Measure("complete", len(times), exactly=count),
                Measure("errors", len(errors), exactly=0),
                Measure("P95", percentile(times, 95), "s", below=seconds),
                Measure("growth", server.memory - before, "MB", below=100),
            ),
            tuple(errors[:3]),
        )


async def _open_together(server: Server, count: int) -> tuple[list[float], list[str]]:
    async with crowd(server, count) as (visitors, errors):
        return [visitor.seconds for visitor in visitors], [*errors, *shown(visitors)]


def moving(stage: Stage, count: int, seconds: float) -> Finding:
    """So many move a slider at the same moment, each to a state that nobody else has."""
    with stage.fresh() as server:
        times, errors, polled, spent = asyncio.run(_move_together(server, count))
    return Finding(
        (
            Measure("complete", len(times), exactly=count),
            Measure("errors", len(errors), exactly=0),
            Measure("P95", percentile(times, 95), "s", below=seconds),
            # Two cores have this much for each, whoever else is busy meanwhile.
            Measure("processor", 1e3 * spent / count, "ms each", below=2e3 * seconds / count),
            Measure("health P95", 1e3 * percentile(polled, 95), "ms", below=100),
        ),
        tuple(errors[:3]),
    )


async def _move_together(
    server: Server, count: int
) -> tuple[list[float], list[str], list[float], float]:
    async with crowd(server, count) as (visitors, errors):
        before = server.processor_seconds
        async with health(server) as polled:
            found = await all_of([_move(each, n) for n, each in enumerate(visitors, 1)])
        times = [each for each in found if isinstance(each, float)]
        wrong = [repr(each) for each in found if not isinstance(each, float)]
        spent = server.processor_seconds - before
        return times, [*errors, *wrong, *shown(visitors)], polled, spent


async def _move(visitor: Visitor, seed: int) -> float:
    await visitor.move("Seed", float(seed))
    assert f"seed={seed}" in visitor.page.query, visitor.page.query
    return visitor.seconds


def blip(stage: Stage, count: int) -> Finding:
    """All lines are cut, and come back; half of the pages ask anew, half wait for a move."""
    with stage.fresh() as server:
        before, after, errors, slowest = asyncio.run(_blip(server, count))
    same = sum(one == other for one, other in zip(before, after, strict=True))
    return Finding(
        (
            Measure("the same", same, exactly=count),
            Measure("different pages", len(set(before)), exactly=count),
            Measure("errors", len(errors), exactly=0),
            Measure("slowest", slowest, "s", below=60),
        ),
        tuple(errors[:3]),
    )


async def _blip(server: Server, count: int) -> tuple[list[str], list[str], list[str], float]:
    async with crowd(server, count, lambda n: "v=1&depth=5&width=16") as (visitors, outside):
        found = await all_of([_move(each, n) for n, each in enumerate(visitors, 1)])
        before = [picture(visitor) for visitor in visitors]
        for visitor in visitors:
            visitor.cut()
        await asyncio.sleep(0.5)
        found += await all_of([_return(visitor, n) for n, visitor in enumerate(visitors)])
        after = [picture(visitor) for visitor in visitors]
        slowest = max((visitor.seconds for visitor in visitors), default=float("nan"))
        wrong = [repr(each) for each in found if not isinstance(each, float)]
        return before, after, [*outside, *wrong, *shown(visitors)], slowest


async def _return(visitor: Visitor, n: int) -> float:
    """Come back: every second visitor moves a slider, there and back, and the others do nothing."""
    if n % 2:
        await visitor.reload()
        return visitor.seconds
    await visitor.connect()
    await visitor.move("Depth", 6.0)
    assert "depth=6" in visitor.page.query, visitor.page.query
    return await visitor.move("Depth", 5.0)


def picture(visitor: Visitor) -> str:
    """Inputs and numbers that a page shows."""
    page = visitor.page
    return repr((sorted(page.inputs.items()), page.boxes, page.sentences))


def soak(stage: Stage, sessions: int) -> Finding:
    """One class after another, each visitor with two runs, all of them different."""
    with stage.fresh() as server:
        before = server.threads
        errors: list[str] = []
        memory = {}
        for first in range(0, sessions, WAVE):
            errors += asyncio.run(_wave(server, first))
            memory[first + WAVE] = server.memory
        open_sessions, threads = _settled(server, before)
    return Finding(
        (
            Measure("errors", len(errors), exactly=0),
            Measure("growth", memory[sessions] - memory[sessions // 10], "MB", below=50),
            Measure("sessions left", open_sessions, exactly=0),
            Measure("threads more", threads - before, below=3),
        ),
        tuple(errors[:3]),
    )


async def _wave(server: Server, first: int) -> list[str]:
    async with crowd(server, WAVE, lambda n: "v=1&depth=10&width=32") as (visitors, errors):
        seeds = range(first + 1, first + 1 + WAVE)
        found = await all_of([_move(each, n) for n, each in zip(seeds, visitors, strict=False)])
        wrong = [repr(each) for each in found if not isinstance(each, float)]
        return [*errors, *wrong, *shown(visitors)]


def _settled(server: Server, threads: int) -> tuple[int, int]:
    """Sessions and threads when the server has rested; idle workers end after ten seconds."""
    for _ in range(40):
        if not server.sessions and server.threads < threads + 3:
            break
        time.sleep(0.5)
    return server.sessions, server.threads


@contextlib.asynccontextmanager
async def crowd(
    server: Server, count: int, query: Callable[[int], str] = lambda n: ""
) -> AsyncIterator[tuple[list[Visitor], list[str]]]:
    """So many visitors who have opened their pages together, and why others have not."""
    everybody = [Visitor(server.url, query(n)) for n in range(count)]
    found = await all_of([visitor.open() for visitor in everybody])
    inside = [each for each, failed in zip(everybody, found, strict=True) if failed is None]
    try:
        yield inside, [repr(failed) for failed in found if failed is not None]
    finally:
        await all_of([visitor.leave() for visitor in everybody])


@contextlib.asynccontextmanager
async def health(server: Server) -> AsyncIterator[list[float]]:
    """Seconds that each answer took of a probe that asks all along, twenty times a second."""
    seconds: list[float] = []

    async def poll() -> None:
        while True:
            started = time.perf_counter()
            answer = await ask(server.url, "/_stcore/health")
            assert answer.status == 200
            seconds.append(time.perf_counter() - started)
            await asyncio.sleep(0.05)

    polling = asyncio.create_task(poll())
    try:
        yield seconds
    finally:
        polling.cancel()
        (end,) = await asyncio.gather(polling, return_exceptions=True)
        assert isinstance(end, asyncio.CancelledError), end


async def all_of(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All results, or the exceptions in their places."""
    return await asyncio.gather(*work, return_exceptions=True)


def shown(visitors: Sequence[Visitor]) -> list[str]:
    """Exceptions on any of the pages."""
    return [error for visitor in visitors for error in visitor.page.errors]
