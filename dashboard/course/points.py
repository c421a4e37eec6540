"""How far an answer is off, as points."""

from collections.abc import Sequence
from math import isfinite

MOST_POINTS = 10
"""Of one question."""

CLOSE_FACTOR, CLOSE_SHARE = 1.05, 0.1
"""Full points: within 5 % where factors count, within a tenth of the reach where differences do."""


SLIP_POINTS = MOST_POINTS // 2
"""The most that a known slip gets: near, by the wrong way."""


def outside(value: float, ends: Sequence[float]) -> float:
    """How far a value is outside the interval that some numbers span."""
    low, high = min(ends), max(ends)
    return max(low - value, value - high, 0.0)


def points_of(far: float, close: float, reach: float) -> int:
    """Full within `close`, none from `reach` on, evenly less between."""
    if not isfinite(far):
        return 0
    left = 1 - (far - close) / (reach - close)
    return max(0, min(MOST_POINTS, round(MOST_POINTS * left)))
