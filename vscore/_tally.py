"""What is counted of a block of weights: their powers, their extremes, the cells of a fine grid."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vscore._law import Density
from vscore._scratch import BLOCK, SPARE, PerThread
from vscore._typing import FloatArray

_SHOWN_STDS = 5.0
"""A histogram spans +-5 std where the law has no ends nearer: 6e-7 of a normal lies beyond."""

_CELLS = 1 << 14
"""Cells, at least, of the fine histogram behind the fit of a draw too large to sort."""

_RUN = 1 << 15
"""Weights of one sum; sums of runs are added one after another."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Running sums over blocks: powers of (w - mean) / std, extremes, cells of the fine grid."""

    powers: FloatArray
    low: float
    high: float
    cells: NDArray[np.int64]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.powers + other.powers,
            min(self.low, other.low),
            max(self.high, other.high),
            self.cells + other.cells,
        )


class _Space:
    """Working arrays of a tally."""

    def __init__(self) -> None:
        self.weights = np.empty(BLOCK, np.float32)
        self.doubles = np.empty((2, BLOCK))
        self.places = np.empty(BLOCK, np.intp)


_OWN = PerThread(_Space, deque(maxlen=SPARE))


def block_of(count: int) -> NDArray[np.float32]:
    """Room for so many weights, at most `BLOCK`: this thread's own, until it asks again."""
    return _OWN.arrays.weights[:count]


def grid_of(density: Density, bars: int) -> FloatArray:
    """Edges of the fine grid: every bar of the histogram is a whole number of its cells."""
    if density.std == 0:
        half = max(abs(density.mean), 1.0) / 2  # a constant: any grid about it will do
    else:
        half = min(density.distribution.half_width, _SHOWN_STDS) * unit_of(density)
    cells = bars * -(-_CELLS // bars)
    return np.linspace(density.mean - half, density.mean + half, cells + 1)


def unit_of(density: Density) -> float:
    """What weights are measured in: the std, or float32's spacing where a law is narrower."""
    return max(density.std, 2.0**-24 * abs(density.mean), 2.0**-149)


def tally(weights: NDArray[np.float32], density: Density, grid: FloatArray) -> Tally:
    """The tally of so many weights as a block has, at most."""
    cells = len(grid) - 1
    # Where the law ends at the grid's ends, nothing lies beyond but rounding.
    beyond = density.distribution.half_width > _SHOWN_STDS
    low, high = (0, cells + 1) if beyond else (1, cells)
    unit, fine = unit_of(density), cells / (grid[-1] - grid[0])
    space = _OWN.arrays
    scaled, square = space.doubles[:, : weights.size]
    np.subtract(weights, density.mean, out=scaled, dtype=np.float64)
    scaled *= 1 / unit
    np.multiply(scaled, scaled, out=square)
    powers = _powers(scaled, square)
    scaled *= unit * fine
    scaled += (density.mean - grid[0]) * fine + 1
    np.clip(scaled, low, high, out=scaled)
    places = space.places[: weights.size]
    np.copyto(places, scaled, casting="unsafe")  # rounds down, since all are positive
    counts = np.bincount(places, minlength=cells + 2)
    return Tally(powers, float(weights.min()), float(weights.max()), counts)


def _powers(x: FloatArray, square: FloatArray) -> FloatArray:
    """The sums of x, x^2, x^3 and x^4; the runs of a block in one call."""
    powers, whole = np.zeros(4), x.size - x.size % _RUN
    for part, shape in ((slice(whole), (-1, _RUN)), (slice(whole, None), (1, -1))):
        first, second = x[part].reshape(shape), square[part].reshape(shape)
        sums = first.sum(1), second.sum(1), np.vecdot(first, second), np.vecdot(second, second)
        for run in np.stack(sums, axis=1):
            powers += run
    return powers
