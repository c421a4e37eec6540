"""Mean-field theory against published numbers, closed forms and independent integration."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, optimize, special

from vscore.activations import ACTIVATIONS, Activation, leaky_relu
from vscore.meanfield import (
    CorrelationFixedPoint,
    FixedPoint,
    c_fixed_point,
    c_map,
    chi_1,
    critical_sigma_b2,
    critical_sigma_w2,
    depth_scale,
    fixed_point,
    gains,
    q_map,
)
from vscore.meanfield._roots import bracketed_root
from vscore.meanfield.maps import homogeneous_kernel

Scalar = Callable[[float], float]


def expectation(f: Scalar, q: float) -> float:
    """E[f(sqrt(q) z)] by QUADPACK, cut at 0."""

    def weighted(z: float) -> float:
        return f(math.sqrt(q) * z) * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)

    pieces = (
        integrate.quad(weighted, *ends, epsabs=1e-13, limit=200) for ends in ((-9, 0), (0, 9))
    )
    return float(sum(piece[0] for piece in pieces))


def relu_kernel(c: float) -> float:
    """Cho and Saul 2009, eq. 5: 2 E[relu(u1) relu(u2)] for variance 1 and correlation c."""
    angle = math.acos(c)
    return (math.sin(angle) + (math.pi - angle) * c) / math.pi


# --- gains ---

# E phi, E phi^2, rms gain, std gain, E phi'^2.
GAINS: dict[Activation, tuple[float, float, float, float, float]] = {
    ACTIVATIONS["relu"]: (0.3989423, 0.5, 1.4142136, 1.7128586, 0.5),
    leaky_relu(0.01): (0.3949529, 0.50005, 1.4141429, 1.7048316, 0.50005),
    leaky_relu(0.2): (0.3191538, 0.52, 1.3867505, 1.5464601, 0.52),
    leaky_relu(0.3): (0.2792596, 0.545, 1.3545709, 1.4633055, 0.545),
    ACTIVATIONS["tanh"]: (0, 0.3942945, 1.5925374, 1.5925374, 0.4644029),
    ACTIVATIONS["sigmoid"]: (0.5, 0.2933790, 1.8462285, 4.8013134, 0.0448362),
    ACTIVATIONS["elu"]: (0.1605206, 0.6449454, 1.2451983, 1.2708434, 0.6681020),
    ACTIVATIONS["selu"]: (0, 1, 1, 1, 1.0715750),
    ACTIVATIONS["gelu"]: (0.2820948, 0.4252215, 1.5335304, 1.7009262, 0.4558509),
    ACTIVATIONS["silu"]: (0.2066210, 0.3557755, 1.6765325, 1.7871872, 0.3794824),
    ACTIVATIONS["softplus"]: (0.8060592, 0.9212459, 1.0418668, 1.9191260, 0.2933790),
    ACTIVATIONS["erf"]: (0, 0.4645591, 1.4671670, 1.4671670, 0.5694100),
}


@pytest.mark.parametrize("phi", GAINS)
def test_gains(phi: Activation) -> None:
    mean, second, rms, std, slope = GAINS[phi]
    result = gains(phi)
    half_a_digit = 5.1e-8
    assert result.mean == pytest.approx(mean, abs=half_a_digit)
    assert result.second_moment == pytest.approx(second, abs=half_a_digit)
    assert result.rms_gain == pytest.approx(rms, abs=half_a_digit)
    assert result.std_gain == pytest.approx(std, abs=half_a_digit)
    assert result.derivative_second_moment == pytest.approx(slope, abs=half_a_digit)
    assert result.backward_gain == pytest.approx(slope**-0.5, rel=1e-6)


def test_gains_by_name_are_gains_by_object() -> None:
    assert gains("leaky_relu") == gains(leaky_relu(0.2))


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_activation_has_finite_gains(kind: str) -> None:
    result = gains(kind)
    # Jensen; and Stein and Poincare: Var[phi] <= E[phi'^2].
    assert 0 <= result.mean**2 < result.second_moment
    assert result.second_moment - result.mean**2 <= result.derivative_second_moment + 1e-12


def test_gains_of_clipped_activations() -> None:
    # E[hard_tanh^2] = 1 - 2 pdf(1), its derivative's P(|z| < 1); hard_sigmoid's slope is 1 / 6.
    inside = math.erf(1 / math.sqrt(2))
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert gains("hard_tanh").second_moment == pytest.approx(1 - 2 * density, rel=1e-12)
    assert gains("hard_tanh").derivative_second_moment == pytest.approx(inside, rel=1e-12)
    within_3 = math.erf(3 / math.sqrt(2))
    assert gains("hard_sigmoid").derivative_second_moment == pytest.approx(within_3 / 36, rel=1e-12)
    assert gains("hard_sigmoid").mean == pytest.approx(0.5, rel=1e-12)


# --- maps ---


@pytest.mark.parametrize("q", [1e-4, 0.3, 25.0, 1e4])
def test_length_map_in_closed_form(q: float) -> None:
    relu = q_map(q, activation="relu", sigma_w2=1.7, sigma_b2=0.3)
    assert relu == pytest.approx(1.7 * q / 2 + 0.3, rel=1e-12)
    erf = q_map(q, activation="erf", sigma_w2=1.7, sigma_b2=0.3)
    arcsine = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
    assert erf == pytest.approx(1.7 * arcsine + 0.3, rel=1e-12)


@pytest.mark.parametrize("q", [0.01, 0.6, 4.0])
def test_maps_by_independent_integration(q: float) -> None:
    length = q_map(q, activation="tanh", sigma_w2=2.5, sigma_b2=0.1)
    assert length == pytest.approx(
        2.5 * expectation(lambda x: math.tanh(x) ** 2, q) + 0.1, rel=1e-10
    )
    factor = chi_1(q, activation="tanh", sigma_w2=2.5)
    assert factor == pytest.approx(2.5 * expectation(lambda x: math.cosh(x) ** -4, q), rel=1e-10)


def test_maps_keep_the_shape_of_arrays() -> None:
    q = np.array([[0.0, 1.0, 4.0]])
    np.testing.assert_allclose(q_map(q, activation="relu", sigma_w2=3.0), 1.5 * q)
    np.testing.assert_allclose(chi_1(q, activation="relu", sigma_w2=3.0), np.full((1, 3), 1.5))
    c = np.array([[-1.0, 0.0, 1.0]])
    kept = c_map(c, 2.0, activation="linear", sigma_w2=3.0)
    np.testing.assert_allclose(kept, c)
    assert type(q_map(1.0, activation="relu", sigma_w2=1.0)) is float
    assert type(chi_1(1.0, activation="relu", sigma_w2=1.0)) is float
    assert type(c_map(0.5, 1.0, activation="tanh", sigma_w2=1.0)) is float
    assert c_map(c, 2.0, activation="tanh", sigma_w2=3.0).shape == (1, 3)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("relu", 0.5),
        ("tanh", 1),
        ("gelu", 0.25),
        ("mish", 0.36),
        ("sigmoid", 1 / 16),
        ("softplus", 0.25),
        ("hard_sigmoid", 1 / 36),
        ("erf", 4 / math.pi),
        ("selu", 1.0507009873554805**2 * (1 + 1.6732632423543772**2) / 2),
    ],
)
def test_chi_of_a_vanishing_signal(kind: str, limit: float) -> None:
    assert chi_1(0.0, activation=kind, sigma_w2=3.0) == pytest.approx(3 * limit, rel=1e-12)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_long_lengths_follow_the_slopes_at_infinity(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    left, right = phi.slopes_at_infinity
    q = np.array([1e150, 1e307])
    ends = q_map(q, activation=phi, sigma_w2=3.0)
    # Bounded activations are at +-their ends: E[phi^2] is the ends' mean square.
    high, low = float(phi.value(1e9)) ** 2, float(phi.value(-1e9)) ** 2
    bounded = (left, right) == (0, 0)
    expected = 3 * (high + low) / 2 if bounded else 3 * (left**2 + right**2) / 2 * q
    np.testing.assert_allclose(ends, expected, rtol=1e-8)
    if not bounded:
        assert q_map(1e307, activation=phi, sigma_w2=100.0) == math.inf


@pytest.mark.parametrize("c", [-1.0, -0.3, 0.0, 0.5, 0.99, 1.0])
def test_relu_correlation_map(c: float) -> None:
    assert c_map(c, 7.0, activation="relu", sigma_w2=2.0) == pytest.approx(
        relu_kernel(c), abs=1e-14
    )
    biased = (1.2 * 7.0 / 2 * relu_kernel(c) + 0.5) / (1.2 * 7.0 / 2 + 0.5)
    assert c_map(c, 7.0, activation="relu", sigma_w2=1.2, sigma_b2=0.5) == pytest.approx(biased)


@pytest.mark.parametrize("c", [-0.9, 0.0, 0.4, 0.999])
def test_leaky_relu_correlation_map(c: float) -> None:
    # phi = relu(u) - a relu(-u) with a = 0.3.
    mixed = (1.09 * relu_kernel(c) - 0.6 * relu_kernel(-c)) / 1.09
    assert c_map(c, 2.0, activation=leaky_relu(0.3), sigma_w2=1.0) == pytest.approx(
        mixed, abs=1e-14
    )


@pytest.mark.parametrize("c", [-0.999, 0.1, 0.9, 1 - 1e-9])
@pytest.mark.parametrize("q", [0.01, 3.0, 400.0])
def test_erf_correlation_map(c: float, q: float) -> None:
    ratio = math.asin(2 * q * c / (1 + 2 * q)) / math.asin(2 * q / (1 + 2 * q))
    assert c_map(c, q, activation="erf", sigma_w2=1.5) == pytest.approx(ratio, abs=1e-12)


@pytest.mark.parametrize("kind", ["gelu", "relu", "selu"])
def test_correlation_map_of_a_diverging_signal(kind: str) -> None:
    # GELU and SELU are ReLUs from afar: SELU's left end is bounded.
    value = c_map(0.4, 1e306, activation=kind, sigma_w2=1.0, sigma_b2=1.0)
    assert value == pytest.approx(relu_kernel(0.4), rel=1e-12)


@pytest.mark.parametrize("c", [-1.0, -0.3, 0.8, 1.0])
def test_kernel_of_two_slopes(c: float) -> None:
    # phi(u) = 2 relu(u) - 0.5 relu(-u).
    expected = (4.25 * relu_kernel(c) - 2 * relu_kernel(-c)) / 2
    assert homogeneous_kernel((0.5, 2.0), np.array(c)) == pytest.approx(expected, abs=1e-14)


def test_correlation_map_of_a_vanishing_signal() -> None:
    assert c_map(0.4, 0.0, activation="tanh", sigma_w2=1.0) == pytest.approx(0.4, abs=1e-12)
    assert c_map(0.4, 0.0, activation="relu", sigma_w2=1.0) == pytest.approx(relu_kernel(0.4))


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_slope_of_the_correlation_map_at_1_is_chi(kind: str) -> None:
    q, step = 1.3, 1e-6
    after = q_map(q, activation=kind, sigma_w2=1.5, sigma_b2=0.2)
    below = c_map(1 - step, q, activation=kind, sigma_w2=1.5, sigma_b2=0.2)
    slope = (1 - below) / step * after / q
    # The next order is sqrt(step) with a kink in phi, step without.
    assert slope == pytest.approx(chi_1(q, activation=kind, sigma_w2=1.5), rel=2e-3)


# --- published facts ---


def test_he_on_tanh_is_chaotic() -> None:
    end = fixed_point(activation="tanh", sigma_w2=2.0)
    assert chi_1(end.q, activation="tanh", sigma_w2=2.0) == pytest.approx(1.1055, abs=5e-5)


def test_xavier_on_tanh_decays_as_1_over_2_l() -> None:
    q = 1.0
    for _ in range(1000):
        q = q_map(q, activation="tanh", sigma_w2=1.0)
    # q' = q - 2 q^2 + (17 / 3) q^3: the next term of 2 l q is -ln(l) (17 / 3 - 4) / (4 l), and
    # the start's 1 / q = 1 adds (its effective age) / l.
    assert 2 * 1000 * q == pytest.approx(1, abs=5e-3)
    assert float(fixed_point(activation="tanh", sigma_w2=1.0)) == 0


@pytest.mark.parametrize(("kind", "low", "high"), [("gelu", 2.5e-14, 3.5e-14), ("elu", 30, 40)])
def test_he_for_50_layers(kind: str, low: float, high: float) -> None:
    q = 1.0
    for _ in range(50):
        q = q_map(q, activation=kind, sigma_w2=2.0)
    assert low < q < high


def test_relu_halves_the_second_moment_not_the_variance() -> None:
    relu = gains("relu")
    assert relu.second_moment == pytest.approx(0.5, rel=1e-12)
    assert relu.second_moment - relu.mean**2 == pytest.approx(0.5 * (1 - 1 / math.pi), rel=1e-12)


def test_orthogonal_inputs_of_he_relu() -> None:
    assert c_map(0.0, 2.0, activation="relu", sigma_w2=2.0) == pytest.approx(1 / math.pi, rel=1e-12)


# --- fixed points ---


@pytest.mark.parametrize(
    ("f", "low", "high", "root"),
    [
        (lambda x: math.cos(x) - x, 0.0, 1.0, 0.7390851332151607),
        (lambda x: math.tanh(40 * (x - 0.9)), -3.0, 1.0, 0.9),
        (lambda x: math.expm1(x - 2), -20.0, 10.0, 2.0),
        (lambda x: x**9 - 1e-9, -1.0, 1.5, 0.1),
        (lambda x: 3 - x, 0.0, 6.0, 3.0),
        (lambda x: math.copysign(1, x - 0.3), -1.0, 1.0, 0.3),
        (lambda x: 1e-200 * (x - 0.25), 0.0, 0.5, 0.25),
    ],
)
def test_bracketed_root(f: Scalar, low: float, high: float, root: float) -> None:
    found, iterations = bracketed_root(f, low, high)
    assert found == pytest.approx(root, abs=1e-12)
    assert iterations < 60


@pytest.mark.parametrize(
    ("kind", "sigma_w2", "sigma_b2", "q", "reason"),
    [
        ("relu", 2.0, 0.0, 5.0, "every q is a fixed point"),
        ("relu", 2.0, 0.1, math.inf, "q grows without bound"),
        ("relu", 2.1, 0.0, math.inf, "q grows without bound"),
        ("relu", 1.9, 0.0, 0.0, "q shrinks to 0"),
        ("relu", 1.0, 0.3, 0.6, ""),
        ("linear", 0.5, 2.0, 4.0, ""),
        ("leaky_relu", 2 / 1.04, 0.0, 5.0, "every q is a fixed point"),
        ("gelu", 2.0, 0.0, 0.0, "q shrinks to 0"),
        ("silu", 2.0, 0.0, 0.0, "q shrinks to 0"),
        ("elu", 2.0, 0.0, math.inf, "q grows without bound"),
        ("tanh", 0.9, 0.0, 0.0, "q shrinks to 0"),
        ("softplus", 2.0, 0.0, math.inf, "q grows without bound"),
    ],
)
def test_where_lengths_go(
    kind: str, sigma_w2: float, sigma_b2: float, q: float, reason: str
) -> None:
    end = fixed_point(activation=kind, sigma_w2=sigma_w2, sigma_b2=sigma_b2, start=5.0)
    assert end.q == pytest.approx(q, rel=1e-12)
    assert (end.converged, end.reason) == (math.isfinite(q), reason)
    assert float(end) == end.q


def test_selu_rests_at_1() -> None:
    assert fixed_point(activation="selu", sigma_w2=1.0) == FixedPoint(1.0)
    assert fixed_point(activation="selu", sigma_w2=1.0, start=3.0).q == pytest.approx(1, rel=1e-12)


def test_gelu_forks_on_the_start() -> None:
    small = fixed_point(activation="gelu", sigma_w2=2.5, start=0.01)
    large = fixed_point(activation="gelu", sigma_w2=2.5, start=100.0)
    assert (small.q, large.q) == (0, math.inf)


@pytest.mark.parametrize(
    ("sigma_w2", "sigma_b2"), [(0.5, 0.1), (1.1, 0.0), (1.76, 0.05), (9.0, 2.0)]
)
@pytest.mark.parametrize("start", [1e-6, 1.0, 1e6])
def test_tanh_fixed_point(sigma_w2: float, sigma_b2: float, start: float) -> None:
    def growth(q: float) -> float:
        return sigma_w2 * expectation(lambda x: math.tanh(x) ** 2, q) + sigma_b2 - q

    expected = optimize.brentq(growth, 1e-3, 20.0, xtol=1e-13)
    end = fixed_point(activation="tanh", sigma_w2=sigma_w2, sigma_b2=sigma_b2, start=start)
    assert end.converged
    assert end.iterations > 0
    assert end.q == pytest.approx(expected, rel=1e-9)


def test_a_fixed_point_far_from_the_start() -> None:
    # relu6 clips at 6, so q <= 36 sigma_w2 / 2; erf at 1.
    end = fixed_point(activation="erf", sigma_w2=1e8, start=1e-3)
    assert end.q == pytest.approx(1e8 * (1 - 2 / math.pi * math.sqrt(1 / 1e8)), rel=1e-4)


@pytest.mark.parametrize("sigma_w2", [1.7, 4.0])
def test_erf_correlation_fixed_point(sigma_w2: float) -> None:
    def arcsine(q: float, c: float) -> float:
        return sigma_w2 * 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q)) + 0.1

    q = optimize.brentq(lambda q: arcsine(q, 1.0) - q, 1e-3, 20.0, xtol=1e-14)
    c = optimize.brentq(lambda c: arcsine(q, c) / q - c, 0.0, 1 - 1e-3, xtol=1e-14)
    end = c_fixed_point(activation="erf", sigma_w2=sigma_w2, sigma_b2=0.1)
    assert end.c == pytest.approx(c, abs=1e-10)
    assert end.reason == "nearby inputs part"
    assert float(end) == end.c < 1


@pytest.mark.parametrize(
    ("kind", "sigma_w2", "sigma_b2", "c", "converged", "reason"),
    [
        ("tanh", 2.0, 0.0, 0.0, True, "all inputs become orthogonal"),
        ("tanh", 1.0, 0.1, 1.0, True, "all inputs become parallel"),
        ("relu", 2.0, 0.0, 1.0, True, "all inputs become parallel"),
        ("relu", 3.0, 0.1, 1.0, True, "all inputs become parallel"),
        ("relu", 1.0, 0.0, 1.0, True, "all inputs become parallel"),
        ("elu", 3.0, 0.0, 1.0, True, "all inputs become parallel"),
        ("linear", 1.0, 0.0, 1.0, False, "each correlation stays what it is"),
        ("linear", 0.5, 0.1, 1.0, True, "all inputs become parallel"),
        ("tanh", 0.9, 0.0, 1.0, False, "each correlation stays what it is"),
    ],
)
def test_where_correlations_go(
    kind: str, sigma_w2: float, sigma_b2: float, c: float, converged: bool, reason: str
) -> None:
    end = c_fixed_point(activation=kind, sigma_w2=sigma_w2, sigma_b2=sigma_b2)
    assert end == CorrelationFixedPoint(c, converged, reason)


def test_just_beyond_the_edge_correlations_are_1_within_rounding() -> None:
    edge = critical_sigma_w2("tanh", 0.1).sigma_w2
    assert edge is not None
    end = c_fixed_point(activation="tanh", sigma_w2=edge * (1 + 1e-10), sigma_b2=0.1)
    assert (end.c, end.reason) == (1.0, "all inputs become parallel, within rounding")


# --- the edge of chaos ---

SCALARS: dict[str, tuple[Scalar, Scalar]] = {
    "tanh": (math.tanh, lambda x: math.cosh(x) ** -2),
    "erf": (math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "elu": (lambda x: x if x > 0 else math.expm1(x), lambda x: 1 if x > 0 else math.exp(x)),
    "gelu": (
        lambda x: x * float(special.ndtr(x)),
        lambda x: float(special.ndtr(x)) + x * math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi),
    ),
    "sigmoid": (
        lambda x: 0.5 * (1 + math.tanh(x / 2)),
        lambda x: 0.25 * math.cosh(x / 2) ** -2,
    ),
}


@pytest.mark.parametrize(
    ("kind", "sigma_b2"),
    [("tanh", 0.05), ("tanh", 1.0), ("erf", 0.3), ("elu", 0.04), ("gelu", 0.04), ("sigmoid", 0.0)],
)
def test_critical_points_solve_both_equations(kind: str, sigma_b2: float) -> None:
    phi, slope = SCALARS[kind]
    point = critical_sigma_w2(kind, sigma_b2)
    assert point.found
    assert point.sigma_w2 is not None
    assert point.q is not None
    length = point.sigma_w2 * expectation(lambda x: phi(x) ** 2, point.q) + sigma_b2
    factor = point.sigma_w2 * expectation(lambda x: slope(x) ** 2, point.q)
    assert length == pytest.approx(point.q, rel=1e-9)
    assert factor == pytest.approx(1, rel=1e-9)
    assert point.sigma_b2 == sigma_b2


@pytest.mark.parametrize("sigma_b2", [0.01, 0.3])
def test_critical_tanh_by_nested_search(sigma_b2: float) -> None:
    def factor(sigma_w2: float) -> float:
        def growth(q: float) -> float:
            return sigma_w2 * expectation(lambda x: math.tanh(x) ** 2, q) + sigma_b2 - q

        q = optimize.brentq(growth, 1e-4, 20.0, xtol=1e-12)
        return sigma_w2 * expectation(lambda x: math.cosh(x) ** -4, q) - 1

    expected = optimize.brentq(factor, 1.0, 4.0, xtol=1e-9)
    assert critical_sigma_w2("tanh", sigma_b2).sigma_w2 == pytest.approx(expected, rel=1e-8)


def test_published_critical_point_of_tanh() -> None:
    # Xiao et al. 2018: sigma_w2 = 1.76, sigma_b2 = 0.05.
    assert critical_sigma_w2("tanh", 0.05).sigma_w2 == pytest.approx(1.76, abs=5e-3)


@pytest.mark.parametrize(
    ("kind", "sigma_w2", "stable"),
    [
        ("tanh", 1, True),
        ("erf", math.pi / 4, True),
        ("hard_tanh", 1, True),
        ("softsign", 1, True),
        ("elu", 1, True),
        ("relu6", 2, True),
        ("gelu", 4, False),
        ("silu", 4, False),
        ("mish", 1 / 0.36, False),
    ],
)
def test_edge_without_biases(kind: str, sigma_w2: float, stable: bool) -> None:
    point = critical_sigma_w2(kind)
    assert point.sigma_w2 == pytest.approx(sigma_w2, rel=1e-12)
    assert (point.sigma_b2, point.q, point.stable, point.reason) == (0, 0, stable, "")
    back = critical_sigma_b2(kind, sigma_w2)
    assert (back.sigma_w2, back.sigma_b2, back.q, back.stable) == (sigma_w2, 0, 0, stable)


def test_a_stable_edge_goes_before_an_unstable_one() -> None:
    # E[phi'^2] of GELU rises above 1/2 and falls back to it: 1 / 1.99 is met at q = 3.2, where
    # lengths leave, and far out, where they return.
    point = critical_sigma_b2("gelu", 1.99)
    assert point.stable
    assert point.q is not None
    assert point.sigma_b2 is not None
    phi, slope = SCALARS["gelu"]
    length = 1.99 * expectation(lambda x: phi(x) ** 2, point.q) + point.sigma_b2
    assert point.q == pytest.approx(length, rel=1e-9)
    assert 1.99 * expectation(lambda x: slope(x) ** 2, point.q) == pytest.approx(1, rel=1e-9)
    nudged = q_map(1.01 * point.q, activation="gelu", sigma_w2=1.99, sigma_b2=point.sigma_b2)
    assert point.q < nudged < 1.01 * point.q
    assert critical_sigma_b2("gelu", 2.0).stable is False


def test_an_unstable_edge_is_left() -> None:
    point = critical_sigma_w2("gelu", 0.04)
    assert point.q is not None
    assert point.sigma_w2 is not None
    assert not point.stable
    for nudge in (0.99, 1.01):
        q = point.q * nudge
        for _ in range(3):
            q = q_map(q, activation="gelu", sigma_w2=point.sigma_w2, sigma_b2=0.04)
        assert abs(q / point.q - 1) > 0.01


@pytest.mark.parametrize(
    "kind", sorted(ACTIVATIONS.keys() - {"softplus", "linear", "relu", "leaky_relu"})
)
@pytest.mark.parametrize("sigma_b2", [1e-4, 0.1, 1.0])
def test_both_searches_meet(kind: str, sigma_b2: float) -> None:
    there = critical_sigma_w2(kind, sigma_b2)
    assert there.sigma_w2 is not None
    back = critical_sigma_b2(kind, there.sigma_w2)
    assert back.found
    assert back.sigma_w2 == there.sigma_w2
    # GELU and Mish have two lengths with the same E[phi'^2]; the smaller is returned.
    if kind not in {"gelu", "gelu_tanh", "mish"}:
        assert back.sigma_b2 == pytest.approx(sigma_b2, rel=1e-7)


@pytest.mark.parametrize(("phi", "edge"), [("linear", 1), ("relu", 2), (leaky_relu(0.5), 1.6)])
def test_homogeneous_activations_are_critical_at_one_point(phi: Any, edge: float) -> None:
    point = critical_sigma_w2(phi)
    assert (point.sigma_w2, point.sigma_b2) == (edge, 0)
    assert point.reason == "every q is a fixed point"
    assert point.stable
    assert critical_sigma_b2(phi, edge) == point
    for nowhere in (critical_sigma_w2(phi, 0.1), critical_sigma_b2(phi, 1.01 * edge)):
        assert not nowhere.found
        assert (nowhere.sigma_w2, nowhere.sigma_b2, nowhere.q) == (None, None, None)
        assert f"is critical only at sigma_w2 = {edge}, sigma_b2 = 0" in nowhere.reason


def test_no_edge() -> None:
    # For softplus q < E[phi^2] / E[phi'^2] at every q: chi_1 reaches 1 only after q diverges.
    nowhere = critical_sigma_w2("softplus", 0.2)
    assert not nowhere.found
    assert nowhere.reason == "chi_1 is 1 at no fixed point with sigma_b2 = 0.2"
    # Sigmoid's edge begins at sigma_w2 = 103; below it sigma_b2 would have to be negative.
    assert not critical_sigma_b2("sigmoid", 100.0).found
    below = critical_sigma_b2("tanh", 0.8)
    assert not below.found
    assert below.reason == "chi_1 is 1 at no fixed point with sigma_w2 = 0.8"


# --- every smooth activation, to 1e-6 and better ---

Curve = Callable[[Any], Any]


def _softplus(x: Any) -> Any:
    return np.logaddexp(0, x)


def _gelu_tanh(x: Any) -> Any:
    return x * special.expit(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def _mish(x: Any) -> Any:
    return x * np.tanh(_softplus(x))


def _by_differences(phi: Curve) -> Curve:
    """phi' to 1e-11: the complex step of an analytic function would be exact, expit refuses it."""
    step = 1e-3
    weights = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))

    def slope(x: Any) -> Any:
        return sum(w * (phi(x + k * step) - phi(x - k * step)) for k, w in weights) / step

    return slope


