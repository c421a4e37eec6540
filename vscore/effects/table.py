"""Every layer's default in every framework, at a glance."""

from dataclasses import dataclass
from math import sqrt

from vscore._typing import Convention, Shape
from vscore.effects.draw import law_of
from vscore.effects.geometry import geometry
from vscore.fans import Fans, fans
from vscore.initializers import Initializer
from vscore.layers import LAYERS, Kernel, Layer


@dataclass(frozen=True, slots=True)
class LayerDefault:
    """How a framework starts one kernel when nothing is said, and what comes of it.

    Attributes
    ----------
    layer : Layer
    kernel : Kernel
    convention : {"keras", "keras<3.15", "torch", "jax"}
    shape : tuple of int
        Of the framework's own tensor.
    fans, effective : Fans
        As the framework counts them, and what is really summed.
    initializer : Initializer
        With the framework's law and variance. Its scale is for the fans of Keras 3.15, except
        under "keras<3.15", where it is for those of that version.
    variance : float
        Var[w].
    output_variance, gradient_variance : float
        Exact expectations for N(0, 1) inputs, and for N(0, 1) numbers at the outputs; NaN for the
        gradient of a look-up, whose inputs are integers.
    """

    layer: Layer
    kernel: Kernel
    convention: Convention
    shape: Shape
    fans: Fans
    effective: Fans
    initializer: Initializer
    variance: float
    output_variance: float
    gradient_variance: float

    @property
    def std(self) -> float:
        """The weights' standard deviation."""
        return sqrt(self.variance)


def layer_table() -> tuple[LayerDefault, ...]:
    """Every layer of `LAYERS` with its default sizes: a row a kernel and a framework."""
    return tuple(
        layer_default(layer, kernel, convention)
        for layer in (kind() for kind in LAYERS.values())
        for kernel in layer.kernels
        for convention in CONVENTIONS
    )


CONVENTIONS: tuple[Convention, ...] = ("keras", "keras<3.15", "torch", "jax")
"""The conventions that are a framework's."""


def layer_default(layer: Layer, kernel: Kernel, convention: Convention = "keras") -> LayerDefault:
    """One row of the table, for a layer of any size.

    Raises
    ------
    ValueError
        As `vscore.fans.fans`, or if the kernel is not the layer's.
    """
    plan = geometry(layer, kernel)
    law = law_of(layer, kernel, None, convention)
    effective = kernel.effective
    return LayerDefault(
        layer,
        kernel,
        convention,
        _shape(kernel, convention),
        fans(kernel, convention),
        effective,
        law.initializer,
        law.variance,
        law.second_moment * effective.fan_in,
        float("nan") if plan.lookup else law.second_moment * effective.fan_out,
    )


def _shape(kernel: Kernel, convention: Convention) -> Shape:
    shape = {"torch": kernel.torch_shape, "jax": kernel.flax_shape}.get(convention, kernel.shape)
    assert shape is not None  # the default has been found, so the tensor exists
    return shape
