"""Lengths forward and gradients backward through layers whose positions are all alike."""

import numpy as np

from vscore._typing import FloatArray
from vscore.meanfield._moments import Moments, log10_of, log10_sum, moments_at
from vscore.meanfield._time import log10_state_gain
from vscore.networks import Network, RecurrentNetwork


def trace(network: Network, log10_inputs: float) -> tuple[list[float], list[Moments], FloatArray]:
    """log10 of q, phi's moments and log10 of the gradient's second moment, by layer."""
    log10_h = log10_inputs
    lengths, moments = [], []
    for fans, variance in zip(network.effective_fans, network.weight_variances, strict=True):
        arriving = log10_h + log10_of(fans.fan_in * variance)
        lengths.append(float(log10_sum(arriving, network.bias_variance)))
        moments.append(moments_at(network.activation, lengths[-1]))
        log10_h = moments[-1].log10_second
    slopes = np.array([m.log10_slope for m in moments])
    return lengths, moments, log10_gradient(log10_outward(network), slopes)


def log10_outward(network: Network) -> FloatArray:
    """log10 of fan_out Var[w], by layer."""
    pairs = zip(network.effective_fans, network.weight_variances, strict=True)
    return np.array([log10_of(fans.fan_out * variance) for fans, variance in pairs])


def log10_gradient(outward: FloatArray, slopes: FloatArray) -> FloatArray:
    """log10 of g, from the last layer back: 0 there."""
    steps = outward[1:] + slopes[:-1]
    return np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])


def log10_sigma_w2(network: Network) -> FloatArray:
    """log10 of fan_in Var[w], by layer; of a recurrent network, from state to state."""
    if isinstance(network, RecurrentNetwork):
        return np.full(network.steps, log10_state_gain(network))
    fans = network.effective_fans
    variances = network.weight_variances
    return np.array([log10_of(f.fan_in * v) for f, v in zip(fans, variances, strict=True)])
