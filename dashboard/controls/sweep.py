"""What the Sweep page asks for: a measure, and one or two settings that change.

The address holds each, and what is changed here goes there at once. What does not go together is
refused in words, and nothing changes.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.charts import clicked
from dashboard.controls.address import go_to, known, query
from dashboard.controls.widgets import is_hidden, is_locked, unless_empty
from dashboard.experiment import Experiment
from dashboard.guide.labels import explained, linked
from dashboard.links import parse
from dashboard.links.sweep import NONE
from dashboard.readings import READINGS
from dashboard.sweep_axes import label_of, nearest, said
from dashboard.sweeping import moved_to
from dashboard.sweeps import OFFERED, POINTS, USUAL, Choice, Plan, Range, parameter_of, sources
from dashboard.words.plain import escaped
from vscore.sweeps import MEASURES

CONTROL = "sweep"
"""The name by which a link locks or hides all of them."""

_REFUSED = "sweep_refused"

_SOURCES = {"simulated": "Simulated", "predicted": "Theory"}
_SPACINGS = {True: "Log", False: "Linear"}
_POINTS = int(POINTS.shown[0]), int(POINTS.shown[1])
_NUMBERED = {"x": "First axis", "y": "Second axis"}

_LOCKS = {
    **dict.fromkeys(("scale", "gain", "stddev", "mean", "minval", "maxval", "value"), "scale"),
    **dict.fromkeys(("learning_rate", "epochs", "dataset", "optimizer"), "training"),
    "activation": "act",
    "initializer": "init",
    "network": "family",
    "recurrent_initializer": "recurrent",
}
"""What locks an axis' setting, where that has another name."""


def choose_plan(shown: Experiment) -> None:
    """A column of controls; nothing where the link hides them."""
    refused: str | None = st.session_state.pop(_REFUSED, None)
    if is_hidden(CONTROL):
        return
    with st.container(key="sweep_controls"):
        _choose_measure(shown.sweep)
        for axis in "xy":
            _choose_axis(shown.sweep, axis)
        if refused is not None:
            st.warning(escaped(f"Not used: an axis {refused}."), icon=":material/info:")


def take_click(shown: Experiment, key: str) -> None:
    """Make the cell that was clicked the setting: for the chart's callback."""
    place = clicked(key)
    if place is None or is_fixed(shown.sweep):
        return
    opened, _ = parse(known() or query())
    plan = shown.sweep
    across = (plan.across,) if plan.lines else plan.spans
    names, values = [], []
    for span, at in zip(across, place, strict=False):
        names.append(span.name)
        values.append(nearest(span, at))
    try:
        go_to(opened.with_chosen(moved_to(opened.chosen, names, values)))
    except ValueError:
        return  # a cell that failed is no setting


def is_fixed(plan: Plan) -> bool:
    """Whether the link says that what the axes change may not be moved, or not be seen to."""
    names = {_LOCKS.get(span.name, span.name) for span in plan.spans}
    names |= {"init"} if "scale" in names else set()
    return any(is_locked(name) or is_hidden(name) for name in names)


def _choose_measure(plan: Plan) -> None:
    key = _hold("measure", plan.measure)
    st.selectbox(
        "Measure",
        tuple(MEASURES),
        key=key,
        format_func=lambda name: _capital(READINGS[name].title),
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=(_with_measure,),
        help=explained(
            READINGS[plan.measure].terms[0], _capital(MEASURES[plan.measure].title) + "."
        ),
    )
    key = _hold("source", plan.source)
    st.segmented_control(
        "Found by",
        sources(plan.measure),
        key=key,
        required=True,
        format_func=_SOURCES.__getitem__,
        disabled=is_locked(CONTROL),
        on_change=unless_empty(key, partial(_change, _with_source)),
        help=explained("theory", "Networks that are drawn, or theory of infinitely wide ones."),
    )


