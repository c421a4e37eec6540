"""All weights of several networks in one array, and each layer's part of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray
from vscore.initializers import RandomNormal, size_of
from vscore.networks import DenseNetwork
from vscore.propagation.kernels import fill_each
from vscore.propagation.run import BIAS, KERNEL


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Kernels and biases of several networks, or a gradient with respect to them.

    Attributes
    ----------
    flat : ndarray, shape (networks, weights)
        All of them, so that an optimizer's step is a few calls whatever the depth.
    kernels : tuple of ndarray, shape (networks, in, out) each
        Views of `flat`, first layer to last.
    biases : tuple of ndarray, shape (networks, out) each
        Views of `flat`.
    """

    flat: AnyArray
    kernels: tuple[AnyArray, ...]
    biases: tuple[AnyArray, ...]


def count_of(network: DenseNetwork) -> int:
    """How many weights and biases a network has."""
    return sum(size_of(shape) + shape[-1] for shape in network.kernel_shapes)


def weights_in(flat: AnyArray, network: DenseNetwork) -> Weights:
    """The layers' parts of an array of shape (networks, weights)."""
    shapes = [part for shape in network.kernel_shapes for part in (shape, shape[-1:])]
    ends = accumulate(map(size_of, shapes), initial=0)
    parts = [
        flat[:, start:end].reshape(len(flat), *shape)
        for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]
    return Weights(flat, tuple(parts[0::2]), tuple(parts[1::2]))


def drawn_weights(network: DenseNetwork, streams: Sequence[Stream], dtype: str) -> Weights:
    """What `simulate` draws for the networks of these streams; biases are 0 without a variance."""
    weights = weights_in(np.zeros((len(streams), count_of(network)), dtype), network)
    for layer, kernels in enumerate(weights.kernels):
        drawn = np.empty(kernels.shape, np.float32)
        fill_each(network.initializer, [s.child(KERNEL, layer) for s in streams], drawn)
        kernels[...] = drawn
    if network.bias_variance:
        std = np.asarray(network.bias_variance**0.5, dtype)
        for layer, biases in enumerate(weights.biases):
            drawn = np.empty(biases.shape, np.float32)
            fill_each(RandomNormal(0.0, 1.0), [s.child(BIAS, layer) for s in streams], drawn)
            biases[...] = std * drawn
    return weights
