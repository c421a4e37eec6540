"""Sweeps on two processes and on a cluster."""

from dataclasses import replace
from functools import partial

from tests.bench.rows import Absent, Row, Wanted, as_fast
from tests.bench.timing import Measured, race, timed
from vscore.sweeps import Experiment, sweep

BASE = Experiment(width=64, depth=20, networks=4, batch=8)
CELLS = 2000


def processes() -> Measured:
    """1200 cells: long enough that starting processes counts little."""
    work = partial(sweep, "seed=0:1199", "log10_q", base=BASE, executor="processes")
    contest = {str(count): timed(partial(work, workers=count)) for count in (1, 2)}
    return race(contest, 1).times("1", of="2")


def overhead() -> Measured:
    """Milliseconds a cell on a Dask cluster, beside the work of its one worker."""
    try:
        from distributed import LocalCluster
    except ImportError as missing:
        raise Absent("no distributed") from missing
    axes, base = ["scale=1:3:20", "depth=1:100"], replace(BASE, width=16, networks=1)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        places = {"alone": "serial", "cluster": cluster.scheduler_address}
        contest = {
            name: timed(partial(sweep, axes, "log10_q", base=base, executor=where))
            for name, where in places.items()
        }
        seconds = race(contest, 2).seconds
    pairs = zip(seconds["cluster"], seconds["alone"], strict=True)
    return Measured(tuple(1e3 * (cluster - alone) / CELLS for cluster, alone in pairs))


def rows() -> list[Row]:
    return [
        Row(
            "sweep/processes",
            "1200 cells of 4 networks of 20 x 64, two processes",
            "one process",
            as_fast(1.7),
            processes,
        ),
        Row(
            "sweep/dask",
            f"{CELLS} small cells on a Dask cluster",
            "the same without it",
            Wanted(5, "ms more a cell"),
            overhead,
        ),
    ]