def _choose_axis(plan: Plan, axis: str) -> None:
    span = plan.x if axis == "x" else plan.y
    others = {each.name for each in plan.spans} - {span.name if span else ""}
    free = [name for name in USUAL if name not in others]
    key = _hold(axis, NONE if span is None else span.name)
    st.selectbox(
        _NUMBERED[axis],
        free if axis == "x" else [NONE, *free],
        key=key,
        format_func=lambda name: "None" if name == NONE else label_of(name),
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=(partial(_with_axis, axis),),
        help=linked(span.name if span else "sweep"),
    )
    if isinstance(span, Choice):
        _choose_names(axis, span)
    elif span is not None:
        _choose_range(axis, span)


def _choose_names(axis: str, span: Choice) -> None:
    st.multiselect(
        f"{label_of(span.name)}: names",
        tuple(OFFERED[span.name]),
        key=_hold(f"{axis}_names", list(span.names)),
        format_func=partial(said, span.name),
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=(partial(_with_names, axis),),
        help=linked(span.name),
    )


def _choose_range(axis: str, span: Range) -> None:
    ends, spacing = st.columns(2, gap="small"), st.columns(2, gap="small")
    for column, end, value in zip(ends, ("from", "to"), (span.low, span.high), strict=True):
        with column:
            _choose_end(axis, span, end, value)
    with spacing[0]:
        st.number_input(
            f"{label_of(span.name)} points",
            *_POINTS,
            step=1,
            key=_hold(f"{axis}_points", span.points),
            disabled=is_locked(CONTROL),
            on_change=_change,
            args=(partial(_with_range, axis),),
            help=explained("sweep", POINTS.help),
        )
    with spacing[1]:
        key = _hold(f"{axis}_spacing", span.log)
        st.segmented_control(
            f"{label_of(span.name)} spacing",
            tuple(_SPACINGS),
            key=key,
            required=True,
            format_func=_SPACINGS.__getitem__,
            disabled=is_locked(CONTROL),
            on_change=unless_empty(key, partial(_change, partial(_with_range, axis))),
            help=explained("sweep", "By even steps, or by even factors."),
        )


def _choose_end(axis: str, span: Range, end: str, value: float) -> None:
    parameter = parameter_of(span.name)
    kind: Callable[[float], float] = int if parameter.integer else float
    low, high = map(kind, parameter.shown)
    st.number_input(
        f"{label_of(span.name)} {end}",
        low,
        high,
        step=kind(parameter.step),
        key=_hold(f"{axis}_{end}", kind(value)),
        format=None if parameter.integer else "%.4g",
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=(partial(_with_range, axis),),
        help=explained(span.name, parameter.help),
    )


def _hold(name: str, value: Any) -> str:
    """The widget's key, which holds what the address says."""
    key = _key(name)
    st.session_state[key] = value
    return key


def _key(name: str) -> str:
    return f"sweep_{name}"


def _held(name: str) -> Any:
    return st.session_state[_key(name)]


def _change(changed: Callable[[Plan], Plan]) -> None:
    """Go to another plan; or say why there is none, and stay."""
    opened, _ = parse(known() or query())
    try:
        go_to(replace(opened, sweep=changed(opened.sweep)))
    except ValueError as error:
        st.session_state[_REFUSED] = str(error)


def _with_measure(plan: Plan) -> Plan:
    measure = _held("measure")
    kept = plan.source in sources(measure)
    return replace(plan, measure=measure, source=plan.source if kept else sources(measure)[0])


def _with_source(plan: Plan) -> Plan:
    return replace(plan, source=_held("source"))


def _with_axis(axis: str, plan: Plan) -> Plan:
    name = _held(axis)
    span: dict[str, Any] = {axis: None if name == NONE else USUAL[name]}
    return replace(plan, **span)


def _with_names(axis: str, plan: Plan) -> Plan:
    span = getattr(plan, axis)
    names: dict[str, Any] = {axis: replace(span, names=tuple(_held(f"{axis}_names")))}
    return replace(plan, **names)


def _with_range(axis: str, plan: Plan) -> Plan:
    span = getattr(plan, axis)
    low, high, points, log = (
        _held(f"{axis}_{each}") for each in ("from", "to", "points", "spacing")
    )
    changed: dict[str, Any] = {axis: replace(span, low=low, high=high, points=points, log=log)}
    return replace(plan, **changed)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
