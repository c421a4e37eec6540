"""Layer kinds: which kernels each has, their shapes, their fans, what Keras starts them with."""

from collections.abc import Mapping
from types import MappingProxyType

from vscore.layers.attention import MultiHeadAttention
from vscore.layers.base import Layer
from vscore.layers.convolution import Conv1D, Conv2D, Conv2DTranspose, Conv3D
from vscore.layers.dense import Dense, Embedding
from vscore.layers.depthwise import DepthwiseConv2D, SeparableConv2D
from vscore.layers.kernel import Bias, Kernel
from vscore.layers.raw import RawKernel
from vscore.layers.recurrent import GRU, LSTM, SimpleRNN

__all__ = [
    "GRU",
    "LAYERS",
    "LSTM",
    "Bias",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Dense",
    "DepthwiseConv2D",
    "Embedding",
    "Kernel",
    "Layer",
    "MultiHeadAttention",
    "RawKernel",
    "SeparableConv2D",
    "SimpleRNN",
]

LAYERS: Mapping[str, type[Layer]] = MappingProxyType(
    {
        layer.__name__: layer
        for layer in (
            Dense,
            Conv1D,
            Conv2D,
            Conv3D,
            Conv2DTranspose,
            DepthwiseConv2D,
            SeparableConv2D,
            Embedding,
            SimpleRNN,
            LSTM,
            GRU,
            MultiHeadAttention,
        )
    }
)
"""Layer by class name, in the order that a control lists them. `RawKernel` is not among them."""
