"""The phase map against closed forms, scipy, and the functions of one pair of variances."""

import math
import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize

from vscore.activations import ACTIVATIONS, Activation
from vscore.meanfield import (
    PhaseMap,
    c_fixed_point,
    c_map,
    chi_1,
    critical_line,
    critical_sigma_w2,
    depth_scale,
    fixed_point,
    phase_map,
)

WEIGHTS = (0.2, 0.9, 1.3, 1.9, 2.6, 3.9)
BIASES = (0.0, 0.02, 0.3, 1.7)

SMOOTH = [kind for kind, phi in ACTIVATIONS.items() if not phi.kinks]
HOMOGENEOUS = {"linear": 1.0, "relu": 2.0, "leaky_relu": 2 / 1.04}
"""By hand: where chi_1 is 1, 2 / (1 + 0.2^2)."""


def gaussian(f: Callable[[float], float], q: float) -> float:
    """E[f(sqrt(q) z)] by QUADPACK."""

    def weighted(z: float) -> float:
        return f(math.sqrt(q) * z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return float(integrate.quad(weighted, -9, 9, epsabs=1e-13, points=(0,), limit=200)[0])


# --- closed forms ---


@pytest.mark.parametrize(("kind", "edge"), HOMOGENEOUS.items())
def test_two_slopes_have_a_straight_line(kind: str, edge: float) -> None:
    line = critical_line(kind, 0.7)
    assert line.sigma_w2 == pytest.approx([edge, edge])
    assert line.sigma_b2.tolist() == [0, 0.7]
    assert line.stable.tolist() == [True, False]


@pytest.mark.parametrize(("kind", "edge"), HOMOGENEOUS.items())
def test_two_slopes_in_closed_form(kind: str, edge: float) -> None:
    """q* = sigma_b2 / (1 - sigma_w2 / edge) below the edge, and chi_1 = sigma_w2 / edge."""
    weights = edge * np.array([0.25, 0.5, 1.0, 1.5])
    found = phase_map(kind, weights, (0.0, 0.6))
    inf = math.inf
    assert found.q_star[:, 0].tolist() == [0, 0, 1, inf]
    assert found.q_star[:, 1] == pytest.approx([0.8, 1.2, inf, inf])
    for row, ratio in zip(found.chi_1, (0.25, 0.5, 1, 1.5), strict=True):
        assert row == pytest.approx([ratio, ratio])
    assert (found.c_star == 1).all()
    assert found.converged.tolist() == [[True, True], [True, True], [True, False], [False, False]]


def erf_length(weight: float, bias: float) -> float:
    """E erf^2 = 2 / pi arcsin(2 q / (1 + 2 q)) (Williams 1997)."""

    def growth(q: float) -> float:
        return weight * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + bias - q

    return float(optimize.brentq(growth, 1e-9, 1e3, xtol=1e-14))


@pytest.mark.parametrize("weight", [0.5, 1.2, 2.0, 3.5])
@pytest.mark.parametrize("bias", [0.05, 0.5, 1.5])
def test_erf_in_closed_form(weight: float, bias: float) -> None:
    """E erf'^2 = 4 / (pi sqrt(1 + 4 q)), E erf erf = 2 / pi arcsin(2 q c / (1 + 2 q))."""
    found = phase_map("erf", weight, bias)
    q = erf_length(weight, bias)
    chi = weight * 4 / (math.pi * math.sqrt(1 + 4 * q))
    assert found.q_star[0, 0] == pytest.approx(q, rel=1e-7)
    assert found.chi_1[0, 0] == pytest.approx(chi, rel=1e-7)

    def excess(c: float) -> float:
        return weight * 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q)) + bias - q * c

    c = optimize.brentq(excess, 0, 1 - 1e-4) if chi > 1 else 1.0
    assert found.c_star[0, 0] == pytest.approx(c, abs=1e-7)
    slope = weight * 2 / math.pi * 2 / math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)
    assert found.chi_c[0, 0] == pytest.approx(slope, rel=1e-6)


