"""Paths of a network of finite width: a Markov chain of its second moments, layer by layer.

Given the layer below, the units of a dense layer are independent, so a layer's q is a mean over n
units of a batch's squares, and its log takes a step of its own:

    t_{l+1} = sigma_w^2 E[phi(sqrt(t_l) z)^2] G_l + sigma_b^2,    q_l = t_l G'_l,

with t_l the mean of q_l given the layers below and G gamma variables of mean 1 (their variances
are in `_steps`). That is a Markov chain of one number, and of a second one that tells how far the
batch's inputs scatter in this network. It is followed for 4 096 paths, so that what the length map
does to a deviation (it shrinks for tanh, stays for ReLU, grows for GELU) needs no linearization.
For linear layers and one input it is the exact law, to the 3 digits of the gamma variables; for
ReLU its mean and variance are exact, the (1 + 5/n)^L - 1 of Hanin and Nica 2018. A gradient takes
the same steps backwards, times the chi of its own path.

References
----------
Hanin and Nica 2018, "Products of many large random matrices and gradients in deep neural
networks", theorem 1.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from vscore._typing import FloatArray
from vscore.initializers import VarianceScaling
from vscore.meanfield._layers import Batch, Lengths, follow_batch, follow_lengths
from vscore.meanfield._maps import Deviations, Maps, Straight, curved_maps
from vscore.meanfield._noise import PATHS, log10_gamma, normals
from vscore.meanfield._shares import hermite_series
from vscore.meanfield._steps import Steps, step_variances
from vscore.meanfield._tables import Table, moment_table
from vscore.networks import DenseNetwork

_ONWARD, _OWN, _BACK, _BREADTH = range(4)
"""What normal numbers are for: the path of their stream."""

_KEPT = 8
"""Networks whose paths stay in memory: each takes 32 KiB a layer."""

_FAR = 6.0
"""Standard deviations of a path within which the maps are tabulated."""

_LEAST_REACH = 0.05
"""In decades."""

_SMALLEST = 1e-300

_LEAST_OWN = 1e-3

_LOG = np.float32(np.log(10))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far single networks are from a centre: log10, shape (depth, PATHS)."""

    deviations: Deviations


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """log10 of second moments of single networks.

    Attributes
    ----------
    centre : ndarray, shape (depth,)
        Mean field's; of a gradient with what moves its mean on every path.
    spread : Spread
        Of each path about it.
    """

    centre: FloatArray
    spread: Spread

    @property
    def log10(self) -> FloatArray:
        """Shape (depth, PATHS)."""
        total: FloatArray = self.centre[:, None] + self.spread.deviations
        return total


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Second moments of single networks, pooled over a batch.

    Attributes
    ----------
    q, gradient : Moments
        Path p is one network: the same in every layer, and in both.
    largest_step : float
        The largest variance of one step.
    left_out : float
        What the expansion leaves out of a gradient's mean, about, over that mean: the largest
        d log chi / d log q times the square of the largest variance of one input's log q.
    """

    q: Moments
    gradient: Moments
    largest_step: float
    left_out: float


@lru_cache(maxsize=_KEPT)
def paths(network: DenseNetwork, log10_inputs: float, size: int) -> Paths:
    """Follow the chain up and down: about 0.15 ms a layer.

    Parameters
    ----------
    network : DenseNetwork
        Of independent weights of mean 0.
    log10_inputs : float
        log10 of the inputs' second moment; inputs are iid normal.
    size : int
        Inputs of the batch.
    """
    usual = _of_usual_scale(network)
    if usual == network:
        return _followed(network, log10_inputs, size)
    # About another centre, the same paths: whoever moves the scale has them already.
    found = _followed(usual, 0.0, size)
    table = moment_table(network.activation)
    lengths, before = (
        follow_lengths(each, table, start)
        for each, start in ((network, log10_inputs), (usual, 0.0))
    )
    louder = np.append((lengths.gain - before.gain)[:0:-1].cumsum()[::-1], 0.0)
    return replace(
        found,
        q=Moments(lengths.log10_q, found.q.spread),
        gradient=Moments(found.gradient.centre + louder, found.gradient.spread),
    )


def _of_usual_scale(network: DenseNetwork) -> DenseNetwork:
    """A network that differs by a factor in every moment, the same one for all that do.

    The network itself where its activation bends, or biases stay as they are.
    """
    density = network.initializer.density(network.initializer.fans(network.kernel_shapes[0]))
    if not network.activation.homogeneous or network.bias_variance or density.std == 0:
        return network
    law = VarianceScaling(distribution=density.distribution.kind)
    return replace(network, initializer=law)


@lru_cache(maxsize=_KEPT)
def _followed(network: DenseNetwork, log10_inputs: float, size: int) -> Paths:
    chain = _chain(network, log10_inputs, size)
    noise, breadth = normals(network.depth, _ONWARD), chain.breadths()
    t = chain.forward(noise, breadth)
    own = log10_gamma(chain.steps.own[:, None], normals(network.depth, _OWN))
    return Paths(
        Moments(chain.lengths.log10_q, Spread(t + own)),
        Moments(chain.log10_gradient(), Spread(chain.backward(t, noise, breadth))),
        chain.steps.largest,
        chain.left_out(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """All that mean field's own path says of the steps around it; `steepness` as in `Steps`."""

    network: DenseNetwork
    size: int
    table: Table
    lengths: Lengths
    batch: Batch
    steepness: FloatArray
    steps: Steps
    maps: Maps

    def forward(self, noise: Deviations, breadth: Deviations) -> Deviations:
        """log10 of each layer's t over mean field's, shape (depth, PATHS)."""
        t = np.empty_like(noise)
        arriving = 2 / (self.network.widths[0] * self.size)
        handed = log10_gamma(arriving, noise[0])
        for layer, share in enumerate(self.lengths.signal):
            t[layer] = _with_bias(handed, float(share))
            if layer + 1 < len(t):
                handed = self.maps.hand_on(layer, t[layer], noise[layer + 1], breadth[layer])
        return t

    def backward(self, t: Deviations, noise: Deviations, breadth: Deviations) -> Deviations:
        """log10 of the gradient's second moment over `log10_gradient`, shape (depth, PATHS)."""
        mixed = _mixed(self.steps, noise, normals(len(t), _BACK))
        gradient = np.empty_like(t)
        gradient[-1] = log10_gamma(self.steps.back[-1], mixed[-1])
        for layer in range(len(t) - 2, -1, -1):
            chi = self.maps.pull_back(layer, t[layer], mixed[layer], breadth[layer])
            np.add(gradient[layer + 1], chi, out=gradient[layer])
        return gradient

    def log10_gradient(self) -> FloatArray:
        """Mean field's, from the last layer back, with what moves means on every path."""
        slopes = self.table.log10_slope(self.lengths.log10_q, self.lengths.excess)
        fans = np.log10(np.array(self.network.widths, float))
        change = self.lengths.gain[1:] + fans[2:] - fans[1:-1] + slopes[:-1]
        change += self.steps.back_shift[:-1]
        return np.append(np.cumsum(change[::-1])[::-1], 0.0)

    def breadths(self) -> Deviations:
        """How many standard deviations the scatter of a batch's inputs is off, (depth, PATHS).

        A layer hands on the part of it that it does not make itself.
        """
        if self.size == 1:
            return np.zeros((self.network.depth, PATHS), np.float32)
        rows, within = normals(self.network.depth, _BREADTH).copy(), self.batch.within
        kept = (self.steepness[:-1] * self.lengths.signal[1:]) ** 2 * within[:-1]
        shares = np.minimum(kept / np.maximum(within[1:], _SMALLEST), 1.0)
        for layer, share in enumerate(shares, 1):
            rows[layer] *= math.sqrt(1 - share**2)
            rows[layer] += np.float32(share) * rows[layer - 1]
        return rows

    def left_out(self) -> float:
        """As in `Paths`."""
        if self.network.activation.homogeneous:
            return 0.0
        alone = (self.lengths.ratio - 1) / np.array(self.network.widths[1:])
        variances = _variances(2 / self.network.widths[0], alone, self.steepness, self.lengths)
        slope_steepness = self.table.slope_steepness(self.lengths.log10_q)
        return float(np.abs(slope_steepness).max() * variances.max() ** 2)


