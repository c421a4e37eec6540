"""What a teacher's link says above a page."""

import streamlit as st

from dashboard.handout import Handout
from dashboard.words.plain import escaped


def show_heading(handout: Handout) -> None:
    """The title and the question as plain text; nothing where there is neither."""
    if not handout.title and not handout.question:
        return
    with st.container(key="handout", gap="small"):
        if handout.title:
            st.title(escaped(handout.title), anchor=False)
        if handout.question:
            st.markdown(escaped(handout.question))
