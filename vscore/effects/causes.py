"""Why a framework's fans differ from what is really summed: one sentence a cause."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from vscore._typing import Convention
from vscore.effects.geometry import Geometry, geometry
from vscore.fans import fans
from vscore.layers import Kernel, Layer

Fan: TypeAlias = Literal["fan_in", "fan_out"]

_FANS: tuple[Fan, Fan] = ("fan_in", "fan_out")

FRAMEWORK_NAMES: Mapping[str, str] = MappingProxyType(
    {"keras": "Keras", "keras<3.15": "Keras before 3.15", "torch": "PyTorch", "jax": "JAX"}
)
"""Names to show, by convention; "effective" is no framework's."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a wrong fan.

    Attributes
    ----------
    name : str
        grouped, depthwise, separable, transposed, strided, fused gates, attention before 3.15,
        packed attention, embedding or raw shape.
    fan : {"fan_in", "fan_out"}
    factor : float
        The framework's fan over the real one, as far as this cause goes: the factors of all
        causes of a fan multiply to the whole ratio.
    sentence : str
    """

    name: str
    fan: Fan
    factor: float
    sentence: str


Causes: TypeAlias = Iterator[Cause]
Rule: TypeAlias = Callable[[Any, Kernel, Convention], Causes]


def causes(layer: Layer, kernel: Kernel, convention: Convention) -> tuple[Cause, ...]:
    """Every reason why a framework's fans of a kernel are not the effective ones.

    Parameters
    ----------
    layer : Layer
    kernel : Kernel
        One of the layer's.
    convention : str
        As in `vscore.fans.fans`; nothing differs from "effective".

    Raises
    ------
    ValueError
        As `vscore.fans.fans`, or if the kernel is not the layer's.
    """
    geometry(layer, kernel)
    fans(kernel, convention)
    if convention == "effective":
        return ()
    found = (cause for rule in _RULES[layer.kind] for cause in rule(layer, kernel, convention))
    return tuple(cause for cause in found if not math.isclose(cause.factor, 1))


def _grouped(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    yield Cause(
        "grouped",
        "fan_out",
        layer.groups,
        f"Grouped: an input channel reaches the {layer.filters // layer.groups} filters of its own "
        f"group, but fan_out counts all {layer.filters}.",
    )


def _strided(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    plan = geometry(layer, kernel)
    yield Cause(
        "strided",
        "fan_out",
        plan.positions,
        f"Strided: an input meets {_taps(plan, forward=False)}, but fan_out counts all.",
    )


def _spread(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    plan = geometry(layer, kernel)
    yield Cause(
        "strided",
        "fan_in",
        plan.positions,
        f"Strided: an output sums {_taps(plan, forward=True)}, but fan_in counts all.",
    )


def _taps(plan: Geometry, *, forward: bool) -> str:
    window = plan.count("tap")
    fewest, most = plan.taps(forward=forward)
    mean = f"{window / plan.positions:.4g} of {window} taps"
    return mean if fewest == most else f"{fewest} to {most} taps by its position, on average {mean}"


def _transposed(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    if convention == "jax":
        return
    inputs, filters = layer.input_channels, layer.filters
    why = "Transposed: the kernel holds out and in the other way round, so"
    yield Cause(
        "transposed",
        "fan_in",
        filters / inputs,
        f"{why} fan_in counts the {filters} filters, where an output sums {inputs} channels.",
    )
    yield Cause(
        "transposed",
        "fan_out",
        inputs / filters,
        f"{why} fan_out counts the {inputs} channels, where an input reaches {filters} filters.",
    )


def _depthwise(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    yield from _own_channel("depthwise", "Depthwise", layer.input_channels, convention)


def _separable(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    if kernel.name == "depthwise_kernel":
        first = "Separable, first step"
        yield from _own_channel("separable", first, layer.input_channels, convention)
        yield from _strided(layer, kernel, convention)


def _own_channel(name: str, start: str, channels: int, convention: Convention) -> Causes:
    if convention.startswith("keras"):
        sentence = f"{start}: an output sums one channel, but fan_in counts all {channels}."
        yield Cause(name, "fan_in", channels, sentence)
        return
    sentence = (
        f"{start}: a channel reaches its own outputs, but fan_out counts those of all {channels}."
    )
    yield Cause(name, "fan_out", channels, sentence)


def _gates(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    if convention == "jax":  # Flax draws each gate by itself
        return
    gates = len(layer.gates)
    yield Cause(
        "fused gates",
        "fan_out",
        gates,
        f"Fused gates: {gates} gates of {layer.units} units share a matrix, and fan_out counts "
        f"{gates * layer.units} where one gate has {layer.units}.",
    )


def _attention(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    if convention == "keras<3.15":
        yield from _old_attention(layer, kernel)
    if convention == "torch" and kernel.name != "output_kernel":
        yield Cause(
            "packed attention",
            "fan_out",
            3,
            "Packed attention: PyTorch stacks query, key and value in one matrix, so fan_out is "
            "3 times one projection's.",
        )


def _old_attention(layer: Any, kernel: Kernel) -> Causes:
    """Keras read (a, b, c) as a window of a taps: fan_in a b, fan_out a c."""
    window, inputs, outputs = kernel.shape
    why = f"Attention before 3.15: axis 0, of {window}, was taken for a convolution's window, so"
    effective = kernel.effective
    totals = (window * inputs, window * outputs)
    for fan, counted, real in zip(
        _FANS, totals, (effective.fan_in, effective.fan_out), strict=True
    ):
        sentence = f"{why} {fan} counts {counted} where it is {real:g}."
        yield Cause("attention before 3.15", fan, counted / real, sentence)


def _embedding(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    counted = fans(kernel, convention)
    yield Cause(
        "embedding",
        "fan_in",
        counted.fan_in,
        f"Embedding: a look-up copies a row and sums nothing, but fan_in counts {counted.fan_in}.",
    )
    yield Cause(
        "embedding",
        "fan_out",
        counted.fan_out,
        f"Embedding: no gradient reaches an integer, so fan_out ({counted.fan_out}) means nothing.",
    )


def _raw(layer: Any, kernel: Kernel, convention: Convention) -> Causes:
    counted, real = fans(kernel, convention), kernel.effective
    name = FRAMEWORK_NAMES[convention]
    for fan in _FANS:
        theirs, ours = getattr(counted, fan), getattr(real, fan)
        sentence = (
            f"Raw shape: the rule of {name} makes {fan} {theirs:g}, where the axes as named make "
            f"{ours:g}."
        )
        yield Cause("raw shape", fan, theirs / ours, sentence)


_RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "Dense": (),
        "Conv1D": (_grouped, _strided),
        "Conv2D": (_grouped, _strided),
        "Conv3D": (_grouped, _strided),
        "Conv2DTranspose": (_transposed, _spread),
        "DepthwiseConv2D": (_depthwise, _strided),
        "SeparableConv2D": (_separable,),
        "Embedding": (_embedding,),
        "SimpleRNN": (_gates,),
        "LSTM": (_gates,),
        "GRU": (_gates,),
        "MultiHeadAttention": (_attention,),
        "RawKernel": (_raw,),
    }
)
