"""The edge of chaos: variances at which chi_1 = 1 at a fixed point of the length map.

Both searches run over q instead of the variances: at a critical fixed point q

    sigma_w2 = 1 / E[phi'(sqrt(q) z)^2],   sigma_b2 = q - sigma_w2 E[phi(sqrt(q) z)^2],

so that one pass over q meets every critical point, stable or not.

References
----------
Schoenholz et al. 2017, section 3. Hayou, Doucet and Rousseau 2019, "On the impact of the
activation function on deep neural networks training", section 3.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation, as_activation
from vscore.meanfield._domains import SIGMA_B2, SIGMA_W2
from vscore.meanfield._roots import bracketed_root
from vscore.meanfield.fixed_points import ROUNDING, mean_square
from vscore.meanfield.maps import chi_1, q_map

# Where critical points are looked for, six to the octave.
_Q = np.geomspace(1e-8, 1e8, 320)

# Along the line: thirty to the octave, closer than a chart can show.
_ALONG = np.geomspace(1e-6, 1e6, 1200)

# A slope of the length map is tested here in the place of q = 0, where it is 1 at every edge.
_NEAR_ZERO = 1e-6


@dataclass(frozen=True, slots=True)
class CriticalPoint:
    """A point on the edge of chaos, or the reason why there is none.

    Attributes
    ----------
    sigma_w2, sigma_b2 : float or None
        The variances; None where no critical point was found.
    q : float or None
        The length there: a fixed point of `q_map` at which `chi_1` is 1.
    stable : bool
        Whether nearby lengths stay near. Where they do not (GELU, SiLU, Mish at small q), a
        deep network leaves the edge: its signal vanishes or diverges.
    reason : str
        One sentence where there is none, or where every q is a fixed point; else empty.
    """

    sigma_w2: float | None
    sigma_b2: float | None
    q: float | None
    stable: bool
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether there is a critical point."""
        return self.q is not None


@dataclass(frozen=True, slots=True, eq=False)
class CriticalLine:
    """The edge of chaos as a curve, by length; arrays have shape (points,).

    Attributes
    ----------
    sigma_w2, sigma_b2 : ndarray
        Its points, in order of q.
    q : ndarray
        The lengths there, ascending.
    stable : ndarray of bool
        As of a `CriticalPoint`.
    """

    sigma_w2: FloatArray
    sigma_b2: FloatArray
    q: FloatArray
    stable: NDArray[np.bool_]


def critical_line(activation: str | Activation, sigma_b2: float = 2.0) -> CriticalLine:
    """Return all of the edge of chaos up to this bias variance, for q from 1e-6 to 1e6.

    Parameters
    ----------
    activation : str or Activation
    sigma_b2 : float
        The largest biases' variance, in [0, inf).

    Returns
    -------
    CriticalLine
        No points where chi_1 is 1 nowhere. For linear, relu and leaky_relu the two ends of a
        straight line, on which chi_1 is 1 at every q; above sigma_b2 = 0, q grows there without
        end, by sigma_b2 a layer.
    """
    phi, most = as_activation(activation), SIGMA_B2.check(sigma_b2)
    if phi.homogeneous:
        edge = 1 / mean_square(phi.slopes_at_infinity)
        ends = np.array([0.0, most])
        return CriticalLine(np.full(2, edge), ends, np.array([1.0, np.inf]), ends == 0)
    slope = _slope_square(phi, _ALONG)
    bias = _bias(phi, _ALONG)
    bias = np.where(np.abs(bias) <= ROUNDING * _ALONG, 0.0, bias)
    inside = (bias >= 0) & (bias <= most)
    q, weight = _ALONG[inside], 1 / slope[inside]
    return CriticalLine(weight, bias[inside], q, _are_stable(phi, q, weight))


def critical_sigma_w2(activation: str | Activation, sigma_b2: float = 0.0) -> CriticalPoint:
    """Return the edge of chaos at this bias variance.

    Parameters
    ----------
    activation : str or Activation
    sigma_b2 : float
        The biases' variance, in [0, inf).

    Returns
    -------
    CriticalPoint
        The one of smallest q; of smallest q among the stable ones where there are any.
        Looked for at q = 0 and in [1e-8, 1e8].
    """
    phi, bias = as_activation(activation), SIGMA_B2.check(sigma_b2)
    if phi.homogeneous:
        return _homogeneous(phi, 1 / mean_square(phi.slopes_at_infinity), bias)
    at_zero = [0.0] if bias == 0 and phi.slopes_at_zero is not None else []
    lengths = at_zero + _roots(
        lambda q: (_bias(phi, q) - bias) / q, (_tabulated_bias(phi) - bias) / _Q
    )
    points = [_point(phi, q, sigma_b2=bias) for q in lengths]
    return _preferred(points, f"chi_1 is 1 at no fixed point with sigma_b2 = {bias:g}")


