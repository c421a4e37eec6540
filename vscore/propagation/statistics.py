"""What is measured at every layer, in float64, with magnitudes as log10.

All are pooled over the units of a layer and the inputs of a batch. q is a second moment: with
activations of non-zero mean it is not a variance, and only the second moment is what He's rule
keeps.

A batch may go its way in parts and several networks together, so every number is made of sums
that add up over inputs, one a network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vscore._scratch import BLOCK, SCRATCH
from vscore._typing import AnyArray, FloatArray
from vscore.activations import Activation
from vscore.propagation.scaled import Scaled, peaks, plain
from vscore.propagation.stack import Stack

_AT_ONCE = 1 << 16
"""Elements of a network converted to float64 at a time: 512 KiB, so that they stay in cache."""

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


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one array, over some inputs.

    Attributes
    ----------
    inputs : int
    count : int
        How many numbers of each network.
    units : ndarray, shape (networks, units)
        The sum of each unit, in units of 2**exponents.
    squares : ndarray, shape (networks,)
        The sum of all squares, in units of 4**exponents.
    exponents : ndarray of int, shape (networks,)
    """

    inputs: int
    count: int
    units: FloatArray
    squares: FloatArray
    exponents: NDArray[Any]

    def __getitem__(self, which: slice) -> "Sums":
        """Of some of the networks."""
        parts = (self.units[which], self.squares[which], self.exponents[which])
        return Sums(self.inputs, self.count, *parts)

    def __add__(self, other: "Sums") -> "Sums":
        top = self.exponents
        mine, theirs = self, other
        if self.exponents.any() or other.exponents.any():
            # What is all 0 has no say in the common power.
            either = (np.where(s.squares > 0, s.exponents, -(1 << 20)) for s in (self, other))
            top = np.maximum(*either)
            mine, theirs = self._in_units_of(top), other._in_units_of(top)
        return Sums(
            self.inputs + other.inputs,
            self.count + other.count,
            mine.units + theirs.units,
            mine.squares + theirs.squares,
            top,
        )

    def _in_units_of(self, exponents: NDArray[Any]) -> "Sums":
        by = np.where(self.squares > 0, self.exponents - exponents, 0)
        units = _times_power(self.units, by[:, None])
        squares = _times_power(self.squares, 2 * by)
        return Sums(self.inputs, self.count, units, squares, exponents)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a layer from some of its inputs.

    Attributes
    ----------
    z, h : Sums
        Of the pre-activations and the activations.
    log2_peak : ndarray, shape (networks,)
        Of the largest |z|.
    saturated : ndarray, shape (networks,)
        How many (unit, input) pairs are saturated.
    dead : ndarray of bool, shape (networks, units)
        Which units are dead for all these inputs.
    """

    z: Sums
    h: Sums
    log2_peak: FloatArray
    saturated: NDArray[Any]
    dead: NDArray[np.bool_]

    def __getitem__(self, which: slice) -> "Tally":
        """Of some of the networks."""
        return Tally(
            self.z[which],
            self.h[which],
            self.log2_peak[which],
            self.saturated[which],
            self.dead[which],
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.z + other.z,
            self.h + other.h,
            np.maximum(self.log2_peak, other.log2_peak),
            self.saturated + other.saturated,
            self.dead & other.dead,
        )


class _Moments:
    """First and second moments of some layers' sums, each of shape (networks, layers)."""

    def __init__(self, layers: Sequence[Sums]) -> None:
        self._layers = layers
        self.count = np.array([layer.count for layer in layers])
        self.squares = np.stack([layer.squares for layer in layers], axis=1)
        self.exponents = np.stack([layer.exponents for layer in layers], axis=1)

    @property
    def second(self) -> FloatArray:
        """The mean square, in units of 4**exponents."""
        moment: FloatArray = self.squares / self.count
        return moment

    @property
    def log10_second(self) -> FloatArray:
        """log10 of the mean square; -inf where all are 0."""
        return _log10(self.second, 2 * self.exponents)

    @property
    def correlation(self) -> FloatArray:
        """Mean over pairs of inputs of z_a . z_b, over the mean of z_a . z_a.

        From sum_{a != b} z_a z_b = (sum z)^2 - sum z^2, unit by unit. nan for a single input,
        which makes no pair; 1 where nothing varies because everything is 0.
        """
        inputs = self._layers[0].inputs
        if inputs < 2:
            return np.full(self.squares.shape, np.nan)
        together = [np.vecdot(layer.units, layer.units) for layer in self._layers]
        c = np.ones(self.squares.shape)
        pairs, itself = np.stack(together, axis=1) - self.squares, (inputs - 1) * self.squares
        np.divide(pairs, itself, out=c, where=self.squares > 0)
        return c


