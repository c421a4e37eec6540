"""Keras' recurrent cells: one step in time, and the gradient's step back.

A state is one array of shape (parts, batch, units): h, and for an LSTM the cell state c below it.
A weight matrix holds the gates side by side in Keras' order.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from vscore._typing import AnyArray
from vscore.activations import ACTIVATIONS, Activation
from vscore.propagation.scaled import Scaled, plain, scaled, shifted

_SIGMOID, _TANH = ACTIVATIONS["sigmoid"], ACTIVATIONS["tanh"]


@dataclass(frozen=True, slots=True, eq=False)
class CellWeights:
    """A layer's weights in Keras' layout.

    Attributes
    ----------
    kernel : shape (input_dim, gates * units)
    recurrent_kernel : shape (units, gates * units)
    bias : shape (gates * units,); GRU's (2, gates * units), for the input and for the state
    """

    kernel: AnyArray
    recurrent_kernel: AnyArray
    bias: AnyArray

    def projected(self, x: Scaled) -> Scaled:
        """x W, shape (batch, gates * units)."""
        return scaled(x.values @ self.kernel, x.exponent)


class Cell(ABC):
    """One kind of recurrent cell."""

    gates: ClassVar[tuple[Activation, ...]]
    """The activation of each block of the pre-activations."""

    parts: ClassVar[int]
    """Arrays in a state."""

    def start(self, batch: int, units: int, dtype: str) -> AnyArray:
        """The state before the first step: zeros, shape (parts, batch, units)."""
        return np.zeros((self.parts, batch, units), dtype)

    def saturated(self, z: AnyArray) -> float:
        """The share of the gates' pre-activations at which sigmoid or tanh is saturated."""
        pairs = zip(self.gates, self._split(z), strict=True)
        return float(np.mean([gate.saturated(part).mean() for gate, part in pairs]))

    @abstractmethod
    def pre_activations(self, weights: CellWeights, x: Scaled, before: AnyArray) -> Scaled:
        """What the gates' activations are applied to, shape (batch, gates * units).

        Parameters
        ----------
        x : shape (batch, input_dim)
        before : shape (parts, batch, units)
        """

    @abstractmethod
    def state(self, z: AnyArray, before: AnyArray) -> AnyArray:
        """The next state, shape (parts, batch, units), from `settled` pre-activations."""

    @abstractmethod
    def pulled_back(
        self, weights: CellWeights, z: AnyArray, before: AnyArray, gradient: AnyArray
    ) -> AnyArray:
        """J^T g: the gradient with respect to the state before, from the one at the state after."""

    def _split(self, z: AnyArray) -> Sequence[AnyArray]:
        return np.split(z, len(self.gates), axis=-1)

    def _values(self, z: AnyArray) -> list[AnyArray]:
        pairs = zip(self.gates, self._split(z), strict=True)
        return [gate.value(part) for gate, part in pairs]

    def _slopes(self, z: AnyArray) -> list[AnyArray]:
        pairs = zip(self.gates, self._split(z), strict=True)
        return [gate.derivative(part) for gate, part in pairs]


class SimpleRNNCell(Cell):
    """h' = tanh(x W + h U + b)."""

    gates: ClassVar[tuple[Activation, ...]] = (_TANH,)
    parts: ClassVar[int] = 1

    def pre_activations(self, weights: CellWeights, x: Scaled, before: AnyArray) -> Scaled:
        return shifted(weights.projected(x), before[0] @ weights.recurrent_kernel + weights.bias)

    def state(self, z: AnyArray, before: AnyArray) -> AnyArray:
        return _TANH.value(z)[None]

    def pulled_back(
        self, weights: CellWeights, z: AnyArray, before: AnyArray, gradient: AnyArray
    ) -> AnyArray:
        back: AnyArray = (gradient * _TANH.derivative(z)) @ weights.recurrent_kernel.T
        return back


class LSTMCell(SimpleRNNCell):
    """c' = f c + i g, h' = o tanh(c'), where the blocks i, f, g, o are Keras' i, f, c, o."""

    gates = (_SIGMOID, _SIGMOID, _TANH, _SIGMOID)
    parts = 2

    def state(self, z: AnyArray, before: AnyArray) -> AnyArray:
        i, f, g, o = self._values(z)
        c = f * before[1] + i * g
        return np.stack([o * _TANH.value(c), c])

    def pulled_back(
        self, weights: CellWeights, z: AnyArray, before: AnyArray, gradient: AnyArray
    ) -> AnyArray:
        i, f, g, o = self._values(z)
        di, df, dg, do = self._slopes(z)
        c = f * before[1] + i * g
        at_h, at_c = gradient
        at_c = at_c + at_h * o * _TANH.derivative(c)
        blocks = (at_c * g * di, at_c * before[1] * df, at_c * i * dg, at_h * _TANH.value(c) * do)
        return np.stack([np.concatenate(blocks, axis=1) @ weights.recurrent_kernel.T, at_c * f])


class GRUCell(Cell):
    """h' = z h + (1 - z) tanh(x W_h + b_h + r (h U_h + b'_h)): Keras' `reset_after=True`.

    Cho et al. 2014 reset the state before the product with U_h; cuDNN, Keras and PyTorch after it.
    """

    gates = (_SIGMOID, _SIGMOID, _TANH)
    parts = 1

    def pre_activations(self, weights: CellWeights, x: Scaled, before: AnyArray) -> Scaled:
        drive = shifted(weights.projected(x), weights.bias[0])
        inner = self._inner(weights, before)
        _, reset, candidate = (np.s_[:, block] for block in _blocks(before.shape[-1]))
        r = settled(shifted(Scaled(drive.values[reset], drive.exponent), inner[reset]))
        inner[candidate] *= _SIGMOID.value(r)
        return shifted(drive, inner)

    def state(self, z: AnyArray, before: AnyArray) -> AnyArray:
        update, _, candidate = self._values(z)
        after: AnyArray = update * before + (1 - update) * candidate
        return after

    def pulled_back(
        self, weights: CellWeights, z: AnyArray, before: AnyArray, gradient: AnyArray
    ) -> AnyArray:
        update, reset, candidate = self._values(z)
        d_update, d_reset, d_candidate = self._slopes(z)
        inner = self._inner(weights, before)[:, _blocks(before.shape[-1])[2]]
        (at_h,) = gradient
        at_candidate = at_h * (1 - update) * d_candidate
        blocks = (
            at_h * (before[0] - candidate) * d_update,
            at_candidate * inner * d_reset,
            at_candidate * reset,
        )
        through = np.concatenate(blocks, axis=1) @ weights.recurrent_kernel.T
        back: AnyArray = (at_h * update + through)[None]
        return back

    def _inner(self, weights: CellWeights, before: AnyArray) -> AnyArray:
        """h U + b', the state's part before the reset."""
        inner: AnyArray = before[0] @ weights.recurrent_kernel + weights.bias[1]
        return inner


CELLS: Mapping[str, Cell] = MappingProxyType(
    {"simple_rnn": SimpleRNNCell(), "lstm": LSTMCell(), "gru": GRUCell()}
)
"""The cells, by the name that a `RecurrentNetwork` holds."""


def settled(z: Scaled) -> AnyArray:
    """z as plain numbers: exact up to 2^40 in size, and far in saturation beyond."""
    return plain(z) if z.exponent >= 0 else np.ldexp(z.values, z.exponent)


def _blocks(units: int) -> tuple[slice, slice, slice]:
    return slice(0, units), slice(units, 2 * units), slice(2 * units, 3 * units)
