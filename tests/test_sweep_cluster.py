"""Sweeps on a Dask cluster: the same bits as here, and what a cluster adds that can fail."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster

from tests.deadly import KILLER, evaluate_or_die
from vscore.cli import main
from vscore.sweeps import Axis, Experiment, Grid, Sweep, SweepError, sweep
from vscore.sweeps.cluster import Cluster
from vscore.sweeps.driver import KILLED, Driver, chunks
from vscore.sweeps.result import Results
from vscore.sweeps.run import part_of

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own are not ours to mend

SMALL = Experiment(width=16, depth=4, networks=2, batch=4)
AXES = ["scale=0.25:4:50:log", "depth=1:40"]


@pytest.fixture(scope="module")
def here() -> Iterator[Any]:
    """A scheduler and two workers in this process."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture
def processes() -> Iterator[Any]:
    """A scheduler here, and two workers in processes of their own."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def test_a_cluster_gives_the_same_bits(here: Any) -> None:
    axes = ["scale=0.25:4:10:log", "depth=1:5"]
    seen: list[int] = []
    found = sweep(
        axes,
        "log10_gradient_ratio",
        base=SMALL,
        executor=here.scheduler_address,
        progress=lambda done, total: seen.append(done),
    )
    alone = sweep(axes, "log10_gradient_ratio", base=SMALL)
    assert found.values.tobytes() == alone.values.tobytes()
    assert seen[-1] == 50


def test_the_shell_takes_a_scheduler(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    line = "sweep --axis seed=0:3 --measure log10_q --width 8 --depth 2 --scheduler"
    assert main([*line.split(), here.scheduler_address]) == 0
    assert f"the Dask cluster at {here.scheduler_address}" in capsys.readouterr().out


def test_overhead_of_a_cell(here: Any) -> None:
    """5 ms a cell at most, of cells that take less than one."""
    axes = ["scale=1:3:20", "depth=1:100"]
    keywords: dict[str, Any] = {"base": replace(SMALL, width=8), "source": "predicted"}
    start = time.perf_counter()
    sweep(axes, "log10_q", executor=here.scheduler_address, **keywords)
    assert (time.perf_counter() - start) / 2000 < 0.005


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vscore.sweeps.cluster._PATIENCE", 0.5)
    with pytest.raises(SweepError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        sweep("seed=0:3", "log10_q", base=SMALL, executor="tcp://127.0.0.1:9")


def test_workers_of_another_version(here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vscore.sweeps.cluster._version", lambda: "0.0.0")
    with pytest.raises(SweepError, match=r"the Dask scheduler at tcp://.* has vscore 0\.0\.0, not"):
        sweep("seed=0:3", "log10_q", base=SMALL, executor=here.scheduler_address)


def test_a_cluster_without_workers() -> None:
    with (
        LocalCluster(
            n_workers=0, processes=False, protocol="tcp", dashboard_address=None
        ) as cluster,
        pytest.raises(SweepError, match="has no workers"),
    ):
        sweep("seed=0:3", "log10_q", base=SMALL, executor=cluster.scheduler_address)


@pytest.mark.slow
def test_two_thousand_cells_are_the_same_file_everywhere(processes: Any, tmp_path: Path) -> None:
    places = {"serial": None, "threads": 2, "processes": 2, processes.scheduler_address: None}
    files = []
    for number, (executor, workers) in enumerate(places.items()):
        for ending in ("csv", "npz", "parquet"):
            path = tmp_path / f"{number}.{ending}"
            if ending == "csv":
                found = sweep(
                    AXES,
                    "log10_gradient_ratio",
                    base=SMALL,
                    executor=executor,
                    workers=workers,
                    out=path,
                )
            else:
                found.write(path)
        files.append([(tmp_path / f"{number}.{e}").read_bytes() for e in ("csv", "npz", "parquet")])
    assert found.values.size == 2000
    assert files[1:] == files[:1] * 3


@pytest.mark.slow
def test_a_worker_killed_at_a_third_costs_nothing(processes: Any) -> None:
    killed: list[int] = []

    def progress(done: int, total: int) -> None:
        if done > total * 0.3 and not killed:
            worker = next(iter(processes.workers.values())).process.pid
            os.kill(worker, 9)
            killed.append(worker)

    found = sweep(
        AXES, "log10_q", base=SMALL, executor=processes.scheduler_address, progress=progress
    )
    assert killed
    assert found.failures == ()
    assert found.values.tobytes() == sweep(AXES, "log10_q", base=SMALL).values.tobytes()


class Deadly(Cluster):
    """A cluster on which a cell of seed `KILLER` takes its worker with it."""

    work = staticmethod(evaluate_or_die)


@pytest.mark.slow
def test_a_cell_that_kills_workers_is_named_and_the_rest_is_done(processes: Any) -> None:
    grid = Grid((Axis("seed", tuple(range(40))),), "log10_q", "simulated", SMALL)
    results = Results(grid)
    with Deadly(processes.scheduler_address) as backend:
        Driver(backend, None, results.add).run(chunks(grid, results.status, 10))
    found = Sweep.of_results(results)
    (failure,) = found.failures
    assert str(failure) == f"seed={KILLER}: {KILLED}"
    others = np.arange(40) != KILLER
    alone = sweep("seed=0:39", "log10_q", base=SMALL).values
    assert found.values[others].tobytes() == alone[others].tobytes()


@pytest.mark.slow
def test_a_lost_scheduler_is_said_and_leaves_a_file(processes: Any, tmp_path: Path) -> None:
    path = tmp_path / "table.npz"

    def progress(done: int, total: int) -> None:
        if done > total * 0.3:
            processes.close()

    with pytest.raises(SweepError, match=r"the Dask scheduler at tcp://.* is lost"):
        sweep(
            AXES,
            "log10_q",
            base=SMALL,
            executor=processes.scheduler_address,
            out=path,
            progress=progress,
        )
    kept = Sweep.read(part_of(path))
    assert 600 < np.count_nonzero(kept.status) < 2000
    found = sweep(AXES, "log10_q", base=SMALL, out=path)
    assert found.values.tobytes() == sweep(AXES, "log10_q", base=SMALL).values.tobytes()


@pytest.mark.slow
def test_a_cluster_that_has_no_workers_any_more_is_said(
    processes: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Dask would wait for ever; what is done is kept."""
    monkeypatch.setattr("vscore.sweeps.cluster._FORSAKEN", 1.0)
    path = tmp_path / "table.npz"

    def progress(done: int, total: int) -> None:
        if done > total * 0.3:
            processes.scale(0)

    with pytest.raises(SweepError, match=r"the Dask scheduler at tcp://.* has no workers any more"):
        sweep(
            AXES,
            "log10_q",
            base=SMALL,
            executor=processes.scheduler_address,
            out=path,
            progress=progress,
        )
    assert 0.3 < (Sweep.read(part_of(path)).status > 0).mean() < 1
