"""Chunks made one after another, handed over a few at a time, and the culprit of a death found.

When a worker dies, every chunk that was under way is suspect. Suspects then run alone, one after
another; one that kills again is cut into parts, down to the cell.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from vscore._typing import Check
from vscore.sweeps.chunk import MISSING, Chunk, Outcome, lost
from vscore.sweeps.executors import Backend
from vscore.sweeps.grid import Grid

_LOOK_IN = 0.005
"""Seconds between two looks: `check` is promised at least every 20 ms."""

_PARTS = 16
"""Into which a chunk that kills is cut: two cuts find one cell of 256."""

KILLED = "its worker process died: it was killed, or ran out of memory"


def chunks(grid: Grid, status: NDArray[np.uint8], size: int) -> Iterator[Chunk]:
    """The cells that are still missing, in runs of at most `size`, made when they are asked for.

    Parameters
    ----------
    grid : Grid
    status : ndarray of uint8, shape (cells,)
        In running order; read as the chunks are made.
    size : int
    """
    start = 0
    while start < len(status):
        window = status[start : start + size]
        if not (window == MISSING).any():
            start += size
            continue
        first = start + int((window == MISSING).argmax())
        run = status[first : first + size] != MISSING
        stop = first + (int(run.argmax()) if run.any() else len(run))
        cells = grid.cells(first, stop)
        yield Chunk(first, cells, grid.names, grid.measure, grid.source, grid.base)
        start = stop


class Driver:
    """Keeps a backend busy, and looks in.

    Parameters
    ----------
    backend : Backend
    check : callable or None
        Called at least every 20 ms.
    finished : callable
        Called with every outcome, in this thread.
    """

    def __init__(
        self, backend: Backend, check: Check | None, finished: Callable[[Outcome], object]
    ) -> None:
        self._backend = backend
        self._check = check
        self._finished = finished
        self._under_way: dict[Future[Outcome], Chunk] = {}
        self._suspects: deque[Chunk] = deque()
        self._alone = False

    def run(self, waiting: Iterator[Chunk]) -> None:
        """Work until no chunk is left."""
        while self._hand_over(waiting):
            done, _ = wait(self._under_way, _LOOK_IN, FIRST_COMPLETED)
            if self._check is not None:
                self._check()
            self._backend.look_in()
            self._settle_all(done)

    def _settle_all(self, done: set[Future[Outcome]]) -> None:
        deaths = [future for future in done if not self._settle(future)]
        if deaths and self._backend.shares_fate:
            for future in wait(self._under_way).done:
                self._settle(future)
            self._backend.renew()

    def _hand_over(self, waiting: Iterator[Chunk]) -> bool:
        """Submit what there is room for; whether anything is under way."""
        if self._alone and self._under_way:
            return True
        self._alone = False
        if self._suspects:
            if not self._under_way:
                self._alone = True
                chunk = self._suspects.popleft()
                self._under_way[self._backend.submit_alone(chunk)] = chunk
            return True
        for chunk in islice(waiting, self._backend.room - len(self._under_way)):
            self._under_way[self._backend.submit(chunk)] = chunk
        return bool(self._under_way)

    def _settle(self, future: Future[Outcome]) -> bool:
        """Take what a future brings; False if it was a death."""
        chunk = self._under_way.pop(future)
        try:
            self._finished(future.result())
        except CancelledError:
            self._backend.look_in()  # says what is lost, and if nothing is:
            raise
        except Exception as error:
            if not self._backend.is_death(error):
                raise
            self._suspect(chunk)
            return False
        return True

    def _suspect(self, chunk: Chunk) -> None:
        if not self._alone:
            self._suspects.append(chunk)
        elif len(chunk) > 1:
            self._suspects.extendleft(reversed(chunk.split(_PARTS)))
        else:
            self._finished(lost(chunk, KILLED))
