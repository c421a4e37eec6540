"""A teacher's link in a real browser: locks hold, presentations fill the window, codes are read."""

import http.server
import io
import re
import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from dashboard.sharing import embed_snippet

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import Launch, RunningServer

SMALL = "v=1&depth=5&width=16&networks=2&batch=4"
TITLE = "Why does tanh vanish?"
QUESTION = "Move the scale until the signal stays. Which value did you need?"
SAID = urlencode({"title": TITLE, "question": QUESTION})

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![a](https://host.example/x.png)",
    "[a](javascript:alert(1)) [b](https://host.example/)",
    "https://host.example/ www.host.example a@host.example",
    "# *a* _b_ `c` $d$ :smile: ~~e~~ > f | g &lt;",
)


def opened(page: Page, server: "RunningServer", query: str, charts: int = 2) -> None:
    """Open a link and wait for its charts."""
    page.goto(f"{server.url}/?{query}")
    settled(page, charts)


def settled(page: Page | FrameLocator, charts: int = 2) -> None:
    expect(page.locator(".js-plotly-plot .main-svg:first-child")).to_have_count(charts)
    finished(page)


def finished(page: Page | FrameLocator) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def box(element: Locator) -> dict[str, float]:
    found = element.bounding_box()
    assert found is not None
    return dict(found)  # type: ignore[arg-type]  # a typed dict


def plain(element: Locator) -> str:
    """An element's text, without the joiners that keep addresses from becoming links."""
    return element.inner_text().replace("\u2060", "")


# Locked and hidden


def test_locked_controls_move_neither_by_mouse_nor_by_keyboard(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    opened(page, server, f"{SMALL}&lock=all")
    before, verdict = page.url, page.get_by_test_id("stAlert").inner_text()
    slider = page.get_by_role("slider", name="Depth")
    for locked in (
        slider,
        page.get_by_role("slider", name="Scale"),
        page.get_by_role("combobox", name="Activation"),
        page.get_by_role("radio", name="fan_out"),
        page.get_by_role("spinbutton", name="Inputs"),
        page.get_by_role("button", name="Redraw", exact=True),
    ):
        expect(locked).to_be_disabled()
        locked.scroll_into_view_if_needed()
        here = box(locked)
        left, middle = here["x"] + 2, here["y"] + here["height"] / 2
        page.mouse.click(here["x"] + here["width"] / 2, middle)
        page.mouse.move(left, middle)
        page.mouse.down()
        page.mouse.move(left + 60, middle, steps=4)
        page.mouse.up()
        locked.evaluate("element => element.focus()")
        for key in ("ArrowRight", "ArrowUp", "ArrowDown", "End", "Home", "Enter", "Space", "9"):
            page.keyboard.press(key)
        expect(page.get_by_role("option")).to_have_count(0)
    # By a rerun that really happens, all that was pressed would have shown by now.
    page.get_by_text("Ten redraws behind the charts").click()
    expect(page).to_have_url(re.compile("redraws=on"))
    settled(page)
    assert page.url == before.replace("lock=all", "redraws=on&lock=all")
    assert slider.get_attribute("aria-valuetext") == "5"
    assert page.get_by_test_id("stAlert").inner_text() == verdict
    assert record.errors == record.foreign_requests == record.dialogs == []


def test_the_same_gestures_move_what_is_not_locked(page: Page, server: "RunningServer") -> None:
    opened(page, server, f"{SMALL}&lock=width")
    expect(page.get_by_role("slider", name=re.compile("^Width"))).to_be_disabled()
    page.get_by_role("slider", name="Depth").press("ArrowRight")
    expect(page).to_have_url(re.compile("depth=6"))
    page.get_by_role("radio", name="fan_out").click()
    expect(page).to_have_url(re.compile("mode=fan_out"))


def test_hidden_controls_are_not_there(page: Page, server: "RunningServer") -> None:
    opened(page, server, f"{SMALL}&seed=3&hide=layer.seed.depth")
    expect(page.get_by_role("slider", name=re.compile("^Width"))).to_be_visible()
    expect(page.get_by_role("slider", name="Depth")).to_have_count(0)
    expect(page.get_by_role("heading", name="Layer", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Redraw", exact=True)).to_have_count(0)
    page.get_by_role("slider", name="Scale").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"depth=5.*&seed=3.*&hide=layer.seed.depth"))


# Title and question


@pytest.mark.parametrize(
    "text", [HOSTILE[0], *(pytest.param(text, marks=pytest.mark.slow) for text in HOSTILE[1:])]
)
def test_hostile_title_and_question_are_shown_as_text(
    page: Page, record: "Record", server: "RunningServer", text: str
) -> None:
    opened(page, server, f"{SMALL}&title={quote(text)}&question={quote(text)}")
    handout = page.locator(".st-key-handout")
    assert plain(handout.get_by_role("heading")) == text
    assert plain(handout.get_by_test_id("stMarkdown").last) == text
    assert handout.locator("a, img, script, code, em, strong, del, .katex").count() == 0
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("dialog").get_by_test_id("stCode")).to_have_count(2)
    expect(page.get_by_role("dialog").get_by_label("Title")).to_have_value(text)
    finished(page)
    assert record.errors == record.foreign_requests == record.dialogs == []


