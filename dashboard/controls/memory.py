"""What the controls held when the last run was done with them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

_VALUES = "values"


def remember(values: Mapping[str, Any]) -> None:
    """Keep the values, by the controls' keys."""
    st.session_state[_VALUES] = dict(values)


def remembered() -> Mapping[str, Any]:
    """The values, by the controls' keys; none before the first run is done with them."""
    values: Mapping[str, Any] = st.session_state.get(_VALUES, {})
    return values


def fill_gaps() -> None:
    """Go on with what a control held, where the browser says that it holds nothing.

    It does so of a row of segments that it has drawn and not yet given its value, when another
    element asks for a run meanwhile.
    """
    for key, value in remembered().items():
        if key in st.session_state and st.session_state[key] is None:
            st.session_state[key] = value
