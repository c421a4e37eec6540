"""Simulating networks: against frameworks, against bare products, against theory's exponents."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import count
from math import log

import numpy as np

import vscore
from tests.bench.draws import KERAS_LAWS
from tests.bench.frameworks import FRAMEWORKS, contenders, require
from tests.bench.rows import Absent, Row, Wanted, as_fast, its_time
from tests.bench.timing import Measured, Race, race, timed

WIDTH, DEPTH, BATCH = 512, 50, 512
GRAM_WIDTH, GRAM_BATCH = 4096, 16
ROUNDS = 3
EXPONENT_ROUNDS = 5

PRODUCTS = "products"

LARGE: Mapping[str, Mapping[str, int]] = {
    "depth": {"depth": 50, "width": 256, "batch": 256, "networks": 2},
    "width": {"depth": 2, "width": 1024, "batch": 64, "networks": 2},
    "batch": {"depth": 4, "width": 256, "batch": 4096, "networks": 2},
    "networks": {"depth": 20, "width": 128, "batch": 64, "networks": 32},
}
"""Where each size is large; it grows from there, and the others stay."""

GROWTH = 4
"""The clock's noise is half as much of this exponent as of one from a size to its double."""

EXPONENTS = {"depth": 1.0, "width": 2.0, "batch": 1.0, "networks": 1.0}
"""A dense layer has width^2 weights to draw, and batch x width^2 multiplications."""


def he_network(width: int, depth: int, law: str) -> vscore.Network:
    initializer = vscore.VarianceScaling(2.0, "fan_in", KERAS_LAWS[law])
    return vscore.mlp((width,) * (depth + 1), initializer=initializer)


def simulation(
    *,
    depth: int = DEPTH,
    width: int = WIDTH,
    batch: int = BATCH,
    networks: int = 1,
    law: str = "normal",
    engine: str = "weights",
    threads: int | None = None,
) -> Callable[[], object]:
    """Each with a seed of its own: draws that are kept from one to the next save nothing."""
    network, seeds = he_network(width, depth, law), count()
    return lambda: vscore.simulate(
        network, networks=networks, batch=batch, seed=next(seeds), engine=engine, threads=threads
    )


def sized(sizes: Mapping[str, int], threads: int | None = None) -> Callable[[], object]:
    """A simulation of the sizes that `LARGE` names."""
    depth, width = sizes["depth"], sizes["width"]
    batch, networks = sizes["batch"], sizes["networks"]
    return simulation(depth=depth, width=width, batch=batch, networks=networks, threads=threads)


def products() -> None:
    """As many products of the same size as forward and backward take, NumPy's own threads."""
    generator = np.random.default_rng(0)
    a, b = (generator.standard_normal((n, WIDTH), dtype=np.float32) for n in (BATCH, WIDTH))
    for _ in range(2 * DEPTH - 1):
        a @ b


@cache
def simulated(law: str) -> Race:
    """One race for all rows of a law."""
    ours = {"vscore": timed(simulation(law=law)), PRODUCTS: timed(products)}
    names = [name for name in FRAMEWORKS if name != "Keras on NumPy"]  # one thread, minutes
    theirs = contenders("simulate", names, law=law, width=WIDTH, depth=DEPTH, batch=BATCH)
    return race({**ours, **theirs}, ROUNDS)


def against_fastest(law: str) -> Measured:
    found = simulated(law)
    rivals = [name for name in found.seconds if name in FRAMEWORKS]
    if not rivals:
        raise Absent("no framework")
    fastest = found.fastest(*rivals)
    return Measured(found.times(fastest, of="vscore").values, f"{fastest} is the fastest")


def against_torch(law: str) -> Measured:
    require("torch")
    return simulated(law).times("vscore", of="torch")


def against_products(law: str) -> Measured:
    return simulated(law).times("vscore", of=PRODUCTS)


def gram() -> Measured:
    sizes = partial(simulation, width=GRAM_WIDTH, batch=GRAM_BATCH)
    contest = {name: timed(sizes(engine=name)) for name in ("gram", "weights")}
    return race(contest, 1).times("weights", of="gram")


WIDE = """
import json, resource, time, vscore
initializer = vscore.VarianceScaling(2.0, "fan_in", "untruncated_normal")
network = vscore.mlp((1_000_000,) * 51, initializer=initializer)
start = time.perf_counter()
vscore.simulate(network, networks=1, batch=4, engine="gram")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux
print(json.dumps([time.perf_counter() - start, peak / 1024**2]))
"""


@cache
def wide() -> tuple[float, float]:
    """Seconds, and GiB at most, of a process of its own."""
    run = subprocess.run([sys.executable, "-c", WIDE], capture_output=True, check=True)
    seconds, peak = json.loads(run.stdout)
    return seconds, peak


def exponent(size: str) -> Measured:
    """The exponent of the cost, once a round, over theory's."""
    large = LARGE[size]
    larger = {**large, size: GROWTH * large[size]}
    contest = {"large": timed(sized(large)), "larger": timed(sized(larger))}
    ratios = race(contest, EXPONENT_ROUNDS).times("larger", of="large").values
    return Measured(tuple(log(ratio, GROWTH) / EXPONENTS[size] for ratio in ratios))


def rows() -> list[Row]:
    return [
        *(row for law in ("truncated", "normal") for row in _one_network(law)),
        Row(
            "gram/weights",
            f'engine "gram", {DEPTH} x {GRAM_WIDTH}, batch {GRAM_BATCH}',
            'engine "weights"',
            as_fast(50),
            gram,
        ),
        Row(
            "gram/seconds",
            f"{DEPTH} layers of a million units, batch 4",
            "",
            Wanted(30, "s"),
            lambda: Measured((wide()[0],)),
        ),
        Row(
            "gram/memory",
            "the same",
            "",
            Wanted(1.5, "GiB"),
            lambda: Measured((wide()[1],)),
        ),
        *(
            Row(
                f"cost/{size}",
                f"cost against {size}: exponent from {sizes[size]} to {GROWTH * sizes[size]}",
                f"theory's {EXPONENTS[size]:g}",
                Wanted(1.1, "of it", least=0.9),
                partial(exponent, size),
            )
            for size, sizes in LARGE.items()
        ),
    ]


def _one_network(law: str) -> list[Row]:
    what = f"{DEPTH} x {WIDTH}, batch {BATCH}, {law} weights: draws, both ways, statistics"
    return [
        Row(
            f"simulate/{law}-frameworks",
            what,
            "the fastest of PyTorch, JAX (compiled) and Keras",
            as_fast(2),
            partial(against_fastest, law),
        ),
        Row(
            f"simulate/{law}-torch",
            "the same",
            "PyTorch",
            its_time(0.6),
            partial(against_torch, law),
        ),
        Row(
            f"simulate/{law}-products",
            "the same",
            "its matrix products in NumPy",
            its_time(2),
            partial(against_products, law),
        ),
    ]