@pytest.mark.parametrize("width", [390, pytest.param(1280, marks=pytest.mark.slow)])
def test_long_words_wrap(page: Page, server: "RunningServer", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    opened(page, server, f"{SMALL}&title={'x' * 200}&question={'y' * 200}")
    for element in page.locator(".st-key-handout :is(h1, p)").all():
        assert box(element)["x"] + box(element)["width"] <= width
        assert element.evaluate("e => e.scrollWidth <= e.clientWidth")


# Presentation


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), pytest.param(1920, 1080, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("chart", [pytest.param("weights", marks=pytest.mark.slow), "signal"])
def test_presentation_fills_the_window(
    browser: Browser, server: "RunningServer", chart: str, width: int, height: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    opened(page, server, f"{SMALL}&{SAID}&present={chart}", 1)
    drawn = page.locator(".js-plotly-plot .main-svg").first
    title, verdict, sentence = (
        page.get_by_role("heading", name=TITLE),
        page.get_by_test_id("stAlert"),
        page.get_by_test_id("stCaptionContainer"),
    )
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_role("link")).to_have_count(0)
    expect(page.get_by_role("button", name="Share")).to_have_count(0)
    expect(page.get_by_role("slider")).to_have_count(0)
    # The chart takes what the words leave: over half of the window, and no line lies below it.
    for _ in range(100):
        if box(drawn)["height"] > height / 2 - 40 and bottom(sentence) > height - 60:
            break
        page.wait_for_timeout(50)
    assert box(drawn)["height"] > height / 2 - 40
    assert height - 60 < bottom(sentence) <= height
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollHeight") <= height
    order = [title, verdict, drawn, sentence]
    assert all(bottom(a) <= box(b)["y"] + 1 for a, b in pairwise(order))
    assert box(drawn)["width"] > 0.9 * width
    for words, least in ((title, 28.8), (verdict.locator("p"), 17.6), (sentence, 17.6)):
        size = words.evaluate(
            "e => parseFloat(getComputedStyle(e.querySelector('p') ?? e).fontSize)"
        )
        assert size >= least
    ticks = page.locator(".js-plotly-plot .xtick text, .js-plotly-plot .x2tick text").first
    assert ticks.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") == 21
    text = page.get_by_test_id("stMain").evaluate("e => getComputedStyle(e).color")
    assert ticks.evaluate("e => getComputedStyle(e).fill") == text
    context.close()


def bottom(element: Locator) -> float:
    return box(element)["y"] + box(element)["height"]


def test_leaving_a_presentation(page: Page, record: "Record", server: "RunningServer") -> None:
    opened(page, server, f"{SMALL}&{SAID}&lock=depth&present=signal", 1)
    page.get_by_role("button", name="Leave presentation").click()
    settled(page, 2)
    expect(page).to_have_url(f"{server.url}/?{SMALL}&{SAID}&lock=depth")
    expect(page.get_by_role("slider", name="Depth")).to_be_disabled()
    expect(page.get_by_role("slider", name="Depth")).to_have_attribute("aria-valuetext", "5")
    page.get_by_role("slider", name=re.compile("^Width")).press("ArrowRight")
    expect(page).to_have_url(re.compile("width=32"))
    assert record.errors == record.foreign_requests == record.dialogs == []


# Sharing


def share(page: Page) -> Locator:
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("stCode")).to_have_count(2)
    return dialog


