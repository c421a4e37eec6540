"""One weight tensor of a layer: its shape here and elsewhere, and what its sums really hold."""

import math
from dataclasses import KW_ONLY, dataclass

import numpy as np

from vscore._typing import FloatArray, Shape
from vscore.fans import CONVENTIONS, Fans, check_axes
from vscore.parameters import check_shape, shown


@dataclass(frozen=True, slots=True)
class Kernel:
    """A weight tensor in Keras' layout.

    Attributes
    ----------
    name : str
        Unique in its layer.
    shape : tuple of int
    default_initializer : str
        A key of `vscore.initializers.INITIALIZERS`: what Keras uses when nothing is said.
    input_axes, output_axes : tuple of int, optional
        What Keras >= 3.15 passes to a VarianceScaling initializer; None where it passes nothing.
    effective : Fans
        Products summed into one output unit (interior), and into the gradient of one input unit
        (mean over positions).
    axes : tuple of str
        A name per axis.
    torch_shape : tuple of int, optional
        Shape of the tensor that holds these weights in PyTorch; None where there is none.
    flax_shape : tuple of int, optional
        Shape that Flax's initializer is called with for these weights; None where there is none.
    flax_axes : pair of tuple of int
        `in_axis` and `out_axis` of that initializer.
    flax_batch_axes : tuple of int
        Its `batch_axis`: each index along these is a kernel by itself.
    note : str
        Why some framework's fans differ from the effective ones; always empty where none does.

    Raises
    ------
    ValueError
        If the shape or an axis is not valid, or the axis names do not fit the shape.
    """

    name: str
    shape: Shape
    default_initializer: str
    input_axes: Shape | None = None
    output_axes: Shape | None = None
    _: KW_ONLY
    effective: Fans
    axes: tuple[str, ...]
    torch_shape: Shape | None
    flax_shape: Shape | None
    flax_axes: tuple[Shape, Shape] = ((-2,), (-1,))
    flax_batch_axes: Shape = ()
    note: str = ""

    def __post_init__(self) -> None:
        shape = check_shape(self.shape)
        object.__setattr__(self, "shape", shape)
        for argument in ("input_axes", "output_axes"):
            axes = check_axes(argument, getattr(self, argument), shape)
            object.__setattr__(self, argument, axes)
        if len(self.axes) != len(shape):
            raise ValueError(
                f"axes must name each axis of the shape {shown(shape)}; got {shown(self.axes)}"
            )
        note = "" if self._conventions_agree() else self.note.strip()
        object.__setattr__(self, "note", note)

    @property
    def size(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    def _conventions_agree(self) -> bool:
        elsewhere = {"torch": self.torch_shape, "jax": self.flax_shape}
        refused = {name for name, shape in elsewhere.items() if shape is None or len(shape) < 2}
        return all(
            rule(self) == self.effective
            for convention, rule in CONVENTIONS.items()
            if convention not in refused
        )


@dataclass(frozen=True, slots=True)
class Bias:
    """A bias vector and the values that Keras starts it with.

    Attributes
    ----------
    name : str
    shape : tuple of int
    initial : tuple of float
        One value for each equal block of the last axis: (0, 1, 0, 0) for an LSTM's gates
        i, f, c, o.
    """

    name: str
    shape: Shape
    initial: tuple[float, ...] = (0.0,)

    def values(self) -> FloatArray:
        """The bias at the start, float64, of `shape`."""
        blocks = np.repeat(np.array(self.initial, np.float64), self.shape[-1] // len(self.initial))
        return np.broadcast_to(blocks, self.shape).copy()
