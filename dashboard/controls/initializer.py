"""Which initializer, by name or by scale, mode and law; and the seed."""

from dataclasses import replace

import streamlit as st

from dashboard.controls.widgets import choice_slider, number, segments
from dashboard.experiment import DEFAULT
from dashboard.links import CUSTOM, INITIALIZER_NAMES, initializer_name, own_fields
from dashboard.words.numbers import title
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.parameters import PARAMETERS

_MODE_HELP = "The variance is scale / n. fan_geo_avg is JAX's; Keras has the other three."
_LAW_HELP = (
    "Truncated: cut at ± 2 of its own standard deviations, and widened so that the variance after "
    'the cut is right. It is what Keras calls "normal".'
)


def fill_initializer(initializer: Initializer) -> None:
    for field in own_fields(initializer):
        st.session_state[field.name] = getattr(initializer, field.name)


def choose_initializer() -> Initializer:
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
    values = {field.name: choice_slider(field.name) for field in own_fields(base)}
    if "minval" in values:  # crossed sliders still name two ends
        values["minval"], values["maxval"] = sorted((values["minval"], values["maxval"]))
    return replace(base, **values)  # type: ignore[type-var]  # each is a dataclass


def _variance_scaling() -> VarianceScaling:
    return VarianceScaling(
        choice_slider("scale", on_change=_formula_changed),
        segments(
            "mode", "Mode: n is", {mode: mode for mode in MODES}, _MODE_HELP, _formula_changed
        ),
        segments(
            "distribution",
            "Distribution",
            {law.kind: law.label for law in DISTRIBUTIONS.values()},
            _LAW_HELP,
            _formula_changed,
        ),
    )


def _preset_chosen() -> None:
    """Show a scheme's own scale, mode and law."""
    name = st.session_state["init"]
    if name != CUSTOM:
        fill_initializer(INITIALIZERS[name])


def _formula_changed() -> None:
    """Give the scheme its name back, if the three controls now spell one."""
    state = st.session_state
    st.session_state["init"] = initializer_name(
        VarianceScaling(state["scale"], state["mode"], state["distribution"])
    )


def choose_seed() -> int:
    """The seed, and a button for the next one."""
    left, right = st.columns([2, 1.4], vertical_alignment="bottom")
    with left:
        seed = number("seed", "seed", DEFAULT.seed)
    with right:
        st.button("Redraw", on_click=_redraw, width="stretch", help="The next seed")
    return seed


def _redraw() -> None:
    last = PARAMETERS["seed"].shown[1]
    st.session_state["seed"] = int((st.session_state["seed"] + 1) % (last + 1))
