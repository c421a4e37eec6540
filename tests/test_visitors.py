"""Visitors without a browser: they see what a browser shows, and say when they cannot."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.visitors import Refused, Visitor, visit
from tests.visitors.page import Page

if TYPE_CHECKING:
    from tests.conftest import RunningServer

COMPONENT = "bidi_component"
SMALL = "v=1&depth=4&width=16&networks=2"


def test_a_page_is_seen(server: "RunningServer") -> None:
    async def work() -> Visitor:
        async with visit(server.url, f"{SMALL}&colour=red") as visitor:
            return visitor

    page = asyncio.run(work()).page
    assert page.inputs["Depth"] == [4]
    assert page.inputs["Width"] == ["16"]
    assert page.inputs["Activation"] == "ReLU"
    assert page.inputs["Seed"] == 0
    assert page.errors == []
    assert any("colour" in text for text in page.boxes)
    assert any("Deep network" in text for text in page.texts)
    assert [chart["data"][0]["type"] for chart in page.charts] == ["bar", "scatter"]
    assert len(page.charts[0]["data"][0]["x"]) == 70
    assert "4 dense layers of 16 units" in page.sentences[1]
    with pytest.raises(LookupError, match=r"no widget 'Colour'; there are .*Depth"):
        page.widget("Colour")


def test_a_move_is_seen_and_the_rest_stays(server: "RunningServer") -> None:
    async def work() -> list[tuple[str, object]]:
        async with visit(server.url, SMALL) as visitor:
            await visitor.move("Depth", 6)
            first = (visitor.page.query, visitor.page.inputs["Width"])
            seconds = await visitor.move("act", "tanh")
            assert 0 < seconds < 30
            visitor.cut()
            await visitor.reload()
            return [first, (visitor.page.query, visitor.page.inputs["Depth"])]

    assert asyncio.run(work()) == [
        ("v=1&depth=6&width=16&networks=2", ["16"]),
        ("v=1&act=tanh&depth=6&width=16&networks=2", [6]),
    ]


def test_a_move_brings_the_charts_before_the_controls(server: "RunningServer") -> None:
    async def work() -> list[bool]:
        async with visit(server.url, SMALL) as visitor:
            opened = charts_first(visitor.page)
            await visitor.move("act", "tanh")
            assert visitor.page.inputs["Activation"] == "tanh"
            return [opened, charts_first(visitor.page)]

    assert asyncio.run(work()) == [False, True]


def charts_first(page: Page) -> bool:
    """Whether both charts came before everything in the sidebar."""
    came = list(page.arrivals)
    charts = [n for n, (path, kind) in enumerate(came) if len(path) == 5 and kind == COMPONENT]
    controls = [n for n, (path, _) in enumerate(came) if path[0] == 1]
    assert len(charts) == 2
    return max(charts) < min(controls)


def test_a_file_is_saved(server: "RunningServer") -> None:
    async def work() -> bytes:
        async with visit(server.url, SMALL) as visitor:
            return (await visitor.download("Notebook")).body

    assert b'"nbformat"' in asyncio.run(work())


def test_nobody_there() -> None:
    async def work() -> None:
        async with visit("http://127.0.0.1:1"):
            pass

    with pytest.raises(OSError, match=r"refused|Connect"):
        asyncio.run(work())


def test_a_server_that_closes_the_line(server: "RunningServer") -> None:
    async def work() -> None:
        async with visit(server.url, SMALL) as visitor:
            await visitor._socket.send(b"\0" * (2 << 20))  # the server takes 1 MiB at most
            await visitor.until(lambda page: False)

    with pytest.raises(Refused, match=r"1009|too big"):
        asyncio.run(work())


def test_impatience(server: "RunningServer") -> None:
    async def work() -> None:
        async with visit(server.url, SMALL, patience=5) as visitor:
            visitor._patience = 0.05
            await visitor.until(lambda page: False)

    with pytest.raises(TimeoutError):
        asyncio.run(work())
