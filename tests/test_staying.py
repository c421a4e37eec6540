"""The page drawn alone, beside a sidebar that stays: it looks as after a whole run."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st

from dashboard.controls import memory, staying
from tests.visitors import visit
from tests.visitors.page import Page, sent_as

if TYPE_CHECKING:
    from tests.conftest import RunningServer

SMALL = "v=1&depth=4&width=16&networks=2"
FORMULA = f"v=1&init=variance_scaling&scale=3&{SMALL[4:]}"


def is_alone(page: Page) -> bool:
    """Whether the last run has sent nothing of the sidebar."""
    return all(path[0] == 0 for path, _ in page.arrivals)


def seen(page: Page) -> dict[str, object]:
    """All that a page shows, but for the links to files, which are new each time."""
    return {
        "address": page.query,
        "inputs": page.inputs,
        "words": page.texts,
        "sentences": page.sentences,
        "links": [(each.page, each.query_string) for each in page.of("page_link")],
        "kinds": sorted(kind for kind, _ in page.elements),
    }


def visited(
    server: "RunningServer", query: str, moves: list[tuple[str, Any]], page: str = ""
) -> tuple[Page, Page]:
    """What is seen after some moves, and by someone who opens the address that they lead to."""

    async def work() -> tuple[Page, Page]:
        async with visit(server.url, query, page=page) as visitor:
            for name, value in moves:
                await visitor.move(name, value)
            assert visitor.page.errors == []
            async with visit(server.url, visitor.page.query, page=page) as other:
                return visitor.page, other.page

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("query", "move"),
    [
        (SMALL, ("Depth", 6)),
        (SMALL, ("Width", "32")),
        (SMALL, ("Networks", "4")),
        (SMALL, ("Batch", "32")),
        (SMALL, ("Bias variance", 0.5)),
        (SMALL, ("Seed", 5.0)),
        (FORMULA, ("Scale", "1.5")),
        (FORMULA, ("mode", ["fan_out"])),
        (FORMULA, ("distribution", ["Uniform"])),
        (f"{SMALL}&act=leaky_relu", ("slope", 0.5)),
        (f"{SMALL}&lock=mode&hide=seed.layer", ("Depth", 6)),
        (f"{SMALL}&title=A+class", ("Depth", 6)),
    ],
)
def test_a_control_that_changes_no_other(
    server: "RunningServer", query: str, move: tuple[str, Any]
) -> None:
    page, other = visited(server, query, [move])
    assert is_alone(page)
    assert seen(page) == seen(other)


@pytest.mark.parametrize(
    ("query", "moves", "name", "shown"),
    [
        (FORMULA, [("Scale", "2")], "Initializer", "He normal"),
        (SMALL, [("Depth", 6), ("Scale", "3")], "Initializer", "Variance scaling"),
        (SMALL, [("Depth", 6), ("init", "Glorot uniform")], "Scale", ["1"]),
        (SMALL, [("Seed", 3.0), ("Redraw", True)], "Seed", 4),
        (SMALL, [("Depth", 6), ("act", "tanh")], "Depth", [6]),
        (SMALL, [("Depth", 6), ("family", ["Convolutional"])], "Padding", ["circular"]),
        (SMALL, [("Depth", 6), ("layer", "Conv2D")], "Filters", 128),
    ],
)
def test_a_control_that_changes_others(
    server: "RunningServer", query: str, moves: list[tuple[str, Any]], name: str, shown: object
) -> None:
    page, other = visited(server, query, moves)
    assert not is_alone(page)
    assert page.inputs[name] == shown
    assert seen(page) == seen(other)


def test_a_page_with_no_part_of_its_own(server: "RunningServer") -> None:
    page, other = visited(server, SMALL, [("Depth", 6)], "fans")
    assert not is_alone(page)
    assert seen(page) == seen(other)


def test_what_is_too_dear_is_told_in_a_whole_run(server: "RunningServer") -> None:
    dear = f"{SMALL}&width=1024&batch=512"
    page, _ = visited(server, dear, [("Depth", 6), ("Networks", "64")])
    assert not is_alone(page)
    assert any("Not used" in text for text in page.boxes)
    page, _ = visited(server, dear, [("Networks", "64"), ("Networks", "2"), ("Depth", 5)])
    assert is_alone(page)
    assert not any("Not used" in text for text in page.boxes)


def test_sections_stay_open_and_are_filled(server: "RunningServer") -> None:
    page, other = visited(server, SMALL, [("data_signal", True), ("Depth", 6), ("Depth", 7)])
    assert is_alone(page)
    assert len(list(page.of("dataframe"))) == 1
    assert not list(other.of("dataframe"))


def test_what_is_taken_home_is_of_what_is_shown(server: "RunningServer") -> None:
    async def work() -> tuple[Page, bytes]:
        async with visit(server.url, SMALL) as visitor:
            await visitor.move("Depth", 7)
            return visitor.page, (await visitor.download("Notebook")).body

    page, notebook = asyncio.run(work())
    assert is_alone(page)
    assert b"depth=7" in notebook


def test_a_section_is_opened_while_controls_get_their_values(server: "RunningServer") -> None:
    """That run of the page alone must not leave the controls as they were."""

    async def work() -> tuple[Page, Page]:
        async with visit(server.url, f"{SMALL[:3]}&width=1024&depth=60&batch=256") as visitor:
            await visitor.set("init", "Glorot uniform")
            while "width=1024&" not in visitor._query or "glorot" not in visitor._query:
                await visitor.begun()
            await visitor.move("data_weights", True)
            async with visit(server.url, visitor.page.query) as other:
                return visitor.page, other.page

    page, other = asyncio.run(work())
    assert page.inputs["Scale"] == ["1"]
    assert page.inputs["Initializer"] == "Glorot uniform"
    assert page.query == other.query
    assert page.sentences == other.sentences


def test_a_control_of_which_the_browser_says_nothing(server: "RunningServer") -> None:
    """It still loads the control's script, and begins with the first option if it is not told."""

    async def work() -> Page:
        async with visit(server.url, f"{SMALL}&act=tanh") as visitor:
            _, activation = visitor.page.widget("act")
            del visitor._held[activation.id]
            await visitor.move("Depth", 6)
            return visitor.page

    page = asyncio.run(work())
    assert not is_alone(page)
    assert page.inputs["Activation"] == "tanh"


