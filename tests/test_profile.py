"""Two inputs' correlation and saturated units, against closed forms and networks really drawn."""

import math

import numpy as np
import pytest
from scipy import stats

from vscore.activations import ACTIVATIONS
from vscore.initializers import RandomNormal, VarianceScaling, Zeros
from vscore.meanfield import Prediction, predict
from vscore.networks import Network, convnet, mlp, recurrent
from vscore.propagation import simulate

WIDTH, NETWORKS, BATCH = 1000, 4, 16


def prediction(kind: str, depth: int, scale: float, bias: float = 0.0) -> Prediction:
    initializer = VarianceScaling(scale, "fan_in", "untruncated_normal")
    widths = (WIDTH,) * (depth + 1)
    return predict(mlp(widths, activation=kind, initializer=initializer, bias_variance=bias))


def arc_cosine(c: float) -> float:
    """Cho and Saul 2009, eq. 5: 2 E[relu(u1) relu(u2)] for variance 1 and correlation c."""
    angle = math.acos(c)
    return (math.sin(angle) + (math.pi - angle) * c) / math.pi


# Two inputs ------------------------------------------------------------------------------------


def test_one_unit_s_variance_collapses_in_a_he_relu_network() -> None:
    variance = prediction("relu", 50, 2.0).unit_variance
    published = {1: 2.0, 2: 1.36, 5: 0.64, 10: 0.29, 20: 0.11, 50: 0.025}
    for layer, value in published.items():
        half_a_digit = 0.0005 if layer == 50 else 0.005
        assert variance[layer - 1] == pytest.approx(value, abs=half_a_digit)


@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_relu_is_the_arc_cosine_kernel(bias: float) -> None:
    scale = 1.7
    q, c, expected = scale + bias, bias / (scale + bias), []
    for _ in range(20):
        expected.append((q, c))
        after = scale * q / 2 + bias
        q, c = after, (scale * q / 2 * arc_cosine(c) + bias) / after
    found = prediction("relu", 20, scale, bias)
    np.testing.assert_allclose(found.correlation, [c for _, c in expected], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.unit_variance, [q * (1 - c) for q, c in expected], rtol=1e-11)


def test_erf_is_the_arcsine_kernel() -> None:
    """Williams 1997: E[erf(u1) erf(u2)] = 2 / pi asin(2 q c / (1 + 2 q))."""
    scale, bias = 2.0, 0.1
    q, product, expected = scale + bias, bias, []
    for _ in range(8):
        expected.append(product / q)
        q, product = (
            scale * 2 / math.pi * math.asin(2 * each / (1 + 2 * q)) + bias for each in (q, product)
        )
    found = prediction("erf", 8, scale, bias).correlation
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("kind", ["linear", "tanh", "softsign", "hard_tanh", "erf"])
def test_odd_activations_keep_inputs_orthogonal(kind: str) -> None:
    found = prediction(kind, 6, 1.5)
    np.testing.assert_allclose(found.correlation, 0, atol=1e-12)
    np.testing.assert_allclose(found.unit_variance, found.q, rtol=1e-12)


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_correlation_of_any_magnitude(kind: str, scale: float) -> None:
    found = prediction(kind, 5, scale)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        correlation, variance = found.correlation, found.unit_variance
    assert ((correlation >= -1e-12) & (correlation <= 1)).all()
    assert (variance <= found.q).all()
    assert (variance >= 0).all()


def test_inputs_that_cannot_be_told_apart() -> None:
    """Of q = 0 every input is the same; of biases alone, too."""
    for bias in (0.0, 0.3):
        dead = predict(mlp((8,) * 4, activation="tanh", initializer=Zeros(), bias_variance=bias))
        np.testing.assert_array_equal(dead.correlation, 1)
        np.testing.assert_array_equal(dead.unit_variance, 0)


def test_correlation_cannot_be_written_to() -> None:
    """It is shared by all predictions of one network."""
    found = prediction("relu", 3, 2.0).correlation
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1.0


