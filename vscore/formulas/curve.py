"""A parsed formula as a function on all numbers: finite everywhere, without warnings."""

from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray, FloatArray
from vscore.formulas.kinks import END
from vscore.formulas.tree import Node, slope, value

_REACHES = (2.0**40, 2.0**20, 2.0**13, 2.0**9, 2.0**6, END)
"""How far out a formula may be followed."""

_TAME = 2.0**60
"""A formula is followed no further than to values and slopes of this size: a later layer can still
multiply them in float32."""

_LARGEST = 1e38
"""float32 holds it."""

_FLAT = 1e-9
"""A slope at the end this near to a whole number goes to it; values this small against the reach
are those of a bounded, or nearly bounded, formula."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A tree followed as far as it is finite, and beyond by its tangents.

    Attributes
    ----------
    tree : Node
    reach : float
        The formula holds on [-reach, reach]; at least 40.
    ends : pair of float
        Its values at -reach and at reach.
    slopes : pair of float
        Its slopes there.
    """

    tree: Node
    reach: float
    ends: tuple[float, float]
    slopes: tuple[float, float]

    def value(self, z: AnyArray, out: AnyArray | None) -> AnyArray:
        """phi(z), computed in float64, in z's dtype."""
        x = self._within(z)
        result = value(self.tree, x)
        if self._leaves(z):
            with np.errstate(over="ignore"):
                rest = z.astype(np.float64) - x
                slopes = np.where(rest < 0, *self.slopes)
                result = np.clip(result + slopes * rest, -_LARGEST, _LARGEST)
        return _written(result, z, out)

    def derivative(self, z: AnyArray, out: AnyArray | None) -> AnyArray:
        """phi'(z), computed in float64, in z's dtype."""
        result = slope(self.tree, self._within(z))
        if self._leaves(z):
            result = np.where(z < -self.reach, self.slopes[0], result)
            result = np.where(z > self.reach, self.slopes[1], result)
        return _written(result, z, out)

    def _within(self, z: AnyArray) -> FloatArray:
        return np.clip(z.astype(np.float64), -self.reach, self.reach)

    def _leaves(self, z: AnyArray) -> bool:
        return bool(z.size and (z.max() > self.reach or z.min() < -self.reach))


def curve_of(tree: Node) -> Curve:
    """The tree, followed as far as it can be."""
    reach = next(each for each in _REACHES if each == END or _holds(tree, each))
    ends = np.array([-reach, reach])
    low, high = value(tree, ends).tolist()
    left, right = slope(tree, ends).tolist()
    slopes = _limit(left, low / reach), _limit(right, high / reach)
    return Curve(tree, reach, (low, high), slopes)


def _holds(tree: Node, reach: float) -> bool:
    steps = np.geomspace(END, reach, 40)
    points = np.concatenate([-steps, steps])
    both = np.stack([value(tree, points), slope(tree, points)])
    return bool(np.all(np.abs(both) <= _TAME))


def _limit(end: float, share: float) -> float:
    """The slope to go on with: 0 for a bounded formula, which may swing as sin does."""
    nearest = 0 if abs(share) < _FLAT else round(end)
    return float(nearest) if abs(end - nearest) < _FLAT or abs(share) < _FLAT else end


def _written(result: FloatArray, z: AnyArray, out: AnyArray | None) -> AnyArray:
    target = np.empty_like(z) if out is None else out
    with np.errstate(over="ignore", under="ignore"):
        np.copyto(target, result, casting="same_kind")
    return target
