"""Orthogonal matrices: every singular value equal to the gain."""

import math
from dataclasses import dataclass, field
from math import sqrt
from typing import ClassVar

import numpy as np

from vscore._blas import one_blas_thread
from vscore._streams import Stream
from vscore._typing import Check, Shape
from vscore.distributions import Density, Weights, orthogonal_entry
from vscore.fans import Fans
from vscore.initializers.base import RandomInitializer, check_fields
from vscore.initializers.laws import RandomNormal
from vscore.parameters import check_shape, shown

_PANEL, _NARROWEST, _WIDEST = 1 << 20, 8, 64
"""Numbers, and columns, of a panel: LAPACK takes up to 0.05 s for one."""


@dataclass(frozen=True, slots=True)
class Orthogonal(RandomInitializer):
    """A uniformly random matrix with orthonormal rows or columns, times gain.

    A kernel of more than two axes is drawn as a (prod(shape[:-1]), shape[-1]) matrix, as in Keras.
    A fused kernel, such as LSTM's (u, 4u), is drawn as one matrix.
    """

    gain: float = 1.0
    seed: int | None = None
    kind: str = field(default="Orthogonal", init=False, repr=False)
    independent: ClassVar[bool] = False
    blockwise: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fields(self, "gain")

    def fans(self, shape: Shape) -> Fans:
        """The matrix that is drawn: Fans(rows, columns)."""
        sizes = check_shape(shape)
        if len(sizes) < 2:
            raise ValueError(f"shape must have at least 2 axes for Orthogonal; got {shown(shape)}")
        return Fans(math.prod(sizes[:-1]), sizes[-1])

    def variance(self, fans: Fans) -> float:
        """gain^2 / max(rows, columns), for Fans(rows, columns) as `Orthogonal.fans` gives them."""
        return float(self.gain) ** 2 / max(fans.fan_in, fans.fan_out)

    def density(self, fans: Fans) -> Density:
        """The law of one entry; entries of one matrix are not independent."""
        size = int(max(fans.fan_in, fans.fan_out))
        if size < 2:
            raise ValueError("density needs a matrix larger than 1 x 1, which can only be +-gain")
        return Density(orthogonal_entry(size), 0.0, sqrt(self.variance(fans)))

    def draw(
        self,
        shape: Shape,
        stream: Stream,
        *,
        threads: int | None = None,
        check: Check | None = None,
    ) -> Weights:
        """A Haar matrix: QR of a normal one, signs set by R's diagonal (Mezzadri 2007).

        `check` is called for each of its panels too.
        """
        fans = self.fans(shape)
        rows, columns = int(fans.fan_in), int(fans.fan_out)
        normal = RandomNormal(0.0, 1.0).draw(
            (max(rows, columns), min(rows, columns)), stream, threads=threads, check=check
        )
        q = orthonormal(normal, check)
        q *= np.float32(self.gain)
        return np.ascontiguousarray(q.T if rows < columns else q).reshape(shape)


def orthonormal(columns: Weights, check: Check | None = None) -> Weights:
    """Q of the QR decomposition in which R's diagonal is positive, shape as given.

    Parameters
    ----------
    columns : ndarray of float32, shape (m, n), m >= n
        Linearly independent; overwritten.
    check : callable, optional
        Called several times a panel; may raise to cancel.

    Notes
    -----
    Panel by panel, each orthogonalized twice against those before it, so that it can be called off
    on the way. Orthogonal to float32's rounding as LAPACK's is, in half the time of NumPy's `qr`.
    On one BLAS thread, so that no digit depends on the machine's cores; with more on a busy machine
    they mostly wait for each other, since panels are narrow.

    References
    ----------
    Barlow and Smoktunowicz 2013, "Reorthogonalized block classical Gram-Schmidt".
    """
    count = columns.shape[1]
    width = min(max(_PANEL // len(columns), _NARROWEST), _WIDEST)
    look = check or (lambda: None)
    with one_blas_thread():
        for start in range(0, count, width):
            done, panel = columns[:, :start], columns[:, start : start + width]
            for _ in range(2 if start else 0):
                look()
                along = done.T @ panel
                look()
                panel -= done @ along
            look()
            q, r = np.linalg.qr(panel)
            panel[...] = np.where(np.diag(r) < 0, -q, q)
    return columns
