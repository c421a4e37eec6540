"""Convolutional networks: as data, as arithmetic, as PyTorch has them, and against their laws."""

import itertools
import json
import math
import pickle
import time
import tracemalloc
from dataclasses import FrozenInstanceError, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vscore._streams import Stream
from vscore._workers import Monitor
from vscore.activations import ACTIVATIONS
from vscore.fans import Fans
from vscore.initializers import Orthogonal, RandomNormal, VarianceScaling
from vscore.meanfield import predict
from vscore.networks import ConvolutionalNetwork, convnet, mlp
from vscore.propagation import Propagation, convolution, portions, simulate
from vscore.propagation.convolution import ConvolutionRun
from vscore.propagation.statistics import FORWARD

Array = NDArray[np.float64]

PADDINGS = ("circular", "same")
NORMAL_HE = VarianceScaling(2.0, "fan_in", "untruncated_normal")
NORMAL_LECUN = VarianceScaling(1.0, "fan_in", "untruncated_normal")

every_padding = pytest.mark.parametrize("padding", PADDINGS)

# Taps and positions: odd and even, one axis and two, a tap alone, windows as large as the image.
SIZES = [
    ((3, 2), (4, 5)),
    ((1, 4), (3, 4)),
    ((5, 3), (5, 6)),
    ((1, 1), (2, 3)),
    ((2,), (5,)),
    ((5,), (6,)),
    ((4,), (4,)),
]
every_size = pytest.mark.parametrize(("taps", "image"), SIZES, ids=str)


# As data --------------------------------------------------------------------------------------


def test_sizes_and_fans_by_hand() -> None:
    network = convnet((3, 20, 7), kernel_size=(3, 5), image_size=(8, 12))
    assert network.depth == 2
    assert network.input_shape == (8, 12, 3)
    assert network.kernel_shapes == ((3, 5, 3, 20), (3, 5, 20, 7))
    assert network.effective_fans == (Fans(45, 300), Fans(300, 105))
    assert network.taps_before == (1, 2)
    assert (network.kind, network.bias_variance, network.padding) == ("convnet", 0.0, "circular")


def test_defaults() -> None:
    network = convnet()
    assert network.channels == (3, 64, 64)
    assert (network.kernel_size, network.image_size) == ((3, 3), (16, 16))
    assert network.activation.kind == "relu"
    assert network.initializer == VarianceScaling(2.0, "fan_in", "truncated_normal")


@pytest.mark.parametrize(
    ("kernel_size", "image_size", "expected"),
    [
        (3, 16, ((3, 3), (16, 16))),
        (3, (64,), ((3,), (64,))),
        ((5,), 16, ((5,), (16,))),
        ((2, 3), 9, ((2, 3), (9, 9))),
        (2, (4, 6), ((2, 2), (4, 6))),
        ([2, 3], [4, 6], ((2, 3), (4, 6))),
        (np.int64(3), 5, ((3, 3), (5, 5))),
    ],
)
def test_an_int_stands_for_every_axis(kernel_size: Any, image_size: Any, expected: Any) -> None:
    network = convnet((1, 2), kernel_size=kernel_size, image_size=image_size)
    assert (network.kernel_size, network.image_size) == expected


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (convnet((64,) * 21), "20 convolutional layers, 3 x 3, 64 channels, on 16 x 16 circular"),
        (
            convnet((3, 8), kernel_size=(3, 5), image_size=(8, 9), padding="same"),
            "1 convolutional layer, 3 x 5, 8 channels, on 8 x 9 zero-padded",
        ),
        (
            convnet((3, 8, 16), kernel_size=5, image_size=(64,)),
            "2 convolutional layers, 5 taps, 8, 16 channels, on 64 positions circular",
        ),
    ],
)
def test_descriptions(network: ConvolutionalNetwork, words: str) -> None:
    assert network.description == words


@pytest.mark.parametrize(
    ("initializer", "variances"),
    [
        ("he_normal", (2 / 27, 2 / 180)),
        ("glorot_uniform", (2 / (27 + 180), 2 / (180 + 63))),
        ("torch_default", (1 / 81, 1 / 540)),
        (Orthogonal(2.0), (4 / 27, 4 / 180)),
    ],
)
def test_weight_variances_by_hand(initializer: Any, variances: tuple[float, ...]) -> None:
    network = convnet((3, 20, 7), initializer=initializer)
    assert network.weight_variances == pytest.approx(variances, rel=1e-14)


