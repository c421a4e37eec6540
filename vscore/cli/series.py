"""One statistic by layer: measured, predicted, and the band that chance leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from vscore._logarithms import log10
from vscore._typing import FloatArray
from vscore.meanfield import Prediction
from vscore.parameters import check_choice
from vscore.propagation import Propagation

LEVEL = 0.95
"""Of the band: the share of means over as many networks that lie in it."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """What is shown by layer, in words, and whether on a log axis."""

    label: str
    logarithmic: bool = True


STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "q": Statistic("pre-activation second moment q"),
        "unit_variance": Statistic("variance of one unit's z over the inputs"),
        "activation_second_moment": Statistic("second moment after phi"),
        "activation_variance": Statistic("variance after phi, over units and inputs"),
        "activation_mean": Statistic("mean after phi", logarithmic=False),
        "correlation": Statistic("correlation of two inputs' z", logarithmic=False),
        "saturated": Statistic("share of saturated units", logarithmic=False),
        "dead": Statistic("share of dead units", logarithmic=False),
    }
)
"""What --statistic offers."""

_GRADIENT = Statistic("gradient second moment")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Every array has shape (depth,) but `networks`; of a logarithmic statistic they are log10.

    Attributes
    ----------
    name : str
    statistic : Statistic
    networks : ndarray, shape (networks, depth)
    measured, error : ndarray
        The mean over networks and its standard error, nan for one network.
    predicted : ndarray or None
    band : pair of ndarray or None
        Lowest and highest mean over as many networks, `LEVEL` of the time.
    """

    name: str
    statistic: Statistic
    networks: FloatArray
    measured: FloatArray
    error: FloatArray
    predicted: FloatArray | None
    band: tuple[FloatArray, FloatArray] | None

    @property
    def columns(self) -> tuple[FloatArray, ...]:
        """Measured, error, predicted, low, high; nan where there is none."""
        none = np.full(len(self.measured), np.nan)
        predicted = none if self.predicted is None else self.predicted
        return (self.measured, self.error, predicted, *(self.band or (none, none)))


def series_of(name: str, measured: Propagation, theory: Prediction | None) -> Series:
    """A statistic of a simulation beside theory's.

    Raises
    ------
    ValueError
        If the statistic is unknown.
    """
    statistic = STATISTICS[check_choice("statistic", name, STATISTICS)]
    if name == "q":
        predicted = None if theory is None else theory.log10_q
        return _moment("q", statistic, measured.log10_q, predicted, measured, theory)
    networks: FloatArray = getattr(measured, name)
    predicted = _predicted(name, theory)
    if statistic.logarithmic:
        networks, predicted = log10(networks), None if predicted is None else log10(predicted)
        return Series(name, statistic, networks, *mean_and_error(networks), predicted, None)
    mean, error = networks.mean(axis=0), _standard_error(networks)
    return Series(name, statistic, networks, mean, error, predicted, None)


def gradient_series(measured: Propagation, theory: Prediction | None) -> Series | None:
    """The gradient's second moment; None where none was sent back."""
    networks = measured.log10_gradient
    if networks is None:
        return None
    predicted = None if theory is None else theory.log10_gradient
    return _moment("gradient", _GRADIENT, networks, predicted, measured, theory)


def mean_and_error(logarithms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log10 of the mean over networks and of its standard error, from log10 values.

    Parameters
    ----------
    logarithms : ndarray, shape (networks, depth)

    Returns
    -------
    mean, error : ndarray, shape (depth,)
        The error, std / sqrt(networks), is nan for one network, which has no spread.
    """
    top = logarithms.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    values = 10.0 ** (logarithms - top)
    return log10(values.mean(axis=0)) + top, log10(_standard_error(values)) + top


def _moment(
    name: Literal["q", "gradient"],
    statistic: Statistic,
    networks: FloatArray,
    predicted: FloatArray | None,
    measured: Propagation,
    theory: Prediction | None,
) -> Series:
    """q or the gradient, with the band where it holds."""
    band = None
    if theory is not None and not theory.band_warning(measured.batch, len(networks)):
        band = theory.log10_band(LEVEL, of=name, batch=measured.batch, networks=len(networks))
    return Series(name, statistic, networks, *mean_and_error(networks), predicted, band)


def _predicted(name: str, theory: Prediction | None) -> FloatArray | None:
    """Theory's value by layer; None for what it does not know of this network."""
    try:
        predicted: FloatArray | None = getattr(theory, name, None)
    except ValueError:
        return None
    return predicted


def _standard_error(networks: FloatArray) -> FloatArray:
    count = len(networks)
    if count == 1:
        return np.full(networks.shape[1:], np.nan)
    with np.errstate(invalid="ignore"):  # of what has left float64
        error: FloatArray = networks.std(axis=0, ddof=1) / count**0.5
    return error
