"""Simulated networks against exact laws.

A tolerance is 4.9 standard errors: a false alarm in a million for each comparison, and none at all
as long as the seeds stay. Each comparison states the largest error that it could have missed.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.special import polygamma, psi

from vscore.initializers import VarianceScaling
from vscore.networks import mlp
from vscore.propagation import Propagation, simulate

NORMAL_HE = VarianceScaling(2.0, "fan_in", "untruncated_normal")
NORMAL_LECUN = VarianceScaling(1.0, "fan_in", "untruncated_normal")


def assert_mean(samples: ArrayLike, expected: float, sees: float) -> None:
    """The samples' mean is `expected`, in a test that sees a relative error of `sees`."""
    numbers = np.asarray(samples, np.float64)
    error = 4.9 * numbers.std(ddof=1) / np.sqrt(len(numbers))
    assert abs(numbers.mean() - expected) < error
    assert error < sees * abs(expected)


WIDTH = 64
NETWORKS = 1500


@cache
def he_relu() -> tuple[Propagation, float]:
    """Many He ReLU networks on one input, and the input's mean square."""
    x = np.random.default_rng(0).normal(size=(1, WIDTH))
    network = mlp((WIDTH,) * 9, initializer=NORMAL_HE)
    result = simulate(network, networks=NETWORKS, inputs=x, seed=1)
    return result, float(np.mean(x.astype(np.float32).astype(np.float64) ** 2))


def product_moments(depth: int) -> list[float]:
    """E R^k, k = 1 to 4, of R = prod over layers of the mean of n copies of Y = 2 relu(z)^2.

    E Y^k = 2^k (2k - 1)!! / 2 = 1, 6, 60, 840, so Y's cumulants are 1, 5, 44, 553; those of the
    mean of n are kappa_k / n^(k - 1). (Hanin and Nica 2018: the second gives 1 + 5 / n a layer.)
    """
    a, b, c = 5 / WIDTH, 44 / WIDTH**2, 553 / WIDTH**3
    layer = (1, 1 + a, 1 + 3 * a + b, 1 + 6 * a + 4 * b + 3 * a * a + c)
    return [moment**depth for moment in layer]


@pytest.mark.parametrize("depth", range(1, 9))
def test_he_relu_keeps_the_second_moment_on_average(depth: int) -> None:
    result, start = he_relu()
    ratio = result.activation_second_moment[:, depth - 1] / start
    variance = (1 + 5 / WIDTH) ** depth - 1
    error = 4.9 * np.sqrt(variance / NETWORKS)
    assert abs(ratio.mean() - 1) < error
    assert error < 1.02**depth - 1 or depth < 4  # a gain 1 % too large is seen from layer 4 on


@pytest.mark.parametrize("depth", range(1, 9))
def test_he_relu_varies_as_hanin_and_nica_say(depth: int) -> None:
    result, start = he_relu()
    ratio = result.activation_second_moment[:, depth - 1] / start
    m1, m2, m3, m4 = product_moments(depth)
    variance = (1 + 5 / WIDTH) ** depth - 1
    assert m2 - m1**2 == pytest.approx(variance)
    fourth = m4 - 4 * m3 * m1 + 6 * m2 * m1**2 - 3 * m1**4
    error = 4.9 * np.sqrt((fourth - variance**2) / NETWORKS)
    assert abs(np.mean((ratio - 1) ** 2) - variance) < error
    assert error < 0.7 * variance  # tells 5 / n from 2 / n, the law of a linear network


def test_he_relu_pre_activations_have_twice_the_second_moment_before() -> None:
    result, start = he_relu()
    assert_mean(result.q[:, 0] / start, 2.0, sees=0.03)


def test_he_relu_gradient_keeps_its_second_moment_on_average() -> None:
    gradient = he_relu()[0].gradient_second_moment
    assert gradient is not None
    assert_mean(gradient[:, 0], 1.0, sees=0.15)  # 1.01^14 = 1.15
    assert_mean(gradient[:, -1], 1.0, sees=0.03)


