"""The normal numbers behind the paths: always the same ones, and as even as can be.

A row holds the quantiles of N(0, 1) at (i + 1/2) / PATHS in an order of its own, so each row's law
is exact, and what is left of chance is how rows go together.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._streams import Stream

PATHS = 4096

_PURPOSES = 4
"""Kinds of rows that are kept in memory: 16 KiB a row."""

_ROWS = 32
"""Made at once, at least."""


@lru_cache(maxsize=1)
def _quantiles() -> NDArray[np.float32]:
    from scipy.special import ndtri

    quantiles = ndtri((np.arange(PATHS) + 0.5) / PATHS)
    quantiles /= quantiles.std()  # the tails beyond the last quantile
    return quantiles.astype(np.float32)


def order(*path: int) -> NDArray[np.intp]:
    """The numbers from 0 to PATHS - 1 in the order of a path's random bits."""
    # A stable sort of 16 bits is a radix sort; ties keep their order, which harms nothing.
    return np.argsort(Stream(0, path).bits(0, PATHS).astype(np.int16), kind="stable")


def normals(rows: int, purpose: int) -> NDArray[np.float32]:
    """Standard normal numbers, shape (rows, PATHS), read-only: row r is the same in all shapes."""
    return _normals(max(_ROWS, 1 << (rows - 1).bit_length()), purpose)[:rows]


@lru_cache(maxsize=_PURPOSES)
def _normals(rows: int, purpose: int) -> NDArray[np.float32]:
    quantiles, numbers = _quantiles(), np.empty((rows, PATHS), np.float32)
    for row in range(rows):
        np.take(quantiles, order(purpose, row), out=numbers[row])
    numbers.flags.writeable = False
    return numbers


_LEAST_CUBE_ROOT = np.float32(1e-3)
"""A gamma variable of variance 1 is below its cube once in 1e9."""

_CUBES = np.float32(3 / np.log(10))


def log10_gamma(variance: ArrayLike, normal: NDArray[np.float32]) -> NDArray[np.float32]:
    """log10 of gamma variables of mean 1, from normal ones (Wilson and Hilferty 1931)."""
    narrow = np.asarray(variance, np.float32)
    cube_root = np.sqrt(narrow) / np.float32(3) * normal
    cube_root += 1 - narrow / np.float32(9)
    np.maximum(cube_root, _LEAST_CUBE_ROOT, out=cube_root)
    logarithm: NDArray[np.float32] = np.log(cube_root, out=cube_root)
    logarithm *= _CUBES
    return logarithm
