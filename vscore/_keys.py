"""What NumPy's `SeedSequence` makes of many spawn keys, worked out together.

A small network's layer is drawn in a tenth of a millisecond, a quarter of which NumPy takes to
hash its address. The hash is O'Neill's `seed_seq_fe`, as `numpy.random.SeedSequence` has it; NumPy
promises that it never changes (NEP 19).
"""

from functools import cache

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import DTypeLike, NDArray

_MIXED_FIRST, _MIXED_BY = 0x43B0D7E5, 0x931E8875
_GIVEN_FIRST, _GIVEN_BY = 0x8B51F9DD, 0x58F38DED
_LEFT, _RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_SHIFT = np.uint32(16)

_POOL = 4
"""Words of a pool."""

_STATE = (0, 1, 2, 3, 0, 1)
"""Which of them each half of a bit generator's three state words comes from."""


class Key(ISeedSequence):
    """A seed sequence whose state is known: SFC64's three words."""

    __slots__ = ("_state",)

    def __init__(self, state: NDArray[np.uint64]) -> None:
        self._state = state

    def generate_state(self, n_words: int, dtype: DTypeLike = np.uint32) -> NDArray[np.uint64]:
        """The words, for who asks for as many of 64 bits."""
        assert (n_words, np.dtype(dtype)) == (self._state.size, self._state.dtype)
        return self._state


def keys(seed: int, version: int, paths: NDArray[np.uint32]) -> list[Key]:
    """For SFC64, what ``SeedSequence(seed, spawn_key=(version, *path))`` is.

    Parameters
    ----------
    seed : int
        In [0, 2**64).
    version : int
        Of one word, in [0, 2**32).
    paths : ndarray of uint32, shape (count, words)
    """
    pool = np.random.SeedSequence(seed, spawn_key=(version,)).pool
    mixed = 2 * _POOL + _POOL * (_POOL - 1)  # seed, each with each other, version
    constants = _constants(_MIXED_FIRST, _MIXED_BY, mixed + _POOL * paths.shape[1] + 1)
    for index, words in enumerate(paths.T):
        start = mixed + index * _POOL
        hashed = words[:, np.newaxis] ^ constants[start : start + _POOL]
        hashed *= constants[start + 1 : start + 1 + _POOL]
        hashed ^= hashed >> _SHIFT
        pool = pool * _LEFT - hashed * _RIGHT
        pool ^= pool >> _SHIFT
    given = _constants(_GIVEN_FIRST, _GIVEN_BY, len(_STATE) + 1)
    state = pool[:, _STATE] ^ given[:-1]
    state *= given[1:]
    state ^= state >> _SHIFT
    # Low half first, on every machine.
    return [Key(words) for words in state.astype("<u4", order="C").view("<u8").astype(np.uint64)]


@cache
def _constants(first: int, factor: int, count: int) -> NDArray[np.uint32]:
    """A first number and its products with powers of another, modulo 2^32."""
    return np.array([first * pow(factor, k, 2**32) % 2**32 for k in range(count)], np.uint32)
