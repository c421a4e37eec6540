"""One second moment on its way through the layers: does it keep its size?"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from vscore._recommendation import largest_change
from vscore._typing import FloatArray
from vscore.networks import Network, RecurrentNetwork

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


def flow_of(measured: FloatArray, predicted: FloatArray | None) -> Flow:
    """One direction, from log10 second moments ordered along it: (networks, depth), (depth,)."""
    steps = measured.shape[-1] - 1
    change = float(np.median([change_of(network) for network in measured]))
    theory = change if predicted is None else change_of(predicted)
    return Flow(
        kind=kind_of(theory, steps),
        measured_kind=kind_of(change, steps),
        factor=_factor(theory, steps),
        measured_factor=_factor(change, steps),
        theory=predicted is not None,
        log10_change=change,
        steps=steps,
    )


def log10_norm(log10_gradient: FloatArray, network: Network) -> FloatArray:
    """log10 of the gradient's squared norm over the last layer's width, last layer first.

    A layer's width over the last one's is the product of fan_in / fan_out after it.
    """
    steps = [math.log10(fans.fan_in / fans.fan_out) for fans in network.effective_fans[1:]]
    widths = np.concatenate([[0.0], np.cumsum(steps[::-1])])
    norm: FloatArray = log10_gradient[..., ::-1] + widths
    return norm


def change_of(logarithms: FloatArray) -> float:
    """Last less first; -inf where nothing arrives."""
    first, last = float(logarithms[0]), float(logarithms[-1])
    return -math.inf if last == -math.inf else last - first


def kind_of(change: float, steps: int) -> Kind:
    """The kind of a log10 change in so many steps."""
    if abs(change) < largest_change(steps):
        return "stable"
    return "vanishing" if change < 0 else "exploding"


def unit_of(network: Network) -> str:
    """What depth counts in this network: "layer", or "step" in time."""
    return "step" if isinstance(network, RecurrentNetwork) else "layer"


def _factor(change: float, steps: int) -> float:
    if steps == 0:
        return 1.0
    return float(10.0 ** min(change / steps, 300.0))
