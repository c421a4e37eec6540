"""Convolutions that mix channels: Conv1D, Conv2D, Conv3D and Conv2DTranspose.

Interior outputs only: with "same" padding the outputs at the border sum fewer products.
"""

import math
from dataclasses import dataclass

from vscore._typing import Shape
from vscore.fans import Fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Bias, Kernel

WINDOW_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""Names of a kernel's spatial axes, by their number."""


@dataclass(frozen=True, slots=True)
class Conv1D(Layer):
    """A convolution in `groups` blocks of channels that do not mix.

    Effective fan_in is taps * input_channels / groups. Effective fan_out is
    taps * filters / groups / positions, where positions is the product of the strides: at
    stride s only one input position in s meets a given tap.

    Attributes
    ----------
    input_channels, filters : int
    kernel_size, strides : tuple of int
        One per spatial axis; one int stands for all of them.
    groups : int
        Divides input_channels and filters.
    """

    input_channels: int = 64
    filters: int = 128
    kernel_size: Shape = (3,)
    strides: Shape = (1,)
    groups: int = 1

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel, shape (*kernel_size, input_channels / groups, filters)."""
        taps = math.prod(self.kernel_size)
        inputs, outputs = self.input_channels // self.groups, self.filters // self.groups
        shape = (*self.kernel_size, inputs, self.filters)
        return (
            Kernel(
                "kernel",
                shape,
                "glorot_uniform",
                effective=Fans(taps * inputs, taps * outputs / math.prod(self.strides)),
                axes=(*WINDOW_AXES[len(self.kernel_size)], self._input_axis, "out"),
                torch_shape=(self.filters, inputs, *self.kernel_size),
                flax_shape=shape,
                note=f"{self._group_note}{stride_note(self.strides)}",
            ),
        )

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (filters,)."""
        return (Bias("bias", (self.filters,)),)

    @property
    def _input_axis(self) -> str:
        return "in" if self.groups == 1 else "in of one group"

    @property
    def _group_note(self) -> str:
        if self.groups == 1:
            return ""
        return (
            f"An input channel reaches its own group's {self.filters // self.groups} of "
            f"{self.filters} filters, but fan_out counts all: {self.groups} times too many. "
        )

    def _check_together(self) -> None:
        common = math.gcd(self.input_channels, self.filters)
        if common % self.groups:
            raise ValueError(
                f"groups must divide input_channels and filters; got groups={self.groups} with "
                f"input_channels={self.input_channels}, filters={self.filters}: "
                f"the nearest allowed value is {nearest_divisor(common, self.groups)}"
            )


@dataclass(frozen=True, slots=True)
class Conv2D(Conv1D):
    """`Conv1D` over two spatial axes."""

    kernel_size: Shape = (3, 3)
    strides: Shape = (1, 1)


@dataclass(frozen=True, slots=True)
class Conv3D(Conv1D):
    """`Conv1D` over three spatial axes."""

    kernel_size: Shape = (3, 3, 3)
    strides: Shape = (1, 1, 1)


@dataclass(frozen=True, slots=True)
class Conv2DTranspose(Layer):
    """A convolution's gradient used as a layer: at stride s the output is s times larger.

    Effective fan_in is taps * input_channels / positions (only one tap in s^2 meets an input,
    a mean over output positions), effective fan_out is taps * filters.

    Attributes
    ----------
    input_channels, filters : int
    kernel_size, strides : tuple of int
        Two each; one int stands for both.
    """

    input_channels: int = 64
    filters: int = 128
    kernel_size: Shape = (3, 3)
    strides: Shape = (1, 1)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel, shape (*kernel_size, filters, input_channels): out before in."""
        taps = math.prod(self.kernel_size)
        positions = math.prod(self.strides)
        return (
            Kernel(
                "kernel",
                (*self.kernel_size, self.filters, self.input_channels),
                "glorot_uniform",
                effective=Fans(taps * self.input_channels / positions, taps * self.filters),
                axes=("height", "width", "out", "in"),
                torch_shape=(self.input_channels, self.filters, *self.kernel_size),
                # Flax keeps (in, out) here too, unless transpose_kernel=True.
                flax_shape=(*self.kernel_size, self.input_channels, self.filters),
                note=self._note,
            ),
        )

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (filters,)."""
        return (Bias("bias", (self.filters,)),)

    @property
    def _note(self) -> str:
        positions = math.prod(self.strides)
        swap = (
            f"The kernel holds out before in, so Keras and PyTorch swap the fans: fan_in counts "
            f"{self.filters} channels where {self.input_channels} are summed. "
        )
        stride = (
            f"At strides {_by(self.strides)} an output sums one tap in {positions} on average, so "
            f"its real fan_in is {positions} times smaller still."
        )
        swapped = self.filters != self.input_channels
        return f"{swap if swapped else ''}{stride if positions > 1 else ''}".strip()


def stride_note(strides: Shape) -> str:
    """What strides do to a convolution's fan_out, in words; empty at stride 1."""
    positions = math.prod(strides)
    if positions == 1:
        return ""
    return (
        f"At strides {_by(strides)} an input meets one tap in {positions} on average, which no "
        f"framework counts: its real fan_out is {positions} times smaller."
    )


def nearest_divisor(number: int, target: int) -> int:
    """The divisor of a positive number that is nearest to the target; the smaller of two."""
    small = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return min({*small, *(number // d for d in small)}, key=lambda d: (abs(d - target), d))


def _by(sizes: Shape) -> str:
    return " x ".join(str(size) for size in sizes)
