"""Names and roles of a tensor's axes in each framework, their boxes, and kernels typed as text."""

import re

import pytest

from dashboard.axes import CONVENTION_NAMES, ROLES, axes_of, default_name
from dashboard.figures.boxes import COLOURS, boxes_html
from dashboard.frames import gains_frame, layers_frame
from dashboard.tensor import Tensor, tensor, usual_parts
from vscore.activations import ACTIVATIONS
from vscore.effects import FRAMEWORK_NAMES
from vscore.framework_defaults import default_initializer
from vscore.initializers import INITIALIZERS, for_kernel
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv2D,
    Conv2DTranspose,
    DepthwiseConv2D,
    Layer,
    MultiHeadAttention,
    RawKernel,
)

# By hand: name, size, role and what is inside, of the first kernel.
AXES: list[tuple[Layer, str, str]] = [
    (Conv2D(8, 16, (3, 5), groups=4), "keras",
     "height 3 spatial, width 5 spatial, in of one group 2 in, out 16 out 4 × 4"),
    (Conv2D(8, 16, (3, 5), groups=4), "torch",
     "out 16 out 4 × 4, in of one group 2 in, height 3 spatial, width 5 spatial"),
    (Conv2DTranspose(8, 16, (3, 5)), "keras",
     "height 3 spatial, width 5 spatial, out 16 out, in 8 in"),
    (Conv2DTranspose(8, 16, (3, 5)), "torch",
     "in 8 in, out 16 out, height 3 spatial, width 5 spatial"),
    (Conv2DTranspose(8, 16, (3, 5)), "jax",
     "height 3 spatial, width 5 spatial, in 8 in, out 16 out"),
    (DepthwiseConv2D(8, (3, 5), (1, 1), 2), "keras<3.15",
     "height 3 spatial, width 5 spatial, in 8 in, depth multiplier 2 out"),
    (DepthwiseConv2D(8, (3, 5), (1, 1), 2), "torch",
     "channel × multiplier 16 out 8 × 2, in of one group 1 in, height 3 spatial, width 5 spatial"),
    (DepthwiseConv2D(8, (3, 5), (1, 1), 2), "jax",
     "height 3 spatial, width 5 spatial, in of one group 1 in, channel × multiplier 16 out 8 × 2"),
    (LSTM(12, 5), "keras", "in 12 in, gate × out 20 gate 4 × 5"),
    (GRU(12, 5), "torch", "gate × out 15 gate 3 × 5, in 12 in"),
    (GRU(12, 5), "jax", "in 12 in, out 5 out"),
    (MultiHeadAttention(12, 2, 6), "keras", "in 12 in, head 2 head, head size 6 head"),
    (MultiHeadAttention(12, 2, 6), "torch",
     "q, k, v × head × head size 36 head 3 × 2 × 6, in 12 in"),
    (MultiHeadAttention(12, 2, 6), "jax", "in 12 in, head × head size 12 head 2 × 6"),
    (MultiHeadAttention(12, 2, 5), "torch", ""),
    (RawKernel((7, 3, 4, 5), (2,), (3,), (0,)), "keras",
     "batch 7 batch, tap 3 spatial, in 4 in, out 5 out"),
    (RawKernel((7,)), "torch", ""),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "convention", "expected"), AXES)
def test_axes_by_hand(layer: Layer, convention: str, expected: str) -> None:
    found = axes_of(layer, layer.kernels[0], convention)
    said = (f"{axis.name} {axis.size} {axis.role} {axis.detail}".strip() for axis in found)
    assert ", ".join(said) == expected


def test_attention_s_output_kernel() -> None:
    layer = MultiHeadAttention(12, 2, 6)
    named = {
        convention: [axis.name for axis in axes_of(layer, layer.kernels[-1], convention)]
        for convention in ("keras", "torch", "jax")
    }
    assert named == {
        "keras": ["head", "head size", "out"],
        "torch": ["out", "head × head size"],
        "jax": ["head × head size", "out"],
    }


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("convention", CONVENTION_NAMES)
def test_details_multiply_to_the_size(kind: str, convention: str) -> None:
    layer = LAYERS[kind]()
    for kernel in layer.kernels:
        for axis in axes_of(layer, kernel, convention):
            product = 1
            for part in axis.detail.split(" × ") if axis.detail else [str(axis.size)]:
                product *= int(part)
            assert product == axis.size


