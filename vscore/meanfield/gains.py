"""Gaussian moments of an activation, and the gains that they ask for."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from vscore._quadrature import gaussian_expectation
from vscore.activations import Activation, as_activation


@dataclass(frozen=True, slots=True)
class Gains:
    """Moments of phi(z) for z ~ N(0, 1), and gains; inf where a moment is 0.

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
    torch_gain : float or None
        What `torch.nn.init.calculate_gain` gives for it; None where it knows no such activation.
    torch_note : str
        One sentence: why that differs from rms_gain, or that it does not; empty without one.
    """

    mean: float
    second_moment: float
    derivative_second_moment: float
    rms_gain: float
    std_gain: float
    backward_gain: float
    torch_gain: float | None = None
    torch_note: str = ""

    @property
    def forward_scale(self) -> float:
        """1 / E[phi^2]: VarianceScaling's scale, mode fan_in, that keeps the second moment."""
        return _inverse(self.second_moment)

    @property
    def backward_scale(self) -> float:
        """1 / E[phi'^2]: VarianceScaling's scale, mode fan_out, that keeps the gradient."""
        return _inverse(self.derivative_second_moment)

    @property
    def forward_line(self) -> str:
        """The initializer that keeps the signal, for Keras or for vscore; empty if none does."""
        return _line(self.forward_scale, "fan_in")

    @property
    def backward_line(self) -> str:
        """The initializer that keeps the gradient, for Keras or for vscore; empty if none does."""
        return _line(self.backward_scale, "fan_out")


def gains(activation: str | Activation) -> Gains:
    """Return the moments and gains at q = 1.

    Parameters
    ----------
    activation : str or Activation
        A name of `ACTIVATIONS`, or a formula such as "x * sigmoid(1.702 * x)".

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
    torch_gain, torch_note = _torch(phi)
    return Gains(
        mean=mean,
        second_moment=second,
        derivative_second_moment=slope,
        rms_gain=math.sqrt(_inverse(second)),
        std_gain=math.sqrt(_inverse(_variance(second, mean))),
        backward_gain=math.sqrt(_inverse(slope)),
        torch_gain=torch_gain,
        torch_note=torch_note,
    )


def _variance(second: float, mean: float) -> float:
    """E[phi^2] - E[phi]^2; 0 where that is rounding."""
    variance = second - mean**2
    return variance if variance > 1e-15 * second else 0.0


def _inverse(moment: float) -> float:
    return 1 / moment if moment > 0 else math.inf


def _line(scale: float, mode: str) -> str:
    if not math.isfinite(scale):
        return ""
    return f'VarianceScaling(scale={scale:.10g}, mode="{mode}", distribution="truncated_normal")'


# torch/nn/init.py, calculate_gain, PyTorch 2.13.
_TORCH: Mapping[str, tuple[Callable[[float], float], str]] = MappingProxyType(
    {
        "linear": (lambda _: 1.0, "The same: a linear unit keeps what it is given."),
        "sigmoid": (
            lambda _: 1.0,
            "PyTorch leaves sigmoid at 1, as if it were linear; its slope is 1/4 at most, and it "
            "adds a mean of 1/2.",
        ),
        "tanh": (
            lambda _: 5 / 3,
            "5/3 is a rounded choice, 4.7 % above the 1.5925 that keeps the second moment of "
            "N(0, 1) inputs.",
        ),
        "relu": (lambda _: math.sqrt(2), "The same: He's gain."),
        "leaky_relu": (
            lambda slope: math.sqrt(2 / (1 + slope**2)),
            "The same for the same slope; PyTorch's default slope is 0.01.",
        ),
        "selu": (
            lambda _: 3 / 4,
            "3/4 was found by trial; SELU normalises itself with gain 1, that of lecun_normal.",
        ),
    }
)
"""PyTorch's gain, a function of the slope, and why it differs from `rms_gain`."""


def _torch(phi: Activation) -> tuple[float | None, str]:
    if phi.kind not in _TORCH:
        return None, ""
    gain, note = _TORCH[phi.kind]
    return gain(phi.slope or 0.0), note
