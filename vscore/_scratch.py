"""Working arrays that a thread keeps: a block's draw allocates nothing.

Fresh megabyte arrays come from the system as untouched pages, and faulting these in costs three
times the arithmetic done on them.
"""

import threading

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Weights a block: 1 MiB of float32, so that a block's work stays in the second-level cache."""


class Scratch(threading.local):
    """One block's working arrays; each thread sees its own. They hold until the next draw."""

    def __init__(self) -> None:
        self.words = np.empty(BLOCK // 2, dtype="<u8")
        self._floats = tuple(np.empty(BLOCK, dtype=np.float32) for _ in range(4))

    def floats(self, count: int) -> tuple[NDArray[np.float32], ...]:
        """Four float32 arrays of a length, at most `BLOCK`, with unspecified contents."""
        return tuple(array[:count] for array in self._floats)

    def doubles(self, count: int) -> NDArray[np.float64]:
        """A float64 array of a length, at most `BLOCK` / 2, on the memory of `words`."""
        return self.words.view(np.float64)[:count]


SCRATCH = Scratch()