def test_every_role_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(ROLES)
    assert len(set(COLOURS.values())) == len(ROLES)
    assert set(CONVENTION_NAMES) == set(FRAMEWORK_NAMES)


def test_boxes_say_size_name_and_role() -> None:
    layer = LSTM(12000, 500)
    html = boxes_html(axes_of(layer, layer.kernels[0], "keras"))
    words = [text for text in re.split("<[^>]*>", html) if text]
    assert words == ["12\u202f000", "in", "×", "2\u202f000", "4 × 500", "gate × out", "gate"]
    assert [c for c in COLOURS.values() if f"border-color: {c};" in html] == ["#E69F00", "#F0E442"]
    assert re.findall(r'role="(list|listitem)"', html) == ["list", "listitem", "listitem"]


# What frameworks start with


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("framework", ["keras", "torch", "jax"])
def test_a_default_s_name_is_of_the_default(kind: str, framework: str) -> None:
    """Where the name is a known initializer's, so is the law; the others' std by hand."""
    layer = LAYERS[kind]()
    for kernel in layer.kernels:
        name = default_name(layer, kernel, framework)
        law = for_kernel(default_initializer(layer, kernel, framework), kernel)
        if framework == "keras":
            assert for_kernel(INITIALIZERS[name], kernel) == law
            continue
        std = law.variance(law.fans(kernel.shape)) ** 0.5
        size = kernel.effective
        expected = {
            "N(0, 1)": 1.0,
            "N(0, 1/output_dim)": 128**-0.5,
            "U(±1/√units)": (3 * 64) ** -0.5,
            "U(±1/√fan_in)": (3 * size.fan_in) ** -0.5,
            "xavier_uniform_": (2 / (512 + 1536)) ** 0.5,
            "lecun_normal": size.fan_in**-0.5,
            "orthogonal, a gate at a time": 64**-0.5,
        }[name]
        if kind == "Conv2DTranspose" and framework == "torch":
            expected = (3 * 9 * 128) ** -0.5  # PyTorch's fan_in is the other axis
        assert std == pytest.approx(expected)


# Tables


def test_layers_table_has_a_row_a_kernel_and_a_framework() -> None:
    table = layers_frame()
    kernels = sum(len(layer().kernels) for layer in LAYERS.values())
    assert len(table) == 4 * kernels
    assert list(table)[:4] == ["layer", "kernel", "framework", "shape"]
    lookups = table["gradient variance"].isna()
    assert set(table[lookups]["layer"]) == {"Embedding"}


def test_gains_table_has_a_row_an_activation() -> None:
    table = gains_frame()
    assert list(table["activation"]) == [each.label for each in ACTIVATIONS.values()]
    relu = table.set_index("activation").loc["ReLU"]
    assert relu["forward scale"] == pytest.approx(2)
    assert relu["torch gain"] == pytest.approx(2**0.5)
    assert table.set_index("activation").isna().loc["GELU"].sum() == 1


# Kernels as text


@pytest.mark.parametrize("text", ["3s3s64i128o", "7b", "1i2o3s4b5s6s"])
def test_a_tensor_is_its_text(text: str) -> None:
    assert tensor(text).text == text


def test_a_tensor_s_layer() -> None:
    layer = Tensor((4, 5, 8, 16), "bsio").layer
    assert layer == RawKernel((4, 5, 8, 16), (2,), (3,), (0,))
    assert layer.kernels[0].effective.fan_in == 5 * 8


def test_usual_parts() -> None:
    assert [usual_parts(rank) for rank in (1, 2, 4)] == ["o", "io", "ssio"]


@pytest.mark.parametrize(
    ("shape", "parts", "message"),
    [
        ((), "", "shape must have 1 to 6 axes; got 0"),
        ((3, 4), "i", "parts must be one letter an axis, 2; got 1"),
        ((3, 4), "ix", "part must be one of 's', 'i', 'o', 'b'; got 'x'"),
        ((3, 0), "io", "each axis must be from 1 to 65536; got 0"),
    ],
)
def test_a_tensor_refuses(shape: tuple[int, ...], parts: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Tensor(shape, parts)
