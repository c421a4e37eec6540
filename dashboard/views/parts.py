"""What several pages show alike: a chart with its sentence and its data."""

from collections.abc import Callable

import streamlit as st

from dashboard.figures.theme import CONFIG, Figure
from dashboard.frames import Frame
from dashboard.words.plain import escaped


def show_chart(figure: Figure, sentence: str, key: str) -> None:
    """A chart at its fixed height, and under it the sentence that also describes it."""
    st.plotly_chart(figure, key=key, theme=None, config=CONFIG, alt=sentence)
    st.caption(escaped(sentence))


def show_data(title: str, frame: Callable[[], Frame], file_name: str) -> None:
    """A chart's numbers, made when they are asked for: a table and a CSV file."""
    section = st.expander(title, on_change="rerun", key=f"data_{file_name.partition('-')[0]}")
    if section.open:
        with section:
            table = frame()
            st.dataframe(table, hide_index=True, height=280)
            st.download_button(
                "Download as CSV",
                lambda: table.to_csv(index=False),
                file_name,
                "text/csv",
                on_click="ignore",
            )