def test_equal_networks_are_equal() -> None:
    by_name = convnet((3, 4), kernel_size=3, image_size=8, activation="tanh")
    by_object = convnet(
        [3, 4],  # type: ignore[arg-type]  # lists are taken too
        kernel_size=(3, 3),
        image_size=(8, 8),
        activation=ACTIVATIONS["tanh"],
    )
    assert by_name == by_object
    assert hash(by_name) == hash(by_object)
    assert pickle.loads(pickle.dumps(by_name)) == by_name
    with pytest.raises(FrozenInstanceError):
        by_name.padding = "same"  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize(
    "change",
    [
        {"channels": (3, 5)},
        {"kernel_size": 2},
        {"image_size": 9},
        {"padding": "same"},
        {"activation": "tanh"},
        {"initializer": "he_uniform"},
        {"bias_variance": 0.1},
    ],
)
def test_networks_that_differ_are_not_equal(change: dict[str, Any]) -> None:
    base: dict[str, Any] = {"channels": (3, 4)}
    assert convnet(**base) != convnet(**(base | change))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": (4,)}, r"channels must be at least two numbers .* as \(3, 64\); got \(4,\)"),
        ({"channels": 4}, "channels must be at least two numbers of channels, inputs .*; got 4"),
        ({"channels": "44"}, "channels must be at least two numbers of channels, .*; got '44'"),
        ({"channels": (4, 0)}, r"every one of channels must be an integer in \[1, .*; got 0"),
        ({"channels": (4, 2.5)}, "every one of channels must be an integer .*; got 2.5"),
        ({"channels": (1,) * 10_002}, r"depth \(the number of channels less one\).*; got 10001"),
        ({"kernel_size": 0}, r"kernel_size must be an integer in \[1, 1e\+06\]; got 0"),
        ({"kernel_size": (3, 0)}, r"kernel_size\[1\] must be an integer in .*; got 0"),
        ({"kernel_size": 2.5}, "kernel_size must be an integer .*; got 2.5"),
        ({"kernel_size": "3"}, "kernel_size must be an integer .*; got '3'"),
        (
            {"kernel_size": (3, 3, 3)},
            r"kernel_size must be an integer, or one for each of one or two axes; got \(3, 3, 3\)",
        ),
        ({"image_size": ()}, r"image_size must be an integer, or one for each of .*; got \(\)"),
        ({"image_size": 10_001}, r"image_size must be an integer in \[1, 10000\]; got 10001"),
        ({"image_size": (8, True)}, r"image_size\[1\] must be an integer in .*; got True"),
        (
            {"kernel_size": (3,), "image_size": (8, 8)},
            r"kernel_size and image_size must have as many axes; got \(3,\) and \(8, 8\)\. An int",
        ),
        (
            {"kernel_size": (3, 5), "image_size": (8, 4)},
            r"kernel_size must be at most image_size \(8, 4\) where padding is 'circular', .*; "
            r"got \(3, 5\)\. Choose a larger image, or padding='same'",
        ),
        ({"padding": "sam"}, "padding must be one of 'circular', 'same'; .*Did you mean 'same'"),
        ({"padding": None}, "padding must be one of 'circular', 'same'; got None"),
        ({"activation": "rel"}, "activation must be one of .*'rel'. Did you mean 'relu'?"),
        ({"initializer": "he_norm"}, "initializer must be one of .*. Did you mean 'he_normal'?"),
        ({"bias_variance": -1.0}, r"bias_variance must be in \[0, inf\); got -1.0"),
    ],
)
def test_messages(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convnet(**arguments)


def test_zero_padding_takes_windows_larger_than_the_image() -> None:
    assert convnet((1, 2), kernel_size=7, image_size=3, padding="same").kernel_size == (7, 7)


def test_inputs_have_the_image_s_shape() -> None:
    network = convnet((3, 4), kernel_size=2, image_size=(5, 6))
    message = r"inputs must have shape \(batch, 5, 6, 3\), .*; got \(2, 6, 5, 3\)"
    with pytest.raises(ValueError, match=message):
        simulate(network, inputs=np.ones((2, 6, 5, 3)))


def test_there_is_no_weight_free_engine() -> None:
    message = "engine must be 'auto' or 'weights' for a network of kind 'convnet'; got 'gram'"
    with pytest.raises(ValueError, match=message):
        simulate(convnet((3, 4)), engine="gram")


# As arithmetic --------------------------------------------------------------------------------


def run_of(network: ConvolutionalNetwork, index: int = 0) -> ConvolutionRun:
    return ConvolutionRun(network, Stream(3, (index,)), "float64", Monitor().tick)


def network_of(taps: Any, image: Any, padding: str, **arguments: Any) -> ConvolutionalNetwork:
    channels = arguments.pop("channels", (2, 3))
    return convnet(channels, kernel_size=taps, image_size=image, padding=padding, **arguments)


def looped(h: Array, kernel: Array, padding: str) -> Array:
    """The definition, tap by tap: Keras' "same" puts what is odd of the padding at the end."""
    *taps, inputs, outputs = kernel.shape
    image = h.shape[1:-1]
    z = np.zeros((*h.shape[:-1], outputs))
    for place in np.ndindex(image):
        for tap in np.ndindex(*taps):
            seen = [p + t - (k - 1) // 2 for p, t, k in zip(place, tap, taps, strict=True)]
            if padding == "circular":
                seen = [s % n for s, n in zip(seen, image, strict=True)]
            if all(0 <= s < n for s, n in zip(seen, image, strict=True)):
                for c, d in itertools.product(range(inputs), range(outputs)):
                    z[:, *place, d] += h[:, *seen, c] * kernel[*tap, c, d]
    return z


@every_padding
@every_size
def test_forward_is_the_loop(taps: Any, image: Any, padding: str) -> None:
    rng = np.random.default_rng(0)
    h, kernel = rng.normal(size=(3, *image, 2)), rng.normal(size=(*taps, 2, 3))
    z = run_of(network_of(taps, image, padding))._apply(kernel, h)
    np.testing.assert_allclose(z, looped(h, kernel, padding), rtol=0, atol=1e-13)


def test_forward_by_hand() -> None:
    """Two taps: a position and the next one, because Keras pads an even kernel at the end."""
    h, kernel = np.array([[[1.0], [2.0], [4.0]]]), np.array([[[10.0]], [[1.0]]])
    for padding, expected in (("circular", [12, 24, 41]), ("same", [12, 24, 40])):
        z = run_of(network_of((2,), (3,), padding, channels=(1, 1)))._apply(kernel, h)
        assert z.ravel().tolist() == expected


def test_forward_larger_window_than_image() -> None:
    rng = np.random.default_rng(1)
    h, kernel = rng.normal(size=(2, 2, 3, 2)), rng.normal(size=(5, 4, 2, 3))
    z = run_of(network_of((5, 4), (2, 3), "same"))._apply(kernel, h)
    np.testing.assert_allclose(z, looped(h, kernel, "same"), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("taps", "image", "padding"),
    [
        *((*sizes, padding) for sizes in SIZES for padding in PADDINGS),
        ((6, 7), (2, 3), "same"),  # windows larger than the image
    ],
    ids=str,
)
def test_backward_is_the_adjoint(taps: Any, image: Any, padding: str) -> None:
    rng = np.random.default_rng(2)
    v, u = rng.normal(size=(3, *image, 2)), rng.normal(size=(3, *image, 3))
    kernel = rng.normal(size=(*taps, 2, 3))
    drawn = run_of(network_of(taps, image, padding))
    forward = np.vdot(drawn._apply(kernel, v), u)
    assert np.vdot(v, drawn._apply_transposed(kernel, u)) == pytest.approx(forward, rel=1e-10)


@pytest.mark.parametrize("limit", [1, 400, 1000, 3000])
@every_padding
def test_cutting_the_work_changes_nothing(
    limit: int, padding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    h, kernel = rng.normal(size=(5, 4, 3, 2)), rng.normal(size=(3, 2, 2, 3))
    drawn = run_of(network_of((3, 2), (4, 3), padding))
    whole = drawn._apply(kernel, h)
    monkeypatch.setattr(convolution, "_WINDOW_BYTES", limit)
    np.testing.assert_allclose(drawn._apply(kernel, h), whole, rtol=0, atol=1e-13)


def normal(stream: Stream, *shape: int) -> Array:
    return RandomNormal(0.0, 1.0).draw(shape, stream).astype(np.float64)


@every_padding
@pytest.mark.parametrize(("taps", "image"), [((3, 2), (3, 4)), ((4,), (5,))], ids=str)
@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_gradient_is_the_adjoint_of_the_network_s_tangents(
    kind: str, taps: Any, image: Any, padding: str
) -> None:
    """<J v, u> = <v, J' u> for each unit vector v at the first z, forward by the loop."""
    network = network_of(
        taps, image, padding, channels=(2, 3, 2, 3), activation=kind, bias_variance=0.5
    )
    stream, batch, phi = Stream(3, (1,)), 2, ACTIVATIONS[kind]
    kernels = [
        network.initializer.draw(shape, stream.child(1, layer)).astype(np.float64)
        for layer, shape in enumerate(network.kernel_shapes)
    ]
    h, layers = normal(stream.child(0), batch, *network.input_shape), []
    for layer, kernel in enumerate(kernels):
        bias = np.sqrt(0.5) * normal(stream.child(2, layer), kernel.shape[-1])
        layers.append(looped(h, kernel, padding) + bias)
        h = phi.value(layers[-1])
    cotangent = normal(stream.child(3), *layers[-1].shape)
    back = []
    for unit in np.ndindex(layers[0].shape[1:]):
        v = np.zeros_like(layers[0])
        v[:, *unit] = 1
        for z, kernel in zip(layers, kernels[1:], strict=False):
            v = looped(v * phi.derivative(z), kernel, padding)
        back.append((v * cotangent).reshape(batch, -1).sum(axis=1))
    result = simulate(network, networks=2, batch=batch, seed=3, dtype="float64")
    assert result.q[1] == pytest.approx([np.mean(z**2) for z in layers], rel=1e-10)
    assert result.gradient_second_moment is not None
    expected = np.mean(np.square(back))
    assert result.gradient_second_moment[1, 0] == pytest.approx(expected, rel=1e-10)


# As PyTorch has them --------------------------------------------------------------------------

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "torch_convnet.json").read_text("utf-8")
)
STATISTICS = (
    "q",
    "correlation",
    "unit_variance",
    "activation_mean",
    "activation_second_moment",
    "activation_variance",
    "gradient_second_moment",
)


def name_of(row: dict[str, Any]) -> str:
    return f"{row['kernel_size']}-{row['padding']}-{row['activation']}"


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=name_of)
@pytest.mark.parametrize(("dtype", "rel"), [("float64", 1e-10), ("float32", 1e-4)])
def test_statistics_are_pytorch_s(row: dict[str, Any], dtype: str, rel: float) -> None:
    network = convnet(
        tuple(row["channels"]),
        kernel_size=tuple(row["kernel_size"]),
        image_size=tuple(row["image_size"]),
        padding=row["padding"],
        activation=row["activation"],
        initializer=row["initializer"],
        bias_variance=row["bias_variance"],
    )
    batch, seed = GOLDEN["batch"], GOLDEN["seed"]
    result = simulate(network, networks=1, batch=batch, seed=seed, dtype=dtype)
    for name in STATISTICS:
        assert getattr(result, name)[0] == pytest.approx(row[name], rel=rel, abs=rel / 10), name


