"""One tensor's numbers, in one pass: moments of all values, and a part of them to test."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray, Check, FloatArray
from vscore.audit.errors import AuditError
from vscore.audit.stored import Stored
from vscore.parameters import shown

MOST_HELD = 1 << 24
"""Values held at a time: 64 MiB of float32. Of a larger tensor every so-manieth is kept."""

_SPACING = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
"""Distance of neighbours relative to the power of two below them."""


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """What is known of a tensor's values.

    Attributes
    ----------
    count, not_finite : int
        All values, and those among them that are infinite or no numbers.
    mean, std, kurtosis : float
        Of all values; nan where some are not finite, kurtosis nan where all are equal.
    minimum, maximum : float
    held : ndarray
        The values, or an even part of them, in storage order.
    whole : bool
        Whether all are held.
    """

    count: int
    not_finite: int
    mean: float
    std: float
    kurtosis: float
    minimum: float
    maximum: float
    held: AnyArray
    whole: bool


class _Powers:
    """Sums of powers about a first guess of mean and std, so that nothing cancels or overflows."""

    def __init__(self, first: AnyArray) -> None:
        values = first.astype(np.float64)
        self.centre = float(values.mean())
        self.scale = float(np.abs(values - self.centre).max()) or 1.0
        self.count = 0
        self.sums: FloatArray = np.zeros(5)

    def add(self, piece: AnyArray) -> None:
        y = (piece.astype(np.float64) - self.centre) / self.scale
        square = y * y
        self.sums += (y.size, y.sum(), square.sum(), (square * y).sum(), (square * square).sum())

    def moments(self) -> tuple[float, float, float]:
        """Mean, std and kurtosis."""
        first, second, third, fourth = (self.sums[1:] / self.sums[0]).tolist()
        variance = max(second - first**2, 0.0)
        central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
        kurtosis = central / variance**2 if variance > 1e-30 else math.nan
        return self.centre + self.scale * first, self.scale * math.sqrt(variance), kurtosis


def summary_of(tensor: Stored, check: Check | None = None) -> Summary:
    """Read a tensor once.

    Parameters
    ----------
    tensor : Stored
    check : callable, optional
        Called once a piece; may raise to cancel.

    Raises
    ------
    AuditError
        If the file has fewer values than the shape says.
    """
    stride = -(-tensor.size // MOST_HELD)
    held, powers, seen, bad = [], None, 0, 0
    low, high = math.inf, -math.inf
    with np.errstate(all="ignore"):
        for piece in _checked(tensor, check):
            held.append(piece[-seen % stride :: stride])
            seen += piece.size
            bad += piece.size - int(np.count_nonzero(np.isfinite(piece)))
            low, high = min(low, float(piece.min())), max(high, float(piece.max()))
            powers = powers or _Powers(piece)
            if not bad:
                powers.add(piece)
    if seen != tensor.size:
        raise AuditError(f"{shown(tensor.name)} ends after {seen} of {tensor.size} values")
    mean, std, kurtosis = (math.nan,) * 3 if bad or powers is None else powers.moments()
    if low == high:
        mean, std, kurtosis = low, 0.0, math.nan
    values = np.concatenate(held) if held else np.zeros(0, np.float32)
    return Summary(seen, bad, mean, std, kurtosis, low, high, values, stride <= 1)


def unrounded(values: AnyArray, dtype: str) -> FloatArray:
    """The values as they may have been before a short format rounded them.

    float16 and bfloat16 leave steps that a test of a continuous law sees; each value is moved by
    a random part of its own step, which does not move any by more than rounding did.
    """
    exact = values.astype(np.float64)
    if dtype not in _SPACING:
        return exact
    power = np.exp2(np.floor(np.log2(np.maximum(np.abs(exact), 1e-300))))
    dither = np.random.Generator(np.random.SFC64(0)).random(exact.shape) - 0.5
    moved: FloatArray = exact + dither * power * _SPACING[dtype]
    return moved


def tolerance(dtype: str) -> float:
    """How far, relatively, rounding may carry a value past the end of its law."""
    return _SPACING.get(dtype, 4e-7)


def _checked(tensor: Stored, check: Check | None) -> Iterator[AnyArray]:
    for piece in tensor.pieces():
        if check is not None:
            check()
        if piece.size:
            yield piece
