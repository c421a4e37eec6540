"""How many inputs and outputs a kernel's rule sees: the fans, by each framework's convention.

A fan is what a variance is divided by, so two frameworks that count differently start the same
layer at different scales. "effective" counts what is really summed, and is what theory needs.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from vscore._typing import Convention, Mode, Shape
from vscore.parameters import Parameter, check_choice, check_shape, shown

# The bounds keep fan_in * fan_out and fan_in + fan_out finite; no kernel comes near them.
_FAN = Parameter(
    "fan", "Fan", "Terms in a sum.", 1, 1e-100, 1e100, (1, 1e6), integer=False, log=True
)


@dataclass(frozen=True, slots=True)
class Fans:
    """Inputs to one output unit and outputs from one input unit.

    Attributes
    ----------
    fan_in, fan_out : float
        Positive; an int where the count is whole. A fraction is a mean over positions: at
        stride 2 an input pixel of a 3 x 3 convolution reaches 9 / 4 output pixels on average.

    Raises
    ------
    ValueError
        If a fan is not in [1e-100, 1e+100].
    """

    fan_in: float
    fan_out: float

    def __post_init__(self) -> None:
        for name in ("fan_in", "fan_out"):
            value = getattr(self, name)
            _FAN.check(value, name)
            object.__setattr__(self, name, _whole(value))

    @property
    def fan_avg(self) -> float:
        """(fan_in + fan_out) / 2, Glorot and Bengio's compromise."""
        return (self.fan_in + self.fan_out) / 2

    @property
    def fan_geo_avg(self) -> float:
        """sqrt(fan_in * fan_out), JAX's addition."""
        return math.sqrt(self.fan_in * self.fan_out)

    def n(self, mode: Mode) -> float:
        """The variance's denominator in a mode, not clamped.

        Parameters
        ----------
        mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}

        Returns
        -------
        float
            Positive. Keras divides by max(1, n); the initializer does that, not this.

        Raises
        ------
        ValueError
            If the mode is none of these.
        """
        return float(getattr(self, check_choice("mode", mode, MODES)))


MODES: tuple[Mode, ...] = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
"""The names that `Fans.n` knows, each also an attribute of `Fans`. Case-sensitive, as in Keras."""


class HasFans(Protocol):
    """What a fan rule reads of a kernel; `vscore.layers.Kernel` has it.

    Attributes
    ----------
    name : str
    shape : tuple of int
        In Keras' layout.
    input_axes, output_axes : tuple of int or None
        The axes that Keras >= 3.15 hands to the initializer.
    effective : Fans
        What is really summed.
    torch_shape, flax_shape : tuple of int or None
        The same tensor's shape elsewhere; None where there is no such tensor.
    flax_axes : pair of tuple of int
        `in_axis` and `out_axis` of Flax's initializer for it.
    flax_batch_axes : tuple of int
        Its `batch_axis`.
    """

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def input_axes(self) -> Shape | None: ...
    @property
    def output_axes(self) -> Shape | None: ...
    @property
    def effective(self) -> Fans: ...
    @property
    def torch_shape(self) -> Shape | None: ...
    @property
    def flax_shape(self) -> Shape | None: ...
    @property
    def flax_axes(self) -> tuple[Shape, Shape]: ...
    @property
    def flax_batch_axes(self) -> Shape: ...


def compute_fans(shape: object, input_axes: object = None, output_axes: object = None) -> Fans:
    """The fans that Keras 3.15 computes for a kernel shape.

    Parameters
    ----------
    shape : sequence of int
        Keras' layout (..., in, out); () is a scalar.
    input_axes, output_axes : sequence of int, optional
        Axes, negative ones from the end. Where BOTH are given, each fan is the product of its
        axes and nothing else; where one is missing Keras ignores the other. An axis in both
        counts in both, as in Keras; () is the empty product, 1.

    Returns
    -------
    Fans
        () -> 1, 1; (n,) -> n, n; else shape[-2] and shape[-1], each times prod(shape[:-2]).

    Raises
    ------
    ValueError
        If the shape or an axis is not valid, or an axis is repeated (Keras counts it twice).

    References
    ----------
    keras/src/initializers/random_initializers.py, `compute_fans`, Keras 3.15.1.
    """
    sizes = check_shape(shape)
    inputs = check_axes("input_axes", input_axes, sizes)
    outputs = check_axes("output_axes", output_axes, sizes)
    if inputs is not None and outputs is not None:
        return Fans(_product(sizes, inputs), _product(sizes, outputs))
    return _shape_rule(sizes)


