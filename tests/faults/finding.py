"""What a row found: measures, each with what is wanted of it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Measure:
    """One number, and how large or small it may be.

    Attributes
    ----------
    what : str
        As "P95", before the number.
    value : float
    unit : str
        As "s", after it.
    below : float or None
        The value must be less; None where there is no such limit.
    least : float or None
        The value must be at least this.
    exactly : float or None
    """

    what: str
    value: float
    unit: str = ""
    below: float | None = None
    least: float | None = None
    exactly: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is as wanted; NaN never is."""
        return (
            self.value == self.value
            and (self.below is None or self.value < self.below)
            and (self.least is None or self.value >= self.least)
            and (self.exactly is None or self.value == self.exactly)
        )

    def relaxed(self, slack: float) -> "Measure":
        """The same with an upper limit in seconds that many times as large."""
        if self.unit != "s" or self.below is None:
            return self
        return replace(self, below=self.below * slack)

    @property
    def figure(self) -> str:
        """The number in words."""
        return f"{self.what} {_short(self.value)}{self._unit}"

    @property
    def wanted(self) -> str:
        """What it should be, in words."""
        limits = (("<", self.below), ("≥", self.least), ("", self.exactly))
        texts = [f"{sign} {_short(limit)}".strip() for sign, limit in limits if limit is not None]
        return f"{' and '.join(texts)}{self._unit}"

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a row has measured.

    Attributes
    ----------
    measures : tuple of Measure
    remarks : tuple of str
        What went wrong, in words, for whom mends it.
    """

    measures: tuple[Measure, ...]
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every measure does."""
        return all(measure.holds for measure in self.measures)

    def relaxed(self, slack: float) -> "Finding":
        """The same with upper limits in seconds that many times as large."""
        return replace(self, measures=tuple(each.relaxed(slack) for each in self.measures))

    @property
    def figure(self) -> str:
        """All numbers."""
        return ", ".join(measure.figure for measure in self.measures)

    @property
    def wanted(self) -> str:
        """All limits, in the same order."""
        return ", ".join(measure.wanted for measure in self.measures)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed, NaN of none; 95 of one hundred: the 95th."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _short(value: float) -> str:
    """Three digits, or more where they stand before the point."""
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"
