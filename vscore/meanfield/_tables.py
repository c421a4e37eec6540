"""Gaussian moments of phi over all magnitudes of q, as tables.

The band follows thousands of paths through the length map, so moments are worked out once on a
grid of log10 q and interpolated: to 1e-4, far below what chance does.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation

FAR = 24.0
"""log10 of the lengths at which the tables end, on either side of 1."""

_GRID = np.concatenate(
    [np.arange(-FAR, -3, 0.5), np.linspace(-3, 3, 121), np.arange(3.5, FAR + 0.1, 0.5)]
)
"""log10 q: fine where activations bend."""

_SMALLEST = 1e-300
"""Stands for 0, which has no logarithm."""

_LEAST_TILT = 0.1
"""A kurtosis takes away at most nine tenths of a moment: the correction is one of first order."""

_NUDGE = 0.05
"""In log10 q, for a slope by differences."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Moments of phi(x), x of second moment q, by log10 q.

    Attributes
    ----------
    phi : Activation
    square, fourth, slope, slope_fourth : ndarray
        log10 of E phi^2, E phi^4, E phi'^2 and E phi'^4 on the grid.
    square_tilt, fourth_tilt, slope_tilt : ndarray
        What an excess kurtosis of 1 adds to E phi^2, E phi^4 and E phi'^2, relative to them.
    """

    phi: Activation
    square: FloatArray
    fourth: FloatArray
    slope: FloatArray
    slope_fourth: FloatArray
    square_tilt: FloatArray
    fourth_tilt: FloatArray
    slope_tilt: FloatArray

    def log10_square(self, log10_q: FloatArray, excess: FloatArray | float) -> FloatArray:
        """log10 of E[phi^2], for x of an excess kurtosis."""
        tilt = 1 + excess * _interpolated(log10_q, self.square_tilt)
        return self._followed(log10_q, self.square) + np.log10(np.maximum(tilt, _LEAST_TILT))

    def square_ratio(self, log10_q: FloatArray, excess: FloatArray | float) -> FloatArray:
        """E[phi^4] / E[phi^2]^2."""
        tilt = 1 + excess * _interpolated(log10_q, self.fourth_tilt)
        tilt = tilt / (1 + excess * _interpolated(log10_q, self.square_tilt)) ** 2
        return _ratio(log10_q, self.fourth, self.square) * np.maximum(tilt, _LEAST_TILT)

    def steepness(self, log10_q: FloatArray) -> FloatArray:
        """d log E[phi^2] / d log q: what the length map does to a small relative deviation."""
        near = np.clip(log10_q, -FAR, FAR)
        above = self._followed(near + _NUDGE, self.square)
        return (above - self._followed(near - _NUDGE, self.square)) / (2 * _NUDGE)

    def log10_slope(self, log10_q: FloatArray, excess: FloatArray | float) -> FloatArray:
        """log10 of E[phi'^2], for x of an excess kurtosis."""
        tilt = 1 + excess * _interpolated(log10_q, self.slope_tilt)
        return _interpolated(log10_q, self.slope) + np.log10(np.maximum(tilt, _LEAST_TILT))

    def slope_steepness(self, log10_q: FloatArray) -> FloatArray:
        """d log E[phi'^2] / d log q."""
        above = _interpolated(log10_q + _NUDGE, self.slope)
        return (above - _interpolated(log10_q - _NUDGE, self.slope)) / (2 * _NUDGE)

    def slope_ratio(self, log10_q: FloatArray) -> FloatArray:
        """E[phi'^4] / E[phi'^2]^2."""
        return _ratio(log10_q, self.slope_fourth, self.slope)

    def _followed(self, log10_q: FloatArray, table: FloatArray) -> FloatArray:
        """Interpolated inside the grid; beyond it along the line that phi has there, if any."""
        inside = np.clip(log10_q, -FAR, FAR)
        beyond = log10_q - inside
        grows = self.phi.slopes_at_infinity != (0.0, 0.0)
        falls = self.phi.slopes_at_zero is not None
        kept = np.where(beyond > 0, grows, falls)
        return _interpolated(inside, table) + np.where(kept, beyond, 0.0)


@lru_cache(maxsize=64)
def moment_table(phi: Activation) -> Table:
    """The moments of an activation on the whole grid."""
    q = 10.0**_GRID

    def moment(power: int, *, derivative: bool = False, tilted: bool = False) -> FloatArray:
        function = phi.derivative if derivative else phi.value

        def integrand(x: FloatArray) -> FloatArray:
            raised: FloatArray = function(x) ** power
            return raised * _hermite_4(x, q) / 24 if tilted else raised

        return np.maximum(gaussian_expectation(integrand, q, phi.kinks), _floor(tilted))

    square, fourth, slope = moment(2), moment(4), moment(2, derivative=True)
    return Table(
        phi,
        np.log10(square),
        np.log10(fourth),
        np.log10(slope),
        np.log10(moment(4, derivative=True)),
        moment(2, tilted=True) / square,
        moment(4, tilted=True) / fourth,
        moment(2, derivative=True, tilted=True) / slope,
    )


def _floor(tilted: bool) -> float:
    """The least value of a moment: a tilt may be negative."""
    return -np.inf if tilted else _SMALLEST


def _hermite_4(x: FloatArray, q: FloatArray) -> FloatArray:
    """He_4 of z = x / sqrt(q), the polynomial by which a kurtosis tilts a Gaussian."""
    z2 = x * x / q.reshape(-1, *(1,) * (x.ndim - 1))
    polynomial: FloatArray = z2 * z2 - 6 * z2 + 3
    return polynomial


def _interpolated(log10_q: FloatArray, table: FloatArray) -> FloatArray:
    return np.interp(log10_q, _GRID, table)


def _ratio(log10_q: FloatArray, fourth: FloatArray, square: FloatArray) -> FloatArray:
    logarithm = _interpolated(log10_q, fourth) - 2 * _interpolated(log10_q, square)
    ratio: FloatArray = 10.0**logarithm
    return ratio