def check_axes(argument: str, axes: object, shape: Shape) -> Shape | None:
    """The axes as distinct non-negative ints; None stays None.

    Raises
    ------
    ValueError
        Naming the argument, the axes that the shape has, and the value.
    """
    if axes is None:
        return None
    rank = len(shape)
    try:
        found = tuple(operator.index(axis) for axis in axes)  # type: ignore[attr-defined]  # tried
    except TypeError:
        raise ValueError(
            f"{argument} must be a sequence of integers or None; got {shown(axes)}"
        ) from None
    for axis in found:
        if not -rank <= axis < rank:
            range_ = f"{-rank} to {rank - 1}" if rank else "which has none"
            raise ValueError(
                f"{argument} must be axes of the shape {shown(shape)}, {range_}; got {shown(axis)}"
            )
    distinct = tuple(axis % rank for axis in found)
    if len(set(distinct)) < len(distinct):
        raise ValueError(f"{argument} must name each axis once; got {shown(axes)}")
    return distinct


def fans(kernel: HasFans, convention: Convention = "keras") -> Fans:
    """The fans of a layer's kernel, as a framework counts them.

    Parameters
    ----------
    kernel : HasFans
        One of a layer's `kernels`.
    convention : {"keras", "keras<3.15", "torch", "jax", "effective"}
        "keras" is 3.15 and later. "torch" and "jax" are PyTorch's and JAX's rules on the
        tensor that PyTorch and Flax hold for this kernel. "effective" is the number of
        products summed into one output unit in the interior, and into the gradient of one
        input unit, a mean over input positions.

    Raises
    ------
    ValueError
        If the convention is unknown, if the framework has no such tensor, or if its rule
        refuses the shape (PyTorch and JAX want two axes at least).
    """
    return CONVENTIONS[check_choice("convention", convention, CONVENTIONS)](kernel)


def _keras(kernel: HasFans) -> Fans:
    return compute_fans(kernel.shape, kernel.input_axes, kernel.output_axes)


def _keras_before_axes(kernel: HasFans) -> Fans:
    return _shape_rule(kernel.shape)


def _torch(kernel: HasFans) -> Fans:
    """`torch.nn.init._calculate_fan_in_and_fan_out`: kernels are (out, in, ...)."""
    shape = _framework_shape("PyTorch", kernel.name, kernel.torch_shape)
    window = math.prod(shape[2:])
    return Fans(shape[1] * window, shape[0] * window)


def _jax(kernel: HasFans) -> Fans:
    """`jax.nn.initializers.variance_scaling`: the axes that are not named multiply both fans.

    fan_in = in * (size / (in * out)) = size / out, and likewise fan_out = size / in, of the size
    without batch axes; both are whole, since distinct axes divide the size.
    """
    shape = _framework_shape("Flax", kernel.name, kernel.flax_shape)
    in_axes, out_axes = kernel.flax_axes
    size = math.prod(shape) // _product(shape, kernel.flax_batch_axes)
    return Fans(size // _product(shape, out_axes), size // _product(shape, in_axes))


def _effective(kernel: HasFans) -> Fans:
    return kernel.effective


CONVENTIONS: Mapping[str, Callable[[HasFans], Fans]] = MappingProxyType(
    {
        "keras": _keras,
        "keras<3.15": _keras_before_axes,
        "torch": _torch,
        "jax": _jax,
        "effective": _effective,
    }
)
"""Fan rule by convention."""


def _shape_rule(shape: Shape) -> Fans:
    """Keras' rule before 3.15, and still its rule where no axes are given."""
    if len(shape) < 2:
        return Fans(math.prod(shape), math.prod(shape))
    window = math.prod(shape[:-2])
    return Fans(shape[-2] * window, shape[-1] * window)


def _framework_shape(framework: str, name: str, shape: Shape | None) -> Shape:
    if shape is None:
        raise ValueError(
            f"kernel {name!r} has no counterpart in {framework}; "
            "use convention 'keras' or 'effective'"
        )
    if len(shape) < 2:
        raise ValueError(
            f"kernel {name!r} must have 2 axes or more for {framework}'s fans; "
            f"got the shape {shown(shape)}"
        )
    return shape


def _product(shape: Shape, axes: Shape) -> int:
    return math.prod(shape[axis] for axis in axes)


def _whole(value: float) -> float:
    return int(value) if value == int(value) else float(value)
