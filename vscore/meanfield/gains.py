"""Gaussian moments of an activation, and the gains that they ask for."""

import math
from dataclasses import dataclass
from functools import lru_cache

from vscore._quadrature import gaussian_expectation
from vscore.activations import Activation, as_activation


@dataclass(frozen=True, slots=True)
class Gains:
    """Moments of phi(z) for z ~ N(0, 1), and gains.

    Attributes
    ----------
    mean : float
        E[phi].
    second_moment : float
        E[phi^2].
    derivative_second_moment : float
        E[phi'^2].
    rms_gain : float
        1 / sqrt(E[phi^2]), He's: weights of std gain / sqrt(fan_in) keep the second moment.
    std_gain : float
        1 / sqrt(E[phi^2] - E[phi]^2): keeps the variance about the mean instead.
    backward_gain : float
        1 / sqrt(E[phi'^2]): weights of std gain / sqrt(fan_out) keep the gradient.
    """

    mean: float
    second_moment: float
    derivative_second_moment: float
    rms_gain: float
    std_gain: float
    backward_gain: float


def gains(activation: str | Activation) -> Gains:
    """Return the moments and gains at q = 1.

    Parameters
    ----------
    activation : str or Activation

    References
    ----------
    He et al. 2015, "Delving deep into rectifiers", eqs. 8-14, for ReLU; any other activation
    likewise with E[phi^2] in the place of 1/2.
    """
    return _gains(as_activation(activation))


@lru_cache(maxsize=256)
def _gains(phi: Activation) -> Gains:
    mean = float(gaussian_expectation(phi.value, 1.0, phi.kinks))
    second = float(gaussian_expectation(lambda z: phi.value(z) ** 2, 1.0, phi.kinks))
    slope = float(gaussian_expectation(lambda z: phi.derivative(z) ** 2, 1.0, phi.kinks))
    return Gains(
        mean=mean,
        second_moment=second,
        derivative_second_moment=slope,
        rms_gain=1 / math.sqrt(second),
        std_gain=1 / math.sqrt(second - mean**2),
        backward_gain=1 / math.sqrt(slope),
    )
