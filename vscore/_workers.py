"""Work on threads that can be watched and cancelled from the thread that asked for it.

A caller's `check` and `progress` often belong to its own thread (Streamlit's do), and one NumPy
call can outlast the time between two checks. So work runs on a pool while the caller's thread
looks in every 10 ms; what `check` raises stops the workers at their next tick.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from vscore._typing import Check, Progress

_LOOK_IN = 0.010
"""Seconds between two looks; `check` is promised at least every 20 ms."""

Result = TypeVar("Result")


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

    def tick(self) -> None:
        """Count one step done; raise `Cancelled` in a worker if the work was called off."""
        with self._lock:
            self._done += 1
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


def map_in_order(
    function: Callable[[int], Result], count: int, threads: int | None, monitor: Monitor
) -> Iterator[Result]:
    """Results of function(0), ..., function(count - 1), in order.

    At most twice as many results as threads are held. An exception, the monitor's or the
    function's, cancels the rest.
    """
    workers = min(default_threads(threads), count)
    if workers == 1 and not monitor.watched:
        yield from map(function, range(count))
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
