"""Where float formats end, against powers of a constant gain: by hand, exactly."""

import math
from functools import cache

import numpy as np
import pytest

from vscore.initializers import Constant, RandomNormal
from vscore.networks import mlp
from vscore.propagation import Propagation, simulate
from vscore.verdicts import format_ranges, verdict

LIMITS = {
    "float16": (65504.0, 2.0**-24),
    "bfloat16": (2.0**128 - 2.0**120, 2.0**-133),  # 8 exponent bits as float32, 7 of fraction
    "float32": (2.0**128 - 2.0**104, 2.0**-149),
}
"""The largest number and the smallest subnormal one."""


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_numpy_has_the_same_limits(dtype: str) -> None:
    found = np.finfo(dtype)
    assert (float(found.max), float(found.smallest_subnormal)) == LIMITS[dtype]


@cache
def chain(gain: float, depth: int) -> Propagation:
    """Width 1, input 1 and every kernel g: z_l = g^l, l from 1."""
    network = mlp((1,) * (depth + 1), activation="linear", initializer=Constant(gain))
    return simulate(network, networks=2, inputs=np.ones((1, 1)), backward=False)


def closed_form(gain: float, limit: float, depth: int) -> int:
    """The first layer, from 0, at which g^(layer + 1) is past the limit; -1 within the depth."""
    layer = math.floor(math.log(limit) / math.log(gain))
    return layer if 0 <= layer < depth else -1


@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("gain", [1e-6, 0.01, 0.3, 0.9, 1.07, 1.5, 3.0, 50.0, 1e6])
def test_a_constant_gain(gain: float, dtype: str) -> None:
    """Draws are float32's, so a layer's gain is off by 6e-8 at most: 6e-5 of 1 000 layers', far
    less than a layer; the limits below lie at no power of these gains."""
    found = chain(gain, 1000)
    largest, smallest = LIMITS[dtype]
    expected = closed_form(gain, largest, 1000) if gain > 1 else -1
    assert found.first_overflow(dtype).tolist() == [expected] * 2
    expected = closed_form(gain, smallest, 1000) if gain < 1 else -1
    assert found.first_underflow(dtype).tolist() == [expected] * 2


@pytest.mark.parametrize("gain", [0.01, 0.3, 3.0, 50.0])
def test_float32_ends_where_the_facts_say(gain: float) -> None:
    """Near layer 128 ln 2 / ln g; wide layers' peak is up to 5 times the rms, q drifts a little."""
    network = mlp((256,) * 301, activation="linear", initializer=RandomNormal(0.0, gain / 16))
    found = simulate(network, networks=2, batch=2, backward=False)
    if gain > 1:
        near = 128 * math.log(2) / math.log(gain)
        assert np.abs(found.first_overflow("float32") + 1 - near).max() <= 2
    else:
        near = -149 * math.log(2) / math.log(gain)
        assert np.abs(found.first_underflow("float32") + 1 - near).max() <= 2


def made(log10_peak: object, log10_gradient: object) -> Propagation:
    peak = np.array(log10_peak, np.float64)
    network = mlp((4,) * (peak.shape[1] + 1))
    gradient = None if log10_gradient is None else np.array(log10_gradient, np.float64)
    return Propagation(network, peak, peak, *(peak,) * 7, gradient, "weights", 0, 1)


def test_the_gradient_ends_on_its_way_back() -> None:
    """rms 10^-8, 10^-7.3, 10^-7.2, 1: float16's smallest number is 10^-7.22."""
    found = made([[0] * 4] * 2, [[-16, -14.6, -14.4, 0], [0] * 4])
    assert found.first_gradient_underflow("float16") == pytest.approx([1, -1])
    assert found.first_gradient_underflow("float32") == pytest.approx([-1, -1])
    # float16 ends at 10^4.816; the rms here is 10^4.9, 10^4.8.
    found = made([[0] * 3] * 2, [[9.8, 9.6, 0], [90, 9.8, 0]])
    assert found.first_gradient_overflow("float16") == pytest.approx([0, 1])
    assert found.first_gradient_overflow("float32") == pytest.approx([-1, 0])


def test_an_exact_zero_is_no_underflow() -> None:
    found = made([[0, -math.inf, -math.inf]], [[-math.inf, -math.inf, 0]])
    for dtype in LIMITS:
        assert found.first_underflow(dtype).tolist() == [-1]
        assert found.first_gradient_underflow(dtype) == pytest.approx([-1])
    assert all(each.holds for each in format_ranges(found))


def test_no_gradient_no_layer() -> None:
    found = made([[0.0]], None)
    assert found.first_gradient_overflow("float32") is None
    assert found.first_gradient_underflow("float32") is None
    assert format_ranges(found)[0].gradient_underflow is None


@pytest.mark.parametrize(
    "method",
    [
        "first_overflow",
        "first_underflow",
        "first_gradient_overflow",
        "first_gradient_underflow",
    ],
)
def test_unknown_formats_are_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"dtype must be one of 'float16', 'bfloat16', 'float32'"):
        getattr(made([[0.0]], None), method)("float8")


def test_the_first_of_all_networks() -> None:
    """Formats of a verdict: the earliest layer forward, the highest back."""
    peaks = [[0, -8, 5, 39], [0, 0, 0, 39]]
    half, brain, single = verdict(made(peaks, [[-15, -15, 0, 0], [-100, 0, 0, 0]])).formats
    assert (half.dtype, half.overflow, half.underflow) == ("float16", 2, 1)
    assert (half.gradient_overflow, half.gradient_underflow) == (None, 1)
    assert (brain.dtype, brain.overflow, brain.gradient_underflow) == ("bfloat16", 3, 0)
    assert (single.dtype, single.overflow, single.gradient_underflow) == ("float32", 3, 0)
    assert not single.holds
