"""The largest settings: dragged through, left in the middle, asked for by everyone."""

import asyncio
import time

from tests.faults.crowd import all_of, crowd, shown
from tests.faults.finding import Finding, Measure
from tests.faults.process import Server
from tests.faults.stage import Stage
from tests.visitors import Visitor, visit

LARGEST = "v=1&width=1024&depth=100&networks=64&batch=512&input_dim=8192&units=8192"
"""More than any control allows together: the page cuts it to the largest that it computes."""

RERUNS, DRAG_SECONDS = 100, 5.0

IDLE = 0.25
"""Cores that a server may use and still count as at rest: what a probe and a heartbeat cost."""

PROBE = 0.05
"""Seconds between two looks at a process: five ticks of the kernel's clock."""


def dragging(stage: Stage) -> Finding:
    """One visitor, a hundred reruns in five seconds, each of them the largest there is."""
    with stage.fresh() as server:
        alone, late, threads, errors = asyncio.run(_drag(server))
    return Finding(
        (
            Measure("threads", threads, below=13),
            Measure("last state after", late, "s", below=2 + alone),
            Measure("alone", alone, "s", below=10),
            Measure("errors", len(errors), exactly=0),
        ),
        tuple(errors[:3]),
    )


async def _drag(server: Server) -> tuple[float, float, int, list[str]]:
    """Seconds that one run takes, and the last of many; the most threads there were."""
    async with visit(server.url, LARGEST) as visitor:
        alone = await visitor.move("Bias variance", 1.5)
        watching = asyncio.create_task(_most_threads(server))
        for step in range(1, RERUNS + 1):
            await visitor.set("Bias variance", step / RERUNS)
            await asyncio.sleep(DRAG_SECONDS / RERUNS)
        started = time.perf_counter()
        await visitor.until(lambda page: "&bias_variance=1&" in f"{page.query}&")
        late = time.perf_counter() - started
        watching.cancel()
        (threads,) = await asyncio.gather(watching, return_exceptions=False)
        return alone, late, threads, visitor.page.errors


async def _most_threads(server: Server) -> int:
    most = 0
    try:
        while True:
            most = max(most, server.threads)
            await asyncio.sleep(PROBE)
    except asyncio.CancelledError:
        return most


def leaving(stage: Stage) -> Finding:
    """A tab is closed 0.3 s after it asked for the largest setting; then its line is cut."""
    with stage.fresh() as server:
        took, closed, cut = asyncio.run(_leave_twice(server))
    return Finding(
        (
            Measure("run of", took, "s", least=1),
            Measure("closed, at rest after", closed, "s", below=0.5),
            Measure("cut, at rest after", cut, "s", below=0.5),
        )
    )


async def _leave_twice(server: Server) -> tuple[float, float, float]:
    async with visit(server.url, f"{LARGEST}&seed=1") as visitor:
        took = visitor.seconds
    rests = []
    for seed, cut in ((2, False), (3, True)):
        visitor = Visitor(server.url, f"{LARGEST}&seed={seed}")
        await visitor.connect()
        await visitor.rerun()
        await asyncio.sleep(0.3)
        busy = await _cores(server)
        assert busy > IDLE, f"it was not computing: {busy:.2f} cores"
        if cut:
            visitor.cut()
        else:
            await visitor.leave()
        rests.append(await _until_at_rest(server))
    return took, rests[0], rests[1]


async def _until_at_rest(server: Server) -> float:
    """Seconds until the last look at which it was busy, of at most twenty seconds."""
    started, last = time.perf_counter(), 0.0
    while (now := time.perf_counter() - started) < 20 and now - last < 1:
        if await _cores(server) > IDLE:
            last = time.perf_counter() - started
    return last


async def _cores(server: Server) -> float:
    """Cores in use during a moment."""
    before, started = server.processor_seconds, time.perf_counter()
    await asyncio.sleep(PROBE)
    return (server.processor_seconds - before) / (time.perf_counter() - started)


def everyone(stage: Stage, count: int) -> Finding:
    """So many open the same link to the largest setting at the same moment."""
    with stage.fresh() as server, server.peak_memory() as memory:
        times, errors = asyncio.run(_open_largest(server, count))
    return Finding(
        (
            Measure("complete", len(times), exactly=count),
            Measure("errors", len(errors), exactly=0),
            Measure("slowest", max(times, default=float("nan")), "s", below=8),
            Measure("peak", max(memory), "MB", below=600),
        ),
        tuple(errors[:3]),
    )


async def _open_largest(server: Server, count: int) -> tuple[list[float], list[str]]:
    async with crowd(server, count, lambda n: LARGEST) as (visitors, errors):
        return [visitor.seconds for visitor in visitors], [*errors, *shown(visitors)]


def each_its_own(stage: Stage, count: int) -> Finding:
    """So many open the largest setting, each with a seed of their own, so that nothing is shared.

    Nobody can be quicker than the cores: the last waits for all the others' work.
    """
    with stage.fresh() as server, server.peak_memory() as memory:
        alone, times, errors = asyncio.run(_open_distinct(server, count))
    return Finding(
        (
            Measure("complete", len(times), exactly=count),
            Measure("errors", len(errors), exactly=0),
            Measure("slowest", max(times, default=float("nan")), "s", below=1.2 * count * alone),
            Measure("alone", alone, "s", below=8),
            Measure("peak", max(memory), "MB", below=600),
        ),
        tuple(errors[:3]),
    )


async def _open_distinct(server: Server, count: int) -> tuple[float, list[float], list[str]]:
    async with visit(server.url, f"{LARGEST}&seed=9999") as first:
        alone = first.seconds
    visitors = [Visitor(server.url, f"{LARGEST}&seed={n}", patience=900) for n in range(count)]
    found = await all_of([visitor.open() for visitor in visitors])
    await all_of([visitor.leave() for visitor in visitors])
    errors = [repr(each) for each in found if each is not None]
    return alone, [visitor.seconds for visitor in visitors], [*errors, *shown(visitors)]