def test_pytorch_s_rows_cover_both_paddings_axes_and_parities() -> None:
    covered = {
        (row["padding"], len(row["kernel_size"]), row["kernel_size"][-1] % 2)
        for row in GOLDEN["rows"]
    }
    assert covered == set(itertools.product(PADDINGS, (1, 2), (0, 1)))


# A dense network is a convolution of one position ---------------------------------------------


@pytest.mark.parametrize("image_size", [1, (1,)], ids=str)
@every_padding
def test_one_position_and_one_tap_is_the_dense_network(padding: str, image_size: Any) -> None:
    """The streams are the same too, so even the numbers are."""
    arguments: dict[str, Any] = {"activation": "tanh", "bias_variance": 0.3}
    dense = simulate(mlp((20, 30, 10), **arguments), networks=3, engine="weights")
    one = convnet((20, 30, 10), kernel_size=1, image_size=image_size, padding=padding, **arguments)
    drawn = simulate(one, networks=3)
    for name in (*FORWARD, "log10_gradient"):
        np.testing.assert_allclose(getattr(drawn, name), getattr(dense, name), rtol=1e-6, atol=1e-6)


# Against their laws ---------------------------------------------------------------------------


RELU_WIDTH, RELU_NETWORKS = 32, 400


@cache
def he_relu() -> tuple[Propagation, float]:
    network = convnet((RELU_WIDTH,) * 4, image_size=4, initializer=NORMAL_HE)
    x = np.random.default_rng(4).normal(size=(2, 4, 4, RELU_WIDTH))
    start = float(np.mean(x.astype(np.float32).astype(np.float64) ** 2))
    return simulate(network, networks=RELU_NETWORKS, inputs=x, seed=4), start


