"""The Explore page in a real browser: what is in sight, what moves, what stays."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

PROJECTOR = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}

# All that the charts draw, as text; the policy forbids `wait_for_function`, which evaluates text.
DATA = """
() => [...document.querySelectorAll(".js-plotly-plot")].map(chart =>
    chart.querySelector(".trace") && chart._fullData
        ? JSON.stringify(chart._fullData.map(t => [[...t.x], [...t.y]])) : "")
"""
SERIES = """
() => [...document.querySelectorAll(".js-plotly-plot")][1]._fullData.map(trace => trace.name)
"""
# Samples the boxes of the charts in every frame. While a chart is replaced its former element
# stays for a while, hidden: what counts is what can be seen.
WATCH_BOXES = """
() => {
    window.samples = [];
    const look = () => {
        const charts = [...document.querySelectorAll("[data-testid=stPlotlyChart]")];
        const boxes = charts.map(chart => chart.getBoundingClientRect());
        window.samples.push(
            boxes.filter(box => box.width > 0).map(box => [box.x, box.y, box.width, box.height]));
        window.watching = requestAnimationFrame(look);
    };
    look();
}
"""
STOP_WATCHING = "() => { cancelAnimationFrame(window.watching); return window.samples; }"
WIDTHS = """
() => [...document.querySelectorAll("[data-testid=stMain] *")]
    .filter(e => !e.closest("svg, .katex-display"))  // a long formula scrolls by itself
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([box, e]) => box.width > 1 && (box.left < -1 || box.right > innerWidth + 1))
    .map(([box, e]) => `${e.tagName} ${e.className} ${box.left} ${box.right}`)
