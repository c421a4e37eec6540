"""Work on threads that can be watched and cancelled from the thread that asked for it.

A caller's `check` and `progress` often belong to its own thread (Streamlit's do), and one NumPy
call can outlast the time between two checks. So work runs on a pool while the caller's thread
looks in every 5 ms; what `check` raises stops the workers at their next tick.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import pairwise
from typing import Protocol, Self, TypeVar

from vscore._typing import Check, Progress

_LOOK_IN = 0.005
"""Seconds between two looks; `check` is promised at least every 20 ms. The interpreter may take
5 ms to hand over from one thread to another, and a call that does not let others run a few more."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Tick(Protocol):
    """What counts steps done, one if not said otherwise."""

    def __call__(self, steps: int = 1) -> None: ...


class Cancelled(Exception):
    """Raised in a worker whose work nobody waits for any more."""


class Monitor:
    """The caller's `check` and `progress` over a number of equal steps."""

    def __init__(
        self, check: Check | None = None, progress: Progress | None = None, total: int = 0
    ) -> None:
        self._check = check
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._owner = threading.get_ident()
        self.cancelled = False

    @property
    def watched(self) -> bool:
        """Whether anybody wants to look in."""
        return self._check is not None or self._progress is not None

    def tick(self, steps: int = 1) -> None:
        """Count steps done; raise `Cancelled` in a worker if the work was called off."""
        with self._lock:
            self._done += steps
        self.stop_if_cancelled()

    def stop_if_cancelled(self) -> None:
        """Between two pieces of a step: raise what `check` raises; `Cancelled` in a worker."""
        if self.cancelled:
            raise Cancelled
        if threading.get_ident() == self._owner:
            self.look_in()

    def look_in(self) -> None:
        """Call `check` and `progress`, in the caller's thread."""
        if self._check is not None:
            self._check()
        if self._progress is not None:
            self._progress(self._done, self._total)


def default_threads(threads: int | None) -> int:
    """The number of threads asked for, or one a usable core."""
    if threads is None:
        usable = getattr(os, "sched_getaffinity", None)  # not on every system
        return len(usable(0)) if usable else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads must be an integer, at least 1, or None; got {threads!r}")
    return threads


class Team:
    """Threads that share the tasks of one piece of work, the calling thread among them.

    Parameters
    ----------
    threads : int
    monitor : Monitor
        Asked before every task whether the work was called off.
    """

    def __init__(self, threads: int, monitor: Monitor) -> None:
        self._monitor = monitor
        self._helpers = threads - 1
        self._pool = ThreadPoolExecutor(self._helpers) if self._helpers else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def shares(self, items: Sequence[Item]) -> list[Sequence[Item]]:
        """The items in as many even runs as there are threads, or items."""
        count = min(self._helpers + 1, len(items))
        ends = [len(items) * index // count for index in range(count + 1)]
        return [items[start:end] for start, end in pairwise(ends)]

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """The results in order; each task goes to the first thread that is free."""
        results: dict[int, Result] = {}
        waiting = deque(range(len(items)))

        def work() -> None:
            while (index := _first(waiting)) is not None:
                try:
                    self._monitor.stop_if_cancelled()
                    results[index] = function(items[index])
                except BaseException:
                    waiting.clear()
                    raise

        wanted = min(self._helpers, len(items) - 1)
        helpers = [self._pool.submit(work) for _ in range(wanted)] if self._pool else []
        work()
        for helper in helpers:
            helper.result()
        return [results[index] for index in range(len(items))]

    def ahead(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The results in order; each is begun, by another thread, when the one before is taken."""
        if self._pool is None:
            for item in items:
                yield self._unless_cancelled(function, item)
            return
        begun = (self._pool.submit(self._unless_cancelled, function, item) for item in items)
        following = next(begun, None)
        while following is not None:
            result, following = following.result(), next(begun, None)
            yield result

    def _unless_cancelled(self, function: Callable[[Item], Result], item: Item) -> Result:
        self._monitor.stop_if_cancelled()
        return function(item)

    def stop_if_cancelled(self) -> None:
        """As the monitor does: for a task that lasts, between two of its pieces."""
        self._monitor.stop_if_cancelled()


def _first(waiting: deque[int]) -> int | None:
    try:
        return waiting.popleft()  # whatever other threads take meanwhile
    except IndexError:
        return None


ALONE = Team(1, Monitor())
"""The calling thread by itself."""


def map_in_order(
    function: Callable[[int], Result],
    count: int,
    threads: int | None,
    monitor: Monitor,
    *,
    brief: bool = False,
) -> Generator[Result, None, None]:
    """Results of function(0), ..., function(count - 1), in order.

    At most twice as many results as threads are held. An exception, the monitor's or the
    function's, cancels the rest.

    `brief` says that a call is over, or looks in by itself, within 20 ms. One thread's work is then
    done in the caller's own: another would have to be started, and waited for.
    """
    workers = min(default_threads(threads), count)
    if workers == 1 and (brief or not monitor.watched):
        for index in range(count):
            monitor.look_in()
            yield function(index)
        monitor.look_in()
        return
    pool = ThreadPoolExecutor(workers)
    try:
        ahead = [pool.submit(function, index) for index in range(min(2 * workers, count))]
        for index in range(count):
            result = _result(ahead.pop(0), monitor)
            if index + 2 * workers < count:
                ahead.append(pool.submit(function, index + 2 * workers))
            yield result
        monitor.look_in()  # progress ends at the total
    except BaseException:
        monitor.cancelled = True
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[Result], monitor: Monitor) -> Result:
    monitor.look_in()
    while not wait([future], _LOOK_IN).done:
        monitor.look_in()
    return future.result()
