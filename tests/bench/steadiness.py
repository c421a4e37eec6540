"""What a slider's move does to charts besides new numbers: the Explore page's, and Streamlit's."""

from collections.abc import Mapping

from playwright.sync_api import Browser, Page

from tests.bench.latency import contest, move, opened
from tests.bench.timing import Measured
from tests.browser.watching import SEEN, WATCH_NODES, WATCH_SHIFTS

MOVES = 8

RANGE = "() => document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.join()"


def disturbances(page: Page) -> Mapping[str, int]:
    """What happened to a page's charts in `MOVES` moves, the first of them zoomed into."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box is not None
    left, right = (box["x"] + share * box["width"] for share in (0.3, 0.6))
    middle = box["y"] + 0.5 * box["height"]
    page.mouse.move(left, middle)
    page.mouse.down()
    page.mouse.move(right, middle, steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)
    zoom = page.evaluate(RANGE)
    page.evaluate(f"() => {{ {WATCH_SHIFTS} }}")
    page.wait_for_timeout(100)
    page.evaluate("() => { window.shifts.length = 0; }")  # what the page did before
    page.evaluate(WATCH_NODES)
    for _ in range(MOVES):
        move(page)
    seen = page.evaluate(SEEN)
    return {
        "blank frames": seen["blank"],
        "moved boxes": len(seen["shifts"]),
        "new nodes": int(not seen["same"]),
        "lost zooms": int(page.evaluate(RANGE) != zoom),
    }


def steadiness() -> Measured:
    """All that happened on the Explore page; what happened to `st.plotly_chart`'s as a note."""
    with contest() as (browser, explore, bare):
        ours, theirs = (_of(browser, url) for url in (explore, bare["streamlit"]))
    words = ", ".join(f"{count} {what}" for what, count in theirs.items())
    return Measured((float(sum(ours.values())),), f"st.plotly_chart: {words}")


def _of(browser: Browser, url: str) -> Mapping[str, int]:
    page = opened(browser, url)
    found = disturbances(page)
    page.close()
    return found
