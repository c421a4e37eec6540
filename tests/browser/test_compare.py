"""The Compare page in a real browser: columns, shared axes, links there and back."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

PROJECTOR = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
THREE = "v=1&width=32&depth=8&settings=3&b.init=glorot_uniform&c.init=torch_default&c.depth=5"

DATA = """
() => [...document.querySelectorAll(".js-plotly-plot")].map(chart =>
    chart.querySelector(".trace") && chart._fullData
        ? JSON.stringify(chart._fullData.map(t => [t.name, [...t.x], [...t.y]])) : "")
"""
RANGES = """
() => [...document.querySelectorAll(".js-plotly-plot")].map(chart => {
    const axes = chart._fullLayout;
    return ["xaxis", "yaxis", "xaxis2", "yaxis2", "xaxis3", "yaxis3"]
        .map(name => axes[name] ? axes[name].range.map(end => +end.toPrecision(9)) : null);
})
"""
WIDTHS = """
() => [...document.querySelectorAll("[data-testid=stMain] *")]
    .filter(e => !e.closest("svg, .katex-display, table"))  // a wide table scrolls by itself
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([box, e]) => box.width > 1 && (box.left < -1 || box.right > innerWidth + 1))
    .map(([box, e]) => `${e.tagName} ${e.className} ${box.left} ${box.right}`)
"""


def open_compare(page: Page, server: "RunningServer", query: str = THREE, count: int = 3) -> None:
    page.goto(f"{server.url}/compare?{query}")
    settled(page, count)


def settled(page: Page, count: int) -> list[str]:
    """Wait until nothing runs and all charts of so many settings are drawn; what they show."""
    expect(charts(page)).to_have_count(2 + count)
    for _ in range(300):
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        data: list[str] = page.evaluate(DATA)
        if len(data) == 2 + count and all(data):
            return data
        page.wait_for_timeout(50)
    raise AssertionError("the charts were not drawn")


def charts(page: Page) -> Locator:
    return page.get_by_test_id("stPlotlyChart")


def button(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}").get_by_role("button")


def heads(page: Page) -> Locator:
    return page.locator(".st-key-heads [data-testid=stMarkdown]")


def numbers(page: Page, count: int = 3) -> list[str]:
    """All that is said and drawn, once nothing moves any more."""
    drawn = settled(page, count)
    said = page.get_by_test_id("stCaptionContainer").all_inner_texts()
    table = page.locator("[data-testid=stMain] table").inner_text()
    return [*heads(page).all_inner_texts(), *said, table, *drawn]


def assert_clean(record: "Record", server: "RunningServer", deep: bool = True) -> None:
    """No errors; Streamlit looks for its server below the page's address first, and finds none."""
    looked_for = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert [error for error in record.errors if not deep or error != looked_for] == []
    assert record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]  # a typed dict
    yield context.new_page()
    context.close()


# In sight


@pytest.mark.parametrize(
    ("query", "count"), [("v=1", 4), pytest.param(THREE, 3, marks=pytest.mark.slow)]
)
def test_projector_shows_heads_and_overlaid_charts_at_once(
    page: Page, record: "Record", server: "RunningServer", query: str, count: int
) -> None:
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    open_compare(page, server, query, count)
    expect(heads(page)).to_have_count(count)
    for element in (*heads(page).all(), *charts(page).all()[:2]):
        box = element.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
        assert box["x"] + box["width"] <= 1280
    assert_clean(record, server)


def test_columns_stand_side_by_side(page: Page, server: "RunningServer") -> None:
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    open_compare(page, server)
    boxes = [charts(page).nth(index).bounding_box() for index in (2, 3, 4)]
    assert len({box["y"] for box in boxes if box}) == 1
    assert len({round(box["width"]) for box in boxes if box}) == 1


def test_phone_stacks_the_columns_and_cuts_nothing(phone: Page, server: "RunningServer") -> None:
    open_compare(phone, server)
    boxes = [charts(phone).nth(index).bounding_box() for index in range(5)]
    for above, below in pairwise(boxes):
        assert above is not None
        assert below is not None
        assert below["y"] >= above["y"] + above["height"]
        assert above["x"] == below["x"]
        assert below["width"] > 300
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.evaluate(WIDTHS) == []
    assert_shared(phone)


def test_axes_are_shared(page: Page, server: "RunningServer") -> None:
    open_compare(page, server)
    assert_shared(page)


def assert_shared(page: Page) -> None:
    weights, signal, *columns = page.evaluate(RANGES)
    for column in columns:
        assert column == [*signal[:4], *weights[:2]]


def test_every_button_has_a_name_of_its_own(page: Page, server: "RunningServer") -> None:
    open_compare(page, server)
    for letter in "ABC":
        for name in (f"Edit {letter}", f"Move {letter} left", f"Copy {letter}"):
            expect(page.get_by_role("button", name=name)).to_have_count(1)
        box = page.get_by_role("link", name=f"Open {letter} in Explore").bounding_box()
        assert box is not None
        assert box["width"] < 60, "only the icon is seen"


