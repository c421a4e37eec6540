"""One layer of an infinitely wide network: what it does to lengths, correlations, gradients.

All are exact as width -> inf; at width n a single network differs by about sqrt(5 / n) a layer
in q for ReLU.

References
----------
Poole et al. 2016, "Exponential expressivity in deep neural networks through transient chaos",
eqs. 3-6. Schoenholz et al. 2017, "Deep information propagation", eqs. 3-9.
"""

import math
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from vscore._quadrature import correlated_expectation, gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation, as_activation
from vscore.meanfield._domains import CHI, CORRELATION, LENGTH, SIGMA_B2, SIGMA_W2, check_array

# Stands for q = 0 where the limit q -> 0 is meant: at 0 itself a kink would hide it.
_VANISHING = 1e-200

# Beyond it, and below its inverse, an activation is its slopes to float64's last digit.
_FAR = 1e24

# Beyond it phi is its slopes at infinity to 1e-100, and phi^2 would soon leave float64.
_DIVERGING = 1e200


@overload
def q_map(
    q: float, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> float: ...
@overload
def q_map(
    q: FloatArray, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> FloatArray: ...
def q_map(
    q: ArrayLike, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> float | FloatArray:
    """The next layer's q, the pre-activations' second moment.

    Parameters
    ----------
    q : float or ndarray
        Second moment of a layer's pre-activations, in [0, inf).
    activation : str or Activation
    sigma_w2 : float
        Effective fan_in times the weights' variance, in (0, inf).
    sigma_b2 : float
        The biases' variance, in [0, inf).

    Returns
    -------
    float or ndarray
        sigma_w2 E[phi(sqrt(q) z)^2] + sigma_b2, same shape as q; inf beyond float64.
    """
    phi = as_activation(activation)
    weight, bias = SIGMA_W2.check(sigma_w2), SIGMA_B2.check(sigma_b2)
    with np.errstate(over="ignore"):
        result = weight * _second_moment(phi, check_array(LENGTH, q)) + bias
    return float(result) if result.ndim == 0 else result


@overload
def chi_1(q: float, *, activation: str | Activation, sigma_w2: float) -> float: ...
@overload
def chi_1(q: FloatArray, *, activation: str | Activation, sigma_w2: float) -> FloatArray: ...
def chi_1(q: ArrayLike, *, activation: str | Activation, sigma_w2: float) -> float | FloatArray:
    """What one layer multiplies the gradient's second moment by.

    At a fixed point of `q_map` it is also the slope of `c_map` at c = 1: above 1 nearby inputs
    part (chaos), below 1 they merge (order).

    Parameters
    ----------
    q, activation, sigma_w2
        As for `q_map`. At q = 0 the limit q -> 0 is returned.

    Returns
    -------
    float or ndarray
        sigma_w2 E[phi'(sqrt(q) z)^2], same shape as q.
    """
    phi = as_activation(activation)
    weight = SIGMA_W2.check(sigma_w2)
    length = np.maximum(check_array(LENGTH, q), _VANISHING)
    result = weight * gaussian_expectation(lambda z: phi.derivative(z) ** 2, length, phi.kinks)
    return float(result) if result.ndim == 0 else result


@overload
def c_map(
    c: float, q: float, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> float: ...
@overload
def c_map(
    c: FloatArray, q: float, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> FloatArray: ...
def c_map(
    c: ArrayLike, q: float, *, activation: str | Activation, sigma_w2: float, sigma_b2: float = 0.0
) -> float | FloatArray:
    """The next layer's correlation between two inputs' pre-activations.

    Parameters
    ----------
    c : float or ndarray
        Their correlation in this layer, in [-1, 1]: E[u1 u2] / q, means not subtracted.
    q : float
        Their second moment in this layer, the same for both inputs, in [0, inf). At q = 0 the
        limit q -> 0 is returned.
    activation, sigma_w2, sigma_b2
        As for `q_map`.

    Returns
    -------
    float or ndarray
        (sigma_w2 E[phi(u1) phi(u2)] + sigma_b2) / q_map(q), same shape as c, in [-1, 1].

    Notes
    -----
    linear, relu and leaky_relu, and all others where q is far from 1, use the arc-cosine kernel
    of Cho and Saul 2009, eq. 5; else it takes about 2 ms a correlation.
    """
    phi = as_activation(activation)
    weight, bias = SIGMA_W2.check(sigma_w2), SIGMA_B2.check(sigma_b2)
    correlation = check_array(CORRELATION, c)
    length = min(max(LENGTH.check(q), _VANISHING), _DIVERGING)
    after = weight * float(_second_moment(phi, np.array(length))) + bias
    result = np.clip((weight * _cross_moment(phi, length, correlation) + bias) / after, -1, 1)
    return float(result) if result.ndim == 0 else result


def depth_scale(chi: float) -> float:
    """The number of layers in which a factor chi a layer becomes a factor e.

    Parameters
    ----------
    chi : float
        In [0, inf): `chi_1` for gradients and for correlations near 1.

    Returns
    -------
    float
        |1 / ln(chi)|: of decay where chi < 1 (xi = -1 / ln(chi)), of growth where chi > 1;
        inf at chi = 1, 0 at chi = 0.

    References
    ----------
    Schoenholz et al. 2017, eqs. 9 and 17.
    """
    chi = CHI.check(chi)
    if chi == 0:
        return 0.0
    return math.inf if chi == 1 else abs(1 / math.log(chi))


def _second_moment(phi: Activation, q: FloatArray) -> FloatArray:
    within = np.minimum(q, _DIVERGING)
    moment = gaussian_expectation(lambda z: phi.value(z) ** 2, within, phi.kinks)
    bounded = phi.slopes_at_infinity == (0, 0)
    return moment if bounded else np.where(q > within, q / _DIVERGING, 1.0) * moment


def _cross_moment(phi: Activation, q: float, c: FloatArray) -> FloatArray:
    """E[phi(u1) phi(u2)] at every correlation c."""
    slopes = _line(phi, q)
    if slopes is not None:
        return q * homogeneous_kernel(slopes, c)
    moments = [correlated_expectation(phi.value, q, each, phi.kinks) for each in c.flat]
    return np.array(moments).reshape(c.shape)


def _line(phi: Activation, q: float) -> tuple[float, float] | None:
    """The slopes left and right of 0, where phi is two straight lines for all that u's show."""
    if phi.homogeneous or (q >= _FAR and phi.slopes_at_infinity != (0.0, 0.0)):
        return phi.slopes_at_infinity
    return phi.slopes_at_zero if q <= 1 / _FAR and phi.slopes_at_zero != (0.0, 0.0) else None


def homogeneous_kernel(slopes: tuple[float, float], c: FloatArray) -> FloatArray:
    """E[phi(u1) phi(u2)] for phi of two slopes, broken at 0, and u's of variance 1.

    phi(u) = a u + (b - a) relu(u), E[u1 relu(u2)] = c / 2, and E[relu(u1) relu(u2)] is the
    arc-cosine kernel (Cho and Saul 2009, eq. 5, n = 1).
    """
    left, right = slopes
    arc = (np.sqrt(1 - c * c) + c * (math.pi - np.arccos(c))) / (2 * math.pi)
    return left * right * c + (right - left) ** 2 * arc
