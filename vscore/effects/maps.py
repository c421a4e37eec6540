"""The two linear maps behind every layer: inputs gathered by a window, or spread by it.

Images are circular, so that no position is at a border. Each map is the other's gradient.

    gather:  y[o] = sum over t of x[o s + t] w[t]        a convolution; the gradient of spread
    spread:  y[o s + t] gets x[o] w[t] for every t       a transposed one; the gradient of gather
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from vscore._typing import AnyArray, Check, Shape
from vscore.effects.geometry import Geometry


def apply(geometry: Geometry, weights: AnyArray, inputs: AnyArray) -> AnyArray:
    """A layer's linear map on circular images.

    Parameters
    ----------
    geometry : Geometry
    weights : ndarray
        A kernel as `Geometry.blocks` gives it, (block, *window, in, out).
    inputs : ndarray, shape (block, batch, *image, in)
        Every axis of the image at least the window's, and a multiple of the stride unless the
        map is transposed.

    Returns
    -------
    ndarray, shape (block, batch, *image, out)
        The image divided by the strides, or times them where the map is transposed.
    """
    mapping = spread if geometry.transposed else gather
    return mapping(inputs, weights, geometry.strides)


def gradient(geometry: Geometry, weights: AnyArray, cotangent: AnyArray) -> AnyArray:
    """The gradient at the inputs of `apply`, from one at its outputs."""
    mapping = gather if geometry.transposed else spread
    return mapping(cotangent, weights.swapaxes(-2, -1), geometry.strides)


def gather(
    x: AnyArray,
    weights: AnyArray,
    strides: Shape,
    targets: Shape | None = None,
    check: Check | None = None,
) -> AnyArray:
    """Each target position sums a window of sources: shape (block, batch, *targets, out).

    Parameters
    ----------
    x : ndarray, shape (block, batch, *image, in)
    weights : ndarray, shape (block, *window, in, out)
    strides : tuple of int
    targets : tuple of int, optional
        Only the first positions of each axis. All of them, image / strides, where not given.
    check : callable, optional
        Called at every tap.
    """
    image = x.shape[2:-1]
    if targets is None:
        targets = tuple(n // s for n, s in zip(image, strides, strict=True))
    y = np.zeros((*x.shape[:2], *targets, weights.shape[-1]), x.dtype)
    for tap in _taps(weights, check):
        axes = zip(targets, strides, tap, image, strict=True)
        sources = [(np.arange(m) * s + t) % n for m, s, t, n in axes]
        y += _product(_at(x, sources), _matrices(weights, tap))
    return y


def spread(
    x: AnyArray,
    weights: AnyArray,
    strides: Shape,
    targets: Shape | None = None,
    check: Check | None = None,
) -> AnyArray:
    """Each source adds a window to the targets: shape (block, batch, *targets, out).

    Parameters are those of `gather`; all targets are image * strides.
    """
    image = x.shape[2:-1]
    full = tuple(n * s for n, s in zip(image, strides, strict=True))
    targets = full if targets is None else targets
    y = np.zeros((*x.shape[:2], *targets, weights.shape[-1]), x.dtype)
    for tap in _taps(weights, check):
        places, sources = [], []
        for m, s, t, n in zip(targets, strides, tap, full, strict=True):
            met = np.arange(t % s, m, s)  # the targets that this tap reaches
            places.append(met)
            sources.append((met - t) % n // s)
        y[_grid(places)] += _product(_at(x, sources), _matrices(weights, tap))
    return y


def _taps(weights: AnyArray, check: Check | None) -> Iterator[Shape]:
    for tap in itertools.product(*map(range, weights.shape[1:-2])):
        if check is not None:
            check()
        yield tap


def _at(x: AnyArray, indices: list[AnyArray]) -> AnyArray:
    return x[_grid(indices)] if indices else x


def _matrices(weights: AnyArray, tap: Shape) -> AnyArray:
    index: tuple[Any, ...] = (slice(None), *tap)
    chosen: AnyArray = weights[index]
    return chosen


def _grid(indices: list[AnyArray]) -> tuple[Any, ...]:
    return (slice(None), slice(None), *np.ix_(*indices))


def _product(x: AnyArray, matrices: AnyArray) -> AnyArray:
    """x @ matrix, block by block: one large product a block, not one a row of the image."""
    blocks, *rest, inputs = x.shape
    flat = x.reshape(blocks, -1, inputs) @ matrices
    return flat.reshape(blocks, *rest, matrices.shape[-1])