def test_correlation_of_a_zero_padded_image_is_refused() -> None:
    found = predict(convnet((3, 8, 8), image_size=8, padding="same"))
    message = (
        r"^correlation is known here only where all positions are alike; got padding='same'\. "
        r"Choose 'circular', or simulate it$"
    )
    with pytest.raises(ValueError, match=message):
        _ = found.correlation
    with pytest.raises(ValueError, match=message):
        _ = found.unit_variance


# Saturated units -------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_saturated_is_a_normal_law_s_tail(kind: str, scale: float) -> None:
    found = prediction(kind, 3, scale, 0.2)
    points = ACTIVATIONS[kind].saturation_points
    if points is None:
        np.testing.assert_array_equal(found.saturated, 0)
        return
    law = stats.norm(scale=np.sqrt(found.q))
    np.testing.assert_allclose(found.saturated, law.cdf(points[0]) + law.sf(points[1]), rtol=1e-9)


def test_saturated_in_closed_form() -> None:
    """relu6 saturates at z <= 0 and z >= 6; the first q is 4, so 6 is 3 standard deviations."""
    expected = 0.5 + 0.0013498980316300933
    assert prediction("relu6", 1, 4.0).saturated[0] == pytest.approx(expected, rel=1e-12)
    dead = predict(mlp((8, 8), activation="relu6", initializer=Zeros()))
    assert dead.saturated[0] == 1
    dead = predict(mlp((8, 8), activation="tanh", initializer=Zeros()))
    assert dead.saturated[0] == 0
    assert prediction("tanh", 5, 1e60).saturated[-1] == pytest.approx(1, abs=1e-12)


# Networks really drawn --------------------------------------------------------------------------


GAUSSIAN = VarianceScaling(2.0, "fan_in", "untruncated_normal")


@pytest.mark.parametrize(
    "network",
    [
        mlp((WIDTH,) * 7, activation="relu", initializer=GAUSSIAN),
        mlp((WIDTH,) * 7, activation="gelu", initializer=GAUSSIAN, bias_variance=0.1),
        mlp((WIDTH,) * 7, activation="tanh", initializer=GAUSSIAN, bias_variance=0.2),
        mlp((WIDTH,) * 5, activation="relu6", initializer=VarianceScaling(20.0)),
        convnet((64, 128, 128), image_size=8, activation="sigmoid", bias_variance=0.1),
        recurrent(
            "simple_rnn",
            input_dim=500,
            units=500,
            steps=5,
            recurrent_initializer=RandomNormal(0.0, 500**-0.5),
            bias_variance=0.3,
        ),
    ],
    ids=["relu", "gelu", "tanh", "relu6", "convnet", "recurrent"],
)
def test_networks_do_what_theory_says(network: Network) -> None:
    """4.9 standard errors, of a mean over n units, layer upon layer.

    What two inputs share scatters by sqrt(2 / n) of itself a network and a layer, the products
    that are 0 on average by 1 / sqrt(n BATCH) at most.
    """
    theory = predict(network)
    run = simulate(network, networks=NETWORKS, batch=BATCH, seed=3, backward=False)
    units = min(shape[-1] for shape in network.kernel_shapes)
    layers = np.arange(1, network.depth + 1)
    relative = 4.9 * np.sqrt(2 * layers / units / NETWORKS)
    allowed = theory.correlation * relative + 4.9 / math.sqrt(units * BATCH * NETWORKS)
    assert (np.abs(run.correlation.mean(axis=0) - theory.correlation) < allowed).all()
    variance = run.unit_variance.mean(axis=0) / theory.unit_variance - 1
    assert (np.abs(variance) < 2 * relative).all()
    assert (np.abs(run.saturated.mean(axis=0) - theory.saturated) < relative / 2).all()


def test_saturated_share_of_a_zero_padded_image() -> None:
    network = convnet((64, 128, 128), image_size=4, activation="tanh", padding="same")
    theory = predict(network)
    run = simulate(network, networks=8, batch=BATCH, seed=3, backward=False)
    bulk = predict(convnet((64, 128, 128), image_size=4, activation="tanh"))
    error = np.abs(run.saturated.mean(axis=0) / theory.saturated - 1)
    assert (error < 0.05).all()
    assert (np.abs(bulk.saturated / theory.saturated - 1) > 0.2).all()
