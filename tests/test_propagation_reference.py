"""Every statistic against the same networks recomputed in plain float64 NumPy.

A network's kernels, biases, inputs and cotangent are read from the streams that the engine is
documented to use, and pushed through with a loop a layer; the gradient is checked by the adjoint
identity <J v, u> = <v, J' u> against tangents pushed forward, and by central differences.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vscore._streams import Stream
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, RandomNormal
from vscore.networks import DenseNetwork as Network
from vscore.networks import mlp
from vscore.propagation import Propagation, simulate

Array = NDArray[np.float64]

every_activation = pytest.mark.parametrize("kind", ACTIVATIONS)

SEED, INDEX, BATCH = 3, 2, 6
WIDTHS = (7, 11, 5, 9)

# By hand, from the definitions: the share of phi's maximal slope at which a smooth bounded unit
# counts as saturated is 0.05; a clipped one is where it is clipped.
CLIPPED = {"relu6": (0.0, 6.0), "hard_sigmoid": (-3.0, 3.0), "hard_tanh": (-1.0, 1.0)}
SMOOTH = ("tanh", "sigmoid", "softsign", "erf")
DYING = ("relu", "relu6", "hard_sigmoid")


@dataclass
class Drawn:
    """All that is random in one network of a simulation."""

    inputs: Array
    kernels: list[Array]
    biases: list[Array]
    cotangent: Array


def normal(stream: Stream, *shape: int) -> Array:
    return RandomNormal(0.0, 1.0).draw(shape, stream).astype(np.float64)


def drawn(network: Network, batch: int = BATCH) -> Drawn:
    """Network `INDEX` of `SEED`: steps 0 to 3 are inputs, kernels, biases, cotangent."""
    stream = Stream(SEED, (INDEX,))
    shapes = list(zip(network.widths[:-1], network.widths[1:], strict=True))
    return Drawn(
        normal(stream.child(0), batch, network.widths[0]),
        [
            network.initializer.draw(shape, stream.child(1, layer)).astype(np.float64)
            for layer, shape in enumerate(shapes)
        ],
        [
            np.sqrt(network.bias_variance) * normal(stream.child(2, layer), shape[1])
            for layer, shape in enumerate(shapes)
        ],
        normal(stream.child(3), batch, network.widths[-1]),
    )


def pre_activations(phi: Activation, parts: Drawn) -> list[Array]:
    h, layers = parts.inputs, []
    for kernel, bias in zip(parts.kernels, parts.biases, strict=True):
        z = h @ kernel + bias
        layers.append(z)
        h = phi.value(z)
    return layers


def pair_correlation(z: Array) -> float:
    """Mean over pairs of z_a . z_b, over mean of z_a . z_a: the loop that its name says."""
    pairs = [z[a] @ z[b] for a in range(len(z)) for b in range(len(z)) if a != b]
    return float(np.mean(pairs) / np.mean([row @ row for row in z]))


def saturated_share(phi: Activation, z: Array) -> float:
    if phi.kind in CLIPPED:
        low, high = CLIPPED[phi.kind]
        return float(np.mean((z <= low) | (z >= high)))
    if phi.kind in SMOOTH:
        return float(np.mean(phi.derivative(z) <= 0.05 * phi.derivative(0.0)))
    return 0.0


def dead_share(phi: Activation, z: Array) -> float:
    if phi.kind not in DYING:
        return 0.0
    return float(np.mean(((phi.value(z) == 0) & (phi.derivative(z) == 0)).all(axis=0)))


def statistics(phi: Activation, z: Array) -> dict[str, float]:
    h = phi.value(z)
    return {
        "q": np.mean(z**2),
        "log10_q": np.log10(np.mean(z**2)),
        "log10_peak": np.log10(np.abs(z).max()),
        "correlation": pair_correlation(z),
        "unit_variance": z.var(axis=0, ddof=1).mean(),
        "activation_mean": h.mean(),
        "activation_second_moment": np.mean(h**2),
        "activation_variance": h.var(),
        "saturated": saturated_share(phi, z),
        "dead": dead_share(phi, z),
    }


def simulated(network: Network, dtype: str = "float64") -> Propagation:
    return simulate(network, networks=INDEX + 1, batch=BATCH, seed=SEED, dtype=dtype)


def network_of(kind: str, initializer: str = "he_normal") -> Network:
    # Spread widely enough that some units saturate and some die.
    return mlp(WIDTHS, activation=kind, initializer=initializer, bias_variance=4.0)


@every_activation
def test_forward_statistics(kind: str) -> None:
    network = network_of(kind)
    result = simulated(network)
    assert (result.batch, result.seed, result.engine) == (BATCH, SEED, "weights")
    assert result.approximate is False
    for layer, z in enumerate(pre_activations(network.activation, drawn(network))):
        for name, expected in statistics(network.activation, z).items():
            array = getattr(result, name)
            assert array.shape == (INDEX + 1, 3)
            assert array.dtype == np.float64
            # A few hundred additions of rounded numbers of size 1 to 10.
            assert array[INDEX, layer] == pytest.approx(expected, rel=1e-11, abs=1e-13), name


@every_activation
def test_forward_statistics_in_float32(kind: str) -> None:
    network = network_of(kind)
    result = simulated(network, "float32")
    for layer, z in enumerate(pre_activations(network.activation, drawn(network))):
        for name, expected in statistics(network.activation, z).items():
            # Three layers of sums of a dozen products: some 30 roundings of 6e-8.
            value = getattr(result, name)[INDEX, layer]
            assert value == pytest.approx(expected, rel=1e-5, abs=1e-5), name


@pytest.mark.parametrize("initializer", [k for k in INITIALIZERS if k != "zeros"])
def test_every_initializer_is_drawn_from_its_stream(initializer: str) -> None:
    network = network_of("tanh", initializer)
    q = [np.mean(z**2) for z in pre_activations(network.activation, drawn(network))]
    assert simulated(network).q[INDEX] == pytest.approx(q, rel=1e-11)


def test_the_test_networks_saturate_and_die() -> None:
    for kind in (*CLIPPED, *SMOOTH):
        share = simulated(network_of(kind)).saturated[INDEX]
        assert np.all((share > 0) & (share < 1))
    assert simulated(network_of("relu")).dead.max() > 0


def tangents(phi: Activation, parts: Drawn, start: int) -> list[Array]:
    """J v for each unit vector v at layer `start`'s z, shape (units, batch, last width).

    Pushed forward, z' -> (phi'(z) z') W: not the order in which the engine multiplies.
    """
    layers = pre_activations(phi, parts)
    units = layers[start].shape[1]
    columns = []
    for unit in range(units):
        v = np.zeros_like(layers[start])
        v[:, unit] = 1
        for layer in range(start, len(layers) - 1):
            v = (v * phi.derivative(layers[layer])) @ parts.kernels[layer + 1]
        columns.append(v)
    return columns


@every_activation
def test_gradient_is_the_adjoint_of_the_tangents(kind: str) -> None:
    network = network_of(kind)
    parts = drawn(network)
    gradient = simulated(network).gradient_second_moment
    assert gradient is not None
    assert gradient.shape == (INDEX + 1, 3)
    for layer in range(3):
        # <v, J' u> = <J v, u> for each unit vector v, input by input.
        back = [
            np.sum(jv * parts.cotangent, axis=1) for jv in tangents(ACTIVATIONS[kind], parts, layer)
        ]
        expected = np.mean(np.square(back))
        assert gradient[INDEX, layer] == pytest.approx(expected, rel=1e-10)


def loss_from(phi: Activation, parts: Drawn, z: Array) -> Any:
    """u . z_L for each input, starting from the first layer's z."""
    for layer in range(1, len(parts.kernels)):
        z = phi.value(z) @ parts.kernels[layer] + parts.biases[layer]
    return np.sum(z * parts.cotangent, axis=1)


