"""`python -m tests.bench`, from the folder that holds tests/."""

import argparse
import os
import platform
from collections.abc import Callable, Mapping

import numpy as np

import vscore
from tests.bench.frameworks import Process, start
from tests.bench.timing import Contender, race, show, timed
from vscore._streams import Stream

SIZE = 4096
"""Kernels of 4096 x 4096 weights: 16.8 million, 64 MiB."""

BITS = 1 << 24
WIDTH, DEPTH, BATCH, NETWORKS = 512, 50, 512, 2

ROUNDS = 5
AT_LEAST_AS_FAST = 1.0

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
        required = dict.fromkeys(rivals, AT_LEAST_AS_FAST)
        show(title, race(("vscore", our_draw(law)), rivals, required, ROUNDS))
        rivals = numpy_draws(law)
        required = dict.fromkeys(rivals, AT_LEAST_AS_FAST)
        ours = ("vscore, one thread", our_draw(law, threads=1))
        show(f"{title}, one thread", race(ours, rivals, required, ROUNDS))


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
    """Draws, forward, backward and statistics; the products alone are what nobody can save."""
    initializer = vscore.VarianceScaling(2.0, "fan_in", "untruncated_normal")
    network = vscore.mlp((WIDTH,) * (DEPTH + 1), initializer=initializer)
    ours = timed(lambda: vscore.simulate(network, networks=NETWORKS, batch=BATCH, engine="weights"))
    sizes = {"width": WIDTH, "depth": DEPTH, "batch": BATCH, "networks": NETWORKS}
    others = {"numpy, the matrix products alone": timed(products)}
    if "torch" in processes:
        others["torch"] = processes["torch"].contender("torch_simulate", **sizes)
    results = race(("vscore.simulate", ours), others, {"torch": AT_LEAST_AS_FAST}, ROUNDS)
    show(f"simulate {NETWORKS} networks of {DEPTH} x {WIDTH}, batch {BATCH}", results)


def products() -> None:
    """As many products of the same size as forward and backward take, NumPy's own threads."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((n, WIDTH), dtype=np.float32) for n in (BATCH, WIDTH))
    for _ in range(NETWORKS * (2 * DEPTH - 1)):
        a @ b


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
