"""One word of a link: a name, its value, and what goes without saying."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """One name and value of a link, the value that need not be written, and the group's head."""

    name: str
    text: str
    usual: str
    head: str = ""


def written(value: Any) -> str:
    """A value as a link holds it: 2, 0.5, 3x5, fan_in."""
    if isinstance(value, tuple):
        return "x".join(map(written, value))
    # + 0.0 makes -0.0 a 0: they are equal, so one is not written where the other is usual.
    return repr(value + 0.0).removesuffix(".0") if isinstance(value, float) else str(value)
