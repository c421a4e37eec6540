"""`predict`: what infinitely wide layers would do, at the widths' own fans and variances.

q_1 = n_0 Var[w_1] q_x + sigma_b^2, q_{l+1} = n_l Var[w_{l+1}] E[phi(sqrt(q_l) z)^2] + sigma_b^2,
backwards g_l = n_{l+1} Var[w_{l+1}] E[phi'(sqrt(q_l) z)^2] g_{l+1}, g_L = 1, with n_l the width
after layer l. The mean over networks of the first layer's q is exact at any width; for
ReLU-like activations without biases, every layer's is.

A convolution's n counts its taps too, and on a circular image this is all. With zeros around the
image q depends on the position: it is then followed at each one, and what is given is pooled. The
theory of the bulk alone is that of the same network with padding="circular".

Of recurrent networks a SimpleRNN has a prediction, by time step; gated cells have none.

Lengths are carried as log10, so a network of any gain and depth has a prediction.

References
----------
Poole et al. 2016, eq. 3; Schoenholz et al. 2017, eqs. 3 and 11.
Xiao et al. 2018, section 2, for convolutions on a circular image.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from vscore._logarithms import log10, power_of_ten
from vscore._typing import Check, FloatArray
from vscore.meanfield._border import lengths_with_border, trace_with_border
from vscore.meanfield._memory import Memory
from vscore.meanfield._moments import Moments, log10_of
from vscore.meanfield._profile import correlations, saturated_share
from vscore.meanfield._time import trace_over_time
from vscore.meanfield._trace import log10_sigma_w2, trace
from vscore.meanfield.band import band_warning, log10_band, share_below
from vscore.networks import ConvolutionalNetwork, Network, RecurrentNetwork
from vscore.parameters import Parameter

_INPUTS = Parameter(
    "inputs_second_moment",
    "Inputs' second moment",
    "Mean square of the inputs.",
    1.0,
    0,
    math.inf,
    (0.01, 100.0),
    0.01,
    "q_x",
    integer=False,
    log=True,
)


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Mean-field theory for one network: every array has shape (depth,), layer 0 first.

    Attributes
    ----------
    network : Network
    log10_q : log10 of the pre-activation second moment; -inf where no signal is left.
    activation_mean, activation_second_moment, activation_variance : Of h = phi(z).
    log10_gradient : log10 of the mean square of the gradient with respect to z, for a gradient
        at the last z that is iid N(0, 1). Of a recurrent network, with respect to h.
    chi : What the gradient's second moment is multiplied by from layer l + 1 to layer l if all
        widths were equal, sigma_w2 E[phi'^2] with layer l's own sigma_w2. Of a zero-padded image,
        the mean over positions, without what is lost around the border.
    inputs_second_moment : float
        Mean square of the inputs.
    """

    network: Network
    log10_q: FloatArray
    activation_mean: FloatArray
    activation_second_moment: FloatArray
    activation_variance: FloatArray
    log10_gradient: FloatArray
    chi: FloatArray
    inputs_second_moment: float = 1.0
    _memory: Memory = field(default_factory=Memory, init=False, repr=False)

    @property
    def q(self) -> FloatArray:
        """Pre-activation second moment; infinite beyond 1e308."""
        return power_of_ten(self.log10_q)

    @property
    def gradient_second_moment(self) -> FloatArray:
        """Mean square of the gradient with respect to z."""
        return power_of_ten(self.log10_gradient)

    @property
    def correlation(self) -> FloatArray:
        """Of two inputs' z: mean of z_a z_b over q, for independent inputs of mean 0.

        Exact as width -> inf; to 1e-12. Some activations take a few ms a layer, the first time.

        Raises
        ------
        ValueError
            For a zero-padded image, where it depends on the position.
        """
        return self.follow_inputs()

    def follow_inputs(self, check: Check | None = None) -> FloatArray:
        """The `correlation`, and a way to call off its work: `check` is called at every layer."""
        if _has_border(self.network):
            raise ValueError(
                "correlation is known here only where all positions are alike; "
                f"got padding={self.network.padding!r}. Choose 'circular', or simulate it"
            )
        return self._memory.once(
            ("correlation",), lambda: correlations(self.network, self.log10_q.tolist(), check)
        )

    @property
    def unit_variance(self) -> FloatArray:
        """Variance of one unit's z over inputs, q (1 - correlation): what tells inputs apart.

        Raises
        ------
        ValueError
            As for `correlation`.
        """
        return power_of_ten(self.log10_q + log10(1 - self.correlation))

    @property
    def saturated(self) -> FloatArray:
        """Share of (unit, input) pairs where phi is saturated, as `Activation.saturated` says."""
        phi = self.network.activation
        if not _has_border(self.network):
            return saturated_share(phi, self.log10_q)
        lengths = lengths_with_border(self.network, self._log10_inputs)
        return np.array([saturated_share(phi, each).mean() for each in lengths])

    def band(
        self, level: float = 0.95, *, of: str = "q", batch: int = 16, networks: int = 1
    ) -> tuple[FloatArray, FloatArray]:
        """The ends between which networks of this width lie by chance, low and high.

        Parameters
        ----------
        level : float, default 0.95
            The share of networks inside, in (0, 0.99].
        of : {"q", "gradient"}, default "q"
        batch : int, default 16
            iid normal inputs over which a network's second moment is pooled.
        networks : int, default 1
            The band of a mean of second moments over so many networks. More than 64 count as 64.

        Returns
        -------
        tuple of ndarray, shape (depth,)
            Infinite beyond 1e308. Each layer's band holds for that layer; all layers of one
            network lie inside theirs less often.

        Raises
        ------
        ValueError
            If an argument is outside its domain, or there is no band: see `band_warning`.
        """
        low, high = self.log10_band(level, of=of, batch=batch, networks=networks)
        return power_of_ten(low), power_of_ten(high)

    def log10_band(
        self, level: float = 0.95, *, of: str = "q", batch: int = 16, networks: int = 1
    ) -> tuple[FloatArray, FloatArray]:
        """As `band`, as log10: for any magnitude."""
        return self._memory.once(
            ("band", level, of, batch, networks),
            lambda: log10_band(
                self.network, self._log10_inputs, level=level, of=of, batch=batch, networks=networks
            ),
        )

    def share_below(self, log10_values: ArrayLike, *, of: str = "q", batch: int = 16) -> FloatArray:
        """The share of single networks whose second moment lies below given values.

        Parameters
        ----------
        log10_values : float or array_like of shape (depth,)
            log10 of one value for all layers, or of one for each.
        of, batch
            As for `band`.

        Returns
        -------
        ndarray, shape (depth,)
            To about 1 %.
        """
        return share_below(self.network, self._log10_inputs, log10_values, of=of, batch=batch)

    def band_warning(self, batch: int = 16, networks: int = 1) -> str:
        """One sentence on why there is no band, or why it does not hold; empty where it does.

        Parameters
        ----------
        batch, networks
            As for `band`. A mean over many networks scatters little, so a band of it asks more of
            theory than one of single networks.
        """
        return self._memory.once(
            ("warning", batch, networks),
            lambda: band_warning(self.network, self._log10_inputs, batch, networks),
        )

    @property
    def _log10_inputs(self) -> float:
        return log10_of(self.inputs_second_moment)


