"""Links that people have kept since each version of links: what each meant, by hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "golden" / "bookmarks.json"


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One link.

    Attributes
    ----------
    link : str
        From behind the question mark.
    means : mapping of str to object
        Values in its experiment, by dotted names, as "layer.units" or "others.0.depth".
    shows : mapping of str to object
        Values of controls, by their labels.
    notices : int
        How many of its values cannot be used.
    """

    link: str
    means: Mapping[str, Any]
    shows: Mapping[str, Any]
    notices: int


VERSIONS: Mapping[str, tuple[Bookmark, ...]] = {
    version: tuple(Bookmark(**each) for each in kept)
    for version, kept in json.loads(_FILE.read_text("utf-8")).items()
}
"""By version: a set is added with each new one, and none is ever changed."""

BOOKMARKS = tuple(each for kept in VERSIONS.values() for each in kept)
