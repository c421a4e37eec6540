"""Gaussian moments of an activation at any length, with lengths as log10.

Far beyond 1 an activation is its asymptote, far below its tangent, so no length is too large.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._logarithms import power_of_ten
from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation

_FAR = 24.0
"""Beyond 10^+-24 an activation with a slope there is that slope's line, to float64's last digit."""

_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True)
class Moments:
    """Gaussian moments of phi at one q; the large ones as log10."""

    mean: float
    log10_second: float
    log10_slope: float


@lru_cache(maxsize=4096)
def moments_at(phi: Activation, log10_q: float) -> Moments:
    """E phi, E phi^2 and E phi'^2 over N(0, q)."""
    if is_line(phi, log10_q):
        return Moments(*map(float, line(phi, np.array(log10_q))))
    mean, second, slope = expectations(phi, np.array(log10_q))
    return Moments(float(mean), log10_of(float(second)), log10_of(float(slope)))


def is_line(phi: Activation, log10_q: float) -> bool:
    """Whether phi is two straight lines that meet at 0, for all that z ~ N(0, q) sees of it."""
    if phi.homogeneous:
        return True
    return abs(log10_q) > _FAR and _slopes(phi, log10_q) not in (None, (0.0, 0.0))


def line(phi: Activation, log10_q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """E phi, log10 E phi^2, log10 E phi'^2 for phi of slope a below 0 and b above it.

    The mean is (b - a) sqrt(q / 2 pi), the others are (a^2 + b^2) / 2, times q for the second.
    """
    slopes = _slopes(phi, float(log10_q.max()))
    assert slopes is not None
    left, right = slopes
    log10_half = log10_of((left**2 + right**2) / 2)
    mean = np.zeros_like(log10_q)
    if right != left:
        mean = (right - left) / math.sqrt(2 * math.pi) * power_of_ten(log10_q / 2)
    return mean, log10_q + log10_half, np.full_like(log10_q, log10_half)


def expectations(phi: Activation, log10_q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """E phi, E phi^2 and E phi'^2 by quadrature, each of log10_q's shape."""
    q = np.maximum(10.0**log10_q, _SMALLEST)
    return (
        gaussian_expectation(phi.value, q, phi.kinks),
        gaussian_expectation(lambda z: phi.value(z) ** 2, q, phi.kinks),
        gaussian_expectation(lambda z: phi.derivative(z) ** 2, q, phi.kinks),
    )


def log10_of(number: float) -> float:
    """log10; -inf of 0."""
    return math.log10(number) if number > 0 else -math.inf


def log10_sum(logarithm: FloatArray | float, number: float) -> FloatArray:
    """log10(10**logarithm + number), with neither lost."""
    if number == 0:
        return np.asarray(logarithm)
    total: FloatArray = np.logaddexp(np.multiply(logarithm, math.log(10)), math.log(number))
    return total / math.log(10)


def _slopes(phi: Activation, log10_q: float) -> tuple[float, float] | None:
    return phi.slopes_at_infinity if log10_q > 0 else phi.slopes_at_zero
