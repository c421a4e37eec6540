"""Lessons in the browser: by keyboard alone on a phone, light and dark; links; Back and reload."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.course.questions import Choice, Number, Sketch
from dashboard.lessons import LESSONS
from dashboard.links import parse
from dashboard.registry import PAGES
from tests.browser.test_axe import RUN

if TYPE_CHECKING:
    from tests.conftest import RunningServer

PHONE = {"width": 360, "height": 740}
LESSON = LESSONS["relu-halves"]  # numbers and a sketch
ANSWERS = ("0.5", "0.5", "0_-1_-3_-6", "2")
WITH_CHOICE = "forward-or-backward"
MOST_STOPS = 60
FOCUS = """
() => { const { activeElement: it } = document;
        return it.tagName === "MAIN" ? "" : it.getAttribute("aria-label") || it.innerText; }
"""
SIDEWAYS = """
() => [document.scrollingElement, document.querySelector("[data-testid=stMain]")]
    .filter(it => it.scrollWidth > it.clientWidth + 1).length
"""


@pytest.fixture
def phone(browser: Browser) -> Any:
    context: BrowserContext = browser.new_context(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]  # a typed dict
    yield context.new_page()
    context.close()


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale=true]")).to_have_count(0)


def said(page: Page, beginning: str) -> None:
    line = page.locator(".st-key-status [role=status]")
    expect(line).to_have_text(re.compile(re.escape(beginning)))
    settled(page)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    names = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        names.append(page.evaluate(FOCUS))
        if name in names[-1]:
            return
    raise AssertionError(f"{name} was never reached: {names}")


def answer(page: Page, index: int, text: str) -> None:
    """By keys alone."""
    question = LESSON.questions[index]
    if isinstance(question, Number):
        tab_to(page, "Your answer")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        return
    assert isinstance(question, Sketch)
    for place, power in zip(question.places, question.read(text), strict=True):
        tab_to(page, f"Layer {place}")
        steps = question.powers.index(question.start) - question.powers.index(power)
        for _ in range(steps):
            page.keyboard.press("ArrowLeft")
    tab_to(page, "Commit, then see")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_whole_lesson_by_keyboard_alone_on_a_phone(
    phone: Page, server: "RunningServer", scheme: Any
) -> None:
    phone.emulate_media(color_scheme=scheme)
    phone.goto(f"{server.url}/lessons")
    said(phone, "Lessons: 12 lessons, 0 begun")
    tab_to(phone, f"Begin: {LESSON.title}")
    phone.keyboard.press("Enter")
    said(phone, f"{LESSON.title}, question 1 of 4")
    for index, text in enumerate(ANSWERS):
        answer(phone, index, text)
        said(phone, f"Question {index + 1}: you said ")
        assert phone.evaluate(SIDEWAYS) == 0
    said(phone, "Question 2 was the hardest for you.")
    expect(phone.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
    query = dict(parse_qsl(urlsplit(phone.url).query))
    assert query["answers.relu-halves"] == "~".join(ANSWERS)
    tab_to(phone, "He beside LeCun, on the same random numbers")
    phone.keyboard.press("Enter")
    expect(phone).to_have_title(re.compile("^Compare"))


def test_back_and_reload_keep_the_answers(page: Page, server: "RunningServer") -> None:
    page.goto(f"{server.url}/lessons?v=1&lesson=zeros")
    said(page, "Zeros and symmetry, question 1 of 3")
    for number, text in ((1, "1"), (2, "0.5")):
        page.get_by_label("Your answer").fill(text)
        page.keyboard.press("Enter")
        said(page, f"Question {number}: you said")
    page.reload()
    said(page, "Question 2: you said 0.5. 10 of 10 points.")
    page.go_back()
    expect(page.get_by_text("Question 2 of 3")).to_be_visible()
    said(page, "Question 1: you said 1. 0 of 10 points.")
    page.go_forward()
    expect(page.get_by_text("Question 3 of 3")).to_be_visible()


@pytest.mark.slow  # the guide's links are followed by a quicker one
@pytest.mark.parametrize("slug", LESSONS)
def test_links_open_what_they_say(page: Page, server: "RunningServer", slug: str) -> None:
    lesson = LESSONS[slug]
    titles = {each.path: each.title for each in PAGES}
    wanted = [(each.measure.page, each.measure.experiment) for each in lesson.questions]
    wanted += [(each.page, each.experiment) for each in lesson.next]
    texts = [first_answer(question) for question in lesson.questions]
    address = f"{server.url}/lessons?" + urlencode(
        {"v": "1", "lesson": slug, f"answers.{slug}": "~".join(texts)}
    )
    for index, (path, experiment) in enumerate(wanted):
        page.goto(address)
        links = page.locator(".st-key-lessons").get_by_test_id("stPageLink-NavLink")
        expect(links).to_have_count(len(wanted))
        settled(page)
        links.nth(index).click()
        expect(page).to_have_title(f"{titles[path]} · vscore: weight initialization")
        expect(page.locator(".st-key-sidebar, [data-testid=stSidebar]").first).to_be_attached()
        settled(page)
        url = urlsplit(page.url)
        assert url.path.strip("/") == path
        shown, notices = parse(url.query)
        assert notices == ()
        assert shown.settings == experiment.settings
        assert shown.coursework.given(slug) == tuple(texts)


def first_answer(question: Any) -> str:
    match question:
        case Number():
            return question.write(question.low)
        case Choice():
            return "a"
        case _:
            return str(question.write([question.start] * len(question.places)))


@pytest.mark.slow
def test_no_findings_in_lessons_nor_scrolling_sideways(page: Page, server: "RunningServer") -> None:
    for slug, count in ((WITH_CHOICE, 0), (LESSON.slug, 2), (LESSON.slug, 4)):
        texts = [first_answer(question) for question in LESSONS[slug].questions]
        answers = {f"answers.{slug}": "~".join(texts[:count])} if count else {}
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(f"{server.url}/lessons?{urlencode({'lesson': slug, **answers})}")
        said(page, "Lessons: ")
        page.evaluate(AXE_SCRIPT)
        for scheme, width in (("light", 1280), ("dark", 320)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
            page.set_viewport_size({"width": width, "height": 740})
            expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
            page.wait_for_timeout(400)  # transitions of colours
            assert page.evaluate(RUN) == []
            assert page.evaluate(SIDEWAYS) == 0


@pytest.mark.slow  # two of them are seen above
@pytest.mark.parametrize("slug", LESSONS)
def test_every_lesson_fits_a_narrow_screen(page: Page, server: "RunningServer", slug: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    texts = [first_answer(question) for question in LESSONS[slug].questions]
    query = urlencode({"lesson": slug, f"answers.{slug}": "~".join(texts)})
    page.goto(f"{server.url}/lessons?{query}")
    said(page, "points")
    assert page.evaluate(SIDEWAYS) == 0
