"""Stable, vanishing or exploding: a simulation and its theory in one verdict, and what to do.

A deep network needs two things of its initializer (He et al. 2015, section 2.2; Schoenholz et al.
2017): a pre-activation's second moment q that keeps its size from layer to layer, and a gradient
that keeps its size on the way back.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from vscore._recommendation import SCALES, Recommendation, largest_change, recommended_scale
from vscore._typing import FloatArray
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.meanfield import Prediction, predict
from vscore.networks import Network, RecurrentNetwork
from vscore.propagation import Propagation

Kind: TypeAlias = Literal["stable", "vanishing", "exploding"]


@dataclass(frozen=True, slots=True)
class Flow:
    """What the layers do to one second moment, in the direction in which it flows.

    Attributes
    ----------
    kind : {"stable", "vanishing", "exploding"}
        Theory's, or the measured one where there is no theory.
    measured_kind : {"stable", "vanishing", "exploding"}
        The same question asked of the simulation alone.
    factor : float
        What one layer multiplies the second moment by, geometric mean over layers: theory's, or
        the measured one where there is no theory; 0 where nothing passes.
    measured_factor : float
        The median network's.
    theory : bool
        Whether `kind` and `factor` are theory's.
    log10_change : float
        log10 of the median network's factor over all layers; -inf where nothing passes.
    steps : int
        From layer to layer: the depth less one.
    """

    kind: Kind
    measured_kind: Kind
    factor: float
    measured_factor: float
    theory: bool
    log10_change: float
    steps: int

    @property
    def layers_per_thousand(self) -> float:
        """Layers in which `factor` makes a change by 1000, either way; inf for a factor of 1."""
        if self.factor == 0:
            return 1.0
        return math.inf if self.factor == 1 else abs(3 / math.log10(self.factor))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An initializer that theory says keeps both sizes in the same network.

    Attributes
    ----------
    initializer : VarianceScaling
        In mode "fan_in", so that it fits layers of any widths.
    name : str
        Its key in `INITIALIZERS`; empty where it has none.
    log10_forward, log10_backward : float
        log10 of the changes over all layers that theory then predicts, as in `Flow`.
    """

    initializer: VarianceScaling
    name: str
    log10_forward: float
    log10_backward: float


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
    """

    forward: Flow
    backward: Flow | None
    overflow_layer: int | None
    suggestion: Suggestion | None
    reason: str

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
    forward = _flow(propagation.log10_q, None if prediction is None else prediction.log10_q)
    backward = None
    if propagation.log10_gradient is not None:
        predicted = None if prediction is None else _norm(prediction.log10_gradient, network)
        backward = _flow(_norm(propagation.log10_gradient, network), predicted)
    flows = (forward,) if backward is None else (forward, backward)
    return Verdict(forward, backward, _overflow(propagation), *_advice(network, flows))


def suggest(network: Network) -> tuple[Suggestion | None, str]:
    """The initializer that keeps this network's q and gradient, and one sentence on it.

    Returns
    -------
    suggestion : Suggestion or None
        None where no scale from 0.1 to 20 keeps both stable.
    reason : str

    Notes
    -----
    The first of these that theory finds stable over the network's depth:

    1. scale = 1 / E[phi(z)^2], He's rule for any activation: he_normal for ReLU, lecun_normal for
       linear and SELU.
    2. The edge of chaos, chi_1 = 1, where it is stable (Schoenholz et al. 2017). For tanh it is
       scale 1, at which q still decays as 1 / (2 l).
    3. The scale at which the larger of the two changes is smallest: for a finite depth it lies
       between the two, as tanh's 1.6 at 50 layers.

    Over time no scale is suggested: one recurrent kernel acts at every step, and gated cells have
    no closed theory here.
    """
    if isinstance(network, RecurrentNetwork):
        return None, _OVER_TIME
    found = recommended_scale(network.activation, network.depth, network.bias_variance)
    initializer = VarianceScaling(found.scale)
    better = replace(network, initializer=initializer)  # type: ignore[type-var]  # a dataclass
    theory = predict(better)
    forward = _change(theory.log10_q)
    backward = _change(_norm(theory.log10_gradient, network))
    steps = network.depth - 1
    if any(_kind(change, steps) != "stable" for change in (forward, backward)):
        return None, _no_scale(network, found, forward, backward)
    return Suggestion(initializer, name_of(initializer), forward, backward), found.reason


def name_of(initializer: Initializer) -> str:
    """The first key of `INITIALIZERS` that means this initializer, whatever its seed; or ""."""
    config = {**initializer.get_config(), "seed": None}
    for name, known in INITIALIZERS.items():
        if known.kind == initializer.kind and {**known.get_config(), "seed": None} == config:
            return name
    return ""


_FINE = "Signal and gradient keep their size: there is nothing to change."
_SCATTERS = (
    "In theory signal and gradient keep their size, but layers as narrow as these scatter: wider "
    "layers, fewer layers or normalization help, another scale does not."
)

_OVER_TIME = (
    "One recurrent kernel acts at every time step, so no scale is suggested: fewer steps, an "
    "orthogonal recurrent kernel or an LSTM with a forget bias of 1 can help."
)


def _overflow(propagation: Propagation) -> int | None:
    """The first layer at which some network's z leaves float32."""
    layers = propagation.overflow_layer
    return int(layers[layers >= 0].min()) if (layers >= 0).any() else None


