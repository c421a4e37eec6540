"""Fans as products written out, and the scale that makes a framework's count harmless."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from vscore._typing import Convention, Mode, Shape
from vscore.effects.geometry import Geometry, geometry
from vscore.fans import MODES, fans
from vscore.layers import Kernel, Layer
from vscore.parameters import check_choice

Factors: TypeAlias = tuple[Shape, Shape]
"""What fan_in and fan_out multiply."""


def written_fans(layer: Layer, kernel: Kernel, convention: Convention) -> tuple[str, str]:
    """fan_in and fan_out with their products: "3 x 5 x 64 = 960".

    Parameters
    ----------
    layer : Layer
    kernel : Kernel
        One of the layer's.
    convention : str
        As in `vscore.fans.fans`; "effective" divides by the strides: "3 x 3 x 64 / 4 = 144".

    Raises
    ------
    ValueError
        As `vscore.fans.fans`, or if the kernel is not the layer's.
    """
    counted = fans(kernel, convention)
    plan = geometry(layer, kernel)
    if convention == "effective":
        inward, outward = _effective(plan)
        return (
            _written(inward, counted.fan_in, plan.positions if plan.transposed else 1),
            _written(outward, counted.fan_out, 1 if plan.transposed else plan.positions),
        )
    inward, outward = _FACTORS[convention](kernel)
    stacked = counted.fan_out / kernel.effective.fan_out
    if layer.kind in _STACKED and stacked > 1 and len(outward) == 1:  # matrices side by side
        outward = (round(stacked), round(kernel.effective.fan_out))
    return _written(inward, counted.fan_in), _written(outward, counted.fan_out)


def restoring_scale(
    kernel: Kernel, convention: Convention = "keras", mode: Mode = "fan_in"
) -> float:
    """What to multiply `VarianceScaling`'s scale by, so that the layer does what the mode intends.

    Parameters
    ----------
    kernel : Kernel
    convention : str
        Whose fans the initializer reads, as in `vscore.fans.fans`.
    mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}
        fan_in intends the output's variance, fan_out the gradient's, the others a compromise.

    Returns
    -------
    float
        max(1, n) of the framework over n of what is really summed; 1 where they agree. In mode
        fan_in, `VarianceScaling(restoring_scale(kernel, ...))` gives N(0, 1) inputs outputs of
        variance 1, and `VarianceScaling(2 * restoring_scale(kernel, ...))` He's 2.

    Raises
    ------
    ValueError
        As `vscore.fans.fans`, or if the mode is unknown.

    Examples
    --------
    >>> from vscore import DepthwiseConv2D
    >>> restoring_scale(DepthwiseConv2D(64, (3, 3)).kernels[0])
    64.0
    """
    check_choice("mode", mode, MODES)
    return max(1.0, fans(kernel, convention).n(mode)) / kernel.effective.n(mode)


_STACKED = frozenset({"LSTM", "GRU", "MultiHeadAttention"})


def _effective(plan: Geometry) -> Factors:
    window = plan.of("tap")
    if plan.lookup:
        return (), ()
    # A depthwise output has one input a tap, which no axis stands for.
    return (*window, *plan.of("in")), (*window, *plan.of("out"))


def _keras(kernel: Kernel) -> Factors:
    if kernel.input_axes is None or kernel.output_axes is None:
        return _shape_rule(kernel)
    return (
        tuple(kernel.shape[axis] for axis in kernel.input_axes),
        tuple(kernel.shape[axis] for axis in kernel.output_axes),
    )


def _shape_rule(kernel: Kernel) -> Factors:
    if len(kernel.shape) < 2:
        return kernel.shape, kernel.shape
    *window, inputs, outputs = kernel.shape
    return (*window, inputs), (*window, outputs)


def _torch(kernel: Kernel) -> Factors:
    assert kernel.torch_shape is not None  # `fans` has raised
    outputs, inputs, *window = kernel.torch_shape
    return (*window, inputs), (*window, outputs)


def _jax(kernel: Kernel) -> Factors:
    assert kernel.flax_shape is not None
    shape, rank = kernel.flax_shape, len(kernel.flax_shape)
    inward, outward, batch = (
        {axis % rank for axis in axes} for axes in (*kernel.flax_axes, kernel.flax_batch_axes)
    )
    return (
        tuple(n for axis, n in enumerate(shape) if axis not in outward | batch),
        tuple(n for axis, n in enumerate(shape) if axis not in inward | batch),
    )


_FACTORS: Mapping[str, Callable[[Kernel], Factors]] = MappingProxyType(
    {"keras": _keras, "keras<3.15": _shape_rule, "torch": _torch, "jax": _jax}
)


def _written(factors: Sequence[int], total: float, divisor: int = 1) -> str:
    product = " x ".join(map(str, factors)) or "1"
    quotient = f" / {divisor}" if divisor > 1 else ""
    whole = f"{total:.10g}"
    return product if product == whole else f"{product}{quotient} = {whole}"
