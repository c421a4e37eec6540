"""Charts in a real browser: one element for good, whatever moves, comes late or fails."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dashboard.charts import assets
from tests.browser.watching import SEEN, WATCH_NODES, WATCH_SHIFTS

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import Launch, RunningServer

PLOTLY = re.compile(r"/_charts/plotly-[^/]+$")
MODULE = re.compile(r"/_charts/chart-[^/]+$")
HEIGHT = 390

# Plotly begins to draw when `release` is called.
HOLD_PLOTLY = """
() => {
    const react = window.Plotly.react;
    const released = new Promise(done => { window.release = done; });
    window.Plotly.react = async (...figure) => { await released; return react(...figure); };
}
"""
# What each chart draws, and in which ranges; null while it draws nothing.
STATE = """
() => [...document.querySelectorAll("[data-testid=stPlotlyChart]")].map(frame => {
    const node = frame.querySelector(".js-plotly-plot");
    if (!node?.querySelector(".trace")) return null;
    const layout = node._fullLayout;
    return {
        data: JSON.stringify(node._fullData.map(trace => [[...trace.x], [...trace.y]])),
        ranges: Object.fromEntries(["xaxis", "yaxis", "xaxis2", "yaxis2"]
            .filter(name => layout[name]).map(name => [name, [...layout[name].range]])),
        width: node.querySelector(".main-svg").getBoundingClientRect().width,
        room: frame.getBoundingClientRect().width,
    };
})
"""


def frames(page: Page) -> Locator:
    return page.get_by_test_id("stPlotlyChart")


def components(page: Page) -> Locator:
    """The charts' places, with or without a chart in them."""
    return page.get_by_test_id("stBidiComponentRegular")


def captions(page: Page) -> Locator:
    return page.get_by_test_id("stCaptionContainer")


def scale(page: Page) -> Locator:
    return page.get_by_role("slider", name="Scale")


def state(page: Page, count: int = 2) -> list[dict[str, Any]]:
    """What the charts show once nothing runs and all are drawn at the width they have."""
    expect(frames(page)).to_have_count(count)
    for _ in range(300):
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        now: list[dict[str, Any] | None] = page.evaluate(STATE)
        if len(now) == count and all(it and abs(it["width"] - it["room"]) <= 1 for it in now):
            return [it for it in now if it]
        page.wait_for_timeout(50)
    raise AssertionError(f"the charts were not drawn: {now}")