def statistics(layers: Sequence[Tally]) -> dict[str, FloatArray]:
    """The numbers of each layer by the names in `FORWARD`, shape (networks, layers) each."""
    z, h = _Moments([layer.z for layer in layers]), _Moments([layer.h for layer in layers])
    q, c = z.second, z.correlation
    mean = np.stack([layer.h.units.sum(axis=1) for layer in layers], axis=1) / h.count
    variance = np.maximum(h.second - mean * mean, 0.0)
    return {
        "log10_q": z.log10_second,
        "log10_peak": np.stack([layer.log2_peak for layer in layers], axis=1) * log10(2),
        "correlation": c,
        "unit_variance": _times_power(np.maximum(q * (1 - c), 0.0), 2 * z.exponents),
        "activation_mean": _times_power(mean, h.exponents),
        "activation_second_moment": _times_power(h.second, 2 * h.exponents),
        "activation_variance": _times_power(variance, 2 * h.exponents),
        "saturated": np.stack([layer.saturated for layer in layers], axis=1) / z.count,
        "dead": np.stack([layer.dead.mean(axis=1) for layer in layers], axis=1),
    }


def log10_second_moments(layers: Sequence[Sums]) -> FloatArray:
    """log10 of each layer's mean square, shape (networks, layers); -inf where all are 0."""
    return _Moments(layers).log10_second


def tally(activation: Activation, z: Stack, h: Stack) -> Tally:
    """A layer's sums over the inputs at hand."""
    places = z.flat if z.plain else np.stack([plain(one) for one in z]).reshape(z.flat.shape)
    return Tally(sums(z), sums(h), _log2_peaks(z), *_states(activation, places))


def sums(array: Stack, by_unit: bool = True) -> Sums:
    """One array's sums over the inputs at hand; of no unit, where only squares are of use."""
    values = array.flat
    networks, inputs, units = values.shape
    totals, squares = np.zeros((networks, units * by_unit)), np.zeros(networks)
    are_small = inputs * units <= _AT_ONCE and values.size <= BLOCK // 2
    together = networks if are_small else 1
    for first in range(0, networks, together):
        some = slice(first, first + together)
        for part in _in_float64(values[some]):
            if by_unit:
                totals[some] += _ones(part.shape[1]) @ part
            numbers = part.reshape(together, -1)
            squares[some] += np.vecdot(numbers, numbers)
    return Sums(inputs, inputs * units, totals, squares, np.array(array.exponents))


def forward_statistics(activation: Activation, z: Scaled, h: Scaled) -> dict[str, float]:
    """The numbers of one layer of one network, by the names in `FORWARD`.

    Arrays have shape (batch, ...): every place after the first axis is a unit.
    """
    found = statistics([tally(activation, _alone(z), _alone(h))])
    return {name: float(number[0, 0]) for name, number in found.items()}


def moments(z: Scaled, h: Scaled) -> dict[str, float]:
    """What `forward_statistics` gives whatever the activation; z and h may differ in size."""
    first, second = _alone(z), _alone(h)
    nothing = np.zeros((1, 1), np.bool_)
    alone = Tally(sums(first), sums(second), _log2_peaks(first), nothing[0], nothing)
    found = statistics([alone])
    return {name: float(found[name][0, 0]) for name in FORWARD if name not in ("saturated", "dead")}


def log10_second_moment(values: Scaled) -> float:
    """log10 of the mean square; -inf where all are 0."""
    return float(log10_second_moments([sums(_alone(values), by_unit=False)])[0, 0])


def second_moment(values: AnyArray) -> float:
    """The mean square."""
    found = sums(_alone(Scaled(values, 0)), by_unit=False)
    return float(found.squares[0] / found.count)


def _alone(one: Scaled) -> Stack:
    return Stack(one.values[None], (one.exponent,))


def _states(activation: Activation, z: AnyArray) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Saturated pairs and dead units; what an activation cannot be is not looked for."""
    saturated: NDArray[Any] = np.zeros(len(z), np.intp)
    dead: NDArray[Any] = np.zeros((len(z), z.shape[2]), np.bool_)
    if activation.saturation_points is not None:
        saturated = np.count_nonzero(activation.saturated(z), axis=(1, 2))
    if activation.dead(-np.inf):
        dead = np.all(activation.dead(z), axis=1)
    return saturated, dead


def _log2_peaks(z: Stack) -> FloatArray:
    largest = peaks(z.values) if z.peaks is None else z.peaks
    with np.errstate(divide="ignore"):  # log2(0) = -inf
        logarithms: FloatArray = np.log2(largest.astype(np.float64)) + z.exponents
    return logarithms


@lru_cache
def _ones(count: int) -> FloatArray:
    return np.ones(count)


def _in_float64(values: AnyArray) -> Iterator[FloatArray]:
    """Parts of the inputs, shape (networks, some, units), each in the same scratch memory.

    Of several networks all inputs, which are few.
    """
    networks, inputs, units = values.shape
    some = inputs if networks > 1 else max(1, _AT_ONCE // units)
    for start in range(0, inputs, some):
        part = values[:, start : start + some]
        space = SCRATCH.doubles(part.size) if part.size <= BLOCK // 2 else np.empty(part.size)
        copy = space.reshape(part.shape)
        copy[...] = part
        yield copy


def _log10(numbers: FloatArray, powers: NDArray[Any]) -> FloatArray:
    """log10(number * 2**power), for any power; -inf for 0."""
    with np.errstate(divide="ignore"):
        shifted: FloatArray = np.log10(numbers) + powers * log10(2)
    return shifted


def _times_power(numbers: FloatArray, powers: NDArray[Any]) -> FloatArray:
    """number * 2**power; infinite where float64 ends."""
    with np.errstate(over="ignore", under="ignore"):
        true: FloatArray = np.ldexp(numbers, powers)
    return true
