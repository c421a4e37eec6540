"""Layers applied to unit-variance input: the maps by loops and scipy, the numbers by hand."""

import itertools
import json
import math
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import signal

from vscore._streams import Stream
from vscore.effects import (
    CONVENTIONS,
    FRAMEWORK_NAMES,
    LayerDefault,
    Measured,
    apply,
    causes,
    geometry,
    gradient,
    layer_default,
    layer_effect,
    layer_table,
    restoring_scale,
    written_fans,
)
from vscore.effects.draw import Law, draw_part, law_of
from vscore.effects.maps import gather, spread
from vscore.effects.measure import measure, standard_error
from vscore.fans import MODES, Fans, fans
from vscore.initializers import Constant, Orthogonal, RandomNormal, RandomUniform, VarianceScaling
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
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

GOLDEN = Path(__file__).parent / "golden"
SIGMAS = 4.9
"""Two-sided, once in a million for a normal deviation. The error itself is measured on at least 64
inputs and units, which makes that about once in 20 000; seeds are fixed."""


def kernel_of(layer: Layer, name: str) -> Kernel:
    return next(kernel for kernel in layer.kernels if kernel.name == name)


# The numbers: variance of a weight, products in an output, products in an input's gradient. ------


class Row(NamedTuple):
    """One kernel with Keras' default, by hand."""

    layer: Layer
    variance: float
    forward: float
    backward: float | None
    kernel: str = "kernel"


ATTENTION = MultiHeadAttention(512, 8, 64)
GROUPED = Conv2D(64, 128, groups=4)
BOTH = Conv2D(16, 24, (3, 5), (2, 2), groups=4)
TRANSPOSED = Conv2DTranspose(64, 128, strides=(2, 2))
UNEVEN = Conv2DTranspose(6, 10, (3, 5), (2, 3))
BATCHED = RawKernel((5, 3, 64, 32), (2,), (3,), (0,))

# Glorot: 2 / (fan_in + fan_out) of Keras' own count.
TABLE = [
    Row(Dense(784, 256), 2 / 1040, 784, 256),
    Row(Dense(300, 120), 2 / 420, 300, 120),
    Row(Dense(7, 1), 2 / 8, 7, 1),
    Row(Conv1D(64, 128), 2 / (192 + 384), 192, 384),
    Row(Conv1D(16, 32, (5,), (2,)), 2 / 240, 80, 160 / 2),
    Row(Conv2D(64, 128), 2 / (576 + 1152), 576, 1152),
    Row(Conv2D(8, 12, (3, 5), (2, 2)), 2 / (120 + 180), 120, 180 / 4),
    Row(GROUPED, 2 / (144 + 1152), 144, 288),
    Row(BOTH, 2 / (15 * 4 + 15 * 24), 15 * 4, 15 * 6 / 4),
    Row(Conv3D(8, 16), 2 / (216 + 432), 216, 432),
    Row(Conv2DTranspose(64, 128), 2 / (1152 + 576), 576, 1152),
    Row(TRANSPOSED, 2 / (1152 + 576), 576 / 4, 1152),
    Row(UNEVEN, 2 / (150 + 90), 15 * 6 / 6, 150),
    Row(DepthwiseConv2D(64), 2 / (576 + 9), 9, 9),
    Row(DepthwiseConv2D(64, (3, 3), (2, 2), 2), 2 / (576 + 18), 9, 18 / 4),
    Row(SeparableConv2D(64, 128), 2 / (576 + 9), 9, 9, "depthwise_kernel"),
    Row(SeparableConv2D(64, 128), 2 / 192, 64, 128, "pointwise_kernel"),
    Row(Embedding(10000, 128), 0.1**2 / 12, 1, None, "embeddings"),
    Row(Embedding(3, 2), 0.1**2 / 12, 1, None, "embeddings"),
    Row(SimpleRNN(128, 64), 2 / 192, 128, 64),
    Row(SimpleRNN(128, 64), 1 / 64, 64, 64, "recurrent_kernel"),
    Row(LSTM(128, 64), 2 / (128 + 256), 128, 64),
    Row(LSTM(128, 64), 1 / 256, 64, 64, "recurrent_kernel"),
    Row(GRU(128, 64), 2 / (128 + 192), 128, 64),
    Row(GRU(128, 64), 1 / 192, 64, 64, "recurrent_kernel"),
    *(Row(ATTENTION, 2 / 1024, 512, 512, f"{name}_kernel") for name in ("query", "key", "value")),
    Row(ATTENTION, 2 / 1024, 512, 512, "output_kernel"),
    Row(RawKernel((5, 3, 8, 4)), 2 / (120 + 60), 120, 60),
    Row(BATCHED, 2 / (64 + 32), 3 * 64, 3 * 32),
    Row(RawKernel((20,)), 2 / 40, 1, 1),
]


