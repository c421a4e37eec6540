"""A term of the glossary that was asked for comes into view, and the keyboard goes to it."""

import functools

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

# Once for each term: a change elsewhere on the page must not scroll it back. An address that ends
# with an anchor is looked up here too, since it was opened before the page was drawn.
_SCRIPT = """
export default ({ data, parentElement }) => {
    const name = data.term ? `term-${data.term}` : location.hash.slice(1);
    if (parentElement.shown === name || !name) return;
    const place = document.getElementById(name);
    if (!place) return;
    parentElement.shown = name;
    requestAnimationFrame(() => {
        const isTerm = name.startsWith("term-");
        place.scrollIntoView({ block: isTerm ? "center" : "start" });
        if (isTerm) place.focus({ preventScroll: true });
    });
};
"""


def point_at(term: str) -> None:
    """Scroll to a term, or to the one that the address ends with.

    Parameters
    ----------
    term : str
        A slug of the glossary, or nothing.
    """
    with st.container(key="pointing"):
        _component()(key="pointing_at", data={"term": term})


@functools.cache
def _component() -> ComponentRenderer:
    return st.components.v2.component("vscore.pointing", js=_SCRIPT, isolate_styles=False)
