"""`python -m tests.bench`, from the folder that holds tests/."""

import argparse
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

import vscore
from tests.bench.frameworks import Process, start
from tests.bench.timing import Contender, race, show, timed
from vscore._streams import Stream
from vscore.sweeps import Experiment, sweep

SIZE = 4096
"""Kernels of 4096 x 4096 weights: 16.8 million, 64 MiB."""

BITS = 1 << 24
WIDTH, DEPTH, BATCH = 512, 50, 512
GRAM_WIDTH, GRAM_BATCH, GRAM_ROUNDS = 4096, 16, 2

ROUNDS = 5
AT_LEAST_AS_FAST = 1.0

KERAS_TRUNCATED, SCIPY_TRUNCATED = 3.0, 25.0
"""Truncated normals: v. each of Keras' backends, and v. scipy.stats.truncnorm.rvs."""

TORCH_SIMULATE, PRODUCTS = 1 / 0.6, 1 / 2.2
"""A simulation takes at most 0.6 of PyTorch's time, and 2.2 times that of its products alone."""

GRAM = 50.0
"""The engine "gram" v. "weights", where it is meant to be used."""

TWO_PROCESSES = 1.7
"""A sweep on two processes v. one."""

DASK_OVERHEAD = 5.0
"""Milliseconds a cell."""

KERAS_LAWS = {
    "truncated": "truncated_normal",
    "normal": "untruncated_normal",
    "uniform": "uniform",
}


def draw(processes: Mapping[str, Process]) -> None:
    """Each law against each framework; every peer must take at least as long as ours."""
    for law in KERAS_LAWS:
        title = f"draw {SIZE} x {SIZE} float32, {law}"
        rivals = {
            name: process.contender(f"{name.split()[0]}_draw", law=law, size=SIZE)
            for name, process in processes.items()
        }
        required = required_of(law, rivals)
        show(title, race(("vscore", our_draw(law)), rivals, required, ROUNDS))
        rivals = numpy_draws(law)
        required = required_of(law, rivals)
        ours = ("vscore, one thread", our_draw(law, threads=1))
        show(f"{title}, one thread", race(ours, rivals, required, ROUNDS))


def required_of(law: str, rivals: Mapping[str, Contender]) -> dict[str, float]:
    """How many times as long as ours each rival's draws must take, at least."""
    truncated = {"keras": KERAS_TRUNCATED, "scipy": SCIPY_TRUNCATED} if law == "truncated" else {}
    return {name: truncated.get(name[:5], AT_LEAST_AS_FAST) for name in rivals}


def our_draw(law: str, threads: int | None = None) -> Contender:
    initializer = vscore.VarianceScaling(1.0, "fan_in", KERAS_LAWS[law], seed=0)
    return timed(lambda: initializer.draw((SIZE, SIZE), Stream(0), threads=threads))


def numpy_draws(law: str) -> dict[str, Contender]:
    """One thread each: NumPy and SciPy have no more."""
    std, count = np.float32(SIZE**-0.5), SIZE * SIZE
    generator = np.random.default_rng(0)
    match law:
        case "truncated":
            return {
                "numpy standard_normal, not truncated": timed(
                    lambda: std * generator.standard_normal(count, dtype=np.float32)
                ),
                "scipy.stats.truncnorm.rvs": truncnorm(count),
            }
        case "normal":
            return {
                "numpy standard_normal": timed(
                    lambda: std * generator.standard_normal(count, dtype=np.float32)
                )
            }
        case _:
            return {"numpy random": timed(lambda: std * generator.random(count, dtype=np.float32))}


