"""What follows from the lengths, layer by layer: what two inputs share, and how many units rest.

c_{l+1} = (signal K(c_l) + sigma_b^2) / q_{l+1}, with K(c) = E[phi(u1) phi(u2)] / E[phi(u)^2] at
q_l, and signal what of q_{l+1} comes through phi. Independent inputs of mean 0 start from 0.

References
----------
Poole et al. 2016, eq. 5.
"""

from collections.abc import Sequence

import numpy as np

from vscore._typing import Check, FloatArray
from vscore.activations import Activation
from vscore.meanfield._moments import log10_of
from vscore.meanfield.maps import c_map
from vscore.networks import Network, RecurrentNetwork

_LARGEST = 300.0
"""log10 of lengths that are passed on as numbers."""


def correlations(network: Network, log10_q: Sequence[float], check: Check | None) -> FloatArray:
    """The correlation of two independent inputs' z, shape (depth,), read-only.

    Parameters
    ----------
    network : Network
        Whose positions, if it has any, are all alike.
    log10_q : sequence of float
        Its predicted lengths.
    check : callable or None
        Called at every layer.
    """
    result = np.empty(len(log10_q))
    arriving = 0.0
    for layer, length in enumerate(log10_q):
        if check is not None:
            check()
        result[layer] = c = _joined(network, arriving, length, log10_q[0])
        q = 10.0 ** min(max(length, -_LARGEST), _LARGEST)
        arriving = c_map(c, q, activation=network.activation, sigma_w2=1.0)
    result.flags.writeable = False
    return result


def _joined(network: Network, arriving: float, length: float, first: float) -> float:
    """The correlation of z, from that of phi below: biases are common, inputs over time are not."""
    if length == -np.inf:
        return 1.0  # every z is 0
    bias = 10.0 ** (log10_of(network.bias_variance) - length)
    fresh = 10.0 ** (first - length) if isinstance(network, RecurrentNetwork) else bias
    return min(float(bias + max(1 - fresh, 0.0) * arriving), 1.0)


def saturated_share(phi: Activation, log10_q: FloatArray) -> FloatArray:
    """P(phi is saturated at z) for z ~ N(0, q), same shape as log10_q."""
    from scipy.special import ndtr

    if phi.saturation_points is None:
        return np.zeros_like(log10_q)
    low, high = phi.saturation_points
    root = 10.0 ** (np.maximum(log10_q, -2 * _LARGEST) / 2)
    share: FloatArray = ndtr(low / root) + ndtr(-high / root)
    at_rest = float(phi.saturated(0.0))
    return np.where(np.isneginf(log10_q), at_rest, share)
