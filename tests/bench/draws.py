"""Drawing weights, and looking at them, against other libraries and the generator's limit."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np

import vscore
from tests.bench.frameworks import contenders, require
from tests.bench.rows import Row, as_fast, its_time
from tests.bench.timing import Contender, Measured, Race, race, timed
from vscore._scratch import BLOCK
from vscore._streams import Stream

SIZE = 4096
"""Kernels of 4096 x 4096 weights: 16.8 million, 64 MiB."""

SAMPLED = (1 << 13, 1 << 13)
"""2^26 weights, 256 MiB."""

BITS = 1 << 24
ROUNDS = 5

KERAS_LAWS = {
    "truncated": "truncated_normal",
    "normal": "untruncated_normal",
    "uniform": "uniform",
}

LIMIT, SCIPY = "NumPy's standard_normal", "scipy.stats.truncnorm.rvs"


def our_draw(law: str, size: int = SIZE, threads: int | None = None) -> Callable[[], object]:
    initializer = vscore.VarianceScaling(1.0, "fan_in", KERAS_LAWS[law], seed=0)
    return lambda: initializer.draw((size, size), Stream(0), threads=threads)


def generators_limit(size: int = SIZE) -> Callable[[], object]:
    """Normal numbers of std 1, by the fastest of NumPy's generators; it knows one thread only."""
    generator = np.random.Generator(np.random.SFC64(0))
    return lambda: generator.standard_normal(size * size, dtype=np.float32)


def numpy_truncated() -> None:
    """What is beyond the cut is drawn again, as TensorFlow does it."""
    generator = np.random.Generator(np.random.SFC64(0))
    weights = generator.standard_normal(SIZE * SIZE, dtype=np.float32)
    while (beyond := np.flatnonzero(np.abs(weights) > 2)).size:
        weights[beyond] = generator.standard_normal(beyond.size, dtype=np.float32)
    weights *= np.float32(SIZE**-0.5)


def truncnorm() -> Contender:
    """So slow that a 64th is drawn, and its time multiplied."""
    from scipy import stats

    law, generator = stats.truncnorm(-2, 2), np.random.default_rng(0)
    part = timed(lambda: law.rvs(SIZE * SIZE // 64, random_state=generator))
    return lambda: 64 * part()


@cache
def drawn(law: str) -> Race:
    """One race for all rows of a law."""
    contest = {"vscore": timed(our_draw(law))}
    if law != "truncated":
        return race({**contest, **contenders("draw", ["torch"], law=law, size=SIZE)}, ROUNDS)
    contest |= {
        LIMIT: timed(generators_limit()),
        "NumPy": timed(numpy_truncated),
        SCIPY: truncnorm(),
    }
    return race({**contest, **contenders("draw", law=law, size=SIZE)}, ROUNDS)


def against_fastest() -> Measured:
    found = drawn("truncated")
    rival = found.fastest(*(name for name in found.seconds if name not in ("vscore", LIMIT)))
    return Measured(found.times(rival, of="vscore").values, f"{rival} is the fastest")


def against_scipy() -> Measured:
    return drawn("truncated").times(SCIPY, of="vscore")


def against_limit() -> Measured:
    return drawn("truncated").times(LIMIT, of="vscore")


def against_torch(law: str) -> Measured:
    require("torch")
    return drawn(law).times("torch", of="vscore")


def sampled() -> Measured:
    """Both without keeping anything: the draw is let go of at once."""
    initializer = vscore.VarianceScaling(1.0, "fan_in", "truncated_normal", seed=0)
    found = race(
        {
            "drawing": timed(lambda: initializer.draw(SAMPLED, Stream(0))),
            "sample": timed(lambda: vscore.sample(initializer, SAMPLED)),
        },
        ROUNDS,
    )
    return found.times("sample", of="drawing")


def bits() -> Measured:
    """Raw 64-bit words: why vscore draws from SFC64."""
    sources: dict[str, Callable[[int], object]] = {
        "SFC64": np.random.SFC64(0).random_raw,
        "PCG64": np.random.PCG64(0).random_raw,
        "PCG64DXSM": np.random.PCG64DXSM(0).random_raw,
        "Philox": np.random.Philox(0).random_raw,
    }
    found = race({name: block_by_block(source) for name, source in sources.items()}, ROUNDS)
    rival = found.fastest(*(name for name in sources if name != "SFC64"))
    return Measured(found.times(rival, of="SFC64").values, f"{rival} is the fastest")


def block_by_block(source: Callable[[int], object]) -> Contender:
    """As `Stream.bits` asks for them: two integers a word."""

    def work() -> None:
        for _ in range(2 * BITS // BLOCK):
            source(BLOCK // 2)

    return timed(work)


def rows() -> list[Row]:
    size = f"{SIZE} x {SIZE} float32"
    return [
        Row(
            "draw/truncated",
            f"truncated-normal draws, {size}",
            "the fastest of Keras, JAX, PyTorch and NumPy",
            as_fast(3.5),
            against_fastest,
        ),
        Row(
            "draw/scipy",
            "the same",
            f"`{SCIPY}`",
            as_fast(25),
            against_scipy,
        ),
        Row(
            "draw/limit",
            "the same",
            f"{LIMIT}, one thread",
            as_fast(1.8),
            against_limit,
        ),
        Row(
            "draw/normal",
            f"normal draws, {size}",
            "PyTorch's `normal_`",
            as_fast(0.8),
            partial(against_torch, "normal"),
        ),
        Row(
            "draw/uniform",
            f"uniform draws, {size}",
            "PyTorch's `uniform_`",
            as_fast(0.8),
            partial(against_torch, "uniform"),
        ),
        Row(
            "draw/sample",
            "`sample` of 2^26 weights: draw, histogram, moments, fit",
            "drawing alone",
            its_time(1.35),
            sampled,
        ),
        Row(
            "draw/bits",
            f"{BITS} raw words of SFC64",
            "NumPy's other bit generators",
            as_fast(1.0),
            bits,
        ),
    ]
