"""`sweep`: one measure over a grid of experiments, on whatever is there to work on it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from vscore._typing import Check, Progress
from vscore._workers import default_threads
from vscore.parameters import check_choice, shown
from vscore.sweeps import tables
from vscore.sweeps.axis import Axis
from vscore.sweeps.chunk import Outcome
from vscore.sweeps.cluster import SCHEMES, Cluster
from vscore.sweeps.cost import Cost, estimate
from vscore.sweeps.driver import Driver, chunks
from vscore.sweeps.executors import Backend, Processes, Serial, SweepError, Threads
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.grid import Grid, differences
from vscore.sweeps.journal import SUFFIX, Journal
from vscore.sweeps.measures import MEASURES
from vscore.sweeps.result import Results, Sweep

_CHUNK_SECONDS = 0.25
"""Of work in one chunk: sending it costs a few ms, and nobody waits for it long."""

_MOST_IN_CHUNK = 4096

_LEAST_CHUNKS = 4
"""A worker, where there are as many cells: so that none is left waiting for another's last."""

OnChunk: TypeAlias = Callable[[Sweep], object]
Pool: TypeAlias = Callable[[Check | None], Backend]
Pools: TypeAlias = Mapping[str, Callable[[int, Check | None], Backend]]

EXECUTORS: Pools = MappingProxyType(
    {
        "serial": lambda workers, check: Serial(check),
        "threads": lambda workers, check: Threads(workers),
        "processes": lambda workers, check: Processes(workers),
    }
)
"""What works on cells, by name; an address such as "tcp://10.0.0.1:8786" is a Dask scheduler's."""


def sweep(
    axes: Axis | str | Sequence[Axis | str],
    measure: str,
    *,
    base: Experiment | None = None,
    source: str | None = None,
    executor: str | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    check: Check | None = None,
    progress: Progress | None = None,
    earlier: Sweep | None = None,
    on_chunk: OnChunk | None = None,
) -> Sweep:
    """One measure of every experiment on a grid.

    Parameters
    ----------
    axes : Axis or str, or one or two of them
        What changes: `Axis("scale", (1, 2))`, or as `Axis.parse` reads it, "scale=0.25:4:40:log".
    measure : str
        A key of `MEASURES`.
    base : Experiment, optional
        What does not change; `Experiment()` if not given.
    source : {"simulated", "predicted"}, optional
        From networks that are drawn, or from theory; simulated if the measure can be.
    executor : str, optional
        "serial" (which is taken if nothing is given), "threads", "processes", or the address of a
        Dask scheduler, such as "tcp://10.0.0.1:8786", whose workers have the same vscore. The
        numbers do not depend on it.
    workers : int, optional
        Threads or processes; one a core if not given. A cluster has its own.
    out : str or Path, optional
        A file, .csv, .npz or .parquet, for the result. Chunks that are done are kept beside it, in
        a file that ends in .part, until all are: the same call takes up from there, after
        whatever ended the last one.
    check : callable, optional
        Called at least every 20 ms from this thread; what it raises cancels the work.
    progress : callable, optional
        Called as progress(done, total) from this thread; the unit is a cell.
    earlier : Sweep, optional
        The same sweep as far as it came before: what is done there is not worked on again.
    on_chunk : callable, optional
        Called from this thread with the sweep as far as it has come, after each chunk of cells: of
        a quarter of a second's work, or a cell that takes longer.

    Returns
    -------
    Sweep
        Cells that failed are named in `failures`; the others are not touched by them.

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value; or where `earlier`, `out`, or what was
        kept beside it, is of another sweep.
    SweepError
        If what works on the cells cannot be started, or is lost.
    OSError
        If a file cannot be written.

    Notes
    -----
    A cell's number is that of `simulate` or `predict` with its settings alone, whatever its
    neighbours are. Peak memory: 9 bytes a cell, the axes, and two chunks of cells a worker.

    With "processes", a script must call this under `if __name__ == "__main__":`, since each
    process loads it anew.

    Examples
    --------
    >>> found = sweep(["scale=1:3:3", "depth=1:40:2"], "log10_q", source="predicted")
    >>> found.values.round(2).tolist()
    [[0.0, -11.74], [0.3, 0.3], [0.48, 7.34]]
    """
    grid = Grid(_axes(axes), measure, _source(measure, source), base or Experiment())
    pool = _pool(executor, workers)
    news = _News(progress, on_chunk)
    if out is None:
        return Sweep.of_results(_worked(_begun(grid, earlier), pool, None, check, news))
    path = Path(out)
    tables.writer_of(path)  # raises before any work
    if path.exists():
        return _found(path, grid)
    with Journal(part_of(path), grid) as journal:
        results = _begun(grid, earlier)
        for outcome in journal.earlier:
            results.add(outcome)
        complete = Sweep.of_results(_worked(results, pool, journal, check, news))
    complete.write(path)
    part_of(path).unlink()
    return complete