@pytest.mark.parametrize("layer", range(3))
def test_he_relu_keeps_the_second_moment_on_average(layer: int) -> None:
    """A torus has no border, so the mean over networks of the ratio is 1 at any width.

    Its variance is at most (1 + 5 / n)^l - 1, that of a dense network of n units, one position's:
    by Cauchy and Schwarz positions make the pooled square vary no more than one of them does. The
    tolerance is 4.9 standard errors, a false alarm in a million; zero padding would take 31 %.
    """
    result, start = he_relu()
    ratio = result.activation_second_moment[:, layer] / start
    bound = (1 + 5 / RELU_WIDTH) ** (layer + 1) - 1
    assert ratio.var() < bound
    error = 4.9 * ratio.std(ddof=1) / math.sqrt(RELU_NETWORKS)
    assert abs(ratio.mean() - 1) < error < 4.9 * math.sqrt(bound / RELU_NETWORKS) < 0.19


@pytest.mark.parametrize("layer", range(3))
def test_he_relu_keeps_the_gradient_on_average(layer: int) -> None:
    gradient = he_relu()[0].gradient_second_moment
    assert gradient is not None
    error = 4.9 * gradient[:, layer].std(ddof=1) / math.sqrt(RELU_NETWORKS)
    assert abs(gradient[:, layer].mean() - 1) < error < 0.05