@every_activation
def test_gradient_is_the_central_difference(kind: str) -> None:
    network = network_of(kind)
    parts, phi = drawn(network), ACTIVATIONS[kind]
    z = pre_activations(phi, parts)[0]
    step = 1e-5
    back = []
    for unit in range(z.shape[1]):
        shift = np.zeros_like(z)
        shift[:, unit] = step
        above, below = loss_from(phi, parts, z + shift), loss_from(phi, parts, z - shift)
        back.append((above - below) / (2 * step))
    gradient = simulated(network).gradient_second_moment
    assert gradient is not None
    # step^2 phi''' and 1e-16 / step; no kink lies within a step of these z.
    assert gradient[INDEX, 0] == pytest.approx(np.mean(np.square(back)), rel=1e-7)


@every_activation
def test_gradient_in_float32(kind: str) -> None:
    exact = simulated(network_of(kind)).log10_gradient
    rounded = simulated(network_of(kind), "float32").log10_gradient
    assert rounded == pytest.approx(exact, abs=1e-5)


def test_gradient_of_wide_kernels() -> None:
    """Kernels on either side of 2^14 weights, whose products are taken in different orders."""
    network = mlp((90, 120, 200, 130, 150), initializer="he_normal", activation="relu")
    parts = drawn(network)
    slopes = [z > 0 for z in pre_activations(network.activation, parts)]
    g = parts.cotangent
    expected = [np.mean(g**2)]
    for kernel, slope in zip(parts.kernels[:0:-1], slopes[-2::-1], strict=True):
        g = (g @ kernel.T) * slope
        expected.append(np.mean(g**2))
    for dtype, error in (("float32", 1e-5), ("float64", 1e-10)):
        gradient = simulated(network, dtype).gradient_second_moment
        assert gradient is not None
        assert gradient[INDEX] == pytest.approx(expected[::-1], rel=error)


