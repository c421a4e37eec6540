"""Mean-field predictions against quadrature by SciPy, closed forms, and networks really drawn."""

import itertools
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import integrate, special

from vscore.activations import ACTIVATIONS
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
from vscore.meanfield import Prediction, predict
from vscore.networks import mlp
from vscore.propagation import simulate

WIDTHS = (300, 120, 500, 40)

MODE_N = {
    "fan_in": (300, 120, 500),
    "fan_out": (120, 500, 40),
    "fan_avg": (210, 310, 270),
    "fan_geo_avg": (math.sqrt(36_000), math.sqrt(60_000), math.sqrt(20_000)),
}
"""What the variance's numerator is divided by in each layer of `WIDTHS`."""

LAWS = ("truncated_normal", "untruncated_normal", "uniform")

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@dataclass(frozen=True)
class Reference:
    """An activation written down again, its kinks beside it."""

    phi: Callable[[float], float]
    slope: Callable[[float], float]
    kinks: tuple[float, ...] = ()


def normal_pdf(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def sigmoid(z: float) -> float:
    return float(special.expit(z))


def softplus(z: float) -> float:
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def bell(z: float) -> float:
    """tanh' at z."""
    return 1 - math.tanh(z) ** 2


def gelu_tanh(z: float) -> float:
    return z * sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


def gelu_tanh_slope(z: float) -> float:
    s = sigmoid(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))
    return s + z * s * (1 - s) * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z * z)


