"""How far a network of finite width strays from theory, by chance: the law of its q and gradient.

Given the layer below, the units of a dense layer are independent, so a layer's q is a mean over n
units of a batch's squares, and its log takes a step of its own:

    t_{l+1} = sigma_w^2 E[phi(sqrt(t_l) z)^2] G_l + sigma_b^2,    q_l = t_l G'_l,

with t_l the mean of q_l given the layers below and G gamma variables of mean 1 whose variances are
derived below. That is a Markov chain of one number. It is followed for 4 096 paths, so that what
the length map does to a deviation (it shrinks for tanh, stays for ReLU, grows for GELU) needs no
linearization. For linear layers and one input it is the exact law; for ReLU its mean and variance
are exact, the (1 + 5/n)^L - 1 of Hanin and Nica 2018. A gradient takes the same steps backwards,
times the chi of its own path.

Variances of one step, for a batch of B inputs whose pre-activations correlate by c (mean field's,
with its own scatter of about 1 / sqrt(n)):

    G'_l    2 / n (1 + (B - 1) c^2) / B
    G_l     (E phi^4 / (E phi^2)^2 - 1) / n (1 + D + (B - 1) s) / B
    back    ((3 d - 1) (1 + D') + (B - 1) ((1 + (d - 1) s') (1 + 2 e) - 1)) / (n B),
            d = E phi'^4 / (E phi'^2)^2

with s and s' the correlations of phi^2 and phi'^2 between two inputs, e the mean squared
correlation of two inputs' gradients, and D and D' the scatter of single inputs about the batch's
mean, which the layers before have made: an input of a large norm counts for several. The 2, and the moments of phi, feel the weights' own kurtosis:
that of z differs from 3 by (kurtosis of w - 3) E h^4 / (E h^2)^2 / fan_in.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._streams import Stream
from vscore._typing import FloatArray
from vscore.initializers import RandomNormal
from vscore.meanfield.moments import Table, hermite_shares, moment_table
from vscore.networks import DenseNetwork

PATHS = 4096

_TOP = 1.0
"""The largest variance of a step that a gamma variable still describes."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Paths of one network's log10 second moments, each of shape (depth, PATHS).

    Attributes
    ----------
    log10_q, log10_gradient : ndarray
    largest_step : float
        The largest variance of one step: above about 1/3 the layers are too narrow for the law.
    """

    log10_q: FloatArray
    log10_gradient: FloatArray
    largest_step: float


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """What chance does at each layer: variances of the steps, shape (depth,)."""

    own: FloatArray
    onward: FloatArray
    back: FloatArray
    linked: FloatArray
    """Correlation of a layer's steps onward and back: one unit's phi and phi' go together."""
    excess: FloatArray
    """Excess kurtosis of z."""


@lru_cache(maxsize=64)
def chain(network: DenseNetwork, log10_inputs: float, batch: int) -> Chain:
    """Paths of the pooled q and gradient of single networks on batches of random inputs.

    Parameters
    ----------
    network : DenseNetwork
        Of weights of mean 0.
    log10_inputs : float
        log10 of the inputs' second moment; inputs are iid normal.
    batch : int
    """
    table = moment_table(network.activation)
    steps = _steps(network, table, log10_inputs, batch)
    means = np.empty((network.depth, PATHS))
    noise = _normals(network.depth + 1, 0)
    fans, variances = network.effective_fans, network.weight_variances
    h = log10_inputs + _log10_gamma(2 / (fans[0].fan_in * batch), noise[0])
    for layer in range(network.depth):
        t = h + _log10(fans[layer].fan_in * variances[layer])
        means[layer] = t = _plus(t, network.bias_variance)
        step = _log10_gamma(steps.onward[layer], noise[layer + 1])
        h = table.log10_square(t, steps.excess[layer]) + step
    own = np.stack([_log10_gamma(v, n) for v, n in zip(steps.own, _normals(len(means), 1))])
    largest = max(float(v.max()) for v in (steps.own, steps.onward, steps.back))
    return Chain(means + own, _backward(network, table, means, noise[1:], steps), largest)


def _backward(
    network: DenseNetwork, table: Table, means: FloatArray, onward: FloatArray, steps: _Steps
) -> FloatArray:
    """log10 of the gradient's second moment, from the last layer back, along the same paths."""
    noise = _normals(network.depth, 2)
    fans, variances = network.effective_fans, network.weight_variances
    gradient = np.empty_like(means)
    gradient[-1] = _log10_gamma(steps.back[-1], noise[-1])
    for layer in range(network.depth - 2, -1, -1):
        factor = _log10(fans[layer + 1].fan_out * variances[layer + 1])
        gradient[layer] = gradient[layer + 1] + factor + table.log10_slope(means[layer])
        linked = steps.linked[layer]
        mixed = linked * onward[layer] + np.sqrt(1 - linked**2) * noise[layer]
        gradient[layer] += _log10_gamma(steps.back[layer], mixed)
    return gradient


