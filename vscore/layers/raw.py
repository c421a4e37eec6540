"""A kernel that is given by its shape alone."""

from dataclasses import Field, dataclass
from typing import Any

from vscore._typing import Shape
from vscore.fans import check_axes, compute_fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Kernel
from vscore.parameters import check_shape


@dataclass(frozen=True, slots=True)
class RawKernel(Layer):
    """A weight tensor of any shape, for a layer that is not listed.

    What is summed is not known, so the effective fans are Keras' own. `LAYERS` does not list
    it, because its fields are shapes and not numbers.

    Attributes
    ----------
    shape : tuple of int
        Keras' layout, (..., in, out).
    input_axes, output_axes : tuple of int, optional
        As in `vscore.fans.compute_fans`.
    """

    shape: Shape = (784, 256)
    input_axes: Shape | None = None
    output_axes: Shape | None = None

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
                effective=compute_fans(self.shape, self.input_axes, self.output_axes),
                axes=self._axis_names(),
                torch_shape=self.shape[:-3:-1] + self.shape[:-2],
                flax_shape=self.shape,
                flax_axes=(
                    (-2,) if self.input_axes is None else self.input_axes,
                    (-1,) if self.output_axes is None else self.output_axes,
                ),
            ),
        )

    def _axis_names(self) -> tuple[str, ...]:
        rank = len(self.shape)
        if self.input_axes is None or self.output_axes is None:
            names = {rank - 2: "in", rank - 1: "out"}
        else:
            names = dict.fromkeys(self.output_axes, "out") | dict.fromkeys(self.input_axes, "in")
        return tuple(names.get(axis, f"axis {axis}") for axis in range(rank))

    def _checked(self, argument: Field[Any], value: object) -> object:
        if argument.name == "shape":
            return check_shape(value)
        return check_axes(argument.name, value, self.shape)  # fields come in order: shape is first

    def _check_together(self) -> None:
        compute_fans(self.shape, self.input_axes, self.output_axes)  # refuses absurd products
