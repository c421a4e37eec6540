"""A real browser before a server that dies, and one with no network."""

import contextlib
import re
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from dashboard.registry import PAGES
from tests.browser.conftest import FLAGS, Record
from tests.conftest import CHROMIUM
from tests.faults.finding import Finding, Measure
from tests.faults.process import running, start
from tests.faults.stage import Stage

PATIENCE = 60_000
"""Milliseconds."""

LINK = "v=1&layer=Conv2D&filters=48&init=variance_scaling&scale=3&mode=fan_avg&act=tanh&depth=12"

CONNECTED = ("data-test-connection-state", "CONNECTED")
"""As Streamlit's page says whether its line is up."""

PROBE = re.compile("/[a-z]+/_stcore/(health|host-config)")
"""What Streamlit's page asks to find out whether /compare is a page of /, or all of a server: that
the answer is no is written on the console."""

DEPTH = "input[type=range][aria-label=Depth]"

INPUTS = """
() => [...document.querySelectorAll("input, textarea, [role=slider], [role=radio]")].map(each => [
    each.getAttribute("aria-label") || each.innerText, each.value, each.checked,
    each.getAttribute("aria-checked"), each.getAttribute("aria-valuetext")])
"""
PICTURES = """
() => [...document.querySelectorAll("[data-testid=stPlotlyChart], [data-testid=stAlert]")].map(
    each => each.getAttribute("aria-label") || each.innerText)
"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for which every name but this machine's is unresolvable."""
    assert CHROMIUM, "there is no Chromium (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def killing(stage: Stage) -> Finding:
    """The server is killed under an open page, and started again at the same place."""
    stage.close()
    with chromium() as browser:
        server = start(stage.next_log())
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/?{LINK}")
        _press(page, 13)
        before = _picture(page)
        server.process.kill()
        server.process.wait()
        killed = time.monotonic()
        application = page.get_by_test_id("stApp")
        expect(application).not_to_have_attribute(*CONNECTED, timeout=PATIENCE)
        with running(stage.next_log(), port=server.port) as again:
            answered = time.monotonic()
            expect(application).to_have_attribute(*CONNECTED, timeout=PATIENCE)
            back = time.monotonic()
            page.wait_for_timeout(500)  # by then the new server works on the page
            idle(page)
            after, sessions = _picture(page), again.sessions
            _press(page, 14)
            final = _picture(page)
    changed = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
    return Finding(
        (
            Measure("back after", back - killed, "s", below=10),
            Measure("of which starting", answered - killed, "s", below=8),
            Measure("inputs, charts and boxes", len(before), least=20),
            Measure("after", len(after), exactly=len(before)),
            Measure("changed", len(changed), exactly=0),
            Measure("sessions", sessions, exactly=1),
            Measure("charts that a move changes", len(set(final) - set(after)), least=2),
        ),
        tuple(f"{one} -> {other}" for one, other in changed[:5]),
    )


def _press(page: Page, depth: int) -> None:
    """Move the slider one step, and wait for the page that shows it."""
    idle(page)
    page.locator(DEPTH).press("ArrowRight")
    expect(page).to_have_url(re.compile(f"depth={depth}"), timeout=PATIENCE)
    idle(page)


def _picture(page: Page) -> list[str]:
    """All inputs, and what charts and boxes say."""
    page.wait_for_timeout(500)  # of what was received, all is drawn
    return [str(each) for each in (*page.evaluate(INPUTS), *page.evaluate(PICTURES))]


def idle(page: Page) -> None:
    """Wait until the page is complete."""
    expect(page.get_by_test_id("stHeading").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=PATIENCE
    )


def alone(stage: Stage) -> Finding:
    """Every page, with no name on earth resolvable."""
    url = stage.server.url
    record, errors = Record(), list[str]()

    def on_console(message: ConsoleMessage) -> None:
        probed = PROBE.fullmatch(message.location["url"].removeprefix(url))
        if message.type == "error" and not probed:
            errors.append(f"{message.text} {message.location['url']}")

    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        for each in PAGES:
            page = context.new_page()
            record.watch(page, url)
            page.on("console", on_console)
            page.goto(f"{url}/{each.path}?v=1&depth=6")
            idle(page)
            page.wait_for_load_state("networkidle")
    return Finding(
        (
            Measure("pages", len(PAGES), least=3),
            Measure("requests off the host", len(record.foreign_requests), exactly=0),
            Measure("console errors", len(errors), exactly=0),
            Measure("dialogs", len(record.dialogs), exactly=0),
        ),
        (*record.foreign_requests[:3], *errors[:3]),
    )