def moved(page: Page, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the charts show once they show other numbers than before."""
    for _ in range(300):
        now = state(page)
        if all(new["data"] != old["data"] for new, old in zip(now, before, strict=True)):
            return now
        page.wait_for_timeout(50)
    raise AssertionError("the charts did not change")


def until_as_new(page: Page, server: "RunningServer") -> list[dict[str, Any]]:
    """What the charts show once it is what a new visitor with the same scale sees.

    The slider's scale, not the address's: after quick keys Streamlit may leave that one behind.
    """
    visitor, address = page.context.new_page(), ""
    for _ in range(100):
        now = state(page)
        wanted = f"{server.url}/?v=1&init=variance_scaling&scale={scale_of(page)}"
        if address != wanted:
            visitor.goto(address := wanted)
        new = state(visitor)
        if scale_of(page) == scale_of(visitor) and data_of(now) == data_of(new):
            visitor.close()
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"the charts are not those of {address}")


def scale_of(page: Page) -> str:
    return scale(page).get_attribute("aria-valuetext") or ""


def data_of(charts: list[dict[str, Any]]) -> list[str]:
    return [chart["data"] for chart in charts]


def drag(page: Page, chart: int) -> None:
    """Zoom into the middle of a chart's first panel."""
    box = frames(page).nth(chart).locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()


def ranges_of(page: Page, chart: int) -> dict[str, list[float]]:
    ranges: dict[str, list[float]] = state(page)[chart]["ranges"]
    return ranges


def until_ranges(page: Page, chart: int, wanted: Callable[[dict[str, Any]], bool]) -> None:
    for _ in range(100):
        if wanted(ranges_of(page, chart)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the ranges are {ranges_of(page, chart)}")


def zoomed(page: Page, chart: int) -> dict[str, list[float]]:
    """Zoom in; the ranges that gives."""
    before = ranges_of(page, chart)
    drag(page, chart)
    until_ranges(page, chart, lambda now: now["xaxis"] != before["xaxis"])
    return ranges_of(page, chart)


# Changes


def test_nodes_stay_and_nothing_flickers_or_moves(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.add_init_script(WATCH_SHIFTS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    before = state(page)
    page.wait_for_timeout(500)  # fonts
    page.evaluate("() => { window.shifts.length = 0; }")  # the sidebar's slide at the start
    page.evaluate(WATCH_NODES)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        scale(page).press(key)
        before = moved(page, before)
    seen = page.evaluate(SEEN)
    assert seen["same"]
    assert seen["frames"] > 10
    assert seen["blank"] == 0
    assert seen["shifts"] == []
    assert [len([url for url in asked if kind.search(url)]) for kind in (PLOTLY, MODULE)] == [1, 1]
    assert not [url for url in asked if "PlotlyChart" in url], "Streamlit's copy is not needed"
    assert record.errors == record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log


def test_quick_changes_end_at_the_last(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(server.url)
    before = state(page)
    page.evaluate(WATCH_NODES)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowRight", "ArrowRight"):
        scale(page).press(key)
    moved(page, before)
    until_as_new(page, server)
    seen = page.evaluate(SEEN)
    assert seen["same"]
    assert seen["blank"] == 0
    assert record.errors == []


def test_change_while_plotly_draws_is_drawn_after(page: Page, server: "RunningServer") -> None:
    page.goto(server.url)
    before = state(page)
    page.evaluate(HOLD_PLOTLY)
    for _ in range(2):
        sentence = captions(page).nth(0).inner_text()
        scale(page).press("ArrowRight")
        expect(captions(page).nth(0)).not_to_have_text(sentence)
    assert data_of(state(page)) == data_of(before)
    page.evaluate("() => window.release()")
    until_as_new(page, server)


def test_zoom_stays_until_a_double_click(page: Page, server: "RunningServer") -> None:
    page.goto(server.url)
    before = state(page)
    zooms = [zoomed(page, 0), zoomed(page, 1)]
    for zoom, it in zip(zooms, before, strict=True):
        assert zoom["xaxis"] != it["ranges"]["xaxis"]
        assert zoom["yaxis"] != it["ranges"]["yaxis"]
    assert zooms[1]["xaxis2"] == zooms[1]["xaxis"], "one layer axis"
    assert zooms[1]["yaxis2"] == before[1]["ranges"]["yaxis2"]

    scale(page).press("ArrowRight")
    now = moved(page, before)
    assert now[0]["ranges"] == zooms[0]
    below = now[1]["ranges"].pop("yaxis2")
    assert now[1]["ranges"] == {name: zooms[1][name] for name in ("xaxis", "yaxis", "xaxis2")}
    assert below != zooms[1]["yaxis2"], "nobody held that axis"

    # Where a visitor who never zoomed would be.
    other = page.context.new_page()
    other.goto(page.url)
    fresh = [it["ranges"] for it in state(other)]
    other.close()
    assert fresh[0] != zooms[0]
    for chart in range(2):
        frames(page).nth(chart).locator(".nsewdrag").first.dblclick()
        until_ranges(page, chart, lambda now, chart=chart: now == fresh[chart])  # type: ignore[misc]

    scale(page).press("ArrowLeft")
    assert [it["ranges"] for it in moved(page, now)] == [it["ranges"] for it in before]


def test_zoom_ends_with_what_it_was_of(page: Page, server: "RunningServer") -> None:
    page.goto(server.url)
    before = state(page)
    weights, signal = zoomed(page, 0), zoomed(page, 1)
    depth = page.get_by_role("slider", name="Depth")
    depth.press("ArrowRight")
    until_ranges(page, 1, lambda now: now["xaxis"] != signal["xaxis"])
    now = state(page)
    assert now[0]["ranges"] == weights, "the layer is the same"
    assert now[1]["ranges"]["xaxis"][0] < 1
    assert now[1]["ranges"]["xaxis"][1] > before[1]["ranges"]["xaxis"][1]


# Scripts that come late, or never


@pytest.mark.parametrize("script", [PLOTLY, pytest.param(MODULE, marks=pytest.mark.slow)])
def test_changes_before_the_script_is_there(
    page: Page, record: "Record", server: "RunningServer", script: re.Pattern[str]
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(script, hold)
    page.add_init_script(WATCH_SHIFTS)
    page.goto(server.url)
    rooms = components(page)
    expect(captions(page)).to_have_count(2)
    page.wait_for_timeout(500)
    page.evaluate("() => { window.shifts.length = 0; }")
    for index in range(2):
        box = rooms.nth(index).bounding_box()
        assert box is not None
        assert box["height"] == HEIGHT, "its room is kept"
    for _ in range(3):
        sentence = captions(page).nth(0).inner_text()
        scale(page).press("ArrowRight")
        expect(captions(page).nth(0)).not_to_have_text(sentence)
    for route in held:
        route.continue_()
    now = until_as_new(page, server)
    assert page.evaluate("() => window.shifts") == []
    page.evaluate(WATCH_NODES)
    scale(page).press("ArrowRight")
    moved(page, now)
    assert page.evaluate(SEEN)["same"], "calls that were overtaken have not ended the chart"
    assert record.errors == []


def test_calls_that_come_in_the_wrong_order(page: Page, server: "RunningServer") -> None:
    """Streamlit's do, while a script loads: it then ends the older one, which came last."""
    page.goto(server.url)
    state(page)
    shown = page.evaluate(
        """
        async path => {
            const { draw } = await import(new URL(path, document.baseURI).href);
            const react = window.Plotly.react;
            let last = null;
            window.Plotly.react = (...figure) => (last = react(...figure));
            const parentElement = document.body.appendChild(document.createElement("div"));
            const data = [2, 1].map(y => ({
                figure: { data: [{ y: [y] }], layout: { height: 200 } }, alt: "", config: {},
            }));
            draw({ parentElement, data: [data[0]] });
            draw({ parentElement, data: [data[1]] })();
            for (let seen = null; seen !== last; ) {
                await (seen = last);
                await new Promise(requestAnimationFrame);
            }
            return parentElement.querySelector(".js-plotly-plot")._fullData[0].y[0];
        }
        """,
        assets.MODULE,
    )
    assert shown == 2


@pytest.mark.parametrize("script", [pytest.param(PLOTLY, marks=pytest.mark.slow), MODULE])
def test_the_sentence_stands_for_a_chart_that_cannot_be_drawn(
    page: Page, server: "RunningServer", script: re.Pattern[str]
) -> None:
    page.route(script, lambda route: route.abort())
    page.goto(server.url)
    rooms = components(page)
    for index in range(2):
        expect(rooms.nth(index)).to_have_text(re.compile("."))
        assert captions(page).nth(index).inner_text().startswith(rooms.nth(index).inner_text())
        box = rooms.nth(index).bounding_box()
        assert box is not None
        assert box["height"] == HEIGHT
    assert page.get_by_test_id("stException").count() == 0


def test_a_script_that_failed_is_asked_for_again(page: Page, server: "RunningServer") -> None:
    page.route(PLOTLY, lambda route: route.abort())
    page.goto(server.url)
    expect(frames(page).nth(1)).to_have_text(re.compile("mean over 8 networks"))
    page.unroute(PLOTLY)
    scale(page).press("ArrowRight")
    state(page)


# Room


def test_charts_fill_the_room_they_have(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(server.url)
    before = state(page)
    page.evaluate(WATCH_NODES)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(frames(page).nth(1)).to_be_attached()
    for _ in range(100):
        now = state(page)
        if now[0]["width"] != before[0]["width"]:
            break
        page.wait_for_timeout(50)
    assert 300 < now[0]["room"] < 390
    assert data_of(now) == data_of(before)
    page.set_viewport_size({"width": 844, "height": 390})  # the phone turns
    page.wait_for_timeout(500)
    state(page)
    assert page.evaluate(SEEN)["same"]
    assert record.errors == []


def test_charts_come_and_go_with_their_section(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(server.url)
    state(page)
    section = page.get_by_test_id("stExpander").filter(has_text="Units:").locator("summary").first
    for _ in range(2):
        section.click()
        assert all(it["room"] > 300 for it in state(page, 4))
        section.click()
        expect(page.locator(".js-plotly-plot:visible")).to_have_count(2)
    assert record.errors == record.foreign_requests == []
    assert "Traceback" not in server.log


def test_charts_below_a_base_path(page: Page, launch: "Launch", tmp_path: Path) -> None:
    settings = tmp_path / ".streamlit" / "config.toml"
    settings.parent.mkdir()
    settings.write_text('[server]\nbaseUrlPath = "/lab/one/"\n')
    with launch("--no-browser", folder=tmp_path) as below:
        asked: list[str] = []
        page.on("response", lambda answer: asked.append(f"{answer.status} {answer.url}"))
        page.goto(f"{below.url}/lab/one/")
        state(page)
        ours = [line for line in asked if "/_charts/" in line]
        assert len(ours) >= 2
        assert all(line.startswith(f"200 {below.url}/lab/one/_charts/") for line in ours)
