"""Widgets made from a `Parameter` or a list of names; each keeps its value under its own key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.experiment import DEFAULT
from dashboard.words.numbers import title
from vscore.parameters import PARAMETERS, Parameter

_NICE = (1, 1.5, 2, 3, 4, 5, 6, 8)


def number(name: str, key: str, usual: int, suffix: str = "") -> int:
    """A whole number typed or stepped."""
    parameter = PARAMETERS[name]
    st.session_state.setdefault(key, usual)
    low, high = map(int, parameter.shown)
    label = f"{parameter.label}{suffix}"
    return int(st.number_input(label, low, high, step=1, key=key, help=parameter.help))


def slider(name: str) -> Any:
    """A number on a linear scale."""
    parameter = PARAMETERS[name]
    kind = int if parameter.integer else float
    low, high = map(kind, parameter.shown)
    st.session_state.setdefault(name, kind(_usual(parameter)))
    return st.slider(
        parameter.label, low, high, step=kind(parameter.step), key=name, help=parameter.help
    )


def choice_slider(name: str, on_change: Callable[[], None] | None = None) -> Any:
    """A slider over nice numbers on a log scale, and the present value if it is none of them."""
    parameter = PARAMETERS[name]
    present = st.session_state.setdefault(name, _usual(parameter))
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


def segments(
    key: str,
    label: str,
    names: Mapping[str, str],
    help_text: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> Any:
    """One of a few names, all in sight."""
    st.session_state.setdefault(key, getattr(DEFAULT, key, next(iter(names))))
    return st.segmented_control(
        label,
        tuple(names),
        key=key,
        required=True,
        format_func=names.__getitem__,
        on_change=on_change,
        help=help_text,
    )


def select(key: str, label: str, names: Iterable[str], shown: Callable[[str], str] = title) -> str:
    """One of many names."""
    st.session_state.setdefault(key, getattr(DEFAULT, key))
    return str(st.selectbox(label, tuple(names), key=key, format_func=shown))


def _usual(parameter: Parameter) -> float:
    """The default experiment's value, else the parameter's own."""
    value: float = getattr(DEFAULT, parameter.name, parameter.default)
    return value