LINEAR_WIDTH, LINEAR_DEPTH = 50, 10


@cache
def linear() -> Propagation:
    network = mlp(
        (LINEAR_WIDTH,) * (LINEAR_DEPTH + 1), activation="linear", initializer=NORMAL_LECUN
    )
    x = np.random.default_rng(1).normal(size=(1, LINEAR_WIDTH))
    return simulate(network, networks=700, inputs=x / np.sqrt(np.mean(x * x)), seed=2)


def steps(log10_moments: Any) -> Any:
    """The natural log's change over each layer, all networks together: independent numbers."""
    return np.diff(log10_moments, axis=1).ravel() * np.log(10)


def test_a_linear_layer_multiplies_by_a_chi_square() -> None:
    # |z|^2 / |h|^2 ~ chi^2_n / n: E log = psi(n / 2) - log(n / 2), Var log = psi_1(n / 2).
    changes = steps(linear().log10_q)
    half = LINEAR_WIDTH / 2
    expected, variance = psi(half) - np.log(half), float(polygamma(1, half))
    error = 4.9 * np.sqrt(variance / len(changes))
    assert abs(changes.mean() - expected) < error
    assert error < 0.02  # what a gain 1 % off adds
    # A log chi^2's kurtosis is 3 + psi_3 / psi_1^2.
    kurtosis = 3 + float(polygamma(3, half)) / variance**2
    assert abs(changes.var() / variance - 1) < 4.9 * np.sqrt((kurtosis - 1) / len(changes))


def test_a_linear_layer_does_the_same_to_a_gradient() -> None:
    log10_gradient = linear().log10_gradient
    assert log10_gradient is not None
    changes = -steps(log10_gradient)
    half = LINEAR_WIDTH / 2
    variance = float(polygamma(1, half))
    error = 4.9 * np.sqrt(variance / len(changes))
    assert abs(changes.mean() - (psi(half) - np.log(half))) < error < 0.02
    assert abs(changes.var() / variance - 1) < 0.1


@pytest.mark.parametrize(
    ("initializer", "factors"),
    [
        # sigma_w^2 of a layer = n_in scale / n; by hand for widths 60, 24, 96.
        (VarianceScaling(1.0, "fan_in", "uniform"), (1.0, 1.0)),
        (VarianceScaling(1.0, "fan_out"), (60 / 24, 24 / 96)),
        ("glorot_normal", (2 * 60 / 84, 2 * 24 / 120)),
        (VarianceScaling(1.0, "fan_geo_avg"), ((60 / 24) ** 0.5, (24 / 96) ** 0.5)),
        ("torch_default", (1 / 3, 1 / 3)),
        ("he_uniform", (2.0, 2.0)),
        ("orthogonal", (1.0, 24 / 96)),  # rows of a wide matrix, columns of a tall one
    ],
)
def test_rectangular_linear_layers(initializer: Any, factors: tuple[float, float]) -> None:
    network = mlp((60, 24, 96), activation="linear", initializer=initializer)
    # As many inputs as dimensions, orthonormal: q then is the mean square of the products'
    # entries, and nothing depends on a direction.
    inputs = np.eye(60) * np.sqrt(60)
    result = simulate(network, networks=400, inputs=inputs, seed=3)
    if initializer == "orthogonal":
        # 60 inputs into 24 units: columns of length 1, exactly.
        assert result.q[:, 0] == pytest.approx(1.0, rel=1e-5)
        assert result.q[:, 1] == pytest.approx(24 / 96, rel=1e-5)
        return
    assert_mean(result.q[:, 0], factors[0], sees=0.012)
    assert_mean(result.q[:, 1], factors[0] * factors[1], sees=0.012)
    assert result.gradient_second_moment is not None
    # Back through the last layer: n_out Var[w] = factor n_out / n_in.
    assert_mean(result.gradient_second_moment[:, 0], factors[1] * 96 / 24, sees=0.012)