REFERENCES = {
    "linear": Reference(lambda z: z, lambda z: 1.0),
    "relu": Reference(lambda z: max(z, 0.0), lambda z: float(z > 0), (0.0,)),
    "relu6": Reference(lambda z: min(max(z, 0.0), 6.0), lambda z: float(0 < z < 6), (0.0, 6.0)),
    "leaky_relu": Reference(
        lambda z: z if z > 0 else 0.2 * z, lambda z: 1.0 if z > 0 else 0.2, (0.0,)
    ),
    "elu": Reference(
        lambda z: z if z > 0 else math.expm1(z), lambda z: 1.0 if z > 0 else math.exp(z), (0.0,)
    ),
    "selu": Reference(
        lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * math.expm1(z)),
        lambda z: SELU_SCALE * (1.0 if z > 0 else SELU_ALPHA * math.exp(z)),
        (0.0,),
    ),
    "gelu": Reference(
        lambda z: z * float(special.ndtr(z)), lambda z: float(special.ndtr(z)) + z * normal_pdf(z)
    ),
    "gelu_tanh": Reference(gelu_tanh, gelu_tanh_slope),
    "silu": Reference(lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "mish": Reference(
        lambda z: z * math.tanh(softplus(z)),
        lambda z: math.tanh(softplus(z)) + z * bell(softplus(z)) * sigmoid(z),
    ),
    "softplus": Reference(softplus, sigmoid),
    "softsign": Reference(lambda z: z / (1 + abs(z)), lambda z: (1 + abs(z)) ** -2, (0.0,)),
    "tanh": Reference(math.tanh, bell),
    "sigmoid": Reference(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "hard_sigmoid": Reference(
        lambda z: min(max(z / 6 + 0.5, 0.0), 1.0), lambda z: (1 / 6) * (abs(z) < 3), (-3.0, 3.0)
    ),
    "hard_tanh": Reference(
        lambda z: min(max(z, -1.0), 1.0), lambda z: float(abs(z) < 1), (-1.0, 1.0)
    ),
    "erf": Reference(math.erf, lambda z: 2 / math.sqrt(math.pi) * math.exp(-z * z)),
}


@cache
def expectation(kind: str, name: str, power: int, q: float) -> float:
    """E[f(sqrt(q) z)^power] by SciPy's adaptive quadrature, cut at the kinks and where f bends."""
    reference = REFERENCES[kind]
    f = reference.phi if name == "phi" else reference.slope
    root = math.sqrt(q)
    bends = {kink / root for kink in reference.kinks} | {k / root for k in (-4, -1, 0, 1, 4)}
    cuts = [-10.0, *sorted(bend for bend in bends if abs(bend) < 10), 10.0]
    pieces = (
        integrate.quad(
            lambda z: f(root * z) ** power * normal_pdf(z), a, b, epsabs=0, epsrel=1e-12, limit=200
        )[0]
        for a, b in itertools.pairwise(cuts)
    )
    return math.fsum(pieces)


def test_every_activation_has_a_reference() -> None:
    assert set(REFERENCES) == set(ACTIVATIONS)


# Layer by layer against the recursion done by hand -------------------------------------------


@dataclass(frozen=True)
class Expected:
    q: list[float]
    mean: list[float]
    second: list[float]
    gradient: list[float]
    chi: list[float]


def recursion(
    kind: str, widths: tuple[int, ...], variances: list[float], bias: float, q_x: float
) -> Expected:
    """The length map forward, then the gradient's back, one layer at a time."""
    q, mean, second = [], [], []
    h = q_x
    for fan_in, variance in zip(widths[:-1], variances, strict=True):
        q.append(fan_in * variance * h + bias)
        mean.append(expectation(kind, "phi", 1, q[-1]))
        h = expectation(kind, "phi", 2, q[-1])
        second.append(h)
    slopes = [expectation(kind, "slope", 2, each) for each in q]
    gradient = [1.0]
    for layer in range(len(q) - 2, -1, -1):
        # Row i of the next kernel meets widths[layer + 2] gradients.
        step = widths[layer + 2] * variances[layer + 1] * slopes[layer]
        gradient.insert(0, step * gradient[0])
    chi = [n * v * s for n, v, s in zip(widths[:-1], variances, slopes, strict=True)]
    return Expected(q, mean, second, gradient, chi)


def assert_agrees(prediction: Prediction, expected: Expected) -> None:
    """Both quadratures are good to 1e-12, and three layers multiply that by less than 100."""
    second = np.array(expected.second)
    pairs = (
        (prediction.q, expected.q),
        (10**prediction.log10_q, expected.q),
        (prediction.activation_mean, expected.mean),
        (prediction.activation_second_moment, second),
        (prediction.activation_variance, second - np.square(expected.mean)),
        (prediction.gradient_second_moment, expected.gradient),
        (prediction.chi, expected.chi),
    )
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, np.array(theirs), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("bias", [0.0, 0.3])
@pytest.mark.parametrize("mode", MODE_N)
@pytest.mark.parametrize("kind", ["tanh", "gelu", "sigmoid", "softplus"])
def test_recursion_in_every_mode(kind: str, mode: str, bias: float) -> None:
    initializer = VarianceScaling(1.7, mode)  # type: ignore[arg-type]  # a key of MODE_N
    network = mlp(WIDTHS, activation=kind, initializer=initializer, bias_variance=bias)
    variances = [1.7 / n for n in MODE_N[mode]]
    assert_agrees(
        predict(network, inputs_second_moment=0.6),
        recursion(kind, WIDTHS, variances, bias, 0.6),
    )


@pytest.mark.parametrize("kind", REFERENCES)
def test_recursion_of_every_activation(kind: str) -> None:
    network = mlp(WIDTHS, activation=kind, initializer=VarianceScaling(2.0), bias_variance=0.1)
    variances = [2 / 300, 2 / 120, 2 / 500]
    assert_agrees(predict(network), recursion(kind, WIDTHS, variances, 0.1, 1.0))


@pytest.mark.parametrize("law", LAWS)
def test_only_the_variance_counts(law: str) -> None:
    """Theory is the same for every law of one variance."""
    network = mlp(WIDTHS, activation="tanh", initializer=VarianceScaling(1.3, "fan_avg", law))
    variances = [1.3 / n for n in MODE_N["fan_avg"]]
    assert_agrees(predict(network), recursion("tanh", WIDTHS, variances, 0.0, 1.0))


# Var[w] of each layer of `WIDTHS`, by hand. A truncated normal keeps 1 - 4 pdf(2) / P(|z| < 2).
CUT = 0.7737413035499232
OTHER_INITIALIZERS: list[tuple[Initializer, list[float]]] = [
    (RandomNormal(0.0, 0.07), [0.0049] * 3),
    (TruncatedNormal(0.0, 0.07), [0.0049 * CUT] * 3),
    (RandomUniform(-0.06, 0.06), [0.0012] * 3),
    (Orthogonal(1.5), [2.25 / 300, 2.25 / 500, 2.25 / 500]),
    (INITIALIZERS["torch_default"], [1 / 900, 1 / 360, 1 / 1500]),
    (INITIALIZERS["glorot_uniform"], [1 / 210, 1 / 310, 1 / 270]),
    (INITIALIZERS["kaiming_normal"], [2 / 300, 2 / 120, 2 / 500]),
]


@pytest.mark.parametrize(("initializer", "variances"), OTHER_INITIALIZERS, ids=str)
def test_every_initializer_of_mean_zero(initializer: Initializer, variances: list[float]) -> None:
    network = mlp(WIDTHS, activation="gelu", initializer=initializer)
    assert_agrees(predict(network), recursion("gelu", WIDTHS, variances, 0.0, 1.0))


# Closed forms ---------------------------------------------------------------------------------


def test_linear_network_multiplies_fan_in_times_variance() -> None:
    """scale 1, fan_avg: 2 n_in / (n_in + n_out) a layer forward, 2 n_out / (n_in + n_out) back."""
    network = mlp(
        (100, 50, 200, 10), activation="linear", initializer=VarianceScaling(1.0, "fan_avg")
    )
    forward = [4 / 3, 4 / 3 * 2 / 5, 4 / 3 * 2 / 5 * 40 / 21]
    backward = [8 / 5 * 2 / 21, 2 / 21, 1]
    prediction = predict(network)
    np.testing.assert_allclose(prediction.q, forward, rtol=1e-13)
    np.testing.assert_allclose(prediction.gradient_second_moment, backward, rtol=1e-13)
    np.testing.assert_allclose(prediction.chi, [4 / 3, 2 / 5, 40 / 21], rtol=1e-13)
    np.testing.assert_array_equal(prediction.activation_mean, 0)


def test_relu_is_a_product_of_factors() -> None:
    """Weights of variance 0.01: layers multiply by n_in / 200, the first by n_in / 100."""
    network = mlp((100, 50, 200, 10), activation="relu", initializer=RandomNormal(0.0, 0.1))
    q = [3.0, 3 * 50 / 200, 3 * 50 / 200 * 200 / 200]
    prediction = predict(network, inputs_second_moment=3.0)
    np.testing.assert_allclose(prediction.q, q, rtol=1e-13)
    np.testing.assert_allclose(prediction.activation_second_moment, np.array(q) / 2, rtol=1e-13)
    # E relu = sqrt(q / 2 pi).
    np.testing.assert_allclose(
        prediction.activation_mean, np.sqrt(np.array(q) / (2 * np.pi)), rtol=1e-13
    )
    # Back: fan_out * variance / 2.
    np.testing.assert_allclose(
        prediction.gradient_second_moment, [200 / 200 * 10 / 200, 10 / 200, 1], rtol=1e-13
    )


@pytest.mark.parametrize("bias", [0.0, 0.5])
def test_he_relu_keeps_q_and_biases_add_up(bias: float) -> None:
    network = mlp((256,) * 21, bias_variance=bias)  # relu, he_normal
    np.testing.assert_allclose(predict(network).q, 2 + bias * np.arange(1, 21), rtol=1e-13)


@pytest.mark.parametrize("q_x", [0.0, 1e-300, 1.0, 1e300])
def test_inputs_second_moment_scales_a_homogeneous_network(q_x: float) -> None:
    prediction = predict(mlp((10, 10, 10)), inputs_second_moment=q_x)
    np.testing.assert_allclose(prediction.q, [2 * q_x, 2 * q_x], rtol=1e-12)


def test_dead_and_constant_signals() -> None:
    zeros = predict(mlp((10, 10, 10), activation="tanh", initializer=Zeros()))
    assert list(zeros.log10_q) == [-math.inf, -math.inf]
    assert list(zeros.q) == [0, 0]
    assert list(zeros.gradient_second_moment) == [0, 1]
    only_bias = predict(
        mlp((10, 10, 10), activation="sigmoid", initializer=Zeros(), bias_variance=0.25)
    )
    np.testing.assert_allclose(only_bias.q, [0.25, 0.25], rtol=1e-13)
    assert_agrees(only_bias, recursion("sigmoid", (10, 10, 10), [0.0, 0.0], 0.25, 1.0))


# Numbers that people get wrong ----------------------------------------------------------------


def deep(activation: str, initializer: str, depth: int = 50) -> Prediction:
    return predict(mlp((512,) * (depth + 1), activation=activation, initializer=initializer))


def test_he_keeps_the_second_moment_not_the_variance() -> None:
    prediction = deep("relu", "he_normal")
    np.testing.assert_allclose(prediction.q, 2, rtol=1e-12)
    np.testing.assert_allclose(prediction.activation_second_moment, 1, rtol=1e-12)
    np.testing.assert_allclose(prediction.activation_variance, 1 - 1 / math.pi, rtol=1e-12)
    np.testing.assert_allclose(prediction.activation_mean, 1 / math.sqrt(math.pi), rtol=1e-12)
    np.testing.assert_allclose(prediction.gradient_second_moment, 1, rtol=1e-12)
    np.testing.assert_allclose(prediction.chi, 1, rtol=1e-12)


def test_torch_default_loses_five_sixths_a_relu_layer() -> None:
    np.testing.assert_allclose(
        deep("relu", "torch_default", 10).q, [6.0**-k / 3 for k in range(10)], rtol=1e-12
    )


def test_truncation_without_correction_loses_a_factor_a_layer() -> None:
    network = mlp((400,) * 4, activation="linear", initializer=TruncatedNormal(0.0, 0.05))
    np.testing.assert_allclose(predict(network).q, [CUT, CUT**2, CUT**3], rtol=1e-12)


def test_lecun_selu_stays_at_one() -> None:
    prediction = deep("selu", "lecun_normal")
    np.testing.assert_allclose(prediction.q, 1, rtol=1e-12)
    np.testing.assert_allclose(prediction.activation_mean, 0, atol=1e-12)
    np.testing.assert_allclose(prediction.chi, 1.0715750, rtol=5e-8)


def test_xavier_tanh_falls_as_one_over_twice_the_depth() -> None:
    """1 / q grows by 2 a layer, less 10 q / 3: tanh^2 = z^2 - 2 z^4 / 3 + 17 z^6 / 45."""
    prediction = deep("tanh", "glorot_normal", 400)
    steps = np.diff(1 / prediction.q)
    late = prediction.q[200:-1]
    # 1 / q' - 1 / q = 2 - (17/3 - 4) q + O(q^2), where E z^6 = 15 q^3.
    np.testing.assert_allclose(steps[200:], 2 - 5 / 3 * late, atol=12 * late[0] ** 2)
    assert prediction.q[-1] == pytest.approx(1 / 800, rel=0.02)


def test_he_tanh_is_chaotic() -> None:
    assert deep("tanh", "he_normal", 100).chi[-1] == pytest.approx(1.1055, abs=5e-5)


@pytest.mark.parametrize("kind", ["gelu", "silu"])
def test_he_gelu_and_silu_vanish(kind: str) -> None:
    """The end is linear: phi(z) = z / 2 there, so half of q is left a layer."""
    q = deep(kind, "he_normal").q
    assert q[49] < 1e-10
    assert q[49] / q[48] == pytest.approx(0.5, rel=1e-4)


def test_he_silu_after_fifty_layers() -> None:
    """About 3e-14, to the factor of 2 that a layer makes there; GELU's is 100 times as large."""
    assert abs(math.log2(deep("silu", "he_normal").q[49] / 3e-14)) < 1
    variances = [2 / 512] * 50
    expected = recursion("gelu", (512,) * 51, variances, 0.0, 1.0).q[49]
    assert deep("gelu", "he_normal").q[49] == pytest.approx(expected, rel=1e-9, abs=0)


def test_he_elu_grows() -> None:
    q = deep("elu", "he_normal").q
    assert (np.diff(q) > 0).all()


# Any magnitude --------------------------------------------------------------------------------


@pytest.fixture
def no_warnings() -> object:
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("kind", REFERENCES)
@pytest.mark.parametrize("gain", [1e-6, 1e-3, 1e3, 1e6])
def test_log_range(kind: str, gain: float) -> None:
    """A thousand layers of any gain: numbers, infinities with a finite logarithm, never nan."""
    network = mlp((64,) * 1001, activation=kind, initializer=VarianceScaling(gain**2))
    prediction = predict(network)
    assert np.isfinite(prediction.log10_q).all()
    for values in (
        prediction.q,
        prediction.activation_mean,
        prediction.activation_second_moment,
        prediction.activation_variance,
        prediction.gradient_second_moment,
        prediction.chi,
    ):
        assert values.shape == (1000,)
        assert not np.isnan(values).any()
    assert not np.isnan(prediction.log10_gradient).any()
    assert (prediction.log10_gradient < np.inf).all()


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize(
    ("kind", "gain", "factor"),
    [
        # Mean squares of the slopes far out and at 0.
        ("linear", 1e6, 1),
        ("linear", 1e-6, 1),
        ("relu", 1e6, 0.5),
        ("relu", 1e-6, 0.5),
        ("leaky_relu", 1e6, 0.52),
        ("leaky_relu", 1e-6, 0.52),
        ("elu", 1e6, 0.5),
        ("elu", 1e-6, 1),
        ("selu", 1e6, SELU_SCALE**2 / 2),
        ("selu", 1e-6, SELU_SCALE**2 * (1 + SELU_ALPHA**2) / 2),
        ("gelu", 1e6, 0.5),
        ("gelu", 1e-6, 0.25),
        ("gelu_tanh", 1e6, 0.5),
        ("gelu_tanh", 1e-6, 0.25),
        ("silu", 1e6, 0.5),
        ("silu", 1e-6, 0.25),
        ("mish", 1e6, 0.5),
        ("mish", 1e-6, 0.36),
        ("softplus", 1e6, 0.5),
        ("tanh", 1e-6, 1),
        ("softsign", 1e-6, 1),
        ("relu6", 1e-6, 0.5),
        ("hard_tanh", 1e-6, 1),
        ("erf", 1e-6, 4 / math.pi),
    ],
)
def test_log_range_in_closed_form(kind: str, gain: float, factor: float) -> None:
    """Far from 1 an activation is one or two straight lines: log10 q is linear in depth."""
    network = mlp((64,) * 1001, activation=kind, initializer=VarianceScaling(gain**2))
    prediction = predict(network)
    step = 2 * math.log10(gain) + math.log10(factor)
    np.testing.assert_allclose(np.diff(prediction.log10_q)[5:], step, rtol=0, atol=1e-6)
    assert prediction.log10_q[0] == pytest.approx(2 * math.log10(gain), abs=1e-12)


def test_gradient_of_a_saturated_tanh() -> None:
    """chi = g^2 (4/3) / (sqrt(2 pi) g): the integral of sech^4 is 4/3, the density at 0 is known.

    The next term of the density, -z^2 / 2 q, is 1e-12 as large.
    """
    network = mlp((64,) * 1001, activation="tanh", initializer=VarianceScaling(1e12))
    prediction = predict(network)
    # q = g^2 E tanh^2 = g^2 (1 - 2 / sqrt(2 pi q)), from the integral of sech^2.
    np.testing.assert_allclose(prediction.q[1:], 1e12 * (1 - 2e-6 / math.sqrt(2 * math.pi)))
    chi = 1e6 * 4 / 3 / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(prediction.chi[:-1], chi, rtol=2e-6)
    assert prediction.log10_gradient[0] == pytest.approx(999 * math.log10(chi), rel=1e-7)


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("initializer", "mean"),
    [
        (RandomNormal(0.25, 0.1), "0.25"),
        (TruncatedNormal(-0.5, 0.1), "-0.5"),
        (RandomUniform(0.0, 0.5), "0.25"),
        (Constant(2.0), "2"),
    ],
)
def test_weights_of_another_mean_are_refused(initializer: Initializer, mean: str) -> None:
    message = f"^initializer must give weights of mean 0 for theory to hold; got mean {mean}\\. "
    with pytest.raises(ValueError, match=message):
        predict(mlp((10, 10), initializer=initializer))


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan, "1", True])
def test_inputs_second_moment_is_checked(value: float) -> None:
    with pytest.raises(ValueError, match=r"^inputs_second_moment must be in \[0, inf\); got "):
        predict(mlp((10, 10)), inputs_second_moment=value)


