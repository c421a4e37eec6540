"""Parts of kernels, drawn with the law that they have in the whole kernel.

A measurement needs a few outputs of a layer, not all: their weights alone are drawn. Independent
weights have the same law in any part. A part of an orthogonal matrix is cut from a frame of
orthonormal columns, which is a part of a uniformly random orthogonal matrix itself.
"""

import math
from dataclasses import dataclass

import numpy as np

from vscore._streams import Stream, blocks
from vscore._typing import AnyArray, Check, Convention, Shape
from vscore.distributions import DISTRIBUTIONS, Density, Weights
from vscore.fans import Fans, fans
from vscore.framework_defaults import default_initializer
from vscore.initializers import INITIALIZERS, Initializer, Orthogonal
from vscore.initializers.base import fill_block
from vscore.initializers.orthogonal import orthonormal
from vscore.layers import Kernel, Layer

_NORMAL = Density(DISTRIBUTIONS["untruncated_normal"], 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Law:
    """What a kernel's weights are drawn from.

    Attributes
    ----------
    initializer : Initializer
    fans : Fans
        What the initializer reads: a framework's fans, or an orthogonal matrix' rows and columns.
    """

    initializer: Initializer
    fans: Fans

    @property
    def variance(self) -> float:
        """Var[w]."""
        return self.initializer.variance(self.fans)

    @property
    def second_moment(self) -> float:
        """E w^2: with N(0, 1) inputs a mean adds its square to the variance."""
        return self.variance + self.mean**2

    @property
    def mean(self) -> float:
        """E w."""
        if isinstance(self.initializer, Orthogonal):  # 1 x 1 has a mean, but no density
            return 0.0
        return self.initializer.density(self.fans).mean


def law_of(
    layer: Layer, kernel: Kernel, initializer: Initializer | None, convention: Convention
) -> Law:
    """An initializer on the fans that a framework counts; the framework's default for None.

    Notes
    -----
    `default_initializer` writes each framework's default for the fans of Keras 3.15.
    """
    if initializer is None and convention == "keras<3.15":
        initializer = INITIALIZERS[kernel.default_initializer]
    read = convention
    if initializer is None:
        initializer, read = default_initializer(layer, kernel, convention), "keras"
    if isinstance(initializer, Orthogonal):
        return Law(initializer, initializer.fans(kernel.shape))
    return Law(initializer, fans(kernel, read))


def normal(shape: Shape, stream: Stream, check: Check | None) -> Weights:
    """N(0, 1) numbers, float32."""
    return _fill(_NORMAL, shape, stream, check)


def draw_part(
    law: Law, shape: Shape, part: Shape, draws: int, stream: Stream, check: Check | None
) -> AnyArray:
    """Parts of so many kernels of one law, float32, shape (draws, *part).

    Parameters
    ----------
    shape, part : tuple of int
        The kernel's, and the part's; at most as large on every axis.
    """
    if isinstance(law.initializer, Orthogonal):
        matrices = [
            _orthogonal_part(law.initializer.gain, shape, part, stream.child(draw), check)
            for draw in range(draws)
        ]
        return np.stack(matrices)
    return _fill(law.initializer.density(law.fans), (draws, *part), stream, check)


def _fill(density: Density, shape: Shape, stream: Stream, check: Check | None) -> Weights:
    out = np.empty(math.prod(shape), np.float32)
    for index, part in enumerate(blocks(out.size)):
        if check is not None:
            check()
        fill_block(density, stream, index, out[part])
    return out.reshape(shape)


def _orthogonal_part(
    gain: float, shape: Shape, part: Shape, stream: Stream, check: Check | None
) -> Weights:
    """Rows and columns of the matrix (prod(shape[:-1]), shape[-1]) that `Orthogonal` draws.

    That matrix is a corner of a random orthogonal one of size max(rows, columns); any rows and
    columns of it have the law of its first ones (the law does not change under permutations).
    """
    rows, columns = math.prod(part[:-1]), part[-1]
    size = max(math.prod(shape[:-1]), shape[-1])
    frame = _frame(size, min(rows, columns), stream, check)
    corner = frame[:rows] if columns <= rows else frame[:columns].T
    return np.float32(gain) * corner.reshape(part)


def _frame(size: int, columns: int, stream: Stream, check: Check | None) -> Weights:
    """Orthonormal columns, uniformly random: QR with the signs of R's diagonal (Mezzadri 2007)."""
    return orthonormal(normal((size, columns), stream, check), check)
