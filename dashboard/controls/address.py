"""The browser's address, which holds the whole state.

The session remembers the query string that it last opened or wrote. The browser may send an older
one: while it changes its address, the next change can be on its way already.
"""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.experiment import Experiment
from dashboard.links import encode

_KNOWN = "link"
_DUE = "due"


def query() -> str:
    """The query string that the page was asked for."""
    return urlencode(st.query_params.to_dict())


def as_query_params(experiment: Experiment) -> dict[str, str]:
    """The link of an experiment, as Streamlit takes it."""
    return dict(parse_qsl(encode(experiment)))


def known() -> str | None:
    """The query string that the widgets agree with; None before the first one is opened."""
    link: str | None = st.session_state.get(_KNOWN)
    return link


def is_new() -> bool:
    """Whether no link has been opened yet in this session."""
    return _KNOWN not in st.session_state


def is_due() -> bool:
    """Whether a control has gone to another address, which the widgets do not show yet."""
    due: bool = st.session_state.get(_DUE, False)
    return due


def is_heard() -> bool:
    """Whether the browser's address is the one that was written last."""
    return query() == known()


def settle(link: str | None) -> None:
    """Remember the query string that the widgets agree with; None: the next one is opened."""
    st.session_state[_KNOWN] = link
    st.session_state[_DUE] = False


def write(experiment: Experiment) -> None:
    """Put an experiment into the browser's address."""
    link = encode(experiment)
    _put(link)
    settle(link)


def go_to(experiment: Experiment) -> None:
    """Show another experiment from the next run on: for callbacks of widgets."""
    link = encode(experiment)
    settle(link)
    st.session_state[_DUE] = True
    _put(link)  # the last: here a run ends that has been overtaken


def _put(link: str) -> None:
    st.query_params.from_dict(dict(parse_qsl(link)))
