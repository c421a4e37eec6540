"""Magnitudes beyond float32 and float64: exact, finite, silent.

Warnings are errors in the whole suite, so every simulation here is also silent.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vscore._streams import Stream
from vscore.activations import ACTIVATIONS
from vscore.initializers import Constant, Orthogonal, RandomNormal, VarianceScaling
from vscore.networks import mlp
from vscore.propagation import simulate
from vscore.propagation.scaled import Scaled, activate, derivative, plain, scaled, shifted

every_activation = pytest.mark.parametrize("kind", ACTIVATIONS)

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
ERF_SLOPE = 2 / math.sqrt(math.pi)
LN2 = math.log(2)

# phi(z) ~ slope z + constant for z -> -inf and z -> +inf, by hand.
FAR: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "linear": ((1, 0), (1, 0)),
    "relu": ((0, 0), (1, 0)),
    "relu6": ((0, 0), (0, 6)),
    "leaky_relu": ((0.2, 0), (1, 0)),
    "elu": ((0, -1), (1, 0)),
    "selu": ((0, -SELU_SCALE * SELU_ALPHA), (SELU_SCALE, 0)),
    "gelu": ((0, 0), (1, 0)),
    "gelu_tanh": ((0, 0), (1, 0)),
    "silu": ((0, 0), (1, 0)),
    "mish": ((0, 0), (1, 0)),
    "softplus": ((0, 0), (1, 0)),
    "softsign": ((0, -1), (0, 1)),
    "tanh": ((0, -1), (0, 1)),
    "sigmoid": ((0, 0), (0, 1)),
    "hard_sigmoid": ((0, 0), (0, 1)),
    "hard_tanh": ((0, -1), (0, 1)),
    "erf": ((0, -1), (0, 1)),
}

# phi(0), and phi' just below and just above 0.
NEAR: dict[str, tuple[float, float, float]] = {
    "linear": (0, 1, 1),
    "relu": (0, 0, 1),
    "relu6": (0, 0, 1),
    "leaky_relu": (0, 0.2, 1),
    "elu": (0, 1, 1),
    "selu": (0, SELU_SCALE * SELU_ALPHA, SELU_SCALE),
    "gelu": (0, 0.5, 0.5),
    "gelu_tanh": (0, 0.5, 0.5),
    "silu": (0, 0.5, 0.5),
    "mish": (0, 0.6, 0.6),
    "softplus": (LN2, 0.5, 0.5),
    "softsign": (0, 1, 1),
    "tanh": (0, 1, 1),
    "sigmoid": (0.5, 0.25, 0.25),
    "hard_sigmoid": (0.5, 1 / 6, 1 / 6),
    "hard_tanh": (0, 1, 1),
    "erf": (0, ERF_SLOPE, ERF_SLOPE),
}

Z = np.array([[-1.5, -0.3, 0.0, 0.7, 1.9]], np.float32)
FAR_OUT = (41, 60, 127, 128, 150, 300, 2000)
EPSILON = 2.0**-22


def true(array: Scaled) -> Any:
    """What a Scaled stands for, in 80-bit floats, whose range is 2^+-16383."""
    return np.ldexp(array.values.astype(np.longdouble), array.exponent)


def test_the_tables_know_every_activation() -> None:
    assert set(FAR) == set(NEAR) == set(ACTIVATIONS)


@every_activation
@pytest.mark.parametrize("exponent", FAR_OUT)
def test_far_out(kind: str, exponent: int) -> None:
    z = Scaled(Z, exponent)
    (low, below), (high, above) = FAR[kind]
    expected = np.where(true(z) < 0, low * true(z) + below, high * true(z) + above)
    expected[true(z) == 0] = NEAR[kind][0]
    h = activate(ACTIVATIONS[kind], z)
    assert h.values.dtype == np.float32
    assert np.max(np.abs(true(h) - expected)) <= EPSILON * np.abs(expected).max()
    slopes = np.where(Z < 0, float(low), float(high))
    slopes[Z == 0] = NEAR[kind][1]  # exactly at 0 it is phi'(0), the left one at a kink
    assert derivative(ACTIVATIONS[kind], z) == pytest.approx(slopes, rel=1e-6, abs=1e-12)


@every_activation
@pytest.mark.parametrize("exponent", [-e for e in FAR_OUT])
def test_near_zero(kind: str, exponent: int) -> None:
    z = Scaled(Z, exponent)
    start, left, right = NEAR[kind]
    expected = start + np.where(true(z) < 0, left, right) * true(z)
    h = activate(ACTIVATIONS[kind], z)
    assert np.max(np.abs(true(h) - expected)) <= EPSILON * np.abs(expected).max()
    slopes = np.where(Z > 0, right, left)
    assert derivative(ACTIVATIONS[kind], z) == pytest.approx(slopes, rel=1e-6)


@every_activation
def test_plain_keeps_sign_and_place(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    for exponent in (*FAR_OUT, *(-e for e in FAR_OUT)):
        place = plain(Scaled(Z, exponent))
        assert np.array_equal(np.sign(place), np.sign(Z))
        expected = np.ldexp(Z.astype(np.float64), max(-60, min(60, exponent)))
        assert np.array_equal(phi.saturated(place), phi.saturated(expected))
        assert np.array_equal(phi.dead(place), phi.dead(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(
    values=st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=6),
    exponent=st.integers(-3000, 3000),
)
def test_scaling_changes_no_value(dtype: str, values: list[float], exponent: int) -> None:
    # Multiples of 2^-20, so that none is so small beside the peak that it has to round.
    array = (np.round(np.ldexp(np.array([values]), 20)) * 2.0**-20).astype(dtype)
    result = scaled(array, exponent)
    assert result.values.dtype == array.dtype
    assert np.array_equal(true(result), true(Scaled(array, exponent)))
    peak = np.abs(true(result)).max()
    if peak == 0:
        assert (result.exponent, result.log2_peak) == (0, -math.inf)
        return
    assert result.log2_peak == pytest.approx(float(np.log2(peak)), abs=1e-9)
    if 2.0**-40 <= peak < 2.0**41:
        assert result.exponent == 0
    else:
        assert 1 <= np.abs(result.values).max() < 2


@pytest.mark.parametrize("exponent", [0, 41, 45, 100, 2000, -41, -45, -100, -2000])
@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
def test_biases_are_added_at_their_own_magnitude(exponent: int, size: float) -> None:
    bias = (np.array([1.0, -2.0, 3.0, -0.5, 0.25]) * size).astype(np.float32)
    result = shifted(Scaled(Z, exponent), bias)
    expected = true(Scaled(Z, exponent)) + bias
    assert np.max(np.abs(true(result) - expected)) <= EPSILON * np.abs(expected).max()


def gained(gain: float) -> VarianceScaling:
    return VarianceScaling(gain * gain, "fan_in", "untruncated_normal")


@every_activation
@pytest.mark.parametrize("gain", [1e-6, 1e6])
def test_any_gain_any_depth(kind: str, gain: float) -> None:
    network = mlp((16,) * 301, activation=kind, initializer=gained(gain))
    result = simulate(network, networks=1, batch=3, seed=1)
    assert result.log10_gradient is not None
    for logarithm in (result.log10_q, result.log10_peak, result.log10_gradient):
        assert not np.isnan(logarithm).any()
        assert not np.isposinf(logarithm).any()
    # relu6 dies: every unit of a layer below 0. A clipped or saturated unit passes no gradient.
    if FAR[kind][1][0] or gain < 1:
        assert np.isfinite(result.log10_q).all()
        assert np.isfinite(result.log10_gradient).all()
    assert np.all(np.abs(result.correlation) <= 1 + 1e-9)
    for name in ("unit_variance", "activation_second_moment", "activation_variance", "q"):
        assert np.all(getattr(result, name) >= 0)


@pytest.mark.parametrize("kind", ["linear", "relu", "leaky_relu"])
@pytest.mark.parametrize("power", [-13, 13, 20])
def test_a_gain_of_a_power_of_two_changes_no_bit(kind: str, power: int) -> None:
    # phi(a z) = a phi(z), and a power of two is exact: only the exponents differ.
    networks = [
        mlp((9,) * 121, activation=kind, initializer=gained(2.0**k), bias_variance=0.0)
        for k in (0, power)
    ]
    one, other = (simulate(network, networks=2, batch=5, seed=2) for network in networks)
    layers = np.arange(1, 121)
    assert other.log10_q == pytest.approx(
        one.log10_q + 2 * power * layers * math.log10(2), rel=1e-14, abs=1e-12
    )
    assert one.log10_gradient is not None
    assert other.log10_gradient == pytest.approx(
        one.log10_gradient + 2 * power * (120 - layers) * math.log10(2), rel=1e-14, abs=1e-12
    )
    for name in ("correlation", "saturated", "dead"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("gain", [1e-6, 1e-2, 1e2, 1e6])
def test_linear_networks_in_the_log_domain(gain: float) -> None:
    network = mlp((8,) * 201, activation="linear", initializer=gained(gain))
    result = simulate(network, networks=1, batch=4, seed=3, dtype="float64")
    stream = Stream(3, (0,))
    z = RandomNormal(0.0, 1.0).draw((4, 8), stream.child(0)).astype(np.float64)
    logarithm = 0.0
    for layer in range(200):
        z = z @ network.initializer.draw((8, 8), stream.child(1, layer)).astype(np.float64)
        logarithm += np.log10(np.mean(z**2))
        z /= np.sqrt(np.mean(z**2))
        assert result.log10_q[0, layer] == pytest.approx(logarithm, rel=1e-13, abs=1e-11)


@pytest.mark.parametrize("gain", [2.0, 10.0, 1000.0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_overflow_is_where_plain_arithmetic_overflows(gain: float, dtype: Any) -> None:
    initializer = Orthogonal(gain)
    network = mlp((8,) * 140, activation="linear", initializer=initializer)
    result = simulate(network, networks=1, batch=1, seed=4)
    stream = Stream(4, (0,))
    h = RandomNormal(0.0, 1.0).draw((1, 8), stream.child(0))
    layer = 0
    with np.errstate(over="ignore", invalid="ignore"):  # the order of sums is the processor's
        while np.isfinite(
            (h @ initializer.draw((8, 8), stream.child(1, layer))).astype(dtype)
        ).all():
            h = h @ initializer.draw((8, 8), stream.child(1, layer))
            layer += 1
    assert result.first_overflow(dtype.__name__).tolist() == [layer]
    if dtype is np.float32:
        assert result.overflow_layer.tolist() == [layer]
        # g^l = 2^128; an orthogonal matrix keeps the peak between |x| / sqrt(8) and |x|.
        assert abs(layer + 1 - 128 * LN2 / math.log(gain)) <= 2


@pytest.mark.parametrize(
    ("dtype", "largest", "beyond"),
    [
        ("float16", 65504.0, 65520.0),
        ("bfloat16", 3.3895313892515355e38, 3.3895314e38 * 1.001),
        ("float32", 3.4028234663852886e38, 3.4028236e38),
    ],
)
def test_the_largest_number_of_each_format(dtype: str, largest: float, beyond: float) -> None:
    network = mlp((1, 1), activation="linear", initializer=Constant(1.0))
    for value, layer in ((largest, -1), (beyond, 0), (-largest, -1), (-beyond, 0)):
        result = simulate(network, networks=1, inputs=[[value]], dtype="float64")
        assert result.first_overflow(dtype).tolist() == [layer]


def test_formats_are_listed() -> None:
    result = simulate(mlp((1, 1)), networks=1)
    with pytest.raises(
        ValueError, match="dtype must be one of 'float16', 'bfloat16', 'float32'; got 'float64'"
    ):
        result.first_overflow("float64")


def test_q_is_infinite_or_zero_where_float64_ends() -> None:
    big = simulate(mlp((4,) * 80, activation="linear", initializer=gained(1e6)), networks=1)
    assert big.q[0, -1] == np.inf
    assert big.log10_q[0, -1] == pytest.approx(79 * 12, abs=60)
    assert big.unit_variance[0, -1] == np.inf
    small = simulate(mlp((4,) * 80, activation="linear", initializer=gained(1e-6)), networks=1)
    assert small.q[0, -1] == 0
    assert small.log10_q[0, -1] == pytest.approx(-79 * 12, abs=60)


@pytest.mark.parametrize("kind", ["tanh", "softsign", "sigmoid", "hard_tanh", "relu6", "erf"])
def test_a_moderate_input_beside_a_huge_one(kind: str) -> None:
    network = mlp((5, 40), activation=kind)
    inputs = np.array([[1e30, -1e30, 1e30, 1e30, 1e30], [0.1, 0.2, -0.3, 0.4, 0.5]])
    h = simulate(network, networks=1, inputs=inputs)
    alone = [simulate(network, networks=1, inputs=row[None]) for row in inputs]
    expected = np.mean([one.activation_second_moment[0, 0] for one in alone])
    assert h.activation_second_moment[0, 0] == pytest.approx(expected, rel=1e-5)
    saturated = np.mean([one.saturated[0, 0] for one in alone])
    assert h.saturated[0, 0] == pytest.approx(saturated)


def test_a_dead_row_passes_no_gradient_however_large_the_others() -> None:
    # The second input is 0, and relu'(0) = 0.
    network = mlp((2, 6, 6), initializer=gained(1e3))
    inputs = np.array([[1e30, 2e30], [0.0, 0.0]])
    both = simulate(network, networks=1, inputs=inputs)
    first = simulate(network, networks=1, inputs=inputs[:1])
    assert both.gradient_second_moment is not None
    assert first.gradient_second_moment is not None
    # Row 0's cotangent is the first 6 numbers of the same stream in both.
    half = first.gradient_second_moment[0, 0] / 2
    assert both.gradient_second_moment[0, 0] == pytest.approx(half, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    kind=st.sampled_from(sorted(ACTIVATIONS)),
    log_gain=st.floats(-12, 12),
    law=st.sampled_from(["truncated_normal", "untruncated_normal", "uniform"]),
    bias_variance=st.sampled_from([0.0, 1e-30, 1.0, 1e20]),
    batch=st.integers(1, 4),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 2**64 - 1),
)
def test_small_random_networks(
    widths: list[int],
    kind: str,
    log_gain: float,
    law: str,
    bias_variance: float,
    batch: int,
    dtype: str,
    seed: int,
) -> None:
    network = mlp(
        tuple(widths),
        activation=kind,
        initializer=VarianceScaling(100.0**log_gain, "fan_in", law),
        bias_variance=bias_variance,
    )
    result = simulate(network, networks=1, batch=batch, seed=seed, dtype=dtype, threads=1)
    assert result.log10_gradient is not None
    for logarithm in (result.log10_q, result.log10_peak, result.log10_gradient):
        assert not np.isnan(logarithm).any()
        assert not np.isposinf(logarithm).any()
    # The peak squared is between the mean square and its sum.
    with np.errstate(invalid="ignore"):
        excess = np.nan_to_num(2 * result.log10_peak - result.log10_q)
    assert np.all(excess >= -1e-6)
    assert np.all(excess <= np.log10(np.array(widths[1:]) * batch) + 1e-6)
    assert np.isnan(result.correlation).all() == (batch == 1)
    for share in (result.saturated, result.dead):
        assert np.all((share >= 0) & (share <= 1))
    second, mean = result.activation_second_moment, result.activation_mean
    with np.errstate(over="ignore"):
        assert np.all(second * (1 + 1e-9) >= np.square(mean))
