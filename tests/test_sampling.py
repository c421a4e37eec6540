"""Streamed statistics against numpy and scipy.stats on the whole array, and their memory."""

import math
import subprocess
import sys
import time
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vscore._scratch import BLOCK
from vscore._typing import FloatArray
from vscore.fans import Fans
from vscore.initializers import (
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.sampling import WeightSample, sample

# Part of a block, a full one, and two full ones with a short third.
SHAPES = [(300, 120), (512, 512), (3, 5, 300, 120)]
LAWS: list[Initializer] = [
    VarianceScaling(2.0, "fan_in", "truncated_normal", 3),
    VarianceScaling(2.0, "fan_out", "untruncated_normal", 3),
    VarianceScaling(2.0, "fan_avg", "uniform", 3),
    RandomNormal(0.5, 0.1, 3),
    TruncatedNormal(-1.0, 0.1, 3),
    RandomUniform(0.0, 1.0, 3),
]


@cache
def drawn(initializer: Initializer, shape: tuple[int, ...]) -> tuple[WeightSample, FloatArray]:
    """The streamed sample and the same weights held whole, in float64."""
    return sample(initializer, shape), initializer(shape).astype(np.float64).ravel()


def same(first: WeightSample, second: WeightSample) -> bool:
    """Bit for bit, the fit apart: it is made of the same numbers."""
    numbers = ("count", "mean", "variance", "skewness", "kurtosis", "minimum", "maximum", "fit")
    return all(getattr(first, name) == getattr(second, name) for name in numbers) and (
        np.array_equal(first.counts, second.counts) and np.array_equal(first.edges, second.edges)
    )


@pytest.mark.parametrize("initializer", LAWS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
class TestWholeArray:
    """What is summed over blocks is what numpy finds in `initializer(shape)`."""

    def test_moments(self, initializer: Initializer, shape: tuple[int, ...]) -> None:
        found, weights = drawn(initializer, shape)
        assert found.count == weights.size
        assert (found.minimum, found.maximum) == (weights.min(), weights.max())
        std = float(weights.std())
        assert found.mean == pytest.approx(weights.mean(), rel=1e-12, abs=1e-12 * std)
        assert found.variance == pytest.approx(weights.var(), rel=1e-9)
        assert found.std == pytest.approx(std, rel=1e-9)
        assert found.skewness == pytest.approx(stats.skew(weights), rel=1e-9, abs=1e-9)
        assert found.kurtosis == pytest.approx(stats.kurtosis(weights, fisher=False), rel=1e-9)

    def test_histogram(self, initializer: Initializer, shape: tuple[int, ...]) -> None:
        """Bars as np.histogram's, but for weights within 1e-12 of an edge, which may fall on
        either side: both compute in float64, in another order of operations."""
        _, weights = drawn(initializer, shape)
        found = sample(initializer, shape, bins=37)
        assert found.counts.dtype == np.int64
        assert found.counts.shape == (37,)
        assert found.counts.sum() + found.outside == weights.size
        expected = np.histogram(weights, found.edges)[0]
        width = found.edges[1] - found.edges[0]
        place = (weights - found.edges[0]) / width
        close = np.abs(place - np.round(place)) < 1e-12 * found.edges.size * 37
        # float32's rounding about a mean carries some past the ends; they count in the end bars.
        beyond = (weights < found.edges[0]) | (weights > found.edges[-1])
        bounded = math.isfinite(found.density.support[0])
        assert np.abs(found.counts - expected).sum() <= 2 * close.sum() + bounded * beyond.sum()
        assert found.outside == (0 if bounded else beyond.sum())

    def test_heights_are_a_density(self, initializer: Initializer, shape: tuple[int, ...]) -> None:
        found, _ = drawn(initializer, shape)
        area = float((found.heights * np.diff(found.edges)).sum())
        assert area == pytest.approx(1 - found.outside / found.count, rel=1e-12)

    def test_fit(self, initializer: Initializer, shape: tuple[int, ...]) -> None:
        """A held array's distance is exact; else it may be short by the likeliest cell: at most
        0.41 of a density of variance 1 (the normal's peak is 0.399) times 10 std / 16384."""
        found, weights = drawn(initializer, shape)
        density = found.density
        cdf: Any = density.cdf
        expected = float(stats.kstest(weights, cdf).statistic)
        assert found.fit is not None
        if weights.size <= BLOCK:
            assert found.fit.ks == pytest.approx(expected, rel=1e-9)
        else:
            assert expected - 0.41 * 10 / 16_384 <= found.fit.ks <= expected + 1e-7
        assert found.fit.p > 1e-6


@pytest.mark.parametrize("initializer", LAWS[:3], ids=repr)
def test_threads_do_not_change_anything(initializer: Initializer) -> None:
    shape = (5 * BLOCK + 11,)
    alone = sample(initializer, shape, threads=1)
    for threads in (2, 3, 8):
        assert same(sample(initializer, shape, threads=threads), alone)
    assert same(sample(initializer, shape, threads=2, check=lambda: None), alone)


def test_what_a_sample_says_of_its_draw() -> None:
    initializer = VarianceScaling(2.0, "fan_out", "uniform", seed=9)
    found = sample(initializer, (300, 120))
    assert found.initializer == initializer
    assert found.shape == (300, 120)
    assert found.fans == Fans(300, 120)
    assert found.seed == 9
    assert found.count == 36_000
    assert found.density.std == pytest.approx(math.sqrt(2 / 120))
    assert found.edges[[0, -1]] == pytest.approx([-math.sqrt(6 / 120), math.sqrt(6 / 120)])
    assert np.diff(found.edges) == pytest.approx(np.full(80, 2 * math.sqrt(6 / 120) / 80))
    # sd of a sample's std: std sqrt((1.8 - 1) / n) / 2
    assert found.std_error == pytest.approx(math.sqrt(2 / 120) * math.sqrt(0.8 / 36_000) / 2)
    assert abs(found.std - found.density.std) < 4.9 * found.std_error


def test_a_normal_is_shown_to_five_std() -> None:
    """Outside: Poisson of mean 10^7 5.733e-7 = 5.7; above 30 or below 1 once in 300 seeds."""
    found = sample(RandomNormal(0.5, 0.1, seed=3), (10_000_000,), bins=10)
    assert found.edges == pytest.approx(np.linspace(0.0, 1.0, 11))
    assert 1 <= found.outside < 30


def test_unseeded_samples_are_what_the_object_then_draws() -> None:
    initializer = RandomNormal()
    found = sample(initializer, (50, 3))
    weights = initializer((50, 3))
    assert (found.minimum, found.maximum) == (weights.min(), weights.max())
    assert np.array_equal(initializer.with_seed(found.seed)((50, 3)), weights)


@pytest.mark.parametrize("initializer", [Constant(0.1), Constant(-3.0), Zeros()], ids=repr)
@pytest.mark.parametrize("shape", [(), (4,), (300, 1200)])
def test_constants(initializer: Initializer, shape: tuple[int, ...]) -> None:
    found = sample(initializer, shape, bins=4)
    value = float(np.float32(initializer.get_config().get("value", 0.0)))
    assert (found.mean, found.minimum, found.maximum) == pytest.approx((value,) * 3, rel=1e-12)
    assert found.variance == pytest.approx(0, abs=1e-20)
    assert (found.std_error, found.skewness, found.kurtosis) == (0, 0, 0)
    assert found.counts.max() == found.count == math.prod(shape)
    assert found.fit is None


def test_an_orthogonal_matrix() -> None:
    found = sample(Orthogonal(2.0, seed=3), (600, 500))
    weights = Orthogonal(2.0, seed=3)((600, 500)).astype(np.float64)
    assert found.fans == Fans(600, 500)
    assert found.variance == pytest.approx(weights.var(), rel=1e-9)
    assert found.density.std == pytest.approx(2 / math.sqrt(600))
    assert found.counts.sum() + found.outside == 300_000
    assert found.fit is None


def test_the_smallest_kernels() -> None:
    for shape in ((), (1,), (1, 1)):
        found = sample(RandomNormal(seed=3), shape)
        weight = float(RandomNormal(seed=3)(shape).item())
        assert (found.mean, found.minimum) == pytest.approx((weight, weight))
        assert (found.count, found.variance, found.fit) == (1, 0, None)


def test_twenty_weights_are_tested() -> None:
    assert sample(RandomNormal(seed=3), (19,)).fit is None
    assert sample(RandomNormal(seed=3), (20,)).fit is not None


@pytest.mark.parametrize(
    "initializer",
    [
        VarianceScaling(5e-324, seed=1),
        VarianceScaling(1e-300, seed=1),
        RandomNormal(0.0, 5e-324, 1),
        RandomNormal(1.0, 1e-20, 1),
        RandomNormal(1.0, 1e-300, 1),
        RandomUniform(1.0, 1.0 + 2**-50, 1),
        RandomNormal(0.0, 5e37, 1),
        Constant(3e38),
    ],
    ids=repr,
)
def test_laws_that_float32_can_hardly_hold(initializer: Initializer) -> None:
    """Vanishing is a result, no warning: warnings are errors here."""
    found = sample(initializer, (300, 20))
    weights = initializer((300, 20)).astype(np.float64)
    # Weights that are all alike have the std 0, but for rounding.
    assert found.std == pytest.approx(weights.std(), rel=1e-6, abs=1e-7 * np.abs(weights).max())
    assert found.counts.sum() + found.outside == 6000
    assert np.isfinite([found.mean, found.skewness, found.kurtosis]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": 1}, r"^bins must be an integer in \[2, 4096\]; got 1$"),
        ({"bins": 4097}, r"^bins must be an integer in \[2, 4096\]; got 4097$"),
        ({"bins": 10.0}, r"^bins must be an integer in \[2, 4096\]; got 10\.0$"),
        ({"threads": 0}, r"^threads must be an integer, at least 1, or None; got 0$"),
        ({"shape": (3, 0)}, r"^shape must be a sequence of integers, each at least 1; got "),
        ({"shape": 7}, r"^shape must be a sequence of integers, each at least 1; got 7$"),
    ],
)
def test_messages(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample(RandomNormal(seed=1), **{"shape": (3, 4), **arguments})


@pytest.mark.parametrize("bins", [2, 3, 80, 1000, 4096])
def test_any_number_of_bars_is_summed_from_whole_cells(bins: int) -> None:
    found = sample(RandomUniform(0.0, 1.0, seed=3), (1000, 1000), bins=bins)
    assert found.edges == pytest.approx(np.linspace(0, 1, bins + 1), abs=1e-15)
    # Binomial: 4.9 standard errors a bar, 4e-3 false alarms for 4096 bars.
    expected = 1e6 / bins
    assert np.abs(found.counts - expected).max() < 4.9 * math.sqrt(expected)


class Stop(Exception):
    """What a cancelling check raises."""


@pytest.mark.alone
def test_a_check_that_raises_cancels_quickly() -> None:
    """10^10 weights would take minutes; a tenth of a second passes before the check says stop."""
    start = time.perf_counter()

    def check() -> None:
        if time.perf_counter() - start > 0.1:
            raise Stop

    with pytest.raises(Stop):
        sample(RandomNormal(seed=1), (100_000, 100_000), check=check)
    assert time.perf_counter() - start < 1.5


def peak_growth(count: int) -> tuple[float, float]:
    """MiB that a sample of `count` weights adds to a fresh process, and its whole peak."""
    code = (
        "from pathlib import Path\n"
        "from vscore.initializers import VarianceScaling\n"
        "from vscore.sampling import sample\n"
        # Not getrusage's peak, which counts what the parent held when it forked.
        "def peak():\n"
        "    text = Path('/proc/self/status').read_text()\n"
        "    return int(text.partition('VmHWM:')[2].split()[0]) / 1024\n"
        "rule = VarianceScaling(seed=1)\n"
        "sample(rule, (30, 30))\n"  # imports what is imported late
        "before = peak()\n"
        f"found = sample(rule, ({count // 1000}, 1000), threads=2)\n"
        f"assert found.count == {count}\n"
        f"assert abs(found.std / found.density.std - 1) < 4.9 * (1.3655367 / {count}) ** 0.5 / 2\n"
        "print(peak() - before, peak())"
    )
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    growth, whole = map(float, printed.split())
    return growth, whole


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestMemory:
    def test_thirty_million_weights(self) -> None:
        """120 MB of float32; a block's arrays for each of two threads are held."""
        growth, _ = peak_growth(3 * 10**7)
        assert growth < 64

    @pytest.mark.slow
    def test_a_thousand_million_weights(self) -> None:
        """4 GB of float32 pass in a process that stays under 200 MB, Python and scipy included."""
        _, whole = peak_growth(10**9)
        assert whole < 200


@given(
    sizes=st.lists(st.integers(-1, 12), max_size=4),
    bins=st.integers(-1, 5000),
    name=st.sampled_from(sorted(INITIALIZERS)),
)
def test_any_kernel_is_counted_or_refused(sizes: list[int], bins: int, name: str) -> None:
    try:
        found = sample(INITIALIZERS[name].with_seed(1), tuple(sizes), bins=bins, threads=1)
    except ValueError as error:
        assert str(error).startswith(("bins must", "shape must", "density needs"))  # noqa: PT017
    else:
        assert found.counts.sum() + found.outside == found.count == math.prod(sizes)
        assert found.edges.shape == (bins + 1,)
        assert (np.diff(found.edges) > 0).all()
        assert found.variance >= 0


def test_a_sample_keeps_its_own_arrays_only() -> None:
    """Hundreds are kept by a server: a view would keep the fine grid of each, 130 kB."""
    found = sample(VarianceScaling(seed=1), (20, 30), bins=70)
    for array in (found.edges, found.counts):
        assert array.base is None
