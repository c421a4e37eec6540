"""Gaussian expectations by composite Gauss-Legendre quadrature.

Gauss-Hermite converges slowly where a function has a kink, or a step that is narrow against
sqrt(q). Here the axis is cut at the kinks and at 0, +-1, +-2, +-4, ... of the function's own
argument, and at fixed points of the Gaussian's, so that on every panel the integrand is smooth
on the panel's scale and Gauss-Legendre converges geometrically.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from vscore._typing import FloatArray

Function: TypeAlias = Callable[[FloatArray], FloatArray]

# The tail beyond 9 standard deviations holds 2e-19 of the mass, and 2e-17 of z^2's integral.
_REACH = 9.0

# Panels of 1.5 standard deviations: on one, 16 nodes integrate the density to 1e-16.
_GAUSSIAN_EDGES = np.linspace(-_REACH, _REACH, 13)

# Over two variables the cost is squared; 12 nodes a panel still leave only 1e-14.
_NODES = 16
_PAIR_NODES = 12

# Beyond 2^40 = 1e12 an activation is its asymptote.
_MOST_OCTAVES = 40

# A kink seen through a Gaussian of width s is an erf-like step: smooth on scale s within 8.5 s,
# invisible (exp(-8.5^2 / 2) = 2e-16) outside.
_BLUR = np.array([-8.5, -4.0, -2.0, 0.0, 2.0, 4.0, 8.5])


def gaussian_expectation(f: Function, q: ArrayLike, kinks: Sequence[float] = ()) -> FloatArray:
    """E[f(sqrt(q) z)] for standard normal z.

    Parameters
    ----------
    f : callable
        Elementwise function of a float64 array; smooth on scale 1 off its kinks, and growing
        at most like a power.
    q : array_like
        Variances, each in [0, inf). At q = 0 the result is f(0).
    kinks : sequence of float
        Where f or a derivative of it jumps.

    Returns
    -------
    ndarray
        Same shape as q. Relative error below 1e-13 for the activations of
        `vscore.activations`, their squares and their derivatives' squares, q in [1e-4, 1e4].
    """
    scale = np.sqrt(np.asarray(q, np.float64))
    breaks = _breaks(tuple(kinks), float(np.max(scale, initial=0.0)))
    return _expectation(f, np.zeros_like(scale), scale, breaks, _NODES)


def correlated_expectation(f: Function, q: float, c: float, kinks: Sequence[float] = ()) -> float:
    """E[f(u1) f(u2)] for centred Gaussian u1, u2 of variance q and correlation c.

    Parameters
    ----------
    f, kinks
        As for `gaussian_expectation`.
    q, c : float
        Variance, in [0, inf), and correlation, in [-1, 1].

    Returns
    -------
    float
        Relative to E[f(u)^2], the error is below 1e-12 at every c, both ends included.

    Notes
    -----
    With u_i = sqrt(q |c|) z + sqrt(q (1 - |c|)) e_i (the sign of z turned in u2 where c < 0)
    and G(m) = E[f(m + sqrt(q (1 - |c|)) e)], the expectation is E[G(u) G(+-u)] over
    u = sqrt(q |c|) z. G is f seen through a Gaussian: its kinks are known steps of known width,
    and where c < 0 those of G(-u) lie at the mirrored places.
    """
    shared, own = math.sqrt(q * abs(c)), math.sqrt(q * (1 - abs(c)))
    breaks = _breaks(tuple(kinks), math.sqrt(q))
    centres = np.array([0.0, *kinks, *(-kink for kink in kinks if c < 0)])
    blurred = np.union1d(breaks, (centres[:, None] + own * _BLUR).ravel())

    def smoothed(mean: FloatArray) -> FloatArray:
        return _expectation(f, mean, np.full_like(mean, own), breaks, _PAIR_NODES)

    def product(mean: FloatArray) -> FloatArray:
        first = smoothed(mean)
        return first * (first if c >= 0 else smoothed(-mean))

    return float(_expectation(product, np.zeros(()), np.array(shared), blurred, _PAIR_NODES))


def _expectation(
    f: Function, mean: FloatArray, scale: FloatArray, breaks: FloatArray, nodes: int
) -> FloatArray:
    """E[f(mean + scale z)], elementwise over mean and scale, panels cut at the breaks of f.

    Breaks out of reach are clipped to the end and leave panels of length 0, so that every
    element has as many panels as the others.
    """
    width = np.where(scale > 0, scale, 1.0)[..., None]
    cuts = np.clip((breaks - mean[..., None]) / width, -_REACH, _REACH)
    fixed = np.broadcast_to(_GAUSSIAN_EDGES, (*cuts.shape[:-1], _GAUSSIAN_EDGES.size))
    edges = np.sort(np.concatenate([fixed, cuts], axis=-1), axis=-1)
    half = np.diff(edges)[..., None] / 2
    node, weight = _legendre(nodes)
    z = edges[..., :-1, None] + half * (1 + node)
    density = np.exp(-0.5 * z * z) * (half * weight)
    values = f(mean[..., None, None] + scale[..., None, None] * z)
    counted = np.where(density > 0, values, 0.0)  # f may be infinite at a kink
    total: FloatArray = np.einsum("...ij,...ij->...", counted, density)
    return total / math.sqrt(2 * math.pi)


@lru_cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    node, weight = np.polynomial.legendre.leggauss(nodes)
    return node, weight


def _breaks(kinks: tuple[float, ...], largest_scale: float) -> FloatArray:
    """The kinks, 0, and +-1, +-2, +-4, ... up to where the Gaussian or the structure ends."""
    octaves = min(math.ceil(math.log2(max(largest_scale * _REACH, 1.0))) + 1, _MOST_OCTAVES)
    powers = 2.0 ** np.arange(octaves)
    return np.unique(np.concatenate([-powers, [0.0, *kinks], powers]))
