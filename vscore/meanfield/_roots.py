"""A bracketed root, without the third of a second that importing scipy.optimize takes."""

import math
from collections.abc import Callable

_TOLERANCE = 1e-13
_MOST = 100


def bracketed_root(f: Callable[[float], float], low: float, high: float) -> tuple[float, int]:
    """Where f is 0 between low and high, to 1e-13, and the iterations taken.

    f must be continuous and of opposite signs at low and high.

    References
    ----------
    Ridders 1979, "A new algorithm for computing a single root of a real continuous function".
    """
    f_low, f_high = f(low), f(high)
    root = math.inf
    for iteration in range(1, _MOST):
        middle = (low + high) / 2
        f_middle = f(middle)
        before, root = root, _ridders_step(low, middle, f_low, f_middle, f_high)
        f_root = f(root)
        if f_root == 0 or abs(root - before) <= _TOLERANCE:
            return root, iteration
        if f_middle * f_root < 0:
            low, f_low, high, f_high = middle, f_middle, root, f_root
        elif f_low * f_root < 0:
            high, f_high = root, f_root
        else:
            low, f_low = root, f_root
    return root, _MOST


def _ridders_step(low: float, middle: float, f_low: float, f_middle: float, f_high: float) -> float:
    """The root of f divided by the exponential that puts its three values on a line."""
    spread = math.sqrt(f_middle * f_middle - f_low * f_high)
    if spread == 0:  # underflow: f is 0 as far as can be told
        return middle
    return middle + (middle - low) * math.copysign(1, f_low - f_high) * f_middle / spread
