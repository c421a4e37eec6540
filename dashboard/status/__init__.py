"""A line for screen readers, since Streamlit says nothing when a page has changed.

The browser keeps what it was last told, and says the difference: "Scale 2: signal stable". So a
change that a quicker one overtakes is said together with it, and the server remembers nothing.
"""

import functools
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.experiment import Experiment
from dashboard.status.settings import settings_in_words

__all__ = ["SCRIPT", "settings_in_words", "show_status"]

SCRIPT = Path(__file__).with_name("status.js")


def show_status(page: str, experiment: Experiment, result: str) -> None:
    """Put the line where the script stands; it is not seen.

    Parameters
    ----------
    page : str
        The page's title: said with the result when the page opens.
    experiment : Experiment
        What the page shows.
    result : str
        What came of it, in a few words; "" where the settings say enough. Shown as plain text.
    """
    settings = [list(pair) for pair in settings_in_words(experiment).items()]
    with st.container(key="status"):
        told = {"page": page, "settings": settings, "result": result}
        _component()(key="status_line", data=[told])  # in a list, as `charts` says


@functools.cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "vscore.status", js=SCRIPT.read_text("utf-8"), isolate_styles=False
    )
