"""Where lengths and correlations go in a deep network of constant variance.

`q_map` increases with q, so its iteration moves one way only: to the nearest fixed point on the
side that it starts towards, or to infinity. That fixed point is bracketed and solved for.
"""

import math
from dataclasses import dataclass

import numpy as np

from vscore._typing import FloatArray
from vscore.activations import Activation, as_activation
from vscore.meanfield._domains import SIGMA_B2, SIGMA_W2, START
from vscore.meanfield._roots import bracketed_root
from vscore.meanfield.maps import c_map, chi_1, q_map

# A relative change of q by less a layer is rounding.
ROUNDING = 1e-12

# Half octaves up to a factor of 2^100 = 1e30, in rows of ten octaves that share an end: the
# brackets in which a fixed point is looked for. Most are found in the first row.
_STEPS = 2.0 ** (np.arange(0, 100, 10)[:, None] + np.linspace(0, 10, 21))


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where the length map's iteration ends; `float(result)` is its q.

    Attributes
    ----------
    q : float
        The limit: 0 where the signal vanishes, inf where it diverges, the start where every q
        is a fixed point.
    converged : bool
        Whether the limit is finite.
    iterations : int
        Steps of the root search, 0 where the limit is known in closed form.
    reason : str
        One sentence on what happens; empty for an ordinary fixed point q > 0.
    """

    q: float
    converged: bool = True
    iterations: int = 0
    reason: str = ""

    def __float__(self) -> float:
        return self.q


@dataclass(frozen=True, slots=True)
class CorrelationFixedPoint:
    """Where two different inputs' correlation ends; `float(result)` is its c.

    Attributes
    ----------
    c : float
        1 where all inputs become parallel, below 1 in the chaotic phase.
    converged : bool
        False where each correlation stays what it is; c is 1 then.
    reason : str
        One sentence on what happens.
    """

    c: float
    converged: bool = True
    reason: str = ""

    def __float__(self) -> float:
        return self.c


def fixed_point(
    *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0, start: float = 1.0
) -> FixedPoint:
    """Return q*, the limit of `q_map` iterated from `start`.

    Parameters
    ----------
    activation, sigma_w2, sigma_b2
        As for `q_map`.
    start : float
        The first layer's q, in [1e-100, 1e100]. It decides where there are several fixed points:
        GELU with sigma_w2 between 2 and 4 vanishes from a small start, diverges from a large.

    Returns
    -------
    FixedPoint
    """
    phi = as_activation(activation)
    weight, bias = SIGMA_W2.check(sigma_w2), SIGMA_B2.check(sigma_b2)
    first = START.check(start)
    if phi.homogeneous:
        return _homogeneous(mean_square(phi.slopes_at_infinity) * weight, bias, first)
    growth = _growth(np.array([first]), phi, weight, bias)[0]
    if abs(growth) <= ROUNDING:
        return FixedPoint(first)
    bracket = _bracket(first, phi, weight, bias, rising=growth > 0)
    if bracket is None:
        return FixedPoint(math.inf, False, 0, _DIVERGES) if growth > 0 else _VANISHED
    return _solve(bracket, phi, weight, bias)


def c_fixed_point(
    *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0, start: float = 1.0
) -> CorrelationFixedPoint:
    """Return c*, the limit of `c_map` iterated at q* from any correlation below 1.

    Parameters
    ----------
    activation, sigma_w2, sigma_b2, start
        As for `fixed_point`, which gives q*.

    Returns
    -------
    CorrelationFixedPoint

    Notes
    -----
    c = 1 is always a fixed point. It attracts where chi_1 <= 1; otherwise exactly one other
    exists in [0, 1), because `c_map` is convex there, all its Taylor coefficients being >= 0.
    """
    phi = as_activation(activation)
    q = fixed_point(activation=phi, sigma_w2=sigma_w2, sigma_b2=sigma_b2, start=start).q
    slopes = _limiting_slopes(phi, q)
    if slopes is not None and slopes[0] == slopes[1] and (sigma_b2 == 0 or math.isinf(q)):
        return CorrelationFixedPoint(1.0, False, _KEPT)
    if slopes is not None or chi_1(q, activation=phi, sigma_w2=sigma_w2) <= 1:
        return CorrelationFixedPoint(1.0, True, "all inputs become parallel")
    return _chaotic(phi, q, sigma_w2, sigma_b2)


def mean_square(slopes: tuple[float, float]) -> float:
    """E[phi^2] / q of a phi that has these slopes left and right of 0."""
    return (slopes[0] ** 2 + slopes[1] ** 2) / 2


_DIVERGES = "q grows without bound"
_KEPT = "each correlation stays what it is"
_VANISHED = FixedPoint(0.0, True, 0, "q shrinks to 0")


def _homogeneous(ratio: float, bias: float, start: float) -> FixedPoint:
    """The limit of q -> ratio q + bias."""
    if ratio < 1 - ROUNDING:
        return FixedPoint(bias / (1 - ratio)) if bias > 0 else _VANISHED
    if ratio > 1 + ROUNDING or bias > 0:
        return FixedPoint(math.inf, False, 0, _DIVERGES)
    return FixedPoint(start, True, 0, "every q is a fixed point")


def _growth(q: FloatArray, phi: Activation, weight: float, bias: float) -> FloatArray:
    """The relative change of q in one layer."""
    return q_map(q, activation=phi, sigma_w2=weight, sigma_b2=bias) / q - 1


def _bracket(
    start: float, phi: Activation, weight: float, bias: float, *, rising: bool
) -> tuple[float, float] | None:
    """The first half octave, going up or down from the start, in which the growth turns."""
    sign = 1 if rising else -1
    for steps in _STEPS:
        grid = start * steps**sign
        turned = np.flatnonzero(sign * _growth(grid, phi, weight, bias) < -ROUNDING)
        if turned.size:
            return grid[turned[0] - 1], grid[turned[0]]
    return None


def _solve(bracket: tuple[float, float], phi: Activation, weight: float, bias: float) -> FixedPoint:
    def growth(log_q: float) -> float:
        return float(_growth(np.exp([log_q]), phi, weight, bias)[0])

    log_q, iterations = bracketed_root(growth, math.log(bracket[0]), math.log(bracket[1]))
    return FixedPoint(math.exp(log_q), True, iterations)


def _limiting_slopes(phi: Activation, q: float) -> tuple[float, float] | None:
    """The slopes that stand for phi where q is far from 1, or phi has no scale; None elsewhere."""
    if phi.homogeneous or math.isinf(q):
        return phi.slopes_at_infinity
    return phi.slopes_at_zero if q == 0 else None


def _chaotic(phi: Activation, q: float, sigma_w2: float, sigma_b2: float) -> CorrelationFixedPoint:
    def excess(c: float) -> float:
        return c_map(c, q, activation=phi, sigma_w2=sigma_w2, sigma_b2=sigma_b2) - c

    if excess(0.0) <= ROUNDING:  # odd phi without biases: orthogonal inputs stay orthogonal
        return CorrelationFixedPoint(0.0, True, "all inputs become orthogonal")
    below = next((c for c in 1 - 10.0 ** -np.arange(1, 9) if excess(c) < 0), None)
    if below is None:
        return CorrelationFixedPoint(1.0, True, "all inputs become parallel, within rounding")
    root, _ = bracketed_root(excess, 0.0, float(below))
    return CorrelationFixedPoint(root, True, "nearby inputs part")
