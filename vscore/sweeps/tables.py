"""A sweep as a labelled table in a file: CSV, NPZ, Parquet. Whole, or not at all."""

import contextlib
import csv
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.parameters import shown
from vscore.sweeps.chunk import DONE, STATUS_NAMES
from vscore.sweeps.grid import Grid
from vscore.sweeps.settings import Value


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A sweep's cells in rows, the first axis slowest.

    Attributes
    ----------
    grid : Grid
    values : ndarray, shape (cells,)
    status : ndarray of uint8, shape (cells,)
    errors : mapping of int to str
        By row.
    """

    grid: Grid
    values: FloatArray
    status: NDArray[np.uint8]
    errors: Mapping[int, str]


Writer: TypeAlias = Callable[[Path, Table], None]
Reader: TypeAlias = Callable[[Path], Table]


def write_csv(path: Path, table: Table) -> None:
    """Floats keep every digit; a cell without a number is empty, and its status says why."""
    grid = table.grid
    header = [*grid.names, grid.measure, "status", "error", "sweep"]
    mark = grid.fingerprint
    rows = (
        [*_exact(settings), number, STATUS_NAMES[state], table.errors.get(row, ""), mark]
        for row, (settings, number, state) in enumerate(
            zip(_settings(grid), _numbers(table), table.status.tolist(), strict=True)
        )
    )
    with _whole(path) as file, _text(file) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_npz(path: Path, table: Table) -> None:
    """values and status in the axes' shape, one array an axis, and JSON in `sweep`, `errors`."""
    grid = table.grid
    arrays = {
        "values": table.values.reshape(grid.shape),
        "status": table.status.reshape(grid.shape),
        "sweep": np.array(json.dumps(grid.to_config())),
        "errors": np.array(json.dumps({str(row): text for row, text in table.errors.items()})),
        **{f"axis_{axis.name}": np.array(axis.values) for axis in grid.axes},
    }
    with _whole(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # its stub takes allow_pickle for one


def write_parquet(path: Path, table: Table) -> None:
    """The CSV's rows, without its last column: the sweep is in the file's metadata."""
    arrow, parquet = _pyarrow()
    grid = table.grid
    columns: dict[str, Any] = dict(zip(grid.names, _columns(grid), strict=True))
    known = table.status == DONE
    columns[grid.measure] = arrow.array(table.values, mask=~known)
    names = arrow.array(STATUS_NAMES)
    columns["status"] = arrow.DictionaryArray.from_arrays(table.status, names).cast(arrow.string())
    columns["error"] = [table.errors.get(row) for row in range(len(grid))]
    named = arrow.table({**columns, "error": arrow.array(columns["error"], arrow.string())})
    metadata = {b"vscore.sweep": json.dumps(grid.to_config()).encode()}
    with _whole(path) as file:
        parquet.write_table(named.replace_schema_metadata(metadata), file)


def read_npz(path: Path) -> Table:
    """What `write_npz` wrote; no pickle is opened."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            config, errors = (json.loads(str(archive[name])) for name in ("sweep", "errors"))
            values = archive["values"].astype(np.float64).ravel()
            status = archive["status"].astype(np.uint8).ravel()
            return _checked(config, values, status, {int(row): t for row, t in errors.items()})
    except OSError:
        raise
    except Exception as error:  # whatever zipfile, NumPy and JSON raise on a file that is none
        raise ValueError(f"{path} holds no sweep: {error}") from error


def read_parquet(path: Path) -> Table:
    """What `write_parquet` wrote."""
    arrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
        config = json.loads(table.schema.metadata[b"vscore.sweep"])
        texts = table["error"].to_pylist()
        errors = {row: text for row, text in enumerate(texts) if text is not None}
        status = np.array([STATUS_NAMES.index(name) for name in table["status"].to_pylist()])
        numbers = table[config["measure"]].to_numpy(zero_copy_only=False)
    except (arrow.ArrowException, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no sweep: {error}") from error
    return _checked(config, numbers.astype(np.float64), status.astype(np.uint8), errors)


def read_csv(path: Path, grid: Grid) -> Table | None:
    """What `write_csv` wrote of this very sweep; None where the file is of another one."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    width = len(grid.names)
    expected = [*grid.names, grid.measure, "status", "error", "sweep"]
    if rows[:1] != [expected] or len(rows) != len(grid) + 1:
        return None
    if {tuple(row[width + 3 :]) for row in rows[1:]} != {(grid.fingerprint,)}:
        return None
    values = np.array([float(row[width] or "nan") for row in rows[1:]])
    status = np.array([STATUS_NAMES.index(row[width + 1]) for row in rows[1:]], np.uint8)
    errors = {place: row[width + 2] for place, row in enumerate(rows[1:]) if row[width + 2]}
    return Table(grid, values, status, errors)


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {".csv": write_csv, ".npz": write_npz, ".parquet": write_parquet}
)
"""By a file name's ending."""

READERS: Mapping[str, Reader] = MappingProxyType({".npz": read_npz, ".parquet": read_parquet})


def writer_of(path: Path) -> Writer:
    """What writes a file of this name.

    Raises
    ------
    ValueError
        If its ending is none of `WRITERS`, or what it needs is missing.
    """
    if path.suffix not in WRITERS:
        raise ValueError(f"out must end in {', '.join(WRITERS)}; got {shown(str(path))}")
    if path.suffix == ".parquet":
        _pyarrow()
    return WRITERS[path.suffix]


def reader_of(path: Path) -> Reader:
    """What reads a file of this name."""
    if path.suffix not in READERS:
        known = ", ".join((*READERS, ".part"))
        raise ValueError(f"path must end in {known} to be read; got {shown(str(path))}")
    return READERS[path.suffix]


def _checked(
    config: dict[str, Any], values: FloatArray, status: NDArray[np.uint8], errors: dict[int, str]
) -> Table:
    grid = Grid.from_config(config)
    if len(values) != len(grid) or len(status) != len(grid):
        raise ValueError(f"a sweep of {len(grid)} cells has {len(values)} values")
    return Table(grid, values, status, errors)


def _settings(grid: Grid) -> Iterator[tuple[Value, ...]]:
    """Each row's settings."""
    return itertools.product(*(axis.values for axis in grid.axes))


def _exact(settings: tuple[Value, ...]) -> list[str]:
    return [repr(value) if isinstance(value, float) else str(value) for value in settings]


def _numbers(table: Table) -> Iterator[str]:
    """Each row's number with every digit; empty where there is none."""
    for number, state in zip(table.values.tolist(), table.status.tolist(), strict=True):
        yield repr(number) if state == DONE else ""


def _columns(grid: Grid) -> list[NDArray[Any]]:
    """Each axis' column."""
    mesh = np.meshgrid(*(np.array(axis.values) for axis in grid.axes), indexing="ij")
    return [column.ravel() for column in mesh]


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when all is written."""
    beginning = path.with_name(f"{path.name}.new")
    try:
        with beginning.open("wb") as file:
            yield file
        os.replace(beginning, path)
    finally:
        beginning.unlink(missing_ok=True)


@contextlib.contextmanager
def _text(file: IO[bytes]) -> Iterator[IO[str]]:
    import io

    wrapper = io.TextIOWrapper(file, encoding="utf-8", newline="")
    yield wrapper
    wrapper.flush()
    wrapper.detach()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as missing:
        raise ValueError(
            "a .parquet file needs a package that is not installed: pip install pyarrow. "
            "Or choose .csv or .npz"
        ) from missing
    return pyarrow, pyarrow.parquet
