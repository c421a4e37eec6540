"""A kernel as a framework holds it: its axes, and what it calls the default. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from vscore._typing import Shape
from vscore.layers import Kernel, Layer, SimpleRNN

CONVENTION_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "keras": "Keras ≥ 3.15",
        "keras<3.15": "Keras < 3.15",
        "torch": "PyTorch",
        "jax": "JAX (Flax)",
    }
)
"""Whose rule counts the fans, by its name in `vscore.fans.CONVENTIONS`."""

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "spatial": "window: a sum runs over it",
        "in": "inputs: a sum runs over it",
        "out": "outputs",
        "gate": "gates side by side, each a layer of its own",
        "head": "attention's heads",
        "batch": "separate kernels",
    }
)
"""What an axis can be, and what that means."""

_ROLE_OF: Mapping[str, str] = MappingProxyType(
    {
        "length": "spatial",
        "depth": "spatial",
        "height": "spatial",
        "width": "spatial",
        "tap": "spatial",
        "in": "in",
        "in of one group": "in",
        "row": "in",
        "out": "out",
        "depth multiplier": "out",
        "channel × multiplier": "out",
        "gate × out": "gate",
        "q, k, v × head × head size": "head",
        "head × head size": "head",
        "head": "head",
        "head size": "head",
        "batch": "batch",
    }
)
"""The role of an axis by its name."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor.

    Attributes
    ----------
    name : str
    size : int
    role : str
        A key of `ROLES`.
    detail : str
        What the axis holds side by side, such as 4 × 64 for four gates of 64; else empty.
    """

    name: str
    size: int
    role: str
    detail: str = ""


def axes_of(layer: Layer, kernel: Kernel, convention: str) -> tuple[Axis, ...]:
    """The axes of the tensor that holds a kernel's weights.

    Parameters
    ----------
    layer : Layer
    kernel : Kernel
        One of the layer's.
    convention : str
        A key of `CONVENTION_NAMES`.

    Returns
    -------
    tuple of Axis
        In the tensor's order; empty where the framework has no such tensor.
    """
    shape, names = _HELD[convention](layer, kernel)
    return tuple(
        Axis(name, size, _ROLE_OF[name], _detail(layer, name, size))
        for name, size in zip(names, shape, strict=True)
    )


def _detail(layer: Any, name: str, size: int) -> str:
    match name:
        case "gate × out":
            return f"{len(layer.gates)} × {layer.units}"
        case "head × head size":
            return f"{layer.num_heads} × {layer.key_dim}"
        case "q, k, v × head × head size":
            return f"3 × {layer.num_heads} × {layer.key_dim}"
        case "out" if getattr(layer, "groups", 1) > 1:
            return f"{layer.groups} × {layer.filters // layer.groups}"
        case "channel × multiplier":
            return f"{layer.input_channels} × {layer.depth_multiplier}"
        case _:
            return ""


_Held = tuple[Shape, tuple[str, ...]]


def _keras(layer: Layer, kernel: Kernel) -> _Held:
    return kernel.shape, tuple(_own(name) for name in kernel.axes)


def _own(name: str) -> str:
    """Keras' name of an axis as it is shown; a custom kernel's other axes are its window's."""
    return "tap" if name.startswith("axis ") else name.replace(" x ", " × ")


def _torch(layer: Layer, kernel: Kernel) -> _Held:
    """Out, in, window; a transposed convolution in, out, window. It refuses vectors."""
    if kernel.torch_shape is None or len(kernel.torch_shape) < 2:
        return (), ()
    shape, own = kernel.torch_shape, tuple(_own(name) for name in kernel.axes)
    if layer.kind == "Embedding":
        return shape, own
    if layer.kind == "MultiHeadAttention":
        output = kernel.name == "output_kernel"
        return shape, ("out", "head × head size") if output else (
            "q, k, v × head × head size",
            "in",
        )
    window, last = own[:-2], own[-2:]
    if "depth multiplier" in last:
        last = ("in of one group", "channel × multiplier")
    return shape, (last[1], last[0], *window)


def _flax(layer: Layer, kernel: Kernel) -> _Held:
    """As in Keras, but that gates are drawn one by one and heads as one axis."""
    if kernel.flax_shape is None or len(kernel.flax_shape) < 2:
        return (), ()
    shape, own = kernel.flax_shape, tuple(_own(name) for name in kernel.axes)
    if isinstance(layer, SimpleRNN):
        return shape, ("in", "out")
    if layer.kind == "MultiHeadAttention":
        output = kernel.name == "output_kernel"
        return shape, ("head × head size", "out") if output else ("in", "head × head size")
    window, last = own[:-2], own[-2:]
    if "depth multiplier" in last:
        last = ("in of one group", "channel × multiplier")
    if layer.kind == "Conv2DTranspose":
        last = ("in", "out")
    return shape, (*window, *last)


_HELD: Mapping[str, Callable[[Layer, Kernel], _Held]] = MappingProxyType(
    {"keras": _keras, "keras<3.15": _keras, "torch": _torch, "jax": _flax}
)


def default_name(layer: Layer, kernel: Kernel, convention: str) -> str:
    """What a framework calls, or how it draws, the kernel's default."""
    match convention:
        case "torch":
            return _torch_default(layer, kernel)
        case "jax" if layer.kind == "Embedding":
            return "N(0, 1/output_dim)"
        case "jax":
            recurrent = isinstance(layer, SimpleRNN) and kernel.name == "recurrent_kernel"
            return "orthogonal, a gate at a time" if recurrent else "lecun_normal"
        case _:
            return kernel.default_initializer


def _torch_default(layer: Layer, kernel: Kernel) -> str:
    if layer.kind == "Embedding":
        return "N(0, 1)"
    if isinstance(layer, SimpleRNN):
        return "U(±1/√units)"
    if layer.kind == "MultiHeadAttention" and kernel.name != "output_kernel":
        return "xavier_uniform_"
    return "U(±1/√fan_in)"
