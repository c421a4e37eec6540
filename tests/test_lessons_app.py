"""The Lessons page as a script: every lesson to its end, links, hostile answers, progress."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import compute
from dashboard.course.questions import Choice, Number, Sketch
from dashboard.course.state import Coursework
from dashboard.finding import find
from dashboard.lessons import LESSONS
from dashboard.links import parse
from dashboard.words.plain import escaped
from tests.sampled import sampled
from tests.test_lessons import question_of, right_answer

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"


def script() -> None:
    """The app with Lessons as its page."""
    from dashboard.controls import experiment, show_notices
    from dashboard.status import show_status
    from dashboard.views import lessons

    shown, notices = experiment(controls=False)
    show_notices(notices)
    show_status("Lessons", shown, lessons.render(shown))


def opened(query: str = "v=1") -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    return sound(page.run())


def sound(page: AppTest) -> AppTest:
    assert [error.value for error in page.exception] == []
    return page


def link(page: AppTest) -> str:
    return urlencode({name: "".join(text) for name, text in page.query_params.items()})


def press(page: AppTest, key: str) -> AppTest:
    return sound(page.button(key=key).click().run())


def commit(page: AppTest, slug: str, index: int, text: str) -> AppTest:
    """Set the question's controls to an answer, and commit it."""
    question, key = question_of(slug, index), f"answer_{slug}_{index + 1}"
    if isinstance(question, Number):
        page.number_input(key=key).set_value(question.read(text))
    elif isinstance(question, Choice):
        page.radio(key=key).set_value(question.read(text))
    else:
        for place, power in zip(question.places, question.read(text), strict=True):
            page.select_slider(key=f"{key}_{place}").set_value(power)
    (button,) = (each for each in page.button if each.label == "Commit, then see")
    return sound(button.click().run())


def headings(page: AppTest) -> list[str]:
    return [element.value for element in page.subheader]


def wrong_answer(slug: str, index: int) -> str:
    question = question_of(slug, index)
    found = find(question.measure)
    match question:
        case Number():
            texts = [question.write(question.low), question.write(question.high)]
        case Choice():
            texts = ["a", "b", "c"]
        case Sketch():
            size = len(question.places)
            texts = [question.write([end] * size) for end in (question.low, question.high)]
    return min(texts, key=lambda text: question.points(text, found))


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
@pytest.mark.parametrize("slug", LESSONS)
def test_every_lesson_to_its_end(slug: str, right: bool) -> None:
    lesson = LESSONS[slug]
    page = opened(f"v=1&lesson={slug}")
    texts = [
        (right_answer if right else wrong_answer)(slug, n) for n in range(len(lesson.questions))
    ]
    for index, (question, text) in enumerate(zip(lesson.questions, texts, strict=True)):
        asked = f"Question {index + 1} of {len(lesson.questions)}: {question.label}"
        assert asked in headings(page)
        assert question.explanation not in [each.value for each in page.markdown]
        page = commit(page, slug, index, text)
        assert asked not in headings(page)
        assert question.explanation in [each.value for each in page.markdown]
        given = parse(link(page))[0].coursework
        assert given == Coursework(slug, ((slug, tuple(texts[: index + 1])),))
    most = 10 * len(lesson.questions)
    assert headings(page)[-1] == "The end"
    (total,) = (each.value for each in page.markdown if f" of {most} points" in each.value)
    boxes = page.success if right else [*page.warning, *page.info]
    assert len(boxes) == len(lesson.questions)
    if right:
        assert total == f"**{most} of {most} points: you foresaw all of it.**"
    else:
        assert int(total.split()[0].strip("*")) <= 0.4 * most
    again = opened(link(page))  # a reload, or a friend's browser
    assert headings(again) == headings(page)
    assert status(again) == status(page)


def status(page: AppTest) -> str:
    (line,) = (
        component.proto.json
        for component in page.get("bidi_component")
        if component.proto.component_name == "vscore.status"
    )
    return str(json.loads(line)[0]["result"])


def test_the_outcome_is_read_aloud() -> None:
    page = opened("v=1&lesson=relu-halves")
    assert status(page) == "ReLU halves the second moment, question 1 of 4"
    page = commit(page, "relu-halves", 0, "1")
    assert status(page) == (
        "Question 1: you said 1. 0 of 10 points. Off by a factor of 2: too large. "
        "1 would be right if ReLU changed nothing."
    )
    assert status(opened()) == "12 lessons, 0 begun"


@pytest.mark.parametrize("slug", ["relu-halves", "forward-or-backward"])
def test_nothing_is_seen_before_something_is_said(slug: str) -> None:
    page = opened(f"v=1&lesson={slug}")
    (button,) = (each for each in page.button if each.label == "Commit, then see")
    page = sound(button.click().run())
    first = "Type a number" if slug == "relu-halves" else "Choose one"
    assert [box.value for box in page.warning] == [f"{first} first: seeing comes after saying."]
    assert link(page) == f"v=1&lesson={slug}"
    assert LESSONS[slug].questions[0].explanation not in [each.value for each in page.markdown]


