"""What two inputs of a batch have in common after an activation, by Hermite series.

E[f(u1) f(u2)] = sum over k of a_k^2 E[c^k], for u1 and u2 of correlation c and a_k the coefficients
of f in He_k / sqrt(k!). The coefficients hang on q alone, so those of all layers are worked out at
once; the correlations then follow layer by layer.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._typing import FloatArray
from vscore.activations import Activation
from vscore.meanfield._tables import FAR

_DEGREE = 40

ORDERS = np.arange(_DEGREE + 2.0)
"""The last stands for all that are left."""

_PAIRS = ORDERS * (ORDERS - 1) / 2

_COUNT = 800
"""Even, so that a step at 0 lies half way between two nodes, where the sum is exact for it."""

_NODES = 18 / _COUNT * (np.arange(_COUNT) - (_COUNT - 1) / 2)

_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()

_SMALLEST = 1e-300

_CONSTANT = 1e-12
"""A variance below this share of the squared mean is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Coefficients by layer and order, shape (depth, orders); each row of the first four sums to 1.

    Attributes
    ----------
    value, slope : Of phi and of phi', over E phi^2 and E phi'^2.
    square, slope_square : Of phi^2 and of phi'^2 without their means, over their variances; where
        nothing varies the inputs are alike, and order 0 has it all.
    mixed : The covariance of phi^2 and phi'^2, over E phi^2 E phi'^2.
    outer : shape (depth,). E[z^2 phi'^2] / (q E[phi'^2]): above 1 where phi is steeper far from 0.
    aligned : shape (depth,). E[z phi phi']^2 / (q E[phi^2] E[phi'^2]): 1 where z phi' is a
        multiple of phi.
    """

    value: FloatArray
    slope: FloatArray
    square: FloatArray
    slope_square: FloatArray
    mixed: FloatArray
    outer: FloatArray
    aligned: FloatArray


def hermite_series(phi: Activation, log10_q: FloatArray) -> Series:
    """The series of every layer, for lengths of shape (depth,)."""
    root = np.sqrt(10.0 ** np.clip(log10_q, -FAR, FAR))
    z = root[:, None] * _NODES
    value, slope = phi.value(z), phi.derivative(z)
    squares, slope_squares = value**2, slope**2
    first, second = squares @ _WEIGHTS, np.maximum(slope_squares @ _WEIGHTS, _SMALLEST)
    means = np.maximum(first * second, _SMALLEST)
    mixed = _products(squares, slope_squares) / means[:, None]
    mixed[:, 0] = 0.0
    return Series(
        value=_normalized(_products(value, value)),
        slope=_normalized(_products(slope, slope)),
        square=_varying(_products(squares, squares)),
        slope_square=_varying(_products(slope_squares, slope_squares)),
        mixed=mixed,
        outer=slope_squares @ (_WEIGHTS * _NODES**2) / second,
        aligned=((value * slope) @ (_WEIGHTS * _NODES)) ** 2 / means,
    )


def mean_powers(c: FloatArray | float, scatter: FloatArray | float) -> FloatArray:
    """E[c^k] of every order, for c of a mean and a variance; of shape (..., orders)."""
    mean, variance = np.asarray(c)[..., None], np.asarray(scatter)[..., None]
    powers: FloatArray = mean**ORDERS
    powers[..., 2:] += _PAIRS[2:] * variance * powers[..., :-2]
    np.minimum(powers, 1.0, out=powers)
    return powers


def _normalized(products: FloatArray) -> FloatArray:
    normalized: FloatArray = products / np.maximum(products.sum(axis=1, keepdims=True), _SMALLEST)
    return normalized


def _varying(products: FloatArray) -> FloatArray:
    """Without order 0, the mean's."""
    total = products[:, 1:].sum(axis=1, keepdims=True)
    still = total <= _CONSTANT * products[:, :1]
    shares = np.where(still, 0.0, products / np.where(still, 1.0, total))
    shares[:, :1] = still
    return shares


def _products(first: FloatArray, second: FloatArray) -> FloatArray:
    """a_k b_k for k up to the degree; what is left over counts as one order more."""
    basis = _weighted_hermite()
    known = first @ basis
    products = known * (known if second is first else second @ basis)
    rest = (first * second) @ _WEIGHTS - products.sum(axis=1)
    return np.column_stack([products, rest])


@lru_cache(maxsize=1)
def _weighted_hermite() -> FloatArray:
    """He_k(z) / sqrt(k!) at the nodes times their weights, shape (nodes, degree + 1)."""
    rows = [np.ones_like(_NODES), _NODES]
    for k in range(1, _DEGREE):
        rows.append((_NODES * rows[k] - np.sqrt(k) * rows[k - 1]) / np.sqrt(k + 1))
    return np.ascontiguousarray((np.array(rows) * _WEIGHTS).T)
