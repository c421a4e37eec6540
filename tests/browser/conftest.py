"""Chromium, and pages that remember what should not have happened on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

if TYPE_CHECKING:
    from tests.conftest import RunningServer

FLAGS = (
    "--no-sandbox",  # as root, in containers
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    # Any other name is unresolvable, so a request off the host fails loudly instead of slowly.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


SIZE = ViewportSize(width=1280, height=900)

PATIENCE = 30_000
"""Milliseconds that a page has to show what is expected: machines are busy, and waits cost nothing
where all is well."""

expect.set_options(timeout=PATIENCE)


@dataclass(slots=True)
class Record:
    """What a page did that it should not: each a list of texts, empty on a good page."""

    errors: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def watch(self, page: Page, url: str) -> None:
        """Write down the page's console errors, its requests to other hosts, its dialogs."""

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.errors.append(message.text)

        def on_request(request: Request) -> None:
            own = (url, url.replace("http", "ws", 1), "data:", "blob:")
            if not request.url.startswith(own):
                self.foreign_requests.append(request.url)

        def on_dialog(dialog: Dialog) -> None:
            self.dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("console", on_console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", on_request)
        page.on("dialog", on_dialog)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        flags = [*FLAGS, "--process-per-site"]  # so that tabs share what is compiled
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def window(browser: Browser, server: "RunningServer") -> Iterator[tuple[BrowserContext, Page]]:
    """One window, and a tab that keeps the dashboard's scripts compiled: twice as fast to open."""
    context = browser.new_context(viewport=SIZE)
    tab = context.new_page()
    tab.goto(server.url)
    expect(tab.locator(".js-plotly-plot .main-svg:first-child")).to_have_count(2)
    tab.goto(f"{server.url}/_stcore/health")
    yield context, tab
    context.close()


@pytest.fixture
def context(window: tuple[BrowserContext, Page]) -> Iterator[BrowserContext]:
    """A browser window of a new visitor: nothing is left in it of those before."""
    context, tab = window
    yield context
    for page in context.pages:
        if page is not tab:
            page.close()
    context.unroute_all()
    context.set_offline(False)
    context.clear_permissions()
    context.clear_cookies()
    tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


@pytest.fixture
def record() -> Record:
    """What `page` did that it should not."""
    return Record()


@pytest.fixture
def page(context: BrowserContext, record: Record, server: "RunningServer") -> Page:
    """An empty tab, watched; the test opens `server.url` in it."""
    page = context.new_page()
    record.watch(page, server.url)
    return page
