"""Draws for several networks at once, and the kernels that a run keeps.

In one large array: the system hands out large ones in huge pages, where fifty of a megabyte would
take longer to arrive than to be filled.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TypeAlias

import numpy as np

from vscore._scratch import BLOCK
from vscore._streams import Stream, blocks, prepared
from vscore._typing import AnyArray, Check, Shape
from vscore._workers import Team
from vscore.distributions import Density, Weights
from vscore.initializers import Initializer, fill_block, size_of
from vscore.propagation.quantiles import draw_together

Ready: TypeAlias = list[tuple[int, AnyArray]]


def fill_each(
    initializer: Initializer, streams: Sequence[Stream], out: Weights, check: Check | None = None
) -> None:
    """Fill out[r], shape (networks, *shape), with what the initializer draws from streams[r]."""
    shape = out.shape[1:]
    if initializer.blockwise and out.size <= BLOCK:
        _fill_together(initializer.density(initializer.fans(shape)), streams, out.reshape(-1))
        return
    for stream, kernel in zip(streams, out, strict=True):
        kernel[...] = initializer.draw(shape, stream, threads=1, check=check)


def _fill_together(density: Density, streams: Sequence[Stream], out: Weights) -> None:
    """Small draws in one: a law turns one integer into one weight, whosever it is."""
    if density.std == 0:
        out.fill(density.mean)
        return
    draw_together(density.distribution, streams, density.std, out)
    if density.mean:
        out += np.float32(density.mean)


class Kernels:
    """Every layer's kernels of some networks, drawn by a team.

    Parameters
    ----------
    initializer : Initializer
    shapes : sequence of tuple of int
        Of each layer's kernel.
    streams : sequence of Stream
        One a network; layer l is drawn from its child l.
    dtype : str
        What kernels are given as; drawn, and kept, they are float32.
    team : Team
    kept : bool
        Whether all are drawn at once and kept. Else a layer is drawn whenever it is asked for,
        the same each time, and holds until the next.
    """

    def __init__(
        self,
        initializer: Initializer,
        shapes: Sequence[Shape],
        streams: Sequence[Stream],
        dtype: str,
        team: Team,
        kept: bool,
    ) -> None:
        self._initializer = initializer
        count, layers = len(streams), range(len(shapes))
        each = prepared([stream.child(layer) for layer in layers for stream in streams])
        self._streams = [each[layer * count :][:count] for layer in layers]
        self._dtype = dtype
        self._team = team
        self._kept = kept
        sizes = [len(streams) * size_of(shape) for shape in shapes]
        space = np.empty(sum(sizes) if kept else max(sizes), np.float32)
        ends = np.cumsum(sizes) if kept else sizes
        self._layers = [
            space[end - size : end].reshape(len(streams), *shape)
            for end, size, shape in zip(ends, sizes, shapes, strict=True)
        ]
        if kept:
            self._run(chain.from_iterable(map(self._tasks, range(len(shapes)))))

    def __getitem__(self, layer: int) -> AnyArray:
        """Shape (networks, *shape)."""
        if not self._kept:
            self._run(self._tasks(layer))
        return self._layers[layer].astype(self._dtype, copy=False)

    def ready(self, layers: Sequence[int]) -> Iterator[Ready]:
        """Some layers' numbers and kernels at a time, in order: all, or one where each is made."""
        if self._kept and self._dtype == "float32":
            yield [(layer, self[layer]) for layer in layers]
            return
        for layer in layers:
            yield [(layer, self[layer])]

    def _run(self, tasks: Iterable[Callable[[], None]]) -> None:
        self._team.map(lambda task: task(), list(tasks))

    def _tasks(self, layer: int) -> Sequence[Callable[[], None]]:
        """A block of one network's kernel each; or all networks' kernels, where they are small."""
        out, initializer = self._layers[layer], self._initializer
        streams = self._streams[layer]
        if len(streams) > 1 or not initializer.blockwise:
            return [partial(fill_each, initializer, streams, out, self._team.stop_if_cancelled)]
        density = initializer.density(initializer.fans(out.shape[1:]))
        flat = out.reshape(-1)
        return [
            partial(fill_block, density, streams[0], index, flat[part])
            for index, part in enumerate(blocks(flat.size))
        ]
