"""A full room in a real browser: the waiting page, the way in, and who keeps a place."""

import contextlib
import http.server
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

FULL = "The room is full"
LINK = "/?depth=7&width=64"


@pytest.fixture
def room(launch: "Launch") -> Iterator["RunningServer"]:
    """A dashboard with one place."""
    with launch("--no-browser", "--limit", "1") as server:
        yield server


@contextlib.contextmanager
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def expect_inside(page: Page) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_role("heading").first).to_be_visible()


def expect_waiting(page: Page) -> None:
    expect(page.get_by_role("heading", name=FULL)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Waiting for a place.")


def test_second_visitor_waits_and_comes_in_by_itself(
    browser: Browser, room: "RunningServer"
) -> None:
    with visitor(browser) as second:
        with visitor(browser) as first:
            inside = first.new_page()
            inside.goto(room.url)
            expect_inside(inside)
            page = second.new_page()
            answer = page.goto(room.url + LINK)
            assert answer is not None
            assert answer.status == 503
            assert answer.headers["retry-after"] == "5"
            expect_waiting(page)
            expect(page.get_by_text("one place, and it is taken")).to_be_visible()
            inside.close()
        expect_inside(page)
        assert page.url == room.url + LINK
        expect(page.get_by_role("slider", name=re.compile("^Depth"))).to_have_value("7")


def taken(server: "RunningServer") -> int:
    with urllib.request.urlopen(f"{server.url}/readyz") as answer:
        return int(json.load(answer)["places"]["taken"])


def test_reload_keeps_the_place(browser: Browser, room: "RunningServer") -> None:
    """Also while somebody waits for it."""
    with visitor(browser) as first, visitor(browser) as second:
        inside, waiting = first.new_page(), second.new_page()
        inside.goto(room.url)
        expect_inside(inside)
        waiting.goto(room.url)
        expect_waiting(waiting)
        for _ in range(3):
            inside.reload()
            expect_inside(inside)
            assert taken(room) == 1
        expect_waiting(waiting)


@pytest.mark.slow
def test_window_that_is_one_too_many_waits(browser: Browser, room: "RunningServer") -> None:
    """Its page is given, since it may be a reload; its websocket is not."""
    with visitor(browser) as context:
        first = context.new_page()
        first.goto(room.url)
        expect_inside(first)
        second = context.new_page()
        second.goto(room.url + LINK)
        expect_waiting(second)
        assert second.url == room.url + LINK
        first.get_by_role("button", name="Redraw", exact=True).click()
        expect_inside(first)
        first.close()
        expect_inside(second)


@pytest.fixture
def course(launch: "Launch") -> Iterator[tuple[str, "RunningServer"]]:
    """A course page of another site that holds the dashboard, and the dashboard: one place."""
    frame = ""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(frame.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as site:
        url = f"http://localhost:{site.server_port}"
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with launch("--no-browser", "--limit", "1", "--embed-from", url) as server:
            frame = f"<iframe src='{server.url}{LINK}' width=1200 height=800></iframe>"
            yield url, server
        site.shutdown()


@pytest.mark.slow
def test_frames_take_places(browser: Browser, course: tuple[str, "RunningServer"]) -> None:
    """Though browsers keep no ticket for what stands in another site's page, by http."""
    url, server = course
    with visitor(browser) as second:
        with visitor(browser) as first:
            inside = first.new_page()
            inside.goto(url)
            app = inside.frame_locator("iframe").get_by_test_id("stApp")
            expect(app).to_have_attribute("data-test-script-state", "notRunning")
            assert first.cookies() == []
            assert taken(server) == 1
            page = second.new_page()
            page.goto(url)
            heading = page.frame_locator("iframe").get_by_role("heading", name=FULL)
            expect(heading).to_be_visible()
        app = page.frame_locator("iframe").get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
