"""The scale that suits an activation, a depth and a bias: a search over theory's length map.

With weights of variance scale / fan_in a layer multiplies q as

    q -> scale E[phi(sqrt(q) z)^2] + sigma_b2

and the gradient's squared norm by scale E[phi'(sqrt(q) z)^2], whatever its width. Both moments
are tabulated once an activation; then hundreds of scales pass all layers at once.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._typing import FloatArray
from vscore.activations import Activation
from vscore.meanfield import chi_1, critical_sigma_w2, gains, q_map

SCALES = (0.1, 20.0)
"""Where a scale is looked for. At larger ones bounded activations are sign functions: sigmoid's
edge of chaos, at 103, has more than half of its units saturated."""

STABLE_CHANGE = 1.0
"""log10 of the change over all layers below which a second moment is stable, if..."""

STABLE_STEP = math.log10(1.25)
"""...a layer changes it by less than this, or..."""

SMALL_CHANGE = math.log10(3)
"""...all layers together do: however few layers make it, a factor of 3 harms nothing."""

_MARGIN = 0.95
"""A rule must keep this far inside these bounds, so that the table's rounding cannot matter."""

_NARROW = (
    " The window is narrow: a scale 2 % off leaves it, and so may a network of finite width. "
    "Normalization or skip connections are the surer way."
)
"""GELU, SiLU and Mish at 50 layers: the length map's fixed point repels."""

_LOG10_Q = np.linspace(-8, 8, 1921)
"""Linear interpolation between logs errs by at most h^2 / 8 = 5e-5, h = ln(10) / 120, a layer."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A scale for mode "fan_in", and the sentence that explains it."""

    scale: float
    reason: str


def largest_change(steps: int) -> float:
    """log10 of the change in so many steps, either way, at which stability ends."""
    return min(STABLE_CHANGE, max(SMALL_CHANGE, STABLE_STEP * steps))


@lru_cache(maxsize=256)
def recommended_scale(phi: Activation, depth: int, bias_variance: float) -> Recommendation:
    """He's scale or the edge of chaos, where one is stable; else the scale of least change."""
    rules = _rules(phi, bias_variance)
    changes = _changes(np.array([rule.scale for rule in rules]), phi, depth, bias_variance)
    room = _MARGIN * largest_change(depth - 1)
    for rule, change in zip(rules, changes, strict=True):
        if change < room:
            return rule
    best = float(f"{_least_change(phi, depth, bias_variance):.5g}")
    reason = (
        f"For {phi.label} at depth {depth}, scale {best:g} is where the larger of the two changes, "
        "of the signal and of the gradient, is smallest."
    )
    beside = _changes(best * np.array([0.98, 1.02]), phi, depth, bias_variance)
    return Recommendation(best, reason + _NARROW if beside.max() > room else reason)


def _rules(phi: Activation, bias_variance: float) -> list[Recommendation]:
    # 1 / 0.5000000000000001 would miss he_normal's 2.
    he = float(f"{1 / gains(phi).second_moment:.6g}")
    rules = [
        Recommendation(
            he,
            f"Scale {he:.5g} = 1 / E[phi^2] keeps {phi.label}'s second moment (He's rule).",
        )
    ]
    edge = critical_sigma_w2(phi, bias_variance)
    if edge.stable and edge.sigma_w2 is not None and edge.sigma_w2 <= SCALES[1]:
        scale = float(f"{edge.sigma_w2:.6g}")
        reason = f"Scale {scale:.5g} is {phi.label}'s edge of chaos: a layer keeps the gradient."
        rules.append(Recommendation(scale, reason))
    return rules


def _least_change(phi: Activation, depth: int, bias_variance: float) -> float:
    """The scale of least change: both changes rise with the scale, so that a grid brackets it."""
    scales = np.geomspace(*SCALES, 161)
    for _ in range(3):
        best = int(_changes(scales, phi, depth, bias_variance).argmin())
        ends = scales[max(best - 1, 0)], scales[min(best + 1, len(scales) - 1)]
        scales = np.geomspace(*ends, 41)
    return float(scales[_changes(scales, phi, depth, bias_variance).argmin()])


def _changes(scales: FloatArray, phi: Activation, depth: int, bias_variance: float) -> FloatArray:
    """The larger of |log10| of the two changes over all layers, for inputs of second moment 1."""
    second, slope = _table(phi)
    log10_scale = np.log10(scales)
    first = log10_q = np.log10(scales + bias_variance)
    backward = np.zeros_like(scales)
    for _ in range(depth - 1):
        backward += log10_scale + np.interp(log10_q, _LOG10_Q, slope)
        # Second moments are tabulated over q: that ratio is constant at both ends.
        log10_q = log10_q + log10_scale + np.interp(log10_q, _LOG10_Q, second)
        if bias_variance > 0:
            log10_q = np.logaddexp(log10_q * np.log(10), np.log(bias_variance)) / np.log(10)
    larger: FloatArray = np.maximum(np.abs(log10_q - first), np.abs(backward))
    return larger


@lru_cache(maxsize=64)
def _table(phi: Activation) -> tuple[FloatArray, FloatArray]:
    """log10 of E[phi^2] / q and of E[phi'^2] at each q."""
    q = 10.0**_LOG10_Q
    second = q_map(q, activation=phi, sigma_w2=1.0) / q
    return np.log10(second), np.log10(chi_1(q, activation=phi, sigma_w2=1.0))
