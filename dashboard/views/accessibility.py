"""Accessibility and privacy: what holds, what does not, and what is kept."""

import streamlit as st

from dashboard.experiment import Experiment
from dashboard.words.accessibility import AIM, GAPS, HOLDS, KEYS, STORED, WHOM_TO_TELL


def render(_experiment: Experiment) -> str:
    """Draw the page; the settings change nothing on it."""
    with st.container(key="accessibility"):
        st.markdown(AIM)
        st.subheader("What holds", anchor=False)
        st.markdown(_listed(HOLDS))
        st.subheader("By keyboard", anchor=False)
        st.markdown(_table(("Key", "What it does"), *KEYS))
        st.subheader("What does not hold yet", anchor=False)
        rows = ((gap.what, gap.why, gap.instead) for gap in GAPS)
        st.markdown(_table(("What", "Why", "Instead"), *rows))
        st.subheader("Privacy: what is kept", anchor=False)
        st.markdown(_listed(STORED))
        st.subheader("Whom to tell", anchor=False)
        st.markdown(WHOM_TO_TELL)
    return "accessibility and privacy"


def _listed(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + ":--|" * len(rows[0]), *body])
