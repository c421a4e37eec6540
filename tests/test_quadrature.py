"""Gaussian expectations against closed forms and against other integrators."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import mpmath  # type: ignore[import-untyped]  # published without types
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special

from vscore._quadrature import correlated_expectation, gaussian_expectation
from vscore.activations import ACTIVATIONS, Activation

Array: TypeAlias = NDArray[np.float64]
Function: TypeAlias = Callable[[Array], Array]

LENGTHS = (1e-4, 1e-2, 1.0, 25.0, 1e2, 1e4)

CORRELATIONS = (-1.0, -0.999999, -0.6, -1e-3, 0.0, 1e-9, 0.3, 0.9, 0.9999, 1 - 1e-8, 1 - 1e-14, 1.0)

# Sums of about a thousand terms of one sign: 1e-13 is some hundred roundings.
TIGHT = 1e-13

INTEGRANDS: dict[str, Callable[[Activation], Function]] = {
    "phi": lambda phi: phi.value,
    "phi^2": lambda phi: lambda x: phi.value(x) ** 2,
    "phi'^2": lambda phi: lambda x: phi.derivative(x) ** 2,
}

lengths = pytest.mark.parametrize("q", LENGTHS)
correlations = pytest.mark.parametrize("c", CORRELATIONS)


def by_tanh_sinh(f: Function, q: float, kinks: tuple[float, ...]) -> float:
    """E[f(sqrt(q) z)] by SciPy's adaptive double exponential rule, between cuts of its own."""
    scale = math.sqrt(q)
    grid = 0.297 * 3.0 ** np.arange(9)  # no two cuts so close that their gap is rounding
    cuts = np.unique(np.concatenate([-grid, [0.0, *kinks], grid, np.arange(-10, 11) * scale]))
    cuts = cuts[np.abs(cuts) <= 10 * scale]

    def weighted(x: Array) -> Array:
        return f(x) * np.exp(-0.5 * (x / scale) ** 2) / (scale * math.sqrt(2 * math.pi))

    pieces = integrate.tanhsinh(weighted, cuts[:-1], cuts[1:], rtol=1e-14, atol=1e-18)
    return math.fsum(pieces.integral)


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("integrand", INTEGRANDS)
def test_against_an_adaptive_rule(kind: str, integrand: str) -> None:
    phi = ACTIVATIONS[kind]
    f = INTEGRANDS[integrand](phi)
    expected = [by_tanh_sinh(f, q, phi.kinks) for q in LENGTHS]
    # Odd phi integrate to 0: the error is measured against E|phi|, at most sqrt(E[phi^2]).
    size = [math.sqrt(by_tanh_sinh(lambda x: f(x) ** 2, q, phi.kinks)) for q in LENGTHS]
    error = np.abs(gaussian_expectation(f, LENGTHS, phi.kinks) - expected) / size
    assert error.max() < TIGHT


@pytest.mark.parametrize("q", [1e-4, 25.0, 1e4])
def test_tanh_against_mpmath(q: float) -> None:
    with mpmath.workdps(25):
        root = mpmath.sqrt(q)
        cuts = sorted({min(z, 12) for z in (0, 1 / root, 10 / root, 1, 3, 6, 12)})
        half = mpmath.quad(lambda z: mpmath.tanh(root * z) ** 2 * mpmath.npdf(z), cuts)
    value = gaussian_expectation(lambda x: np.tanh(x) ** 2, q)
    assert float(value) == pytest.approx(float(2 * half), rel=TIGHT)


@lengths
def test_closed_forms(q: float) -> None:
    def expect(f: Function, *kinks: float) -> float:
        return float(gaussian_expectation(f, q, kinks))

    assert expect(np.abs, 0.0) == pytest.approx(math.sqrt(2 * q / math.pi), rel=TIGHT)
    assert expect(lambda x: x**4) == pytest.approx(3 * q * q, rel=TIGHT)
    arcsine = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
    assert expect(lambda x: special.erf(x) ** 2) == pytest.approx(arcsine, rel=1e-12)
    above = special.ndtr(-6 / math.sqrt(q))
    assert expect(lambda x: np.heaviside(x - 6, 0), 6.0) == pytest.approx(
        above, abs=1e-16, rel=1e-12
    )


def test_selu_keeps_mean_0_and_variance_1() -> None:
    phi = ACTIVATIONS["selu"]
    assert float(gaussian_expectation(phi.value, 1.0, phi.kinks)) == pytest.approx(0, abs=1e-15)
    square = gaussian_expectation(lambda x: phi.value(x) ** 2, 1.0, phi.kinks)
    assert float(square) == pytest.approx(1, rel=1e-14)


def test_q_0_gives_f_of_0() -> None:
    values = gaussian_expectation(lambda x: np.cos(x) + 2, [0.0, 1.0], (0.5,))
    assert values == pytest.approx([3, math.exp(-0.5) + 2], rel=1e-14)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)])
def test_shape_follows_q(shape: tuple[int, ...]) -> None:
    values = gaussian_expectation(lambda x: x * x, np.full(shape, 2.5))
    assert values.shape == shape
    np.testing.assert_allclose(values, 2.5, rtol=TIGHT)


