"""Small draws, whose quantiles are kept from one simulation to the next.

Whoever moves an initializer's scale draws the same integers again and again: a seed's quantiles
stay, and only the factor changes. So those asked for a second time are kept, which halves the time
of a small simulation; a draw that never comes again costs nothing more. No number depends on it:
a quantile found is the one that would be computed.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from vscore._law import Bits, Distribution, Tail, Weights
from vscore._streams import Stream

KEPT_BYTES = 1 << 26
"""Of all quantiles kept."""

_REMEMBERED = 1 << 12
"""Draws of which it is remembered that they came once."""

Drawn: TypeAlias = tuple[Weights, Tail | None]
Key: TypeAlias = tuple[object, ...]


class Shelf:
    """Draws by key, bounded in bytes.

    Parameters
    ----------
    room : int
        Bytes of all quantiles kept, at most; those used least lately go first.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Key, Drawn] = OrderedDict()
        self._seen: OrderedDict[Key, None] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def find(self, key: Key) -> tuple[Drawn | None, bool]:
        """What is kept under a key, and whether it was asked for before."""
        with self._lock:
            found, again = self._kept.get(key), key in self._seen
            if found is not None:
                self._kept.move_to_end(key)
            self._seen[key] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            return found, again

    def keep(self, key: Key, drawn: Drawn) -> None:
        """Keep one more, and let go of others for it."""
        with self._lock:
            self.bytes += _size(drawn) - _size(self._kept.pop(key, None))
            self._kept[key] = drawn
            while self.bytes > self._room:
                self.bytes -= _size(self._kept.popitem(last=False)[1])


_SHELF = Shelf(KEPT_BYTES)


def draw_together(law: Distribution, streams: Sequence[Stream], std: float, out: Weights) -> None:
    """Fill `out` with weights from the first integers of each stream, an equal part from each.

    Parameters
    ----------
    law : Distribution
    streams : sequence of Stream
    std : float
    out : ndarray of float32, shape (count,)
        At most `BLOCK`.
    """
    key = (law.kind, out.size, *((stream.seed, stream.path) for stream in streams))
    found, again = _SHELF.find(key)
    if found is None and not again:
        law.sampler(_bits(streams, out.size), std, out)
        return
    if found is None:
        quantiles = np.empty(out.size, np.float32)
        found = quantiles, law.quantiles(_bits(streams, out.size), quantiles)
        _SHELF.keep(key, found)
    law.stretch(*found, std, out)


def _bits(streams: Sequence[Stream], count: int) -> Bits:
    bits = np.empty(count, np.int32)
    for stream, part in zip(streams, bits.reshape(len(streams), -1), strict=True):
        part[:] = stream.bits(0, part.size)
    return bits


def _size(drawn: Drawn | None) -> int:
    if drawn is None:
        return 0
    quantiles, tail = drawn
    return quantiles.nbytes + (0 if tail is None else sum(part.nbytes for part in tail))