def row_name(row: Row) -> str:
    return f"{row.layer}-{row.kernel}"


@pytest.mark.parametrize("row", TABLE, ids=row_name)
def test_measured_is_what_is_predicted(row: Row) -> None:
    effect = layer_effect(row.layer, inputs=128, seed=1)
    (found,) = (each for each in effect.kernels if each.kernel.name == row.kernel)
    assert found.variance == pytest.approx(row.variance, rel=1e-12)
    agrees(found.output, row.variance * row.forward)
    if row.backward is None:
        assert found.gradient is None
    else:
        assert found.gradient is not None
        agrees(found.gradient, row.variance * row.backward)


def agrees(measured: Measured, expected: float) -> None:
    assert measured.predicted == pytest.approx(expected, rel=1e-12)
    assert 0 < measured.error < 0.25 * expected
    assert abs(measured.value - expected) <= SIGMAS * measured.error
    assert measured.deviation == pytest.approx((measured.value - expected) / measured.error)


def test_the_table_has_every_layer_and_kernel() -> None:
    found = {(row.layer.kind, row.kernel) for row in TABLE} - {("RawKernel", "kernel")}
    assert found == {(kind, each.name) for kind, make in LAYERS.items() for each in make().kernels}


def test_swapped_fans_and_a_gain_one_percent_off_are_seen() -> None:
    """Dense 300 -> 120: He on fan_out has 2.5 times the variance; 1 % of gain is 2 % of it."""
    layer = Dense(300, 120)
    right = layer_effect(layer, VarianceScaling(2.0), inputs=1024).kernels[0].output
    for wrong in (VarianceScaling(2.0, "fan_out"), VarianceScaling(2.0 * 1.01**2)):
        found = layer_effect(layer, wrong, inputs=1024).kernels[0].output
        assert abs(right.value - 2.0) <= SIGMAS * right.error
        assert abs(found.value - 2.0) > SIGMAS * found.error


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("kind", LAYERS)
def test_defaults_of_every_framework_are_measured(kind: str, convention: Any) -> None:
    for found in layer_effect(LAYERS[kind](), convention=convention, seed=3).kernels:
        assert abs(found.output.deviation) <= SIGMAS
        assert found.gradient is None or abs(found.gradient.deviation) <= SIGMAS


def test_an_initializer_reads_the_framework_s_fans() -> None:
    """lecun on a depthwise kernel: 1/64 of what was meant in Keras, 1 in PyTorch and JAX."""
    expected = {"keras": 1 / 64, "keras<3.15": 1 / 64, "torch": 1.0, "jax": 1.0}
    for convention, variance in expected.items():
        effect = layer_effect(DepthwiseConv2D(64), "lecun_uniform", convention=convention)  # type: ignore[arg-type]  # keys are
        agrees(effect.kernels[0].output, variance)


def test_an_initializer_by_kernel() -> None:
    effect = layer_effect(LSTM(32, 16), {"kernel": RandomNormal(0.0, 0.5)})
    assert effect.kernels[0].initializer == RandomNormal(0.0, 0.5)
    assert effect.kernels[1].initializer == Orthogonal()
    agrees(effect.kernels[0].output, 32 * 0.25)


def test_a_mean_adds_its_square() -> None:
    """U(0, 0.2): E w^2 = 0.04 / 3, of which the variance is a quarter."""
    found = layer_effect(Dense(50, 40), RandomUniform(0.0, 0.2), inputs=256).kernels[0]
    assert found.variance == pytest.approx(0.04 / 12)
    agrees(found.output, 50 * 0.04 / 3)
    constant = layer_effect(Dense(50, 40), Constant(0.1), inputs=256).kernels[0].output
    assert constant.predicted == pytest.approx(50 * 0.01)
    assert abs(constant.deviation) <= SIGMAS


def test_zeros_let_nothing_pass() -> None:
    found = layer_effect(Conv2D(4, 4), "zeros").kernels[0].output
    assert (found.value, found.error, found.predicted, found.deviation) == (0, 0, 0, 0)


