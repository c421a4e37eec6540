"""Layers against a hand-written table, against counted products, and against the frameworks."""

import itertools
import json
import math
import pickle
from collections import Counter
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscore.fans import Fans, fans
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Bias,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Kernel,
    Layer,
    MultiHeadAttention,
    RawKernel,
    SeparableConv2D,
    SimpleRNN,
)
from vscore.parameters import PARAMETERS

GOLDEN = json.loads((Path(__file__).parent / "golden" / "keras_fans.json").read_text())

Pair = tuple[float, float]


class Row(NamedTuple):
    """One kernel, written by hand."""

    layer: Layer
    shape: tuple[int, ...]
    keras: Pair
    torch: Pair | None
    jax: Pair
    effective: Pair
    kernel: str = "kernel"
    default: str = "glorot_uniform"
    before_3_15: Pair | None = None
    """Keras' older fans, where they differ from `keras`."""


def same(
    layer: Layer,
    shape: tuple[int, ...],
    pair: Pair,
    kernel: str = "kernel",
    default: str = "glorot_uniform",
) -> Row:
    """A kernel on which everyone agrees."""
    return Row(layer, shape, pair, pair, pair, pair, kernel, default)


def attention(
    layer: MultiHeadAttention, sizes: tuple[int, int, int], before: tuple[Pair, Pair], torch: bool
) -> list[Row]:
    """The four kernels, for sizes (input_dim, num_heads, key_dim)."""
    d, heads, size = sizes
    pair, back = (d, heads * size), (heads * size, d)
    stacked = (d, 3 * d) if torch else None
    return [
        *(
            Row(layer, sizes, pair, stacked, pair, pair, name, before_3_15=before[0])
            for name in ("query_kernel", "key_kernel", "value_kernel")
        ),
        Row(
            layer, (heads, size, d), back, back, back, back, "output_kernel", before_3_15=before[1]
        ),
    ]


CONV_GROUPED = Conv2D(64, 128, groups=4)
CONV_STRIDED = Conv2D(64, 128, (3, 5), (2, 2))
TRANSPOSED = Conv2DTranspose(64, 128)
TRANSPOSED_STRIDED = Conv2DTranspose(64, 128, (3, 5), (2, 1))
DEPTHWISE_STRIDED = DepthwiseConv2D(64, strides=(2, 2))
SEPARABLE = SeparableConv2D(64, 128, depth_multiplier=2)
RNN, LONG, GATED = SimpleRNN(), LSTM(), GRU()
ATTENTION = MultiHeadAttention()
NARROW = MultiHeadAttention(300, 8, 15)
RECURRENT = ("recurrent_kernel", "orthogonal")

TABLE = [
    same(Dense(784, 256), (784, 256), (784, 256)),
    same(Dense(300, 120), (300, 120), (300, 120)),
    same(Conv1D(16, 32, (5,)), (5, 16, 32), (80, 160)),
    Row(Conv1D(16, 32, (5,), (2,)), (5, 16, 32), (80, 160), (80, 160), (80, 160), (80, 80)),
    same(Conv2D(64, 128), (3, 3, 64, 128), (576, 1152)),
    same(Conv2D(64, 128, (3, 5)), (3, 5, 64, 128), (960, 1920)),
    Row(CONV_STRIDED, (3, 5, 64, 128), (960, 1920), (960, 1920), (960, 1920), (960, 480)),
    Row(CONV_GROUPED, (3, 3, 16, 128), (144, 1152), (144, 1152), (144, 1152), (144, 288)),
    same(Conv3D(8, 16), (3, 3, 3, 8, 16), (216, 432)),
    Row(TRANSPOSED, (3, 3, 128, 64), (1152, 576), (1152, 576), (576, 1152), (576, 1152)),
    Row(TRANSPOSED_STRIDED, (3, 5, 128, 64), (1920, 960), (1920, 960), (960, 1920), (480, 1920)),
    Row(DepthwiseConv2D(64), (3, 3, 64, 1), (576, 9), (9, 576), (9, 576), (9, 9)),
    Row(DEPTHWISE_STRIDED, (3, 3, 64, 1), (576, 9), (9, 576), (9, 576), (9, 2.25)),
    Row(SEPARABLE, (3, 3, 64, 2), (576, 18), (9, 1152), (9, 1152), (9, 18), "depthwise_kernel"),
    same(SEPARABLE, (1, 1, 128, 128), (128, 128), "pointwise_kernel"),
    Row(
        Embedding(10000, 128),
        (10000, 128),
        (10000, 128),
        (128, 10000),
        (128, 128),
        (1, 1),
        "embeddings",
        "random_uniform",
    ),
    same(RNN, (128, 64), (128, 64)),
    same(RNN, (64, 64), (64, 64), *RECURRENT),
    Row(LONG, (128, 256), (128, 256), (128, 256), (128, 64), (128, 64)),
    Row(LONG, (64, 256), (64, 256), (64, 256), (64, 64), (64, 64), *RECURRENT),
    Row(GATED, (128, 192), (128, 192), (128, 192), (128, 64), (128, 64)),
    Row(GATED, (64, 192), (64, 192), (64, 192), (64, 64), (64, 64), *RECURRENT),
    *attention(ATTENTION, (512, 8, 64), ((4096, 32768), (512, 4096)), torch=True),
    *attention(NARROW, (300, 8, 15), ((2400, 4500), (120, 2400)), torch=False),
]