def critical_sigma_b2(activation: str | Activation, sigma_w2: float) -> CriticalPoint:
    """Return the edge of chaos at this weight variance.

    Parameters
    ----------
    activation : str or Activation
    sigma_w2 : float
        Effective fan_in times the weights' variance, in (0, inf).

    Returns
    -------
    CriticalPoint
        Chosen as by `critical_sigma_w2`.
    """
    phi, weight = as_activation(activation), SIGMA_W2.check(sigma_w2)
    if phi.homogeneous:
        return _homogeneous(phi, weight, 0.0)
    slopes = phi.slopes_at_zero
    edge_at_zero = slopes is not None and abs(weight * mean_square(slopes) - 1) <= ROUNDING
    lengths = ([0.0] if edge_at_zero else []) + _roots(
        lambda q: weight * _slope_square(phi, q) - 1, weight * _slope_square(phi, _Q) - 1
    )
    points = [_point(phi, q, sigma_w2=weight) for q in lengths]
    allowed = [point for point in points if point.sigma_b2 is not None and point.sigma_b2 >= 0]
    return _preferred(allowed, f"chi_1 is 1 at no fixed point with sigma_w2 = {weight:g}")


def _homogeneous(phi: Activation, weight: float, bias: float) -> CriticalPoint:
    edge = 1 / mean_square(phi.slopes_at_infinity)
    if bias > 0 or abs(weight / edge - 1) > ROUNDING:
        reason = f"{phi.label} is critical only at sigma_w2 = {edge:g}, sigma_b2 = 0"
        return CriticalPoint(None, None, None, False, reason)
    return CriticalPoint(edge, 0.0, 1.0, True, "every q is a fixed point")


def _preferred(points: list[CriticalPoint], reason: str) -> CriticalPoint:
    none = CriticalPoint(None, None, None, False, reason)
    return next((point for point in points if point.stable), points[0] if points else none)


def _point(
    phi: Activation, q: float, *, sigma_w2: float | None = None, sigma_b2: float | None = None
) -> CriticalPoint:
    """The critical point of length q; what is not given is computed."""
    weight = 1 / chi_1(q, activation=phi, sigma_w2=1.0) if sigma_w2 is None else sigma_w2
    if sigma_b2 is None:
        sigma_b2 = q - q_map(q, activation=phi, sigma_w2=weight)
        sigma_b2 = 0.0 if abs(sigma_b2) <= ROUNDING * q else sigma_b2
    return CriticalPoint(weight, sigma_b2, q, _is_stable(phi, q, weight))


def _is_stable(phi: Activation, q: float, weight: float) -> bool:
    return bool(_are_stable(phi, np.array(q), np.array(weight)))


def _are_stable(phi: Activation, q: FloatArray, weight: FloatArray) -> NDArray[np.bool_]:
    """Whether the length map's slope, sigma_w2 E[x phi(x) phi'(x)] / q, is at most 1.

    By Stein's lemma: d/dq E[f(sqrt(q) z)] = E[x f'(x)] / (2 q) with f = phi^2.
    """
    near = np.maximum(q, _NEAR_ZERO)
    moment = gaussian_expectation(lambda x: x * phi.value(x) * phi.derivative(x), near, phi.kinks)
    stable: NDArray[np.bool_] = weight * moment / near <= 1 + ROUNDING
    return stable


def _bias(phi: Activation, q: FloatArray) -> FloatArray:
    """The bias variance that makes q a critical fixed point; negative where none does."""
    moment = gaussian_expectation(lambda x: phi.value(x) ** 2, q, phi.kinks)
    return q - moment / _slope_square(phi, q)


@lru_cache(maxsize=64)
def _tabulated_bias(phi: Activation) -> FloatArray:
    return _bias(phi, _Q)


def _slope_square(phi: Activation, q: FloatArray) -> FloatArray:
    return gaussian_expectation(lambda x: phi.derivative(x) ** 2, q, phi.kinks)


def _roots(f: Callable[[FloatArray], FloatArray], tabulated: FloatArray) -> list[float]:
    """Where f changes sign, given its values at `_Q`; values within rounding of 0 are passed over.

    Without that, the noise of a function that tends to 0 would count as roots.
    """
    clear = np.flatnonzero(np.abs(tabulated) > ROUNDING)
    turns = np.flatnonzero(np.diff(np.sign(tabulated[clear])))
    log_q = np.log(_Q[clear])

    def at(log_length: float) -> float:
        return float(f(np.exp(np.array(log_length))))

    return [math.exp(bracketed_root(at, log_q[i], log_q[i + 1])[0]) for i in turns]
