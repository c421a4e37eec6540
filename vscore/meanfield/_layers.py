"""Mean field's own path through a network, layer by layer, and how a batch scatters about it."""

from dataclasses import dataclass

import numpy as np

from vscore._typing import FloatArray
from vscore.meanfield._moments import log10_of, log10_sum
from vscore.meanfield._shares import ORDERS, Series, mean_powers
from vscore.meanfield._tables import Table
from vscore.networks import DenseNetwork

GAUSSIAN = 3.0
"""Kurtosis."""


@dataclass(frozen=True, slots=True, eq=False)
class Lengths:
    """Of each layer's z, shape (depth,).

    Attributes
    ----------
    log10_q : log10 of the second moment.
    signal : The share of q that is not the bias'.
    kurtosis : Of the weights.
    excess : Excess kurtosis of z.
    ratio : E phi^4 / (E phi^2)^2.
    gain : log10 of fan_in times the weights' variance.
    """

    log10_q: FloatArray
    signal: FloatArray
    kurtosis: FloatArray
    excess: FloatArray
    ratio: FloatArray
    gain: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """How the inputs of a batch go together, shape (depth,).

    Attributes
    ----------
    correlation, scatter : Of two inputs' z: its mean and its variance.
    within : Variance of the log of one input's q about the batch's.
    square : Correlation of two inputs' phi^2.
    """

    correlation: FloatArray
    scatter: FloatArray
    within: FloatArray
    square: FloatArray


def follow_lengths(network: DenseNetwork, table: Table, log10_inputs: float) -> Lengths:
    """The lengths of mean field, with the weights' own kurtosis.

    Parameters
    ----------
    network : DenseNetwork
        Of independent weights of mean 0.
    table : Table
        Of its activation.
    log10_inputs : float
        log10 of the inputs' second moment; inputs are iid normal.
    """
    initializer = network.initializer
    densities = {s: initializer.density(initializer.fans(s)) for s in set(network.kernel_shapes)}
    log10_second, ratio, rows = log10_inputs, GAUSSIAN, []
    for shape in network.kernel_shapes:
        weights, fan_in = densities[shape], shape[0]
        gain = log10_of(fan_in * weights.std**2)
        log10_q = log10_sum(log10_second + gain, network.bias_variance)
        share = float(10.0 ** (log10_second + gain - log10_q)) if np.isfinite(log10_q) else 1.0
        excess = (weights.kurtosis - GAUSSIAN) * ratio / fan_in * share**2
        ratio = float(table.square_ratio(log10_q, excess))
        log10_second = float(table.log10_square(log10_q, excess))
        rows.append((float(log10_q), share, weights.kurtosis, excess, ratio, gain))
    return Lengths(*np.array(rows).T)


def follow_batch(
    network: DenseNetwork, lengths: Lengths, series: Series, steepness: FloatArray
) -> Batch:
    """The correlations of iid inputs, and the scatter of both that layers of finite width make.

    Parameters
    ----------
    steepness : ndarray, shape (depth,)
        d log E phi^2 / d log q.
    """
    c, scatter, spread = 0.0, 1 / network.widths[0], 2 / network.widths[0]
    rows = []
    for layer, width in enumerate(network.widths[1:]):
        share = float(lengths.signal[layer])
        c = share * c + 1 - share
        scatter, within = share**2 * scatter, share**2 * spread
        square = float(series.square[layer] @ mean_powers(c, scatter))
        rows.append((c, scatter, within, square))
        powers = c**ORDERS
        rise = float(series.value[layer, 1:] * ORDERS[1:] @ powers[:-1])
        c = float(series.value[layer] @ powers)
        scatter = rise**2 * scatter + (1 - c**2) ** 2 / width
        fresh = max(float(lengths.ratio[layer] - 1) * (1 - square), 0.0) / width
        spread = float(steepness[layer]) ** 2 * within + fresh
    return Batch(*np.array(rows).T)
