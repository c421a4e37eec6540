"""Where a formula breaks, found from its structure.

abs, max, relu, a division and their like can only break where one number inside them is 0; those
zeros are looked for on a grid and closed in on, all at once.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.formulas.errors import FormulaError
from vscore.formulas.tree import Call, Node, breaks, calls, has_variable

END = 40.0
"""A formula must be finite on [-END, END]; kinks are looked for there."""

GRID = np.arange(-END * 64, END * 64 + 1) / 64
"""Steps of 1/64 are exact, so that kinks at whole numbers come out whole."""

MOST_KINKS = 100
"""With these a correlation takes a second; `correlated_expectation` goes as their square."""

_CLOSE = 1e-9
"""Zeros nearer to each other are one."""

_PARTS = np.linspace(0, 1, 65)
_ROUNDS = 8
"""64 parts eight times over: 1/64 shrinks to 6e-17."""

_TOUCHES = 1e-10
"""A minimum of |g| below this share of its neighbours is taken for a zero without a change of
sign: sqrt((x - 0.3)**2) breaks at one."""

_HUGE = 1e300
"""Stands for infinity, which cannot be subtracted from itself."""

_Function: TypeAlias = Callable[[FloatArray], FloatArray]


def kinks_of(tree: Node, formula: str) -> tuple[float, ...]:
    """The x in [-40, 40] at which the formula or a derivative of it may jump, ascending.

    Raises
    ------
    FormulaError
        If there are more than `MOST_KINKS`.
    """
    found: list[float] = []
    for call in calls(tree):
        if has_variable(call):
            found = _distinct([*found, *_breaks_of(call)])
        if len(found) > MOST_KINKS:
            reason = f"formula breaks at more than {MOST_KINKS} places: too many to integrate over"
            raise FormulaError(reason, formula, call.position)
    return tuple(found)


def first_change(states: Callable[[FloatArray], NDArray[np.int8]], low: FloatArray) -> FloatArray:
    """In each grid step that starts at `low`, the first point whose state is not low's."""
    high = low + 1 / 64
    before = states(low)[:, None]
    for _ in range(_ROUNDS):
        points = low[:, None] + (high - low)[:, None] * _PARTS
        changed = states(points.ravel()).reshape(points.shape) != before
        index = np.maximum(changed.argmax(axis=1), 1)
        row = np.arange(len(points))
        low, high = points[row, index - 1], points[row, index]
    return high


def _breaks_of(call: Call) -> list[float]:
    found: list[float] = []
    for index in range(len(breaks(call, GRID[:2]))):

        def inner(x: FloatArray, index: int = index) -> FloatArray:
            return breaks(call, x)[index]

        found += _crossings(inner) + _touchings(inner)
    return found


def _crossings(g: _Function) -> list[float]:
    """Where the sign of g changes, the edges of stretches on which it is 0 included."""

    def signs(x: FloatArray) -> NDArray[np.int8]:
        return np.nan_to_num(np.sign(g(x)), nan=2).astype(np.int8)

    grid = signs(GRID)
    before = np.flatnonzero(np.diff(grid))
    if before.size == 0 or before.size > 4 * MOST_KINKS:
        return _listed(GRID[before])
    # A stretch of zeros ends at its last point, another sign begins at its first.
    ends = first_change(signs, GRID[before])
    return _listed(np.where(grid[before] == 0, np.nextafter(ends, -END), ends).round(15))


def _touchings(g: _Function) -> list[float]:
    """Where g touches 0 and turns back."""
    size = np.minimum(np.abs(g(GRID)), _HUGE)
    here, beside = size[1:-1], np.maximum(size[:-2], size[2:])
    least = (here <= size[:-2]) & (here <= size[2:]) & (here > 0) & (here < beside - here)
    index = np.flatnonzero(least)[: 4 * MOST_KINKS] + 1
    low, high = GRID[index - 1], GRID[index + 1]
    row = np.arange(len(index))
    for _ in range(_ROUNDS if index.size else 0):
        points = low[:, None] + (high - low)[:, None] * _PARTS
        lowest = np.abs(g(points.ravel())).reshape(points.shape).argmin(axis=1)
        low = points[row, np.maximum(lowest - 1, 0)]
        high = points[row, np.minimum(lowest + 1, len(_PARTS) - 1)]
    middle = (low + high) / 2
    touching = np.abs(g(middle)) <= _TOUCHES * beside[index - 1]
    return _listed(middle[touching])


def _listed(points: FloatArray) -> list[float]:
    return [float(point) for point in points]


def _distinct(points: list[float]) -> list[float]:
    """Ascending, each once; -0 is 0."""
    kept: list[float] = []
    for point in sorted(points):
        if not kept or point - kept[-1] > _CLOSE:
            kept.append(point + 0.0)
    return kept
