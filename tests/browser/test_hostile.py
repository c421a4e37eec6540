"""Hostile links in a real browser: no dialog, no navigation, no request off the host."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.hostile import hostile_links

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer


@pytest.mark.parametrize("count", [4, pytest.param(30, marks=pytest.mark.slow)])
def test_hostile_links(page: Page, record: "Record", server: "RunningServer", count: int) -> None:
    visited: list[str] = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    for query in hostile_links(count):
        page.goto(f"{server.url}/?{query}")
        expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert {urlsplit(url).netloc for url in visited} == {urlsplit(server.url).netloc}
    assert {urlsplit(url).path for url in visited} == {"/"}
    assert record.errors == record.foreign_requests == record.dialogs == []
    assert "Traceback" not in server.log
