"""What several pages show alike: a chart with its sentence and its data."""

import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import charts
from dashboard.experiment import Experiment
from dashboard.figures.theme import Figure
from dashboard.frames import Frame
from dashboard.takehome.provenance import file_name, numbers_of
from dashboard.takehome.table import csv
from dashboard.words.plain import escaped


class Progress:
    """A bar for work that lasts: it appears after 0.3 s, so that quick work does not flicker."""

    def __init__(self, place: DeltaGenerator, what: str) -> None:
        self._place = place
        self._what = what
        self._next = time.monotonic() + 0.3

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            self._place.progress(done / total, f"Simulating {escaped(self._what)}")


def show_chart(figure: Figure, sentence: str, key: str) -> None:
    """A chart at its fixed height, and under it the sentence that also describes it."""
    charts.show(figure, key=key, alt=sentence)
    st.caption(escaped(sentence))


def show_data(title: str, frame: Callable[[], Frame], experiment: Experiment, name: str) -> None:
    """A chart's numbers, made when they are asked for: a table and a CSV file."""
    section = st.expander(title, on_change="rerun", key=f"data_{name}")
    if section.open:
        with section:
            table = frame()
            st.dataframe(table, hide_index=True, height=280)
            st.download_button(
                "Download as CSV",
                lambda: csv(table, experiment),
                file_name(name, numbers_of(experiment), "csv"),
                "text/csv",
                on_click="ignore",
                key=f"csv_{name}",
            )