def kernel_of(layer: Layer, name: str) -> Kernel:
    return next(kernel for kernel in layer.kernels if kernel.name == name)


def row_name(row: Row) -> str:
    return f"{row.layer!r}.{row.kernel}"


@pytest.mark.parametrize("row", TABLE, ids=row_name)
def test_fans_of_every_convention(row: Row) -> None:
    kernel = kernel_of(row.layer, row.kernel)
    assert kernel.shape == row.shape
    assert kernel.size == np.zeros(row.shape).size
    assert kernel.default_initializer == row.default
    assert fans(kernel, "keras") == Fans(*row.keras)
    assert fans(kernel, "keras<3.15") == Fans(*(row.before_3_15 or row.keras))
    assert fans(kernel, "effective") == Fans(*row.effective)


@pytest.mark.parametrize("row", TABLE, ids=row_name)
@pytest.mark.parametrize("convention", ["torch", "jax"])
def test_fans_of_other_frameworks(row: Row, convention: Any) -> None:
    kernel, expected = kernel_of(row.layer, row.kernel), getattr(row, convention)
    if expected is None:
        with pytest.raises(ValueError, match=f"kernel '{row.kernel}' has no counterpart in "):
            fans(kernel, convention)
    else:
        assert fans(kernel, convention) == Fans(*expected)


def test_the_table_has_every_kernel_of_every_layer() -> None:
    written = {(row.layer.kind, row.kernel) for row in TABLE}
    assert written == {
        (name, kernel.name) for name, layer in LAYERS.items() for kernel in layer().kernels
    }


# The same count made another way: list which input meets which output, on a circular grid.
# A grid of 30 holds windows of 3 and 5 and strides of 1, 2 and 3 without a border.

Unit = tuple[int, ...]


def window_pairs(layer: Any, side: int = 30) -> Iterator[tuple[Unit, Unit]]:
    """(input position, output position) of each tap of a circular convolution."""
    places = itertools.product(*(range(0, side, step) for step in layer.strides))
    for place in places:
        for tap in itertools.product(*(range(size) for size in layer.kernel_size)):
            yield tuple((p + t) % side for p, t in zip(place, tap, strict=True)), place


def counted(products: Iterator[tuple[Unit, Unit]], inputs: int) -> tuple[float, float]:
    """Products per output that has any, and per input, the mean over all inputs."""
    per_output = Counter(output for _, output in products)
    total = sum(per_output.values())
    return total / len(per_output), total / inputs


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(4, 6, (3, 5), (2, 2)),
        Conv2D(4, 6, (3, 5), (1, 3), groups=2),
        Conv2D(6, 4, (1, 1), (2, 2)),
        Conv1D(8, 12, (5,), (2,), groups=4),
    ],
    ids=repr,
)
def test_counted_products_of_a_convolution(layer: Conv1D) -> None:
    inputs, outputs = layer.input_channels // layer.groups, layer.filters // layer.groups
    channels = [
        (c, f)
        for c in range(layer.input_channels)
        for f in range(layer.filters)
        if c // inputs == f // outputs
    ]
    products = (((*x, c), (*y, f)) for x, y in window_pairs(layer) for c, f in channels)
    size = 30 ** len(layer.kernel_size) * layer.input_channels
    effective = layer.kernels[0].effective
    assert (effective.fan_in, effective.fan_out) == counted(products, size)


