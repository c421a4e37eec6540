"""What two inputs of a batch have in common after an activation, by Hermite series."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.activations import Activation
from vscore.meanfield._tables import FAR

_DEGREE = 40

_NODES = np.linspace(-9, 9, 2001)

_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()

_SMALLEST = 1e-300

_CONSTANT = 1e-12
"""A variance below this share of the squared mean is rounding."""


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
    outer : float
        E[z^2 phi'^2] / (q E[phi'^2]): above 1 where phi is steeper far from 0.
    aligned : float
        E[z phi phi']^2 / (q E[phi^2] E[phi'^2]): 1 where z phi' is a multiple of phi.
    """

    value: float
    steepness: float
    square: float
    slope_square: float
    slope: float
    mixed_alone: float
    mixed: float
    outer: float
    aligned: float


@lru_cache(maxsize=4096)
def hermite_shares(phi: Activation, log10_q: float, c: float, scatter: float) -> Shares:
    """What two inputs share: E[f(u1) f(u2)] = sum over k of a_k^2 E[c^k].

    Parameters
    ----------
    phi : Activation
    log10_q : float
    c, scatter : float
        Mean and variance of the correlation: E[c^k] is c^k + k (k - 1) / 2 c^(k - 2) scatter.
    """
    z = np.sqrt(10.0 ** np.clip(log10_q, -FAR, FAR)) * _NODES
    value, slope = phi.value(z), phi.derivative(z)
    powers, slopes = _products(value, value), _products(slope, slope)
    mixed = _products(value**2, slope**2)
    orders = np.arange(_DEGREE + 2)
    chance = _mean_powers(orders, c, scatter)
    total, means = max(float(powers.sum()), _SMALLEST), max(float(mixed[0]), _SMALLEST)
    return Shares(
        value=float((powers * c**orders).sum() / total),
        steepness=float((powers * orders * c ** np.maximum(orders - 1, 0)).sum() / total),
        square=_share(_products(value**2, value**2), chance),
        slope_square=_share(_products(slope**2, slope**2), chance),
        slope=float((slopes * chance).sum() / max(float(slopes.sum()), _SMALLEST)),
        mixed_alone=float(mixed[1:].sum() / means),
        mixed=float((mixed[1:] * chance[1:]).sum() / means),
        outer=_mean(_NODES**2 * slope**2) / max(_mean(slope**2), _SMALLEST),
        aligned=_mean(_NODES * value * slope) ** 2 / means,
    )


def _mean(values: FloatArray) -> float:
    return float((_WEIGHTS * values).sum())


def _mean_powers(orders: NDArray[np.int64], c: float, scatter: float) -> FloatArray:
    pairs = orders * (orders - 1) / 2
    powers: FloatArray = c**orders + pairs * scatter * c ** np.maximum(orders - 2, 0)
    return np.minimum(powers, 1.0)


def _share(products: FloatArray, chance: FloatArray) -> float:
    """A covariance over a variance; 1 where nothing varies: then the inputs are alike."""
    total = float(products[1:].sum())
    if total <= _CONSTANT * products[0]:
        return 1.0
    return float((products[1:] * chance[1:]).sum() / total)


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
