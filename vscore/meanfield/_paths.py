"""Paths of a network of finite width: a Markov chain of its second moments, layer by layer.

Given the layer below, the units of a dense layer are independent, so a layer's q is a mean over n
units of a batch's squares, and its log takes a step of its own:

    t_{l+1} = sigma_w^2 E[phi(sqrt(t_l) z)^2] G_l + sigma_b^2,    q_l = t_l G'_l,

with t_l the mean of q_l given the layers below and G gamma variables of mean 1 (their variances
are in `_steps`). That is a Markov chain of one number. It is followed for 4 096 paths, so that
what the length map does to a deviation (it shrinks for tanh, stays for ReLU, grows for GELU) needs
no linearization. For linear layers and one input it is the exact law, to the 3 digits of the gamma
variables; for ReLU its mean and variance are exact, the (1 + 5/n)^L - 1 of Hanin and Nica 2018. A
gradient takes the same steps backwards, times the chi of its own path.

References
----------
Hanin and Nica 2018, "Products of many large random matrices and gradients in deep neural
networks", theorem 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._streams import Stream
from vscore._typing import FloatArray
from vscore.initializers import RandomNormal
from vscore.meanfield._moments import log10_of, log10_sum
from vscore.meanfield._steps import Steps, step_variances
from vscore.meanfield._tables import Table, moment_table
from vscore.networks import DenseNetwork

PATHS = 4096

_ONWARD, _OWN, _BACK = range(3)
"""What normal numbers are for: the path of their stream."""

_KEPT = 8
"""Networks whose paths stay in memory: each takes 64 KiB a layer."""

_LEAST_CUBE_ROOT = 1e-3
"""A gamma variable of variance 1 is below its cube once in 1e9."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Second moments of single networks, pooled over a batch, each of shape (depth, PATHS).

    Attributes
    ----------
    log10_q, log10_gradient : ndarray
        Path p is one network: the same in every layer, and in both arrays.
    largest_step : float
        The largest variance of one step.
    """

    log10_q: FloatArray
    log10_gradient: FloatArray
    largest_step: float


@lru_cache(maxsize=_KEPT)
def paths(network: DenseNetwork, log10_inputs: float, batch: int) -> Paths:
    """Follow the chain up and down: about 0.7 ms a layer.

    Parameters
    ----------
    network : DenseNetwork
        Of independent weights of mean 0.
    log10_inputs : float
        log10 of the inputs' second moment; inputs are iid normal.
    batch : int
    """
    table = moment_table(network.activation)
    steps = step_variances(network, table, log10_inputs, batch)
    noise = _normals(network.depth + 1, _ONWARD)
    inputs = log10_inputs + _log10_gamma(2 / (network.widths[0] * batch), noise[0])
    means = _forward(network, table, inputs, steps, noise[1:])
    own = map(_log10_gamma, steps.own, _normals(network.depth, _OWN))
    gradient = _backward(network, table, means, steps, noise[1:])
    return Paths(means + np.stack(list(own)), gradient, steps.largest)


def _forward(
    network: DenseNetwork, table: Table, inputs: FloatArray, steps: Steps, noise: FloatArray
) -> FloatArray:
    """log10 of each layer's mean q given the layers below, shape (depth, PATHS)."""
    means = np.empty((network.depth, PATHS))
    h = inputs
    layers = zip(network.widths[:-1], network.weight_variances, strict=True)
    for layer, (fan_in, variance) in enumerate(layers):
        means[layer] = log10_sum(h + log10_of(fan_in * variance), network.bias_variance)
        h = table.log10_square(means[layer], float(steps.excess[layer]))
        h = h + steps.shift[layer] + _log10_gamma(steps.onward[layer], noise[layer])
    return means


def _backward(
    network: DenseNetwork, table: Table, means: FloatArray, steps: Steps, onward: FloatArray
) -> FloatArray:
    """log10 of the gradient's second moment, from the last layer back, along the same paths."""
    noise = _normals(network.depth, _BACK)
    variances = network.weight_variances
    gradient = np.empty_like(means)
    gradient[-1] = _log10_gamma(steps.back[-1], noise[-1])
    for layer in range(network.depth - 2, -1, -1):
        fan_out = log10_of(network.widths[layer + 2] * variances[layer + 1])
        linked = steps.linked[layer]
        mixed = linked * onward[layer] + np.sqrt(1 - linked**2) * noise[layer]
        chi = fan_out + table.log10_slope(means[layer], float(steps.excess[layer]))
        chi = chi + steps.back_shift[layer] + _log10_gamma(steps.back[layer], mixed)
        gradient[layer] = gradient[layer + 1] + chi
    return gradient


def _log10_gamma(variance: float, normal: FloatArray) -> FloatArray:
    """log10 of a gamma variable of mean 1, from a normal one (Wilson and Hilferty 1931)."""
    cube_root = 1 - variance / 9 + normal * np.sqrt(variance) / 3
    logarithm: FloatArray = 3 * np.log10(np.maximum(cube_root, _LEAST_CUBE_ROOT))
    return logarithm


def _normals(rows: int, purpose: int) -> FloatArray:
    """Standard normal numbers, shape (rows, PATHS): always the same ones.

    Each row's mean is 0 and its variance 1, which takes most of the paths' own noise away.
    """
    draw = RandomNormal(0.0, 1.0).draw((rows, PATHS), Stream(0, (purpose,)), threads=1)
    normal = draw.astype(np.float64)
    normal -= normal.mean(axis=1, keepdims=True)
    normal /= normal.std(axis=1, keepdims=True)
    return normal
