"""Some cells of a sweep as a task to be sent anywhere, and what comes back."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, groupby

import numpy as np
from numpy.typing import NDArray

from vscore._blas import one_blas_thread
from vscore._typing import Check, FloatArray
from vscore.meanfield import Prediction, predict_depths
from vscore.networks import DenseNetwork
from vscore.sweeps.cell import Cell
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.measures import MEASURES
from vscore.sweeps.settings import Value, changed

MISSING, DONE, FAILED, NONE = range(4)
"""What is known of a cell: nothing yet, its number, why it failed, that there is no such number."""

DEPTH = "depth"

FOLLOWED = ("theory", "follow")
"""The work of measures that ask for a prediction, and for nothing else."""

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
    ask = MEASURES[chunk.measure].ask(chunk.source)
    cell = Cells(chunk, None if check is None else watch)
    with one_blas_thread(), np.errstate(all="ignore"):
        for place in range(len(chunk)):
            watch()
            try:
                found = ask(cell(place))
                if found is not None and math.isnan(found):
                    raise ArithmeticError("the measure is not a number")
            except Exception as error:
                if error is watch.raised:
                    raise
                errors[place], status[place] = _words(error), FAILED
                continue
            if found is not None:
                values[place], status[place] = found, DONE
    return Outcome(chunk.start, values, status, errors)


class Cells:
    """A chunk's cells, asked for in order. Those that differ in depth alone share a prediction.

    Parameters
    ----------
    chunk : Chunk
    check : callable or None
    """

    def __init__(self, chunk: Chunk, check: Check | None) -> None:
        self._chunk = chunk
        self._check = check
        follows = MEASURES[chunk.measure].theory in FOLLOWED
        shares = chunk.source == "predicted" and follows and DEPTH in chunk.names
        self._runs = _runs(chunk) if shares else {}
        self._shared: Iterator[Prediction] = iter(())

    def __call__(self, place: int) -> Cell:
        """The cell, with its prediction where that is shared."""
        chunk = self._chunk
        experiment = changed(chunk.base, chunk.names, chunk.cells[place])
        if place in self._runs:
            self._shared = _predictions(experiment, self._runs[place])
        prediction = next(self._shared, None)
        network = experiment.build() if prediction is None else prediction.network
        return Cell(experiment, network, self._check, prediction)


def _runs(chunk: Chunk) -> dict[int, list[int]]:
    """The depths of neighbours that differ in depth alone, by the first one's place."""
    axis = chunk.names.index(DEPTH)
    runs: dict[int, list[int]] = {}
    places = range(len(chunk))
    for _, run in groupby(
        places, lambda at: (*chunk.cells[at][:axis], *chunk.cells[at][axis + 1 :])
    ):
        members = list(run)
        runs[members[0]] = [int(chunk.cells[at][axis]) for at in members]
    return runs


def _predictions(experiment: Experiment, depths: list[int]) -> Iterator[Prediction]:
    """Each depth's prediction; none where each cell has to find its own, or its own error."""
    if len(depths) == 1 or experiment.network != "mlp" or experiment.taper != 1:
        return iter(())
    try:
        deepest = replace(experiment, depth=max(depths)).build()
        assert isinstance(deepest, DenseNetwork)
        predictions = predict_depths(deepest, depths)
        return chain([next(predictions)], predictions)
    except ValueError:
        return iter(())


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


def _words(error: Exception) -> str:
    """An error in one line; a ValueError's own words, since they name the argument."""
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text:
        return text
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' if text else ''}{text}"
    return f"{type(error).__name__}{': ' if text else ''}{text}"
