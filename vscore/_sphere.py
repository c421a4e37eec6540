"""The law of one entry of a random orthogonal matrix: a coordinate of a point on a sphere.

Mean 0, variance 1, for a sphere of radius sqrt(size) in `size` dimensions. The squared coordinate
over size is Beta(1/2, (size - 1) / 2).
"""

import numpy as np

from vscore._typing import FloatArray


def sphere_pdf(size: int, y: FloatArray) -> FloatArray:
    from scipy.special import gammaln

    log_peak = gammaln(size / 2) - gammaln((size - 1) / 2) - 0.5 * np.log(np.pi * size)
    with np.errstate(divide="ignore"):  # size 2 has poles at its ends
        power: FloatArray = (1 - np.minimum(y * y / size, 1)) ** (0.5 * (size - 3))
    power *= np.exp(log_peak)
    return power


def sphere_cdf(size: int, y: FloatArray) -> FloatArray:
    from scipy.special import betainc

    half = 0.5 * betainc(0.5, 0.5 * (size - 1), np.minimum(y * y / size, 1))
    share: FloatArray = 0.5 + np.copysign(half, y)
    return share


def sphere_ppf(size: int, p: FloatArray) -> FloatArray:
    from scipy.special import betaincinv

    square = size * betaincinv(0.5, 0.5 * (size - 1), np.abs(2 * p - 1))
    quantile: FloatArray = np.copysign(np.sqrt(square), p - 0.5)
    return quantile
