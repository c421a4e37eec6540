"""Old links still mean what they meant."""

from functools import reduce
from typing import Any

import pytest

from dashboard.links import VERSION, parse
from tests.bookmarks import BOOKMARKS, VERSIONS, Bookmark


def value(holder: Any, name: str) -> Any:
    """A part of an experiment by its dotted name; tuples as JSON has them."""
    found = reduce(
        lambda part, step: part[int(step)] if step.isdigit() else getattr(part, step),
        name.split("."),
        holder,
    )
    return list(found) if isinstance(found, tuple) else found


@pytest.mark.parametrize("bookmark", BOOKMARKS, ids=lambda each: each.link or "no link")
def test_bookmark(bookmark: Bookmark) -> None:
    experiment, notices = parse(bookmark.link)
    assert {name: value(experiment, name) for name in bookmark.means} == bookmark.means
    assert len(notices) == bookmark.notices


def test_every_version_has_its_set() -> None:
    assert sorted(VERSIONS) == [str(n) for n in range(1, int(VERSION) + 1)]
    assert all(len(kept) >= 10 for kept in VERSIONS.values())
