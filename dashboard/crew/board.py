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

    def line(self, number: int) -> "BoardLine":
        """Where a worker writes how many it uses, and reads of the others."""
        return BoardLine(self._cores, number)


class BoardLine:
    """One worker's line: `Others` of `dashboard.queueing`.

    Parameters
    ----------
    cores : mmap.mmap
        A byte a worker.
    number : int
        This one's.
    """

    def __init__(self, cores: mmap.mmap, number: int) -> None:
        self._cores = cores
        self._number = number

    def hear(self, cores: int) -> None:
        """Write how many cores are used here; more than 255 count as 255."""
        self._cores[self._number] = min(cores, 255)

    def cores(self) -> int:
        """How many the others use."""
        return sum(self._cores[:]) - self._cores[self._number]
