"""Gaussian moments of phi over all magnitudes of q, as tables; and what two inputs share.

The band follows thousands of paths through the length map, so moments are worked out once on a
grid of log10 q and interpolated: to 1e-4, far below what chance does.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation

_FAR = 24.0

_GRID = np.concatenate(
    [np.arange(-_FAR, -3, 0.5), np.linspace(-3, 3, 121), np.arange(3.5, _FAR + 0.1, 0.5)]
)
"""log10 q: fine where activations bend."""

_DEGREE = 40

_NODES = np.linspace(-9, 9, 2001)

_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Moments of phi(sqrt(q) z) by log10 q."""

    phi: Activation
    square: FloatArray
    fourth: FloatArray
    slope: FloatArray
    slope_fourth: FloatArray
    square_tilt: FloatArray
    fourth_tilt: FloatArray

    def log10_square(self, log10_q: FloatArray, excess: float) -> FloatArray:
        """log10 of E[phi^2], for z of an excess kurtosis."""
        tilt = 1 + excess * _interpolated(log10_q, self.square_tilt)
        return self._followed(log10_q, self.square) + np.log10(np.maximum(tilt, 0.1))

    def square_ratio(self, log10_q: FloatArray, excess: float) -> FloatArray:
        """E[phi^4] / E[phi^2]^2."""
        tilt = 1 + excess * _interpolated(log10_q, self.fourth_tilt)
        tilt = tilt / (1 + excess * _interpolated(log10_q, self.square_tilt)) ** 2
        return _ratio(log10_q, self.fourth, self.square) * np.maximum(tilt, 0.1)

    def log10_steepness(self, log10_q: FloatArray) -> FloatArray:
        """d log E[phi^2] / d log q: what the length map does to a small relative deviation."""
        above = self._followed(log10_q + 0.05, self.square)
        return (above - self._followed(log10_q - 0.05, self.square)) / 0.1

    def log10_slope(self, log10_q: FloatArray) -> FloatArray:
        """log10 of E[phi'^2]."""
        return _interpolated(log10_q, self.slope)

    def slope_ratio(self, log10_q: FloatArray) -> FloatArray:
        """E[phi'^4] / E[phi'^2]^2."""
        return _ratio(log10_q, self.slope_fourth, self.slope)

    def _followed(self, log10_q: FloatArray, table: FloatArray) -> FloatArray:
        """Interpolated inside the grid; beyond it along the line that phi has there, if any."""
        inside = np.clip(log10_q, -_FAR, _FAR)
        beyond = log10_q - inside
        grows = self.phi.slopes_at_infinity != (0.0, 0.0)
        falls = self.phi.slopes_at_zero is not None
        kept = np.where(beyond > 0, grows, falls)
        with np.errstate(invalid="ignore"):
            return _interpolated(inside, table) + np.where(kept, beyond, 0.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """What two inputs of correlation c have in common after phi, for z of one q.

    Attributes
    ----------
    value : float
        E[phi phi] / E[phi^2]: the next layer's correlation, without biases.
    steepness : float
        Its derivative with respect to c.
    square, slope_square : float
        Correlations of phi^2, and of phi'^2.
    slope : float
        E[phi' phi'] / E[phi'^2].
    mixed_alone, mixed : float
        Covariance of phi^2 and phi'^2 over E[phi^2] E[phi'^2]: at one input, and between two.
    """

    value: float
    steepness: float
    square: float
    slope_square: float
    slope: float
    mixed_alone: float
    mixed: float


@lru_cache(maxsize=64)
def moment_table(phi: Activation) -> Table:
    """The moments of an activation on the whole grid."""
    q = 10.0**_GRID

    def moment(power: int, derivative: bool = False, tilted: bool = False) -> FloatArray:
        function = phi.derivative if derivative else phi.value

        def integrand(x: FloatArray) -> FloatArray:
            raised: FloatArray = function(x) ** power
            return raised * _he4(x, q) / 24 if tilted else raised

        return gaussian_expectation(integrand, q, phi.kinks)

    square, fourth = moment(2), moment(4)
    return Table(
        phi,
        np.log10(np.maximum(square, 1e-300)),
        np.log10(np.maximum(fourth, 1e-300)),
        np.log10(np.maximum(moment(2, derivative=True), 1e-300)),
        np.log10(np.maximum(moment(4, derivative=True), 1e-300)),
        moment(2, tilted=True) / np.maximum(square, 1e-300),
        moment(4, tilted=True) / np.maximum(fourth, 1e-300),
    )


@lru_cache(maxsize=4096)
def hermite_shares(phi: Activation, log10_q: float, c: float, scatter: float) -> Shares:
    """What two inputs share, by Hermite series: E[f f] = sum of a_k^2 E[c^k].

    Parameters
    ----------
    phi : Activation
    log10_q : float
    c, scatter : float
        Mean and variance of the correlation: E[c^k] is c^k + k (k - 1) / 2 c^(k - 2) scatter.
    """
    z = np.sqrt(10.0 ** np.clip(log10_q, -_FAR, _FAR)) * _NODES
    value, slope = phi.value(z), phi.derivative(z)
    powers, slopes = _products(value, value), _products(slope, slope)
    mixed = _products(value**2, slope**2)
    orders = np.arange(_DEGREE + 2)
    chance = _mean_powers(orders, c, scatter)
    total, means = max(float(powers.sum()), 1e-300), max(float(mixed[0]), 1e-300)
    return Shares(
        value=float((powers * c**orders).sum() / total),
        steepness=float((powers * orders * c ** np.maximum(orders - 1, 0)).sum() / total),
        square=_share(_products(value**2, value**2), chance),
        slope_square=_share(_products(slope**2, slope**2), chance),
        slope=float((slopes * chance).sum() / max(float(slopes.sum()), 1e-300)),
        mixed_alone=float(mixed[1:].sum() / means),
        mixed=float((mixed[1:] * chance[1:]).sum() / means),
    )


def _mean_powers(orders: NDArray[np.int64], c: float, scatter: float) -> FloatArray:
    pairs = orders * (orders - 1) / 2
    powers: FloatArray = c**orders + pairs * scatter * c ** np.maximum(orders - 2, 0)
    return np.minimum(powers, 1.0)


def _share(products: FloatArray, chance: FloatArray) -> float:
    """A covariance over a variance; 1 where nothing varies: then the inputs are alike."""
    total = float(products[1:].sum())
    return float((products[1:] * chance[1:]).sum() / total) if total > 1e-12 else 1.0


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    """a_k b_k for k up to the degree; what is left over counts as one order more."""
    basis = _normalized_hermite()
    products = (basis @ (_WEIGHTS * first)) * (basis @ (_WEIGHTS * second))
    rest = float((_WEIGHTS * first * second).sum() - products.sum())
    return np.append(products, rest)


@lru_cache(maxsize=1)
def _normalized_hermite() -> FloatArray:
    """He_k(z) / sqrt(k!) at the nodes, shape (degree + 1, nodes)."""
    rows = [np.ones_like(_NODES), _NODES]
    for k in range(1, _DEGREE):
        rows.append((_NODES * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1))
    return np.array(rows)


def _he4(x: FloatArray, q: FloatArray) -> FloatArray:
    """He_4 of z = x / sqrt(q), the polynomial by which a kurtosis tilts a Gaussian."""
    z2 = x * x / q.reshape(-1, *(1,) * (x.ndim - 1))
    polynomial: FloatArray = z2 * z2 - 6 * z2 + 3
    return polynomial


def _interpolated(log10_q: FloatArray, table: FloatArray) -> FloatArray:
    return np.interp(log10_q, _GRID, table)


def _ratio(log10_q: FloatArray, fourth: FloatArray, square: FloatArray) -> FloatArray:
    return 10.0 ** (_interpolated(log10_q, fourth) - 2 * _interpolated(log10_q, square))