SMOOTH: dict[str, Curve] = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "softplus": _softplus,
    "erf": special.erf,
    "gelu": lambda x: x * special.ndtr(x),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda x: x * special.expit(x),
    "mish": _mish,
}

# The trapezoidal rule is exact to rounding for a Gaussian times what is analytic near the axis:
# exp(-2 pi a / h) with a = pi / (2 sqrt(q)), the poles' distance, h = 0.05 and q <= 16.
Z = np.arange(-9, 9.025, 0.05)
MASS = np.exp(-0.5 * Z**2) * 0.05 / math.sqrt(2 * math.pi)


def mean_of(f: Curve, q: float) -> float:
    """E[f(sqrt(q) z)]."""
    return float(f(math.sqrt(q) * Z) @ MASS)


def product_of(f: Curve, q: float, c: float) -> float:
    """E[f(u1) f(u2)] over the two independent normals that make u1 and u2."""
    second = math.sqrt(q) * (c * Z[:, None] + math.sqrt(1 - c * c) * Z)
    return float((f(math.sqrt(q) * Z) * MASS) @ f(second) @ MASS)


def squared(f: Curve) -> Curve:
    return lambda x: f(x) ** 2


def test_smooth_activations_are_all_those_without_kinks() -> None:
    assert set(SMOOTH) == {kind for kind, phi in ACTIVATIONS.items() if not phi.kinks}


