"""Which initializer, by name or by scale, mode and law; and the seed."""

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.controls.memory import fill_gaps, give, moved
from dashboard.controls.staying import alone
from dashboard.controls.widgets import (
    choice_slider,
    is_hidden,
    is_locked,
    keep,
    number,
    segments,
    select,
    set_unlocked,
)
from dashboard.experiment import DEFAULT
from dashboard.guide.labels import explained
from dashboard.links.setting import CUSTOM, INITIALIZER_NAMES, initializer_name, own_fields
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.parameters import PARAMETERS

_MODE_HELP = "The variance is scale / n. fan_geo_avg is JAX's; Keras has the other three."
_LAW_HELP = (
    "Truncated: cut at ± 2 of its own standard deviations, and widened so that the variance after "
    'the cut is right. It is what Keras calls "normal".'
)


def initializer_values(initializer: Initializer) -> dict[str, Any]:
    """What the widgets of an initializer hold, by their keys."""
    own = {field.name: getattr(initializer, field.name) for field in own_fields(initializer)}
    return {"init": initializer_name(initializer), **own}


def choose_initializer() -> Initializer:
    name = select("init", "Initializer", INITIALIZER_NAMES, visible=False, on_change=_preset_chosen)
    base = VarianceScaling() if name == CUSTOM else INITIALIZERS[name]
    if isinstance(base, VarianceScaling):
        return _variance_scaling()
    values = {field.name: choice_slider(field.name, control="scale") for field in own_fields(base)}
    if "minval" in values:  # crossed sliders still name two ends
        values["minval"], values["maxval"] = sorted((values["minval"], values["maxval"]))
    return replace(base, **values)  # type: ignore[type-var]  # each is a dataclass


def _variance_scaling() -> VarianceScaling:
    return VarianceScaling(
        choice_slider("scale", on_change=_formula_changed),
        segments(
            "mode",
            "Mode: n is",
            {mode: mode for mode in MODES},
            _MODE_HELP,
            alone("mode", _formula_changed),
        ),
        segments(
            "distribution",
            "Distribution",
            {law.kind: law.label for law in DISTRIBUTIONS.values()},
            _LAW_HELP,
            alone("distribution", _formula_changed),
        ),
    )


def _preset_chosen() -> None:
    """Show a scheme's own scale, mode and law; what is locked stays, and the name with it."""
    fill_gaps()
    name = st.session_state["init"]
    if name == CUSTOM:
        return
    initializer = INITIALIZERS[name]
    if "init" in moved():
        set_unlocked({f.name: getattr(initializer, f.name) for f in own_fields(initializer)})
    if isinstance(initializer, VarianceScaling):
        _formula_changed()


def _formula_changed() -> None:
    """Give the scheme its name back, if the three controls now spell one."""
    fill_gaps()
    state = st.session_state
    formula = VarianceScaling(state["scale"], state["mode"], state["distribution"])
    give({"init": initializer_name(formula)})


def choose_seed() -> tuple[int, bool]:
    """The seed with a button for the next one, and whether other draws are shown behind."""
    if is_hidden("seed"):
        return int(keep("seed")), bool(keep("redraws"))
    left, right = st.columns([2, 1.4], vertical_alignment="bottom")
    with left:
        seed = number("seed", "seed", DEFAULT.seed, on_change=alone("seed"))
    with right:
        st.button(
            "Redraw",
            on_click=_redraw,
            width="stretch",
            help="The next seed",
            disabled=is_locked("seed"),
        )
    redraws = st.toggle(
        "Ten redraws behind the charts",
        key="redraws",
        help=explained("redraws", "What chance does: ten more draws of the same law, faint."),
    )
    return seed, redraws


def _redraw() -> None:
    fill_gaps(pressed=True)
    last = PARAMETERS["seed"].shown[1]
    give({"seed": int((st.session_state["seed"] + 1) % (last + 1))})
