"""The way to the other pages, which takes the whole state along."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.controls.address import as_query_params, go_to
from dashboard.experiment import Experiment


def show_navigation(pages: Sequence[StreamlitPage], experiment: Experiment) -> None:
    """A link to each page, with the present experiment in it, into the container around."""
    state = as_query_params(experiment)
    for page in pages:
        st.page_link(page, query_params=state)


def show_way_out(experiment: Experiment) -> None:
    """A small button from a presentation to the same experiment with its controls.

    No link: one to the page in sight would leave the browser's address as it is.
    """
    whole = replace(experiment, handout=replace(experiment.handout, present=""))
    st.button(
        "Leave presentation",
        icon=":material/close_fullscreen:",
        type="tertiary",
        key="way_out",
        on_click=go_to,
        args=(whole,),
    )


def link_to_home(label: str, experiment: Experiment) -> None:
    """A link to the first page, with an experiment in it."""
    link_to("", label, experiment)


def link_to(path: str, label: str, experiment: Experiment, icon: str | None = None) -> None:
    """A link to a page, with an experiment in it. Pages are known by their address."""
    page = st.Page(_no_page, title=label, default=not path, url_path=path)
    st.page_link(page, label=label, icon=icon, query_params=as_query_params(experiment))


def _no_page() -> None:
    """Stands for a page in a link to it."""
