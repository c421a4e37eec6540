"""axe-core on every page, in the light, in the dark and on a small phone: it finds nothing.

The quick test sees each page in one of the three looks, the slow ones see each page in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from dashboard.registry import PAGES

if TYPE_CHECKING:
    from tests.conftest import RunningServer

QUERIES = {
    "default": "",
    "exploding": "v=1&init=random_normal&stddev=1&depth=60",
    "notices": "v=1&scale=abc&depth=9999&colour=red",
}
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 640}
Look: TypeAlias = tuple[str, dict[str, int]]
LOOKS: tuple[Look, ...] = (("light", WIDE), ("dark", WIDE), ("light", PHONE))
RUN = """
() => axe.run(document, { resultTypes: ["violations"] }).then(found =>
    found.violations.flatMap(rule => rule.nodes.map(node =>
        ({ rule: rule.id, impact: rule.impact, where: node.target.flat().join(" "),
           html: node.html.slice(0, 200), why: node.failureSummary }))))
"""


@dataclass(frozen=True)
class Finding:
    """One element that breaks one rule."""

    rule: str
    impact: str
    where: str
    html: str
    why: str
    look: str


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def findings(page: Page, looks: Sequence[Look] = LOOKS) -> list[Finding]:
    """What axe says of the page as it stands, in each look."""
    found: list[Finding] = []
    for scheme, size in looks:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a typed dict
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
        page.wait_for_timeout(400)  # transitions of colours and of the sidebar
        look = f"{scheme}, {size['width']} px"
        raw: list[dict[str, Any]] = page.evaluate(RUN)
        found += [Finding(**each, look=look) for each in raw]
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a typed dict
    return found


def go_to(page: Page, title: str) -> None:
    """By the navigation, so that what the page was opened with goes along."""
    page.locator(".st-key-navigation").get_by_role("link", name=title).click()
    expect(page).to_have_title(f"{title} · vscore: weight initialization")
    settled(page)


def unfold(page: Page, *keys: str) -> None:
    """Open sections that are folded away."""
    for key in keys:
        page.locator(f".st-key-{key} summary").first.click()
        settled(page)


@pytest.mark.parametrize(
    ("query", "looks"),
    [
        ("default", 1),
        *(pytest.param(query, len(LOOKS), marks=pytest.mark.slow) for query in QUERIES),
    ],
)
def test_no_findings_on_any_page(
    page: Page, server: "RunningServer", query: str, looks: int
) -> None:
    page.goto(f"{server.url}/?{QUERIES[query]}")
    page.evaluate(AXE_SCRIPT)
    for number, each in enumerate(PAGES):
        go_to(page, each.title)
        unfold(page, *(["code"] if page.locator(".st-key-code summary").count() else []))
        seen = [LOOKS[(number + more) % len(LOOKS)] for more in range(looks)]
        assert findings(page, seen) == [], each.title


@pytest.mark.slow
def test_no_findings_in_what_is_folded_away(page: Page, server: "RunningServer") -> None:
    page.goto(f"{server.url}/?v=1&title=Why&question=What&redraws=on")
    page.evaluate(AXE_SCRIPT)
    unfold(page, "units", "data_weights", "data_signal")
    assert findings(page) == []
    go_to(page, "Fans")
    unfold(page, "custom_kernel", "data_layers")
    assert findings(page) == []
    page.locator(".st-key-share").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert findings(page) == []


def test_no_findings_in_a_presentation(page: Page, server: "RunningServer") -> None:
    page.goto(f"{server.url}/?v=1&present=signal&title=Why")
    page.evaluate(AXE_SCRIPT)
    settled(page)
    assert findings(page) == []


def test_axe_would_find_something(page: Page) -> None:
    page.set_content("<main><p style='color: #999'>too pale</p><img src='x.png'></main>")
    page.evaluate(AXE_SCRIPT)
    rules = {finding["rule"] for finding in page.evaluate(RUN)}
    assert {"color-contrast", "image-alt"} <= rules
