"""`verdict`: all that a simulation and its theory say of a network, as data."""

from dataclasses import dataclass

from vscore.meanfield import Prediction
from vscore.networks import Network
from vscore.propagation import Propagation
from vscore.verdicts.advice import Suggestion, suggest
from vscore.verdicts.chance import Luck, luck
from vscore.verdicts.flow import Flow, flow_of, log10_norm, unit_of
from vscore.verdicts.formats import FormatRange, format_ranges


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a network does to its signal and its gradient.

    Attributes
    ----------
    forward : Flow
        Of q, from the first layer to the last.
    backward : Flow or None
        Of the gradient's squared norm, from the last layer to the first; None where no gradient
        was simulated. Its mean square is the squared norm divided by the layer's width.
    overflow_layer : int or None
        The first layer, from 0, at which some network's z leaves float32.
    suggestion : Suggestion or None
        What to choose instead.
    reason : str
        One sentence: why this suggestion, or why none.
    luck, gradient_luck : Luck or None
        How far the first network is from theory at the end of the way, and how often that
        happens; None where theory has no band.
    formats : tuple of FormatRange
        Where each float format ends.
    """

    forward: Flow
    backward: Flow | None
    overflow_layer: int | None
    suggestion: Suggestion | None
    reason: str
    luck: Luck | None = None
    gradient_luck: Luck | None = None
    formats: tuple[FormatRange, ...] = ()

    @property
    def stable(self) -> bool:
        """Whether all that was simulated is stable."""
        return all(flow.kind == "stable" for flow in (self.forward, self.backward) if flow)


def verdict(propagation: Propagation, prediction: Prediction | None = None) -> Verdict:
    """What a simulated network does to signal and gradient, and what would be better.

    Parameters
    ----------
    propagation : Propagation
    prediction : Prediction, optional
        Theory for the same network. It decides on the kind, because a handful of narrow networks
        scatters; without it (weights of a mean other than 0, LSTM and GRU have no theory
        here) the measured numbers decide.

    Notes
    -----
    Stable means: a change over all layers by less than a factor of 10 and of 1.25 (or 0.8) a
    layer. Where so few layers make less than a factor of 3 in all, they may take larger steps. So
    a depth of 100 at 1.03 a layer is exploding, and 3 layers at 2 a layer are too.

    The measured change is the median over networks of log10(last / first), because q is close to
    log-normal: its mean over networks belongs to a few lucky ones. For ReLU the median falls by
    about exp(-5 / (2 n)) a layer at width n, where the mean and theory stand still.

    Backward, the squared norm counts: where a layer of n_in inputs has n_out outputs, He's fan_in
    rule multiplies the mean square by n_out / n_in. These factors cancel over layers to the ratio
    of the last width to the first, whatever the depth (He et al. 2015, below eq. 14).
    """
    network = propagation.network
    forward = flow_of(propagation.log10_q, None if prediction is None else prediction.log10_q)
    backward = None
    if propagation.log10_gradient is not None:
        predicted = None if prediction is None else log10_norm(prediction.log10_gradient, network)
        backward = flow_of(log10_norm(propagation.log10_gradient, network), predicted)
    flows = (forward,) if backward is None else (forward, backward)
    formats = format_ranges(propagation)
    return Verdict(
        forward,
        backward,
        formats[-1].overflow,
        *_advice(network, flows),
        luck=luck(propagation, prediction, of="q"),
        gradient_luck=luck(propagation, prediction, of="gradient"),
        formats=formats,
    )


_FINE = "Signal and gradient keep their size: there is nothing to change."
_SCATTERS = (
    "In theory signal and gradient keep their size, but layers as narrow as these scatter: wider "
    "layers, fewer layers or normalization help, another scale does not."
)
_SCATTERS_OVER_TIME = (
    "In theory signal and gradient keep their size, but a state as small as this one scatters: "
    "more units or fewer steps help, another scale does not."
)


def _advice(network: Network, flows: tuple[Flow, ...]) -> tuple[Suggestion | None, str]:
    if any(flow.kind != "stable" for flow in flows):
        return suggest(network)
    if all(flow.measured_kind == "stable" for flow in flows):
        return None, _FINE
    return None, _SCATTERS_OVER_TIME if unit_of(network) == "step" else _SCATTERS
