"""By the keyboard alone: everything is reached and shows it, nothing holds on, all changes."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.registry import PAGES

if TYPE_CHECKING:
    from tests.conftest import RunningServer

SMALL = "v=1&width=32&depth=8&networks=2&batch=8"
MOST_STOPS = 150
MOST_LINKS = 800  # on the Guide, whose terms lead to one another

# What has the focus; whether what had it before looks otherwise without it.
STEP = """
() => {
    const look = element => {
        let top = element;
        for (let i = 0; i < 3 && top.parentElement.childElementCount < 4; i++)
            top = top.parentElement;
        return [top, ...top.querySelectorAll("*")].map(node => {
            const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(node);
            return [outline, boxShadow, borderColor, backgroundColor].join();
        }).join("|");
    };
    const seen = window.last ? look(window.last) !== window.lastLook : true;
    const element = document.activeElement;
    const inPage = element !== document.body;
    window.last = inPage ? element : null;
    window.lastLook = inPage ? look(element) : "";
    if (inPage) element.setAttribute("data-visited", "");
    return { seen, inPage, name: element.getAttribute("aria-label") || element.innerText || "" };
}
"""
# What can be used and was never stopped at. Of the buttons of a choice one is a stop.
MISSED = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter(node => node.checkVisibility() && !node.disabled && node.tabIndex >= 0)
    .filter(node => !node.hasAttribute("data-visited"))
    .filter(node => node.getAttribute("role") !== "radio" || node.ariaChecked === "true")
    .map(node => node.outerHTML.slice(0, 120))
"""


@pytest.fixture
def page(browser: Browser) -> Any:
    """Without motion, so that a look is what it ends at."""
    context: BrowserContext = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def opened(page: Page, url: str) -> None:
    page.goto(url)
    line = page.locator(".st-key-status [role=status]")
    expect(line).to_have_text(re.compile("."), timeout=60_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def said(page: Page, beginning: str) -> None:
    line = page.locator(".st-key-status [role=status]")
    expect(line).to_have_text(re.compile(f"^{re.escape(beginning)}"))


def tab_to(page: Page, name: str, role: str | None = None) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const { activeElement: it } = document;"
            " return it.tagName === 'MAIN' ? ['', '']"
            " : [it.getAttribute('aria-label') || it.innerText, it.getAttribute('role')]; }"
        )
        if name in (found[0] or "").split("\n") and role in (None, found[1]):
            return
    raise AssertionError(f"{name} was never reached")


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(
            each,
            id=each.title,
            marks=() if each.title in {"Explore", "Phase map"} else pytest.mark.slow,
        )
        for each in PAGES
    ],
)
def test_every_stop_shows_and_nothing_is_left_out(
    page: Page, server: "RunningServer", each: Any
) -> None:
    opened(page, f"{server.url}/{each.path}?{SMALL}&settings=2&b.init=glorot_normal")
    names: list[str] = []
    most = MOST_LINKS if each.title == "Guide" else MOST_STOPS
    for _ in range(most):
        page.keyboard.press("Tab")
        step = page.evaluate(STEP)
        assert step["seen"], f"no sign of the keyboard at {names[-1]}"
        if not step["inPage"]:
            break
        names.append(step["name"])
    assert names[0] == "Skip to main content"
    assert len(names) < most, "the keyboard never comes out again"
    assert page.evaluate(MISSED) == []


@pytest.mark.parametrize("path", ["", pytest.param("compare", marks=pytest.mark.slow)])
def test_the_experiment_is_changed_by_keys_alone(
    page: Page, server: "RunningServer", path: str
) -> None:
    opened(page, f"{server.url}/{path}?{SMALL}&settings=2&b.init=glorot_normal")
    tab_to(page, "Scale")
    page.keyboard.press("ArrowRight")
    said(page, "Initializer Variance scaling, Scale 3")
    tab_to(page, "fan_in", "radio")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    said(page, "Mode fan_out")
    tab_to(page, "Truncated normal", "radio")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    said(page, "Distribution Normal")
    tab_to(page, "Activation")
    page.keyboard.type("tanh")
    page.keyboard.press("Enter")
    said(page, "Activation tanh")
    tab_to(page, "Depth")
    page.keyboard.press("ArrowRight")
    said(page, "Depth 9")
    tab_to(page, "Data: weights")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_dialog_closes_and_gives_the_focus_back(page: Page, server: "RunningServer") -> None:
    opened(page, f"{server.url}/?{SMALL}")
    tab_to(page, "Share")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    inside = "() => document.activeElement.closest('[role=dialog]') !== null"
    page.wait_for_function(inside)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    back = "() => document.activeElement.closest('.st-key-share') !== null"
    page.wait_for_function(back)


def test_the_sidebar_opens_and_closes_on_a_phone(page: Page, server: "RunningServer") -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{server.url}/?{SMALL}")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").focus()
    page.keyboard.press("Enter")
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    tab_to(page, "Compare")
    page.keyboard.press("Enter")
    said(page, "Compare: ")
