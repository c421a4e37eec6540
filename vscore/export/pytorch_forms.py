"""What PyTorch calls each layer, and where it keeps each kernel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vscore._typing import Shape
from vscore.export.fragments import TORCH_ATTENTION


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where PyTorch keeps a kernel.

    Attributes
    ----------
    path : str
    axes : tuple of int
        Keras' axes in PyTorch's order.
    merged : tuple of int
        How many of them each axis of the tensor holds; empty where it holds one each.
    """

    path: str
    axes: Shape
    merged: Shape = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How PyTorch says a layer.

    Attributes
    ----------
    source : str
        An expression, of the layer's sizes; {optional} is where `optional` goes.
    tensors : mapping of str to Tensor
        By kernel.
    biases : tuple of tuple of str
        For each of Keras' rows of biases the tensor that is that row.
    zeros : tuple of str
        Biases that Keras has not: they stay 0.
    optional : mapping of str to str
        Sizes that are left out where they are 1, and their keywords.
    helpers : tuple of str
    """

    source: str
    tensors: Mapping[str, Tensor]
    biases: tuple[str, ...] = ("layer.bias",)
    zeros: tuple[str, ...] = ()
    optional: Mapping[str, str] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()


def _convolution(axes: int) -> Form:
    """Kernels are (out, in / groups, *window) here."""
    order = (axes + 1, axes, *range(axes))
    return Form(
        f"nn.Conv{axes}d({{input_channels}}, {{filters}}, {{kernel_size}}{{optional}})",
        {"kernel": Tensor("layer.weight", order)},
        optional={"strides": "stride", "groups": "groups"},
    )


def _recurrent(kind: str, biases: tuple[str, ...], zeros: tuple[str, ...] = ()) -> Form:
    return Form(
        f"nn.{kind}({{input_dim}}, {{units}}, batch_first=True)",
        {
            "kernel": Tensor("layer.weight_ih_l0", (1, 0)),
            "recurrent_kernel": Tensor("layer.weight_hh_l0", (1, 0)),
        },
        biases,
        zeros,
    )


_INPUT_BIAS, _STATE_BIAS = "layer.bias_ih_l0", "layer.bias_hh_l0"
_DEPTHWISE = (
    "nn.Conv2d({input_channels}, {between}, {kernel_size}{optional}, groups={input_channels}"
)

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "Dense": Form(
            "nn.Linear({input_dim}, {units})", {"kernel": Tensor("layer.weight", (1, 0))}
        ),
        "Conv1D": _convolution(1),
        "Conv2D": _convolution(2),
        "Conv3D": _convolution(3),
        "Conv2DTranspose": Form(
            "nn.ConvTranspose2d({input_channels}, {filters}, {kernel_size}{optional})",
            {"kernel": Tensor("layer.weight", (3, 2, 0, 1))},
            optional={"strides": "stride"},
        ),
        "DepthwiseConv2D": Form(
            f"{_DEPTHWISE})",
            {"kernel": Tensor("layer.weight", (2, 3, 0, 1), (2, 0, 1, 1))},
            optional={"strides": "stride"},
        ),
        "SeparableConv2D": Form(
            f"nn.Sequential(\n    {_DEPTHWISE}, bias=False),\n"
            "    nn.Conv2d({between}, {filters}, 1),\n)",
            {
                "depthwise_kernel": Tensor("layer[0].weight", (2, 3, 0, 1), (2, 0, 1, 1)),
                "pointwise_kernel": Tensor("layer[1].weight", (3, 2, 0, 1)),
            },
            ("layer[1].bias",),
            optional={"strides": "stride"},
        ),
        "Embedding": Form(
            "nn.Embedding({input_dim}, {output_dim})",
            {"embeddings": Tensor("layer.weight", (0, 1))},
            (),
        ),
        # PyTorch adds two rows of biases where Keras has one: the second stays 0.
        "SimpleRNN": _recurrent("RNN", (_INPUT_BIAS,), (_STATE_BIAS,)),
        "LSTM": _recurrent("LSTM", (_INPUT_BIAS,), (_STATE_BIAS,)),
        "GRU": _recurrent("GRU", (_INPUT_BIAS, _STATE_BIAS)),
        "MultiHeadAttention": Form(
            "SelfAttention({input_dim}, {num_heads}, {key_dim})",
            {
                **{
                    f"{name}_kernel": Tensor(f"layer.{name}.weight", (1, 2, 0), (2, 1))
                    for name in ("query", "key", "value")
                },
                "output_kernel": Tensor("layer.output.weight", (2, 0, 1), (1, 2)),
            },
            tuple(f"layer.{name}.bias" for name in ("query", "key", "value", "output")),
            helpers=(TORCH_ATTENTION,),
        ),
    }
)
