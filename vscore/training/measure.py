"""What is known of networks at one moment of their training, over all their examples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray, FloatArray
from vscore.networks import DenseNetwork
from vscore.training.losses import Loss
from vscore.training.passes import Pass
from vscore.training.weights import Weights, weights_in

_NUMBERS = 1 << 16
"""Of one layer of one network that go together, so that they stay in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Examples as the trainer needs them.

    Attributes
    ----------
    inputs : ndarray, shape (examples, features), of the dtype of the training
    wanted : ndarray, shape (examples, outputs), float64
    """

    inputs: AnyArray
    wanted: FloatArray

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """How well each network does on some examples.

    Attributes
    ----------
    loss : ndarray, shape (networks,)
        Mean over the examples.
    accuracy : ndarray, shape (networks,)
        The share whose largest output is the class; of values it means nothing.
    """

    loss: FloatArray
    accuracy: FloatArray


def rows_of(network: DenseNetwork) -> int:
    """How many inputs go together; whatever the number of networks, so that no sum depends on it"""
    return min(1024, max(32, _NUMBERS // max(network.widths)))


class Meter:
    """Measures networks on all the examples that they are trained on, and scores them on others.

    Parameters
    ----------
    network : DenseNetwork
    loss : Loss
    networks : int
    dtype : str
    check : callable
        Called between two parts of the examples.
    """

    def __init__(
        self,
        network: DenseNetwork,
        loss: Loss,
        networks: int,
        dtype: str,
        check: Callable[[], None],
    ) -> None:
        self._loss = loss
        self._depth = network.depth
        self._rows = rows_of(network)
        self._pass = Pass(network, networks, self._rows, dtype)
        self._check = check
        self._network = network

    def score(self, weights: Weights, examples: Examples) -> Score:
        """Loss and accuracy."""
        total = np.zeros((2, len(weights.flat)))
        for inputs, wanted in self._parts(examples):
            outputs = self._pass.forward(weights, inputs)[-1].astype(np.float64)
            total += _tally(outputs, wanted, self._loss.of(outputs, wanted)[0])
        return Score(*(total / len(examples)))

    def measure(self, weights: Weights, examples: Examples) -> tuple[Score, FloatArray, FloatArray]:
        """The score, the gradient's norm and the activations' variance, layer by layer."""
        networks, count = len(weights.flat), len(examples)
        total, moments = np.zeros((2, networks)), np.zeros((2, networks, self._depth))
        gradient = weights_in(np.zeros_like(weights.flat), self._network)
        part = weights_in(np.empty_like(weights.flat), self._network)
        for inputs, wanted in self._parts(examples):
            layers = self._pass.forward(weights, inputs)
            moments += np.stack([_moments(h) for h in layers], axis=-1)
            outputs = layers[-1].astype(np.float64)
            losses, cotangent = self._loss.of(outputs, wanted)
            total += _tally(outputs, wanted, losses)
            g = (cotangent / count).astype(weights.flat.dtype)
            self._pass.backward(weights, inputs, g, part)
            np.add(gradient.flat, part.flat, out=gradient.flat)
        first, second = moments / (count * np.array(self._network.widths[1:]))
        variance = np.maximum(second - first * first, 0.0)
        norms = np.stack([_norms(kernels) for kernels in gradient.kernels], axis=-1)
        return Score(*(total / count)), norms, variance

    def _parts(self, examples: Examples) -> Iterator[tuple[AnyArray, FloatArray]]:
        for start in range(0, len(examples), self._rows):
            self._check()
            part = slice(start, start + self._rows)
            yield examples.inputs[None, part], examples.wanted[part]


def _tally(outputs: FloatArray, wanted: FloatArray, losses: FloatArray) -> FloatArray:
    """Sums of each network's losses and of what is right, shape (2, networks)."""
    right = (outputs.argmax(axis=-1) == wanted.argmax(axis=-1)) & np.isfinite(losses)
    return np.stack([losses.sum(axis=-1), np.count_nonzero(right, axis=-1)])


def _moments(h: AnyArray) -> FloatArray:
    """Sums of each network's numbers and of their squares, shape (2, networks)."""
    numbers = h.astype(np.float64).reshape(len(h), h.shape[1] * h.shape[2])
    return np.stack([numbers.sum(axis=1), np.vecdot(numbers, numbers)])


def _norms(kernels: AnyArray) -> FloatArray:
    """The root of each network's sum of squares, shape (networks,)."""
    norms: FloatArray = np.sqrt(_moments(kernels)[1])
    return norms
