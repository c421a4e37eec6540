"""Working arrays that a thread keeps: a block's draw allocates nothing.

Fresh megabyte arrays come from the system as untouched pages, and faulting these in costs three
times the arithmetic done on them.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Weights a block: 1 MiB of float32, so that a block's work stays in the second-level cache."""


SPARE = 4
"""Threads' arrays at most that wait for a next thread."""

Arrays = TypeVar("Arrays")


class Lease(Generic[Arrays]):
    """A thread's arrays, which it leaves to the next one when it ends.

    A thread that does one small thing would else spend half its time on fresh pages.

    Parameters
    ----------
    spare : deque
        Arrays that no thread has; of at most `SPARE` threads.
    make : callable
        Makes some, where there are none.
    """

    def __init__(self, spare: deque[Arrays], make: Callable[[], Arrays]) -> None:
        self._spare = spare
        try:
            self.held = spare.pop()
        except IndexError:
            self.held = make()

    def __del__(self) -> None:
        self._spare.append(self.held)


class PerThread(threading.local, Generic[Arrays]):
    """Arrays of which each thread has its own.

    Parameters
    ----------
    make : callable
        Makes a thread's arrays.
    spare : deque
        Where threads that have ended leave theirs.
    """

    def __init__(self, make: Callable[[], Arrays], spare: deque[Arrays]) -> None:
        self._lease = Lease(spare, make)  # once in each thread, as `threading.local` has it

    @property
    def arrays(self) -> Arrays:
        """This thread's."""
        return self._lease.held


class _Block:
    """One block's working arrays."""

    def __init__(self) -> None:
        self.doubles = np.empty(BLOCK // 2)
        self.floats = np.empty(4 * BLOCK, dtype=np.float32)


class Scratch(PerThread[_Block]):
    """One block's working arrays; each thread sees its own. They hold until the next draw."""

    def floats(self, count: int) -> NDArray[np.float32]:
        """Four float32 arrays of a length, at most `BLOCK`, with unspecified contents."""
        return self.arrays.floats[: 4 * count].reshape(4, count)

    def doubles(self, count: int) -> NDArray[np.float64]:
        """A float64 array of a length, at most `BLOCK` / 2."""
        return self.arrays.doubles[:count]


SCRATCH = Scratch(_Block, deque(maxlen=SPARE))
