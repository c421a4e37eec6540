"""A question whose answer is a curve on a log axis."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dashboard.course.measures import Finding, Measure
from dashboard.course.points import CLOSE_SHARE, outside, points_of
from vscore._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Sketch:
    """A curve, given by powers of ten at some layers.

    Attributes
    ----------
    label, prompt, explanation : str
    measure : Measure
        Reads log10 of a magnitude at each of `places`.
    places : tuple of int
        Layers, from 1.
    low, high : int
        The least and the largest power of ten.
    reach : float
        Decades: how far off on average no points are left.
    axis : str
        What is sketched.
    flat, steep : str
        Said of a curve that changes too little, or too much, from the first place to the last.
    turned : str
        Said of one that goes the other way.
    shifted : str
        Said of one that changes as much as it should, and stands or bends elsewhere.
    unit : str
        What places count.
    """

    label: str
    prompt: str
    measure: Measure
    places: tuple[int, ...]
    low: int
    high: int
    reach: float
    axis: str
    explanation: str
    flat: str
    steep: str
    turned: str
    shifted: str
    unit: str = "layer"

    @property
    def powers(self) -> tuple[float, ...]:
        """What each place can be given: half powers of ten where they are few, else whole ones."""
        step = 0.5 if self.high - self.low <= 12 else 1.0
        return tuple(self.low + step * k for k in range(round((self.high - self.low) / step) + 1))

    @property
    def start(self) -> float:
        """Where every place stands before anything is sketched: 1, or what is nearest to it."""
        return min(self.powers, key=abs)

    def read(self, text: str) -> tuple[float, ...]:
        """The powers at each place.

        Raises
        ------
        ValueError
            If there are not as many, or one is not among `powers`.
        """
        by_text = {f"{power:g}": power for power in self.powers}
        parts = text.split("_")
        if len(parts) != len(self.places) or not set(parts) <= by_text.keys():
            raise ValueError(
                f"must be {len(self.places)} powers of ten from {self.low} to {self.high}, "
                "joined by _"
            )
        return tuple(by_text[part] for part in parts)

    def write(self, powers: Iterable[float]) -> str:
        """The text of a sketch."""
        return "_".join(f"{power:g}" for power in powers)

    def spelled(self, text: str) -> str:
        """An answer as `write` has it; raises as `read` does."""
        return self.write(self.read(text))

    def distances(self, powers: Iterable[float], found: Finding) -> FloatArray:
        """Decades off at each place, to the nearer of simulator and theory."""
        theory = found.mean if found.theory is None else found.theory
        triples = zip(powers, found.mean, theory, strict=True)
        return np.array([outside(p, [float(m), float(t)]) for p, m, t in triples])

    def points(self, text: str, found: Finding) -> int:
        """0 to `MOST_POINTS`, falling evenly with the mean distance."""
        far = float(self.distances(self.read(text), found).mean())
        return points_of(far, CLOSE_SHARE * self.reach, self.reach)

    def why(self, text: str, found: Finding) -> str:
        """What is wrong about the curve as a whole: its way, its slope, or where it stands."""
        powers = self.read(text)
        mine, true = powers[-1] - powers[0], float(found.mean[-1] - found.mean[0])
        if abs(mine - true) <= self.reach / 2:
            return self.shifted
        if mine * true < 0:
            return self.turned
        return self.flat if abs(mine) < abs(true) else self.steep