# Networks really drawn ------------------------------------------------------------------------

NETWORKS, BATCH, WIDTH, DEPTH = 4, 256, 1000, 3
SIGMAS = 4.9
"""A normal variable passes it once in a million; 12 numbers an activation, fixed seeds."""

Z = np.linspace(-8, 8, 161)
MASS = np.exp(-(Z**2) / 2) / np.exp(-(Z**2) / 2).sum()
SCORE = (Z**2 - 1) / 2
"""d E f(sqrt(q) z) / d ln q = E[f He_2(z)] / 2."""
BEND = (Z**4 - 6 * Z**2 + 3) / 4
"""q^2 d^2 E f(sqrt(q) z) / dq^2 = E[f He_4(z)] / 4."""


@dataclass(frozen=True)
class Moment:
    """E f(sqrt(q) z) of one layer, and how it moves with q; all relative to `size`."""

    excess: float
    """Variance of f."""
    slope: float
    """d / d ln q."""
    bend: float
    """q^2 d^2 / dq^2."""


def moment(f: np.ndarray, size: float) -> Moment:
    mean = float(f @ MASS)
    excess = float(f**2 @ MASS) - mean**2
    return Moment(excess / size**2, float(f * SCORE @ MASS) / size, float(f * BEND @ MASS) / size)


