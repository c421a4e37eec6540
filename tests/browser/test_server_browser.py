"""The page in a real browser, under the server's policy and theme."""

import tomllib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.settings import settings_file

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer


def open_page(page: Page, server: "RunningServer") -> None:
    """Open the dashboard, and wait until its script has run."""
    page.goto(server.url)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_page_runs_under_its_policy(page: Page, record: "Record", server: "RunningServer") -> None:
    open_page(page, server)
    page.wait_for_load_state("networkidle")
    assert record.errors == []
    assert record.foreign_requests == []
    assert record.dialogs == []
    assert "Traceback" not in server.log


def test_policy_stops_an_injected_script(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_page(page, server)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.injected = true";
            document.head.append(script);
        }"""
    )
    assert page.evaluate("window.injected") is None
    assert any("Content Security Policy" in error for error in record.errors)


@pytest.mark.parametrize("mode", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_theme_follows_the_system(browser: Browser, server: "RunningServer", mode: str) -> None:
    theme = tomllib.loads(settings_file().read_text("utf-8"))["theme"][mode]
    page = browser.new_page(color_scheme=mode)  # type: ignore[arg-type]  # a Literal
    open_page(page, server)
    background = page.get_by_test_id("stApp").evaluate(
        "app => getComputedStyle(app).backgroundColor"
    )
    red, green, blue = (int(theme["backgroundColor"][start : start + 2], 16) for start in (1, 3, 5))
    assert background == f"rgb({red}, {green}, {blue})"
    page.close()
