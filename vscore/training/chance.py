"""Where a training's random numbers come from: orders, splits, examples."""

import numpy as np
from numpy.typing import NDArray

from vscore._streams import Stream, blocks
from vscore._typing import FloatArray
from vscore.initializers import RandomNormal
from vscore.propagation.run import COTANGENT

ORDER = COTANGENT + 1
"""What the stream of a network's order of examples is for, beside those of `propagation.run`."""

_SHARED = 1 << 20
"""The first step of paths that belong to no network: there are at most 10^6 of these."""

SPLIT, EXAMPLES, NOISE = range(3)
"""What streams are for that all networks share."""


def shared(seed: int, purpose: int) -> Stream:
    """The stream of a purpose that all networks share."""
    return Stream(seed, (_SHARED, purpose))


def permutation(stream: Stream, count: int) -> NDArray[np.intp]:
    """The numbers 0 to count - 1 in a random order.

    By sorting random 32-bit integers; equal ones, of which there are count^2 / 2^33, keep their
    order.
    """
    return np.argsort(_bits(stream, count), kind="stable")


def uniforms(stream: Stream, *shape: int) -> FloatArray:
    """Independent numbers, uniform in (0, 1)."""
    bits = _bits(stream, int(np.prod(shape)))
    return ((bits.astype(np.float64) + (2.0**31 + 0.5)) / 2.0**32).reshape(shape)


def normals(stream: Stream, *shape: int) -> FloatArray:
    """Independent N(0, 1) numbers."""
    return RandomNormal(0.0, 1.0).draw(shape, stream, threads=1).astype(np.float64)


def _bits(stream: Stream, count: int) -> NDArray[np.int32]:
    parts = [stream.bits(block, part.stop - part.start) for block, part in enumerate(blocks(count))]
    return np.concatenate(parts)
