"""`predict`: what infinitely wide layers would do, at the widths' own fans and variances.

q_1 = n_0 Var[w_1] q_x + sigma_b^2, q_{l+1} = n_l Var[w_{l+1}] E[phi(sqrt(q_l) z)^2] + sigma_b^2,
backwards g_l = n_{l+1} Var[w_{l+1}] E[phi'(sqrt(q_l) z)^2] g_{l+1}, g_L = 1, with n_l the width
after layer l. The mean over networks of the first layer's q is exact at any width; for
ReLU-like activations without biases, every layer's is.

Lengths are carried as log10: far beyond 1 an activation is its asymptote, far below its tangent,
so a network of any gain and depth has a prediction.

References
----------
Poole et al. 2016, eq. 3; Schoenholz et al. 2017, eqs. 3 and 11.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation
from vscore.networks import Network
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

_FAR = 24.0
"""Beyond 10^+-24 an activation with a slope there is that slope's line, to float64's last digit."""

_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Mean-field theory for one network: every array has shape (depth,), layer 0 first.

    Attributes
    ----------
    network : Network
    log10_q : log10 of the pre-activation second moment; -inf where no signal is left.
    activation_mean, activation_second_moment, activation_variance : Of h = phi(z).
    log10_gradient : log10 of the mean square of the gradient with respect to z, for a gradient
        at the last z that is iid N(0, 1).
    chi : What the gradient's second moment is multiplied by from layer l + 1 to layer l if all
        widths were equal, sigma_w2 E[phi'^2] with layer l's own sigma_w2.
    """

    network: Network
    log10_q: FloatArray
    activation_mean: FloatArray
    activation_second_moment: FloatArray
    activation_variance: FloatArray
    log10_gradient: FloatArray
    chi: FloatArray

    @property
    def q(self) -> FloatArray:
        """Pre-activation second moment; infinite beyond 1e308."""
        return _power_of_ten(self.log10_q)

    @property
    def gradient_second_moment(self) -> FloatArray:
        """Mean square of the gradient with respect to z."""
        return _power_of_ten(self.log10_gradient)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Gaussian moments of phi at one q; the large ones as log10."""

    mean: float
    log10_second: float
    log10_slope: float


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
        If the weights do not have mean 0: the theory assumes it.
    """
    _check_centred(network)
    log10_h = _log10(_INPUTS.check(inputs_second_moment))
    lengths, moments = [], []
    for fans, variance in zip(network.effective_fans, network.weight_variances, strict=True):
        log10_q = _log10_sum(log10_h + _log10(fans.fan_in * variance), network.bias_variance)
        lengths.append(log10_q)
        moments.append(_moments(network.activation, log10_q))
        log10_h = moments[-1].log10_second
    mean = np.array([m.mean for m in moments])
    second = _power_of_ten(np.array([m.log10_second for m in moments]))
    with np.errstate(over="ignore", invalid="ignore"):
        variance_about_mean = np.where(np.isinf(second), second, np.maximum(second - mean**2, 0.0))
    slopes = np.array([m.log10_slope for m in moments])
    return Prediction(
        network=network,
        log10_q=np.array(lengths),
        activation_mean=mean,
        activation_second_moment=second,
        activation_variance=variance_about_mean,
        log10_gradient=_gradient(network, slopes),
        chi=_power_of_ten(_log10_sigma_w2(network) + slopes),
    )


def _gradient(network: Network, slopes: FloatArray) -> FloatArray:
    """log10 of g, from the last layer back."""
    outward = [
        _log10(fans.fan_out * variance)
        for fans, variance in zip(network.effective_fans, network.weight_variances, strict=True)
    ]
    steps = np.array(outward[1:]) + slopes[:-1]
    return np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])


def _log10_sigma_w2(network: Network) -> FloatArray:
    fans = network.effective_fans
    variances = network.weight_variances
    return np.array([_log10(f.fan_in * v) for f, v in zip(fans, variances, strict=True)])


@lru_cache(maxsize=4096)
def _moments(phi: Activation, log10_q: float) -> _Moments:
    slopes = phi.slopes_at_infinity if log10_q > 0 else phi.slopes_at_zero
    if phi.homogeneous or (abs(log10_q) > _FAR and slopes not in (None, (0.0, 0.0))):
        assert slopes is not None
        return _line(slopes, log10_q)
    q = max(10.0**log10_q, _SMALLEST)
    return _Moments(
        float(gaussian_expectation(phi.value, q, phi.kinks)),
        _log10(float(gaussian_expectation(lambda z: phi.value(z) ** 2, q, phi.kinks))),
        _log10(float(gaussian_expectation(lambda z: phi.derivative(z) ** 2, q, phi.kinks))),
    )


def _line(slopes: tuple[float, float], log10_q: float) -> _Moments:
    """Moments of a z for z < 0 and b z for z > 0: mean (b - a) sqrt(q / 2 pi), and so on."""
    left, right = slopes
    log10_half = _log10((left**2 + right**2) / 2)
    mean = 0.0
    if right != left:
        with np.errstate(over="ignore"):
            mean = (right - left) / math.sqrt(2 * math.pi) * float(np.power(10.0, log10_q / 2))
    return _Moments(mean, log10_q + log10_half, log10_half)


def _check_centred(network: Network) -> None:
    initializer = network.initializer
    mean = initializer.density(initializer.fans(network.kernel_shapes[0])).mean
    if mean != 0:
        raise ValueError(
            f"initializer must give weights of mean 0 for theory to hold; got mean {mean:g}. "
            "simulate needs no such thing"
        )


def _log10(number: float) -> float:
    return math.log10(number) if number > 0 else -math.inf


def _log10_sum(logarithm: float, number: float) -> float:
    """log10(10**logarithm + number), with neither lost."""
    if number == 0:
        return logarithm
    return float(np.logaddexp(logarithm * math.log(10), math.log(number)) / math.log(10))


def _power_of_ten(logarithm: FloatArray) -> FloatArray:
    with np.errstate(over="ignore", under="ignore"):
        power: FloatArray = np.power(10.0, logarithm)
    return power