def shares_by_counting(taps: Any, image: Any) -> float:
    inside = [
        all(
            0 <= p + t - (k - 1) // 2 < n
            for p, t, k, n in zip(place, tap, taps, image, strict=True)
        )
        for place in np.ndindex(image)
        for tap in np.ndindex(taps)
    ]
    return float(np.mean(inside))


@pytest.mark.parametrize(
    ("taps", "image"), [*SIZES, pytest.param((6, 7), (2, 3), id="beyond")], ids=str
)
def test_border_share_is_what_counting_gives(taps: Any, image: Any) -> None:
    network = network_of(taps, image, "same")
    assert network.border_share == pytest.approx(shares_by_counting(taps, image), rel=1e-14)


def test_border_share_by_hand() -> None:
    assert convnet((3, 4)).border_share == 1
    # 16 positions of 3 taps, of which the two ends miss one each.
    assert convnet((3, 4), padding="same").border_share == pytest.approx((46 / 48) ** 2)
    assert convnet((3, 4), image_size=(16,), padding="same").border_share == pytest.approx(46 / 48)
    assert convnet((3, 4), kernel_size=1, padding="same").border_share == 1


def mean_gain(network: ConvolutionalNetwork, h: Array) -> float:
    """E of the mean square of z over kernels of unit variance: the sum over unit kernels."""
    shape = network.kernel_shapes[0]
    kernels = np.eye(math.prod(shape)).reshape(-1, *shape)
    drawn = run_of(network)
    return sum(float(np.mean(drawn._apply(kernel, h) ** 2)) for kernel in kernels)


