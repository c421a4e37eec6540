"""What pages show of networks that end, and of links that are old."""

import asyncio
import math
import re
from typing import Any

import numpy as np

from tests.bookmarks import BOOKMARKS, Bookmark
from tests.faults.crowd import all_of
from tests.faults.finding import Finding, Measure
from tests.faults.stage import Stage
from tests.visitors import Page, visit
from vscore.activations import ACTIVATIONS

DEPTH, WIDTH, BATCH = 100, 16, 16
LOG10_FLOAT32 = math.log10(3.4028234663852886e38)

SCALES = ("0.01", "100")
"""Both ends of the control."""

NOT_USED = re.compile("Not used: |[0-9]+ values could not be used:")
"""How a notice begins."""

AT_ONCE = 6


def extremes(stage: Stage) -> Finding:
    """Every activation at full depth, from the smallest scale to the largest."""
    links = [
        f"v=1&depth={DEPTH}&width={WIDTH}&networks=1&init=variance_scaling&scale={scale}&act={kind}"
        for kind in ACTIVATIONS
        for scale in SCALES
    ]
    pages = asyncio.run(_opened(stage.server.url, links))
    wrong = {link: why for link, page in zip(links, pages, strict=True) if (why := amiss(page))}
    named = sum(isinstance(page, Page) and _named_layer(page) is not None for page in pages)
    return Finding(
        (
            Measure("pages", len(pages), exactly=len(ACTIVATIONS) * len(SCALES)),
            Measure("amiss", len(wrong), exactly=0),
            Measure("overflows named", named, least=5),
        ),
        tuple(f"{link}: {why}" for link, why in list(wrong.items())[:5]),
    )


async def _opened(url: str, links: list[str]) -> list[Page | BaseException]:
    """The pages, a few at a time."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(link: str) -> Page:
        async with free, visit(url, link) as visitor:
            return visitor.page

    return await all_of([one(link) for link in links])


def amiss(page: Page | BaseException) -> str:
    """What is wrong with the page of an extreme network; nothing on a good one."""
    if isinstance(page, BaseException):
        return repr(page)
    if page.errors:
        return page.errors[0]
    if not any(box.startswith("**") for box in page.boxes):
        return "there is no verdict"
    figure = page.charts[1]
    told = " ".join(note["text"] for note in figure["layout"]["annotations"])
    for what, axis in (("signal", "y"), ("gradient", "y2")):
        drawn = _measured(figure, axis)
        gone = DEPTH - int(np.isfinite(drawn).sum())
        if gone and f"the {what} is exactly 0 in {gone} of {DEPTH} layers" not in told:
            return f"{gone} layers of the {what} are gone without a word"
    return _misplaced(_measured(figure, "y"), _named_layer(page))


def _measured(figure: Any, axis: str) -> Any:
    """log10 of the mean squares, a number a drawn layer."""
    (trace,) = [t for t in figure["data"] if t.get("name") == "measured" and t["yaxis"] == axis]
    return np.asarray(trace["y"], np.float64)


def _named_layer(page: Page) -> int | None:
    """Where the page says that float32 ends, from 1."""
    found = re.search(r"Float32 overflows at layer (\d+)", " ".join(page.boxes))
    return int(found.group(1)) if found else None


def _misplaced(log10_q: Any, named: int | None) -> str:
    """Whether the named layer cannot be the first whose largest number is beyond float32.

    The largest square of a layer lies between the mean square and the sum of all squares.
    """
    surely = np.flatnonzero(log10_q > 2 * LOG10_FLOAT32)
    maybe = np.flatnonzero(log10_q + math.log10(WIDTH * BATCH) > 2 * LOG10_FLOAT32)
    if named is None:
        return f"float32 ends at layer {surely[0] + 1}, unsaid" if surely.size else ""
    latest = surely[0] + 1 if surely.size else DEPTH
    if not maybe.size or not maybe[0] + 1 <= named <= latest:
        return f"float32 does not end at layer {named}"
    return ""


def bookmarks(stage: Stage) -> Finding:
    """Links that people have kept, of every version of links there was."""
    pages = asyncio.run(_opened(stage.server.url, [each.link for each in BOOKMARKS]))
    wrong = [
        f"{kept.link}: {why}"
        for kept, page in zip(BOOKMARKS, pages, strict=True)
        if (why := _changed(kept, page))
    ]
    return Finding(
        (Measure("links", len(BOOKMARKS), least=10), Measure("changed", len(wrong), exactly=0)),
        tuple(wrong[:5]),
    )


def _changed(kept: Bookmark, page: Page | BaseException) -> str:
    """In what a kept link's page differs from what it was; nothing if it does not."""
    if isinstance(page, BaseException):
        return repr(page)
    shown = {label: page.inputs.get(label) for label in kept.shows}
    if page.errors or shown != kept.shows:
        return f"{page.errors or shown}"
    told = [box for box in page.boxes if NOT_USED.match(box)]
    return "" if bool(told) == bool(kept.notices) else f"notices: {told}"
