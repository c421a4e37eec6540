"""Sweeps that are killed, cut off or given what kills: nothing that is done is lost."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.deadly import KILLER, evaluate_or_die, turn_deaf
from tests.patience import until
from vscore.sweeps import Axis, Experiment, Grid, Sweep, SweepError, sweep
from vscore.sweeps.chunk import FAILED, Chunk, Outcome, evaluate
from vscore.sweeps.driver import KILLED, Driver, chunks
from vscore.sweeps.executors import Backend, Processes
from vscore.sweeps.journal import Journal, read_journal
from vscore.sweeps.result import Results
from vscore.sweeps.run import part_of

pytestmark = pytest.mark.alone

SMALL = Experiment(width=16, depth=4, networks=2, batch=4)
AXES = ["scale=0.25:4:20:log", "depth=1:10"]
WHOLE = sweep(AXES, "log10_q", base=SMALL)

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
"""In which a script finds what the tests find."""


class Stop(Exception):
    """What a check or a progress raises."""


def grid_of(axis: str = "seed=0:39") -> Grid:
    return Grid((Axis.parse(axis),), "log10_q", "simulated", SMALL)


def stop_after(cells: int) -> Callable[[int, int], object]:
    """A progress that calls the work off."""

    def progress(done: int, total: int) -> None:
        if done >= cells:
            raise Stop

    return progress


# Chunks


def test_chunks_are_the_missing_cells_in_runs() -> None:
    status = np.zeros(20, np.uint8)
    status[[0, 1, 5, 12, 13]] = 1
    found = list(chunks(grid_of("seed=0:19"), status, 4))
    runs = [(chunk.start, len(chunk)) for chunk in found]
    assert runs == [(2, 3), (6, 4), (10, 2), (14, 4), (18, 2)]
    assert [cell for chunk in found for cell in chunk.cells] == [
        (number,) for number in range(20) if not status[number]
    ]


def test_chunks_are_made_when_they_are_asked_for() -> None:
    """Ten million cells take no time before the first chunk."""
    grid = Grid(
        (Axis("seed", tuple(range(5000))), Axis("depth", tuple(range(1, 2001)))),
        "log10_q",
        "predicted",
        SMALL,
    )
    first = next(chunks(grid, np.zeros(len(grid), np.uint8), 3))
    assert first.cells == ((0, 1), (0, 2), (0, 3))


@pytest.mark.parametrize(("parts", "sizes"), [(16, [1] * 10), (3, [4, 4, 2]), (1, [10])])
def test_a_chunk_in_parts(parts: int, sizes: list[int]) -> None:
    (chunk,) = chunks(grid_of("seed=5:14"), np.zeros(10, np.uint8), 10)
    found = chunk.split(parts)
    assert [len(part) for part in found] == sizes
    assert [part.start + place for part in found for place in range(len(part))] == list(range(10))
    assert tuple(cell for part in found for cell in part.cells) == chunk.cells


# A file cut off, and taken up


def partial(folder: Path, cells: int = 60) -> Path:
    """What a sweep that was called off leaves."""
    path = folder / "table.npz"
    with pytest.raises(Stop):
        sweep(AXES, "log10_q", base=SMALL, out=path, progress=stop_after(cells))
    assert not path.exists()
    return path


def test_the_same_call_takes_up_where_the_last_one_ended(tmp_path: Path) -> None:
    path = partial(tmp_path)
    kept = Sweep.read(part_of(path))
    assert not kept.finished
    assert 60 <= np.count_nonzero(kept.status) < 200
    done = kept.status == 1
    assert kept.values[done].tobytes() == WHOLE.values[done].tobytes()
    assert np.isnan(kept.values[~done]).all()
    seen: list[int] = []
    found = sweep(
        AXES, "log10_q", base=SMALL, out=path, progress=lambda done, total: seen.append(done)
    )
    assert min(seen) > 60
    assert found.values.tobytes() == WHOLE.values.tobytes()
    assert not part_of(path).exists()
    assert Sweep.read(path).values.tobytes() == WHOLE.values.tobytes()
    assert [each.name for each in tmp_path.iterdir()] == ["table.npz"]


def test_a_file_cut_anywhere_is_readable(tmp_path: Path) -> None:
    """Whatever byte a writer was killed at."""
    path = part_of(partial(tmp_path))
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    ends = [end + 1 for end, byte in enumerate(whole) if byte == 0x0A]
    cut = tmp_path / "cut.part"
    for length in {*range(header, len(whole), 11), *ends[:-1], *(end - 1 for end in ends[1:])}:
        cut.write_bytes(whole[:length])
        grid, outcomes = read_journal(cut)
        assert grid == WHOLE.grid
        assert len(outcomes) == sum(end <= length for end in ends) - 1
    cut.write_bytes(whole[: ends[-2] + 5])
    with Journal(cut, WHOLE.grid) as journal:
        assert len(journal.earlier) == len(ends) - 2
        journal.add(Outcome(0, np.array([1.0]), np.array([1], np.uint8)))
    assert len(read_journal(cut)[1]) == len(ends) - 1


def test_a_line_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    path = part_of(partial(tmp_path))
    whole = bytearray(path.read_bytes())
    whole[whole.index(b'"values"') + 20] ^= 1
    path.write_bytes(whole)
    assert len(read_journal(path)[1]) == 0


def test_results_outside_of_a_sweep() -> None:
    results = Results(grid_of("seed=0:3"))
    outcome = Outcome(3, np.zeros(2), np.ones(2, np.uint8))
    with pytest.raises(ValueError, match="a result lies outside of its sweep"):
        results.add(outcome)


@pytest.mark.parametrize(
    ("axes", "measure", "base", "message"),
    [
        (AXES, "dead", SMALL, r"of another sweep: measure 'log10_q', not 'dead'. Choose another"),
        (AXES, "log10_q", replace(SMALL, seed=3), r"of another sweep: seed 0, not 3"),
        (AXES[:1], "log10_q", SMALL, r"of another sweep: axes \{"),
    ],
)
def test_a_file_of_another_sweep_is_refused(
    tmp_path: Path, axes: list[str], measure: str, base: Experiment, message: str
) -> None:
    path = partial(tmp_path)
    before = part_of(path).read_bytes()
    with pytest.raises(ValueError, match=message):
        sweep(axes, measure, base=base, out=path)
    assert part_of(path).read_bytes() == before


def test_a_file_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = partial(tmp_path)
    monkeypatch.setattr("vscore.sweeps.grid.__version__", "99.0.0")
    with pytest.raises(ValueError, match=r"of another sweep: vscore '[\d.]+', not '99.0.0'"):
        sweep(AXES, "log10_q", base=SMALL, out=path)


@pytest.mark.parametrize("ending", ["csv", "npz", "parquet"])
def test_what_is_there_is_not_worked_out_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table.{ending}"
    WHOLE.write(path)
    found = sweep(AXES, "log10_q", base=SMALL, out=path, progress=stop_after(0))
    assert found.values.tobytes() == WHOLE.values.tobytes()
    with pytest.raises(ValueError, match=r"is there already, and not of this sweep\. Choose"):
        sweep(AXES, "log10_q", base=replace(SMALL, seed=1), out=path)
    assert found.grid == WHOLE.grid


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sweep(AXES, "log10_q", base=SMALL, out=tmp_path / "none" / "table.csv")


def test_a_result_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numpy.savez", full)
    with pytest.raises(OSError, match="No space left"):
        sweep(AXES, "log10_q", base=SMALL, out=tmp_path / "table.npz")
    assert [each.name for each in tmp_path.iterdir()] == ["table.npz.part"]
    assert Sweep.read(tmp_path / "table.npz.part").finished


SCRIPT = """
import sys
from vscore.sweeps import Experiment, sweep

