"""A lesson's question as controls: a typed number, a choice, a sketch; and the button that commits.

What is set is no answer until it is committed: it stays in the page, and out of the address.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import streamlit as st

from dashboard.course.lesson import Lesson
from dashboard.course.questions import Choice, Number, Sketch
from dashboard.words.lessons import ten_to
from dashboard.words.plain import escaped

Draw: TypeAlias = Callable[[Sketch, list[float], str], None]

_COMMIT = "Commit, then see"


def ask(lesson: Lesson, index: int, draw: Draw) -> str | None:
    """Show a question; the answer as links hold it in the run in which it is committed, else None.

    Parameters
    ----------
    lesson : Lesson
    index : int
        Of the question, from 0.
    draw : callable
        Draws a sketch while it is made: the question, its powers, a key.
    """
    question = lesson.questions[index]
    key = f"answer_{lesson.slug}_{index + 1}"
    with st.container(key=f"ask_{lesson.slug}_{index + 1}", gap="small"):
        st.subheader(
            f"Question {index + 1} of {len(lesson.questions)}: {question.label}", anchor=False
        )
        st.markdown(question.prompt)
        if isinstance(question, Sketch):
            return _sketch(question, key, draw)
        with st.form(f"form_{key}", border=False):
            value = _field(question, key)
            committed = st.form_submit_button(_COMMIT, type="primary")
        return _read(question, value) if committed else None


def _field(question: Number | Choice, key: str) -> Any:
    """A number or the place of an option; None where nothing is given yet."""
    if isinstance(question, Number):
        return st.number_input(
            f"Your answer, from {question.low:g} to {question.high:g}",
            float(question.low),
            float(question.high),
            value=None,
            format="%g",
            key=key,
        )
    return st.radio(
        "Your answer",
        range(len(question.options)),
        index=None,
        format_func=lambda place: escaped(question.options[place].text),
        key=key,
    )


def _read(question: Number | Choice, value: Any) -> str | None:
    if value is None:
        what = "Type a number" if isinstance(question, Number) else "Choose one"
        st.warning(f"{what} first: seeing comes after saying.", icon=":material/edit:")
        return None
    return question.write(value)


def _sketch(question: Sketch, key: str, draw: Draw) -> str | None:
    """A slider for each place, under the curve that they draw."""
    place = st.container()
    powers: list[float] = []
    columns = st.columns(len(question.places), gap="medium")
    for column, at in zip(columns, question.places, strict=True):
        powers.append(
            column.select_slider(
                f"{question.unit.capitalize()} {at}",
                question.powers,
                value=question.start,
                format_func=ten_to,
                key=f"{key}_{at}",
            )
        )
    with place:
        draw(question, powers, key)
    return (
        question.write(powers) if st.button(_COMMIT, type="primary", key=f"commit_{key}") else None
    )