# What moves


def test_moving_a_column_swaps_the_pictures_and_back_restores_them(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_compare(page, server)
    before = numbers(page)
    shown, ranges = settled(page, 3), page.evaluate(RANGES)
    button(page, "arrow_forward_A").click()
    expect(heads(page).nth(0)).to_contain_text("Glorot uniform")
    expect(page).to_have_url(re.compile(r"setting=b"))
    wait_for_other(page, shown)
    after = settled(page, 3)
    assert series(after[0], "AB") == series(shown[0], "BA")
    assert series(after[1], "AB") == series(shown[1], "BA")
    assert series(after[2], "AB") == series(shown[3], "BA")
    assert after[4] == shown[4]
    assert page.evaluate(RANGES) == ranges
    page.go_back()
    expect(heads(page).nth(0)).to_contain_text("He normal")
    wait_for_other(page, after)
    assert numbers(page) == before
    page.go_forward()
    expect(heads(page).nth(0)).to_contain_text("Glorot uniform")
    assert_clean(record, server)


def series(drawn: str, letters: str) -> dict[str, Any]:
    """What is drawn by name, one of two letters for the other."""
    swap = str.maketrans("AB", letters)
    found: dict[str, Any] = {}
    for name, *xy in json.loads(drawn):
        found.setdefault(name[0].translate(swap) + name[1:], []).append(xy)
    return found


def wait_for_other(page: Page, before: list[str]) -> None:
    for _ in range(300):
        data = page.evaluate(DATA)
        if all(data) and data[:2] != before[:2]:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the charts did not change")


def test_edit_add_and_remove(page: Page, record: "Record", server: "RunningServer") -> None:
    open_compare(page, server)
    button(page, "edit_B").click()
    expect(page.get_by_text("These controls change setting")).to_be_visible()
    expect(page).to_have_url(re.compile("setting=b"))
    before = settled(page, 3)
    page.get_by_role("slider", name="Scale").press("ArrowRight")
    wait_for_other(page, before)
    expect(page).to_have_url(re.compile(r"b\.init=variance_scaling.*b\.scale=1\.5"))
    button(page, "add").click()
    settled(page, 4)
    expect(heads(page)).to_have_count(4)
    button(page, "delete_A").click()
    settled(page, 3)
    expect(page).to_have_url(re.compile("settings=3"))
    assert_clean(record, server)


@pytest.mark.parametrize(
    ("name", "count", "words"),
    [
        ("modes", 4, "fan_geo_avg"),
        *(
            pytest.param(*rest, marks=pytest.mark.slow)
            for rest in (
                ("distributions", 3, "He uniform"),
                ("schemes", 4, "LeCun normal"),
                ("frameworks", 3, "PyTorch default"),
                ("activations", 4, "tanh"),
            )
        ),
    ],
)
def test_one_click(
    page: Page, record: "Record", server: "RunningServer", name: str, count: int, words: str
) -> None:
    open_compare(page, server, "v=1&width=32&depth=8", 4)
    button(page, f"compare_{name}").click()
    expect(page).to_have_url(re.compile(f"settings={count}"))
    settled(page, count)
    expect(page.locator(".st-key-heads")).to_contain_text(words)
    assert_clean(record, server)


# There and back


def test_open_in_explore_and_back_keeps_all_settings(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(f"{server.url}/?{THREE}")
    expect(charts(page)).to_have_count(2)
    page.locator(".st-key-navigation").get_by_role("link", name="Compare").click()
    before = numbers(page)
    page.locator(".st-key-buttons_B").get_by_role("link").click()
    expect(charts(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r":\d+/\?.*settings=3.*setting=b"))
    expect(page.get_by_role("combobox", name="Initializer")).to_have_value("Glorot uniform")
    page.locator(".st-key-navigation").get_by_role("link", name="Compare").click()
    assert numbers(page) == before
    page.go_back()
    expect(charts(page)).to_have_count(2)
    page.go_back()
    assert numbers(page) == before
    assert_clean(record, server, deep=False)


@pytest.mark.slow
def test_a_copied_link_gives_the_same_numbers(
    page: Page, browser: Browser, server: "RunningServer"
) -> None:
    open_compare(page, server, "v=1&width=32&depth=8&act=tanh", 4)
    button(page, "compare_activations").click()
    expect(page).to_have_url(re.compile("settings=4"))
    expect(page.locator(".st-key-heads")).to_contain_text("GELU")
    first = numbers(page, 4)
    copied = browser.new_context(viewport={"width": 1280, "height": 900})
    other = copied.new_page()
    other.goto(page.url)
    assert numbers(other, 4) == first
    copied.close()
    page.reload()
    assert numbers(page, 4) == first
