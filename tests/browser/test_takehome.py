"""Files in a real browser: the report off the network, the same CSV for everyone, the swarm."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.test_server import Addressed

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

LINK = "?v=1&input_dim=30&units=20&depth=6&width=32&networks=4&redraws=on&title=Week+3"

# The names of all series, chart by chart, and whether each is drawn.
DRAWN = """
() => [...document.querySelectorAll(".js-plotly-plot")].map(chart => [
    chart._fullData.map(trace => trace.name), chart.querySelectorAll(".trace, .point").length])
"""
COLOURS = """
() => [...document.querySelectorAll(".js-plotly-plot .xtick text")]
    .map(text => getComputedStyle(text).fill)
"""


def open_page(page: Page, server: Addressed, query: str = LINK) -> None:
    page.goto(f"{server.url}/{query}")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    idle(page)


def idle(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def saved(page: Page, button: str, folder: Path) -> Path:
    """The file that a button saves."""
    idle(page)  # a button that is being drawn anew does not hear a click
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def saved_csv(page: Page, title: str, folder: Path) -> Path:
    """The file that an opened section's button saves."""
    page.get_by_text(title, exact=True).click()
    section = page.get_by_test_id("stExpander").filter(has_text=title).last
    expect(section.get_by_test_id("stDataFrame")).to_be_visible()
    idle(page)
    with page.expect_download() as download:
        section.get_by_role("button", name="Download as CSV").click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


@pytest.fixture(scope="module")
def report(
    browser: Browser, server: "RunningServer", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The report that the page saves."""
    context = browser.new_context()
    page = context.new_page()
    open_page(page, server)
    file = saved(page, "Report (HTML)", tmp_path_factory.mktemp("report"))
    context.close()
    assert "Traceback" not in server.log
    return file


def read_report(context: BrowserContext, file: Path) -> tuple[Page, list[str]]:
    """The report, opened from the disk with no network, and what went wrong on it."""
    wrong: list[str] = []

    def on_route(route: Route) -> None:
        wrong.append(route.request.url)
        route.abort()

    context.set_offline(True)
    context.route(lambda url: not url.startswith(file.as_uri()), on_route)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.goto(file.as_uri())
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_attached()
    return page, wrong


@pytest.mark.parametrize("mode", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 390])
def test_report_shows_its_charts_with_no_network(
    browser: Browser, report: Path, mode: Any, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=mode, accept_downloads=False
    )
    page, wrong = read_report(context, report)
    shown = page.evaluate(DRAWN)
    assert len(shown) == 4
    assert all(count > 0 for _, count in shown)
    assert sum(name.startswith("redraw") for name in shown[0][0]) == 10
    assert sum(name.startswith("redraw") for name in shown[1][0]) == 20
    expect(page.get_by_role("heading", level=1)).to_have_text("Week 3")
    ink = page.evaluate("() => getComputedStyle(document.body).color")
    assert set(page.evaluate(COLOURS)) == {ink}
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for element in page.locator(".js-plotly-plot").all():
        box = element.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert wrong == []
    context.close()


def test_report_s_charts_are_live_and_its_tables_open(
    context: BrowserContext, report: Path
) -> None:
    page, wrong = read_report(context, report)
    bar = page.locator("#chart-0 .bars .point").nth(30)
    bar.hover(force=True)
    expect(page.locator("#chart-0 .hoverlayer")).to_contain_text("w = ")
    page.get_by_text("Data: Signal and gradient").click()
    rows = page.locator("details[open] tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.first).to_be_visible()
    assert wrong == []


def test_report_s_policy_stops_other_scripts(context: BrowserContext, report: Path) -> None:
    page, wrong = read_report(context, report)
    assert wrong == []
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            new Image().src = "https://host.example/x.png";
        }"""
    )
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("() => window.ran") is None
    assert len(wrong) == 2
    assert all("Content Security Policy" in text for text in wrong)


@pytest.mark.slow
def test_a_link_opened_elsewhere_gives_the_same_bytes(
    browser: Browser, server: "RunningServer", tmp_path: Path
) -> None:
    files: list[dict[str, bytes]] = []
    for visitor in ("first", "second"):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        open_page(page, server)
        page.get_by_text("Units: activations by layer, correlation", exact=False).click()
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
        folder = tmp_path / visitor
        titles = (
            "Data: weights",
            "Data: signal and gradient",
            "Data: activations",
            "Data: correlation, saturated and dead",
        )
        saved_files = [saved_csv(page, title, folder) for title in titles]
        saved_files += [saved(page, name, folder) for name in ("Report (HTML)", "Notebook")]
        files.append({file.name: file.read_bytes() for file in saved_files})
        context.close()
    assert files[0] == files[1]
    assert [re.sub("-[0-9a-f]{10}", "", name) for name in files[0]] == [
        "weights.csv",
        "signal.csv",
        "activations.csv",
        "shares.csv",
        "report.html",
        "notebook.ipynb",
    ]
    notebook = next(body for name, body in files[0].items() if name.endswith(".ipynb"))
    assert json.loads(notebook)["metadata"]["vscore"]["link"].startswith("?v=1&input_dim=30")


def test_toggle_shows_the_swarm_and_the_address_holds_it(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_page(page, server, LINK.replace("&redraws=on", ""))
    assert not any("redraw" in name for names, _ in page.evaluate(DRAWN) for name in names)
    page.get_by_text("Ten redraws behind the charts").click()
    expect(page).to_have_url(re.compile(r"&redraws=on&"))
    signal = page.get_by_test_id("stPlotlyChart").nth(1)
    expect(signal).to_have_attribute("aria-label", re.compile(r"10 redraws.* end between"))
    expect(signal.locator(".annotation-text").filter(has_text="10 redraws")).to_be_visible()
    idle(page)
    swarm = [sum("redraw" in name for name in names) for names, _ in page.evaluate(DRAWN)]
    assert swarm == [10, 20]
    assert record.errors == record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log
