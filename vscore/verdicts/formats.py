"""Where signal and gradient leave what a float format can hold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vscore.propagation import Propagation

FORMATS = ("float16", "bfloat16", "float32")


@dataclass(frozen=True, slots=True)
class FormatRange:
    """The first layers, from 0, at which some network leaves one format; None where none does.

    Attributes
    ----------
    dtype : str
    overflow : int or None
        The largest |z| is too large.
    underflow : int or None
        Every |z| is below the smallest subnormal number: nothing is left.
    gradient_overflow, gradient_underflow : int or None
        The same of the gradient's root mean square; the first on the way back, so the highest.
    """

    dtype: str
    overflow: int | None
    underflow: int | None
    gradient_overflow: int | None
    gradient_underflow: int | None

    @property
    def holds(self) -> bool:
        """Whether the format holds all of it."""
        found = (self.overflow, self.underflow, self.gradient_overflow, self.gradient_underflow)
        return found == (None,) * 4


def format_ranges(propagation: Propagation) -> tuple[FormatRange, ...]:
    """float16, bfloat16 and float32, in this order."""
    return tuple(
        FormatRange(
            dtype,
            _earliest(propagation.first_overflow(dtype)),
            _earliest(propagation.first_underflow(dtype)),
            _latest(propagation.first_gradient_overflow(dtype)),
            _latest(propagation.first_gradient_underflow(dtype)),
        )
        for dtype in FORMATS
    )


def _earliest(layers: NDArray[np.int64]) -> int | None:
    """The first layer of any network; -1 means that there is none."""
    return int(layers[layers >= 0].min()) if (layers >= 0).any() else None


def _latest(layers: NDArray[np.int64] | None) -> int | None:
    """The last one."""
    return None if layers is None or layers.max() < 0 else int(layers.max())