@dataclass(frozen=True)
class Layer:
    """What one layer adds to the spread of finite networks, to the percent a tolerance needs."""

    correlation: float
    """Of two inputs' z; both inputs of mean square q."""
    mean: Moment
    second: Moment
    gradient: Moment
    mixed: float
    """A bound of E phi^2 phi'^2 / (E phi^2 E phi'^2), by Cauchy and Schwarz."""


def layers(kind: str, lengths: list[float]) -> list[Layer]:
    result, correlation = [], 0.0
    reference = REFERENCES[kind]
    for q in lengths:
        u = math.sqrt(q) * Z
        phi = np.vectorize(reference.phi, otypes=[float])
        f, d = phi(u), np.vectorize(reference.slope, otypes=[float])(u)
        size, slope = float(f**2 @ MASS), float(d**2 @ MASS)
        second, gradient = moment(f**2, size), moment(d**2, slope)
        mixed = math.sqrt((1 + second.excess) * (1 + gradient.excess))
        result.append(Layer(correlation, moment(f, 1.0), second, gradient, mixed))
        own = math.sqrt(1 - correlation**2)
        other = phi(correlation * u[:, None] + own * u)
        correlation = float(f * MASS @ other @ MASS) / size
    return result


def tolerances(kind: str, lengths: list[float]) -> dict[str, np.ndarray]:
    """Bounds of the deviation of the mean over networks, by layer.

    A mean over n units and B inputs of f(z), z Gaussian and of correlation c between inputs, has a
    variance of at most Var f (c + 1/B) / n, since functions of two Gaussians are no more correlated
    than they are (Gebelein 1941). Weights add 2 (c^2 + 1/B) / n to ln q, the inputs 2 / (n B). A
    deviation of q goes on by d ln E phi^2 / d ln q. Beside the spread there is a bias: half of a
    moment's curvature in q times the variance of one input's q, and for gradients the dependence
    of a kernel's square on the z that it made, both O(1 / n).
    """
    n, found = WIDTH, layers(kind, lengths)
    pooled, single, down = 4 / (n * BATCH) + 2 / n**2, 4 / n, []
    bounds: dict[str, list[float]] = {"q": [], "mean": [], "second": []}
    bias = 0.0
    for layer, after in zip(found, [*found[1:], None], strict=True):
        share = (layer.correlation + 1 / BATCH) / n
        bounds["q"].append(SIGMAS * math.sqrt(pooled / NETWORKS) + bias)
        for name, f in (("mean", layer.mean), ("second", layer.second)):
            noise = f.slope**2 * pooled + f.excess * share
            drift = abs(f.slope) * bias + abs(f.bend) * single / 2
            bounds[name].append(SIGMAS * math.sqrt(noise / NETWORKS) + drift)
        g = layer.gradient
        independent = g.excess * share + 2 * (1 / BATCH + 1 / n) / n
        drift = abs(g.slope) * (bias + 2 * layer.mixed / n) + abs(g.bend) * single / 2
        down.append((independent, abs(g.slope) * math.sqrt(pooled), drift))
        s = layer.second
        bias = abs(s.slope) * bias + abs(s.bend) * single / 2
        common = 0.0 if after is None else after.correlation**2
        pooled = s.slope**2 * pooled + s.excess * share + 2 * (common + 1 / BATCH) / n
        single = s.slope**2 * single + (s.excess + 2) / n
    return {name: np.array(b) for name, b in bounds.items()} | {"gradient": gradient_bounds(down)}


