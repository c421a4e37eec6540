"""What becomes of the units and of two inputs, in words."""

import math

import numpy as np

from dashboard.words.numbers import figure
from vscore.propagation import ActivationHistograms, Propagation
from vscore.verdicts import unit_of

_NEAR = 0.15
"""Root mean squares: an activation as small as this says little."""


def shares_sentence(measured: Propagation) -> str:
    """Correlation at both ends, and the largest saturated and dead shares."""
    saturated = measured.saturated.mean(axis=0)
    dead = measured.dead.mean(axis=0)
    parts = [
        _correlation(measured),
        f"Saturated: {_most(float(saturated.max()), measured)}.",
        f"Dead for the whole batch: {_most(float(dead.max()), measured)}.",
    ]
    return " ".join(filter(None, parts))


def _correlation(measured: Propagation) -> str:
    first, last = (float(measured.correlation[:, i].mean()) for i in (0, -1))
    if math.isnan(first):
        return "One input alone has no correlation."
    unit = unit_of(measured.network)
    return (
        f"Two inputs correlate by {figure(first, 2)} at the first {unit} and by "
        f"{figure(last, 3)} at the last: at 1 the network cannot tell them apart."
    )


def _most(share: float, measured: Propagation) -> str:
    if share == 0:
        return "none"
    return f"at most {figure(100 * share, 2)} % of the units of a {unit_of(measured.network)}"


def ridge_sentence(histograms: ActivationHistograms) -> str:
    """How many activations lie near 0, at the first layer and at the last."""
    word = unit_of(histograms.network)
    centres = (histograms.edges[:-1] + histograms.edges[1:]) / 2
    near = histograms.shares[:, np.abs(centres) < _NEAR].sum(axis=1)
    first, last = (figure(100 * float(share), 2) for share in (near[0], near[-1]))
    return (
        f"One network's activations, each {word} in units of its own root mean square. Within "
        f"{_NEAR} of 0 lie {first} % at the first {word} and {last} % at the last."
    )