def truncnorm(count: int) -> Contender:
    """So slow that a 64th is drawn, and its time multiplied."""
    from scipy import stats

    law = stats.truncnorm(-2, 2)
    generator = np.random.default_rng(0)
    part = timed(lambda: law.rvs(count // 64, random_state=generator))
    return lambda: 64 * part()


def bits(processes: Mapping[str, Process]) -> None:
    """Raw 64-bit words: why vscore draws from SFC64."""
    sources: dict[str, Callable[[int], object]] = {
        "SFC64": np.random.SFC64(0).random_raw,
        "PCG64": np.random.PCG64(0).random_raw,
        "PCG64DXSM": np.random.PCG64DXSM(0).random_raw,
        "Philox": np.random.Philox(0).random_raw,
    }
    contenders = {name: small_pieces(source) for name, source in sources.items()}
    first = contenders.pop("SFC64")
    required = dict.fromkeys(contenders, AT_LEAST_AS_FAST)
    show(f"{BITS} raw 64-bit words", race(("SFC64", first), contenders, required, ROUNDS))


def small_pieces(source: Callable[[int], object]) -> Contender:
    """As `Stream.bits` asks for them: 64 KiB at a time, so that memory's own cost stays out."""
    piece = 1 << 13

    def work() -> None:
        for _ in range(BITS // piece):
            source(piece)

    return timed(work)


def sample(processes: Mapping[str, Process]) -> None:
    """Histogram, moments and fit of a draw against the draw alone."""
    initializer = vscore.VarianceScaling(1.0, "fan_in", "truncated_normal", seed=0)
    shape = (SIZE, SIZE)
    others = {
        "vscore.sample": timed(lambda: vscore.sample(initializer, shape)),
        "draw, then numpy.histogram, mean and var in float64": timed(
            lambda: whole_array(initializer(shape))
        ),
    }
    show(f"sample {SIZE} x {SIZE}", race(("draw alone", our_draw("truncated")), others, {}, ROUNDS))
    rival = dict(list(others.items())[1:])
    required = dict.fromkeys(rival, AT_LEAST_AS_FAST)
    ours = ("vscore.sample", others["vscore.sample"])
    show("the same, whole arrays instead of blocks", race(ours, rival, required, ROUNDS))


def whole_array(weights: np.ndarray) -> tuple[object, ...]:
    return (
        np.histogram(weights, 80),
        weights.mean(dtype=np.float64),
        weights.var(dtype=np.float64),
    )


def simulate(processes: Mapping[str, Process]) -> None:
    """Draws, forward, backward, statistics; the products alone are what nobody can save."""
    for law in ("truncated", "normal"):
        network = he_network(WIDTH, law)
        sizes = {"law": law, "width": WIDTH, "depth": DEPTH, "batch": BATCH}
        rivals = {PRODUCTS_NAME: timed(products)}
        if "torch" in processes:
            rivals["torch"] = processes["torch"].contender("torch_simulate", **sizes)
        required = {PRODUCTS_NAME: PRODUCTS, "torch": TORCH_SIMULATE}
        results = race(("vscore.simulate", simulation(network, BATCH)), rivals, required, ROUNDS)
        show(f"simulate one network of {DEPTH} x {WIDTH}, batch {BATCH}, {law} weights", results)


PRODUCTS_NAME = "numpy, the matrix products alone"


def he_network(width: int, law: str) -> vscore.Network:
    initializer = vscore.VarianceScaling(2.0, "fan_in", KERAS_LAWS[law])
    return vscore.mlp((width,) * (DEPTH + 1), initializer=initializer)


def simulation(network: vscore.Network, batch: int, engine: str = "weights") -> Contender:
    return timed(lambda: vscore.simulate(network, networks=1, batch=batch, engine=engine))


def products() -> None:
    """As many products of the same size as forward and backward take, NumPy's own threads."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((n, WIDTH), dtype=np.float32) for n in (BATCH, WIDTH))
    for _ in range(2 * DEPTH - 1):
        a @ b


def page(processes: Mapping[str, Process]) -> None:
    """The dashboard's first picture, for the record: 8 networks of 20 x 128, batch 16."""
    initializer = vscore.VarianceScaling(2.0, "fan_in", KERAS_LAWS["truncated"])
    network = vscore.mlp((128,) * 21, initializer=initializer)
    ours = timed(lambda: vscore.simulate(network, networks=8, batch=16))
    show("simulate 8 networks of 20 x 128, batch 16", race(("vscore.simulate", ours), {}, {}, 40))


def gram(processes: Mapping[str, Process]) -> None:
    """The same law with and without drawing weights."""
    network = he_network(GRAM_WIDTH, "normal")
    ours = ("gram", simulation(network, GRAM_BATCH, "gram"))
    rivals = {"weights": simulation(network, GRAM_BATCH)}
    title = f"simulate one network of {DEPTH} x {GRAM_WIDTH}, batch {GRAM_BATCH}"
    show(title, race(ours, rivals, {"weights": GRAM}, GRAM_ROUNDS))


def settings(processes: Mapping[str, Process]) -> None:
    """What each of the server's settings is worth to a class."""
    from tests.bench.settings import compare_settings  # needs the dashboard; the others do not

    compare_settings()


def sweeps(processes: Mapping[str, Process]) -> None:
    """Two processes against one, and what handing cells to others costs beside their work."""
    base = Experiment(width=64, depth=20, networks=4, batch=8)

    def work(executor: str, workers: int) -> Contender:
        axis = "seed=0:1199"
        return timed(lambda: sweep(axis, "log10_q", base=base, executor=executor, workers=workers))

    ours = ("two processes", work("processes", 2))
    rivals = {"one process": work("processes", 1), "serial": work("serial", 1)}
    rivals["two threads"] = work("threads", 2)
    required = {"one process": TWO_PROCESSES}
    show("sweep 1200 cells of 4 networks of 20 x 64", race(ours, rivals, required, 2))
    overhead(replace(base, width=16, networks=1))


def overhead(base: Experiment) -> None:
    """Milliseconds a cell on a Dask cluster, beside the work of its one worker."""
    try:
        from distributed import LocalCluster
    except ImportError:
        print("\nno Dask: pip install distributed")
        return
    axes = ["scale=1:3:20", "depth=1:100"]
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        places = {"serial": "serial", "Dask, one worker": cluster.scheduler_address}
        times = {
            name: timed(partial(sweep, axes, "log10_q", base=base, executor=where))
            for name, where in places.items()
        }
        seconds = {name: min(run() for _ in range(3)) for name, run in times.items()}
    extra = 1e3 * (seconds["Dask, one worker"] - seconds["serial"]) / 2000
    missed = "" if extra < DASK_OVERHEAD else "  MISSED"
    print(f"\n2000 cells: {seconds}")
    print(f"  {extra:.2f} ms a cell on Dask, {DASK_OVERHEAD:g} at most{missed}")


def machine() -> str:
    """Cores that may be used, and the processor's name."""
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count()
    name = platform.processor()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next(
                line.split(":")[1].strip() for line in lines if line.startswith("model name")
            )
    except (OSError, StopIteration):
        pass
    return f"{cores} cores, {name}; Python {platform.python_version()}, NumPy {np.__version__}"


SUITES: dict[str, Callable[[Mapping[str, Process]], None]] = {
    "draw": draw,
    "bits": bits,
    "sample": sample,
    "simulate": simulate,
    "page": page,
    "gram": gram,
    "settings": settings,
    "sweep": sweeps,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"of {', '.join(SUITES)}")
    chosen = parser.parse_args().suites or list(SUITES)
    if unknown := sorted(set(chosen) - set(SUITES)):
        parser.error(f"suite must be one of {', '.join(SUITES)}; got {', '.join(unknown)}")
    print(machine())
    print("ratio: how many times as long as the first line of the table")
    processes = start() if {"draw", "simulate"} & set(chosen) else {}
    try:
        for name in chosen:
            SUITES[name](processes)
    finally:
        for process in processes.values():
            process.close()


if __name__ == "__main__":
    main()
