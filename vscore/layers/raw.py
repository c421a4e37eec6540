"""A kernel that is given by its shape and by what its axes are for."""

import math
from dataclasses import Field, dataclass
from typing import Any, Literal, TypeAlias

from vscore._typing import Shape
from vscore.fans import Fans, check_axes, compute_fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Kernel
from vscore.parameters import check_shape, shown

Role: TypeAlias = Literal["tap", "in", "out", "block"]


@dataclass(frozen=True, slots=True)
class RawKernel(Layer):
    """A weight tensor of any shape, for a layer that is not listed.

    An output sums over the input axes and over the axes that have no name, which are taken for a
    window; each index along the batch axes is a map by itself. `LAYERS` does not list it, because
    its fields are shapes and not numbers.

    Attributes
    ----------
    shape : tuple of int
        Keras' layout, (..., in, out).
    input_axes, output_axes : tuple of int, optional
        As in `vscore.fans.compute_fans`: the last but one and the last, unless both are given. An
        axis in both is a map by itself at each index, like a batch axis; so is a vector's only
        axis.
    batch_axes : tuple of int
        As JAX's `batch_axis`; none of the input or output axes.
    """

    shape: Shape = (784, 256)
    input_axes: Shape | None = None
    output_axes: Shape | None = None
    batch_axes: Shape = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The tensor itself."""
        return (
            Kernel(
                "kernel",
                self.shape,
                "glorot_uniform",
                self.input_axes,
                self.output_axes,
                effective=self._effective,
                axes=self._axis_names(),
                torch_shape=self.shape[:-3:-1] + self.shape[:-2],
                flax_shape=self.shape,
                flax_axes=(
                    (-2,) if self.input_axes is None else self.input_axes,
                    (-1,) if self.output_axes is None else self.output_axes,
                ),
                flax_batch_axes=self.batch_axes,
                note=self._note,
            ),
        )

    @property
    def roles(self) -> tuple[Role, ...]:
        """What each axis is for: summed (in, tap), an output, or a map by itself (block)."""
        inputs, outputs = self._summed_and_outputs()
        return tuple(self._role(axis, inputs, outputs) for axis in range(len(self.shape)))

    def _role(self, axis: int, inputs: Shape, outputs: Shape) -> Role:
        if axis in self.batch_axes or (axis in inputs and axis in outputs):
            return "block"
        if axis in inputs:
            return "in"
        return "out" if axis in outputs else "tap"

    def _summed_and_outputs(self) -> tuple[Shape, Shape]:
        """Keras' axes: with one of the two missing it ignores the other."""
        if self.input_axes is not None and self.output_axes is not None:
            return self.input_axes, self.output_axes
        rank = len(self.shape)
        return (max(rank - 2, 0),), (rank - 1,)

    @property
    def _effective(self) -> Fans:
        sizes = list(zip(self.shape, self.roles, strict=True))
        window = math.prod(n for n, role in sizes if role == "tap")
        counts = (math.prod(n for n, role in sizes if role == way) for way in ("in", "out"))
        return Fans(*(window * count for count in counts))

    @property
    def _note(self) -> str:
        blocks = self.roles.count("block") > 0
        return (
            "An output sums the products over its input axes and over the axes without a name"
            f"{', one batch index at a time' if blocks else ''}; a framework whose fans differ "
            "reads the shape in another way."
        )

    def _axis_names(self) -> tuple[str, ...]:
        return tuple(self._axis_name(axis, role) for axis, role in enumerate(self.roles))

    def _axis_name(self, axis: int, role: Role) -> str:
        if role == "block":
            return "batch" if axis in self.batch_axes else "in and out"
        return f"axis {axis}" if role == "tap" else role

    def _checked(self, argument: Field[Any], value: object) -> object:
        if argument.name == "shape":
            return check_shape(value)
        axes = check_axes(argument.name, value, self.shape)  # fields come in order: shape is first
        return () if axes is None and argument.name == "batch_axes" else axes

    def _check_together(self) -> None:
        compute_fans(self.shape, self.input_axes, self.output_axes)  # refuses absurd products
        inputs, outputs = self._summed_and_outputs()
        taken = sorted(set(self.batch_axes) & {*inputs, *outputs})
        if taken:
            raise ValueError(
                f"batch_axes must be none of the input axes {inputs} and output axes {outputs}; "
                f"got {shown(self.batch_axes)}: leave out {taken[0]}, or name the other axes"
            )
