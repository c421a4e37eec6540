"""What several pages show alike: a chart with its sentence and its data, notices."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.experiment import Notice
from dashboard.figures.theme import CONFIG, Figure
from dashboard.words.plain import escaped


def show_chart(figure: Figure, sentence: str, key: str) -> None:
    """A chart at its fixed height, and under it the sentence that also describes it."""
    st.plotly_chart(figure, key=key, theme=None, config=CONFIG, alt=sentence)
    st.caption(escaped(sentence))


def show_data(title: str, frame: Callable[[], pd.DataFrame], file_name: str) -> None:
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


def show_notices(notices: Sequence[Notice]) -> None:
    """Say what could not be used, and why; values are shown as plain text."""
    if not notices:
        return
    lines = [escaped(f"{n.setting} = {n.value}: {n.reason}.") for n in notices[:6]]
    if len(notices) == 1:
        st.warning(f"Not used: {lines[0]}", icon=":material/info:")
        return
    head = f"{len(notices)} values could not be used:"
    st.warning("  \n".join([head, *lines]), icon=":material/info:")
