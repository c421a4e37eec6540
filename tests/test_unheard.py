"""Quick changes: a message that left before the page heard what the last run gave its controls."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tests.visitors import Page, Visitor, visit

if TYPE_CHECKING:
    from tests.conftest import RunningServer

SIZES = "depth=4&width=16&networks=2"
LINK = f"v=1&{SIZES}"
COMPARED = f"{LINK}&settings=2&b.act=tanh"
FORMULA = "v=1&init=variance_scaling"
RECURRENT = "v=1&family=recurrent&depth=50&width=64&networks=4"

Change: TypeAlias = tuple[str, Any]

QUICK: dict[str, tuple[Change, Change, str]] = {
    "a slider twice": (("Scale", "3"), ("Scale", "4"), f"{FORMULA}&scale=4&{SIZES}"),
    "a slider there and back": (("Scale", "3"), ("Scale", "2"), LINK),
    "two sliders": (
        ("Scale", "3"),
        ("Depth", 5),
        f"{FORMULA}&scale=3&depth=5&width=16&networks=2",
    ),
    "a slider and a button": (
        ("Scale", "3"),
        ("Redraw", True),
        f"{FORMULA}&scale=3&{SIZES}&seed=1",
    ),
    "a button twice": (("Redraw", True), ("Redraw", True), f"{LINK}&seed=2"),
    "a button and what it changed": (("Redraw", True), ("Seed", 7.0), f"{LINK}&seed=7"),
    "a name and a slider": (
        ("Initializer", "LeCun normal"),
        ("Depth", 5),
        "v=1&init=lecun_normal&depth=5&width=16&networks=2",
    ),
    "a name and its slider": (
        ("Initializer", "LeCun normal"),
        ("Scale", "3"),
        f"{FORMULA}&scale=3&{SIZES}",
    ),
    "a family and the seed": (("Layers", ["Recurrent"]), ("Seed", 7.0), f"{RECURRENT}&seed=7"),
    "a family and its depth": (
        ("Layers", ["Recurrent"]),
        ("Depth", 21),
        RECURRENT.replace("50", "21"),
    ),
}


async def change(visitor: Visitor, first: Change, *, waits: bool) -> None:
    """Move a control and wait for the whole page, or only until something comes of it."""
    if waits:
        await visitor.move(*first)
    else:
        await visitor.set(*first)
        await visitor.begun()


def after(
    url: str, link: str, changes: tuple[Change, Change], query: str, *, waits: bool, page: str = ""
) -> Page:
    """The page once its address is `query`, or never; the first run is complete, or overtaken."""
    first, second = changes

    async def work() -> Page:
        async with visit(url, link, patience=20, page=page) as visitor:
            await change(visitor, first, waits=waits)
            await visitor.move_unheard(*second)
            with suppress(TimeoutError):
                await visitor.until(lambda page: page.query == query)
            return visitor.page

    return asyncio.run(work())


@pytest.mark.parametrize("waits", [True, False], ids=["complete", "overtaken"])
@pytest.mark.parametrize("case", QUICK)
def test_both_changes_count(server: "RunningServer", case: str, waits: bool) -> None:
    first, second, query = QUICK[case]
    page = after(server.url, LINK, (first, second), query, waits=waits)
    assert page.query == query
    assert page.errors == []


def test_a_name_is_chosen_again_once_it_was_heard(server: "RunningServer") -> None:
    """Though the browser says of the list what it said before the scale was moved."""

    async def work() -> Page:
        async with visit(server.url, LINK) as visitor:
            await visitor.move("Scale", "3")
            await visitor.move("Initializer", "He normal")
            return visitor.page

    page = asyncio.run(work())
    assert page.query == LINK
    assert page.inputs["Scale"] == ["2"]


@pytest.mark.parametrize("waits", [True, False], ids=["complete", "overtaken"])
def test_a_change_of_the_setting_that_was_just_chosen(server: "RunningServer", waits: bool) -> None:
    """The other controls still hold what they held for the setting before."""
    query = f"{COMPARED}&b.depth=6&setting=b"
    changes = ("These controls change setting", ["B"]), ("Depth", 6)
    page = after(server.url, COMPARED, changes, query, waits=waits)
    assert page.query == query
    assert page.inputs["Activation"] == "tanh"


AFTER_A_BUTTON = {
    "edit_B": f"{COMPARED}&b.depth=6&setting=b",
    "content_copy_A": f"{LINK}&settings=3&b.depth=6&c.act=tanh&setting=b",
    "compare_distributions": (
        "v=1&depth=6&width=16&networks=2&settings=3&b.init=variance_scaling&b.scale=2"
        "&b.distribution=untruncated_normal&b.depth=4&c.init=he_uniform&c.depth=4"
    ),
}


@pytest.mark.parametrize("waits", [True, False], ids=["complete", "overtaken"])
@pytest.mark.parametrize("key", AFTER_A_BUTTON)
def test_a_change_of_what_a_button_has_just_opened(
    server: "RunningServer", key: str, waits: bool
) -> None:
    """The controls still hold what they held before the button, and so does the address."""
    query = AFTER_A_BUTTON[key]
    changes = (key, True), ("Depth", 6)
    page = after(server.url, COMPARED, changes, query, waits=waits, page="compare")
    assert page.query == query
    assert page.errors == []
