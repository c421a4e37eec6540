"""Losses: how wrong each output is, and what the gradient at the outputs is, in float64."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vscore._typing import FloatArray


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of a network's outputs, the last layer's pre-activations.

    Attributes
    ----------
    name : str
        "softmax cross-entropy" or "mse".
    label : str
        For an axis.
    of : callable
        of(outputs, targets) -> (losses, cotangents): of each example, shape (..., inputs), and
        its gradient with respect to the outputs, shape (..., inputs, outputs).
    answers : callable
        What outputs say: a probability for each class, or the values themselves.
    """

    name: str
    label: str
    of: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
    answers: Callable[[FloatArray], FloatArray]


def softmax(outputs: FloatArray) -> FloatArray:
    """exp(z_k) / sum_j exp(z_j), along the last axis."""
    powers: FloatArray = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _cross_entropy(outputs: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log sum_j exp(z_j) - z_class, for targets that are 1 at the class and else 0."""
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    totals = powers.sum(axis=-1, keepdims=True)
    losses: FloatArray = np.log(totals[..., 0]) - np.vecdot(shifted, targets)
    powers /= totals
    powers -= targets
    return losses, powers


def _squares(outputs: FloatArray, targets: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The mean square over an example's outputs."""
    errors: FloatArray = outputs - targets
    return np.vecdot(errors, errors) / errors.shape[-1], errors * (2 / errors.shape[-1])


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "classes": Loss("softmax cross-entropy", "Cross-entropy", _cross_entropy, softmax),
        "values": Loss("mse", "Mean squared error", _squares, np.positive),
    }
)
"""The loss of each task."""
