"""Arrays that cannot overflow: float32 values times a power of two.

A float32 network loses its signal beyond 3e38 or below 1e-45; a deep one with a wrong gain gets
there in a few layers. Multiplying by a power of two is exact, so the simulation carries values of
moderate size beside a common exponent, and every magnitude stays known. Where the exponent is 0,
which is nearly always, the numbers are those of plain float32 arithmetic.

Far out an activation is its asymptote, and near 0 its tangent, to float32's last bit: that is how
it is applied where the exponent is not 0.
"""

import math
from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray
from vscore.activations import Activation

_PLAIN = 40
"""Largest |log2| of a peak that is held with exponent 0. 2^40 squared times any sensible fan is far
from overflow, and at 2^40 every activation is its asymptote to 1e-12."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """An array whose true values are `values` * 2**`exponent`."""

    values: AnyArray
    exponent: int

    @property
    def log2_peak(self) -> float:
        """log2 of the largest magnitude; -inf where all are 0."""
        peak = _peak(self.values)
        return math.log2(peak) + self.exponent if peak else -math.inf


def scaled(values: AnyArray, exponent: int = 0) -> Scaled:
    """The same true values with exponent 0 where they fit, else with a peak in [1, 2)."""
    peak = _peak(values)
    if peak == 0:
        return Scaled(values, 0)
    power = math.frexp(peak)[1] - 1 + exponent
    wanted = 0 if abs(power) <= _PLAIN else power
    if wanted == exponent:
        return Scaled(values, exponent)
    return Scaled(np.ldexp(values, exponent - wanted).astype(values.dtype, copy=False), wanted)


def peaks(values: AnyArray) -> AnyArray:
    """The largest magnitude of each network, for values of shape (networks, ...)."""
    flat = values.reshape(len(values), -1)
    largest: AnyArray = np.maximum(flat.max(axis=1), -flat.min(axis=1))
    return largest


def fits(magnitudes: AnyArray) -> bool:
    """Whether all these peaks are held with exponent 0, as `scaled` would hold them."""
    low, high = 2.0**-_PLAIN, 2.0 ** (_PLAIN + 1)
    return all(low <= magnitude < high or magnitude == 0 for magnitude in magnitudes.tolist())


def activate(activation: Activation, z: Scaled) -> Scaled:
    """phi(z); a peak that z's check passed stays moderate, so it is not looked at again."""
    if z.exponent == 0:
        return Scaled(activation.value(z.values), 0)
    slopes = _limit_slopes(activation, z)
    if slopes is None or slopes == (0.0, 0.0):
        return scaled(activation.value(_extreme(z)))
    return scaled(np.where(z.values < 0, *_typed(slopes, z)) * z.values, z.exponent)


def derivative(activation: Activation, z: Scaled) -> AnyArray:
    """phi'(z); of moderate size whatever z."""
    return activation.derivative(plain(z))


def shifted(z: Scaled, bias: AnyArray) -> Scaled:
    """z + bias."""
    if z.exponent <= 0:
        return scaled(np.ldexp(z.values, z.exponent) + bias)
    return scaled(z.values + np.ldexp(bias, -z.exponent), z.exponent)


def plain(z: Scaled) -> AnyArray:
    """Values whose sign, and place among an activation's thresholds, are those of z."""
    return z.values if z.exponent == 0 else _extreme(z)


def _peak(values: AnyArray) -> float:
    return max(float(values.max()), -float(values.min()))


def _limit_slopes(activation: Activation, z: Scaled) -> tuple[float, float] | None:
    """phi(z) / z for z < 0 and z >= 0, at infinity or at zero; None where phi(0) != 0."""
    return activation.slopes_at_infinity if z.exponent > 0 else activation.slopes_at_zero


def _typed(slopes: tuple[float, float], z: Scaled) -> tuple[AnyArray, AnyArray]:
    return np.asarray(slopes[0], z.values.dtype), np.asarray(slopes[1], z.values.dtype)


def _extreme(z: Scaled) -> AnyArray:
    """z itself where float32 holds it, else as far towards infinity or zero as is safe."""
    if z.exponent < 0:
        return np.ldexp(z.values, max(-_PLAIN, z.exponent))
    with np.errstate(over="ignore"):
        return np.clip(np.ldexp(z.values, z.exponent), -(2.0**_PLAIN), 2.0**_PLAIN)
