"""Mean-field theory of a SimpleRNN over time, from h_0 = 0.

q_t = n Var[u] E[phi(sqrt(q_{t-1}) z)^2] + n_x Var[w] q_x + sigma_b^2, with n units, the kernel's
weights w and the recurrent kernel's u. Back, with respect to h_t: g_{t-1} = n Var[u]
E[phi'(sqrt(q_t) z)^2] g_t. This takes the recurrent kernel as if it were drawn anew at each step:
right to leading order in 1 / n.

References
----------
Chen, Pennington and Schoenholz 2018, "Dynamical isometry and a mean field theory of RNNs".
"""

import numpy as np

from vscore._typing import FloatArray
from vscore.meanfield._moments import Moments, log10_of, log10_sum, moments_at
from vscore.networks import RecurrentNetwork


def trace_over_time(
    network: RecurrentNetwork, log10_inputs: float
) -> tuple[list[float], list[Moments], FloatArray]:
    """log10 of q, phi's moments and log10 of the gradient's second moment, by time step.

    Raises
    ------
    ValueError
        For LSTM and GRU, and if the recurrent weights do not have mean 0.
    """
    _check(network)
    gain = log10_state_gain(network)
    arriving = log10_inputs + log10_of(network.input_dim * network.weight_variances[0])
    drive = log10_sum(arriving, network.bias_variance)
    lengths, moments = [float(drive)], [moments_at(network.activation, float(drive))]
    for _ in range(network.steps - 1):
        lengths.append(float(log10_sum(drive, 10 ** (gain + moments[-1].log10_second))))
        moments.append(moments_at(network.activation, lengths[-1]))
    steps = np.array([gain + m.log10_slope for m in moments[1:]])
    return lengths, moments, np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])


def log10_state_gain(network: RecurrentNetwork) -> float:
    """log10 of sigma_w^2 from state to state, n Var[u]."""
    return log10_of(network.units * network.weight_variances[1])


def _check(network: RecurrentNetwork) -> None:
    if network.cell != "simple_rnn":
        raise ValueError(
            "network must be one with a closed theory; there is none here for "
            f"{network.layer.kind}: simulate it"
        )
    initializer = network.recurrent_initializer
    mean = initializer.density(initializer.fans(network.kernel_shapes[1])).mean
    if mean != 0:
        raise ValueError(
            "recurrent_initializer must give weights of mean 0 for theory to hold; "
            f"got mean {mean:g}. simulate needs no such thing"
        )
