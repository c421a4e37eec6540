"""A browser that comes back to a server that no longer knows it.

After a restart, or a long loss of its line, a browser keeps its page. If a control is changed
before that page has run again, the session's first message is what all controls hold, with the
address from before the change. To a new session this looks like a link that is being opened, and
the change would be lost. So the session first settles on the link, and then takes the message once
more: now it knows what a control held before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

from dashboard.controls.address import is_new

_RETURNING = "returning"


def held_before() -> Sequence[WidgetState]:
    """What the controls hold on a page that this session has not drawn; nothing as a rule.

    A control that is moved while the first run still draws its page is none of that page.
    """
    context = get_script_run_ctx()
    if context is None or not is_new():
        return ()
    held = context.session_state.get_widget_states()
    return held if st.session_state.setdefault(_RETURNING, bool(held)) else ()


@contextmanager
def unsaid_where(held: Sequence[WidgetState]) -> Iterator[None]:
    """Tell the browser nothing that this run draws, where it is run once more.

    Else it would set the controls to the link's values, and the next run would not set them back.
    """
    context = get_script_run_ctx()
    if not held or context is None:
        yield
        return
    send = context._enqueue
    context._enqueue = lambda _message: None
    try:
        yield
    finally:
        context._enqueue = send


def take_again(held: Sequence[WidgetState]) -> None:
    """Run once more from the start with what the controls hold, where they hold anything."""
    context = get_script_run_ctx()
    if not held or context is None:
        return
    raise RerunException(
        RerunData(
            query_string=context.query_string,
            widget_states=WidgetStates(widgets=held),
            page_script_hash=context.page_script_hash,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
