"""Changes that leave the sidebar as it is: the page beside it is drawn alone.

A slider's new value changes nothing else in the sidebar, which is nearly half of what a whole run
sends, and of what the browser builds anew.
"""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.controls.memory import changed, is_all_told

PART = "page"
"""The key of the fragment that is the page without its sidebar."""

_CAN = "can_stay"
"""Whether the page in sight is such a fragment."""

_MOVED = "moved_alone"
"""The control that was moved last and left the others as they were."""


def let_stay(can: bool) -> None:
    """Say whether the page in sight can be drawn alone: not until a whole run has begun it."""
    st.session_state[_CAN] = can


def alone(key: str, then: Callable[[], None] | None = None) -> Callable[[], None]:
    """A callback for the control `key`, on which no other control's look depends.

    It does something, and asks for the page alone if no other control has changed by then.
    """

    def moved() -> None:
        if then is not None:
            then()
        if st.session_state.get(_CAN) and changed() == {key}:
            st.session_state[_MOVED] = key
            with suppress(StreamlitAPIException):  # there is no such fragment any more
                st.rerun(PART)

    return moved


def is_alone() -> bool:
    """Whether this run draws the page alone."""
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def is_sidebar_as_drawn() -> bool:
    """Whether all controls are as the browser has them, but for the one that was moved alone.

    Not so where a run ended early that had given them values.
    """
    return is_all_told() and changed() <= {st.session_state.get(_MOVED, "")}