"""
# Numbers and names of axes that reach out of their chart.
CUT = """
() => [...document.querySelectorAll(".js-plotly-plot")].flatMap(chart => {
    const frame = chart.getBoundingClientRect();
    return [...chart.querySelectorAll(".xtick, .x2tick, .ytick, .y2tick, .g-xtitle, .g-ytitle")]
        .map(e => [e.getBoundingClientRect(), e.textContent])
        .filter(([box]) => box.width && (box.left < frame.left || box.right > frame.right
                                         || box.bottom > frame.bottom))
        .map(([box, text]) => `${text}: ${box.left - frame.left}`);
})
"""


BANDS = ["band, low", "band, high", "mean's band, low", "mean's band, high"]


def open_explore(page: Page, server: "RunningServer", query: str = "") -> None:
    """Open the page and wait for both charts and a finished run."""
    page.goto(f"{server.url}/{query}")
    settled(page)


def settled(page: Page) -> list[str]:
    """Wait until nothing runs and both charts are drawn; what they show."""
    expect(charts(page)).to_have_count(2)
    for _ in range(300):
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        data: list[str] = page.evaluate(DATA)
        if len(data) == 2 and all(data):
            return data
        page.wait_for_timeout(50)
    raise AssertionError("the charts were not drawn")


def changed(page: Page, before: list[str]) -> list[str]:
    """Wait until both charts show other numbers than before; what they show."""
    for _ in range(300):
        data: list[str] = page.evaluate(DATA)
        if len(data) == 2 and all(
            new and new != old for new, old in zip(data, before, strict=True)
        ):
            return settled(page)
        page.wait_for_timeout(50)
    raise AssertionError("the charts did not change")


def charts(page: Page) -> Locator:
    return page.get_by_test_id("stPlotlyChart")


def axis_titles(page: Page) -> Locator:
    """The words under the signal chart."""
    return charts(page).nth(1).locator(".x2title")


def verdict(page: Page) -> Locator:
    return page.get_by_test_id("stAlert").filter(has_text="The signal")


def numbers(page: Page) -> list[str]:
    """All that is said, counted and drawn."""
    said = [verdict(page).inner_text(), *page.locator(".facts b").all_inner_texts()]
    return [*said, *page.get_by_test_id("stCaptionContainer").all_inner_texts(), *settled(page)]


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]  # a typed dict
    yield context.new_page()
    context.close()


# In sight


def test_projector_shows_verdict_and_both_charts_at_once(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    open_explore(page, server)
    for element in (verdict(page), charts(page).nth(0), charts(page).nth(1)):
        box = element.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
        assert box["x"] + box["width"] <= 1280
        assert box["height"] > 40
    assert record.errors == record.foreign_requests == record.dialogs == []


def test_phone_stacks_the_charts_and_cuts_nothing(phone: Page, server: "RunningServer") -> None:
    open_explore(phone, server)
    first, second = (charts(phone).nth(index).bounding_box() for index in range(2))
    assert first is not None
    assert second is not None
    assert second["y"] >= first["y"] + first["height"]
    assert first["x"] == second["x"]
    assert first["width"] == second["width"] > 300
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.evaluate(WIDTHS) == []


@pytest.mark.parametrize(
    "query",
    [
        "init=variance_scaling&scale=0.01&depth=100",
        "init=variance_scaling&scale=100&depth=100",
        "statistic=activation_mean&init=variance_scaling&scale=0.1&depth=3",
        "statistic=saturated&act=tanh",
        "init=variance_scaling&scale=100",
    ],
)
def test_numbers_of_axes_have_room(phone: Page, server: "RunningServer", query: str) -> None:
    open_explore(phone, server, f"?v=1&width=16&networks=2&{query}")
    assert phone.evaluate(CUT) == []


def test_charts_are_described(page: Page, server: "RunningServer") -> None:
    open_explore(page, server)
    weights, signal = (charts(page).nth(index) for index in range(2))
    expect(weights).to_have_attribute("role", "figure")
    expect(weights).to_have_attribute("aria-label", re.compile(r"weights of shape 784 × 256"))
    expect(signal).to_have_attribute("aria-label", re.compile(r"mean over 8 networks"))


# What moves


def test_scale_slider_moves_both_charts_and_the_link(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_explore(page, server)
    before = settled(page)
    slider = page.get_by_role("slider", name="Scale")
    slider.press("ArrowRight")
    changed(page, before)
    expect(page).to_have_url(re.compile(r"\?v=1&init=variance_scaling&scale=3$"))
    expect(verdict(page)).to_contain_text("explodes")
    assert slider.get_attribute("aria-valuetext") == "3"
    assert record.errors == record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log


def test_choosing_a_family_redraws_the_signal_and_its_sizes(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_explore(page, server)
    weights, signal = settled(page)
    expect(axis_titles(page)).to_contain_text(["layer l"])
    for family, words, title, link, series in (
        ("Recurrent", "LSTM of 64 units over 50 steps", "time step t",
         "v=1&family=recurrent&depth=50&width=64&networks=4", ["measured"] * 2),
        ("Convolutional", "20 convolutional layers, 3 x 3, 16 channels, on 12 x 12", "layer l",
         "v=1&family=convolutional&width=16&networks=4&batch=8", ["theory", "measured"] * 2),
        ("Dense", "20 dense layers of 128 units", "layer l",
         "v=1", [*BANDS, "theory", "measured"] * 2),
    ):  # fmt: skip
        page.get_by_role("radio", name=family, exact=True).or_(
            page.get_by_role("button", name=family, exact=True)
        ).click()
        expect(charts(page).nth(1)).to_have_attribute("aria-label", re.compile(re.escape(words)))
        expect(page).to_have_url(re.compile(rf"\?{re.escape(link)}$"))
        expect(axis_titles(page)).to_contain_text([title])
        now = settled(page)
        assert now[0] == weights, "the weights are of the layer above"
        assert page.evaluate(SERIES) == series
        assert (now[1] == signal) == (family == "Dense")
    assert record.errors == record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log


def test_redraw(page: Page, server: "RunningServer") -> None:
    open_explore(page, server)
    before = settled(page)
    page.get_by_role("button", name="Redraw", exact=True).click()
    changed(page, before)
    expect(page).to_have_url(re.compile(r"seed=1"))


def test_reload_back_and_a_copied_link_give_the_same_numbers(
    page: Page, browser: Browser, server: "RunningServer"
) -> None:
    open_explore(page, server, "?v=1&width=64&depth=10")
    first = numbers(page)
    page.get_by_role("slider", name="Scale").press("ArrowLeft")
    changed(page, first[-2:])
    expect(page).to_have_url(re.compile("scale=1.5"))
    second = numbers(page)
    assert second != first

    page.reload()
    settled(page)
    assert numbers(page) == second

    copied = browser.new_context(viewport={"width": 1280, "height": 900})
    other = copied.new_page()
    other.goto(page.url)
    settled(other)
    assert numbers(other) == second
    copied.close()

    page.go_back()
    changed(page, second[-2:])
    assert numbers(page) == first
    assert page.get_by_role("slider", name="Scale").get_attribute("aria-valuetext") == "2"

    page.go_forward()
    changed(page, first[-2:])
    assert numbers(page) == second


def test_data_can_be_read_and_saved(page: Page, server: "RunningServer") -> None:
    open_explore(page, server, "?v=1&width=64&depth=10")
    for title, name, rows in (
        ("Data: weights", "weights", 70),
        ("Data: signal and gradient", "signal", 10),
    ):
        page.get_by_text(title, exact=True).click()
        section = page.get_by_test_id("stExpander").filter(has_text=title)
        expect(section.get_by_test_id("stDataFrame")).to_be_visible()
        with page.expect_download() as download:
            section.get_by_test_id("stDownloadButton").get_by_role("button").click()
        assert re.fullmatch(rf"{name}-[0-9a-f]{{10}}\.csv", download.value.suggested_filename)
        assert len(pd.read_csv(download.value.path())) == rows
    assert all(page.evaluate(DATA)), "the charts are still there"


# What stays


def test_charts_keep_their_place_and_height(page: Page, server: "RunningServer") -> None:
    open_explore(page, server)
    before = settled(page)
    page.wait_for_timeout(500)  # fonts, scroll bars
    page.evaluate(WATCH_BOXES)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.get_by_role("slider", name="Scale").press(key)
        before = changed(page, before)
    samples: list[list[list[float]]] = page.evaluate(STOP_WATCHING)
    assert len(samples) > 10
    assert {len(sample) for sample in samples} == {2}, "a chart was gone, or there were two"
    for chart in range(2):
        boxes = {tuple(sample[chart]) for sample in samples}
        assert len(boxes) == 1, f"a chart moved: {sorted(boxes)}"


# Light and dark


@pytest.mark.parametrize("mode", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_chart_text_takes_the_theme_s_colour(
    browser: Browser, server: "RunningServer", mode: Any
) -> None:
    context = browser.new_context(viewport=PROJECTOR, color_scheme=mode)  # type: ignore[arg-type]  # a typed dict
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    open_explore(page, server)
    theirs = page.get_by_test_id("stMain").evaluate("e => getComputedStyle(e).color")
    fills = page.evaluate(
        """() => [...document.querySelectorAll(
            ".js-plotly-plot .xtick text, .js-plotly-plot .ytick text, .js-plotly-plot .xtitle, "
            + ".js-plotly-plot .ytitle, .js-plotly-plot .annotation-text")]
            .map(text => getComputedStyle(text).fill)"""
    )
    assert len(fills) > 20
    assert set(fills) == {theirs}
    assert errors == []
    context.close()


# Hostile links


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in (
                "[a](javascript:alert(1))",
                "![a](https://host.example/x.png)",
                "https://host.example/",
                "www.host.example a@host.example",
                "<script>alert(1)</script>",
            )
        ),
    ],
)
def test_hostile_link_is_shown_as_text(
    page: Page, record: "Record", server: "RunningServer", text: str
) -> None:
    open_explore(page, server, f"?v=1&width=16&depth=4&seed={quote(text)}")
    notice = page.get_by_test_id("stAlert").filter(has_text="Not used")
    expect(notice).to_contain_text("must be a whole number")
    # A word joiner, which nobody sees, keeps an address from becoming a link.
    assert text[:32] in notice.inner_text().replace("\u2060", "")
    assert notice.locator("a, img, script").count() == 0
    assert record.errors == record.foreign_requests == record.dialogs == []
