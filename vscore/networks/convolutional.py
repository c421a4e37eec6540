"""Stacks of convolutions."""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from vscore._typing import Shape
from vscore.activations import Activation, as_activation
from vscore.fans import Fans
from vscore.initializers import Initializer, as_initializer
from vscore.networks.base import Network
from vscore.parameters import PARAMETERS, Parameter, check_choice, shown

Padding: TypeAlias = Literal["circular", "same"]

PADDINGS: tuple[Padding, ...] = ("circular", "same")

_MOST_AXES = 2

_PADDING_WORDS = {"circular": "circular", "same": "zero-padded"}


@dataclass(frozen=True, slots=True)
class ConvolutionalNetwork(Network):
    """A stack of convolutions of stride 1 on an image that keeps its size, phi after each.

    z(p) = sum over taps t of h(p + t - before) K(t) + b, as Keras and PyTorch convolve: the kernel
    is not turned round. Of an even number of taps, one more looks ahead than back.

    Parameters
    ----------
    channels : tuple of int
        Input channels, then the channels of each layer: L + 1 numbers for depth L.
    kernel_size : tuple of int
        Taps along each axis, of every layer.
    image_size : tuple of int
        Positions along each axis, as many numbers as kernel_size has.
    padding : {"circular", "same"}
        "circular": the image is a ring or a torus, and all positions are alike. "same": zeros
        around it, Keras' "same", where positions at the border sum fewer products.
    activation : Activation
        phi, after every layer, the last one included.
    initializer : Initializer
        Of every kernel. Its own seed is not used: networks are drawn from the simulation's seed.
    bias_variance : float
        Variance of the Gaussian biases, sigma_b^2; a channel has one bias for all positions.
    """

    channels: tuple[int, ...]
    kernel_size: Shape
    image_size: Shape
    padding: Padding
    activation: Activation
    initializer: Initializer
    bias_variance: float = 0.0
    kind: str = field(default="convnet", init=False)

    @property
    def depth(self) -> int:
        """The number of convolutions, L."""
        return len(self.channels) - 1

    @property
    def description(self) -> str:
        """20 convolutional layers, 3 x 3, 64 channels, on 16 x 16 circular"""
        count = f"{self.depth} convolutional layer{'s' * (self.depth > 1)}"
        after = self.channels[1:]
        channels = ", ".join(map(str, after if len(set(after)) > 1 else after[:1]))
        kernel, image = _by(self.kernel_size, "taps"), _by(self.image_size, "positions")
        return f"{count}, {kernel}, {channels} channels, on {image} {_PADDING_WORDS[self.padding]}"

    @property
    def input_shape(self) -> Shape:
        """(*image_size, channels[0])"""
        return (*self.image_size, self.channels[0])

    @property
    def kernel_shapes(self) -> tuple[Shape, ...]:
        """(*kernel_size, in, out) of each layer's kernel."""
        pairs = zip(self.channels[:-1], self.channels[1:], strict=True)
        return tuple((*self.kernel_size, *pair) for pair in pairs)

    @property
    def effective_fans(self) -> tuple[Fans, ...]:
        """taps * in and taps * out of each layer: what a position away from the border sums."""
        taps = math.prod(self.kernel_size)
        pairs = zip(self.channels[:-1], self.channels[1:], strict=True)
        return tuple(Fans(taps * inputs, taps * outputs) for inputs, outputs in pairs)

    @property
    def taps_before(self) -> Shape:
        """How many taps look back along each axis; the tap at this index is the position's own."""
        return tuple((size - 1) // 2 for size in self.kernel_size)

    @property
    def border_share(self) -> float:
        """The share of taps that meet the image, mean over positions; 1 where it is circular.

        On inputs of equal second moments everywhere, zero padding multiplies a layer's q by it,
        whatever the law of the weights. Deeper layers, whose borders have lost already, lose less.
        """
        if self.padding == "circular":
            return 1.0
        return math.prod(map(_share_inside, self.kernel_size, self.taps_before, self.image_size))


def convnet(
    channels: tuple[int, ...] = (3, 64, 64),
    *,
    kernel_size: int | tuple[int, ...] = 3,
    image_size: int | tuple[int, ...] = 16,
    padding: str = "circular",
    activation: Activation | str = "relu",
    initializer: Initializer | str = "he_normal",
    bias_variance: float = 0.0,
) -> ConvolutionalNetwork:
    """A stack of convolutions of stride 1, over one or two axes.

    Parameters
    ----------
    channels : tuple of int, default (3, 64, 64)
        Input channels, then each layer's; at least two numbers.
    kernel_size : int or tuple of int, default 3
        Taps along each axis.
    image_size : int or tuple of int, default 16
        Positions along each axis. An int stands for every axis: as many as the other argument's
        tuple has, two if both are ints. So image_size=(64,) asks for one axis.
    padding : {"circular", "same"}, default "circular"
        What lies around the image: itself again, or zeros (Keras' "same"; in PyTorch
        padding="same" with padding_mode="zeros").
    activation : Activation or str, default "relu"
    initializer : Initializer or str, default "he_normal"
        An object, or a key of `INITIALIZERS`.
    bias_variance : float, default 0.0
        In [0, inf).

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    Examples
    --------
    >>> convnet((3, 32, 32), image_size=(8, 12), padding="same").input_shape
    (8, 12, 3)
    >>> convnet((1, 16), kernel_size=5, image_size=(64,)).kernel_shapes
    ((5, 1, 16),)
    """
    counts = _channels(channels)
    kernel, image = _sizes(kernel_size, image_size)
    check_choice("padding", padding, PADDINGS)
    _check_windows(kernel, image, padding)
    return ConvolutionalNetwork(
        counts,
        kernel,
        image,
        cast(Padding, padding),
        as_activation(activation),
        as_initializer(initializer),
        PARAMETERS["bias_variance"].check(bias_variance),
    )


def _channels(channels: object) -> tuple[int, ...]:
    if not isinstance(channels, list | tuple) or len(channels) < 2:
        raise ValueError(
            "channels must be at least two numbers of channels, inputs first, such as (3, 64); "
            f"got {shown(channels)}"
        )
    PARAMETERS["depth"].check(len(channels) - 1, "depth (the number of channels less one)")
    width = PARAMETERS["width"]
    return tuple(width.check_int(count, "every one of channels") for count in channels)


def _sizes(kernel_size: object, image_size: object) -> tuple[Shape, Shape]:
    """Both with one number an axis."""
    kernel = _per_axis(PARAMETERS["kernel_size"], kernel_size)
    image = _per_axis(PARAMETERS["image_size"], image_size)
    if isinstance(kernel, int):
        kernel = (kernel,) * (_MOST_AXES if isinstance(image, int) else len(image))
    if isinstance(image, int):
        image = (image,) * len(kernel)
    if len(kernel) != len(image):
        raise ValueError(
            "kernel_size and image_size must have as many axes; "
            f"got {kernel} and {image}. An int stands for every axis"
        )
    return kernel, image


def _per_axis(parameter: Parameter, value: object) -> int | Shape:
    """An int as it is, or one or two of them."""
    if not isinstance(value, list | tuple):
        return parameter.check_int(value)
    if not 1 <= len(value) <= _MOST_AXES:
        raise ValueError(
            f"{parameter.name} must be an integer, or one for each of one or two axes; "
            f"got {shown(value)}"
        )
    return tuple(
        parameter.check_int(size, f"{parameter.name}[{axis}]") for axis, size in enumerate(value)
    )


def _check_windows(kernel: Shape, image: Shape, padding: str) -> None:
    if padding == "circular" and any(map(operator.gt, kernel, image)):
        raise ValueError(
            f"kernel_size must be at most image_size {image} where padding is 'circular', or a "
            f"window would meet itself; got {kernel}. Choose a larger image, or padding='same'"
        )


def _share_inside(taps: int, before: int, positions: int) -> float:
    """The share of (position, tap) pairs that fall inside, along one axis."""
    reached = (max(0, positions - abs(tap - before)) for tap in range(taps))
    return sum(reached) / (taps * positions)


def _by(sizes: Sequence[int], unit: str) -> str:
    """16 x 16, or 64 positions."""
    return f"{sizes[0]} {unit}" if len(sizes) == 1 else " x ".join(map(str, sizes))
