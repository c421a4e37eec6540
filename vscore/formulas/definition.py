"""A formula as an entry of the activations' table: checked, with kinks, limits and spellings."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vscore._activation_table import Definition
from vscore._typing import FloatArray
from vscore.formulas.curve import Curve, curve_of
from vscore.formulas.errors import FormulaError
from vscore.formulas.kinks import END, GRID, first_change, kinks_of
from vscore.formulas.panels import cuts_of
from vscore.formulas.parser import parse
from vscore.formulas.spelling import spellings
from vscore.formulas.tree import Node, calls, slope, value

_LARGEST = 1e36
"""Of a value or slope on [-40, 40]: float32 holds a hundred times it."""

_NEAR, _NEARER = 1e-6, 1e-12
_STEEPER = 10.0
"""A slope that grows tenfold from 1e-6 to 1e-12 beside a kink grows without bound: a power -1/6."""

_ROUNDING = 1e-12

_ZERO = 2.0**-60
"""Stands for 0 on either side of it."""

_SATURATED = 0.05
"""Share of the largest slope below which a bounded unit is saturated."""


@lru_cache(maxsize=256)
def formula_definition(formula: str, declared: tuple[float, ...] = ()) -> Definition:
    """What `Activation` looks up for a formula.

    Parameters
    ----------
    formula : str
    declared : tuple of float
        Kinks that the structure does not show.

    Raises
    ------
    FormulaError
        If the formula cannot be read, has no finite value or slope somewhere on [-40, 40], or
        bends too sharply for the quadrature.
    """
    tree = parse(formula)
    kinks = tuple(sorted({*kinks_of(tree, formula), *declared}))
    _check_finite(tree, formula, np.union1d(GRID, kinks))
    _check_slopes(tree, formula, kinks)
    curve = curve_of(tree)
    cuts = cuts_of(curve, kinks, formula)
    at_zero = _slopes_at_zero(tree)
    return Definition(
        formula,
        curve.value,
        curve.derivative,
        curve.slopes,
        at_zero,
        spellings(tree),
        tuple(sorted({*kinks, *cuts})),
        _saturation(curve),
        _dead_below(curve, kinks),
        bent=at_zero == curve.slopes and not _is_straight(curve),
    )


def _check_finite(tree: Node, formula: str, x: FloatArray) -> None:
    bad = ~(np.abs(value(tree, x)) <= _LARGEST)
    if bad.any():
        where = _nearest_to_zero(x[bad])
        culprit = _culprit(tree, where)
        reason = (
            f"formula must be a finite number for x in [-40, 40]; at x = {where:g} the marked "
            f"part is {value(culprit, np.array([where]))[0]:g}"
        )
        raise FormulaError(reason, formula, culprit.position)


def _check_slopes(tree: Node, formula: str, kinks: tuple[float, ...]) -> None:
    """The slope is finite off the kinks, and bounded beside them."""
    slopes = slope(tree, GRID)
    bad = ~(np.abs(slopes) <= _LARGEST) & ~np.isin(GRID, kinks)
    places = GRID[bad].tolist()
    sides = np.array(
        [[kink + side * scale for scale in (_NEAR, _NEARER) for side in (-1, 1)] for kink in kinks]
    ).reshape(-1, 2, 2)
    near, nearer = np.abs(slope(tree, sides.ravel())).reshape(-1, 2, 2).swapaxes(0, 1)
    largest = float(np.abs(slopes[~bad]).max(initial=0))
    bounded = (nearer <= np.maximum(_STEEPER * near, 1e-3 * largest)).all(axis=-1)
    places += [kink for kink, holds in zip(kinks, np.ravel(bounded), strict=True) if not holds]
    if places:
        where = _nearest_to_zero(np.array(places))
        reason = f"formula's slope must be finite for x in [-40, 40]; it is not at x = {where:g}"
        raise FormulaError(reason, formula, _steepest(tree, where).position)


def _nearest_to_zero(points: FloatArray) -> float:
    return float(points[np.abs(points).argmin()])


def _culprit(tree: Node, where: float) -> Node:
    """The innermost part that is no number at this x."""
    x = np.array([where])
    return next((n for n in calls(tree) if not np.all(np.abs(value(n, x)) <= _LARGEST)), tree)


def _steepest(tree: Node, where: float) -> Node:
    """The innermost part whose slope is not bounded beside this x."""
    x = where + np.array([-_NEARER, 0, _NEARER])
    worst = 1 / math.sqrt(_NEAR)
    return next((n for n in calls(tree) if not np.all(np.abs(slope(n, x)) <= worst)), tree)


def _slopes_at_zero(tree: Node) -> tuple[float, float] | None:
    if abs(value(tree, np.zeros(1))[0]) > _ROUNDING:
        return None
    beside = slope(tree, np.array([-_ZERO, _ZERO]))
    left, right = np.where(np.abs(beside) < _ROUNDING, 0.0, beside).tolist()
    return left, right


def _is_straight(curve: Curve) -> bool:
    """Whether the formula is two straight lines that meet at 0."""
    lines = np.where(GRID < 0, *curve.slopes) * GRID
    return bool(np.allclose(curve.value(GRID, None), lines, rtol=_ROUNDING, atol=_ROUNDING))


def _saturation(curve: Curve) -> tuple[float, float] | None:
    """Where |phi'| falls to 0.05 of its maximum for good, on both sides of a bounded phi."""
    if curve.slopes != (0.0, 0.0):
        return None
    least = _SATURATED * _largest_slope(curve)

    def steep(x: FloatArray) -> NDArray[np.int8]:
        return (np.abs(curve.derivative(x, None)) > least).astype(np.int8)

    index = np.flatnonzero(steep(GRID))
    if index.size == 0 or index[0] == 0 or index[-1] == GRID.size - 1:
        return None
    low, high = first_change(steep, GRID[[index[0] - 1, index[-1]]]).round(13).tolist()
    return low, high


def _largest_slope(curve: Curve) -> float:
    """The largest |phi'|, on the grid and between the points beside its maximum there."""
    slopes = np.abs(curve.derivative(GRID, None))
    peak = GRID[int(slopes.argmax())]
    fine = peak + np.linspace(-1, 1, 1001) / 64
    return float(max(slopes.max(), np.abs(curve.derivative(fine, None)).max()))


def _dead_below(curve: Curve, kinks: tuple[float, ...]) -> float | None:
    """The largest kink at and below which phi and phi' are exactly 0."""
    alive = (curve.value(GRID, None) != 0) | (curve.derivative(GRID, None) != 0)
    if alive[0] or curve.ends[0] != 0 or curve.slopes[0] != 0 or not alive.any():
        return None
    first = float(GRID[alive.argmax()])
    return next((k for k in reversed(kinks) if first - 1 / 64 <= k <= first and k > -END), None)