@pytest.mark.parametrize(
    "layer",
    [Conv2DTranspose(2, 3, (3, 5), (2, 2)), Conv2DTranspose(3, 2, (3, 5), (1, 3))],
    ids=repr,
)
def test_counted_products_of_a_transposed_convolution(layer: Conv2DTranspose) -> None:
    """The same taps read backwards; every output is reached, since no stride exceeds the window."""
    products = (
        ((*place, c), (*x, f))
        for x, place in window_pairs(layer)
        for c in range(layer.input_channels)
        for f in range(layer.filters)
    )
    size = 900 // math.prod(layer.strides) * layer.input_channels
    effective = layer.kernels[0].effective
    assert (effective.fan_in, effective.fan_out) == counted(products, size)


@pytest.mark.parametrize(
    "layer",
    [
        DepthwiseConv2D(4, (3, 5), (1, 1), 3),
        DepthwiseConv2D(4, (3, 5), (2, 2), 2),
        SeparableConv2D(4, 7, (3, 5), (2, 3), 2),
    ],
    ids=repr,
)
def test_counted_products_of_a_depthwise_convolution(layer: Any) -> None:
    products = (
        ((*x, c), (*y, c, m))
        for x, y in window_pairs(layer)
        for c in range(layer.input_channels)
        for m in range(layer.depth_multiplier)
    )
    effective = layer.kernels[0].effective
    assert (effective.fan_in, effective.fan_out) == counted(products, 900 * layer.input_channels)


# What the frameworks do; see golden/make_keras_fans.py.

DEFAULTS = {
    "GlorotUniform": "glorot_uniform",
    "Orthogonal": "orthogonal",
    "RandomUniform": "random_uniform",
}


SHAPE_FIELDS = {"keras": "shape", "torch": "torch_shape", "jax": "flax_shape"}


def golden_name(row: dict[str, Any]) -> str:
    return f"{row['framework']}-{row['layer']}-{row['kernel']}"


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=golden_name)
def test_agrees_with_the_framework_itself(row: dict[str, Any]) -> None:
    kernel = kernel_of(LAYERS[row["layer"]](**row["arguments"]), row["kernel"])
    assert getattr(kernel, SHAPE_FIELDS[row["framework"]]) == tuple(row["shape"])
    assert fans(kernel, row["framework"]) == Fans(*row["fans"])


@pytest.mark.parametrize(
    "row", [row for row in GOLDEN["rows"] if row["framework"] == "keras"], ids=golden_name
)
def test_keras_draws_what_our_fans_and_defaults_say(row: dict[str, Any]) -> None:
    """Mean square of Keras' own weights; uniform kurtosis 1.8, false alarms 1e-6 a row."""
    kernel = kernel_of(LAYERS[row["layer"]](**row["arguments"]), row["kernel"])
    assert kernel.default_initializer == DEFAULTS[row["initializer"]]
    expected, tolerance = {
        "glorot_uniform": (1 / fans(kernel).fan_avg, 4.9 * math.sqrt(0.8 / kernel.size)),
        "random_uniform": (0.05**2 / 3, 4.9 * math.sqrt(0.8 / kernel.size)),
        # One orthogonal matrix over all gates: sum of squares = the smaller side; float32.
        "orthogonal": (1 / max(kernel.shape), 1e-6),
    }[kernel.default_initializer]
    assert row["mean_square"] == pytest.approx(expected, rel=tolerance)


def test_golden_rows_cover_every_layer_and_framework() -> None:
    seen = {(row["layer"], row["framework"]) for row in GOLDEN["rows"]}
    assert seen == set(itertools.product(LAYERS, SHAPE_FIELDS))


@pytest.mark.parametrize("row", GOLDEN["biases"], ids=lambda row: row["layer"])
def test_biases_start_as_in_keras(row: dict[str, Any]) -> None:
    biases = LAYERS[row["layer"]](**row["arguments"]).biases
    assert [list(bias.shape) for bias in biases] == row["shapes"]
    for bias, ones in zip(biases, row["ones"], strict=True):
        values = bias.values()
        assert values.shape == bias.shape
        assert np.flatnonzero(values == 1).tolist() == ones
        assert np.count_nonzero(values) == len(ones)


def test_forget_gate_starts_open() -> None:
    (bias,) = LSTM(4, 3).biases
    assert bias == Bias("bias", (12,), (0.0, 1.0, 0.0, 0.0))
    assert bias.values().tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_attention_kernels_carry_the_axes_that_keras_passes() -> None:
    query, _, _, output = ATTENTION.kernels
    assert (query.input_axes, query.output_axes) == ((0,), (1, 2))
    assert (output.input_axes, output.output_axes) == ((0, 1), (2,))
    assert all(
        kernel.input_axes is kernel.output_axes is None
        for layer in LAYERS.values()
        if layer is not MultiHeadAttention
        for kernel in layer().kernels
    )


