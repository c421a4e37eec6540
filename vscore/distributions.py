"""The three laws that weights are drawn from: sampler and density together.

Each law is written for variance 1 and turned into weights by a mean and a standard deviation.
A sampler maps one 32-bit integer to one weight through the law's quantile function, so laws drawn
from one stream are coupled: the same integer is the same quantile in each. Samplers use only
additions, multiplications and divisions in float32, which IEEE 754 makes the same everywhere.

The truncated normal is N(0, s^2) cut at +-2 s; its std after the cut is 0.8796 s. VarianceScaling
asks for the std after the cut, hence the division by `TRUNCATED_STD` (Keras does the same).
"""

from collections.abc import Mapping
from functools import partial
from math import sqrt
from types import MappingProxyType

import numpy as np

from vscore._horner import polynomials
from vscore._law import Bits, Density, Distribution, Tail, Weights
from vscore._normal_tail import tail_quantile
from vscore._scratch import SCRATCH
from vscore._sphere import sphere_cdf, sphere_pdf, sphere_ppf
from vscore._typing import FloatArray

__all__ = [
    "DISTRIBUTIONS",
    "TRUNCATED_STD",
    "Bits",
    "Density",
    "Distribution",
    "Weights",
    "orthogonal_entry",
    "toward_zero",
]

TRUNCATED_STD = 0.87962566103423978
"""Std of N(0, 1) given |z| <= 2: sqrt(1 - 4 pdf(2) / (cdf(2) - cdf(-2)))."""

_CUT = 2.0
_INSIDE = 0.9544997361036416
"""P(|z| <= 2)."""

_FRACTION = np.array(
    [
        [4.38446539, 54.2417974, 74.4907369, 24.2563572, 1.99999986],
        [10.7059099, 55.2535467, 52.4257700, 13.8379973, 1.0],
    ],
    np.float32,
)
"""The quantile of the cut normal is x N(t) / D(t), t = 1 - x^2, x in [-1, 1]: N and D, highest
power first.

Weighted least squares on 6 000 Chebyshev points against scipy.special.ndtri; relative error 7e-8,
and 5e-7 at worst once evaluated in float32. Powers of t, not of x^2: every coefficient is positive,
so nothing cancels near the cut."""


def toward_zero(number: float) -> np.float32:
    """The float32 nearest to a number that is not larger than it in magnitude."""
    rounded = np.float32(number)
    return np.nextafter(rounded, np.float32(0)) if abs(float(rounded)) > abs(number) else rounded


def _cut_quantile(bits: Bits, share: float, out: Weights) -> Weights:
    """Fill `out` with the cut normal's quantile at x = bits / (2^31 share).

    Returns 1 - x^2, float32, in scratch; the quantile means something where that is not negative.
    """
    space = SCRATCH.floats(len(bits))
    x: Weights = space[0]
    t: Weights = space[1]
    np.multiply(bits, np.float32(2.0**-31 / share), out=x, dtype=np.float32, casting="unsafe")
    np.multiply(x, x, out=t)
    np.subtract(np.float32(1), t, out=t)
    numerator, denominator = polynomials(_FRACTION, t, space[2:])
    numerator /= denominator
    np.multiply(numerator, x, out=out)
    return t


def _truncated_quantiles(bits: Bits, out: Weights) -> None:
    _cut_quantile(bits, 1.0, out)


def _stretch_truncated(quantiles: Weights, _tail: Tail | None, std: float, out: Weights) -> None:
    parent = std / TRUNCATED_STD
    np.multiply(quantiles, np.float32(parent), out=out)
    limit = toward_zero(_CUT * parent)  # rounding must not carry a weight past the cut
    np.clip(out, -limit, limit, out=out)


def _normal_quantiles(bits: Bits, out: Weights) -> Tail:
    """The cut normal's inside +-2; beyond it is the tail, 4.6 % of the weights."""
    beyond = np.flatnonzero(_cut_quantile(bits, _INSIDE, out) <= 0)
    return beyond, _normal_tail(bits[beyond])


def _stretch_normal(quantiles: Weights, tail: Tail | None, std: float, out: Weights) -> None:
    assert tail is not None
    np.multiply(quantiles, np.float32(std), out=out)
    beyond, exact = tail
    out[beyond] = std * exact


