"""Whose run of the page is at work: some at a time, first come, first served.

Python runs one thread at a time. Three hundred runs that share it by turns of milliseconds all end
late, and the thread that answers the network waits behind each of them; one after another they end
as soon as they can, and nothing else waits long.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.lookout import wait_for
from vscore._typing import Check


class Turns:
    """Some turns, and who waits for one.

    Parameters
    ----------
    count : int
        How many runs may be at work at once.
    """

    def __init__(self, count: int) -> None:
        self.free = count
        self._lock = threading.Lock()
        self._new: deque[threading.Event] = deque()
        self._back: deque[threading.Event] = deque()
        self._here = threading.local()

    @contextmanager
    def taken(self, check: Check) -> Iterator[None]:
        """Wait for a turn, and have it; `check` may raise where the run is not wanted any more."""
        self._take(self._new, check)
        self._here.check = check
        try:
            yield
        finally:
            if self._here.check is not None:
                self._here.check = None
                self._give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others have this thread's turn, if it has one, while it waits for something else.

        Who comes back goes before who is new. After an error nobody comes back: the run is over,
        or has little left to say.
        """
        check = getattr(self._here, "check", None)
        if check is None:
            yield
            return
        self._here.check = None
        self._give()
        yield
        self._take(self._back, check)
        self._here.check = check

    def _take(self, queue: deque[threading.Event], check: Check) -> None:
        called = threading.Event()
        with self._lock:
            if self.free:
                self.free -= 1
                return
            queue.append(called)
        try:
            wait_for(called, check)
        except BaseException:
            self._leave(queue, called)
            raise

    def _leave(self, queue: deque[threading.Event], called: threading.Event) -> None:
        with self._lock:
            if called.is_set():
                self._call_next()
            else:
                queue.remove(called)

    def _give(self) -> None:
        with self._lock:
            self._call_next()

    def _call_next(self) -> None:
        """Pass a turn on; the lock is held."""
        if queue := self._back or self._new:
            queue.popleft().set()
        else:
            self.free += 1
