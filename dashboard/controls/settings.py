"""Which of the settings A to D the other controls change."""

from dataclasses import replace

import streamlit as st

from dashboard.controls.address import go_to, known, query
from dashboard.controls.memory import fill_gaps, give
from dashboard.controls.widgets import is_hidden, is_locked, unless_empty
from dashboard.experiment import LETTERS, Experiment
from dashboard.guide.labels import linked
from dashboard.links import parse

_KEY = "setting"


def choose_setting(opened: Experiment) -> None:
    """A button for each setting of a comparison; none where there is but one."""
    if not opened.others or is_hidden("settings"):
        return
    give({_KEY: LETTERS[opened.selected]})
    st.segmented_control(
        "These controls change setting",
        tuple(LETTERS[: len(opened.settings)]),
        key=_KEY,
        required=True,
        on_change=unless_empty(_KEY, _select),
        disabled=is_locked("settings"),
        help=linked("settings"),
    )


def _select() -> None:
    fill_gaps()
    opened, _ = parse(known() or query())
    selected = LETTERS.index(st.session_state[_KEY])
    if selected != opened.selected:
        go_to(replace(opened, selected=selected))
