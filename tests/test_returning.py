"""Browsers that come back to a server that has forgotten them: no change of a control is lost."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.visitors import Page, Visitor, visit

if TYPE_CHECKING:
    from tests.conftest import RunningServer

LINK = "v=1&layer=Conv2D&filters=48&act=tanh&depth=4&width=16&networks=2"


async def moved_on_return(url: str, name: str, value: Any, forgotten: bool = True) -> Page:
    """The page of who has changed its depth, lost its line, come back and changed something."""
    async with visit(url, LINK) as visitor:
        await visitor.move("Depth", 6)
        visitor.cut()
        await visitor.connect(forgotten=forgotten)
        await visitor.move(name, value)
        return visitor.page


@pytest.mark.parametrize("forgotten", [True, False])
@pytest.mark.parametrize(
    ("name", "value", "query"),
    [
        ("Depth", 7, "act=tanh&depth=7&width=16&networks=2"),
        ("Width", "32", "act=tanh&depth=6&width=32&networks=2"),
        ("Activation", "ReLU", "depth=6&width=16&networks=2"),
        ("Seed", 5.0, "act=tanh&depth=6&width=16&networks=2&seed=5"),
        ("Redraw", True, "act=tanh&depth=6&width=16&networks=2&seed=1"),
    ],
)
def test_first_change_counts(
    server: "RunningServer", name: str, value: Any, query: str, forgotten: bool
) -> None:
    page = asyncio.run(moved_on_return(server.url, name, value, forgotten))
    assert page.query == f"v=1&layer=Conv2D&filters=48&{query}"
    if name != "Redraw":
        assert page.inputs[name] in (value, [value])
    assert page.errors == []


def test_another_layer(server: "RunningServer") -> None:
    page = asyncio.run(moved_on_return(server.url, "Layer", "Dense"))
    assert page.query == "v=1&act=tanh&depth=6&width=16&networks=2"
    assert page.inputs["Layer"] == "Dense"


def test_the_page_stays_when_nothing_was_changed(server: "RunningServer") -> None:
    async def work() -> tuple[Page, Page]:
        async with visit(server.url, LINK) as visitor:
            await visitor.move("Depth", 6)
            before = visitor.page
            visitor.cut()
            await visitor.connect(forgotten=True)
            await again(visitor)
            return before, visitor.page

    before, after = asyncio.run(work())
    assert after.query == before.query
    assert after.inputs == before.inputs
    assert after.sentences == before.sentences


async def again(visitor: Visitor) -> None:
    runs = visitor.runs
    await visitor.rerun()
    await visitor.until(lambda page: True, since=runs)