def _advice(network: Network, flows: tuple[Flow, ...]) -> tuple[Suggestion | None, str]:
    if any(flow.kind != "stable" for flow in flows):
        return suggest(network)
    scatters = any(flow.measured_kind != "stable" for flow in flows)
    return None, _SCATTERS if scatters else _FINE


def _no_scale(network: Network, best: Recommendation, forward: float, backward: float) -> str:
    return (
        f"No scale from {SCALES[0]:g} to {SCALES[1]:g} keeps both the signal and the gradient of "
        f"{network.activation.label} stable over {network.depth} layers: the best, {best.scale:g}, "
        f"changes their second moments by 10^{forward:.1f} and 10^{backward:.1f}. Use fewer "
        "layers, normalization, skip connections or another activation."
    )


def _flow(measured: FloatArray, predicted: FloatArray | None) -> Flow:
    """One direction, from log10 second moments ordered along it: (networks, depth), (depth,)."""
    steps = measured.shape[-1] - 1
    change = float(np.median([_change(network) for network in measured]))
    theory = change if predicted is None else _change(predicted)
    return Flow(
        kind=_kind(theory, steps),
        measured_kind=_kind(change, steps),
        factor=_factor(theory, steps),
        measured_factor=_factor(change, steps),
        theory=predicted is not None,
        log10_change=change,
        steps=steps,
    )


def _norm(log10_gradient: FloatArray, network: Network) -> FloatArray:
    """log10 of the gradient's squared norm over the last layer's width, last layer first.

    A layer's width over the last one's is the product of fan_in / fan_out after it.
    """
    steps = [math.log10(fans.fan_in / fans.fan_out) for fans in network.effective_fans[1:]]
    widths = np.concatenate([[0.0], np.cumsum(steps[::-1])])
    norm: FloatArray = log10_gradient[..., ::-1] + widths
    return norm


def _change(logarithms: FloatArray) -> float:
    """Last less first; -inf where nothing arrives."""
    first, last = float(logarithms[0]), float(logarithms[-1])
    return -math.inf if last == -math.inf else last - first


def _factor(change: float, steps: int) -> float:
    if steps == 0:
        return 1.0
    return float(10.0 ** min(change / steps, 300.0))


def _kind(change: float, steps: int) -> Kind:
    """The kind of a log10 change in so many steps."""
    if abs(change) < largest_change(steps):
        return "stable"
    return "vanishing" if change < 0 else "exploding"
