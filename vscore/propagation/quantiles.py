"""Small draws, whose quantiles are kept from one simulation to the next.

Whoever moves an initializer's scale draws the same integers again and again: a seed's quantiles
stay, and only the factor changes. So those asked for a second time are kept, which halves the time
of a small simulation; a draw that never comes again costs nothing more. No number depends on it:
a quantile found is the one that would be computed.

What is kept stays while it is asked for: if all that is drawn does not fit, and is drawn in the
same order again and again, letting go of the oldest would leave nothing that is ever found.
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

_STALE = 16
"""As many finds for each draw kept, and a draw that was none of them makes room for others."""

_REMEMBERED = 1 << 12
"""Draws of which it is remembered that they came once."""

Drawn: TypeAlias = tuple[Weights, Tail | None]
Key: TypeAlias = tuple[object, ...]


class Shelf:
    """Draws by key, bounded in bytes.

    Parameters
    ----------
    room : int
        Bytes of all quantiles kept, at most.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[Key, Drawn] = OrderedDict()
        self._asked: dict[Key, int] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lock = threading.Lock()
        self._finds = 0
        self.bytes = 0

    def find(self, key: Key, size: int) -> tuple[Drawn | None, bool]:
        """What is kept under a key; and else, whether so many bytes should be.

        They should if it was asked for before and there is room, or what was used least lately
        has not been asked for in a long while.
        """
        with self._lock:
            self._finds += 1
            seen = hash(key)  # of a draw that may never come again the key itself is too long
            again = seen in self._seen
            self._seen[seen] = None
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                self._asked[key] = self._finds
                return found, False
            return None, again and size <= self._room and self._makes_room(size)

    def keep(self, key: Key, drawn: Drawn) -> None:
        """Keep one more, and let go of others for it."""
        with self._lock:
            self.bytes += _size(drawn) - _size(self._kept.pop(key, None))
            self._kept[key] = drawn
            self._asked[key] = self._finds
            while self.bytes > self._room:
                oldest, dropped = self._kept.popitem(last=False)
                del self._asked[oldest]
                self.bytes -= _size(dropped)

    def _makes_room(self, size: int) -> bool:
        if self.bytes + size <= self._room:
            return True
        oldest = next(iter(self._kept))
        return self._finds - self._asked[oldest] > _STALE * len(self._kept)


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
    found, worth_keeping = _SHELF.find(key, out.nbytes)
    if found is None and not worth_keeping:
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