def test_one_input_makes_no_pair() -> None:
    result = simulate(mlp((4, 3)), networks=2, batch=1)
    assert np.isnan(result.correlation).all()
    assert np.isnan(result.unit_variance).all()
    assert np.isfinite(result.q).all()


def test_equal_inputs_are_fully_correlated() -> None:
    inputs = np.tile(np.arange(1.0, 6.0), (4, 1))
    result = simulate(mlp((5, 50, 50)), networks=2, inputs=inputs)
    assert result.correlation == pytest.approx(1.0, abs=1e-12)
    assert result.unit_variance == pytest.approx(0.0, abs=1e-12)
    assert result.unit_variance.min() >= 0


def test_opposite_inputs_are_anticorrelated() -> None:
    inputs = np.array([[1.0, -2.0, 3.0], [-1.0, 2.0, -3.0]])
    result = simulate(mlp((3, 8, 8), activation="linear"), networks=2, inputs=inputs)
    assert result.correlation == pytest.approx(-1.0, abs=1e-12)


def test_zeros_give_zeros_where_phi_of_0_is_0() -> None:
    result = simulate(mlp((4, 3, 2), initializer="zeros"), networks=2)
    assert np.all(result.log10_q == -np.inf)
    assert np.all(result.log10_peak == -np.inf)
    assert np.all(result.q == 0)
    assert np.all(result.correlation == 1)
    assert np.all(result.unit_variance == 0)
    assert np.all(result.activation_second_moment == 0)
    assert np.all(result.dead == 1)
    assert result.log10_gradient is not None
    assert np.all(result.log10_gradient[:, 0] == -np.inf)
    assert np.all(np.isfinite(result.log10_gradient[:, 1]))
    assert np.all(result.overflow_layer == -1)


def test_no_backward_pass_no_gradient() -> None:
    result = simulate(mlp((4, 3)), networks=1, backward=False)
    assert result.log10_gradient is None
    assert result.gradient_second_moment is None


def test_given_inputs_are_used_as_they_are() -> None:
    network = mlp((3, 2), activation="linear")
    inputs = [[1, 2, 3], [4, 5, 6]]
    kernel = network.initializer.draw((3, 2), Stream(5, (0, 1, 0))).astype(np.float64)
    result = simulate(network, networks=1, seed=5, inputs=inputs, dtype="float64", batch=99)
    assert result.batch == 2
    assert result.q[0, 0] == pytest.approx(np.mean((np.array(inputs) @ kernel) ** 2), rel=1e-13)
