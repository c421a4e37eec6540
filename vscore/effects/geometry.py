"""A kernel as the linear map that its layer makes of it: what each axis is for.

Every map here is a stack of separate blocks (groups, channels, gates), each a window of matrices:
an ordinary convolution is one block, a dense layer one block whose window is a single tap.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from vscore._typing import AnyArray, Shape
from vscore.layers import Kernel, Layer
from vscore.layers.raw import Role


@dataclass(frozen=True, slots=True)
class Geometry:
    """What a layer does with a kernel's axes.

    Attributes
    ----------
    sizes : tuple of int
        The kernel's axes; one that holds blocks and outputs side by side is split in two.
    roles : tuple of {"tap", "in", "out", "block"}
        One per size. Inputs and taps are summed into an output; blocks never meet.
    strides : tuple of int
        One per tap axis.
    transposed : bool
        Whether the layer spreads inputs (a transposed convolution) instead of gathering them.
    lookup : bool
        Whether inputs are one-hot: rows are read, nothing is summed, no gradient comes back.
    """

    sizes: Shape
    roles: tuple[Role, ...]
    strides: Shape = ()
    transposed: bool = False
    lookup: bool = False

    def of(self, role: Role) -> Shape:
        """The sizes of the axes of a role, in the kernel's order."""
        return tuple(n for n, own in zip(self.sizes, self.roles, strict=True) if own == role)

    def count(self, role: Role) -> int:
        """The product of the sizes of a role; 1 where there are none."""
        return math.prod(self.of(role))

    @property
    def positions(self) -> int:
        """The product of the strides: how many phases an axis' positions fall in."""
        return math.prod(self.strides)

    def taps(self, *, forward: bool) -> tuple[int, int]:
        """The fewest and the most taps that meet in one output, or in one input's gradient.

        They differ where inputs are spread at a stride that does not divide the window.
        """
        window = self.of("tap")
        if forward != self.transposed:
            return (math.prod(window), math.prod(window))
        pairs = list(zip(window, self.strides, strict=True))
        return math.prod(k // s for k, s in pairs), math.prod(-(-k // s) for k, s in pairs)

    def blocks(self, kernel: AnyArray, sizes: Shape | None = None) -> AnyArray:
        """A kernel, or a part with other sizes, as an array (block, *window, in, out)."""
        split = kernel.reshape(self.sizes if sizes is None else sizes)
        order = [
            axis
            for wanted in ("block", "tap", "in", "out")
            for axis, role in enumerate(self.roles)
            if role == wanted
        ]
        counted = Geometry(split.shape, self.roles)
        window = counted.of("tap")
        shape = (counted.count("block"), *window, counted.count("in"), counted.count("out"))
        return split.transpose(order).reshape(shape)


def geometry(layer: Layer, kernel: Kernel) -> Geometry:
    """What a layer does with one of its kernels.

    Raises
    ------
    ValueError
        If the kernel is not the layer's.
    """
    if kernel not in layer.kernels:
        names = ", ".join(repr(each.name) for each in layer.kernels)
        raise ValueError(
            f"kernel must be one of the kernels of {layer}, {names}; got {kernel.name!r}"
        )
    return _GEOMETRIES[layer.kind](layer, kernel)


def _matrix(layer: Any, kernel: Kernel) -> Geometry:
    return Geometry(kernel.shape, ("in", "out"))


def _convolution(layer: Any, kernel: Kernel) -> Geometry:
    """(*window, in of one group, group x out)."""
    *window, inputs, filters = kernel.shape
    sizes = (*window, inputs, layer.groups, filters // layer.groups)
    roles: list[Role] = ["tap"] * len(window)
    return Geometry(sizes, (*roles, "in", "block", "out"), layer.strides)


def _transposed(layer: Any, kernel: Kernel) -> Geometry:
    return Geometry(kernel.shape, ("tap", "tap", "out", "in"), layer.strides, transposed=True)


def _depthwise(layer: Any, kernel: Kernel) -> Geometry:
    """A block per channel, with one input each."""
    return Geometry(kernel.shape, ("tap", "tap", "block", "out"), layer.strides)


def _separable(layer: Any, kernel: Kernel) -> Geometry:
    if kernel.name == "depthwise_kernel":
        return _depthwise(layer, kernel)
    return Geometry(kernel.shape, ("tap", "tap", "in", "out"), (1, 1))


def _embedding(layer: Any, kernel: Kernel) -> Geometry:
    return Geometry(kernel.shape, ("in", "out"), lookup=True)


def _gates(layer: Any, kernel: Kernel) -> Geometry:
    """(in, gate x out): each gate has a pre-activation of its own."""
    inputs, _ = kernel.shape
    return Geometry((inputs, len(layer.gates), layer.units), ("in", "block", "out"))


def _attention(layer: Any, kernel: Kernel) -> Geometry:
    """Heads and their sizes are outputs of the projections, and inputs of the last one."""
    output = kernel.name == "output_kernel"
    return Geometry(kernel.shape, ("in", "in", "out") if output else ("in", "out", "out"))


def _raw(layer: Any, kernel: Kernel) -> Geometry:
    return Geometry(kernel.shape, layer.roles, (1,) * layer.roles.count("tap"))


_GEOMETRIES: Mapping[str, Callable[[Any, Kernel], Geometry]] = MappingProxyType(
    {
        "Dense": _matrix,
        "Conv1D": _convolution,
        "Conv2D": _convolution,
        "Conv3D": _convolution,
        "Conv2DTranspose": _transposed,
        "DepthwiseConv2D": _depthwise,
        "SeparableConv2D": _separable,
        "Embedding": _embedding,
        "SimpleRNN": _gates,
        "LSTM": _gates,
        "GRU": _gates,
        "MultiHeadAttention": _attention,
        "RawKernel": _raw,
    }
)