@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (Dense(), ("in", "out")),
        (Conv1D(), ("length", "in", "out")),
        (CONV_GROUPED, ("height", "width", "in of one group", "out")),
        (Conv3D(), ("depth", "height", "width", "in", "out")),
        (TRANSPOSED, ("height", "width", "out", "in")),
        (DepthwiseConv2D(), ("height", "width", "in", "depth multiplier")),
        (LONG, ("in", "gate x out")),
        (ATTENTION, ("in", "head", "head size")),
        (RawKernel((5, 3, 4)), ("axis 0", "in", "out")),
        (RawKernel((8, 64, 512), (0, 1), (2,)), ("in", "in", "out")),
        (RawKernel((4,)), ("in and out",)),
        (RawKernel((5, 7, 3, 4), (2,), (0,), (1,)), ("out", "batch", "in", "axis 3")),
        (RawKernel(()), ()),
    ],
    ids=repr,
)
def test_axis_names(layer: Layer, axes: tuple[str, ...]) -> None:
    assert layer.kernels[0].axes == axes


@pytest.mark.parametrize("row", TABLE, ids=row_name)
def test_a_note_explains_every_difference_and_nothing_else(row: Row) -> None:
    found = {row.keras, row.before_3_15, row.torch, row.jax} - {None}
    note = kernel_of(row.layer, row.kernel).note
    assert bool(note) == (found != {row.effective})
    assert note == note.strip()
    assert not note or note.endswith(".")


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (CONV_GROUPED.kernels[0], "32 of 128 filters, but fan_out counts all: 4 times too many"),
        (CONV_STRIDED.kernels[0], "strides 2 x 2 an input meets one tap in 4 on average"),
        (TRANSPOSED.kernels[0], "fan_in counts 128 channels where 64 are summed"),
        (TRANSPOSED_STRIDED.kernels[0], "one tap in 2 on average, so its real fan_in is 2 times"),
        (DepthwiseConv2D().kernels[0], "counts all 64 channels: 64 times too many"),
        (Embedding(300, 120).kernels[0], "the output's variance 300 times smaller"),
        (LONG.kernels[0], "fan_out counts 256 where one gate has 64"),
        (GATED.kernels[1], "mean squared singular value of 1/3"),
        (ATTENTION.kernels[0], "fan_in was 8 and fan_out 64 times as large"),
        (ATTENTION.kernels[3], "fan_in was 1 and fan_out 8 times as large"),
    ],
)
def test_notes_say_by_how_much(kernel: Kernel, words: str) -> None:
    assert words in kernel.note


def test_a_square_transposed_kernel_has_nothing_to_explain() -> None:
    assert Conv2DTranspose(64, 64).kernels[0].note == ""


def test_a_raw_kernel_keeps_its_axes_for_jax() -> None:
    raw = RawKernel((8, 64, 512), [0, -2], (2,))  # type: ignore[arg-type]  # a list is taken
    (kernel,) = raw.kernels
    assert raw.input_axes == (0, 1)
    assert fans(kernel, "keras") == fans(kernel, "effective") == Fans(512, 512)
    assert fans(kernel, "keras<3.15") == Fans(512, 4096)
    assert fans(kernel, "jax") == Fans(512, 512)
    assert kernel.torch_shape == (512, 64, 8)
    assert fans(RawKernel((7,)).kernels[0]) == Fans(7, 7)


def test_a_raw_vector_has_no_fans_in_torch() -> None:
    with pytest.raises(ValueError, match="must have 2 axes or more for PyTorch's fans"):
        fans(RawKernel((7,)).kernels[0], "torch")


def test_one_int_stands_for_every_axis() -> None:
    layer = Conv3D(kernel_size=5, strides=2)  # type: ignore[arg-type]  # taken for convenience
    assert layer == Conv3D(kernel_size=(5, 5, 5), strides=(2, 2, 2))
    assert Conv1D(kernel_size=[5]).kernel_size == (5,)  # type: ignore[arg-type]  # from JSON


@pytest.mark.parametrize("layer", LAYERS.values())
def test_a_layer_is_a_value(layer: type[Layer]) -> None:
    first, second = layer(), layer()
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == first
    assert eval(repr(first), dict(LAYERS)) == first
    with pytest.raises((FrozenInstanceError, TypeError)):
        first.kind = "other"  # type: ignore[misc]  # the point
    assert not hasattr(first, "__dict__")


def test_layers_are_listed_by_name_and_tagged() -> None:
    assert all(layer().kind == layer.__name__ == name for name, layer in LAYERS.items())
    kinds = {next(f for f in fields(layer) if f.name == "kind").init for layer in LAYERS.values()}
    assert kinds == {False}
    assert SimpleRNN(128, 64) != LSTM(128, 64)