def link_in(dialog: Locator) -> Locator:
    return dialog.get_by_test_id("stCode").first.locator("code")


def decoded(dialog: Locator) -> str:
    """What a camera would read off the screen."""
    picture = dialog.get_by_role("img", name="QR code of the link")
    picture.scroll_into_view_if_needed()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    return str(code.text)


def test_ticks_make_a_link_that_locks(
    page: Page, record: "Record", browser: Browser, server: "RunningServer"
) -> None:
    opened(page, server, SMALL)
    before = page.url
    dialog = share(page)
    assert link_in(dialog).inner_text() == f"{server.url}/?{SMALL}"
    assert decoded(dialog) == f"{server.url}/?{SMALL}"

    dialog.get_by_label("Title").fill(TITLE)
    dialog.get_by_label("Title").press("Enter")
    dialog.get_by_label("Question").fill(QUESTION)
    dialog.get_by_label("Question").press("Tab")
    dialog.get_by_role("button", name="Depth", exact=True).first.click()
    dialog.get_by_role("button", name="Layer and its sizes").last.click()
    expected = f"{server.url}/?{SMALL}&{SAID}&lock=depth&hide=layer"
    expect(link_in(dialog)).to_have_text(expected)
    finished(page)
    assert decoded(dialog) == expected
    snippet = dialog.get_by_test_id("stCode").last.locator("code")
    assert " ".join(snippet.inner_text().split()) == " ".join(
        embed_snippet(expected, TITLE).split()
    )
    assert page.url == before, "the page behind stays as it is"
    assert page.get_by_role("slider", name="Depth", include_hidden=True).is_enabled()

    other = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.goto(expected)
    settled(other)
    expect(other.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(other.get_by_text(QUESTION)).to_be_visible()
    expect(other.get_by_role("slider", name="Depth")).to_be_disabled()
    expect(other.get_by_role("slider", name=re.compile("^Width"))).to_be_enabled()
    expect(other.get_by_role("combobox", name="Layer")).to_have_count(0)
    other.context.close()

    dialog.get_by_role("button", name="Open this link here").click()
    expect(page).to_have_url(expected)
    expect(page.get_by_role("slider", name="Depth")).to_be_disabled()
    assert record.errors == record.foreign_requests == record.dialogs == []


def test_lock_all_and_presentation(page: Page, server: "RunningServer") -> None:
    opened(page, server, SMALL)
    dialog = share(page)
    dialog.get_by_text("Lock all", exact=True).click()
    expect(link_in(dialog)).to_have_text(f"{server.url}/?{SMALL}&lock=all")
    dialog.get_by_role("radio", name="Signal, gradient, large").click()
    expect(link_in(dialog)).to_have_text(f"{server.url}/?{SMALL}&lock=all&present=signal")
    dialog.get_by_role("button", name="Open this link here").click()
    settled(page, 1)
    expect(page.get_by_role("button", name="Leave presentation")).to_be_visible()


def test_what_was_written_is_there_again(page: Page, server: "RunningServer") -> None:
    opened(page, server, SMALL)
    dialog = share(page)
    dialog.get_by_label("Title").fill(TITLE)
    dialog.get_by_label("Title").press("Enter")
    expect(link_in(dialog)).to_contain_text("title=Why")
    dialog.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("slider", name="Depth").press("ArrowRight")
    expect(page).to_have_url(re.compile("depth=6"))
    settled(page)
    dialog = share(page)
    expect(dialog.get_by_label("Title")).to_have_value(TITLE)
    expect(link_in(dialog)).to_contain_text("depth=6")


def test_link_is_copied(browser: Browser, server: "RunningServer") -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    opened(page, server, SMALL)
    dialog = share(page)
    dialog.get_by_test_id("stCode").first.hover()
    dialog.get_by_label("Copy to clipboard").first.click()
    assert page.evaluate("() => navigator.clipboard.readText()") == f"{server.url}/?{SMALL}"
    context.close()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("width", "height"),
    [
        (390, 844),
        *(pytest.param(*size, marks=pytest.mark.slow) for size in ((1280, 720), (1920, 1080))),
    ],
)
def test_code_is_large_and_readable(
    browser: Browser, server: "RunningServer", width: int, height: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    opened(page, server, f"{SMALL}&{SAID}&lock=depth.width.init")
    dialog = share(page)
    assert decoded(dialog) == f"{server.url}/?{SMALL}&{SAID}&lock=init.depth.width"
    picture = box(dialog.get_by_role("img", name="QR code of the link"))
    assert picture["width"] == pytest.approx(picture["height"], abs=1)
    assert picture["width"] >= min(0.55 * height, 0.7 * width, 560)
    assert dialog.evaluate("e => e.scrollWidth <= e.clientWidth")
    context.close()


# In a frame of another site


class Course(http.server.ThreadingHTTPServer):
    """A course's page at an origin of its own: another name of this computer, another port."""

    def __init__(self) -> None:
        super().__init__(("localhost", 0), CoursePage)
        self.markup = ""
        self.origin = f"http://localhost:{self.server_port}"


class CoursePage(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Course)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.markup.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is not the place."""


@pytest.fixture
def course() -> Iterator[Course]:
    with Course() as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


def framed(course: Course, server: "RunningServer") -> None:
    snippet = embed_snippet(f"{server.url}/?{SMALL}&{SAID}&lock=depth", TITLE)
    course.markup = f"<!doctype html><title>Course</title><link rel=icon href=data:,>{snippet}"


@pytest.mark.parametrize("cookies", [pytest.param("allowed", marks=pytest.mark.slow), "blocked"])
def test_frame_works_from_an_allowed_origin(
    launch: "Launch", course: Course, browser: Browser, cookies: str
) -> None:
    with launch("--no-browser", "--embed-from", course.origin) as server:
        framed(course, server)
        page = browser.new_page(viewport={"width": 1000, "height": 1000})
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        if cookies == "blocked":  # as browsers do that keep sites from following people
            page.context.add_init_script(
                "Object.defineProperty(Document.prototype, 'cookie', "
                "{get: () => '', set: () => {}})"
            )
        page.goto(course.origin)
        frame = page.frame_locator("iframe")
        settled(frame)
        expect(frame.get_by_role("heading", name=TITLE)).to_be_visible()
        expect(frame.get_by_role("slider", name="Depth")).to_be_disabled()
        verdict = frame.get_by_test_id("stAlert")
        before = verdict.inner_text()
        for _ in range(3):
            frame.get_by_role("slider", name="Scale").press("ArrowRight")
        expect(verdict).not_to_have_text(before)
        settled(frame)
        inside = page.frames[1]
        assert inside.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        inside.wait_for_function(
            "() => /scale=5&.*embed=true|embed=true.*scale=5&/.test(location.search)"
        )
        assert errors == []
        page.close()


def test_frame_is_blocked_from_any_other_origin(
    browser: Browser, server: "RunningServer", course: Course
) -> None:
    framed(course, server)
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(course.origin)
    expect(page.frame_locator("iframe").get_by_test_id("stApp")).to_have_count(0)
    assert [error for error in errors if "frame-ancestors 'self'" in error]
    assert page.frames[1].url.startswith("chrome-error:")
    page.close()