def _chain(network: DenseNetwork, log10_inputs: float, size: int) -> _Chain:
    table = moment_table(network.activation)
    lengths = follow_lengths(network, table, log10_inputs)
    series = hermite_series(network.activation, lengths.log10_q)
    steepness = table.steepness(lengths.log10_q)
    batch = follow_batch(network, lengths, series, steepness)
    widths = np.array(network.widths[1:], float)
    steps = step_variances(widths, lengths, series, batch, table, size)
    maps: Maps = Straight(steps)
    if not network.activation.homogeneous:
        arriving = 2 / (network.widths[0] * size)
        variances = _variances(arriving, steps.onward, steepness, lengths)
        reach = np.maximum(_FAR * np.sqrt(variances) / np.log(10), _LEAST_REACH)
        maps = curved_maps(table, lengths, batch.within, steps, reach, size)
    return _Chain(network, size, table, lengths, batch, steepness, steps, maps)


def _variances(
    arriving: float, onward: FloatArray, steepness: FloatArray, lengths: Lengths
) -> FloatArray:
    """Variances of log t, layer by layer, to first order, from those of the steps."""
    variance, variances = arriving, []
    for layer, share in enumerate(lengths.signal):
        variances.append(share**2 * variance)
        variance = steepness[layer] ** 2 * variances[-1] + onward[layer]
    return np.array(variances)


def _with_bias(handed: Deviations, share: float) -> Deviations:
    """log10(share 10**handed + 1 - share), for any size of it."""
    if share == 1:
        return handed
    signal, bias = np.float32(share), np.float32(1 - share)
    less = np.exp(np.abs(handed) * -_LOG)
    total = np.where(handed > 0, signal + bias * less, signal * less + bias)
    total = np.log(total) / _LOG + np.maximum(handed, np.float32(0))
    return total.astype(np.float32, copy=False)


def _mixed(steps: Steps, onward: Deviations, fresh: Deviations) -> Deviations:
    """The normal numbers of the steps back, with their parts of the steps onward and above.

    The step onward of layer l has row l + 1, after the inputs' own.
    """
    mixed = fresh.copy()
    for layer in range(len(fresh) - 1):
        parts = [(float(steps.linked[layer]), onward[layer + 1])]
        if layer + 2 < len(fresh):
            above, linked = float(steps.above[layer]), float(steps.linked[layer + 1])
            # What is not yet said through that layer's step onward.
            left = float(steps.back_above[layer]) - above * linked
            own = math.sqrt(max(1 - linked**2, _LEAST_OWN))
            parts += [(above, onward[layer + 2]), (left / own, fresh[layer + 1])]
        known = math.hypot(*(share for share, _ in parts))
        mixed[layer] *= np.float32(math.sqrt(max(1 - known**2, 0.0)))
        for share, row in parts:
            mixed[layer] += np.float32(share / max(known, 1.0)) * row
    return mixed