@pytest.mark.parametrize("q", [0.04, 1.0, 16.0])
@pytest.mark.parametrize("kind", SMOOTH)
def test_maps_of_smooth_activations(kind: str, q: float) -> None:
    phi, weight, bias = SMOOTH[kind], 1.7, 0.3
    length = weight * mean_of(squared(phi), q) + bias
    assert q_map(q, activation=kind, sigma_w2=weight, sigma_b2=bias) == pytest.approx(
        length, rel=1e-11
    )
    factor = weight * mean_of(squared(_by_differences(phi)), q)
    assert chi_1(q, activation=kind, sigma_w2=weight) == pytest.approx(factor, rel=1e-9)
    for c in (-0.7, 0.0, 0.4, 0.95):
        after = (weight * product_of(phi, q, c) + bias) / length
        found = c_map(c, q, activation=kind, sigma_w2=weight, sigma_b2=bias)
        assert found == pytest.approx(after, rel=1e-9)


@pytest.mark.parametrize("kind", sorted(SMOOTH.keys() - {"linear"}))
def test_fixed_points_of_smooth_activations(kind: str) -> None:
    phi, weight, bias = SMOOTH[kind], 0.8, 0.5

    def growth(q: float) -> float:
        return weight * mean_of(squared(phi), q) + bias - q

    expected = optimize.brentq(growth, 0.5, 10.0, xtol=1e-14)
    found = fixed_point(activation=kind, sigma_w2=weight, sigma_b2=bias)
    assert found.q == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["tanh", "erf"])
