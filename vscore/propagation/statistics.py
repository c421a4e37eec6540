"""What is measured at every layer, in float64, with magnitudes as log10.

All are pooled over the units of a layer and the inputs of a batch. q is a second moment: with
activations of non-zero mean it is not a variance, and only the second moment is what He's rule
keeps.
"""

from collections.abc import Iterator
from math import log10

import numpy as np

from vscore._typing import AnyArray, FloatArray
from vscore.activations import Activation
from vscore.propagation.scaled import Scaled, plain

_ROWS_AT_ONCE = 1 << 16
"""Elements converted to float64 at a time: 512 KiB, so that they stay in cache."""

FORWARD = (
    "log10_q",
    "log10_peak",
    "correlation",
    "unit_variance",
    "activation_mean",
    "activation_second_moment",
    "activation_variance",
    "saturated",
    "dead",
)


def forward_statistics(activation: Activation, z: Scaled, h: Scaled) -> dict[str, float]:
    """The numbers of one layer of one network, by the names in `FORWARD`.

    Arrays have shape (batch, ...): every place after the first axis is a unit.
    """
    return {
        **moments(z, h),
        "saturated": _saturated(activation, plain(z)),
        "dead": float(activation.dead(plain(z)).all(axis=0).mean()),
    }


def moments(z: Scaled, h: Scaled) -> dict[str, float]:
    """What `forward_statistics` gives whatever the activation; z and h may differ in size."""
    sums, squares = _sums(z.values)
    q = squares / z.values.size
    c = _correlation(sums, squares, len(z.values))
    h_sums, h_squares = _sums(h.values)
    mean, second = h_sums.sum() / h.values.size, h_squares / h.values.size
    return {
        "log10_q": log10_of(q, 2 * z.exponent),
        "log10_peak": z.log2_peak * log10(2),
        "correlation": c,
        "unit_variance": _times_power(max(q * (1 - c), 0.0), 2 * z.exponent),
        "activation_mean": _times_power(mean, h.exponent),
        "activation_second_moment": _times_power(second, 2 * h.exponent),
        "activation_variance": _times_power(max(second - mean * mean, 0.0), 2 * h.exponent),
    }


def _saturated(activation: Activation, z: AnyArray) -> float:
    """The share of saturated units; activations that cannot saturate are not looked at."""
    return float(activation.saturated(z).mean()) if activation.saturation_points else 0.0


def log10_second_moment(values: Scaled) -> float:
    """log10 of the mean square; -inf where all are 0."""
    return log10_of(second_moment(values.values), 2 * values.exponent)


def second_moment(values: AnyArray) -> float:
    """The mean square."""
    return _sums(values)[1] / values.size


def log10_of(number: float, power: int) -> float:
    """log10(number * 2**power), for any power."""
    return log10(number) + power * log10(2) if number > 0 else -np.inf


def _sums(values: AnyArray) -> tuple[FloatArray, float]:
    """The sum of each unit over the batch, and the sum of all squares, in float64."""
    units = values.reshape(len(values), -1)
    sums = np.zeros(units.shape[1])
    squares = 0.0
    for part in _in_float64(units):
        sums += part.sum(axis=0)
        squares += float(np.vdot(part, part))
    return sums, squares


def _in_float64(values: AnyArray) -> Iterator[FloatArray]:
    rows = max(1, _ROWS_AT_ONCE // values.shape[1])
    for start in range(0, len(values), rows):
        yield values[start : start + rows].astype(np.float64)


def _correlation(sums: FloatArray, squares: float, batch: int) -> float:
    """Mean over pairs of inputs of z_a . z_b, over the mean of z_a . z_a.

    From sum_{a != b} z_a z_b = (sum z)^2 - sum z^2, unit by unit. nan for a single input, which
    makes no pair; 1 where nothing varies because everything is 0.
    """
    if batch < 2:
        return float("nan")
    if squares == 0:
        return 1.0
    return float((np.vdot(sums, sums) - squares) / ((batch - 1) * squares))


def _times_power(number: float, power: int) -> float:
    """number * 2**power; infinite where float64 ends."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(number, power))
