"""Which layer, its sizes, and which of its kernels is drawn."""

from dataclasses import replace
from math import gcd
from typing import Any

import streamlit as st

from dashboard.controls.widgets import is_hidden, is_locked, keep, number, select
from dashboard.guide.labels import explained
from dashboard.kernels import kernels_of
from dashboard.links.setting import own_fields
from vscore.layers import LAYERS, Layer
from vscore.parameters import PARAMETERS

_AXES = {1: ("",), 2: (" (height)", " (width)"), 3: (" (depth)", " (height)", " (width)")}


def layer_values(layer: Layer) -> dict[str, Any]:
    """What the widgets of a layer hold, by their keys."""
    values: dict[str, Any] = {"layer": layer.kind}
    for field in own_fields(layer):
        value = getattr(layer, field.name)
        for axis, size in enumerate(value if isinstance(value, tuple) else (value,)):
            values[layer_key(layer.kind, field.name, axis)] = size
    return values


def choose_layer() -> Layer:
    """The layer that the widgets spell."""
    kind = select("layer", "Layer", LAYERS, str, visible=False)
    usual = LAYERS[kind]()
    values = {}
    for field in own_fields(usual):
        if field.name != "groups":
            values[field.name] = _sizes(usual, field.name)
    if hasattr(usual, "groups"):
        values["groups"] = _groups(kind, values["input_channels"], values["filters"])
    return replace(usual, **values)


def _sizes(layer: Layer, name: str) -> Any:
    """One number input, or one an axis side by side."""
    usual = getattr(layer, name)
    if not isinstance(usual, tuple):
        return number(name, layer_key(layer.kind, name), usual, control="layer")

    def size(axis: int) -> int:
        key, suffix = layer_key(layer.kind, name, axis), _AXES[len(usual)][axis]
        return number(name, key, usual[axis], suffix, control="layer")

    if is_hidden("layer"):
        return tuple(map(size, range(len(usual))))
    sizes = []
    for axis, column in enumerate(st.columns(len(usual), gap="small")):
        with column:
            sizes.append(size(axis))
    return tuple(sizes)


def _groups(kind: str, inputs: int, filters: int) -> int:
    """Only what divides both is offered; a value that no longer does falls to one that does."""
    parameter = PARAMETERS["groups"]
    key = layer_key(kind, "groups")
    common = gcd(inputs, filters)
    allowed = [g for g in range(1, int(parameter.shown[1]) + 1) if common % g == 0]
    asked = st.session_state.get(key, 1)
    st.session_state[key] = max(g for g in allowed if g <= asked)
    if is_hidden("layer"):
        return int(keep(key))
    return int(
        st.selectbox(
            parameter.label,
            allowed,
            key=key,
            help=explained("groups", parameter.help),
            disabled=is_locked("layer"),
        )
    )


def choose_kernel(layer: Layer) -> str:
    """The name of the kernel to draw; asked only where a layer has several."""
    names = tuple(kernel.name for kernel in kernels_of(layer))
    if st.session_state.get("kernel") not in names:
        st.session_state["kernel"] = names[0]
    if len(names) == 1:
        return names[0]
    return select("kernel", "Kernel", names)


def layer_key(kind: str, name: str, axis: int = 0) -> str:
    """The key of one size's widget: each layer kind has its own."""
    return f"{kind}_{name}_{axis}"
