"""Several polynomials of the same numbers, a NumPy call for all of them.

Between two calls a thread gives Python's lock back and takes it again, so threads that draw wait
for each other the less often, the fewer calls there are.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def polynomials(coefficients: NDArray[Any], t: NDArray[Any], totals: NDArray[Any]) -> NDArray[Any]:
    """Horner's rule for several polynomials at once, into `totals`.

    Parameters
    ----------
    coefficients : ndarray, shape (polynomials, powers)
        The highest power first; at least two.
    t : ndarray, shape (count,)
    totals : ndarray, shape (polynomials, count)
        Of the coefficients' dtype, which is the one of the arithmetic.

    Returns
    -------
    ndarray
        `totals`.
    """
    first, *others, last = coefficients.T[..., np.newaxis]
    np.multiply(first, t, out=totals)
    for coefficient in others:
        totals += coefficient
        totals *= t
    totals += last
    return totals