@pytest.mark.parametrize("q", [1e-300, 1e-30, 1e30, 1e290])
def test_extreme_variances(q: float) -> None:
    assert float(gaussian_expectation(lambda x: np.maximum(x, 0) ** 2, q, (0.0,))) == pytest.approx(
        q / 2, rel=TIGHT
    )


@lengths
@correlations
@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
def test_two_slopes_against_the_arc_cosine_kernel(q: float, c: float, slope: float) -> None:
    # Cho and Saul 2009: E[relu(u1) relu(u2)] = q (sin t + (pi - t) cos t) / (2 pi), cos t = c.
    def relu_kernel(cosine: float) -> float:
        t = math.acos(cosine)
        return (math.sin(t) + (math.pi - t) * cosine) / (2 * math.pi)

    # phi(u) = relu(u) - slope relu(-u): two kernels at c, two at -c.
    expected = q * ((1 + slope**2) * relu_kernel(c) - 2 * slope * relu_kernel(-c))
    value = correlated_expectation(lambda x: np.where(x > 0, x, slope * x), q, c, (0.0,))
    assert value == pytest.approx(expected, abs=1e-12 * q)


@lengths
@correlations
def test_erf_against_the_arcsine_kernel(q: float, c: float) -> None:
    # Williams 1998: E[erf(u1) erf(u2)] = (2 / pi) asin(2 q c / (1 + 2 q)).
    expected = 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q))
    limit = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
    assert correlated_expectation(special.erf, q, c) == pytest.approx(expected, abs=1e-12 * limit)


@correlations
def test_sine_and_exponential(c: float) -> None:
    sine = math.exp(-1.7) * math.sinh(1.7 * c)
    assert correlated_expectation(np.sin, 1.7, c) == pytest.approx(sine, abs=1e-13)
    assert correlated_expectation(np.exp, 0.8, c) == pytest.approx(
        math.exp(0.8 * (1 + c)), rel=1e-12
    )


@lengths
@pytest.mark.parametrize("c", CORRELATIONS[1:-2])
@pytest.mark.parametrize("k", [-3.0, 0.0, 1.0, 6.0])
def test_steps_away_from_0_against_owens_t(q: float, c: float, k: float) -> None:
    # P(u1 < k, u2 < k) = Phi(h) - 2 T(h, sqrt((1 - c) / (1 + c))), h = k / sqrt(q) (Owen 1956).
    h = k / math.sqrt(q)
    expected = special.ndtr(h) - 2 * special.owens_t(h, math.sqrt((1 - c) / (1 + c)))
    value = correlated_expectation(lambda x: (x < k).astype(float), q, c, (k,))
    assert value == pytest.approx(expected, abs=2e-12)


@pytest.mark.parametrize(
    ("kind", "q", "c"), [("tanh", 4.0, 0.7), ("tanh", 1.0, -0.4), ("mish", 2.0, 0.95)]
)
def test_pairs_against_adaptive_double_integration(kind: str, q: float, c: float) -> None:
    scalar: dict[str, Callable[[float], float]] = {
        "tanh": math.tanh,
        "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    }
    f, root, rest = scalar[kind], math.sqrt(q), math.sqrt(1 - c * c)

    def integrand(y: float, x: float) -> float:
        density = math.exp(-0.5 * (x * x + y * y)) / (2 * math.pi)
        return f(root * x) * f(root * (c * x + rest * y)) * density

    expected, _ = integrate.dblquad(integrand, -8, 8, -8, 8, epsabs=1e-10, epsrel=1e-10)
    value = correlated_expectation(ACTIVATIONS[kind].value, q, c, ACTIVATIONS[kind].kinks)
    assert value == pytest.approx(expected, abs=1e-9)


@lengths
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_pairs_at_correlation_1_and_0_are_single_expectations(kind: str, q: float) -> None:
    phi = ACTIVATIONS[kind]
    square = by_tanh_sinh(lambda x: phi.value(x) ** 2, q, phi.kinks)
    mean = by_tanh_sinh(phi.value, q, phi.kinks)
    mirrored = by_tanh_sinh(
        lambda x: phi.value(x) * phi.value(-x), q, (*phi.kinks, *(-k for k in phi.kinks))
    )
    for c, expected in ((1.0, square), (0.0, mean**2), (-1.0, mirrored)):
        value = correlated_expectation(phi.value, q, c, phi.kinks)
        assert value == pytest.approx(expected, abs=1e-12 * square)


def test_pairs_at_q_0() -> None:
    assert correlated_expectation(lambda x: np.cos(x) + 1, 0.0, 0.3) == pytest.approx(4, rel=1e-14)


def test_gauss_hermite_would_not_do() -> None:
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    hermite = float(weight @ np.tanh(5 * node) ** 2) / math.sqrt(2 * math.pi)
    value: Any = gaussian_expectation(lambda x: np.tanh(x) ** 2, 25.0)
    assert abs(hermite - float(value)) == pytest.approx(4.6e-2, abs=5e-4)


def test_what_lies_at_a_kink_alone_does_not_count() -> None:
    def square(x: Array) -> Array:
        return np.where(x == 0, np.inf, x * x)

    assert gaussian_expectation(square, 1.0, (0.0,)) == pytest.approx(1.0, rel=TIGHT)
    assert gaussian_expectation(square, [0.25, 4.0], (0.0,)) == pytest.approx([0.25, 4], rel=TIGHT)
