"""What the controls held when the last run was done with them."""

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.common import user_key_from_element_id

_VALUES = "values"


def remember(values: Mapping[str, Any]) -> None:
    """Keep the values, by the controls' keys."""
    st.session_state[_VALUES] = dict(values)


def remembered() -> Mapping[str, Any]:
    """The values, by the controls' keys; none before the first run is done with them."""
    values: Mapping[str, Any] = st.session_state.get(_VALUES, {})
    return values


def fill_gaps() -> None:
    """Go on with what a control held, where the browser says it holds nothing, or does not say.

    It says that of a row of segments that it has drawn and not yet given its value, when another
    element asks for a run meanwhile. And of a control whose script it still loads it says nothing:
    if that control is not told its value once more, it begins with the first of its options.
    """
    told = _told()
    for key, value in remembered().items():
        if key not in st.session_state:
            continue
        if st.session_state[key] is None:
            st.session_state[key] = value
        elif key not in told:
            st.session_state[key] = st.session_state[key]


def _told() -> Collection[str | None]:
    """The controls of which the browser has told what they hold, by their keys."""
    context = get_script_run_ctx()
    held = () if context is None else context.session_state.get_widget_states()
    return {user_key_from_element_id(each.id) for each in held}
