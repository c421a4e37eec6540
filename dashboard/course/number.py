"""A question whose answer is a number that is typed."""

import re
from dataclasses import dataclass
from math import inf, log10

from dashboard.course.measures import Finding, Measure
from dashboard.course.points import (
    CLOSE_FACTOR,
    CLOSE_SHARE,
    MOST_POINTS,
    SLIP_POINTS,
    outside,
    points_of,
)

_SAME = 0.03
"""An answer is a slip's if it is within 3 % of it."""

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?(e-?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slip:
    """A wrong answer that people give, and how they come to it."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is typed.

    Attributes
    ----------
    label : str
        What is asked for, in a few words; also the control's name.
    prompt : str
        Markdown.
    measure : Measure
    low, high : float
        What may be typed.
    reach : float
        Where no points are left: a factor above 1 if `by_factor`, else a difference.
    explanation : str
        Markdown, shown with the answer.
    by_factor : bool
        Whether 2 is as far from 1 as 0.5 is.
    slips : tuple of Slip
    chart : bool
        Whether what was measured is drawn.
    """

    label: str
    prompt: str
    measure: Measure
    low: float
    high: float
    reach: float
    explanation: str
    by_factor: bool = True
    slips: tuple[Slip, ...] = ()
    chart: bool = False

    def __post_init__(self) -> None:
        if self.by_factor and not (self.low > 0 and self.reach > 1):
            raise ValueError(
                f"reach must be a factor above 1, and low above 0, where factors count; "
                f"got reach={self.reach}, low={self.low}. Give by_factor=False for differences"
            )

    def read(self, text: str) -> float:
        """The number that a text spells.

        Raises
        ------
        ValueError
            If it is none, or not between `low` and `high`.
        """
        if not _NUMBER.fullmatch(text):
            raise ValueError("must be a number")
        value = float(text)
        if not self.low <= value <= self.high:
            raise ValueError(f"must be from {self.low:g} to {self.high:g}")
        return value

    def write(self, value: float) -> str:
        """The text of a number, six digits."""
        return f"{value + 0.0:.6g}".replace("e+", "e")  # no -0

    def spelled(self, text: str) -> str:
        """An answer as `write` has it; raises as `read` does."""
        return self.write(self.read(text))

    def distance(self, answer: float, found: Finding) -> float:
        """How far from the nearer of simulator and theory; 0 between them.

        As log10 of the factor where factors count.
        """
        ends = [float(found.mean[0])]
        ends += [] if found.theory is None else [float(found.theory[0])]
        if not self.by_factor:
            return outside(answer, ends)
        return outside(log10(answer), [log10(end) if end > 0 else -inf for end in ends])

    def points(self, text: str, found: Finding) -> int:
        """0 to `MOST_POINTS`, falling evenly with the distance; for a slip, half at most."""
        far = self.distance(self.read(text), found)
        reach = log10(self.reach) if self.by_factor else self.reach
        close = log10(CLOSE_FACTOR) if self.by_factor else CLOSE_SHARE * self.reach
        points = points_of(far, close, reach)
        wrong = points < MOST_POINTS and self.slip(text)
        return min(points, SLIP_POINTS) if wrong else points

    def why(self, text: str, found: Finding) -> str:
        """How people come to this answer, where it is a known slip; else ""."""
        del found
        return self.slip(text)

    def slip(self, text: str) -> str:
        """What is said of this answer, where it is a known slip; else ""."""
        value = self.read(text)
        near = (s for s in self.slips if abs(value - s.value) <= _SAME * max(abs(s.value), 1e-9))
        return next((slip.words for slip in near), "")
