"""What a row of the table is: a number, what it is of, and what is wanted of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.timing import Measured, shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bounds on a number."""

    most: float
    unit: str
    least: float = -math.inf

    def holds(self, number: float) -> bool:
        return self.least <= number <= self.most

    def __str__(self) -> str:
        if self.most == math.inf:
            return f"at least {shown(self.least)} {self.unit}"
        from_least = "at most" if self.least == -math.inf else f"{shown(self.least)} to"
        return f"{from_least} {shown(self.most)} {self.unit}"


def as_fast(bound: float) -> Wanted:
    """The other's time over ours."""
    return Wanted(math.inf, "times as fast", least=bound)


def its_time(bound: float) -> Wanted:
    """Our time over the other's."""
    return Wanted(bound, "times its time")


class Absent(Exception):
    """What a row needs is not installed; the message names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name : str
        How it is asked for: its group, a slash, which of the group.
    what, against : str
    wanted : Wanted
    measure : callable
        Takes its time; raises `Absent` where something is not installed.
    """

    name: str
    what: str
    against: str
    wanted: Wanted
    measure: Callable[[], Measured]

    def chosen_by(self, names: list[str]) -> bool:
        """Whether its name, or its group's, is among these; all are where none is given."""
        return not names or self.name in names or self.name.partition("/")[0] in names

    def line(self) -> str:
        """The row in Markdown, measured."""
        try:
            found = self.measure()
        except Absent as absent:
            return self._cells(f"not measured: {absent}", "")
        return self._cells(str(found), "yes" if self.wanted.holds(found.median) else "**no**")

    def _cells(self, measured: str, holds: str) -> str:
        cells = (f"`{self.name}`", self.what, self.against, str(self.wanted), measured, holds)
        return f"| {' | '.join(cells)} |"


HEAD = """\
| row | what | against | wanted | measured, median (from, to) | holds |
|---|---|---|---|---|---|"""
