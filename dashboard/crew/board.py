"""What workers know of each other: how many cores each uses now."""

import mmap


class Board:
    """One memory for all processes that are forked after it was made.

    Parameters
    ----------
    workers : int
    """

    def __init__(self, workers: int) -> None:
        self._cores = mmap.mmap(-1, workers)  # a byte each

    def note(self, number: int, cores: int) -> None:
        """Write how many cores a worker uses; more than 255 count as 255."""
        self._cores[number] = min(cores, 255)

    def elsewhere(self, number: int) -> int:
        """How many the others use."""
        return sum(self._cores[:]) - self._cores[number]
