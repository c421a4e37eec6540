"""Random bits: one bit generator, fixed blocks, one spawned stream a block.

Every draw in vscore is a function of 32-bit integers read from SFC64 streams. A `Stream` is a seed
and a path of integers (which network, which layer, what for); block b of a draw reads a stream
of its own, spawned at (version, path, b). So the numbers do not depend on how many threads fill
them, in which order, or on what else is drawn. Only raw bits are taken from NumPy, because NumPy
promises that these never change, while its distributions may (NEP 19).

SFC64 gives raw bits about 1.1 times as fast as PCG64 (`python -m tests.bench draw/bits`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vscore._scratch import BLOCK
from vscore.parameters import PARAMETERS

STREAM_VERSION = 1
"""Part of every stream's path; raised if the numbers that a seed gives ever change."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A source of random 32-bit integers, addressed by a seed and a path.

    Attributes
    ----------
    seed : int
        In [0, 2**64).
    path : tuple of int
        Where in the experiment: streams of different paths are independent.
    """

    seed: int
    path: tuple[int, ...] = ()
    _first: Any = field(default=None, compare=False, repr=False)
    """What the first block's bit generator is seeded with, if that is known."""

    def child(self, *path: int) -> "Stream":
        """The stream one or more steps further down."""
        return Stream(self.seed, (*self.path, *path))

    def bits(self, block: int, count: int) -> NDArray[np.int32]:
        """The first `count` integers of a block, uniform on [-2**31, 2**31), shape (count,)."""
        key = self._first if block == 0 else None
        if key is None:
            path = (STREAM_VERSION, *self.path, block)
            key = np.random.SeedSequence(self.seed, spawn_key=path)
        words = np.random.SFC64(key).random_raw((count + 1) // 2)
        # Words are little-endian on every machine, so that their halves keep their order.
        return words.astype("<u8", copy=False).view("<i4")[:count]


def prepared(streams: Sequence[Stream]) -> Sequence[Stream]:
    """The same streams, whose first blocks are quick to begin.

    Parameters
    ----------
    streams : sequence of Stream
        Of one seed, with paths of one length.
    """
    from vscore._keys import keys  # loads numpy.random, which not everybody needs

    paths = np.array([(*stream.path, 0) for stream in streams], np.uint32)
    found = keys(streams[0].seed, STREAM_VERSION, paths)
    return [Stream(each.seed, each.path, key) for each, key in zip(streams, found, strict=True)]


def check_seed(seed: object) -> int:
    """The seed, if it is a whole number in [0, 2**64)."""
    return PARAMETERS["seed"].check_int(seed)


def blocks(count: int) -> Sequence[slice]:
    """The slices of `count` weights that are drawn from one stream each."""
    return [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
