"""What the Train page asks for: data, optimizer, rate, epochs, sizes.

The address holds each, and what is changed here goes there at once.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboard.controls.address import go_to, known, query
from dashboard.controls.widgets import is_hidden, is_locked, nice_numbers, unless_empty
from dashboard.experiment import Experiment
from dashboard.guide.labels import explained, linked
from dashboard.links import parse
from dashboard.training import TRAINED
from vscore.training import DATASETS, OPTIMIZERS

CONTROL = "training"
"""The name by which a link locks or hides all of them."""

_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}


def choose_training(shown: Experiment) -> None:
    """A row of controls over the results; nothing where the link hides them."""
    if is_hidden(CONTROL):
        return
    with st.container(key="training_controls"):
        columns = st.columns([1.9, 1.7, 1.5, 1.5, 1.5, 1.5], gap="small")
        with columns[0]:
            _select(shown)
        with columns[1]:
            _optimizer(shown)
        for column, name in zip(columns[2:], TRAINED, strict=True):
            with column:
                _number(shown, name)


def _select(shown: Experiment) -> None:
    key = _hold(shown, "data")
    st.selectbox(
        "Learn",
        tuple(DATASETS),
        key=key,
        format_func=lambda name: DATASETS[name].label,
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=("data",),
        help=linked("data"),
    )


def _optimizer(shown: Experiment) -> None:
    key = _hold(shown, "optimizer")
    st.segmented_control(
        "Optimizer",
        tuple(OPTIMIZERS),
        key=key,
        required=True,
        format_func=_OPTIMIZERS.__getitem__,
        disabled=is_locked(CONTROL),
        on_change=unless_empty(key, partial(_change, "optimizer")),
        help=explained(
            "optimizer", "SGD without momentum; Adam with Keras' defaults but for the rate."
        ),
    )


def _number(shown: Experiment, name: str) -> None:
    parameter = TRAINED[name]
    key = _hold(shown, name)
    present = getattr(shown.training, name)
    low, high = parameter.shown
    numbers = nice_numbers(parameter) if parameter.log else _steps(low, high, parameter.step)
    st.select_slider(
        parameter.label,
        sorted({*numbers, present}),
        key=key,
        format_func=lambda value: f"{value:.4g}",
        disabled=is_locked(CONTROL),
        on_change=_change,
        args=(name,),
        help=explained(name, parameter.help),
    )


def _steps(low: float, high: float, step: float) -> list[int]:
    return list(range(int(low), int(high) + 1, int(step)))


def _hold(shown: Experiment, name: str) -> str:
    """The widget's key, which holds what the address says."""
    key = f"train_{name}"
    st.session_state[key] = getattr(shown.training, name)
    return key


def _change(name: str) -> None:
    opened, _ = parse(known() or query())
    fields: dict[str, Any] = {name: st.session_state[f"train_{name}"]}
    go_to(replace(opened, training=replace(opened.training, **fields)))