def predict(network: Network, *, inputs_second_moment: float = 1.0) -> Prediction:
    """What theory says of a network: lengths, activations and gradients by layer.

    Parameters
    ----------
    network : Network
    inputs_second_moment : float, default 1.0
        Mean square of the inputs, in [0, inf).

    Raises
    ------
    ValueError
        If the weights do not have mean 0: the theory assumes it. For LSTM and GRU, which have no
        closed theory here.
    """
    check_centred(network)
    log10_inputs = log10_of(_INPUTS.check(inputs_second_moment))
    if _has_border(network):
        lengths, moments, log10_gradient = trace_with_border(network, log10_inputs)
    elif isinstance(network, RecurrentNetwork):
        lengths, moments, log10_gradient = trace_over_time(network, log10_inputs)
    else:
        lengths, moments, log10_gradient = trace(network, log10_inputs)
    return assembled(network, lengths, moments, log10_gradient, inputs_second_moment)


def assembled(
    network: Network,
    lengths: Sequence[float],
    moments: Sequence[Moments],
    log10_gradient: FloatArray,
    inputs_second_moment: float,
) -> Prediction:
    """What was traced through the layers, put together."""
    mean = np.array([m.mean for m in moments])
    second = power_of_ten(np.array([m.log10_second for m in moments]))
    with np.errstate(over="ignore", invalid="ignore"):
        variance_about_mean = np.where(np.isinf(second), second, np.maximum(second - mean**2, 0.0))
    slopes = np.array([m.log10_slope for m in moments])
    return Prediction(
        network=network,
        log10_q=np.array(lengths),
        activation_mean=mean,
        activation_second_moment=second,
        activation_variance=variance_about_mean,
        log10_gradient=log10_gradient,
        chi=power_of_ten(log10_sigma_w2(network) + slopes),
        inputs_second_moment=inputs_second_moment,
    )


def _has_border(network: Network) -> TypeGuard[ConvolutionalNetwork]:
    """Whether positions differ: there are zeros around the image."""
    return isinstance(network, ConvolutionalNetwork) and network.padding == "same"


def check_centred(network: Network) -> None:
    """Raise for weights whose mean is not 0."""
    initializer = network.initializer
    mean = initializer.density(initializer.fans(network.kernel_shapes[0])).mean
    if mean != 0:
        raise ValueError(
            f"initializer must give weights of mean 0 for theory to hold; got mean {mean:g}. "
            "simulate needs no such thing"
        )