# The maps. ---------------------------------------------------------------------------------------


def circular(x: np.ndarray, window: tuple[int, ...]) -> np.ndarray:
    """An image continued past its end."""
    return np.pad(x, [(0, k - 1) for k in window], mode="wrap")


@pytest.mark.parametrize(
    ("image", "window", "strides"),
    [((7,), (3,), (1,)), ((6, 9), (3, 5), (2, 3)), ((4, 3, 4), (2, 3, 1), (2, 1, 2))],
)
def test_gather_is_scipy_s_correlation(
    image: tuple[int, ...], window: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((2, 3, *image, 4))
    w = random.standard_normal((2, *window, 4, 5))
    expected = np.zeros((2, 3, *(n // s for n, s in zip(image, strides, strict=True)), 5))
    every = tuple(slice(None, None, s) for s in strides)
    for block, row, i, o in itertools.product(range(2), range(3), range(4), range(5)):
        full = signal.correlate(
            circular(x[block, row, ..., i], window), w[block, ..., i, o], "valid"
        )
        expected[block, row, ..., o] += full[every]
    np.testing.assert_allclose(gather(x, w, strides), expected, atol=1e-12)
    few = (1,) * len(image)
    first = (slice(None), slice(None), *(slice(0, 1) for _ in image))
    np.testing.assert_allclose(gather(x, w, strides, few), expected[first], atol=1e-12)


@pytest.mark.parametrize(
    ("image", "window", "strides"),
    [((7,), (3,), (1,)), ((3, 2), (3, 5), (2, 3)), ((4, 4), (1, 3), (2, 1))],
)
def test_spread_by_loops_and_as_the_gradient_of_gather(
    image: tuple[int, ...], window: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    random = np.random.default_rng(1)
    x = random.standard_normal((2, 3, *image, 4))
    w = random.standard_normal((2, *window, 4, 5))
    large = tuple(n * s for n, s in zip(image, strides, strict=True))
    expected = np.zeros((2, 3, *large, 5))
    for block, row in itertools.product(range(2), range(3)):
        for place in np.ndindex(*image):
            for tap in np.ndindex(*window):
                target = tuple(
                    (p * s + t) % n for p, s, t, n in zip(place, strides, tap, large, strict=True)
                )
                expected[(block, row, *target)] += x[(block, row, *place)] @ w[(block, *tap)]
    np.testing.assert_allclose(spread(x, w, strides), expected, atol=1e-12)
    part = tuple(slice(0, 2 * s) for s in strides)
    targets = tuple(2 * s for s in strides)
    np.testing.assert_allclose(
        spread(x, w, strides, targets), expected[(slice(None), slice(None), *part)], atol=1e-12
    )
    cotangent = random.standard_normal(expected.shape)
    back = gather(cotangent, w.swapaxes(-2, -1), strides)
    assert (expected * cotangent).sum() == pytest.approx((x * back).sum(), rel=1e-10)


MAPS = [row for row in TABLE if math.prod(kernel_of(row.layer, row.kernel).shape) < 20000]


@pytest.mark.parametrize("row", MAPS, ids=row_name)
def test_gradient_is_the_transpose_of_apply(row: Row) -> None:
    kernel = kernel_of(row.layer, row.kernel)
    plan = geometry(row.layer, kernel)
    random = np.random.default_rng(2)
    weights = plan.blocks(random.standard_normal(kernel.shape))
    image = tuple(k * s for k, s in zip(plan.of("tap"), plan.strides, strict=True))
    x = random.standard_normal((plan.count("block"), 2, *image, plan.count("in")))
    y = apply(plan, weights, x)
    cotangent = random.standard_normal(y.shape)
    back = gradient(plan, weights, cotangent)
    assert back.shape == x.shape
    assert (y * cotangent).sum() == pytest.approx((x * back).sum(), rel=1e-9)


def test_blocks_put_each_weight_where_its_layer_has_it() -> None:
    grouped = Conv2D(8, 12, (3, 5), groups=4)
    (kernel,) = grouped.kernels
    raw = np.arange(kernel.size).reshape(kernel.shape)
    blocks = geometry(grouped, kernel).blocks(raw)
    assert blocks.shape == (4, 3, 5, 2, 3)
    assert blocks[2, 1, 4, 1, 0] == raw[1, 4, 1, 2 * 3]  # group 2 has filters 6, 7, 8
    lstm = LSTM(5, 3)
    raw = np.arange(60).reshape(5, 12)
    gates = geometry(lstm, lstm.kernels[0]).blocks(raw)
    np.testing.assert_array_equal(gates[1], raw[:, 3:6])  # f is the second gate
    transposed = Conv2DTranspose(4, 6)
    raw = np.arange(216).reshape(3, 3, 6, 4)
    blocks = geometry(transposed, transposed.kernels[0]).blocks(raw)
    assert blocks[0, 2, 1, 3, 5] == raw[2, 1, 5, 3]
    depthwise = DepthwiseConv2D(4, depth_multiplier=2)
    raw = np.arange(72).reshape(3, 3, 4, 2)
    blocks = geometry(depthwise, depthwise.kernels[0]).blocks(raw)
    assert blocks[3, 2, 1, 0, 1] == raw[2, 1, 3, 1]


def test_taps_by_position() -> None:
    """3 taps at stride 2: one input position meets 2 of them, the next 1; 5 at 3: 2, 2, 1."""
    plan = geometry(UNEVEN, UNEVEN.kernels[0])
    assert plan.taps(forward=True) == (1 * 1, 2 * 2)
    assert plan.taps(forward=False) == (15, 15)
    strided = Conv2D(8, 12, (3, 5), (2, 2))
    plan = geometry(strided, strided.kernels[0])
    assert plan.taps(forward=True) == (15, 15)
    assert plan.taps(forward=False) == (1 * 2, 2 * 3)


# Drawing and errors. -----------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "columns"), [(40, 12), (12, 40), (20, 20)])
def test_a_part_of_an_orthogonal_matrix(rows: int, columns: int) -> None:
    """All rows of some columns, or the reverse: orthonormal exactly where the whole matrix' are,
    and of its second moment everywhere. An entry's relative variance is below 2 (a sphere's)."""
    law = Law(Orthogonal(2.0), Fans(rows, columns))
    shape, size = (rows, columns), max(rows, columns)
    tall = draw_part(law, shape, (rows, 5), 400, Stream(0), None)
    wide = draw_part(law, shape, (5, columns), 400, Stream(1), None)
    assert tall.shape == (400, rows, 5)
    for parts in (tall, wide):
        mean = float(np.square(parts, dtype=np.float64).mean())
        assert mean == pytest.approx(4 / size, rel=SIGMAS * math.sqrt(2 / (400 * 5 * 12)))
    gram = np.swapaxes(tall, 1, 2) @ tall if rows >= columns else wide @ np.swapaxes(wide, 1, 2)
    np.testing.assert_allclose(gram, 4 * np.broadcast_to(np.eye(5), gram.shape), atol=1e-5)
    signs = float(np.sign(tall[:, 0, 0]).mean())
    assert abs(signs) <= SIGMAS / math.sqrt(400)


def test_a_part_has_the_law_of_the_whole() -> None:
    """U(+-limit) with the limit of the whole kernel's fans."""
    law = Law(VarianceScaling(1.0, "fan_in", "uniform"), Fans(300, 120))
    part = draw_part(law, (300, 120), (300, 4), 2, Stream(0), None)
    limit = math.sqrt(3 / 300)
    assert part.shape == (2, 300, 4)
    assert 0.99 * limit < float(np.abs(part).max()) <= limit * (1 + 1e-6)


def test_standard_error_by_hand() -> None:
    """Rows 1 and 3: mean 2, no spread over columns: the error of a mean of two numbers is 1."""
    assert standard_error(np.array([[1.0, 1.0], [3.0, 3.0]])) == pytest.approx(1.0)
    assert standard_error(np.array([[1.0, 3.0]])) == pytest.approx(1.0)
    assert standard_error(np.array([[1.0, 3.0], [1.0, 3.0]])) == pytest.approx(1.0)


def test_standard_error_is_the_closed_form() -> None:
    """Dense, N(0, v) weights (kurtosis 3), I inputs, N units, K products: the relative variance is
    (2 + 6 / K) / (I N) + 2 (N - 1) / (K I N) + 2 (I - 1) / (K I N)."""
    inputs, products = 16, 10
    layer = Dense(products, inputs)
    kernel = layer.kernels[0]
    law = law_of(layer, kernel, RandomNormal(0.0, 1.0), "keras")
    plan = geometry(layer, kernel)
    found = [measure(kernel, plan, law, inputs, Stream(seed)) for seed in range(2000)]
    size = inputs**2
    exact = (2 + 6 / products) / size + 2 * 2 * (inputs - 1) / (products * size)
    squares = np.array([each.error**2 for each in found]) / products**2
    assert {(each.inputs, each.units) for each in found} == {(inputs, inputs)}
    assert squares.mean() == pytest.approx(exact, abs=SIGMAS * squares.std() / math.sqrt(2000))
    values = np.array([each.value for each in found]) / products
    assert abs(values.mean() - 1) <= SIGMAS * math.sqrt(exact / 2000)
    # The relative error of a variance from 2000 values, a little skewed: kurtosis below 5.
    assert values.var() == pytest.approx(exact, rel=SIGMAS * math.sqrt(4 / 2000))


@pytest.mark.parametrize(
    "row",
    [Row(layer, 0, 0, 0) for layer in (BOTH, UNEVEN, DepthwiseConv2D(8), Dense(5, 1), GRU(9, 7))],
    ids=row_name,
)
def test_deviations_have_unit_spread(row: Row) -> None:
    """200 seeds: the root mean square of a unit normal is within 4.9 / sqrt(400) = 0.245 of 1; the
    estimated errors widen that a little."""
    kernel = kernel_of(row.layer, row.kernel)
    plan = geometry(row.layer, kernel)
    law = law_of(row.layer, kernel, None, "keras")
    for forward in (True, False):
        found = [
            measure(kernel, plan, law, 32, Stream(seed, (9,)), forward=forward).deviation
            for seed in range(200)
        ]
        assert math.sqrt(np.mean(np.square(found))) == pytest.approx(1, abs=0.3)


# Fans in words. ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "convention", "expected"),
    [
        (Dense(784, 256), "keras", ("784", "256")),
        (Conv2D(64, 128, (3, 5)), "keras", ("3 x 5 x 64 = 960", "3 x 5 x 128 = 1920")),
        (TRANSPOSED, "effective", ("3 x 3 x 64 / 4 = 144", "3 x 3 x 128 = 1152")),
        (TRANSPOSED, "torch", ("3 x 3 x 128 = 1152", "3 x 3 x 64 = 576")),
        (TRANSPOSED, "jax", ("3 x 3 x 64 = 576", "3 x 3 x 128 = 1152")),
        (DepthwiseConv2D(64), "keras", ("3 x 3 x 64 = 576", "3 x 3 x 1 = 9")),
        (DepthwiseConv2D(64), "effective", ("3 x 3 = 9", "3 x 3 x 1 = 9")),
        (GROUPED, "effective", ("3 x 3 x 16 = 144", "3 x 3 x 32 = 288")),
        (LSTM(128, 64), "torch", ("128", "4 x 64 = 256")),
        (ATTENTION, "keras", ("512", "8 x 64 = 512")),
        (ATTENTION, "keras<3.15", ("512 x 8 = 4096", "512 x 64 = 32768")),
        (ATTENTION, "torch", ("512", "3 x 512 = 1536")),
        (Embedding(10000, 128), "effective", ("1", "1")),
        (BATCHED, "jax", ("3 x 64 = 192", "3 x 32 = 96")),
        (BATCHED, "keras", ("64", "32")),
    ],
    ids=repr,
)
def test_fans_written_out(layer: Layer, convention: Any, expected: tuple[str, str]) -> None:
    assert written_fans(layer, layer.kernels[0], convention) == expected


MANY = [
    *(row.layer for row in TABLE),
    MultiHeadAttention(300, 8, 15),
    RawKernel((8, 64, 512), (0, 1), (2,)),
    RawKernel((4, 3, 7), (1,), (1, 2)),
]


@pytest.mark.parametrize("convention", [*CONVENTIONS, "effective"])
@pytest.mark.parametrize("layer", sorted(set(MANY), key=repr), ids=repr)
def test_products_and_causes_give_the_fans(layer: Layer, convention: Any) -> None:
    for kernel in layer.kernels:
        try:
            counted = fans(kernel, convention)
        except ValueError:
            continue
        real = kernel.effective
        found = causes(layer, kernel, convention)
        for fan, text in zip(
            ("fan_in", "fan_out"), written_fans(layer, kernel, convention), strict=True
        ):
            number = getattr(counted, fan)
            product = text.split(" = ")[0].replace(" x ", " * ")
            assert eval(product) == pytest.approx(number)
            assert float(text.split(" = ")[-1]) == pytest.approx(number)
            mine = [cause for cause in found if cause.fan == fan]
            ratio = math.prod(cause.factor for cause in mine)
            assert ratio == pytest.approx(number / getattr(real, fan))
            assert all(cause.sentence.endswith(".") and fan in cause.sentence for cause in mine)
        if counted == real:
            assert found == ()


@pytest.mark.parametrize(
    ("layer", "convention", "expected"),
    [
        (GROUPED, "torch", ["grouped fan_out 4: reaches the 32 filters of its own group"]),
        (
            BOTH,
            "jax",
            ["grouped fan_out 4: reaches the 6 ", "strided fan_out 4: 2 to 6 taps by its position"],
        ),
        (DepthwiseConv2D(64), "keras", ["depthwise fan_in 64: sums one channel"]),
        (DepthwiseConv2D(64), "jax", ["depthwise fan_out 64: fan_out counts those of all 64"]),
        (SeparableConv2D(64), "keras", ["separable fan_in 64: Separable, first step"]),
        (
            TRANSPOSED,
            "keras",
            [
                "transposed fan_in 2: fan_in counts the 128 filters",
                "transposed fan_out 0.5: fan_out counts the 64 channels",
                "strided fan_in 4: 1 to 4 taps by its position, on average 2.25 of 9 taps",
            ],
        ),
        (TRANSPOSED, "jax", ["strided fan_in 4: 1 to 4 taps"]),
        (
            LSTM(128, 64),
            "keras",
            ["fused gates fan_out 4: fan_out counts 256 where one gate has 64"],
        ),
        (LSTM(128, 64), "jax", []),
        (ATTENTION, "keras", []),
        (
            ATTENTION,
            "keras<3.15",
            [
                "attention before 3.15 fan_in 8: fan_in counts 4096 where it is 512",
                "attention before 3.15 fan_out 64: fan_out counts 32768 where it is 512",
            ],
        ),
        (ATTENTION, "torch", ["packed attention fan_out 3: stacks query, key and value"]),
        (
            Embedding(10000, 128),
            "torch",
            ["embedding fan_in 128: copies a row", "embedding fan_out 10000: means nothing"],
        ),
        (
            RawKernel((5, 3, 64, 32), (2,), (3,)),
            "keras",
            ["raw shape fan_in 0.066667: the rule of Keras makes", "raw shape fan_out 0.066667: "],
        ),
    ],
    ids=repr,
)
def test_causes(layer: Layer, convention: Any, expected: list[str]) -> None:
    found = causes(layer, layer.kernels[0], convention)
    assert len(found) == len(expected)
    for cause, wanted in zip(found, expected, strict=True):
        head, words = wanted.split(": ", 1)
        assert f"{cause.name} {cause.fan} {cause.factor:.5g}" == head
        assert words in cause.sentence


@pytest.mark.parametrize(
    ("layer", "convention", "mode", "expected"),
    [
        (Dense(300, 120), "keras", "fan_in", 1.0),
        (DepthwiseConv2D(64), "keras", "fan_in", 64.0),
        (DepthwiseConv2D(64), "torch", "fan_in", 1.0),
        (Conv2DTranspose(128, 64), "keras", "fan_in", 0.5),  # 576 counted, 1152 summed
        (TRANSPOSED, "keras", "fan_in", 8.0),
        (TRANSPOSED, "torch", "fan_out", 0.5),
        (GROUPED, "jax", "fan_out", 4.0),
        (GROUPED, "jax", "fan_avg", (144 + 1152) / (144 + 288)),
        (GROUPED, "jax", "fan_geo_avg", 2.0),
        (ATTENTION, "keras<3.15", "fan_in", 8.0),
        (Embedding(10000, 128), "keras", "fan_in", 10000.0),
        # A stride of 4 lets one product through in 16; an initializer clamps that n at 1.
        (Conv2DTranspose(1, 1, (1, 1), (4, 4)), "keras", "fan_in", 16.0),
        (Conv2DTranspose(1, 1, (1, 1), (4, 4)), "effective", "fan_in", 16.0),
    ],
    ids=repr,
)
def test_restoring_scale(layer: Layer, convention: Any, mode: Any, expected: float) -> None:
    assert restoring_scale(layer.kernels[0], convention, mode) == pytest.approx(expected, 1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("layer", [BOTH, UNEVEN, DepthwiseConv2D(8), LSTM(9, 7), Embedding(40, 8)])
def test_the_restored_variance_is_measured(layer: Layer, convention: Any) -> None:
    """Scale 1 on what is really summed: outputs of variance 1, in fan_out mode gradients."""
    (kernel, *_) = layer.kernels
    for mode, way in (("fan_in", "output"), ("fan_out", "gradient")):
        law = VarianceScaling(restoring_scale(kernel, convention, mode), mode)  # type: ignore[arg-type]  # two of them
        found = layer_effect(layer, law, convention=convention, inputs=128, seed=2).kernels[0]
        if getattr(found, way) is not None:
            agrees(getattr(found, way), 1.0)
        assert found.mode == mode
        assert found.restoring_scale == pytest.approx(law.scale)


# The table. --------------------------------------------------------------------------------------


def golden(name: str) -> list[dict[str, Any]]:
    found = json.loads((GOLDEN / name).read_text("utf-8"))
    return list(found["rows"] if isinstance(found, dict) else found)


def sized(kind: str, sizes: dict[str, Any]) -> Layer:
    return LAYERS[kind](**{k: tuple(v) if isinstance(v, list) else v for k, v in sizes.items()})


@pytest.mark.parametrize(
    "row",
    golden("framework_defaults.json"),
    ids=lambda r: f"{r['layer']}-{r['kernel']}-{r['framework']}",
)
def test_stds_are_those_of_fresh_layers(row: dict[str, Any]) -> None:
    layer = sized(row["layer"], row["sizes"])
    found = layer_default(layer, kernel_of(layer, row["kernel"]), row["framework"])
    # A kurtosis of at most 3 makes the std of so many weights uncertain by sqrt(1 / (2 count)).
    assert found.std == pytest.approx(row["std"], rel=SIGMAS * math.sqrt(0.5 / row["count"]))


@pytest.mark.parametrize(
    "row",
    [row for row in golden("keras_fans.json") if row["layer"] in LAYERS],
    ids=lambda r: f"{r['layer']}-{r['kernel']}-{r['framework']}-{r['shape']}",
)
def test_shapes_and_fans_are_the_frameworks(row: dict[str, Any]) -> None:
    layer = sized(row["layer"], row["arguments"])
    found = layer_default(layer, kernel_of(layer, row["kernel"]), row["framework"])
    assert found.shape == tuple(row["shape"])
    assert [found.fans.fan_in, found.fans.fan_out] == row["fans"]


def test_the_table_by_hand() -> None:
    table: dict[tuple[str, str, str], LayerDefault] = {
        (r.layer.kind, r.kernel.name, r.convention): r for r in layer_table()
    }
    assert len(table) == len(layer_table()) == 4 * sum(len(m().kernels) for m in LAYERS.values())
    by_hand = {
        ("Dense", "keras"): 784 * 2 / 1040,
        ("Dense", "torch"): 1 / 3,
        ("Dense", "jax"): 1.0,
        ("DepthwiseConv2D", "keras"): 9 * 2 / 585,
        ("DepthwiseConv2D", "torch"): 1 / 3,
        ("Conv2DTranspose", "keras"): 576 * 2 / 1728,
        ("Conv2DTranspose", "torch"): 576 / (3 * 1152),
        ("LSTM", "torch"): 128 / (3 * 64),
    }
    for (kind, convention), variance in by_hand.items():
        row = table[kind, "kernel", convention]
        assert row.output_variance == pytest.approx(variance, rel=1e-12)
    query = table["MultiHeadAttention", "query_kernel", "keras<3.15"]
    assert query.output_variance == pytest.approx(512 * 2 / (4096 + 32768), rel=1e-12)
    assert query.shape == (512, 8, 64)
    assert table["MultiHeadAttention", "query_kernel", "torch"].shape == (1536, 512)
    assert table["Embedding", "embeddings", "torch"].output_variance == 1.0
    assert math.isnan(table["Embedding", "embeddings", "torch"].gradient_variance)


# Use. --------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, again, other = (layer_effect(GRU(20, 30), seed=seed) for seed in (4, 4, 5))
    assert first == again
    assert hash(first) == hash(again)
    assert first.kernels[0].output.value != other.kernels[0].output.value
    query, key = layer_effect(MultiHeadAttention(64, 4, 16)).kernels[:2]
    assert query.output.value != key.output.value


def test_ratios() -> None:
    found = layer_effect(TRANSPOSED).kernels[0]
    assert (found.fan_in_ratio, found.fan_out_ratio) == (8, 0.5)
    assert found.fans == Fans(1152, 576)
    assert found.effective == Fans(144, 1152)
    assert found.std == pytest.approx(math.sqrt(2 / 1728))
    assert (found.taps, found.gradient_taps) == ((1, 4), (9, 9))


class Stop(Exception):
    """What a caller raises to cancel."""


def test_check_is_called_and_may_cancel() -> None:
    calls: list[int] = []
    layer_effect(Conv2D(4, 4), check=lambda: calls.append(1))
    assert len(calls) >= 2 * 9  # each tap, forward and backward

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        layer_effect(Dense(4, 4), check=stop)


@pytest.mark.parametrize("kind", LAYERS)
def test_default_sizes_are_quick(kind: str) -> None:
    """50 ms of this thread's time, the best of nine: other work on the machine only adds."""

    def seconds() -> float:
        start = time.thread_time()
        layer_effect(LAYERS[kind]())
        return time.thread_time() - start

    assert min(seconds() for _ in range(9)) < 0.05


@pytest.mark.parametrize(
    "layer",
    [
        Dense(16384, 16384),
        LSTM(4096, 16384),
        Embedding(10**7, 4096),
        Conv2D(2048, 2048, (15, 15)),
        Conv2DTranspose(2048, 2048, (15, 15), (4, 4)),
        MultiHeadAttention(16384, 32, 512),
    ],
    ids=repr,
)
def test_large_layers_are_bounded(layer: Layer) -> None:
    for found in layer_effect(layer).kernels:
        assert abs(found.output.deviation) <= 6  # a few inputs and units: the error is rough
        assert found.output.inputs >= 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dense",), r"layer must be a layer such as Dense\(784, 256\).*; got 'dense'"),
        ((Dense(), "glorot"), "initializer must be one of .* got 'glorot'. Did you mean 'glorot_"),
        ((Dense(), {"bias": None}), "initializer must be one of 'kernel'; got 'bias'"),
        ((Dense(), None, "effective"), "convention must be one of 'keras', .*; got 'effective'"),
        ((Dense(), None, "keras", 4), r"inputs must be an integer in \[8, 4096\]; got 4"),
        ((Dense(), None, "keras", 64, -1), "seed must be an integer in "),
        ((MultiHeadAttention(100, 8, 64), None, "torch"), "'query_kernel' has no counterpart in"),
        ((Conv1D(2048, 2048, (10**6,)),), "layer must be small enough to measure: for kernel 'ker"),
    ],
)
def test_messages(arguments: tuple[Any, ...], message: str) -> None:
    names = ("layer", "initializer", "convention", "inputs", "seed")
    given = dict(zip(names, arguments, strict=False))
    with pytest.raises(ValueError, match=message):
        layer_effect(given.pop("layer"), given.pop("initializer", None), **given)


def test_a_kernel_of_another_layer() -> None:
    other = Dense(4, 3).kernels[0]
    with pytest.raises(ValueError, match=r"kernel must be one of the kernels of Dense\(.*; got"):
        written_fans(Dense(3, 4), other, "keras")
    with pytest.raises(ValueError, match="kernel must be one of"):
        causes(Dense(3, 4), other, "keras")
    with pytest.raises(ValueError, match="mode must be one of 'fan_in'"):
        restoring_scale(other, "keras", "fan")  # type: ignore[arg-type]  # the point


def test_names_cover_the_frameworks() -> None:
    assert tuple(FRAMEWORK_NAMES) == CONVENTIONS
    assert set(MODES) == {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}


def test_batch_axes_are_checked() -> None:
    with pytest.raises(
        ValueError, match=r"batch_axes must be none of the input axes .*leave out 1"
    ):
        RawKernel((3, 4, 5), batch_axes=(1,))
    with pytest.raises(ValueError, match="batch_axes must be axes of the shape"):
        RawKernel((3, 4, 5), batch_axes=(7,))
    assert RawKernel((3, 4, 5), batch_axes=(-3,)).batch_axes == (0,)
    assert RawKernel((3, 4, 5), batch_axes=None).batch_axes == ()  # type: ignore[arg-type]  # JSON's null
