"""Take it home: what the page shows, as files that need no server."""

from collections.abc import Callable

import streamlit as st

from dashboard import gathering
from dashboard.experiment import Experiment
from dashboard.takehome.notebook import notebook
from dashboard.takehome.provenance import file_name
from dashboard.takehome.report import report


def show_takehome(experiment: Experiment) -> None:
    """Buttons for a report and a notebook of all settings of an experiment, made when clicked.

    Parameters
    ----------
    experiment : Experiment
        One setting, or a comparison of several; with its handout.
    """
    address = st.context.url or ""
    with st.container(key="takehome"):
        st.subheader("Take it home", anchor=False)
        with st.container(horizontal=True):
            _button(
                "Report (HTML)",
                lambda: report(experiment, gathering.results(experiment), address),
                file_name("report", experiment, "html"),
                "text/html",
                "The whole page as one file: live charts, no network needed.",
            )
            _button(
                "Notebook",
                lambda: notebook(experiment, gathering.results(experiment), address),
                file_name("notebook", experiment, "ipynb"),
                "application/x-ipynb+json",
                "The same numbers from vscore in Jupyter.",
            )


def _button(
    label: str, data: Callable[[], str], name: str, media_type: str, help_text: str
) -> None:
    st.download_button(
        label,
        data,
        name,
        media_type,
        help=help_text,
        on_click="ignore",
        key=f"takehome_{name.partition('-')[0]}",
    )
