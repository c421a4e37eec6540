"""What a network does to signal and gradient, in words."""

import math
from collections.abc import Sequence

from dashboard.words.numbers import count, figure, plural, power, title
from dashboard.words.redraws import redrawn_signals_sentence
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.verdicts import Flow, Luck, Verdict, unit_of

_NO_SCALE = (
    "No scale keeps both: use fewer layers, normalization, skip connections or another activation."
)

_ICONS = {"stable": "✓", "vanishing": "↓", "exploding": "↑"}


def headline(verdict: Verdict, measured: Propagation) -> str:
    """The verdict: what happens, by what factor a layer, and what to choose instead."""
    return f"{happening(verdict, measured)} {advice(verdict)}".strip()


def happening(verdict: Verdict, measured: Propagation) -> str:
    """What happens to the signal and to the gradient."""
    unit = unit_of(measured.network)
    text = f"{_flow('The signal', verdict.forward, unit)}."
    if verdict.backward is not None:
        text += f" {_flow('The gradient', verdict.backward, unit)}."
    if verdict.overflow_layer is not None:
        text += f" Float32 overflows at {unit} {verdict.overflow_layer + 1}."
    return text


def briefly(verdict: Verdict, unit: str) -> str:
    """The same in a few words, to be read aloud: signal stable, 1.02 times a layer."""
    flows = {"signal": verdict.forward, "gradient": verdict.backward}
    said = [_brief(what, flow, unit) for what, flow in flows.items() if flow is not None]
    if verdict.overflow_layer is not None:
        said.append(f"float32 overflows at {unit} {verdict.overflow_layer + 1}")
    return ", ".join(said)


def advice(verdict: Verdict) -> str:
    """What to choose instead, or why nothing helps."""
    if verdict.stable:
        return ""
    if verdict.suggestion is None:
        return _NO_SCALE if verdict.reason.startswith("No scale") else verdict.reason
    scale = verdict.suggestion.initializer.scale
    name = title(verdict.suggestion.name or "VarianceScaling")
    return f"Choose {name} (scale {figure(scale)}, fan_in)."


def signal_sentence(
    measured: Propagation,
    verdict: Verdict,
    predicted: Prediction | None = None,
    redraws: Sequence[Propagation] = (),
    statistic: str = "q",
) -> str:
    """Under the chart: what the marks are, how far luck took a network, where formats end."""
    over = plural(len(measured.log10_q), "network")
    parts = [
        f"Points: mean over {over}; bars: lowest to highest.",
        redrawn_signals_sentence(redraws, statistic),
        chance(verdict.luck),
        formats(verdict, unit_of(measured.network)),
        f"{measured.network.description[:1].upper()}{measured.network.description[1:]}.",
        "Approximate, O(1/n): the weights are not Gaussian." if measured.approximate else "",
        _bands(measured, predicted),
    ]
    return " ".join(filter(None, parts))


def _bands(measured: Propagation, predicted: Prediction | None) -> str:
    """Of what the bands hold 95 %, or why there is none."""
    if predicted is None:
        return ""
    count = len(measured.log10_q)
    warning = predicted.band_warning(measured.batch)
    if warning:
        return _without("band", warning)
    single = "Light band: 95 % of single networks"
    if count == 1:
        return f"{single}."
    warning = predicted.band_warning(measured.batch, count)
    if warning:
        return f"{single}. {_without('band of the mean', warning)}"
    return f"{single}; dark: of means over {count}."


def _without(band: str, warning: str) -> str:
    """Why it is not drawn; that one may simulate instead needs no saying beside a simulation."""
    said = warning.replace(": simulate it.", ".").replace(" Simulate the network.", "")
    return said if said.startswith("There is") else f"No {band}: {said}"


def chance(luck: Luck | None) -> str:
    """How far the first network is from theory, and how often that happens."""
    if luck is None or not math.isfinite(luck.log10_ratio):
        return ""
    side = "above" if luck.log10_ratio > 0 else "below"
    share = (
        f"one in {count(round(1 / luck.share))}" if luck.share >= 1e-3 else "fewer than 1 in 1000"
    )
    return (
        f"The first network's signal ends {figure(10 ** abs(luck.log10_ratio), 2)} times {side} "
        f"theory, as {share} does by chance."
    )


def formats(verdict: Verdict, unit: str) -> str:
    """Which float formats the signal leaves, and where."""
    ends = []
    for each in verdict.formats:
        if each.overflow is not None:
            ends.append(f"{each.dtype} overflows at {unit} {each.overflow + 1}")
        elif each.underflow is not None:
            ends.append(f"{each.dtype} flushes to zero at {unit} {each.underflow + 1}")
    return f"{', '.join(ends)}.".capitalize() if ends else ""


def icon(verdict: Verdict) -> str:
    """A mark that differs by shape, not only by colour."""
    kinds = [verdict.forward.kind, *([verdict.backward.kind] if verdict.backward else [])]
    worst = next((kind for kind in kinds if kind != "stable"), "stable")
    return _ICONS[worst]


def _brief(what: str, flow: Flow, unit: str) -> str:
    if flow.steps == 0 or flow.log10_change == -math.inf:
        return f"{what} {flow.kind}"
    return f"{what} {flow.kind}, {figure(flow.factor)} times a {unit}"


def _flow(what: str, flow: Flow, unit: str) -> str:
    """Such as: The signal vanishes, × 0.5 a layer: × 10⁻⁶ over 20 layers."""
    verb = {"stable": "is stable", "vanishing": "vanishes", "exploding": "explodes"}[flow.kind]
    if flow.steps == 0:
        return f"{what} passes a single {unit}"
    span = plural(flow.steps + 1, unit)
    if flow.log10_change == -math.inf:
        return f"{what} vanishes: nothing of it is left after {span}"
    return (
        f"{what} {verb}, × {figure(flow.factor)} a {unit}: × {power(flow.log10_change)} over {span}"
    )
