"""The sidebar: widgets in, a valid `Experiment` out, and the URL kept in step.

Bounds, labels and help come from `PARAMETERS`. A widget's value lives under its own key; an opened
link, and Back and Forward, fill these in, and whatever is changed by hand is written to the URL.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import gcd
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.experiment import DEFAULT, Experiment, Notice, within_budget
from dashboard.links import CUSTOM, INITIALIZER_NAMES, encode, initializer_name, own_fields, parse
from dashboard.words.numbers import title
from dashboard.words.plain import escaped
from vscore.activations import ACTIVATIONS, Activation
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.layers import LAYERS, Layer
from vscore.parameters import PARAMETERS, Parameter

_LINK = "link"
"""The query string that the widgets agree with."""

_NOTICES = "notices"

_MODE_HELP = "The variance is scale / n. fan_geo_avg is JAX's; Keras has the other three."
_LAW_HELP = (
    "Truncated: cut at ± 2 of its own standard deviations, and widened so that the variance after "
    'the cut is right. It is what Keras calls "normal".'
)

_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8)
_AXES = {1: ("",), 2: (" (height)", " (width)"), 3: (" (depth)", " (height)", " (width)")}


def experiment() -> tuple[Experiment, tuple[Notice, ...]]:
    """What the sidebar shows, and why it is not what was asked for, where it is not."""
    query = urlencode(st.query_params.to_dict())
    if st.session_state.get(_LINK) != query:
        opened, notices = parse(query)
        _fill(opened)
        st.session_state[_NOTICES] = notices
    with st.sidebar:
        asked = _read_controls()
    shown, over_budget = within_budget(asked)
    if parse(query)[0] != shown:
        query = encode(shown)
        st.query_params.from_dict(dict(parse_qsl(query)))
        if st.session_state.get(_LINK) is not None:
            st.session_state[_NOTICES] = ()
    st.session_state[_LINK] = query
    return shown, (*st.session_state[_NOTICES], *over_budget)


def show_notices(notices: Sequence[Notice]) -> None:
    """Say what could not be used, and why; values are shown as plain text."""
    if not notices:
        return
    lines = [escaped(f"{n.setting} = {n.value}: {n.reason}.") for n in notices[:6]]
    if len(notices) == 1:
        st.warning(f"Not used: {lines[0]}", icon=":material/info:")
        return
    head = f"{len(notices)} values could not be used:"
    st.warning("  \n".join([head, *lines]), icon=":material/info:")


def _fill(opened: Experiment) -> None:
    """Set every widget to an experiment."""
    _fill_layer(opened.layer)
    st.session_state["kernel"] = opened.drawn_kernel.name
    st.session_state["init"] = initializer_name(opened.initializer)
    _fill_initializer(opened.initializer)
    st.session_state["act"] = opened.activation.kind
    if opened.activation.slope is not None:
        st.session_state["slope"] = opened.activation.slope
    for name in ("depth", "width", "networks", "batch", "seed", "bias_variance"):
        st.session_state[name] = getattr(opened, name)


def _fill_layer(layer: Layer) -> None:
    st.session_state["layer"] = layer.kind
    for field in own_fields(layer):
        value = getattr(layer, field.name)
        for axis, size in enumerate(value if isinstance(value, tuple) else (value,)):
            st.session_state[_layer_key(layer.kind, field.name, axis)] = size


def _fill_initializer(initializer: Initializer) -> None:
    for field in own_fields(initializer):
        st.session_state[field.name] = getattr(initializer, field.name)


def _layer_key(kind: str, name: str, axis: int = 0) -> str:
    return f"{kind}_{name}_{axis}"


def _read_controls() -> Experiment:
    st.subheader("Layer", anchor=False)
    layer = _layer()
    kernel = _kernel(layer)
    st.subheader("Initializer", anchor=False)
    initializer = _initializer()
    seed = _seed()
    st.subheader("Deep network", anchor=False)
    activation = _activation()
    return Experiment(
        layer=layer,
        kernel=kernel,
        initializer=initializer,
        activation=activation,
        seed=seed,
        depth=_slider("depth"),
        width=_choice_slider("width"),
        networks=_choice_slider("networks"),
        batch=_choice_slider("batch"),
        bias_variance=_slider("bias_variance"),
    )


def _layer() -> Layer:
    kind = st.selectbox("Layer", tuple(LAYERS), key="layer", label_visibility="collapsed")
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
        return _number(name, _layer_key(layer.kind, name), usual)
    names = _AXES[len(usual)]
    columns = st.columns(len(usual), gap="small")
    sizes = []
    for axis, column in enumerate(columns):
        with column:
            key = _layer_key(layer.kind, name, axis)
            sizes.append(_number(name, key, usual[axis], names[axis]))
    return tuple(sizes)


def _number(name: str, key: str, usual: int, suffix: str = "") -> int:
    parameter = PARAMETERS[name]
    st.session_state.setdefault(key, usual)
    low, high = map(int, parameter.shown)
    label = f"{parameter.label}{suffix}"
    return int(st.number_input(label, low, high, step=1, key=key, help=parameter.help))


def _groups(kind: str, inputs: int, filters: int) -> int:
    """Only what divides both is offered; a value that no longer does falls to one that does."""
    parameter = PARAMETERS["groups"]
    key = _layer_key(kind, "groups")
    common = gcd(inputs, filters)
    allowed = [g for g in range(1, int(parameter.shown[1]) + 1) if common % g == 0]
    asked = st.session_state.get(key, 1)
    st.session_state[key] = max(g for g in allowed if g <= asked)
    return int(st.selectbox(parameter.label, allowed, key=key, help=parameter.help))


def _kernel(layer: Layer) -> str:
    names = tuple(kernel.name for kernel in layer.kernels)
    if st.session_state.get("kernel") not in names:
        st.session_state["kernel"] = names[0]
    if len(names) == 1:
        return names[0]
    return str(st.selectbox("Kernel", names, key="kernel", format_func=title))


def _initializer() -> Initializer:
    name = st.selectbox(
        "Initializer",
        INITIALIZER_NAMES,
        key="init",
        format_func=title,
        on_change=_preset_chosen,
        label_visibility="collapsed",
    )
    base = VarianceScaling() if name == CUSTOM else INITIALIZERS[name]
    if isinstance(base, VarianceScaling):
        return _variance_scaling()
    values = {field.name: _choice_slider(field.name) for field in own_fields(base)}
    if "minval" in values:  # crossed sliders still name two ends
        values["minval"], values["maxval"] = sorted((values["minval"], values["maxval"]))
    return replace(base, **values)  # type: ignore[type-var]  # each is a dataclass


def _variance_scaling() -> VarianceScaling:
    return VarianceScaling(
        _choice_slider("scale", on_change=_formula_changed),
        _segments("mode", "Mode: n is", {mode: mode for mode in MODES}, _MODE_HELP),
        _segments(
            "distribution",
            "Distribution",
            {law.kind: law.label for law in DISTRIBUTIONS.values()},
            _LAW_HELP,
        ),
    )


def _segments(key: str, label: str, names: Mapping[str, str], help_text: str) -> Any:
    """One of a few names, all in sight."""
    st.session_state.setdefault(key, next(iter(names)))
    return st.segmented_control(
        label,
        tuple(names),
        key=key,
        required=True,
        format_func=names.__getitem__,
        on_change=_formula_changed,
        help=help_text,
    )


def _preset_chosen() -> None:
    """Show a scheme's own scale, mode and law."""
    name = st.session_state["init"]
    if name != CUSTOM:
        _fill_initializer(INITIALIZERS[name])


