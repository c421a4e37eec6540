"""All that is computed of one setting, in one place: what files are made from."""

from dataclasses import dataclass

from vscore.meanfield import Prediction
from vscore.propagation import ActivationHistograms, Propagation
from vscore.sampling import WeightSample


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What the charts of one setting show.

    Attributes
    ----------
    sample : WeightSample
    measured : Propagation
    predicted : Prediction or None
        None where there is no theory.
    histograms : ActivationHistograms
    redrawn_weights : tuple of WeightSample
    redrawn_signals : tuple of Propagation
        Of the seeds after the experiment's own; none where redraws are off.
    """

    sample: WeightSample
    measured: Propagation
    predicted: Prediction | None
    histograms: ActivationHistograms
    redrawn_weights: tuple[WeightSample, ...] = ()
    redrawn_signals: tuple[Propagation, ...] = ()
