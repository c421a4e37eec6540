"""A page in a real browser, whose server dies under it while another one stands by."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.charts import assets
from tests.browser.test_takehome import idle, open_page, saved
from tests.proxy import proxy
from tests.test_server import ask

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import Launch, RunningServer

pytestmark = [pytest.mark.alone, pytest.mark.slow]

# All that the page says, and every number in its charts.
SHOWN = """
() => [document.querySelector("[data-testid=stMain]").innerText,
       [...document.querySelectorAll("input")].map(input => input.value),
       ...[...document.querySelectorAll(".js-plotly-plot")].map(chart =>
           JSON.stringify(chart._fullData.map(trace => [trace.name, [...trace.y]])))]
"""


def holder(replicas: "list[RunningServer]", path: str) -> "RunningServer":
    """The replica that made a file: the one that the page is connected with."""
    (found,) = (replica for replica in replicas if ask(replica, path)[0] == 200)
    return found


def kill(replica: "RunningServer", page: Page) -> None:
    """Kill the page's server, and wait until the page has run on another one."""
    asked: list[object] = []

    def note(frame: object) -> None:  # Playwright takes no built-in function
        asked.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", note))
    begin = time.monotonic()
    replica.process.kill()
    while not asked:
        assert time.monotonic() < begin + 30, "the page did not come back"
        page.wait_for_timeout(20)
    idle(page)
    print(f"back after {time.monotonic() - begin:.1f} s")


def test_a_page_survives_its_server(
    context: BrowserContext, record: "Record", launch: "Launch", tmp_path: Path
) -> None:
    folder = tmp_path / "nginx"
    folder.mkdir()
    with (
        launch("--no-browser") as one,
        launch("--no-browser") as other,
        proxy(folder, one.url, other.url) as front,
    ):
        page = context.new_page()
        record.watch(page, front.url)
        files: list[str] = []
        page.on("request", lambda request: files.append(urlsplit(request.url).path))
        open_page(page, front)
        seed = page.get_by_label("Seed", exact=True)
        seed.fill("77")
        seed.press("Enter")
        expect(page).to_have_url(re.compile("seed=77"))
        idle(page)
        before = page.evaluate(SHOWN)
        notebook = saved(page, "Notebook", tmp_path).read_text("utf-8")
        assert f"/{assets.PLOTLY}" in files
        assert record.errors == []

        dead = holder([one, other], files[-1])
        kill(dead, page)
        expect(seed).to_have_value("77")
        assert page.evaluate(SHOWN) == before
        assert saved(page, "Notebook", tmp_path).read_text("utf-8") == notebook

        # A third server knows nothing of the page, and is asked for half of its files.
        with launch("--no-browser", "--port", str(urlsplit(dead.url).port)) as third:
            for _ in range(4):
                assert saved(page, "Notebook", tmp_path).read_text("utf-8") == notebook
            assert "Traceback" not in third.log
        assert record.foreign_requests == record.dialogs == []
        # A browser itself writes a line when a connection breaks.
        assert all("WebSocket connection" in error for error in record.errors), record.errors
    assert front.log == ""
    assert "Traceback" not in one.log + other.log