def test_the_line_of_erf() -> None:
    """Where 4 sigma_w2 = pi sqrt(1 + 4 q) and q is a fixed point."""
    line = critical_line("erf")
    weight = np.pi * np.sqrt(1 + 4 * line.q) / 4
    bias = line.q - weight * 2 / np.pi * np.arcsin(2 * line.q / (1 + 2 * line.q))
    assert line.sigma_w2 == pytest.approx(weight, rel=1e-9)
    assert line.sigma_b2 == pytest.approx(bias, abs=1e-9)
    assert line.sigma_w2[0] == pytest.approx(math.pi / 4, rel=1e-5)
    assert line.stable.all()


# --- scipy ---


@pytest.mark.parametrize("bias", [0.05, 0.5, 1.5])
def test_the_line_of_tanh(bias: float) -> None:
    """At one bias variance, by brentq over q and QUADPACK."""

    def slope(q: float) -> float:
        return gaussian(lambda x: math.cosh(x) ** -4 if abs(x) < 300 else 0.0, q)

    def missing(q: float) -> float:
        return q - gaussian(lambda x: math.tanh(x) ** 2, q) / slope(q) - bias

    q = float(optimize.brentq(missing, 1e-3, 50, xtol=1e-12))
    line = critical_line("tanh")
    assert np.interp(bias, line.sigma_b2, line.sigma_w2) == pytest.approx(1 / slope(q), rel=2e-4)
    assert critical_sigma_w2("tanh", bias).sigma_w2 == pytest.approx(1 / slope(q), rel=1e-8)
    on_it = phase_map("tanh", 1 / slope(q), bias)
    assert on_it.chi_1[0, 0] == pytest.approx(1, abs=1e-6)
    assert on_it.q_star[0, 0] == pytest.approx(q, rel=1e-6)


@pytest.mark.parametrize("kind", ["tanh", "selu", "softplus"])
def test_lengths_by_scipy(kind: str) -> None:
    phi = ACTIVATIONS[kind]

    def value(x: float) -> float:
        return float(phi.value(x))

    found = phase_map(phi, 1.1, 0.3)

    def growth(q: float) -> float:
        return 1.1 * gaussian(lambda x: value(x) ** 2, q) + 0.3 - q

    assert found.q_star[0, 0] == pytest.approx(optimize.brentq(growth, 0.1, 50), rel=1e-6)


# --- one pair at a time ---


def by_pairs(phi: Activation, tolerance: float) -> None:
    found = phase_map(phi, WEIGHTS, BIASES)
    for i, weight in enumerate(WEIGHTS):
        for j, bias in enumerate(BIASES):
            q = fixed_point(activation=phi, sigma_w2=weight, sigma_b2=bias).q
            c = c_fixed_point(activation=phi, sigma_w2=weight, sigma_b2=bias).c
            assert found.q_star[i, j] == pytest.approx(q, rel=1e-7)
            assert found.c_star[i, j] == pytest.approx(c, abs=tolerance)
            if 0 < q < math.inf:
                chi = chi_1(q, activation=phi, sigma_w2=weight)
                assert found.chi_1[i, j] == pytest.approx(chi, rel=1e-7)


@pytest.mark.parametrize("kind", SMOOTH)
def test_smooth_ones_pair_by_pair(kind: str) -> None:
    by_pairs(ACTIVATIONS[kind], 1e-6)


@pytest.mark.parametrize("kind", sorted(set(ACTIVATIONS) - set(SMOOTH)))
def test_broken_ones_pair_by_pair(kind: str) -> None:
    by_pairs(ACTIVATIONS[kind], 3e-4)


def test_the_slope_where_correlations_end() -> None:
    found = phase_map("tanh", 2.5, 0.2)
    q, c, step = found.q_star[0, 0], found.c_star[0, 0], 1e-4
    ends = c_map(np.array([c - step, c + step]), q, activation="tanh", sigma_w2=2.5, sigma_b2=0.2)
    assert found.chi_c[0, 0] == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-6)
    assert found.xi_c[0, 0] == pytest.approx(depth_scale(float(found.chi_c[0, 0])))