def test_another_control_has_changed_as_well(server: "RunningServer") -> None:
    """A section's message brings it along: a run of the page alone would not draw the slope."""

    async def work() -> Page:
        async with visit(server.url, SMALL) as visitor:
            _, activation = visitor.page.widget("act")
            visitor._held[activation.id] = sent_as("selectbox", "leaky ReLU (slope 0.2)")
            await visitor.move("data_weights", True)
            return visitor.page

    page = asyncio.run(work())
    assert page.inputs["Activation"] == "leaky ReLU (slope 0.2)"
    assert page.widget("slope")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session in which two controls have been told."""
    held: dict[str, Any] = {"depth": 4, "width": 16, "can_stay": True}
    monkeypatch.setattr(st, "session_state", held)
    monkeypatch.setattr(staying, "is_all_told", lambda: True)
    memory.remember({"depth": 4, "width": 16})
    return held


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        ({"depth": 5}, ["page"]),
        ({}, []),
        ({"width": 32}, []),
        ({"depth": 5, "width": 32}, []),
        ({"depth": 5, "can_stay": False}, []),
    ],
)
def test_only_the_moved_control_has_changed(
    state: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    now: dict[str, Any],
    asked: list[str],
) -> None:
    found: list[str] = []
    monkeypatch.setattr(st, "rerun", found.append)
    done: list[int] = []
    staying.alone("depth", lambda: done.append(1))()
    assert (found, done) == ([], [1])
    state.update(now)
    staying.alone("depth")()
    assert found == asked


def test_without_the_fragment_all_is_drawn(
    state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_key: str) -> None:
        raise st.errors.StreamlitAPIException("no such fragment")

    monkeypatch.setattr(st, "rerun", refuse)
    state["depth"] = 5
    staying.alone("depth")()
    assert staying.is_sidebar_as_drawn()
