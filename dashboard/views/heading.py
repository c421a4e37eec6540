"""What stands above a page: a teacher's words; and headings for those who move by headings."""

from html import escape

import streamlit as st

from dashboard.handout import Handout
from dashboard.words.plain import escaped


def show_heading(page: str, handout: Handout) -> None:
    """The teacher's title and question as plain text, and headings that are not seen.

    They make the order of headings complete: the page's sections have the third level.

    Parameters
    ----------
    page : str
        The page's title: the first heading, or the second under a teacher's.
    handout : Handout
    """
    if handout.title or handout.question:
        with st.container(key="handout", gap="small"):
            if handout.title:
                st.title(escaped(handout.title), anchor=False)
            if handout.question:
                st.markdown(escaped(handout.question))
    name = escape(page)
    with st.container(key="page_heading"):
        st.html(f"<h2>{name}</h2>" if handout.title else f"<h1>{name}</h1><h2>Results</h2>")
