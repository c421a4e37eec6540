"""What a network does to signal and gradient, in words."""

import math

from dashboard.words.numbers import figure, plural, power, title
from vscore.propagation import Propagation
from vscore.verdicts import Flow, Verdict

_ICONS = {"stable": "✓", "vanishing": "↓", "exploding": "↑"}


def headline(verdict: Verdict, measured: Propagation) -> str:
    """The verdict: what happens, by what factor a layer, and what to choose instead."""
    return f"{happening(verdict, measured)} {advice(verdict)}"


def happening(verdict: Verdict, measured: Propagation) -> str:
    """What happens to the signal and to the gradient."""
    depth = measured.network.depth
    text = f"{_flow('The signal', verdict.forward, depth)}."
    if verdict.backward is not None:
        text += f" {_flow('The gradient', verdict.backward, depth)}."
    if verdict.overflow_layer is not None:
        text += f" Float32 overflows at layer {verdict.overflow_layer + 1}."
    return text


def advice(verdict: Verdict) -> str:
    """What to choose instead, or why nothing helps."""
    if verdict.stable:
        return ""
    if verdict.suggestion is None:
        return (
            "No scale keeps both: use fewer layers, normalization, skip connections or another "
            "activation."
        )
    scale = verdict.suggestion.initializer.scale
    name = title(verdict.suggestion.name or "VarianceScaling")
    return f"Choose {name} (scale {figure(scale)}, fan_in)."


def signal_sentence(measured: Propagation, verdict: Verdict) -> str:
    """One sentence under the chart: first and last layer, measured; how many networks."""
    over = plural(len(measured.log10_q), "network")
    text = f"Points: mean over {over}; bars: lowest to highest. {_ends('Signal', verdict.forward)}"
    if verdict.backward is not None:
        text += f" {_ends('Gradient', verdict.backward)}"
    return f"{text} {measured.network.description}."


def icon(verdict: Verdict) -> str:
    """A mark that differs by shape, not only by colour."""
    kinds = [verdict.forward.kind, *([verdict.backward.kind] if verdict.backward else [])]
    worst = next((kind for kind in kinds if kind != "stable"), "stable")
    return _ICONS[worst]


def _flow(what: str, flow: Flow, depth: int) -> str:
    """Such as: The signal vanishes, × 0.5 a layer: × 10⁻⁶ over 20 layers."""
    verb = {"stable": "is stable", "vanishing": "vanishes", "exploding": "explodes"}[flow.kind]
    if flow.steps == 0:
        return f"{what} passes a single layer"
    if flow.log10_change == -math.inf:
        return f"{what} vanishes: nothing of it is left after {plural(depth, 'layer')}"
    return (
        f"{what} {verb}, × {figure(flow.factor)} a layer: "
        f"× {power(flow.log10_change)} over {plural(depth, 'layer')}"
    )


def _ends(what: str, flow: Flow) -> str:
    return f"{what}, end to end, in the median network: × {power(flow.log10_change)}."
