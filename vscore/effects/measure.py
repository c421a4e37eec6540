"""One kernel applied to N(0, 1) inputs: the mean square of what comes out, and its error.

A few images (or vectors) meet a few outputs, each with all that it sums. So the largest layer
takes about the work of a small one, and what is measured has the law that it has in the layer.
"""

import math
from dataclasses import dataclass

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray, Check, FloatArray, Shape
from vscore.effects.draw import Law, draw_part, normal
from vscore.effects.geometry import Geometry
from vscore.effects.maps import gather, spread
from vscore.layers import Kernel
from vscore.layers.raw import Role

_NUMBERS_AN_INPUT = 1 << 11
"""Numbers drawn a direction, for each input asked for: 64 inputs take about 5 ms."""
_FEWEST, _FEW = 4, 16
"""Rows and columns of a table from which an error can be read at all, and well enough."""
_MANY = 1 << 21
"""Numbers drawn a direction where `_FEW` rows and columns take more than were meant."""
_MOST = 1 << 26
"""Numbers held a direction: 256 MiB."""
_TARGETS = {0: 1, 1: 8, 2: 3, 3: 2}
"""Output positions looked at along each axis, by the number of axes, for each stride."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean square over outputs, beside the exact expectation.

    Attributes
    ----------
    value : float
        Mean square over all numbers looked at.
    error : float
        Its standard error, from the spread over inputs and over units.
    predicted : float
        E w^2 times the products summed into one number, a mean over positions.
    inputs, units : int
        Independent inputs, and independent output units (or input units, for a gradient).
    """

    value: float
    error: float
    predicted: float
    inputs: int
    units: int

    @property
    def deviation(self) -> float:
        """(value - predicted) / error; 0 where they are equal."""
        difference = self.value - self.predicted
        return difference / self.error if difference else 0.0


@dataclass(frozen=True, slots=True)
class _Pass:
    """One direction through a kernel.

    Attributes
    ----------
    source, target : {"in", "out"}
        What is summed over, and of what a part is enough.
    spreads : bool
        Whether sources are spread over the window instead of gathered.
    image, targets : tuple of int
        Positions along each axis that come in, and that are looked at.
    """

    geometry: Geometry
    source: Role
    target: Role
    spreads: bool
    image: Shape
    targets: Shape

    @property
    def products(self) -> float:
        """Products summed into one target, a mean over positions."""
        taps = self.geometry.count("tap") / (self.geometry.positions if self.spreads else 1)
        return 1 if self.geometry.lookup else taps * self.geometry.count(self.source)