def _formula_changed() -> None:
    """Give the scheme its name back, if the three controls now spell one."""
    state = st.session_state
    st.session_state["init"] = initializer_name(
        VarianceScaling(state["scale"], state["mode"], state["distribution"])
    )


def _seed() -> int:
    number, button = st.columns([2, 1.4], vertical_alignment="bottom")
    with number:
        seed = _number("seed", "seed", DEFAULT.seed)
    with button:
        st.button("Redraw", on_click=_redraw, width="stretch", help="The next seed")
    return seed


def _redraw() -> None:
    last = PARAMETERS["seed"].shown[1]
    st.session_state["seed"] = int((st.session_state["seed"] + 1) % (last + 1))


def _activation() -> Activation:
    kind = st.selectbox(
        "Activation", tuple(ACTIVATIONS), key="act", format_func=lambda k: ACTIVATIONS[k].label
    )
    if ACTIVATIONS[kind].slope is None:
        return ACTIVATIONS[kind]
    st.session_state.setdefault("slope", ACTIVATIONS[kind].slope)
    return Activation(kind, _slider("slope"))


def _slider(name: str) -> Any:
    parameter = PARAMETERS[name]
    kind = int if parameter.integer else float
    low, high = map(kind, parameter.shown)
    return st.slider(
        parameter.label, low, high, step=kind(parameter.step), key=name, help=parameter.help
    )


def _choice_slider(name: str, on_change: Callable[[], None] | None = None) -> Any:
    """A slider over nice numbers on a log scale, and the present value if it is none of them."""
    parameter = PARAMETERS[name]
    present = st.session_state.setdefault(name, parameter.default)
    return st.select_slider(
        parameter.label,
        sorted({*nice_numbers(parameter), present}),
        key=name,
        format_func=lambda value: f"{value:.4g}",
        help=parameter.help,
        on_change=on_change,
    )


def nice_numbers(parameter: Parameter) -> Sequence[float]:
    """Powers of two for a whole number; 1, 1.5, 2, 3, ... in each decade for another."""
    low, high = parameter.shown
    if parameter.integer:
        return [2**k for k in range(64) if low <= 2**k <= high]
    magnitudes = [float(f"{nice}e{decade}") for decade in range(-6, 6) for nice in _NICE]
    positive = [m for m in magnitudes if low <= m <= high]
    return positive if low > 0 else [*(-m for m in magnitudes if -m >= low), 0.0, *positive]