def test_correlation_fixed_points_of_smooth_activations(kind: str) -> None:
    """In the chaotic phase; the unbounded ones have none at a finite q."""
    phi, weight, bias = SMOOTH[kind], 3.0, 0.2
    q = optimize.brentq(
        lambda q: weight * mean_of(squared(phi), q) + bias - q, 0.5, 10.0, xtol=1e-14
    )
    expected = optimize.brentq(
        lambda c: (weight * product_of(phi, q, c) + bias) / q - c, 0.0, 0.95, xtol=1e-13
    )
    found = c_fixed_point(activation=kind, sigma_w2=weight, sigma_b2=bias)
    assert found.c == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("kind", sorted(SMOOTH.keys() - {"linear", "softplus"}))
def test_critical_points_of_smooth_activations(kind: str) -> None:
    """At sigma_w2 = 1 / E phi'^2 the length q rests on sigma_b2 = q - sigma_w2 E phi^2."""
    phi = SMOOTH[kind]
    slope = _by_differences(phi)
    point = critical_sigma_w2(kind, 0.05)
    assert point.sigma_w2 is not None

    def bias(log_q: float) -> float:
        q = math.exp(log_q)
        return q - mean_of(squared(phi), q) / mean_of(squared(slope), q)

    assert point.q is not None
    near = math.log(point.q)
    log_q = optimize.brentq(lambda x: bias(x) - 0.05, near - 0.1, near + 0.1, xtol=1e-13)
    expected = 1 / mean_of(squared(slope), math.exp(log_q))
    assert point.sigma_w2 == pytest.approx(expected, rel=1e-7)


