"""The browser's address, which holds the whole state."""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.experiment import Experiment
from dashboard.links import encode


def query() -> str:
    """The query string that the page was asked for."""
    return urlencode(st.query_params.to_dict())


def as_query_params(experiment: Experiment) -> dict[str, str]:
    """The link of an experiment, as Streamlit takes it."""
    return dict(parse_qsl(encode(experiment)))


def go_to(experiment: Experiment) -> None:
    """Show another experiment from the next run on: for callbacks of widgets."""
    st.query_params.from_dict(as_query_params(experiment))