def gradient_bounds(down: list[tuple[float, float, float]]) -> np.ndarray:
    """Steps from the last layer back: independent variances add, what comes from q adds as std."""
    result = []
    for layer in range(len(down)):
        independent, from_q, drift = np.sum(down[layer:-1], axis=0) if down[layer:-1] else (0, 0, 0)
        noise = math.sqrt(independent + 2 / (WIDTH * BATCH)) + from_q
        result.append(SIGMAS * noise / math.sqrt(NETWORKS) + drift)
    return np.array(result)


def deviations(kind: str, scale: float = 1.5) -> dict[str, np.ndarray]:
    """|simulated - predicted| over the tolerance, by statistic and layer."""
    law = "untruncated_normal"
    widths = (WIDTH,) * (DEPTH + 1)
    drawn = simulate(
        mlp(widths, activation=kind, initializer=VarianceScaling(1.5, "fan_in", law)),
        networks=NETWORKS,
        batch=BATCH,
        seed=11,
        engine="weights",
    )
    theory = predict(
        mlp(widths, activation=kind, initializer=VarianceScaling(scale, "fan_in", law))
    )
    allowed = tolerances(kind, recursion(kind, widths, [1.5 / WIDTH] * DEPTH, 0.0, 1.0).q)
    assert drawn.gradient_second_moment is not None
    relative = {
        "q": drawn.q.mean(axis=0) / theory.q - 1,
        "second": drawn.activation_second_moment.mean(axis=0) / theory.activation_second_moment - 1,
        "gradient": drawn.gradient_second_moment.mean(axis=0) / theory.gradient_second_moment - 1,
        "mean": drawn.activation_mean.mean(axis=0) - theory.activation_mean,
    }
    return {name: np.abs(values) / allowed[name] for name, values in relative.items()}


@pytest.mark.parametrize("kind", REFERENCES)
def test_networks_do_what_theory_says(kind: str) -> None:
    far = {name: ratios for name, ratios in deviations(kind).items() if (ratios > 1).any()}
    assert far == {}


@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_a_gain_one_percent_off_is_seen(kind: str) -> None:
    assert (deviations(kind, scale=1.5 * 1.01**2)["q"] > 1).any()