@pytest.mark.parametrize(
    ("bias_variance", "expected"), [(0.0, 2.0), (0.5, 2.5)], ids=["without", "with"]
)
def test_biases_add_their_variance(bias_variance: float, expected: float) -> None:
    network = mlp((100, 100), initializer=NORMAL_HE, bias_variance=bias_variance)
    x = np.random.default_rng(4).normal(size=(32, 100))
    result = simulate(network, networks=600, inputs=x / np.sqrt(np.mean(x * x)), seed=4)
    assert_mean(result.q[:, 0], expected, sees=0.02)


def test_relu_after_one_he_layer() -> None:
    # z ~ N(0, 2): E h = 1 / sqrt(pi), E h^2 = 1, pooled variance 1 - 1 / pi.
    x = np.random.default_rng(5).normal(size=(64, 256))
    x /= np.sqrt(np.mean(x * x, axis=1, keepdims=True))
    result = simulate(mlp((256, 256), initializer=NORMAL_HE), networks=400, inputs=x, seed=5)
    assert_mean(result.activation_mean[:, 0], 0.5641896, sees=0.01)
    assert_mean(result.activation_second_moment[:, 0], 1.0, sees=0.01)
    # The networks' own means vary by 1 / n, which their variances lack: 0.03 %.
    assert_mean(result.activation_variance[:, 0], 0.6816901, sees=0.01)


def collapse(width: int, networks: int) -> Any:
    """unit_variance / q by network and layer: a layer's random size cancels."""
    network = mlp((width,) * 11, initializer=NORMAL_HE)
    result = simulate(network, networks=networks, batch=16, seed=6, backward=False)
    return result.unit_variance / result.q


def test_one_units_variance_collapses_while_the_second_moment_stays() -> None:
    # Infinitely wide: 2.0, 1.36, 0.64, 0.29 beside q = 2. What finite width adds is of order 1 / n,
    # and twice the wide networks less the narrow ones has none of it.
    wide, narrow = collapse(256, 100), collapse(128, 150)
    for layer, expected in {1: 1.0, 2: 0.68, 5: 0.32, 10: 0.145}.items():
        a, b = wide[:, layer - 1], narrow[:, layer - 1]
        error = 4.9 * np.sqrt(4 * a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        assert abs(2 * a.mean() - b.mean() - expected) < error + 0.0025  # their rounding
        assert error < 0.25 * expected


def test_correlation_follows_the_arc_cosine_map() -> None:
    # Cho and Saul 2009: c' = (sqrt(1 - c^2) + c (pi - arccos c)) / pi for ReLU.
    x = np.random.default_rng(7).normal(size=(2, 300))
    x /= np.sqrt(np.mean(x * x, axis=1, keepdims=True))
    cosine = float(np.mean(x[0] * x[1]))
    result = simulate(mlp((300,) * 4, initializer=NORMAL_HE), networks=300, inputs=x, seed=7)
    for layer in range(3):
        samples = result.correlation[:, layer]
        error = 4.9 * samples.std(ddof=1) / np.sqrt(len(samples))
        assert abs(samples.mean() - cosine) < error + 1 / 300
        assert error < 0.025
        cosine = (np.sqrt(1 - cosine**2) + cosine * (np.pi - np.arccos(cosine))) / np.pi


def test_untruncated_and_truncated_weights_differ_where_they_should() -> None:
    # One input unit: q = w^2, whose second moment is the kurtosis: 3 and 2.3655367.
    for law, kurtosis in (("untruncated_normal", 3.0), ("truncated_normal", 2.3655367)):
        initializer = replace(NORMAL_LECUN, distribution=law)
        network = mlp((1, 1), activation="linear", initializer=initializer)
        result = simulate(network, networks=3000, inputs=[[1.0]], backward=False, seed=8)
        assert_mean(result.q[:, 0] ** 2, kurtosis, sees=0.3)
        assert_mean(result.q[:, 0], 1.0, sees=0.15)