# --- depth scale ---


@pytest.mark.parametrize(
    ("chi", "layers"),
    [(1.0, math.inf), (0.0, 0.0), (math.exp(-0.1), 10.0), (math.exp(0.25), 4.0)],
)
def test_depth_scale(chi: float, layers: float) -> None:
    assert depth_scale(chi) == pytest.approx(layers, rel=1e-12)


# --- errors ---


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q_map(-1.0, activation="relu", sigma_w2=1), r"q must be in \[0, inf\); got -1\.0"),
        (
            lambda: q_map(np.array([1, np.nan]), activation="relu", sigma_w2=1),
            r"q must be in \[0, inf\); got nan",
        ),
        (
            lambda: q_map("long", activation="relu", sigma_w2=1),  # type: ignore[call-overload]  # refused
            r"q must be in \[0, inf\); got 'long'",
        ),
        (
            lambda: q_map(1.0, activation="relu", sigma_w2=0),
            r"sigma_w2 must be in \(0, inf\); got 0",
        ),
        (
            lambda: q_map(1.0, activation="relu", sigma_w2=1, sigma_b2=-0.5),
            r"sigma_b2 must be in \[0, inf\); got -0\.5",
        ),
        (
            lambda: q_map(1.0, activation="rely", sigma_w2=1),
            r"activation must be one of .*; got 'rely'\. Did you mean 'relu'\?",
        ),
        (lambda: chi_1(1.0, activation="relu", sigma_w2=-2), r"sigma_w2 must be .*; got -2"),
        (
            lambda: c_map(1.5, 1.0, activation="relu", sigma_w2=1),
            r"c must be in \[-1, 1\]; got 1\.5",
        ),
        (lambda: c_map(0.5, -1.0, activation="relu", sigma_w2=1), r"q must be .*; got -1\.0"),
        (
            lambda: fixed_point(activation="relu", sigma_w2=1, start=0),
            r"start must be in \[1e-100, 1e\+100\]; got 0",
        ),
        (
            lambda: c_fixed_point(activation="relu", sigma_w2=math.nan),
            r"sigma_w2 must be in \(0, inf\); got nan",
        ),
        (lambda: critical_sigma_w2("relu", -1), r"sigma_b2 must be in \[0, inf\); got -1"),
        (lambda: critical_sigma_b2("relu", 0), r"sigma_w2 must be in \(0, inf\); got 0"),
        (lambda: depth_scale(-0.1), r"chi must be in \[0, inf\); got -0\.1"),
        (lambda: gains("gely"), r"activation must be one of .* Did you mean 'gelu'\?"),
    ],
)
def test_errors(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
