"""More people than places."""

import asyncio
import re

from tests.faults.crowd import all_of, shown
from tests.faults.finding import Finding, Measure
from tests.faults.process import Server
from tests.faults.stage import Stage
from tests.visitors import Refused, Visitor

SECONDS = 5.0
"""In which a place that was left must be free."""


def crowding(stage: Stage, limit: int, more: int) -> Finding:
    """More come at once than there are places; then some leave, and as many come again."""
    with stage.fresh("--limit", str(limit)) as server:
        served, turned_away, unreadable, again, errors = asyncio.run(_crowd(server, limit, more))
    return Finding(
        (
            Measure("served", served, exactly=limit),
            Measure("turned away", turned_away, exactly=more),
            Measure("unreadable pages", len(unreadable), exactly=0),
            Measure("served when as many have left", again, exactly=more),
            Measure("errors", len(errors), exactly=0),
        ),
        (*unreadable[:3], *errors[:3]),
    )


async def _crowd(
    server: Server, limit: int, more: int
) -> tuple[int, int, list[str], int, list[str]]:
    everybody = [Visitor(server.url, f"v=1&depth=5&seed={n}") for n in range(limit + more)]
    found = await all_of([visitor.open() for visitor in everybody])
    inside = [each for each, failed in zip(everybody, found, strict=True) if failed is None]
    outside = [each for each, failed in zip(everybody, found, strict=True) if failed is not None]
    refused = [each for each in found if isinstance(each, Refused)]
    errors = [repr(each) for each in found if each is not None and each not in refused]
    unreadable = [str(each)[:200] for each in refused if not _is_readable(str(each))]
    for visitor in inside[:more]:
        await visitor.leave()
    later = await all_of([_come_again(visitor) for visitor in outside])
    errors += [repr(each) for each in later if each is not None] + shown(inside)
    await all_of([visitor.leave() for visitor in everybody])
    return len(inside), len(refused), unreadable, later.count(None), errors


def _is_readable(refusal: str) -> bool:
    """Whether it is a page that says what is the matter, with a status that says: later."""
    title = re.search(r"<title>[^<]*\bfull\b[^<]*</title>", refusal, re.IGNORECASE)
    return refusal.startswith("503 ") and title is not None


async def _come_again(visitor: Visitor) -> None:
    """Try until there is a place, as the waiting page does."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return await visitor.open()
            except Refused:
                await asyncio.sleep(0.25)