def test_the_slope_of_the_length_map() -> None:
    """erf: d/dq of 2 / pi arcsin(2 q / (1 + 2 q))."""
    found = phase_map("erf", 2.0, 0.2)
    q = erf_length(2.0, 0.2)
    slope = 2 * 2 / math.pi * 2 / ((1 + 2 * q) ** 2 * math.sqrt(1 - (2 * q / (1 + 2 * q)) ** 2))
    assert found.chi_q[0, 0] == pytest.approx(slope, rel=1e-6)
    assert found.xi_q[0, 0] == pytest.approx(-1 / math.log(slope), rel=1e-5)


def test_limits_where_the_signal_vanishes_or_grows() -> None:
    """GELU is x / 2 near 0 and relu far out."""
    found = phase_map("gelu", (1.0, 3.0))
    assert found.q_star[:, 0].tolist() == [0, math.inf]
    assert found.chi_1[:, 0] == pytest.approx([1 / 4, 3 / 2])
    assert found.chi_q[:, 0] == pytest.approx([1 / 4, 3 / 2])


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_nothing_is_missing_or_warned_of(kind: str) -> None:
    weights = np.geomspace(1e-6, 1e6, 25)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = phase_map(kind, weights, (0, 1e-9, 1.0, 1e6))
    for values in (found.q_star, found.chi_1, found.c_star, found.chi_c, found.chi_q, found.xi_c):
        assert not np.isnan(values).any()
        assert (values >= 0).all()
    assert (found.c_star <= 1).all()


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_chi_is_1_on_the_line(kind: str) -> None:
    """On its stable part, whose q the length map must also be seen to reach."""
    line = critical_line(kind)
    points = np.flatnonzero(line.stable & (line.sigma_b2 > 0.01))[::60]
    for point in points:
        found = phase_map(kind, line.sigma_w2[point], line.sigma_b2[point])
        if found.q_star[0, 0] == pytest.approx(line.q[point], rel=1e-3):
            assert found.chi_1[0, 0] == pytest.approx(1, abs=1e-5)
    assert len(points) or kind in {*HOMOGENEOUS, "softplus", "sigmoid", "hard_sigmoid"}


def test_a_formula_has_a_map() -> None:
    by_pairs(Activation.from_formula("sin(x) + x / 4"), 1e-6)


@pytest.mark.alone
def test_a_map_is_at_once() -> None:
    """In processor time, the best of three; half of what a page may take."""
    weights, biases = np.linspace(0.05, 4, 60), np.linspace(0, 2, 40)
    times = []
    for _ in range(3):
        start = time.thread_time()
        phase_map("tanh", weights, biases)
        times.append(time.thread_time() - start)
    assert min(times) < 0.15


def test_shape() -> None:
    found = phase_map("relu", (1.0, 2.0, 3.0), (0.0, 0.1))
    assert isinstance(found, PhaseMap)
    assert found.chi_1.shape == (3, 2)


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ((1.0, 0.0), 0.0, r"sigma_w2 must be in \(0, inf\); got 0"),
        ((1.0, -2.0), 0.0, r"sigma_w2 must be in \(0, inf\); got -2"),
        (1.0, (0.0, -1.0), r"sigma_b2 must be in \[0, inf\); got -1"),
        (1.0, math.nan, r"sigma_b2 must be in \[0, inf\); got nan"),
        ("many", 0.0, "sigma_w2 must be in"),
        ((), 0.0, r"sigma_w2 must be a number or one axis of numbers; got shape \(0,\)"),
        (1.0, [[0.0]], r"sigma_b2 must be a number or one axis of numbers; got shape \(1, 1\)"),
        (
            np.ones(300),
            np.ones(300),
            "sigma_w2 and sigma_b2 must make at most 65536 pairs; got 300 x 300. Map a part",
        ),
    ],
)
def test_bad_variances(weights: object, biases: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        phase_map("tanh", weights, biases)  # type: ignore[arg-type]  # on purpose


def test_bad_names() -> None:
    with pytest.raises(ValueError, match="activation must be one of"):
        phase_map("tan", 1.0)
    with pytest.raises(ValueError, match=r"sigma_b2 must be in \[0, inf\); got -1"):
        critical_line("tanh", -1.0)