@pytest.mark.parametrize("layer", LAYERS.values())
def test_every_argument_is_a_parameter(layer: type[Layer]) -> None:
    assert {f.name for f in fields(layer) if f.init} <= set(PARAMETERS)


@pytest.mark.parametrize(
    ("layer", "argument"),
    [(layer, f.name) for layer in LAYERS.values() for f in fields(layer) if f.init],
)
@pytest.mark.parametrize("bad", [0, -1, 2.5, "3", True, None, (), (0, 1), (1,) * 7, math.nan])
def test_bad_sizes_name_the_argument(layer: type[Layer], argument: str, bad: object) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}(\[\d\])? must be an integer .*; got "):
        layer(**{argument: bad})


@pytest.mark.parametrize(
    ("layer", "arguments", "message"),
    [
        (Dense, {"units": 0}, r"units must be an integer in \[1, 1e\+09\]; got 0"),
        (Conv2D, {"kernel_size": (3, 3, 3)}, "kernel_size must be an integer or 2 integers, one"),
        (Conv1D, {"strides": (2, 2)}, "strides must be an integer or 1 integer, one per axis; got"),
        (Conv2D, {"strides": (2, 0)}, r"strides\[1\] must be an integer in .*; got 0"),
        (
            Conv2D,
            {"groups": 5},
            "groups must divide input_channels and filters; got groups=5 with input_channels=64, "
            "filters=128: the nearest allowed value is 4",
        ),
        (Conv2D, {"filters": 120, "groups": 16}, "the nearest allowed value is 8"),
        (Conv1D, {"groups": 1000}, "the nearest allowed value is 64"),
        (RawKernel, {"shape": (0,)}, "shape must be a sequence of integers, each at least 1"),
        (RawKernel, {"shape": (3, 4), "input_axes": (2,)}, "input_axes must be axes of the shape"),
        (RawKernel, {"shape": (10**60, 10**60, 3, 5)}, "fan_in must be in "),
    ],
)
def test_messages(layer: type[Layer], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer(**arguments)


def test_kernels_check_their_axes() -> None:
    def build(**changes: Any) -> Kernel:
        given_: dict[str, Any] = {"effective": Fans(3, 4), "axes": ("in", "out")} | changes
        return Kernel("kernel", (3, 4), "zeros", torch_shape=None, flax_shape=None, **given_)

    assert build(note="x").note == ""
    assert build(note="x", effective=Fans(1, 1)).note == "x"
    with pytest.raises(ValueError, match=r"axes must name each axis of the shape \(3, 4\); got "):
        build(axes=("in",))
    with pytest.raises(ValueError, match="input_axes must be axes of the shape"):
        build(input_axes=(2,))


SIZE = st.integers(1, 200)
WINDOW = st.tuples(st.integers(1, 7), st.integers(1, 7))


@given(channels=SIZE, filters=SIZE, kernel_size=WINDOW, strides=WINDOW, groups=st.integers(1, 64))
def test_a_convolution_is_valid_or_its_groups_are_not(
    channels: int, filters: int, kernel_size: Any, strides: Any, groups: int
) -> None:
    divides = channels % groups == filters % groups == 0
    try:
        layer = Conv2D(channels, filters, kernel_size, strides, groups)
    except ValueError as error:
        assert not divides
        nearest = int(str(error).rpartition(" ")[2])
        assert channels % nearest == filters % nearest == 0
    else:
        assert divides
        # Each weight is used once at each of the output's positions.
        effective = layer.kernels[0].effective
        positions = 1 / math.prod(strides)
        assert effective.fan_in * filters * positions == pytest.approx(effective.fan_out * channels)


@given(
    shape=st.lists(st.integers(-1, 2**400), max_size=5),
    input_axes=st.none() | st.lists(st.integers(-4, 4), max_size=3),
    output_axes=st.none() | st.lists(st.integers(-4, 4), max_size=3),
)
def test_a_raw_kernel_is_finite_or_names_the_argument(
    shape: Any, input_axes: Any, output_axes: Any
) -> None:
    try:
        (kernel,) = RawKernel(shape, input_axes, output_axes).kernels
    except ValueError as error:
        message = str(error)
    else:
        assert 0 < fans(kernel).fan_avg < math.inf
        assert len(kernel.axes) == len(kernel.shape)
        return
    names = ("shape", "input_axes", "output_axes", "fan_in", "fan_out")
    assert message.startswith(tuple(f"{name} must " for name in names))
