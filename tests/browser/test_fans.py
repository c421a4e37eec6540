"""The Fans page in a real browser: the first screen, a phone, a table to sort, code to copy."""

import csv
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.test_compare import PHONE, PROJECTOR, WIDTHS, assert_clean
from vscore.export import export_code
from vscore.layers import DepthwiseConv2D

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

STRIDED = "v=1&layer=DepthwiseConv2D&strides=2"


def open_fans(page: Page, server: "RunningServer", query: str = "v=1") -> None:
    page.goto(f"{server.url}/fans?{query}")
    expect(page.locator(".st-key-inspector table")).to_have_count(2)
    settled(page)


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def verdict(page: Page) -> Locator:
    return page.locator(".st-key-inspector").get_by_test_id("stAlert")


def expander(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}")


def first_cell(page: Page, grid: Locator) -> str:
    """What a table has in its corner: it is drawn on a canvas, so the cell is copied."""
    grid.click(position={"x": 30, "y": 52})
    page.keyboard.press("Control+c")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True)  # type: ignore[arg-type]  # a typed dict
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "query",
    [
        STRIDED,
        *(
            pytest.param(query, marks=pytest.mark.slow)
            for query in ("v=1", "v=1&layer=MultiHeadAttention&convention=torch")
        ),
    ],
)
def test_projector_shows_picture_verdict_fans_and_measurements_at_once(
    page: Page, record: "Record", server: "RunningServer", query: str
) -> None:
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    open_fans(page, server, query)
    tables = page.locator(".st-key-inspector table").all()
    for element in (page.locator(".st-key-inspector .axes"), verdict(page), *tables):
        box = element.bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 720
        assert box["x"] + box["width"] <= 1280
        assert element.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    assert_clean(record, server)


def test_a_phone_is_not_scrolled_sideways(phone: Page, server: "RunningServer") -> None:
    open_fans(phone, server, STRIDED)
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert [each for each in phone.evaluate(WIDTHS) if "data-grid" not in each] == []


def test_choosing_a_framework_changes_the_picture_and_the_address(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_fans(page, server, STRIDED)
    expect(verdict(page)).to_contain_text("Keras counts fan_in 576")
    page.locator(".st-key-fans_convention").get_by_text("PyTorch").click()
    expect(verdict(page)).to_contain_text("PyTorch counts fan_in 9")
    expect(page).to_have_url(f"{server.url}/fans?v=1&layer=DepthwiseConv2D&strides=2x2"
                             "&convention=torch")  # fmt: skip
    axes = page.locator(".st-key-inspector .axis b").all_inner_texts()
    assert axes == ["64", "1", "3", "3"]
    page.reload()
    expect(verdict(page)).to_contain_text("PyTorch counts fan_in 9")
    page.go_back()
    expect(verdict(page)).to_contain_text("Keras counts fan_in 576")
    page.get_by_role("link", name="Explore").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    page.get_by_role("link", name="Fans").click()
    expect(verdict(page)).to_contain_text("Keras counts fan_in 576")
    assert_clean(record, server)


def test_the_table_of_all_layers_sorts_and_is_saved(page: Page, server: "RunningServer") -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_fans(page, server)
    section = expander(page, "data_layers")
    section.locator("summary").click()
    grid = section.locator(".dvn-scroller")
    expect(grid).to_be_visible()
    settled(page)
    assert first_cell(page, grid) == "Dense"
    grid.click(position={"x": 30, "y": 17})
    assert first_cell(page, grid) == "Conv1D"
    with page.expect_download() as saved:
        section.get_by_test_id("stDownloadButton").get_by_role("button").click()
    lines = saved.value.path().read_text("utf-8-sig").splitlines()
    rows = list(csv.reader(line for line in lines if not line.startswith("#")))
    assert rows[0][:4] == ["layer", "kernel", "framework", "shape"]
    assert rows[1][:4] == ["Dense", "kernel", "Keras ≥ 3.15", "784 × 256"]


def test_code_is_copied_whole(page: Page, record: "Record", server: "RunningServer") -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_fans(page, server, STRIDED)
    section = expander(page, "code")
    section.locator("summary").click()
    section.get_by_role("tab", name="PyTorch").click()
    code = section.get_by_test_id("stCode").filter(visible=True)
    expect(code).to_contain_text("import torch")
    settled(page)
    code.hover()
    code.get_by_role("button").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    meant = export_code((DepthwiseConv2D(64, (3, 3), (2, 2)), "he_normal"), "torch")
    assert copied.strip() == meant.strip()
    assert_clean(record, server)


def test_clicks_before_the_controls_are_there_change_none(
    page: Page, server: "RunningServer"
) -> None:
    """A slow line: the sidebar's scripts come after the first click on the page."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/(Selectbox|NumberInput|Slider)\.[^/]+\.js$"), hold)
    page.goto(f"{server.url}/fans?{STRIDED}")
    expect(page.locator(".st-key-inspector table")).to_have_count(2)
    settled(page)
    section = expander(page, "code")
    section.locator("summary").click()
    expect(section.get_by_role("tab", name="PyTorch")).to_be_visible()
    settled(page)
    for route in held:
        route.continue_()
    expect(page.get_by_role("combobox", name="Layer")).to_be_visible()
    section.get_by_role("tab", name="PyTorch").click()
    code = section.get_by_test_id("stCode").filter(visible=True)
    expect(code).to_contain_text("import torch")
    settled(page)
    expect(code).to_contain_text("DepthwiseConv2D")
    assert page.url.endswith(STRIDED)


def test_a_formula_is_typed_and_pointed_at(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_fans(page, server)
    field = page.locator(".st-key-fans_formula input")
    field.fill("max(x, 0)")
    field.press("Enter")
    gains = page.locator(".st-key-gains")
    expect(gains.get_by_role("row").filter(has_text="rms gain")).to_contain_text("1.4142")
    field.fill("<img src=x onerror=alert(1)>")
    field.press("Enter")
    expect(gains.get_by_test_id("stAlert")).to_contain_text("unexpected '<'")
    assert record.dialogs == []
    assert_clean(record, server)
