"""What became of each setting of a comparison, and the numbers in which settings differ."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.experiment import Experiment
from vscore.initializers import VarianceScaling
from vscore.meanfield import Prediction
from vscore.propagation import Propagation, mean_log10
from vscore.sampling import WeightSample
from vscore.verdicts import Flow, FormatRange, format_ranges, unit_of
from vscore.verdicts.flow import flow_of, log10_norm


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One setting with its letter: its drawn kernel and its network, measured and predicted.

    Redraws are other draws of the same kernel and of the same networks.
    """

    letter: str
    setting: Experiment
    sample: WeightSample
    measured: Propagation
    predicted: Prediction | None
    redrawn_weights: Sequence[WeightSample] = ()
    redrawn_signals: Sequence[Propagation] = ()

    @property
    def unit(self) -> str:
        """What depth counts here: "layer" or "step"."""
        return unit_of(self.measured.network)

    @property
    def forward(self) -> Flow:
        """What the layers do to q, as in a verdict."""
        predicted = None if self.predicted is None else self.predicted.log10_q
        return flow_of(self.measured.log10_q, predicted)

    @property
    def backward(self) -> Flow:
        """What the layers do to the gradient's squared norm, as in a verdict."""
        assert self.measured.log10_gradient is not None
        network = self.measured.network
        predicted = None
        if self.predicted is not None:
            predicted = log10_norm(self.predicted.log10_gradient, network)
        return flow_of(log10_norm(self.measured.log10_gradient, network), predicted)

    @property
    def log10_signal(self) -> float:
        """log10 of the signal's second moment at the last layer, mean over networks."""
        return float(mean_log10(self.measured.log10_q)[-1])

    @property
    def log10_gradient(self) -> float:
        """log10 of the gradient's mean square at the first layer, mean over networks."""
        assert self.measured.log10_gradient is not None
        return float(mean_log10(self.measured.log10_gradient)[0])

    def format(self, dtype: str) -> FormatRange:
        """Where a float format ends."""
        return next(each for each in format_ranges(self.measured) if each.dtype == dtype)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that each setting has; nan where it has none.

    Attributes
    ----------
    name : str
    value : callable
        Outcome to float.
    whole : bool
        Whether it counts something.
    """

    name: str
    value: Callable[[Outcome], float]
    whole: bool = False


def difference(value: float, first: float) -> float:
    """How much more than A's: exactly 0 for equal numbers, infinite or missing ones too."""
    if value == first or (math.isnan(value) and math.isnan(first)):
        return 0.0
    return value - first


def is_equal(one: Outcome, other: Outcome) -> bool:
    """Whether two settings are the same, so that all their numbers are."""
    return one.setting == other.setting


def _n(outcome: Outcome) -> float:
    initializer = outcome.setting.initializer
    if isinstance(initializer, VarianceScaling):
        return outcome.sample.fans.n(initializer.mode)
    return math.nan


def _fit(outcome: Outcome) -> float:
    return math.nan if outcome.sample.fit is None else outcome.sample.fit.p


def _end(dtype: str, names: Sequence[str]) -> Callable[[Outcome], float]:
    """The layer, from 1, at which a format first overflows or flushes to zero; nan if nowhere."""

    def value(outcome: Outcome) -> float:
        ends = [getattr(outcome.format(dtype), name) for name in names]
        found = [layer + 1 for layer in ends if layer is not None]
        return float(found[0]) if found else math.nan

    return value


_FORWARD = ("overflow", "underflow")
_BACKWARD = ("gradient_overflow", "gradient_underflow")

QUANTITIES: tuple[Quantity, ...] = (
    Quantity("fan_in", lambda o: float(o.sample.fans.fan_in)),
    Quantity("fan_out", lambda o: float(o.sample.fans.fan_out)),
    Quantity("n, what the variance is divided by", _n),
    Quantity("std meant", lambda o: o.sample.density.std),
    Quantity("std drawn", lambda o: o.sample.std),
    Quantity("fit: p of the draw", _fit),
    Quantity("signal: factor a layer", lambda o: o.forward.factor),
    Quantity("signal: log10 of the change over all layers", lambda o: o.forward.log10_change),
    Quantity("signal: layers for a factor of 1000", lambda o: o.forward.layers_per_thousand),
    Quantity("signal: layer at which float16 ends", _end("float16", _FORWARD), True),
    Quantity("signal: layer at which float32 ends", _end("float32", _FORWARD), True),
    Quantity("gradient: factor a layer", lambda o: o.backward.factor),
    Quantity("gradient: log10 of the change over all layers", lambda o: o.backward.log10_change),
    Quantity("gradient: layers for a factor of 1000", lambda o: o.backward.layers_per_thousand),
    Quantity("gradient: layer at which float16 ends", _end("float16", _BACKWARD), True),
    Quantity("gradient: layer at which float32 ends", _end("float32", _BACKWARD), True),
)
"""What the table of differences lists, in this order."""