def _normal_tail(bits: Bits) -> FloatArray:
    """Quantiles at (bits + 1/2) / 2^32 + 1/2 in float64, where float32 would be too coarse."""
    place = bits + 0.5
    tail: FloatArray = np.copysign(tail_quantile((2.0**31 - np.abs(place)) * 2.0**-32), place)
    return tail


def _uniform_quantiles(bits: Bits, out: Weights) -> None:
    # Two factors: their product would be subnormal, and inexact, where std is below 1e-28.
    np.multiply(bits, np.float32(2.0**-31), out=out, dtype=np.float32, casting="unsafe")


def _stretch_uniform(quantiles: Weights, _tail: Tail | None, std: float, out: Weights) -> None:
    np.multiply(quantiles, toward_zero(sqrt(3) * std), out=out)


def _normal_pdf(y: FloatArray) -> FloatArray:
    density: FloatArray = np.exp(-0.5 * y * y) / sqrt(2 * np.pi)
    return density


def _normal_cdf(y: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    share: FloatArray = ndtr(y)
    return share


def _normal_ppf(p: FloatArray) -> FloatArray:
    from scipy.special import ndtri

    quantile: FloatArray = ndtri(p)
    return quantile


def _truncated_pdf(y: FloatArray) -> FloatArray:
    return _normal_pdf(y * TRUNCATED_STD) * (TRUNCATED_STD / _INSIDE)


def _truncated_cdf(y: FloatArray) -> FloatArray:
    return (_normal_cdf(y * TRUNCATED_STD) - 0.5) / _INSIDE + 0.5


def _truncated_ppf(p: FloatArray) -> FloatArray:
    return _normal_ppf((p - 0.5) * _INSIDE + 0.5) / TRUNCATED_STD


def _uniform_pdf(y: FloatArray) -> FloatArray:
    return np.full_like(y, 0.5 / sqrt(3))


def _uniform_cdf(y: FloatArray) -> FloatArray:
    return 0.5 + y * (0.5 / sqrt(3))


def _uniform_ppf(p: FloatArray) -> FloatArray:
    return sqrt(3) * (2 * p - 1)


DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {
        law.kind: law
        for law in (
            Distribution(
                "truncated_normal",
                "Truncated normal",
                # m4 / m2^2 with m2 = 1 - 4 pdf(2)/Z = 0.7737413 and m4 = 3 m2 - 16 pdf(2)/Z.
                2.3655367,
                _CUT / TRUNCATED_STD,
                _truncated_quantiles,
                _stretch_truncated,
                _truncated_pdf,
                _truncated_cdf,
                _truncated_ppf,
            ),
            Distribution(
                "untruncated_normal",
                "Normal",
                3.0,
                np.inf,
                _normal_quantiles,
                _stretch_normal,
                _normal_pdf,
                _normal_cdf,
                _normal_ppf,
            ),
            Distribution(
                "uniform",
                "Uniform",
                1.8,
                sqrt(3),
                _uniform_quantiles,
                _stretch_uniform,
                _uniform_pdf,
                _uniform_cdf,
                _uniform_ppf,
            ),
        )
    }
)
"""The laws by the names that Keras gives them; "normal" is an alias of "truncated_normal" there."""


def orthogonal_entry(size: int) -> Distribution:
    """The law, at variance 1, of one entry of a Haar-distributed orthogonal matrix.

    A column of a size x size orthogonal matrix is a uniform point of the unit sphere; the square
    of an entry is Beta(1/2, (size - 1) / 2). Entries of one matrix are not independent.

    Parameters
    ----------
    size : int
        The matrix's larger side, at least 2.
    """
    return Distribution(
        "orthogonal_entry",
        "Entry of an orthogonal matrix",
        3 * size / (size + 2),
        sqrt(size),
        _not_drawn_alone,
        _stretch_normal,
        partial(sphere_pdf, size),
        partial(sphere_cdf, size),
        partial(sphere_ppf, size),
    )


def _not_drawn_alone(bits: Bits, out: Weights) -> None:
    raise TypeError("entries of an orthogonal matrix are drawn together, by Orthogonal")