@every_padding
@every_size
def test_one_layer_keeps_the_border_s_share(taps: Any, image: Any, padding: str) -> None:
    """Exactly: E (sum_k w_k A_k h)^2 = Var[w] sum_k (A_k h)^2 for independent weights."""
    network = network_of(taps, image, padding)
    signs = np.sign(np.random.default_rng(5).normal(size=(2, *image, 2)))
    fan_in = math.prod(taps) * 2
    share = 1.0 if padding == "circular" else shares_by_counting(taps, image)
    assert mean_gain(network, signs) == pytest.approx(fan_in * share, rel=1e-13)


# Theory ---------------------------------------------------------------------------------------


def tap_matrix(taps: int, positions: int) -> Array:
    """Row p has 1 / taps at each position inside that p's window sees."""
    matrix = np.zeros((positions, positions))
    for p, t in itertools.product(range(positions), range(taps)):
        seen = p + t - (taps - 1) // 2
        if 0 <= seen < positions:
            matrix[p, seen] += 1 / taps
    return matrix


def linear_by_matrices(network: ConvolutionalNetwork) -> tuple[Array, Array]:
    """q and the gradient of a zero-padded linear network without biases, layer by layer."""
    matrix = np.eye(1)
    for along in map(tap_matrix, network.kernel_size, network.image_size):
        matrix = np.asarray(np.kron(matrix, along), np.float64)
    fans = network.effective_fans
    into = [f.fan_in * v for f, v in zip(fans, network.weight_variances, strict=True)]
    out = [f.fan_out * v for f, v in zip(fans, network.weight_variances, strict=True)]
    q, g = [np.ones(len(matrix))], [np.ones(len(matrix))]
    for gain in into:
        q.append(gain * matrix @ q[-1])
    for gain in out[:0:-1]:
        g.append(gain * matrix.T @ g[-1])
    return np.mean(q[1:], axis=1), np.mean(g, axis=1)[::-1]


@every_size
def test_theory_of_linear_networks_is_a_matrix_power(taps: Any, image: Any) -> None:
    network = network_of(
        taps,
        image,
        "same",
        channels=(3, 9, 4, 7, 7),
        activation="linear",
        initializer="glorot_normal",
    )
    q, gradient = linear_by_matrices(network)
    theory = predict(network)
    np.testing.assert_allclose(theory.q, q, rtol=1e-12)
    np.testing.assert_allclose(theory.gradient_second_moment, gradient, rtol=1e-12)
    np.testing.assert_allclose(theory.activation_second_moment, q, rtol=1e-12)
    np.testing.assert_allclose(theory.activation_mean, 0, atol=1e-15)
    assert theory.q[0] == pytest.approx(
        network.border_share * Fans(math.prod(taps) * 3, 1).fan_in * network.weight_variances[0]
    )


@pytest.mark.parametrize("taps", [3, 4])
def test_theory_of_linear_networks_is_exact_at_any_width(taps: int) -> None:
    """Drawn narrow networks agree on average; 4.9 standard errors."""
    network = convnet(
        (4,) * 5,
        kernel_size=taps,
        image_size=(6,),
        padding="same",
        activation="linear",
        initializer=NORMAL_LECUN,
    )
    drawn = simulate(network, networks=400, batch=8, seed=6)
    q, gradient = linear_by_matrices(network)
    assert drawn.gradient_second_moment is not None
    for numbers, expected in ((drawn.q, q), (drawn.gradient_second_moment, gradient)):
        error = 4.9 * numbers.std(axis=0, ddof=1) / math.sqrt(400)
        assert (np.abs(numbers.mean(axis=0) - expected) < error).all()
        # The border takes a share of 0.11 or 0.17 a layer: leaving it out would be seen.
        assert (error < 0.2 * expected).all()


def position_by_position(
    network: ConvolutionalNetwork, value: Any, slope: Any
) -> tuple[Array, Array, Array]:
    """q, E phi and the gradient of a network on one axis by scalar sums, E by a plain grid."""
    z = np.linspace(-9, 9, 20_001)
    mass = np.exp(-z * z / 2)
    mass /= mass.sum()
    matrix = tap_matrix(network.kernel_size[0], network.image_size[0])
    gain = network.effective_fans[0].fan_in * network.weight_variances[0]
    h = np.ones(len(matrix))
    lengths, means, slopes = [], [], []
    for _ in range(network.depth):
        q = gain * matrix @ h + network.bias_variance
        u = np.sqrt(q)[:, None] * z
        h = value(u) ** 2 @ mass
        lengths.append(q)
        means.append(value(u) @ mass)
        slopes.append(slope(u) ** 2 @ mass)
    g = [np.ones(len(matrix))]
    for layer in range(network.depth - 2, -1, -1):
        g.append(gain * (matrix.T @ g[-1]) * slopes[layer])
    return np.mean(lengths, axis=1), np.mean(means, axis=1), np.mean(g[::-1], axis=1)