def measure(
    kernel: Kernel,
    geometry: Geometry,
    law: Law,
    inputs: int,
    stream: Stream,
    *,
    forward: bool = True,
    check: Check | None = None,
) -> Measured:
    """The mean square of a kernel's outputs, or of the gradient at its inputs.

    Parameters
    ----------
    inputs : int
        At most so many independent N(0, 1) inputs, and about as many units; fewer where a unit
        sums very many.
    forward : bool
        False: N(0, 1) numbers at the outputs, and the gradient that they make at the inputs.

    Raises
    ------
    ValueError
        If even the fewest outputs would take more memory than is allowed.
    """
    way = _pass(geometry, forward)
    blocks = min(geometry.count("block"), inputs, max(4, 64 // geometry.count(way.source)))
    count = _count(kernel, way, blocks, inputs)
    if geometry.lookup:
        count = min(inputs, max(_FEW, count))
    rows = min(count, geometry.count("in")) if geometry.lookup else count
    part = _part(way, blocks, -(-count // blocks), rows)
    units = Geometry(part, geometry.roles)
    draws = -(-count // (units.count("block") * units.count(way.target)))
    weights = _weights(kernel, way, law, part, draws, stream.child(0), check)
    sources = _sources(way, weights, rows, stream.child(1), check)
    apply = spread if way.spreads else gather
    found = apply(sources, weights, geometry.strides, way.targets, check)
    table = _mean_squares(found)
    value = float(table.mean())
    predicted = law.second_moment * way.products
    return Measured(value, standard_error(table), predicted, *table.shape)


def standard_error(table: FloatArray) -> float:
    """The standard error of the mean of a table of inputs by units.

    Parameters
    ----------
    table : ndarray, shape (inputs, units)
        Entries that share neither input nor unit are not correlated; others may be.

    Notes
    -----
    The two-way analysis of variance: with mean squares M of rows, columns and the rest, the
    expectation of (M_rows + M_columns - M_rest) / size is exactly the variance of the mean.
    Either component is left out where there is one row or one column.
    """
    rows, columns = table.shape
    centred = table - table.mean()
    by_row, by_column = centred.mean(1), centred.mean(0)
    rest = centred - by_row[:, None] - by_column
    freedom = (rows - 1, columns - 1, (rows - 1) * (columns - 1))
    sums = (columns * by_row @ by_row, rows * by_column @ by_column, (rest * rest).sum())
    row, column, noise = (s / f if f else 0.0 for s, f in zip(sums, freedom, strict=True))
    return math.sqrt(max(row + column - noise, row, column) / table.size)


def _pass(geometry: Geometry, forward: bool) -> _Pass:
    """The direction, on the smallest image that no window meets twice at one position."""
    spreads = forward == geometry.transposed
    few = _TARGETS.get(len(geometry.strides), 2)
    coarse = tuple(-(-k // s) for k, s in zip(geometry.of("tap"), geometry.strides, strict=True))
    fine = tuple(n * s for n, s in zip(coarse, geometry.strides, strict=True))
    ways: tuple[Role, Role] = ("in", "out") if forward else ("out", "in")
    if spreads:
        targets = tuple(min(n, few) * s for n, s in zip(coarse, geometry.strides, strict=True))
        return _Pass(geometry, *ways, True, coarse, targets)
    return _Pass(geometry, *ways, False, fine, tuple(min(n, few) for n in coarse))


def _count(kernel: Kernel, way: _Pass, blocks: int, inputs: int) -> int:
    """How many inputs, and how many units, for the numbers that may be drawn."""
    geometry = way.geometry
    summed = 1 if geometry.lookup else geometry.count(way.source)
    a_unit = summed * geometry.count("tap")
    an_input = summed * math.prod(way.image) * blocks
    cost = a_unit + an_input
    if _FEWEST * cost + _FEWEST**2 * math.prod(way.targets) > _MOST:
        raise ValueError(
            f"layer must be small enough to measure: for kernel {kernel.name!r} one output sums "
            f"{a_unit} products on {an_input} inputs, together at most {_MOST // _FEWEST}"
        )
    least = min(_FEW, max(_FEWEST, _MANY // cost))
    return max(2, min(inputs, max(least, _NUMBERS_AN_INPUT * inputs // cost)))


def _part(way: _Pass, blocks: int, units: int, rows: int) -> Shape:
    """The kernel's sizes, with fewer blocks and fewer targets."""
    most: dict[Role, int] = {"block": blocks, way.target: units}
    if way.geometry.lookup:
        most["in"] = rows
    sizes = []
    for size, role in zip(reversed(way.geometry.sizes), reversed(way.geometry.roles), strict=True):
        taken = min(size, most.get(role, size))
        if role in most:
            most[role] = max(1, most[role] // taken)
        sizes.append(taken)
    return tuple(reversed(sizes))


def _weights(
    kernel: Kernel,
    way: _Pass,
    law: Law,
    part: Shape,
    draws: int,
    stream: Stream,
    check: Check | None,
) -> AnyArray:
    """Parts of several kernels side by side: shape (block, *window, source, draws x target)."""
    geometry = way.geometry
    fused = len(geometry.sizes) - len(kernel.shape)  # the last axes that are one in the kernel
    last = len(part) - 1 - fused
    merged = (*part[:last], math.prod(part[last:]))
    drawn = draw_part(law, kernel.shape, merged, draws, stream, check)
    stacked = np.stack([geometry.blocks(each, part) for each in drawn], axis=-2)
    if way.source == "out":  # (..., in, draws, out) -> (..., out, draws, in)
        stacked = stacked.swapaxes(-3, -1)
    return stacked.reshape(*stacked.shape[:-2], -1)


def _sources(
    way: _Pass, weights: AnyArray, rows: int, stream: Stream, check: Check | None
) -> AnyArray:
    """N(0, 1) numbers, shape (block, rows, *image, source); one-hot rows for a look-up."""
    blocks, sources = weights.shape[0], weights.shape[-2]
    if way.geometry.lookup:
        return np.eye(rows, dtype=np.float32)[None]
    return normal((blocks, rows, *way.image, sources), stream, check)


def _mean_squares(found: AnyArray) -> FloatArray:
    """(block, rows, *targets, units) -> (rows, block x units), a mean over positions."""
    squares = np.square(found, dtype=np.float64)
    over = tuple(range(2, squares.ndim - 1))
    means = np.moveaxis(squares.mean(over) if over else squares, 0, 1)
    return np.ascontiguousarray(means).reshape(len(means), -1)