@dataclass(frozen=True, slots=True)
class _News:
    """Who hears of what is done."""

    progress: Progress | None
    on_chunk: OnChunk | None

    def tell(self, results: Results) -> None:
        if self.progress is not None:
            self.progress(results.done, len(results.grid))
        if self.on_chunk is not None:
            self.on_chunk(Sweep.of_results(results).copied())


def _begun(grid: Grid, earlier: Sweep | None) -> Results:
    """What was done before, if that was this sweep."""
    if earlier is None:
        return Results(grid)
    if earlier.grid != grid:
        said = "; ".join(differences(grid.to_config(), earlier.grid.to_config()))
        raise ValueError(f"earlier must be of this sweep; it is of another one: {said}")
    return Results.of(earlier)


def _worked(
    results: Results, pool: Pool, journal: Journal | None, check: Check | None, news: _News
) -> Results:
    """The results, with all cells that were missing."""
    grid = results.grid

    def finished(outcome: Outcome) -> None:
        results.add(outcome)
        if journal is not None:
            journal.add(outcome)
        news.tell(results)

    if results.done < len(grid):
        with pool(check) as backend:
            size = chunk_size(estimate(grid), backend.workers)
            Driver(backend, check, finished).run(chunks(grid, results.status, size))
    return results


def part_of(path: Path) -> Path:
    """Where chunks that are done are kept until all are."""
    return path.with_name(path.name + SUFFIX)


def chunk_size(cost: Cost, workers: int) -> int:
    """How many cells go together."""
    by_time = max(1, int(_CHUNK_SECONDS / cost.mean))
    by_share = max(1, math.ceil(cost.cells / (_LEAST_CHUNKS * workers)))
    return min(by_time, by_share, _MOST_IN_CHUNK)


def _axes(axes: Axis | str | Sequence[Axis | str]) -> tuple[Axis, ...]:
    given = (axes,) if isinstance(axes, Axis | str) else tuple(axes)
    for each in given:
        if not isinstance(each, Axis | str):
            raise ValueError(f"axes must be Axis objects or text; got {shown(each)}")
    return tuple(each if isinstance(each, Axis) else Axis.parse(each) for each in given)


def _source(measure: str, source: str | None) -> str:
    return source or MEASURES[check_choice("measure", measure, MEASURES)].source


def _pool(executor: str | None, workers: int | None) -> Pool:
    """What makes the backend, its arguments checked."""
    count = default_threads(None) if workers is None else check_workers(workers)
    if isinstance(executor, str) and executor.startswith(SCHEMES):
        return lambda check: Cluster(executor)
    name = "serial" if executor is None else executor
    if name not in EXECUTORS:
        names = ", ".join(map(repr, EXECUTORS))
        raise ValueError(
            f"executor must be one of {names} or a Dask scheduler's address, such as "
            f"'tcp://10.0.0.1:8786'; got {shown(executor)}"
        )
    return lambda check: EXECUTORS[name](count, check)


def check_workers(workers: object) -> int:
    """The number, if it is one of workers."""
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise ValueError(f"workers must be an integer in [1, 1024]; got {shown(workers)}")
    return workers


def _found(path: Path, grid: Grid) -> Sweep:
    """The result that is there already, if it is this sweep's."""
    if path.suffix == ".csv":
        table = tables.read_csv(path, grid)
        found = None if table is None else Sweep.of_table(table)
    else:
        found = Sweep.read(path)
    if found is None or found.grid.fingerprint != grid.fingerprint:
        raise ValueError(f"{path} is there already, and not of this sweep. Choose another file")
    return found


__all__ = ["EXECUTORS", "SweepError", "chunk_size", "part_of", "sweep"]
