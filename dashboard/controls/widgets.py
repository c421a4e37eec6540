"""Widgets made from a `Parameter` or a list of names; each keeps its value under its own key.

Each one's help ends with a link to the glossary's term for it.

A teacher's link may lock a control or hide it; `control` is its name in `CONTROLS`, by default the
widget's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from dashboard.controls.memory import give, moved
from dashboard.controls.staying import alone
from dashboard.experiment import DEFAULT
from dashboard.guide.labels import explained, linked
from dashboard.handout import Handout
from dashboard.words.numbers import title
from vscore.parameters import PARAMETERS, Parameter

HANDOUT = "handout"
"""Where the present link's `Handout` lies while the controls are drawn."""

_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8)

_read_only = ContextVar("read_only", default=False)


def is_locked(control: str) -> bool:
    """Whether the link says that this may not be changed."""
    return control in _handout().locked


def is_hidden(control: str) -> bool:
    """Whether the link says that this is not shown, or nothing is."""
    return _read_only.get() or control in _handout().hidden


@contextmanager
def read_only() -> Iterator[None]:
    """Controls give their values here, and none is drawn."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


def keep(key: str) -> Any:
    """The value of a widget that is not shown; Streamlit forgets those that are not set again."""
    if not _read_only.get():
        st.session_state[key] = st.session_state[key]
    return st.session_state[key]


def unless_empty(key: str, then: Callable[[], None]) -> Callable[[], None]:
    """What a changed row of segments does.

    When another element asks for a run, the browser may say of a row that it has just drawn, and
    not yet given its value, that nothing is chosen: then nothing is done.
    """

    def changed() -> None:
        if st.session_state[key] is not None:
            then()

    return changed


def number(
    name: str,
    key: str,
    usual: int,
    suffix: str = "",
    on_change: Callable[[], None] | None = None,
    *,
    control: str = "",
) -> int:
    """A whole number typed or stepped."""
    parameter = PARAMETERS[name]
    st.session_state.setdefault(key, usual)
    if is_hidden(control or name):
        return int(keep(key))
    low, high = map(int, parameter.shown)
    return int(
        st.number_input(
            f"{parameter.label}{suffix}",
            low,
            high,
            step=1,
            key=key,
            help=explained(name, parameter.help),
            on_change=on_change,
            disabled=is_locked(control or name),
        )
    )


def slider(name: str, *, control: str = "") -> Any:
    """A number on a linear scale."""
    parameter = PARAMETERS[name]
    kind = int if parameter.integer else float
    low, high = map(kind, parameter.shown)
    st.session_state.setdefault(name, kind(_usual(parameter)))
    if is_hidden(control or name):
        return keep(name)
    return st.slider(
        parameter.label,
        low,
        high,
        step=kind(parameter.step),
        key=name,
        help=explained(name, parameter.help),
        on_change=alone(name),
        disabled=is_locked(control or name),
    )


def choice_slider(
    name: str,
    on_change: Callable[[], None] | None = None,
    *,
    control: str = "",
    numbers: Sequence[float] = (),
) -> Any:
    """A slider over nice numbers on a log scale, and the present value if it is none of them."""
    parameter = PARAMETERS[name]
    present = st.session_state.setdefault(name, _usual(parameter))
    if is_hidden(control or name):
        return keep(name)
    return st.select_slider(
        parameter.label,
        sorted({*(numbers or nice_numbers(parameter)), present}),
        key=name,
        format_func=lambda value: f"{value:.4g}",
        help=explained(name, parameter.help),
        on_change=alone(name, on_change),
        disabled=is_locked(control or name),
    )


def nice_numbers(parameter: Parameter) -> Sequence[float]:
    """Powers of two for a whole number; 1, 1.5, 2, 3, ... in each decade for another."""
    low, high = parameter.shown
    if parameter.integer:
        return [2**k for k in range(64) if low <= 2**k <= high]
    magnitudes = [float(f"{nice}e{decade}") for decade in range(-6, 6) for nice in _NICE]
    positive = [m for m in magnitudes if low <= m <= high]
    return positive if low > 0 else [*(-m for m in magnitudes if -m >= low), 0.0, *positive]


def segments(
    key: str,
    label: str,
    names: Mapping[str, str],
    help_text: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> Any:
    """One of a few names, all in sight."""
    st.session_state.setdefault(key, getattr(DEFAULT, key, next(iter(names))))
    if is_hidden(key):
        return keep(key)
    return st.segmented_control(
        label,
        tuple(names),
        key=key,
        required=True,
        format_func=names.__getitem__,
        on_change=unless_empty(key, on_change) if on_change else None,
        help=explained(key, help_text),
        disabled=is_locked(key),
    )


def select(
    key: str,
    label: str,
    names: Iterable[str],
    shown: Callable[[str], str] = title,
    *,
    visible: bool = True,
    on_change: Callable[[], None] | None = None,
) -> str:
    """One of many names; a label that is not visible is still read aloud."""
    options = tuple(names)
    st.session_state.setdefault(key, getattr(DEFAULT, key, options[0]))
    if is_hidden(key):
        return str(keep(key))
    return str(
        st.selectbox(
            label,
            options,
            key=key,
            format_func=shown,
            on_change=on_change,
            label_visibility="visible" if visible else "collapsed",
            help=linked(key) if visible else None,
            disabled=is_locked(key),
        )
    )


def set_unlocked(values: Mapping[str, Any]) -> None:
    """Set widgets, but for those that are locked, or were moved at the same time."""
    kept = moved()
    give({k: value for k, value in values.items() if k not in kept and not is_locked(k)})


def _handout() -> Handout:
    handout: Handout = st.session_state.get(HANDOUT, DEFAULT.handout)
    return handout


def _usual(parameter: Parameter) -> float:
    """The default experiment's value, else the parameter's own."""
    value: float = getattr(DEFAULT, parameter.name, parameter.default)
    return value