if __name__ == "__main__":
    base = Experiment(width=32, depth=10, networks=2, batch=4)
    sweep("seed=0:799", "log10_q", base=base, executor=sys.argv[2], workers=2, out=sys.argv[1])
"""


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_killed_and_taken_up(tmp_path: Path, executor: str) -> None:
    """`kill -9` at about a third; the workers end with their parent."""
    script, path = tmp_path / "script.py", tmp_path / "table.csv"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(path), executor]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        until(lambda: part_of(path).exists() and count_done(part_of(path)) > 300, 60)
        workers = children_of(process.pid)
        process.kill()
    until(lambda: not any(is_running(worker) for worker in workers))
    left = count_done(part_of(path))
    assert 200 < left < 800
    base = Experiment(width=32, depth=10, networks=2, batch=4)
    found = sweep("seed=0:799", "log10_q", base=base, out=path)
    assert (found.status == 1).all()
    some = sweep(Axis("seed", range(0, 800, 50)), "log10_q", base=base)  # type: ignore[arg-type]
    assert found.values[::50].tobytes() == some.values.tobytes()


def count_done(path: Path) -> int:
    return int(np.count_nonzero(Sweep.read(path).status))


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in listed.stdout.split()]


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


MILLION = """
import resource
from vscore.sweeps import sweep

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

