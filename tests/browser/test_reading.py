"""Large text, small screens, headings, less motion; and what is kept of a visit."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.registry import PAGES
from dashboard.words.accessibility import STORED

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

SMALL = "v=1&width=32&depth=8&networks=2&batch=8"
SIZES = {  # width, height, device pixels a pixel, size of the root's text
    "200 % zoom": (640, 360, 2, ""),
    "320 pixels": (320, 640, 1, ""),
    "text twice as large": (1280, 900, 1, "html { font-size: 32px !important; }"),
}
# Whether the page scrolls sideways; what leaves it; what is cut. Tables of data may scroll.
WRONG = """
() => {
    const main = document.querySelector("[data-testid=stMain]");
    const wrong = [document.documentElement, main]
        .filter(node => node.scrollWidth > node.clientWidth)
        .map(node => `scrolls: ${node.tagName}`);
    // Not seen: a slider's own input, and the part of a progress bar that is yet to come.
    const spared = "svg, table, [type=range], [data-testid=stProgress] *, .katex-mathml, "
        + "[data-testid=stDataFrame], .st-key-status, .st-key-page_heading";
    for (const node of main.querySelectorAll("*")) {
        const box = node.getBoundingClientRect();
        if (node.closest(spared) || box.width <= 1 || box.height <= 1) continue;
        if (box.left < -1 || box.right > innerWidth + 1)
            wrong.push(`leaves: ${node.className} ${node.innerText}`);
        const { overflowX } = getComputedStyle(node);
        if (overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1)
            wrong.push(`is cut: ${node.className} ${node.innerText}`);
    }
    return wrong;
}
"""
HEADINGS = """
() => [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")].map(it => +it.tagName[1])
"""


def settled(page: Page) -> None:
    expect(page.locator(".st-key-status [role=status]")).to_have_text(
        re.compile("."), timeout=60_000
    )
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


@pytest.mark.parametrize(
    "size",
    [
        "320 pixels",
        *(
            pytest.param(how, marks=pytest.mark.slow)
            for how in ("text twice as large", "200 % zoom")
        ),
    ],
)
def test_every_page_is_whole_and_has_its_title_and_headings(
    browser: Browser, server: "RunningServer", size: str
) -> None:
    width, height, pixels, style = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=pixels)
    for each in PAGES:
        page.goto(f"{server.url}/{each.path}?{SMALL}")
        settled(page)
        page.add_style_tag(content=style or "html {}")
        page.wait_for_timeout(500)
        assert page.evaluate(WRONG) == [], each.title
        expect(page).to_have_title(f"{each.title} · vscore: weight initialization")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", level=1)).to_have_text(each.title)
        levels: list[int] = page.evaluate(HEADINGS)
        assert levels[0] == 1
        assert all(b <= a + 1 for a, b in pairwise(levels)), levels
    page.close()


def test_nothing_moves_for_those_who_want_less_motion(
    browser: Browser, server: "RunningServer"
) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{server.url}/accessibility")
    settled(page)
    slowest = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.stApp *')].map(it => parseFloat("
        "getComputedStyle(it).transitionDuration)))"
    )
    page.close()
    assert slowest <= 0.001  # seconds


def test_what_is_kept_of_a_visit(page: Page, record: "Record", server: "RunningServer") -> None:
    page.goto(f"{server.url}/accessibility?{SMALL}")
    settled(page)
    page.locator(".st-key-navigation").get_by_role("link", name="Explore").click()
    expect(page).to_have_title(re.compile("^Explore"))
    cookies: list[Any] = page.context.cookies()
    names = {"_streamlit_xsrf", "vscore_place"}
    assert {(cookie["name"], cookie["expires"]) for cookie in cookies} == {(n, -1) for n in names}
    assert all(name in " ".join(STORED) for name in names)
    kept = page.evaluate("() => [Object.keys(localStorage), Object.keys(sessionStorage)]")
    assert all(re.match("stActiveTheme|stSidebar|sidebarWidth", name) for name in kept[0]), kept
    assert kept[1] == []
    assert record.foreign_requests == []
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]{8}-[0-9a-f]{4}", server.log)