SHAPES: dict[str, tuple[Any, Any]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.heaviside(z, math.sqrt(0.5))),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))),
    "hard_tanh": (lambda z: np.clip(z, -1, 1), lambda z: (np.abs(z) < 1) * 1.0),
}


@pytest.mark.parametrize("bias_variance", [0.0, 0.1])
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("taps", [3, 4])
def test_theory_follows_every_position(kind: str, taps: int, bias_variance: float) -> None:
    network = convnet(
        (32,) * 9,
        kernel_size=taps,
        image_size=(12,),
        padding="same",
        activation=kind,
        initializer=VarianceScaling(1.7),
        bias_variance=bias_variance,
    )
    q, mean, gradient = position_by_position(network, *SHAPES[kind])
    theory = predict(network)
    # The grid's step at hard tanh's jumps: 1e-3 of z, times the density there.
    rel = 1e-3 if kind == "hard_tanh" else 1e-7
    np.testing.assert_allclose(theory.q, q, rtol=rel)
    np.testing.assert_allclose(theory.activation_mean, mean, rtol=rel, atol=1e-12)
    np.testing.assert_allclose(theory.gradient_second_moment, gradient, rtol=2 * rel)
    np.testing.assert_allclose(
        theory.activation_variance, theory.activation_second_moment - mean**2, rtol=1e-6
    )


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_theory_of_a_ring_is_the_dense_one(kind: str) -> None:
    """Nine taps of 7 channels or 63 units: a torus has the law of its bulk."""
    ring = predict(convnet((7,) * 5, activation=kind, bias_variance=0.2))
    dense = predict(mlp((63,) * 5, activation=kind, bias_variance=0.2))
    np.testing.assert_array_equal(ring.log10_q, dense.log10_q)
    np.testing.assert_array_equal(ring.log10_gradient, dense.log10_gradient)
    np.testing.assert_array_equal(ring.chi, dense.chi)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_window_of_one_tap_has_no_border(kind: str) -> None:
    inside = predict(convnet((7,) * 5, kernel_size=1, activation=kind, padding="same"))
    ring = predict(convnet((7,) * 5, kernel_size=1, activation=kind))
    for name in ("log10_q", "activation_mean", "activation_variance", "log10_gradient", "chi"):
        np.testing.assert_allclose(getattr(inside, name), getattr(ring, name), rtol=1e-12)


@every_padding
def test_wide_networks_do_what_theory_says(padding: str) -> None:
    """tanh, 96 channels, 8 layers; the bulk's theory is a fifth off where zeros surround.

    7.2 standard errors of 16 networks: a false alarm in a million of Student's t. Beside them the
    bias of a finite width: half of |q^2 f'' / f| < 1 for f = E phi^2 or E phi'^2, times the
    variance 3 / n of one position's q, which layers hand on less of than they get; the gradient
    has it from every layer in between.
    """
    network = convnet(
        (96,) * 9, image_size=6, padding=padding, activation="tanh", initializer=NORMAL_HE
    )
    drawn = simulate(network, networks=16, batch=4, seed=7)
    theory, bulk = predict(network), predict(replace(network, padding="circular"))
    assert drawn.gradient_second_moment is not None
    bias = 1.5 / 96
    for numbers, expected, wrong, layers in (
        (drawn.q, theory.q, bulk.q, np.ones(8)),
        (
            drawn.gradient_second_moment,
            theory.gradient_second_moment,
            bulk.gradient_second_moment,
            np.arange(8)[::-1],
        ),
    ):
        error = 7.2 * numbers.std(axis=0, ddof=1) / math.sqrt(16) / expected
        far = np.abs(numbers.mean(axis=0) / expected - 1)
        assert (far < error + layers * bias).all()
        assert (error < 0.1).all()
        off = np.abs(numbers.mean(axis=0) / wrong - 1)
        assert (off > error + layers * bias).any() == (padding == "same")


