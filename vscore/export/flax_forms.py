"""What Flax's nnx calls each layer, and in what shape it draws the kernel."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vscore._typing import Shape


@dataclass(frozen=True, slots=True)
class Form:
    """How nnx says a layer.

    Attributes
    ----------
    function : str
    arguments : tuple of str
        Of the layer's sizes.
    initializers : mapping of str to str
        Argument by kernel.
    optional : mapping of str to str
        Sizes that are left out where they are 1, and their keywords.
    drawn_shape : callable
        The shape in which nnx draws the kernel, given its shape in Keras.
    """

    function: str
    arguments: tuple[str, ...]
    initializers: Mapping[str, str] = field(default_factory=lambda: {"kernel": "kernel_init"})
    optional: Mapping[str, str] = field(default_factory=dict)
    drawn_shape: Callable[[Shape], Shape] = lambda shape: shape


_CONV = ("{input_channels}", "{filters}", "{kernel_size}")
_STRIDES = {"strides": "strides"}
_VALID = 'padding="VALID"'
_CELL = {"kernel": "kernel_init", "recurrent_kernel": "recurrent_kernel_init"}


def _cell(kind: str) -> Form:
    return Form(f"nnx.{kind}", ("{input_dim}", "{units}"), _CELL)


def _depthwise_shape(shape: Shape) -> Shape:
    """One input channel to a group, all outputs in the last axis."""
    return (*shape[:-2], 1, shape[-2] * shape[-1])


def projection_shape(shape: Shape) -> Shape:
    return (shape[0], math.prod(shape[1:]))


_CONVOLUTION = Form(
    "nnx.Conv", (*_CONV, _VALID), optional={**_STRIDES, "groups": "feature_group_count"}
)
DEPTHWISE = Form(
    "nnx.Conv",
    (
        "{input_channels}",
        "{between}",
        "{kernel_size}",
        _VALID,
        "feature_group_count={input_channels}",
    ),
    optional=_STRIDES,
    drawn_shape=_depthwise_shape,
)

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "Dense": Form("nnx.Linear", ("{input_dim}", "{units}")),
        "Conv1D": _CONVOLUTION,
        "Conv2D": _CONVOLUTION,
        "Conv3D": _CONVOLUTION,
        # transpose_kernel keeps the kernel as Keras has it, out before in, and so the fans.
        "Conv2DTranspose": Form(
            "nnx.ConvTranspose", (*_CONV, _VALID, "transpose_kernel=True"), optional=_STRIDES
        ),
        "DepthwiseConv2D": DEPTHWISE,
        "Embedding": Form(
            "nnx.Embed", ("{input_dim}", "{output_dim}"), {"embeddings": "embedding_init"}
        ),
    }
)

CELLS: Mapping[str, Form] = MappingProxyType(
    {
        "SimpleRNN": _cell("SimpleCell"),
        # One matrix for all gates, as in Keras; nnx.LSTMCell has eight.
        "LSTM": _cell("OptimizedLSTMCell"),
        "GRU": _cell("GRUCell"),
    }
)
