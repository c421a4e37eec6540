"""The Phase map in a real browser: a click is an experiment, and so is a key; a map fills in."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.test_compare import PROJECTOR, assert_clean
from tests.browser.watching import WATCH_TWINS

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

SMALL = "v=1&depth=8&width=32&networks=2&batch=4&act=tanh"


def open_map(page: Page, server: "RunningServer", query: str = SMALL) -> None:
    page.goto(f"{server.url}/phase?{query}")
    expect(page.locator(".st-key-phase_map .heatmaplayer image")).to_have_count(1)
    expect(page.locator(".st-key-cobweb-c .js-plotly-plot")).to_have_count(1)
    settled(page)


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def cells(page: Page) -> FloatRect:
    """Where the map lies: its drag layer stays, while its image may just be drawn anew."""
    box = page.locator(".st-key-phase_map .nsewdrag").bounding_box()
    assert box is not None
    return box


def click(page: Page, sigma_w2: float, sigma_b2: float, *, steady: bool = True) -> None:
    """The map goes from 0.025 to 4.025 and from -0.025 to 2.025."""
    box = cells(page)
    x = box["x"] + box["width"] * (sigma_w2 - 0.025) / 4
    y = box["y"] + box["height"] * (1 - (sigma_b2 + 0.025) / 2.05)
    page.mouse.move(x, y)
    if not steady:  # a map that is drawn anew takes its label away
        page.mouse.click(x, y)
        return
    label = page.locator(".st-key-phase_map .hoverlayer .hovertext")
    expect(label).to_contain_text(f"σw² {sigma_w2:.2f}, σb² {sigma_b2:.2f}")
    page.mouse.click(x, y)


def says(page: Page, beginning: str) -> None:
    verdict = page.locator(".st-key-phase_verdict")
    expect(verdict).to_have_text(re.compile(f"^{re.escape(beginning)}"))


def test_a_click_is_an_experiment(page: Page, record: "Record", server: "RunningServer") -> None:
    open_map(page, server)
    click(page, 3.0, 0.5)
    says(page, "Chaotic at σw² = 3, σb² = 0.5:")
    assert "init=variance_scaling&scale=3&" in page.url
    assert "bias_variance=0.5" in page.url
    settled(page)
    click(page, 1.5, 1.0)
    says(page, "Ordered at σw² = 1.5, σb² = 1:")
    page.get_by_role("link", name="Open in Explore").click()
    expect(page).to_have_title(re.compile("^Explore"))
    expect(page.get_by_role("slider", name="Scale")).to_have_attribute("aria-valuetext", "1.5")
    assert_clean(record, server)


def test_keys_do_what_a_click_does(page: Page, server: "RunningServer") -> None:
    open_map(page, server, f"{SMALL}&init=variance_scaling&scale=1.4")
    says(page, "Chaotic at σw² = 1.4, σb² = 0:")
    page.get_by_role("slider", name="Bias variance σb²").focus()
    page.keyboard.press("ArrowRight")
    says(page, "Ordered at σw² = 1.4, σb² = 0.05:")
    settled(page)
    page.get_by_role("slider", name="Weight variance σw²").focus()
    page.keyboard.press("ArrowRight")
    says(page, "Ordered at σw² = 1.45, σb² = 0.05:")
    line = page.locator(".st-key-status [role=status]")
    expect(line).to_have_text(re.compile("Scale 1.45: ordered, gradient 0"))


@pytest.mark.slow
def test_a_locked_map_takes_no_click(page: Page, server: "RunningServer") -> None:
    open_map(page, server, f"{SMALL}&lock=scale")
    click(page, 3.0, 0.5)
    page.wait_for_timeout(500)
    settled(page)
    says(page, "Chaotic at σw² = 2, σb² = 0:")


def test_the_simulated_map_fills_in(page: Page, record: "Record", server: "RunningServer") -> None:
    page.add_init_script(WATCH_TWINS)
    open_map(page, server, f"{SMALL}&seed=11")
    squares = page.locator(".st-key-phase_map .scatterlayer .point[style*='stroke-width: 1px']")
    page.get_by_role("button", name="Simulate 91 points").click()
    expect(squares).not_to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".st-key-survey_state")).to_contain_text("Stopped at")
    expect(squares).not_to_have_count(0)
    assert squares.count() < 91
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("button", name="Hide")).to_be_visible(timeout=60_000)
    expect(squares).to_have_count(91)
    assert page.evaluate("window.twins") == []
    assert_clean(record, server)


@pytest.mark.slow
def test_a_click_counts_while_the_map_fills_in(page: Page, server: "RunningServer") -> None:
    open_map(page, server, f"{SMALL}&seed=12")
    page.get_by_role("button", name="Simulate 91 points").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    click(page, 3.5, 0.2, steady=False)
    says(page, "Chaotic at σw² = 3.5, σb² = 0.2:")
    expect(page.get_by_role("button", name="Hide")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.slow)])
def test_nothing_is_cut_off(page: Page, server: "RunningServer", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_map(page, server)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("Gradient factor χ₁", "Correlation c*"):
        button = page.get_by_role("radio", name=name).bounding_box()
        assert button is not None
        assert button["x"] >= 0
        assert button["x"] + button["width"] <= width


def test_a_projector_shows_verdict_map_and_network_at_once(
    page: Page, server: "RunningServer"
) -> None:
    page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # a typed dict
    open_map(page, server)
    for key in ("phase_verdict", "phase_map", "phase_network"):
        box = page.locator(f".st-key-{key}").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720, key
