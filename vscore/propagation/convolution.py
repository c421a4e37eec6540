"""Convolutions with drawn weights: windows are gathered and multiplied as one matrix.

The gradient of a convolution is one too, by the kernel turned round, so one function does both.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vscore._typing import AnyArray, Shape
from vscore.networks import ConvolutionalNetwork
from vscore.networks.convolutional import Padding
from vscore.propagation.weights import WeightsRun

_WINDOW_BYTES = 1 << 22
"""Windows gathered at a time: few enough to stay in cache until they are multiplied."""

_PAD_MODES: Mapping[Padding, Literal["wrap", "constant"]] = {"circular": "wrap", "same": "constant"}
"""np.pad's names; its constant is 0."""


class ConvolutionRun(WeightsRun[ConvolutionalNetwork]):
    """z(p) = sum over taps t of h(p + t - before) K(t), and back.

    Beside what every run holds, a thread holds 4 MiB of windows, or one image's row of them if
    that is more, and as many padded images.
    """

    def _apply(self, kernel: AnyArray, h: AnyArray) -> AnyArray:
        return self._correlated(h, kernel, self.network.taps_before)

    def _apply_transposed(self, kernel: AnyArray, g: AnyArray) -> AnyArray:
        # h(p) is met by the windows at p - t + before, t taps back: with t' = taps - 1 - t they
        # lie at p + t' - after, after = taps - 1 - before.
        network = self.network
        turned = np.flip(kernel, tuple(range(kernel.ndim - 2))).swapaxes(-1, -2)
        sizes = zip(network.kernel_size, network.taps_before, strict=True)
        return self._correlated(g, turned, tuple(taps - 1 - before for taps, before in sizes))

    def _correlated(self, h: AnyArray, kernel: AnyArray, before: Shape) -> AnyArray:
        """The sum over taps, `before` of which look back: shape (batch, *image, kernel's out)."""
        *taps, _, outputs = kernel.shape
        matrix = kernel.reshape(-1, outputs)
        z = np.empty((*h.shape[:-1], outputs), h.dtype)
        row = math.prod(h.shape[2:-1]) * len(matrix) * h.itemsize
        for images in _slices(len(h), row * h.shape[1]):
            windows = self._windows(h[images], tuple(taps), before)
            for rows in _slices(h.shape[1], row * len(windows)):
                self._team.stop_if_cancelled()
                part = windows[:, rows]
                product = part.reshape(-1, len(matrix)) @ matrix
                z[images, rows] = product.reshape(*part.shape[: h.ndim - 1], outputs)
        return z

    def _windows(self, h: AnyArray, taps: Shape, before: Shape) -> AnyArray:
        """What each position sees: shape (batch, *image, *taps, channels), a view."""
        looks = [(b, size - 1 - b) for b, size in zip(before, taps, strict=True)]
        mode = _PAD_MODES[self.network.padding]
        padded = np.pad(h, [(0, 0), *looks, (0, 0)], mode=mode)
        windows = sliding_window_view(padded, taps, axis=tuple(range(1, h.ndim - 1)))
        return np.moveaxis(windows, h.ndim - 1, -1)


def _slices(count: int, size: int) -> Iterator[slice]:
    """Cuts of a range of things, each `size` bytes of windows large; of one thing at least."""
    step = max(1, _WINDOW_BYTES // size)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))
