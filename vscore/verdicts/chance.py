"""How far one network is from theory, and how often chance takes one that far."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from vscore.meanfield import Prediction
from vscore.propagation import Propagation

Moment: TypeAlias = Literal["q", "gradient"]


@dataclass(frozen=True, slots=True)
class Luck:
    """One network against theory, at the end of the way.

    Attributes
    ----------
    of : {"q", "gradient"}
    network, networks : int
        Which of the simulated networks, from 0, and how many there are.
    layer : int
        Where they are compared, from 0: the last layer for q, the first for the gradient.
    log10_ratio : float
        log10 of measured over predicted; -inf where nothing arrives.
    share : float
        Share of such networks that are as far from theory or farther, on the same side.
    """

    of: Moment
    network: int
    networks: int
    layer: int
    log10_ratio: float
    share: float


def luck(
    propagation: Propagation,
    prediction: Prediction | None,
    *,
    of: Moment = "q",
    network: int = 0,
) -> Luck | None:
    """How far a network of the simulation is from theory, and how many are that far.

    The first one by default, because a network picked for its value would not be a fair draw.

    Returns
    -------
    Luck or None
        None without theory or its band, and where theory has nothing arrive.
    """
    measured = propagation.log10_q if of == "q" else propagation.log10_gradient
    if prediction is None or measured is None:
        return None
    predicted = prediction.log10_q if of == "q" else prediction.log10_gradient
    layer = measured.shape[1] - 1 if of == "q" else 0
    if not np.isfinite(predicted[layer]):
        return None
    try:
        shares = prediction.share_below(measured[network], of=of, batch=propagation.batch)
    except ValueError:  # a network whose theory has no band
        return None
    ratio = float(measured[network, layer] - predicted[layer])
    below = float(shares[layer])
    share = below if ratio < 0 else 1 - below
    return Luck(of, network, len(measured), layer, ratio, share)
