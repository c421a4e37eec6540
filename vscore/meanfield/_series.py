"""Correlation maps of many lengths at once, as power series in c.

E[phi(u1) phi(u2)] = sum_n a_n(q)^2 c^n with a_n = E[phi(sqrt(q) z) He_n(z)] / sqrt(n!) (Mehler).
A kink's a_n^2 fall only like n^-2.5. So what is left beyond the last term, N, is taken to fall like
n^-p, with the p at which value and slope at c = 1, both known otherwise, are right:

    sum_{n >= N} a_n^2 c^n = rest (p - 1) int_1^inf m^-p c^(N m) dm,  mean of m (p - 1) / (p - 2).

References
----------
Daniely, Frostig and Singer 2016, "Toward deeper understanding of neural networks", section 4.
"""

from dataclasses import dataclass

import numpy as np

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation

_TERMS = 128

_NODES = 40
"""Lengths at which the a_n are worked out; between them they are polynomials in log q."""

_CHUNK = 8
"""Lengths at a time, so that their polynomials take some 10 MB."""

_NARROW = 1e-9
"""In log q: one length."""

_NEWTON = 60
"""Steps: the first few dozen at most halve what is left where c* is close to 1."""

_SETTLED = 1e-15

_UNRELATED = 1e-12
"""A smaller c is 0: that of an odd phi without biases, within rounding."""

_NOTHING = 1e-13
"""Of E phi^2: less is rounding."""

_STEEPEST, _FLATTEST = 1.01, 20.0
"""Means of m: of a series that all but ends, and one whose slope at c = 1 is all but infinite."""

_TAIL_NODES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """K(c) = sum_n square_n c^n + sum_k rest_k c^power_k, for each of some lengths.

    Attributes
    ----------
    square : ndarray, shape (terms, lengths)
    rest, power : ndarray, shape (nodes, lengths)
    """

    square: FloatArray
    rest: FloatArray
    power: FloatArray

    def at(self, c: FloatArray) -> tuple[FloatArray, FloatArray]:
        """K and its derivative at one c a length."""
        value, slope = np.zeros_like(c), np.zeros_like(c)
        for term in self.square[::-1]:  # Horner, with the derivative beside
            slope = slope * c + value
            value = value * c + term
        tail = self.rest * c ** (self.power - 1)
        return value + c * tail.sum(axis=0), slope + (self.power * tail).sum(axis=0)


def series(phi: Activation, q: FloatArray, moment: FloatArray, rise: FloatArray) -> Series:
    """The series at lengths q > 0, shape (lengths,).

    Parameters
    ----------
    moment, rise : ndarray, shape (lengths,)
        K(1) = E phi^2 and K'(1) = q E phi'^2.
    """
    square = _coefficients(phi, np.log(q)) ** 2
    rest = moment - square.sum(axis=0)
    left = rise - np.arange(_TERMS) @ square
    clear = rest > _NOTHING * moment
    mean = np.divide(left, rest * _TERMS, out=np.ones_like(rest), where=clear)
    mean = np.clip(mean, _STEEPEST, _FLATTEST)
    # m = y^(-3 / (p - 1)) has mass 3 y^2 dy: both are smooth in y for p near 2.5.
    node, mass = np.polynomial.legendre.leggauss(_TAIL_NODES)
    y = (node[:, None] + 1) / 2
    powers = _TERMS * y ** (-3 * (mean - 1) / mean)
    masses = 1.5 * y**2 * mass[:, None] * np.where(clear, rest, 0.0)
    return Series(square, masses, powers)


def lowest_fixed_points(found: Series, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """The least c in [0, 1] with (weight K(c) + bias) / (weight K(1) + bias) = c.

    By Newton's method from 0: the map is convex, so that no step goes too far.
    """
    one = np.ones_like(weight)
    q = weight * found.at(one)[0] + bias
    c = np.zeros_like(weight)
    for _ in range(_NEWTON):
        value, slope = found.at(c)
        excess, fall = (weight * value + bias) / q - c, 1 - weight * slope / q
        step = np.divide(excess, fall, out=np.zeros_like(c), where=(excess > 0) & (fall > 0))
        c = np.minimum(c + step, 1.0)
        if step.max(initial=0.0) <= _SETTLED:
            break
    return np.where(c < _UNRELATED, 0.0, c)


def _coefficients(phi: Activation, log_q: FloatArray) -> FloatArray:
    """a_n at every length, shape (terms, lengths)."""
    from numpy.polynomial.chebyshev import chebfit, chebpts1, chebvander  # 10 ms to load

    low, high = float(log_q.min()), float(log_q.max())
    middle, half = (low + high) / 2, max((high - low) / 2, _NARROW)
    x = chebpts1(_NODES)
    at_nodes = _projections(phi, np.exp(middle + half * x))
    polynomials = chebfit(x, at_nodes, _NODES - 1)
    places = chebvander((log_q - middle) / half, _NODES - 1)
    return np.asarray((places @ polynomials).T, np.float64)


def _projections(phi: Activation, q: FloatArray) -> FloatArray:
    """a_n at few lengths, shape (lengths, terms)."""
    chunks = np.split(q, range(_CHUNK, len(q), _CHUNK))
    return np.concatenate([_projected(phi, chunk) for chunk in chunks])


def _projected(phi: Activation, q: FloatArray) -> FloatArray:
    root = np.sqrt(q)[:, None, None]

    def products(x: FloatArray) -> FloatArray:
        return phi.value(x) * _hermite(x / root)

    return gaussian_expectation(products, q, phi.kinks).T


def _hermite(z: FloatArray) -> FloatArray:
    """He_n(z) / sqrt(n!), shape (terms, *z.shape)."""
    found = np.empty((_TERMS, *z.shape))
    found[0], found[1] = 1.0, z
    for n in range(1, _TERMS - 1):
        found[n + 1] = (z * found[n] - np.sqrt(n) * found[n - 1]) / np.sqrt(n + 1)
    return found
