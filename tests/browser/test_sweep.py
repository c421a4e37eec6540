"""The Sweep in a real browser: a control moves the chart, a click is an experiment."""

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser.test_compare import PROJECTOR, assert_clean

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

SMALL = "v=1&depth=6&width=16&networks=2&batch=4&source=predicted"


def says(page: Page, beginning: str) -> None:
    verdict = page.locator(".st-key-sweep_verdict")
    expect(verdict).to_have_text(re.compile(f"^{re.escape(beginning)}"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_a_map_of_two_settings(page: Page, record: "Record", server: "RunningServer") -> None:
    """ReLU keeps q at scale 2 but for the first layer: q = scale (scale / 2)^(L - 1)."""
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    page.goto(f"{server.url}/sweep?{SMALL}&x_from=1&x_to=4&x_points=3")
    says(page, "Length q at the last layer is nearest to 1 at scale 2: 2.")
    points = page.locator(".st-key-sweep-log10_q .scatterlayer .point")
    expect(points).to_have_count(3)
    box = page.locator(".st-key-sweep-log10_q").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 720  # on a projector's first screen
    page.get_by_role("combobox", name="Second axis").click()
    page.get_by_role("option", name="Depth", exact=True).click()
    says(page, "Length q at the last layer is nearest to 1 at scale 1, depth 1: 1.")
    chart = page.locator(".st-key-sweep-log10_q .nsewdrag")
    cells = page.locator(".st-key-sweep-log10_q .heatmaplayer image")
    expect(cells).not_to_have_count(0)
    place = chart.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] * 5 / 6, place["y"] + 5  # scale 4, depth 49
    label = page.locator(".st-key-sweep-log10_q .hoverlayer .hovertext")
    for turn in range(100):  # a chart that is drawn once more has no label until the mouse moves
        page.mouse.move(x + turn % 2, y)
        if label.count():
            break
        page.wait_for_timeout(50)
    expect(label).to_contain_text("scale s 4, depth L 49")
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile("scale=4&depth=49"))
    says(page, "Length q at the last layer is nearest to 1 at scale 1, depth 1: 1.")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Open the present setting in Explore").click()
    expect(page).to_have_title(re.compile("^Explore"))
    assert_clean(record, server)
