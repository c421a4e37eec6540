"""Some cells of a sweep as a task to be sent anywhere, and what comes back."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vscore._blas import one_blas_thread
from vscore._typing import Check, FloatArray
from vscore.sweeps.cell import Cell
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.grid import experiment_of
from vscore.sweeps.measures import MEASURES
from vscore.sweeps.settings import Value

MISSING, DONE, FAILED, NONE = range(4)
"""What is known of a cell: nothing yet, its number, why it failed, that there is no such number."""

STATUS_NAMES = ("missing", "done", "failed", "none")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of cells, and all that is needed to work on them.

    Attributes
    ----------
    start : int
        The first cell's number.
    cells : tuple of tuple
        The axes' values of each.
    names : tuple of str
        The axes.
    measure, source : str
    base : Experiment
    """

    start: int
    cells: tuple[tuple[Value, ...], ...]
    names: tuple[str, ...]
    measure: str
    source: str
    base: Experiment

    def __len__(self) -> int:
        return len(self.cells)

    def split(self, parts: int) -> list["Chunk"]:
        """The same cells in so many chunks, or one each."""
        size = -(-len(self) // min(parts, len(self)))
        return [
            replace(self, start=self.start + first, cells=self.cells[first : first + size])
            for first in range(0, len(self), size)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of a chunk's cells.

    Attributes
    ----------
    start : int
        The first cell's number.
    values : ndarray, shape (cells,)
        nan but where the status is `DONE`.
    status : ndarray of uint8, shape (cells,)
    errors : dict of int to str
        By cell, counted from the chunk's first: why it failed.
    """

    start: int
    values: FloatArray
    status: NDArray[np.uint8]
    errors: dict[int, str] = field(default_factory=dict)


def evaluate(chunk: Chunk, check: Check | None = None) -> Outcome:
    """Work on a chunk's cells, one after another; a cell that fails does not stop the others.

    Parameters
    ----------
    chunk : Chunk
    check : callable, optional
        Called between cells and within long ones; what it raises cancels the work.
    """
    values = np.full(len(chunk), np.nan)
    status = np.full(len(chunk), NONE, np.uint8)
    errors: dict[int, str] = {}
    watch = _Watch(check)
    with one_blas_thread(), np.errstate(all="ignore"):
        for place in range(len(chunk)):
            watch()
            try:
                found = _number(chunk, place, None if check is None else watch)
            except Exception as error:
                if error is watch.raised:
                    raise
                errors[place], status[place] = _words(error), FAILED
                continue
            if found is not None:
                values[place], status[place] = found, DONE
    return Outcome(chunk.start, values, status, errors)


class _Watch:
    """A check that remembers what it raised: that is no failure of a cell."""

    def __init__(self, check: Check | None) -> None:
        self._check = check
        self.raised: BaseException | None = None

    def __call__(self) -> None:
        try:
            if self._check is not None:
                self._check()
        except BaseException as error:
            self.raised = error
            raise


def lost(chunk: Chunk, reason: str) -> Outcome:
    """What is left of a chunk of one cell that nobody could finish."""
    return Outcome(chunk.start, np.full(1, np.nan), np.full(1, FAILED, np.uint8), {0: reason})


def number_of(
    experiment: Experiment, measure: str, source: str, check: Check | None = None
) -> float | None:
    """A measure of one experiment; None where there is no such quantity."""
    found = MEASURES[measure].ask(source)(Cell(experiment, experiment.build(), check))
    if found is not None and math.isnan(found):
        raise ArithmeticError("the measure is not a number")
    return found


def _number(chunk: Chunk, place: int, check: Check | None) -> float | None:
    experiment = experiment_of(chunk.base, chunk.names, chunk.cells[place])
    return number_of(experiment, chunk.measure, chunk.source, check)


def _words(error: Exception) -> str:
    """An error in one line; a ValueError's own words, since they name the argument."""
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text:
        return text
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' if text else ''}{text}"
    return f"{type(error).__name__}{': ' if text else ''}{text}"
