"""Draws too large to hold: histogram, moments and goodness of fit, one block at a time.

`sample(initializer, shape)` sees the same weights as `initializer(shape)`, bit for bit, and keeps
a block a thread of them: a kernel of 10^9 weights passes in tens of megabytes.
"""

import operator
from dataclasses import dataclass
from functools import reduce
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from vscore._blas import one_blas_thread
from vscore._scratch import BLOCK
from vscore._streams import Stream, blocks
from vscore._tally import Tally, block_of, grid_of, tally, unit_of
from vscore._typing import Check, FloatArray, Shape
from vscore._workers import Monitor, map_in_order
from vscore.distributions import Density
from vscore.fans import Fans
from vscore.fitting import FEWEST, Fit, fit
from vscore.initializers import Initializer, fill_block, size_of
from vscore.parameters import Parameter, check_shape

_BINS = Parameter("bins", "Bins", "Bars of the histogram.", 80, 2, 4096, (10, 200))


@dataclass(frozen=True, slots=True, eq=False)
class WeightSample:
    """What one draw of a kernel looks like.

    Attributes
    ----------
    initializer : Initializer
    shape : tuple of int
    fans : Fans
        As the initializer reads them.
    density : Density
        The exact law of one weight; std 0 for a constant.
    seed : int
        The seed of the draw.
    count : int
        Number of weights.
    mean, variance, skewness, kurtosis : float
        Moments of the drawn weights in float64, about their own mean, without the n - 1
        correction; kurtosis is 3 for a normal. Skewness and kurtosis are 0 for a constant.
    minimum, maximum : float
    edges : ndarray, shape (bins + 1,)
        Ends of the histogram's bars, in units of weight.
    counts : ndarray of int64, shape (bins,)
        Weights in each bar, [left, right), the last one closed.
    outside : int
        Weights beyond the first and last edge.
    fit : Fit or None
        How well the weights agree with the density; None where that is no question: a constant,
        an orthogonal matrix (its entries depend on each other), fewer than 20 weights, a law
        narrower than float32's spacing.
    """

    initializer: Initializer
    shape: Shape
    fans: Fans
    density: Density
    seed: int
    count: int
    mean: float
    variance: float
    skewness: float
    kurtosis: float
    minimum: float
    maximum: float
    edges: FloatArray
    counts: NDArray[np.int64]
    outside: int
    fit: Fit | None

    @property
    def std(self) -> float:
        """Standard deviation of the drawn weights."""
        return sqrt(self.variance)

    @property
    def std_error(self) -> float:
        """Standard error that chance gives `std`: std sqrt((kurtosis - 1) / n) / 2.

        From the exact law, for independent weights; 0 for a constant.
        """
        if self.density.std == 0:
            return 0.0
        return self.density.std * sqrt((self.density.kurtosis - 1) / self.count) / 2

    @property
    def heights(self) -> FloatArray:
        """The bars as a density, per unit of weight, shape (bins,)."""
        return self.counts / (self.count * np.diff(self.edges))


def sample(
    initializer: Initializer,
    shape: Shape,
    *,
    bins: int = 80,
    threads: int | None = None,
    check: Check | None = None,
) -> WeightSample:
    """Histogram, moments and fit of the weights that `initializer(shape)` gives.

    Parameters
    ----------
    initializer : Initializer
    shape : tuple of int
        Keras' layout.
    bins : int, default 80
        Bars of the histogram, 2 to 4096, over the law's support, or +-5 std if that is wider.
    threads : int, optional
        One a core if not given. The result does not depend on it.
    check : callable, optional
        Called at least every 20 ms of work on one thread; may raise to cancel.

    Returns
    -------
    WeightSample

    Raises
    ------
    ValueError
        If bins, threads or the shape are out of their domains.

    Notes
    -----
    Memory: about 13 MiB a thread for independent weights, whatever the shape. An orthogonal matrix
    is drawn whole.
    """
    bars = _BINS.check_int(bins)
    sizes = check_shape(shape)
    density = initializer.density(initializer.fans(sizes))
    stream = Stream(initializer.settled_seed())
    grid = grid_of(density, bars)
    parts = blocks(size_of(sizes))
    held = _held(initializer, sizes, stream, threads, check)

    def tally_block(index: int) -> Tally:
        part = parts[index]
        if held is not None:
            return tally(held[part], density, grid)
        weights = block_of(part.stop - part.start)
        fill_block(density, stream, index, weights)
        return tally(weights, density, grid)

    with one_blas_thread():  # BLAS would wake a thread for every dot product
        tallies = map_in_order(tally_block, len(parts), threads, Monitor(check), brief=True)
        total = reduce(operator.add, tallies)
    return _summary(initializer, sizes, stream.seed, bars, grid, total, held)


def _held(
    initializer: Initializer,
    shape: Shape,
    stream: Stream,
    threads: int | None,
    check: Check | None,
) -> NDArray[np.float32] | None:
    """The weights themselves where they fit a block, or can only be drawn together."""
    if size_of(shape) > BLOCK and initializer.blockwise:
        return None
    return initializer.draw(shape, stream, threads=threads, check=check).ravel()


def _summary(
    initializer: Initializer,
    shape: Shape,
    seed: int,
    bars: int,
    grid: FloatArray,
    total: Tally,
    held: NDArray[np.float32] | None,
) -> WeightSample:
    fans = initializer.fans(shape)
    density = initializer.density(fans)
    count = size_of(shape)
    mean, variance, skewness, kurtosis = _moments(total.powers / count)
    step = (len(grid) - 1) // bars
    unit = unit_of(density)
    testable = initializer.independent and density.std == unit and count >= FEWEST
    return WeightSample(
        initializer=initializer,
        shape=shape,
        fans=fans,
        density=density,
        seed=seed,
        count=count,
        mean=density.mean + unit * mean,
        variance=unit**2 * variance,
        skewness=skewness,
        kurtosis=kurtosis,
        minimum=total.low,
        maximum=total.high,
        edges=grid[::step].copy(),  # a view would keep all of the grid
        counts=total.cells[1:-1].reshape(bars, step).sum(axis=1),
        outside=int(total.cells[0] + total.cells[-1]),
        fit=fit(density, grid, total.cells, held) if testable else None,
    )


def _moments(raw: FloatArray) -> tuple[float, float, float, float]:
    """Mean, variance, skewness and kurtosis from the first four raw moments of scaled weights."""
    m1, m2, m3, m4 = (float(moment) for moment in raw)
    variance = max(m2 - m1 * m1, 0.0)
    if variance == 0:
        return m1, 0.0, 0.0, 0.0
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return m1, variance, third / variance**1.5, fourth / variance**2
