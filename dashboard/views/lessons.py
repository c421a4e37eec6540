"""Lessons: commit an answer, then see the simulator's and theory's.

No sidebar here: each question has an experiment of its own, and the settings of the other pages
would look as if they mattered.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import charts
from dashboard.controls.address import go_to
from dashboard.controls.navigation import link_to
from dashboard.controls.questions import ask
from dashboard.course.lesson import Lesson
from dashboard.course.questions import Sketch
from dashboard.course.state import Answers, Coursework
from dashboard.experiment import DEFAULT, Experiment
from dashboard.figures.sketch import sketch_figure
from dashboard.finding import find
from dashboard.guide.labels import terms_line
from dashboard.lessons import LESSONS
from dashboard.sharing import absolute_link
from dashboard.views.parts import Progress
from dashboard.views.reveal import show_reveal
from dashboard.views.share import address_of
from dashboard.words.lessons import aloud, answer_words, progress_words, total_sentence


def render(experiment: Experiment) -> str:
    """Draw the list of lessons, or the one that is open; what came of the last answer."""
    with st.container(key="lessons"):
        lesson = LESSONS.get(experiment.coursework.lesson)
        if lesson is None:
            return _list(experiment)
        return _lesson(lesson, experiment)


def _list(experiment: Experiment) -> str:
    st.markdown(
        "Say what will happen, then see what does. Your answers are in the address of this page: "
        "keep the link, and you keep them."
    )
    with st.container(key="lesson_list"):
        for lesson in LESSONS.values():
            _card(lesson, experiment)
    begun = len(experiment.coursework.answers)
    return f"{len(LESSONS)} lessons, {begun} begun"


def _card(lesson: Lesson, experiment: Experiment) -> None:
    """A lesson in the list: its goal, how long it takes, how far this link is in it."""
    answered = len(experiment.coursework.given(lesson.slug))
    with st.container(border=True, key=f"lesson_{lesson.slug}", gap="small"):
        st.subheader(lesson.title, anchor=False)
        done = progress_words(answered, len(lesson.questions))
        st.markdown(f"{lesson.goal} *{lesson.minutes}\u00a0minutes.* {done}".strip())
        st.button(
            f"{_verb(answered, lesson)}: {lesson.title}",
            key=f"open_{lesson.slug}",
            on_click=_open,
            args=(experiment, lesson.slug),
        )


def _verb(answered: int, lesson: Lesson) -> str:
    if answered == 0:
        return "Begin"
    return "Go on" if answered < len(lesson.questions) else "Look again"


def _lesson(lesson: Lesson, experiment: Experiment) -> str:
    """What was answered with what was found, then the next question, or the end."""
    st.button(
        "All lessons",
        icon=":material/arrow_back:",
        type="tertiary",
        key="all_lessons",
        on_click=_open,
        args=(experiment, ""),
    )
    st.subheader(lesson.title, anchor=False)
    st.markdown(f"{lesson.goal} *{lesson.minutes}\u00a0minutes.*")
    st.markdown(lesson.setting)
    st.caption(f"Words: {terms_line(lesson.terms)}")
    given = experiment.coursework.given(lesson.slug)
    points, said = _answered(lesson, experiment.coursework)
    if len(given) < len(lesson.questions):
        text = ask(lesson, len(given), _draw)
        if text is not None:
            go_to(_with_answers(experiment, lesson, (*given, text)))
            st.rerun()
        said = said or f"{lesson.title}, question 1 of {len(lesson.questions)}"
    else:
        said = f"{said} {_end(lesson, experiment, points)}"
    _teacher(lesson)
    return said


def _draw(question: Sketch, powers: Sequence[float], key: str) -> None:
    said = f"Your sketch of {question.axis}: {answer_words(question, question.write(powers))}."
    charts.show(sketch_figure(question, powers), key=f"chart_{key}", alt=said)


def _answered(lesson: Lesson, coursework: Coursework) -> tuple[list[int], str]:
    """Show each question that was answered; points, and the last one's outcome in words."""
    points, said = [], ""
    given = coursework.given(lesson.slug)
    for number, (question, text) in enumerate(zip(lesson.questions, given, strict=False), 1):
        place = st.empty()
        found = find(question.measure, Progress(place).waiting)
        place.empty()
        show_reveal(lesson, number, text, found, coursework)
        points.append(question.points(text, found))
        said = aloud(number, question, text, found)
    return points, said


def _end(lesson: Lesson, experiment: Experiment, points: list[int]) -> str:
    """All points, what to try next, the next lesson; the total in words."""
    total = total_sentence(points)
    with st.container(key="lesson_end", gap="small"):
        st.subheader("The end", anchor=False)
        st.markdown(f"**{total}**")
        st.markdown("What to try next:")
        for each in lesson.next:
            shown = replace(each.experiment, coursework=experiment.coursework)
            link_to(each.page, each.text, shown, ":material/arrow_forward:")
        with st.container(horizontal=True):
            following = _following(lesson)
            if following is not None:
                st.button(
                    f"Next lesson: {following.title}",
                    type="primary",
                    key="next_lesson",
                    on_click=_open,
                    args=(experiment, following.slug),
                )
            st.button(
                "Begin again",
                key="begin_again",
                on_click=go_to,
                args=(_with_answers(experiment, lesson, ()),),
            )
    return total


def _following(lesson: Lesson) -> Lesson | None:
    """The lesson after this one; None after the last."""
    slugs = list(LESSONS)
    after = slugs[slugs.index(lesson.slug) + 1 :]
    return LESSONS[after[0]] if after else None


def _teacher(lesson: Lesson) -> None:
    """The note, and the link to hand out: it has no answers in it."""
    note = lesson.teacher
    with st.expander("For the teacher (gives answers away)", key="teacher_note"):
        st.markdown(
            f"**Time:** {note.minutes}.\n\n**What students usually answer:** {note.usual}\n\n"
            f"**In a room:** {note.room}"
        )
        course = replace(DEFAULT.coursework, lesson=lesson.slug)
        st.caption("Link to hand out")
        st.code(
            absolute_link(address_of("lessons"), replace(DEFAULT, coursework=course)),
            language=None,
            wrap_lines=True,
        )


def _open(experiment: Experiment, slug: str) -> None:
    """Show a lesson, or the list, from the next run on."""
    go_to(replace(experiment, coursework=replace(experiment.coursework, lesson=slug)))


def _with_answers(experiment: Experiment, lesson: Lesson, answers: Answers) -> Experiment:
    coursework = experiment.coursework.with_answers(lesson.slug, answers)
    return replace(experiment, coursework=coursework)