@pytest.mark.parametrize("gain", [1e-3, 1e3])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_theory_of_any_magnitude(kind: str, gain: float) -> None:
    network = convnet(
        (4,) * 41,
        image_size=(7,),
        padding="same",
        activation=kind,
        initializer=VarianceScaling(gain**2),
    )
    theory = predict(network)
    for values in (theory.log10_q, theory.log10_gradient):
        assert np.isfinite(values).all()
    for values in (theory.q, theory.activation_mean, theory.activation_variance, theory.chi):
        assert values.shape == (40,)
        assert not np.isnan(values).any()


def test_theory_of_zeros() -> None:
    theory = predict(convnet((4, 4, 4), padding="same", initializer="zeros"))
    assert (theory.q == 0).all()
    assert theory.gradient_second_moment.tolist() == [0.0, 1.0]


@pytest.mark.alone
def test_theory_is_quick() -> None:
    network = convnet((64,) * 21, padding="same", activation="gelu")
    predict(network)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        predict(network)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.1


# How it runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, None])
@every_padding
def test_threads_change_nothing(padding: str, threads: int | None) -> None:
    network = convnet((3, 8, 5), image_size=7, padding=padding, bias_variance=0.1)
    alone, together = (
        simulate(network, networks=5, batch=6, seed=8, threads=count) for count in (1, threads)
    )
    for name in (*FORWARD, "log10_gradient"):
        assert np.array_equal(getattr(alone, name), getattr(together, name)), name


def test_more_layers_leave_the_first_ones_alone() -> None:
    shallow, deep = (simulate(convnet((3,) * depth, image_size=5), batch=4) for depth in (3, 5))
    for name in FORWARD:
        assert np.array_equal(getattr(shallow, name), getattr(deep, name)[:, :2])


def test_kernels_drawn_again_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    network = convnet((3, 8, 5), image_size=7)
    kept = simulate(network, networks=2, batch=6)
    monkeypatch.setattr(portions, "KEPT_WEIGHTS", 0)
    again = simulate(network, networks=2, batch=6)
    for name in (*FORWARD, "log10_gradient"):
        assert np.array_equal(getattr(kept, name), getattr(again, name)), name


def test_an_exploding_network_gives_numbers() -> None:
    network = convnet((8,) * 21, image_size=4, initializer=VarianceScaling(2e6))
    result = simulate(network, networks=2, batch=2)
    assert np.isfinite(result.log10_q).all()
    assert (result.log10_q[:, -1] > 110).all()
    assert (result.overflow_layer > 0).all()


def test_progress_and_cancelling() -> None:
    seen: list[tuple[int, int]] = []
    simulate(
        convnet((3, 8, 5), image_size=7),
        networks=3,
        batch=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (12, 12)

    class Stop(Exception):
        pass

    def check() -> None:
        raise Stop

    with pytest.raises(Stop):
        simulate(convnet((64,) * 21), networks=50, check=check)


@every_padding
def test_memory_is_bounded(padding: str) -> None:
    """All windows of this batch are 9 x 12.6 MB; beside z and h, a few MiB of them are held."""
    network = convnet((16, 16, 16), image_size=(64, 96), padding=padding)
    simulate(convnet((2, 2)), networks=1, threads=1)  # scratch and lazy imports
    tracemalloc.start()
    try:
        simulate(network, networks=1, batch=32, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    layer = 4 * 32 * 64 * 96 * 16
    # Inputs, both z, h, and the activation's and the derivative's temporaries.
    assert peak < 7 * layer + 16 * 2**20


def test_windows_of_a_large_image_are_cut_by_rows() -> None:
    network = convnet((16, 16), image_size=256)
    h = np.ones((1, 256, 256, 16), np.float32)
    drawn = run_of(network)
    kernel = np.ones((3, 3, 16, 16), np.float32)
    tracemalloc.start()
    try:
        z = drawn._apply(kernel, h)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (z == 144).all()
    # The result, the padded image, a slice of windows and its product; the windows are 38 MB.
    assert peak < 2.1 * h.nbytes + 6 * 2**20