sweep(["scale=1:2:10", "depth=1:100"], "log10_q", source="predicted", out="small.npz")
before = peak()
axes = ["scale=0.1:10:{scales}:log", "depth=1:200"]
found = sweep(axes, "log10_q", source="predicted", out="large.npz")
print(found.values.size, int((found.status == 1).sum()), peak() - before)
"""


@pytest.mark.parametrize(
    ("scales", "most"), [(100, 30), pytest.param(5000, 150, marks=pytest.mark.slow)]
)
def test_memory_of_many_cells_is_bounded(tmp_path: Path, scales: int, most: float) -> None:
    """MB beside a small sweep's: a million cells are 8 MB of numbers and their tables."""
    done = subprocess.run(
        [sys.executable, "-c", MILLION.format(scales=scales)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    cells, finished, grown = done.stdout.split()
    assert int(cells) == int(finished) == 200 * scales
    assert float(grown) < most


# Workers that die


def test_a_worker_killed_at_a_third_costs_nothing() -> None:
    killed: list[int] = []

    def progress(done: int, total: int) -> None:
        if done > total * 0.3 and not killed:
            worker = multiprocessing.active_children()[0]
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGKILL)
            killed.append(worker.pid)

    found = sweep(AXES, "log10_q", base=SMALL, executor="processes", workers=2, progress=progress)
    assert killed
    assert found.failures == ()
    assert found.values.tobytes() == WHOLE.values.tobytes()


class Deadly(Processes):
    """Processes in which a cell of seed `KILLER` takes its worker with it."""

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        return self._pool.submit(evaluate_or_die, chunk)


def driven(backend: Backend, grid: Grid, size: int) -> Sweep:
    results = Results(grid)
    with backend:
        Driver(backend, None, results.add).run(chunks(grid, results.status, size))
    return Sweep.of_results(results)


def test_a_cell_that_kills_its_worker_is_named_and_the_rest_is_done() -> None:
    grid = grid_of()
    found = driven(Deadly(2), grid, 20)
    (failure,) = found.failures
    assert str(failure) == f"seed={KILLER}: {KILLED}"
    alone = sweep("seed=0:39", "log10_q", base=SMALL).values
    others = np.arange(40) != KILLER
    assert found.values[others].tobytes() == alone[others].tobytes()
    assert found.status[KILLER] == FAILED
    assert np.isnan(found.values[KILLER])


def test_workers_that_cannot_start(tmp_path: Path) -> None:
    """A script that calls sweep wherever it is loaded."""
    script = (
        "from vscore.sweeps import SweepError, sweep\n"
        "try:\n"
        "    sweep('seed=0:9', 'log10_q', executor='processes', workers=1)\n"
        "except SweepError as error:\n"
        "    print(error)\n"
    )
    path = tmp_path / "unguarded.py"
    path.write_text(script, encoding="utf-8")
    command = [sys.executable, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert "worker processes cannot be started. In a script, put what calls sweep" in done.stdout


class Flaky(Backend):
    """Futures that are cancelled, as by a cluster that is lost, or that raise what they are given.

    Parameters
    ----------
    error : exception or None
        None cancels.
    is_lost : bool
    """

    workers = 1

    def __init__(self, error: BaseException | None, is_lost: bool) -> None:
        self._error, self._is_lost = error, is_lost
        self._sent = itertools.count()

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        future: Future[Outcome] = Future()
        if next(self._sent) < 2:
            future.set_result(evaluate(chunk))
        elif self._error is None:
            future.cancel()
        else:
            future.set_exception(self._error)
        return future

    def look_in(self) -> None:
        if self._is_lost and next(self._sent) > 3:
            raise SweepError("lost")


def test_what_is_lost_is_said() -> None:
    with pytest.raises(SweepError, match="lost"):
        driven(Flaky(None, True), grid_of(), 5)


def test_an_error_that_is_no_death_is_raised() -> None:
    with pytest.raises(KeyError, match="a mistake"):
        driven(Flaky(KeyError("a mistake"), False), grid_of(), 5)


def test_a_worker_that_its_pool_forgot_holds_nothing_up() -> None:
    """A pool that breaks may have just started a worker: nobody tells that one to end."""
    backend = Processes(2)
    alive: set[int] = set()
    end = time.monotonic() + 60
    while len(alive) < 2:  # where others keep the cores busy, one may start much later
        assert time.monotonic() < end
        alive |= {call.result(30) for call in [backend._pool.submit(turn_deaf) for _ in "ab"]}
    os.kill(alive.pop(), signal.SIGKILL)
    renewal = threading.Thread(target=backend.renew, daemon=True)
    renewal.start()
    renewal.join(30)
    try:
        assert not renewal.is_alive()
    finally:
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        renewal.join(30)
        backend.__exit__()
