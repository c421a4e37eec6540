"""One question that was answered: the answer, the simulator's, theory's, and why."""

from dataclasses import replace

import streamlit as st

from dashboard import charts, frames
from dashboard.controls.navigation import link_to
from dashboard.course.lesson import Lesson
from dashboard.course.measures import Finding
from dashboard.course.questions import MOST_POINTS, Question, Sketch
from dashboard.course.state import Coursework
from dashboard.experiment import Experiment
from dashboard.figures.signal import signal_figure
from dashboard.figures.sketch import sketch_figure
from dashboard.figures.weights import weights_figure
from dashboard.views.parts import show_chart, show_data
from dashboard.words.lessons import score_sentence, table_rows
from dashboard.words.plain import escaped
from dashboard.words.signal import signal_sentence
from dashboard.words.weights import weights_sentence
from vscore.sampling import WeightSample
from vscore.verdicts import verdict


def show_reveal(
    lesson: Lesson, number: int, text: str, found: Finding, coursework: Coursework
) -> None:
    """Draw it.

    Parameters
    ----------
    lesson : Lesson
    number : int
        Of the question, from 1.
    text : str
        The answer, as links hold it.
    found : Finding
        What the question's measure came to.
    coursework : Coursework
        Goes along with the link to the experiment, so that the way back finds the answers.
    """
    question = lesson.questions[number - 1]
    key = f"{lesson.slug}_{number}"
    with st.container(key=f"reveal_{key}", gap="small"):
        st.subheader(f"{number}. {question.label}", anchor=False)
        st.markdown(question.prompt)
        _score(question, text, found)
        head, *rows = (f"| {' | '.join(cells)} |" for cells in table_rows(question, text, found))
        rule = "|" + ":--|" * (head.count("|") - 1)
        st.markdown("\n".join([head, rule, *rows]))
        _chart(question, text, found, key)
        st.markdown(question.explanation)
        asked = replace(question.measure.experiment, coursework=coursework)
        link_to(question.measure.page, "Open this experiment", asked, ":material/arrow_forward:")


def _score(question: Question, text: str, found: Finding) -> None:
    points = question.points(text, found)
    box, mark = (st.success, "✓") if points == MOST_POINTS else (st.info, "→")
    if points == 0:
        box, mark = st.warning, "✗"
    box(f"**{mark}** {escaped(score_sentence(question, text, found))}")


def _chart(question: Question, text: str, found: Finding, key: str) -> None:
    """The sketch with what was found; else what was measured, where the question has it drawn."""
    if isinstance(question, Sketch):
        drawn = sketch_figure(question, question.read(text), found)
        charts.show(drawn, key=f"chart_{key}", alt=score_sentence(question, text, found))
    elif question.chart and found.shown is not None:
        _measured(found, question.measure.experiment, key)


def _measured(found: Finding, experiment: Experiment, key: str) -> None:
    """A chart of the whole simulation, or draw, with its sentence and its data."""
    if isinstance(found.shown, WeightSample):
        sample = found.shown
        show_chart(weights_figure(sample), weights_sentence(sample), f"lesson_weights:{key}")
        show_data("Data", lambda: frames.weights_frame(sample, ()), experiment, key)
    elif found.shown is not None:
        measured, predicted = found.shown
        statistic = experiment.statistic
        said = signal_sentence(measured, verdict(measured, predicted), predicted, (), statistic)
        show_chart(signal_figure(measured, predicted, statistic), said, f"lesson_signal:{key}")
        show_data(
            "Data",
            lambda: frames.signal_frame(measured, predicted, statistic, ()),
            experiment,
            key,
        )
