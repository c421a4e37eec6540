"""One quantity followed through the layers: measured, theory's, and the band of chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vscore._logarithms import log10
from vscore._typing import FloatArray
from vscore.meanfield import Prediction
from vscore.propagation import Propagation, mean_log10
from vscore.verdicts import unit_of

_TITLES = {
    "q": "signal: mean z²",
    "unit_variance": "signal: variance of one unit's z over inputs",
    "activation_second_moment": "signal: mean h²",
    "activation_variance": "signal: pooled variance of h",
    "activation_mean": "signal: mean h",
    "correlation": "correlation of two inputs' z",
    "saturated": "share of saturated units",
    "dead": "share of dead units",
}

_LINEAR = frozenset({"activation_mean", "correlation", "saturated", "dead"})
"""Statistics that are shown as they are; the others as log10."""


Band: TypeAlias = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A statistic by layer, as log10 where it is a magnitude.

    Attributes
    ----------
    title : str
    logarithmic : bool
        Whether the numbers are log10 of the statistic.
    measured : ndarray, shape (networks, depth)
    theory : ndarray, shape (depth,), or None
    band : pair of ndarray, shape (depth,), or None
        Between which 95 % of single networks lie.
    mean_band : pair of ndarray, shape (depth,), or None
        Between which 95 % of means over so many networks lie; None for one network.
    unit : str
        What depth counts: "layer" or "step".
    redraws : tuple of (int, ndarray of shape (depth,))
        Seed, and the mean over networks, of other draws of the same networks.
    """

    title: str
    logarithmic: bool
    measured: FloatArray
    theory: FloatArray | None = None
    band: Band | None = None
    mean_band: Band | None = None
    unit: str = "layer"
    redraws: tuple[tuple[int, FloatArray], ...] = ()

    @property
    def centre(self) -> FloatArray:
        """The mean over networks, shape (depth,)."""
        if self.logarithmic:
            return mean_log10(self.measured)
        return np.asarray(self.measured.mean(axis=0))


def forward_track(
    measured: Propagation,
    predicted: Prediction | None,
    statistic: str,
    redraws: Sequence[Propagation] = (),
) -> Track:
    """What is followed forward."""
    linear = statistic in _LINEAR
    theory = _theory(predicted, statistic)
    values = measured.log10_q if statistic == "q" else getattr(measured, statistic)
    if statistic != "q" and not linear:
        values, theory = log10(values), None if theory is None else log10(theory)
    bands = _bands(measured, predicted, "q") if statistic == "q" else (None, None)
    unit = unit_of(measured.network)
    others = tuple((r.seed, forward_track(r, None, statistic).centre) for r in redraws)
    return Track(_TITLES[statistic], not linear, values, theory, *bands, unit, others)


def gradient_track(
    measured: Propagation, predicted: Prediction | None, redraws: Sequence[Propagation] = ()
) -> Track:
    """The gradient's second moment."""
    assert measured.log10_gradient is not None
    theory = None if predicted is None else predicted.log10_gradient
    bands = _bands(measured, predicted, "gradient")
    unit = unit_of(measured.network)
    title = f"gradient: mean (∂L/∂{'h' if unit == 'step' else 'z'})²"
    others = tuple((redraw.seed, gradient_track(redraw, None).centre) for redraw in redraws)
    return Track(title, True, measured.log10_gradient, theory, *bands, unit, others)


def _theory(predicted: Prediction | None, statistic: str) -> FloatArray | None:
    if predicted is None or statistic == "dead":
        return None
    if statistic == "q":
        return predicted.log10_q
    try:
        values: FloatArray | None = getattr(predicted, statistic)
    except ValueError:  # no theory of this statistic for this kind of network
        return None
    return values


def _bands(
    measured: Propagation, predicted: Prediction | None, of: str
) -> tuple[Band | None, Band | None]:
    """Of one network, and of the mean over those measured; None where it would not hold."""
    count = len(measured.log10_q)
    return _band(measured, predicted, of, 1), (
        _band(measured, predicted, of, count) if count > 1 else None
    )


def _band(
    measured: Propagation, predicted: Prediction | None, of: str, networks: int
) -> Band | None:
    if predicted is None or predicted.band_warning(measured.batch, networks):
        return None
    return predicted.log10_band(of=of, batch=measured.batch, networks=networks)
