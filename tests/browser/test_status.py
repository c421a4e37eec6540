"""The line for screen readers in a real browser: one node, whose text follows every change."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.status import SCRIPT

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

SMALL = "v=1&width=32&depth=8&networks=2&batch=8"


def line(page: Page) -> Locator:
    return page.locator(".st-key-status [role=status]")


def expect_said(page: Page, beginning: str) -> None:
    expect(line(page)).to_have_text(re.compile(rf"^{re.escape(beginning)}"), timeout=60_000)


def test_one_node_says_what_each_control_changed(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(f"{server.url}/?{SMALL}")
    expect_said(page, "Explore: signal stable, 1 times a layer")
    expect(line(page)).to_have_count(1)
    node = line(page).element_handle()
    sidebar = page.get_by_test_id("stSidebar")

    sidebar.get_by_role("slider", name="Scale").press("ArrowRight")
    expect_said(page, "Initializer Variance scaling, Scale 3: signal exploding, 1.5 times a layer")
    sidebar.get_by_role("slider", name="Depth").press("ArrowRight")
    expect_said(page, "Depth 9: signal exploding")
    sidebar.get_by_role("radio", name="Uniform").click()
    expect_said(page, "Distribution Uniform: signal")
    sidebar.get_by_role("radio", name="fan_out").click()
    expect_said(page, "Mode fan_out: signal")
    sidebar.get_by_role("button", name="Redraw", exact=True).click()
    expect_said(page, "Seed 1: signal")
    sidebar.get_by_text("Ten redraws behind the charts").click()
    expect_said(page, "Ten redraws on: signal")
    sidebar.get_by_role("combobox", name="Initializer").fill("He normal")
    page.get_by_role("option", name="He normal").click()
    expect_said(page, "Initializer He normal, Scale 2, Mode fan_in, Distribution Truncated normal:")
    sidebar.get_by_role("radio", name="Recurrent").click()
    expect_said(page, "Layers Recurrent, Depth 50, Width 64, Networks 4, Batch 16: signal")

    assert node.evaluate("node => node.isConnected"), "a new node would not be read aloud"
    assert record.errors == record.foreign_requests == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("fans", "Fans: fan_in the same"),
        pytest.param(
            "compare", "Compare: The gradient at the first layer is", marks=pytest.mark.slow
        ),
    ],
)
def test_a_page_says_its_name_and_its_result(
    page: Page, server: "RunningServer", path: str, said: str
) -> None:
    page.goto(f"{server.url}/{path}?{SMALL}&settings=2&b.init=glorot_normal")
    expect_said(page, said)


def test_what_is_typed_is_written_as_text(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(f"{server.url}/fans?{SMALL}")
    expect_said(page, "Fans: ")
    box = page.get_by_role("textbox", name="The sidebar's activation, or a formula in x")
    box.fill("<img src=x onerror=alert(1)>")
    box.press("Enter")
    expect_said(page, "Formula <img src=x onerror=alert(1)>")
    expect(line(page).locator("*")).to_have_count(0)
    assert record.dialogs == []


def test_calls_that_come_in_the_wrong_order(page: Page, server: "RunningServer") -> None:
    """Streamlit's do, while a script loads: it then ends the older one, which came last."""
    page.goto(f"{server.url}/?{SMALL}")
    said = page.evaluate(
        """
        async script => {
            const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            const { default: tell } = await import(url);
            const parentElement = document.body.appendChild(document.createElement("div"));
            const call = result =>
                tell({ parentElement, data: [{ page: "Train", settings: [], result }] });
            call("new");
            call("old")();
            return parentElement.textContent;
        }
        """,
        SCRIPT.read_text("utf-8"),
    )
    assert said == "Train: new"


def test_nobody_sees_it(page: Page, server: "RunningServer") -> None:
    page.goto(f"{server.url}/?{SMALL}")
    expect_said(page, "Explore: ")
    expect(page.locator(".st-key-status")).to_have_css("clip-path", "inset(50%)")
    expect(page.locator(".st-key-status")).to_have_css("height", "1px")
