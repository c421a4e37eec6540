"""What a sweep gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.sweeps import tables
from vscore.sweeps.axis import Axis
from vscore.sweeps.chunk import DONE, FAILED, MISSING, STATUS_NAMES, Outcome
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.grid import Grid
from vscore.sweeps.journal import SUFFIX, read_journal
from vscore.sweeps.settings import Value, changed


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that has no number because something went wrong.

    Attributes
    ----------
    index : tuple of int
        Where it stands in `Sweep.values`.
    settings : tuple of (str, value)
        What the axes made of it.
    error : str
        In one line.
    """

    index: tuple[int, ...]
    settings: tuple[tuple[str, Value], ...]
    error: str

    def __str__(self) -> str:
        where = ", ".join(f"{name}={value}" for name, value in self.settings)
        return f"{where}: {self.error}"


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """One measure over a grid of experiments.

    Attributes
    ----------
    grid : Grid
        The question.
    values : ndarray, shape (len(axis.values) for each axis)
        float64; nan where the status is not "done".
    status : ndarray of uint8, of the same shape
        0 not worked on yet, 1 done, 2 failed, 3 there is no such quantity.
    errors : mapping of int to str
        By flat index, why a cell failed.
    """

    grid: Grid
    values: FloatArray
    status: NDArray[np.uint8]
    errors: Mapping[int, str]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """One or two."""
        return self.grid.axes

    @property
    def measure(self) -> str:
        """Its key in `MEASURES`."""
        return self.grid.measure

    @property
    def source(self) -> str:
        """ "simulated" or "predicted"."""
        return self.grid.source

    @property
    def base(self) -> Experiment:
        """What the axes do not change."""
        return self.grid.base

    @property
    def finished(self) -> bool:
        """Whether every cell was worked on."""
        return not bool((self.status == MISSING).any())

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Every cell that failed, named, in order."""
        return tuple(
            Failure(index, tuple(self._settings(index)), self.errors[flat])
            for flat in sorted(self.errors)
            for index in [self._index(flat)]
        )

    def experiment(self, *index: int) -> Experiment:
        """The experiment of a cell: what `simulate` or `predict` alone would be given."""
        names, values = zip(*self._settings(index), strict=True)
        return changed(self.base, names, values)

    def to_csv(self, path: str | Path) -> None:
        """Write a table, a row a cell, first axis slowest: axes, measure, status, error, sweep.

        Parameters
        ----------
        path : str or Path
            Written whole or not at all.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        tables.write_csv(Path(path), self._table())

    def to_npz(self, path: str | Path) -> None:
        """Write NumPy's archive: values, status, each axis, and the sweep as JSON."""
        tables.write_npz(Path(path), self._table())

    def to_parquet(self, path: str | Path) -> None:
        """Write a Parquet file of the same rows as the CSV's; needs the package pyarrow."""
        tables.write_parquet(Path(path), self._table())

    def write(self, path: str | Path) -> None:
        """Write what the path's ending says: .csv, .npz or .parquet."""
        tables.writer_of(Path(path))(Path(path), self._table())

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The sweep that a .npz, a .parquet or a partial file holds.

        Parameters
        ----------
        path : str or Path
            A CSV holds the table but not the whole question, so it is none of them.

        Raises
        ------
        ValueError
            If the file holds no sweep.
        """
        file = Path(path)
        if file.suffix == SUFFIX:
            grid, outcomes = read_journal(file)
            return cls.of(grid, outcomes)
        return cls.of_table(tables.reader_of(file)(file))

    @classmethod
    def of(cls, grid: Grid, outcomes: list[Outcome]) -> Self:
        """Outcomes put in their places."""
        results = Results(grid)
        for outcome in outcomes:
            results.add(outcome)
        return cls.of_results(results)

    @classmethod
    def of_results(cls, results: "Results") -> Self:
        """What has come so far."""
        grid = results.grid
        shape = grid.running_shape
        values, status = results.values.reshape(shape), results.status.reshape(shape)
        if grid.turned:
            values, status = values.T.copy(), status.T.copy()
        flat = {
            int(np.ravel_multi_index(grid.place(number), grid.shape)): text
            for number, text in results.errors.items()
        }
        return cls(grid, values, status, flat)

    @classmethod
    def of_table(cls, table: tables.Table) -> Self:
        """What a file held."""
        shape = table.grid.shape
        return cls(
            table.grid, table.values.reshape(shape), table.status.reshape(shape), table.errors
        )

    def copied(self) -> Self:
        """The same, which nothing that comes later changes."""
        return type(self)(self.grid, self.values.copy(), self.status.copy(), dict(self.errors))

    def _table(self) -> tables.Table:
        return tables.Table(self.grid, self.values.ravel(), self.status.ravel(), self.errors)

    def _index(self, flat: int) -> tuple[int, ...]:
        return tuple(int(place) for place in np.unravel_index(flat, self.values.shape))

    def _settings(self, index: tuple[int, ...]) -> list[tuple[str, Value]]:
        pairs = zip(self.axes, index, strict=True)
        return [(axis.name, axis.values[place]) for axis, place in pairs]


class Results:
    """What has come so far, in the order in which cells run.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.values: FloatArray = np.full(len(grid), np.nan)
        self.status: NDArray[np.uint8] = np.zeros(len(grid), np.uint8)
        self.errors: dict[int, str] = {}
        self._texts: dict[str, str] = {}

    @classmethod
    def of(cls, found: Sweep) -> Self:
        """What a sweep that may not be finished holds."""
        results, grid = cls(found.grid), found.grid
        values, status = (
            (found.values.T, found.status.T) if grid.turned else (found.values, found.status)
        )
        results.values[:], results.status[:] = values.ravel(), status.ravel()
        for failure in found.failures:
            place = failure.index[::-1] if grid.turned else failure.index
            results.errors[int(np.ravel_multi_index(place, grid.running_shape))] = failure.error
        return results

    def add(self, outcome: Outcome) -> None:
        """Put an outcome in its place.

        Raises
        ------
        ValueError
            If it does not fit.
        """
        part = slice(outcome.start, outcome.start + len(outcome.values))
        if outcome.start < 0 or part.stop > len(self.grid):
            raise ValueError("a result lies outside of its sweep")
        self.values[part], self.status[part] = outcome.values, outcome.status
        for place, text in outcome.errors.items():
            # One text stands for all cells of the same error: a million may fail alike.
            self.errors[outcome.start + place] = self._texts.setdefault(text, text)

    @property
    def done(self) -> int:
        """Cells that were worked on."""
        return int(np.count_nonzero(self.status))


__all__ = ["DONE", "FAILED", "MISSING", "STATUS_NAMES", "Failure", "Results", "Sweep"]