def _steps(network: DenseNetwork, table: Table, log10_inputs: float, batch: int) -> _Steps:
    """Variances along mean field's own path."""
    depth, fans = network.depth, network.effective_fans
    scattered = (1 - 1 / batch) / batch
    widths = np.array([shape[-1] for shape in network.kernel_shapes], dtype=float)
    weights = network.initializer.density(network.initializer.fans(network.kernel_shapes[0]))
    c, scatter, log10_h, h_ratio, spread = 0.0, 1 / fans[0].fan_in, log10_inputs, 3.0, 0.0
    own, onward, slopes, excess, mixed = (np.empty(depth) for _ in range(5))
    chances, keeps = np.empty(depth), np.empty(depth)
    for layer in range(depth):
        signal = log10_h + _log10(fans[layer].fan_in * network.weight_variances[layer])
        log10_q = float(_plus(np.array(signal), network.bias_variance))
        share = 10.0 ** (signal - log10_q) if np.isfinite(log10_q) else 1.0
        c, scatter = share * c + 1 - share, share * share * scatter
        excess[layer] = (weights.kurtosis - 3) * h_ratio / fans[layer].fan_in * share**2
        shares = hermite_shares(network.activation, log10_q, c, scatter)
        together = min(1.0, c * c + scatter)
        own[layer] = (2 + excess[layer]) * _pooled(together, batch) / widths[layer]
        h_ratio = float(table.square_ratio(np.array(log10_q), excess[layer]))
        alone = (h_ratio - 1) / widths[layer]
        onward[layer] = alone * (_pooled(shares.square, batch) + spread * scattered)
        steepness = float(table.log10_steepness(np.array(log10_q)))
        spread = steepness**2 * spread + alone * (1 - shares.square)
        slopes[layer] = float(table.slope_ratio(np.array(log10_q)))
        chances[layer], keeps[layer] = shares.slope_square, shares.slope
        mixed[layer] = shares.mixed_alone + (batch - 1) * shares.mixed
        log10_h = float(table.log10_square(np.array(log10_q), excess[layer]))
        scatter = shares.steepness**2 * scatter + (1 - shares.value**2) ** 2 / widths[layer]
        c = shares.value
    back = _backward_steps(widths, slopes, chances, keeps, batch)
    linked = mixed / (batch * widths * np.sqrt(np.maximum(onward * back, 1e-300)))
    own, onward, back = (np.clip(v, 0.0, _TOP) for v in (own, onward, back))
    return _Steps(own, onward, back, np.clip(linked, -1.0, 1.0), excess)


def _backward_steps(
    widths: FloatArray, ratio: FloatArray, chance: FloatArray, keep: FloatArray, batch: int
) -> FloatArray:
    """Variances of the gradient's steps; the last layer's is that of the cotangent."""
    back = np.empty_like(widths)
    back[-1] = 2 / (widths[-1] * batch)
    together, spread = 1 / widths[-1], 0.0
    for layer in range(len(widths) - 2, -1, -1):
        alone = 3 * ratio[layer] - 1
        shared = (1 + (ratio[layer] - 1) * chance[layer]) * (1 + 2 * together) - 1
        pooled = (alone * (1 + spread * (1 - 1 / batch)) + (batch - 1) * shared) / batch
        back[layer] = pooled / widths[layer]
        spread += max(alone - shared, 0.0) / widths[layer]
        together = min(1.0, together * keep[layer] ** 2 + 1 / widths[layer])
    return back


def _pooled(correlation: float, batch: int) -> float:
    """The variance of a mean over a batch, over that of one input."""
    return (1 + (batch - 1) * correlation) / batch


def _log10_gamma(variance: float, normal: FloatArray) -> FloatArray:
    """log10 of a gamma variable of mean 1, from a normal one (Wilson and Hilferty 1931)."""
    cube = 1 - variance / 9 + normal * np.sqrt(variance) / 3
    logarithm: FloatArray = 3 * np.log10(np.maximum(cube, 1e-3))
    return logarithm


def _normals(rows: int, purpose: int) -> FloatArray:
    """Standard normal numbers, shape (rows, PATHS): always the same ones."""
    draw = RandomNormal(0.0, 1.0).draw((rows, PATHS), Stream(0, (purpose,)), threads=1)
    return draw.astype(np.float64)


def _log10(number: float) -> float:
    return float(np.log10(number)) if number > 0 else -np.inf


def _plus(logarithms: FloatArray, number: float) -> FloatArray:
    """log10(10**logarithms + number)."""
    if number == 0:
        return logarithms
    natural: FloatArray = np.logaddexp(logarithms * np.log(10), np.log(number))
    return natural / np.log(10)
