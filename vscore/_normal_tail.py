"""The normal law's quantile far out, for a whole array at a time.

scipy.special.ndtri gives the same, one number at a time; this needs less than half its time on
the few thousand numbers of a block, and draws need numpy alone.
"""

import numpy as np

from vscore._horner import polynomials
from vscore._typing import FloatArray

_FRACTION = np.array(
    [
        [
            *(4.05544892305962419923, 31.5251094599893866154, 57.1628192246421288162),
            *(44.0805073893200834700, 14.6849561928858024014, 2.18663306850790267539),
            *(-0.140256079171354495875, -0.0350424626827848203418, -8.57456785154685413611e-4),
        ],
        [
            *(1.0, 15.7799883256466749731, 45.3907635128879210584),
            *(41.3172038254672030440, 15.0425385692907503408, 2.50464946208309415979),
            *(-0.142182922854787788574, -0.0380806407691578277194, -9.33259480895457427372e-4),
        ],
    ]
)
"""Numerator and denominator of Cephes' ndtri.c (S. L. Moshier), as in scipy, for shares from
exp(-32) to exp(-2): highest power of z = 1 / sqrt(-2 ln share) first."""


def tail_quantile(share: FloatArray) -> FloatArray:
    """How many standard deviations below the mean a normal variable is with this probability.

    Parameters
    ----------
    share : ndarray of float64, shape (count,)
        From exp(-32), which is below 2^-46, to exp(-2).

    Returns
    -------
    ndarray of float64, shape (count,)
        -ndtri(share), to a relative 1e-15.

    References
    ----------
    S. L. Moshier, Cephes Mathematical Library, `ndtri`.
    """
    x = np.sqrt(-2 * np.log(share))
    z = 1 / x
    correction, denominator = polynomials(_FRACTION, z, np.empty((2, z.size)))
    correction /= denominator
    correction *= z
    quantile: FloatArray = x - np.log(x) / x
    quantile -= correction
    return quantile
