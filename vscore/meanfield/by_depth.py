"""Theory of one network cut off at many depths, in one pass."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from vscore.meanfield._trace import log10_gradient, log10_outward, trace
from vscore.meanfield.prediction import Prediction, assembled, check_centred
from vscore.networks import DenseNetwork

_BY_LAYER = (
    "log10_q",
    "activation_mean",
    "activation_second_moment",
    "activation_variance",
    "chi",
)
"""Of a prediction: what a layer's depth below it does not change."""


def predict_depths(network: DenseNetwork, depths: Iterable[int]) -> Iterator[Prediction]:
    """What `predict` says of a network cut off after each of some depths, bit for bit.

    Parameters
    ----------
    network : DenseNetwork
    depths : iterable of int
        Each in [1, network.depth].

    Raises
    ------
    ValueError
        As `predict` does.

    Notes
    -----
    Lengths are followed once, so two hundred depths take little more than the deepest.
    """
    check_centred(network)
    lengths, moments, gradient = trace(network, 0.0)
    whole = assembled(network, lengths, moments, gradient, 1.0)
    slopes, outward = np.array([m.log10_slope for m in moments]), log10_outward(network)
    for depth in depths:
        yield Prediction(
            network=replace(network, widths=network.widths[: depth + 1]),
            log10_gradient=log10_gradient(outward[:depth], slopes[:depth]),
            **{name: getattr(whole, name)[:depth] for name in _BY_LAYER},
        )
