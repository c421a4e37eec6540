"""What the Phase map page asks for: what the map shows, and a point, by sliders or a click.

A point is the experiment itself: its scale and its bias variance.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.charts import clicked
from dashboard.controls.address import go_to, is_due, known, query
from dashboard.controls.widgets import is_hidden, is_locked, unless_empty
from dashboard.experiment import Experiment
from dashboard.guide.labels import explained, linked
from dashboard.links import parse
from dashboard.phases import BIASES, QUANTITY_NAMES, WEIGHTS, Point, moved_to, nearest

CHART = "phase_map"
"""The map's key."""

_QUANTITY = "phase_quantity"
_SLIDERS = ("phase_sigma_w2", "phase_sigma_b2")

_LOCKS = ("init", "scale", "mode", "bias_variance")
"""Whoever locks or hides one of these locks the point."""


def choose_quantity(shown: Experiment) -> None:
    """What the colours mean."""
    st.session_state[_QUANTITY] = shown.phase
    st.segmented_control(
        "Colours show",
        tuple(QUANTITY_NAMES),
        key=_QUANTITY,
        required=True,
        format_func=QUANTITY_NAMES.__getitem__,
        on_change=unless_empty(_QUANTITY, _change_quantity),
        help=linked("phase"),
    )


def choose_point(point: Point | None) -> None:
    """Two sliders that do what a click on the map does."""
    present = point or Point(1.0, 0.0)
    left, right = st.columns(2, gap="medium")
    with left:
        _slider(0, "Weight variance σw²", WEIGHTS, present.sigma_w2, "n · Var[w]: the scale.")
    with right:
        _slider(1, "Bias variance σb²", BIASES, present.sigma_b2, "Variance of the biases.")


def take_click() -> None:
    """Go to the cell that was clicked: for the map's callback."""
    place = clicked(CHART)
    if place is not None:
        _go_to(nearest(*place))


def is_moved() -> bool:
    """Whether a control has gone to another address in this run, which the page does not show."""
    return is_due()


def is_fixed() -> bool:
    """Whether the link says that the point may not be moved, or not be seen to move."""
    return any(is_locked(name) or is_hidden(name) for name in _LOCKS)


def _slider(index: int, label: str, steps: Sequence[float], present: float, text: str) -> None:
    key = _SLIDERS[index]
    st.session_state[key] = present
    st.select_slider(
        label,
        sorted({*steps, present}),
        key=key,
        format_func=lambda value: f"{value:.4g}",
        on_change=_move,
        disabled=is_fixed(),
        help=explained(key, text),
    )


def _move() -> None:
    weight, bias = (st.session_state[key] for key in _SLIDERS)
    _go_to(Point(weight, bias))


def _go_to(point: Point) -> None:
    if is_fixed():
        return
    opened, _ = parse(known() or query())
    go_to(opened.with_chosen(moved_to(opened.chosen, point)))


def _change_quantity() -> None:
    opened, _ = parse(known() or query())
    go_to(replace(opened, phase=st.session_state[_QUANTITY]))
