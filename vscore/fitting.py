"""Do these weights agree with that law? Two tests, and how many weights they need to tell."""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.distributions import DISTRIBUTIONS, Density, Distribution
from vscore.parameters import check_choice

FEWEST = 20
"""Fewer weights than this are not tested: chi-square needs two bins of ten."""

_MOST_BINS = 100
_FEW = 1 << 14
"""Weights that take no time worth saving."""

_NARROW = 1e-30
"""A std whose inverse float32 may not hold."""

_MISPLACED = 8
"""Weights that rounding may have put into the cell beside theirs, at most."""

_KS_AT_5_PERCENT = 1.3580986
"""The point that sqrt(n) D passes once in twenty: scipy.special.kolmogi(0.05)."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Two tests of a sample against an exact law.

    Attributes
    ----------
    ks : float
        Largest distance between the empirical and the exact cdf.
    ks_p : float
        Chance that a right sampler gives a distance at least as large.
    chi2 : float
        Sum over bins of (observed - expected)^2 / expected.
    chi2_bins : int
        Bins, of equal probability as nearly as the fine grid allows.
    chi2_p : float
        Chance that a right sampler gives a sum at least as large.
    """

    ks: float
    ks_p: float
    chi2: float
    chi2_bins: int
    chi2_p: float

    @property
    def p(self) -> float:
        """The smaller p-value, doubled for having looked twice (Bonferroni), at most 1."""
        return min(1.0, 2 * min(self.ks_p, self.chi2_p))


def fit(
    density: Density,
    grid: FloatArray,
    cells: NDArray[np.int64],
    weights: NDArray[np.float32] | None = None,
) -> Fit:
    """Both tests, from a fine histogram and, where they are at hand, the weights.

    Parameters
    ----------
    density : Density
    grid : ndarray, shape (n + 1,)
        Edges of the fine histogram.
    cells : ndarray of int64, shape (n + 2,)
        Weights below the grid, in each of its cells, above it.
    weights : ndarray, optional
        Given them, the KS distance is exact; else it is the largest at an edge, too small by at
        most the likeliest cell's probability.
    """
    shares = np.concatenate([[0.0], density.cdf(grid), [1.0]])
    below = np.concatenate([[0], np.cumsum(cells)])
    count = int(below[-1])
    distance = float(np.abs(below / count - shares).max())
    if weights is not None:
        distance = _exact_distance(density, weights.ravel(), grid, below, shares)
    edges = _equal_edges(shares, count)
    chi2 = _chi2(np.diff(below[edges]), count * np.diff(shares[edges]))
    bins = len(edges) - 1
    return Fit(distance, ks_p(distance, count), chi2, bins, _chi2_p(chi2, bins - 1))


def ks_p(distance: float, count: int) -> float:
    """The two-sided Kolmogorov-Smirnov p-value (Stephens 1970's correction for finite n)."""
    from scipy.special import kolmogorov

    root = sqrt(count)
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def sup_distance(first: Distribution, second: Distribution) -> float:
    """Largest distance between the cdfs of two laws of variance 1."""
    x = np.linspace(-6, 6, 240_001)
    laws = (Density(first, 0.0, 1.0), Density(second, 0.0, 1.0))
    return float(np.abs(laws[0].cdf(x) - laws[1].cdf(x)).max())


@lru_cache
def weights_to_tell(law: str) -> tuple[str, int]:
    """The law nearest to this one at equal variance, and the weights it takes to tell them apart.

    Returns
    -------
    name : str
        A key of `DISTRIBUTIONS`.
    count : int
        Where the 5 % critical value of Kolmogorov-Smirnov equals the distance between the two
        laws. That many tell them apart 19 times in 20 at the 5 % level, half as many 2 times
        in 3 (simulated); three times as many always.

    Raises
    ------
    ValueError
        If `law` is no key of `DISTRIBUTIONS`.
    """
    check_choice("law", law, DISTRIBUTIONS)
    distances = {
        name: sup_distance(DISTRIBUTIONS[law], other)
        for name, other in DISTRIBUTIONS.items()
        if name != law
    }
    nearest = min(distances, key=distances.__getitem__)
    return nearest, round((_KS_AT_5_PERCENT / distances[nearest]) ** 2)


def _exact_distance(
    density: Density,
    weights: NDArray[np.float32],
    grid: FloatArray,
    below: NDArray[np.int64],
    shares: FloatArray,
) -> float:
    """The largest distance at a weight, of which only those are looked at where it may be.

    Inside a cell the two cdfs are farther apart than at its ends by at most its mass, so most
    cells need no looking into: putting all weights in order takes ten times as long.
    """
    count = weights.size
    # About another mean the float32 grid is coarse, and many weights may share an edge.
    if count < _FEW or density.mean != 0 or density.std < _NARROW:
        return _distance_at(density, np.sort(weights), np.arange(count), count)
    slack = _MISPLACED / count
    bounds = np.maximum(below[1:] / count - shares[:-1], shares[1:] - below[:-1] / count) + slack
    looked_into = bounds >= np.abs(below / count - shares).max() - slack
    looked_into[1:] |= looked_into[:-1].copy()  # rounding puts some into the cell beside theirs
    looked_into[:-1] |= looked_into[1:].copy()
    cells = _cells_of(weights, grid)
    passed_over = np.cumsum(np.where(looked_into, 0, np.bincount(cells, minlength=len(bounds))))
    ordered = np.sort(weights.compress(looked_into.take(cells)))
    places = np.arange(ordered.size) + passed_over[_cells_of(ordered, grid)]
    return _distance_at(density, ordered, places, count)


def _cells_of(weights: NDArray[np.float32], grid: FloatArray) -> NDArray[np.intp]:
    """Each weight's cell, but for rounding: a larger weight is never in a lower one."""
    cells = len(grid) - 1
    fine = cells / (grid[-1] - grid[0])
    scaled = weights * np.float32(fine)
    scaled += np.float32(1 - grid[0] * fine)
    np.clip(scaled, 0, cells + 1, out=scaled)
    return scaled.astype(np.intp)


def _distance_at(
    density: Density, ordered: NDArray[np.float32], places: NDArray[np.int64], count: int
) -> float:
    """The largest distance at these of so many weights, whose places in the order are given."""
    shares = density.cdf(ordered)
    return float(max(((places + 1) / count - shares).max(), (shares - places / count).max()))


def _equal_edges(shares: FloatArray, count: int) -> NDArray[np.intp]:
    """Edges of the fine grid that are nearest to equal shares, each once."""
    bins = min(_MOST_BINS, count // 10)
    inner = np.searchsorted(shares, np.arange(1, bins) / bins)
    return np.unique(np.concatenate([[0], inner, [len(shares) - 1]]))


def _chi2(observed: NDArray[np.int64], expected: FloatArray) -> float:
    return float((np.square(observed - expected) / expected).sum())


def _chi2_p(chi2: float, degrees: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, chi2))