def test_the_list_opens_lessons_and_shows_progress() -> None:
    page = opened("v=1&seed=7&answers.zeros=0~0.5~1&answers.myths=1")
    assert headings(page) == [lesson.title for lesson in LESSONS.values()]
    labels = [button.label for button in page.button]
    assert labels[0] == "Look again: Zeros and symmetry"
    assert labels[1] == "Begin: Too small and too large"
    assert labels[-1] == "Go on: Myths"
    said = " ".join(each.value for each in page.markdown)
    assert "Done: all 3 questions answered." in said
    assert "Begun: 1 of 4 questions answered." in said
    page = press(page, "open_myths")
    assert "Question 2 of 4: " in headings(page)[-1]
    # The settings and the other lessons' answers stay in the address.
    shown = parse(link(page))[0]
    assert shown.seed == 7
    assert shown.coursework.given("zeros") == ("0", "0.5", "1")
    page = press(page, "all_lessons")
    assert len(headings(page)) == len(LESSONS)


def test_begin_again_and_the_next_lesson() -> None:
    page = opened("v=1&lesson=zeros&answers.zeros=0~0.5~1&answers.myths=1")
    page = press(page, "next_lesson")
    assert headings(page)[0] == "Too small and too large"
    page = opened("v=1&lesson=zeros&answers.zeros=0~0.5~1&answers.myths=1")
    page = press(page, "begin_again")
    assert parse(link(page))[0].coursework == Coursework("zeros", (("myths", ("1",)),))
    assert "Question 1 of 3: Mean z² at layer 5" in headings(page)


def test_after_the_last_lesson_there_is_no_next() -> None:
    page = opened("v=1&lesson=myths&answers.myths=1~0~1~2")
    assert "next_lesson" not in [button.key for button in page.button]


def test_the_teacher_s_link_has_no_answers() -> None:
    page = opened("v=1&seed=7&lesson=zeros&answers.zeros=0&title=Monday")
    (code,) = page.code
    assert code.value.endswith("/lessons?v=1&lesson=zeros")
    note = LESSONS["zeros"].teacher
    assert any(note.usual in each.value for each in page.markdown)


# Links


def links(page: AppTest) -> list[tuple[str, str, str]]:
    """Page, label and query of each link."""
    found = [element.proto for element in page.get("page_link")]
    return [(each.page, each.label, each.query_string) for each in found]


@pytest.mark.parametrize("slug", LESSONS)
def test_links_name_the_experiments_that_they_say(slug: str) -> None:
    lesson = LESSONS[slug]
    texts = tuple(right_answer(slug, index) for index in range(len(lesson.questions)))
    course = Coursework(slug, ((slug, texts),))
    page = opened(f"v=1&lesson={slug}&answers.{slug}={'~'.join(texts)}")
    wanted: list[tuple[str, str, Any]] = [
        (each.measure.page, "Open this experiment", each.measure.experiment)
        for each in lesson.questions
    ]
    wanted += [(each.page, each.text, each.experiment) for each in lesson.next]
    found = [(path, label, parse(query)) for path, label, query in links(page)]
    assert found == [(p, label, (replace(e, coursework=course), ())) for p, label, e in wanted]


# Hostile answers


def test_answers_that_cannot_be_used_are_said_and_asked_again() -> None:
    page = opened("v=1&lesson=zeros&answers.zeros=0~%3Cimg%20src%3Dx%3E~1")
    (box,) = page.warning
    assert box.value == (
        f"Not used: {escaped('answers.zeros = <img src=x>: answer 2 must be a number.')}"
    )
    assert "Question 2 of 3: Share right after training" in headings(page)


def test_an_unknown_lesson_is_said_and_the_list_shown() -> None:
    page = opened("v=1&lesson=%3Cb%3E")
    assert page.warning[0].value == (
        f"Not used: {escaped('lesson = <b>: there is no such lesson.')}"
    )
    assert len(headings(page)) == len(LESSONS)


ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["nan", "1e400", "-0", "٣", "1_0", "~", "a~b~c~d", "0_0_0_0", "<b>", "](x)"]),
    st.lists(st.floats().map(str), max_size=6).map("~".join),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(LESSONS)), ODD, ODD)
def test_no_answer_does_harm(slug: str, text: str, lesson: str) -> None:
    query = urlencode({"lesson": lesson, f"answers.{slug}": text})
    shown, _ = parse(query)
    assert shown.coursework.lesson in ("", *LESSONS)
    for kept, answers in shown.coursework.answers:
        for question, answer in zip(LESSONS[kept].questions, answers, strict=False):
            assert question.spelled(answer) == answer


@pytest.mark.parametrize(
    "query",
    sampled(
        17,  # no multiple of the seven ends, so that each of them is among these
        (
            f"lesson={slug}&answers.{slug}={end}"
            for slug in LESSONS
            for end in ("1~1~1~1", "a~a~a~a", "0~0~0~0", "1e-5~1~0_0_0_0~1", "~", "%00", "1~" * 50)
        ),
    ),
)
def test_any_answers_open(query: str) -> None:
    opened(query)


# The page


def test_it_is_a_page_without_a_sidebar() -> None:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["lesson"] = "zeros"
    page.run()
    assert page.sidebar.get("selectbox")  # Explore, with the lesson kept in its address
    assert link(page) == "lesson=zeros"
    lessons = opened("v=1&lesson=zeros")
    assert not lessons.sidebar.children


@pytest.mark.alone
@pytest.mark.parametrize("slug", LESSONS)
def test_a_reveal_is_there_at_once(slug: str) -> None:
    """Half a second of computing, two at most; once for a class."""
    compute._answers.clear()
    for question in LESSONS[slug].questions:
        started = time.process_time()
        find(question.measure)
        assert time.process_time() - started < 2
        started = time.perf_counter()
        find(question.measure)
        assert time.perf_counter() - started < 0.5
