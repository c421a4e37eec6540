"""What several pages show alike: a chart with its sentence and its data."""

import time
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import charts
from dashboard.experiment import Experiment
from dashboard.figures.theme import Figure
from dashboard.frames.tables import Frame
from dashboard.guide.labels import CHARTS, terms_line
from dashboard.takehome.provenance import file_name, numbers_of
from dashboard.takehome.table import csv
from dashboard.words.plain import escaped


class Progress:
    """A bar for work that lasts: it appears after 0.3 s, so that quick work does not flicker.

    Parameters
    ----------
    place : DeltaGenerator
        One that is empty.
    what : str
        What is worked on, as in "Simulating ...".
    """

    def __init__(self, place: DeltaGenerator, what: str = "") -> None:
        self._place = place
        self._what = what
        self._next = time.monotonic() + 0.3
        self._before = 0

    def __call__(self, done: int, total: int) -> None:
        if self._is_time(0.1):
            self._place.progress(done / total, f"Simulating {escaped(self._what)}")

    def waiting(self, before: int) -> None:
        """Say how many people are before this one in the line for the cores."""
        if before != self._before and self._is_time(1.0):
            self._before = before
            self._place.progress(0.0, in_line(before))

    def _is_time(self, pause: float) -> bool:
        """Whether to show something now, and then not for so many seconds."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + pause
        return True


def in_line(before: int) -> str:
    """What someone reads who waits for a core."""
    if before == 1:
        return "Waiting for the computer: 1 person is before you."
    return f"Waiting for the computer: {before} people are before you."


def look_again(look: Callable[[], None], every: float | None) -> None:
    """Show what is known by now, and again after so many seconds; once where that is None.

    In the same place either way: else what it showed before stood beside it, until the run's end.
    """
    if every is None:
        with st.container():  # as a fragment has one
            look()
    else:
        st.fragment(look, run_every=every)()


def show_chart(
    figure: Figure,
    sentence: str,
    key: str,
    on_click: Callable[[], None] | None = None,
    terms: Sequence[str] = (),
) -> None:
    """A chart at its fixed height, and under it the sentence that also describes it.

    And links to its words in the glossary, `terms` first; not where it fills the window.
    """
    charts.show(figure, key=key, alt=sentence, on_click=on_click)
    words = (
        terms_line((*terms, *CHARTS[key.partition(":")[0]])) if "height" in figure["layout"] else ""
    )
    st.caption(f"{escaped(sentence)} {words}".strip())


def show_data(title: str, frame: Callable[[], Frame], experiment: Experiment, name: str) -> None:
    """A chart's numbers, made when they are asked for: a table and a CSV file.

    A column `open` holds links.
    """
    section = st.expander(title, on_change="rerun", key=f"data_{name}")
    if section.open:
        with section:
            table = frame()
            links = {"open": st.column_config.LinkColumn(display_text="open")}
            st.dataframe(table, hide_index=True, height=280, column_config=links)
            st.download_button(
                "Download as CSV",
                lambda: csv(table, experiment),
                file_name(name, numbers_of(experiment), "csv"),
                "text/csv",
                on_click="ignore",
                key=f"csv_{name}",
            )
