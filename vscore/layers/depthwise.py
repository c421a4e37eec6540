"""Convolutions that keep channels apart: DepthwiseConv2D and SeparableConv2D."""

import math
from dataclasses import dataclass

from vscore._typing import Shape
from vscore.fans import Fans
from vscore.layers.base import Layer
from vscore.layers.convolution import stride_note
from vscore.layers.kernel import Bias, Kernel


@dataclass(frozen=True, slots=True)
class DepthwiseConv2D(Layer):
    """Each input channel convolved by itself with `depth_multiplier` windows.

    Attributes
    ----------
    input_channels : int
    kernel_size, strides : tuple of int
        Two each; one int stands for both.
    depth_multiplier : int
    """

    input_channels: int = 64
    kernel_size: Shape = (3, 3)
    strides: Shape = (1, 1)
    depth_multiplier: int = 1

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel, shape (*kernel_size, input_channels, depth_multiplier)."""
        return (
            _depthwise_kernel(
                "kernel", self.input_channels, self.kernel_size, self.strides, self.depth_multiplier
            ),
        )

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (input_channels * depth_multiplier,)."""
        return (Bias("bias", (self.input_channels * self.depth_multiplier,)),)


@dataclass(frozen=True, slots=True)
class SeparableConv2D(Layer):
    """A depthwise convolution, then a 1 x 1 convolution that mixes the channels.

    Attributes
    ----------
    input_channels, filters : int
    kernel_size, strides : tuple of int
        Two each, of the depthwise step; one int stands for both.
    depth_multiplier : int
    """

    input_channels: int = 64
    filters: int = 128
    kernel_size: Shape = (3, 3)
    strides: Shape = (1, 1)
    depth_multiplier: int = 1

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """Depthwise (*kernel_size, C, m) and pointwise (1, 1, C m, filters) kernels."""
        between = self.input_channels * self.depth_multiplier
        depthwise = _depthwise_kernel(
            "depthwise_kernel",
            self.input_channels,
            self.kernel_size,
            self.strides,
            self.depth_multiplier,
        )
        pointwise = Kernel(
            "pointwise_kernel",
            (1, 1, between, self.filters),
            "glorot_uniform",
            effective=Fans(between, self.filters),
            axes=("height", "width", "in", "out"),
            torch_shape=(self.filters, between, 1, 1),
            flax_shape=(1, 1, between, self.filters),
        )
        return (depthwise, pointwise)

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (filters,)."""
        return (Bias("bias", (self.filters,)),)


def _depthwise_kernel(
    name: str, channels: int, kernel_size: Shape, strides: Shape, multiplier: int
) -> Kernel:
    """A depthwise kernel: one window per channel and multiple, nothing summed over channels."""
    taps = math.prod(kernel_size)
    return Kernel(
        name,
        (*kernel_size, channels, multiplier),
        "glorot_uniform",
        effective=Fans(taps, taps * multiplier / math.prod(strides)),
        axes=("height", "width", "in", "depth multiplier"),
        # Both see a convolution of as many groups as channels.
        torch_shape=(channels * multiplier, 1, *kernel_size),
        flax_shape=(*kernel_size, 1, channels * multiplier),
        note=f"{_channel_note(channels)}{stride_note(strides)}",
    )


def _channel_note(channels: int) -> str:
    if channels == 1:
        return ""
    return (
        f"An output sums the taps of one channel, but Keras' fan_in counts all {channels} "
        f"channels: {channels} times too many. PyTorch and JAX get fan_in right and make fan_out "
        f"{channels} times too large. "
    )
