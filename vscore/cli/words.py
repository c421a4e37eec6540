"""A verdict in words, for a terminal and for a printed page."""

import math
from collections.abc import Iterator, Sequence

from vscore.cli.output import described, plain, power
from vscore.verdicts import Flow, FormatRange, Luck, Verdict

_TENTH = math.log10(1.1)
"""Ratios nearer to 1 than this read better in percent."""

_EVENTS = (
    ("overflow", "{} would overflow"),
    ("underflow", "every z would be 0 in {}"),
    ("gradient_overflow", "the gradient would overflow in {}"),
    ("gradient_underflow", "the gradient's root mean square would be below all of {}"),
)


def verdict_lines(found: Verdict, unit: str = "layer") -> Iterator[str]:
    """The verdict in words, a line each.

    Parameters
    ----------
    found : Verdict
    unit : {"layer", "step"}
        What the network's depth counts.
    """
    yield _flow_line("forward", "q", found.forward, unit)
    if found.backward is not None:
        yield _flow_line("backward", "the gradient's squared norm", found.backward, unit)
    chances = [_luck_words(each, unit) for each in (found.luck, found.gradient_luck) if each]
    if chances:
        yield f"chance: {' '.join(chances)}"
    yield f"formats: {_format_words(found.formats, unit)}."
    if found.suggestion is None:
        # Over time the reason itself says what to change.
        none = "" if unit == "step" and not found.stable else "none. "
        yield f"suggestion: {none}{found.reason}"
        return
    change = found.suggestion
    yield (
        f"suggestion: {described(change.initializer)}. {found.reason} Theory then changes q by "
        f"x{power(change.log10_forward, 3)} and the gradient's squared norm by "
        f"x{power(change.log10_backward, 3)}."
    )


def _flow_line(direction: str, what: str, flow: Flow, unit: str) -> str:
    if flow.steps == 0:
        return f"{direction}: one {unit}, so nothing to compare it with."
    measured = f"{plain(flow.measured_factor, 4)} in the median network"
    factors = f"{plain(flow.factor, 4)} in theory, by {measured}" if flow.theory else measured
    text = (
        f"{direction}: {flow.kind}. A {unit} multiplies {what} by {factors}; all {unit}s together "
        f"by {power(flow.log10_change, 3)}."
    )
    if flow.kind != "stable" and flow.factor > 0:
        text += f" A change by 1000 takes {plain(flow.layers_per_thousand, 3)} {unit}s."
    if flow.measured_kind != flow.kind:
        wide = "a large state" if unit == "step" else "wide layers"
        text += f" Measured, it is {flow.measured_kind}: theory is for {wide}."
    return text


def _luck_words(luck: Luck, unit: str) -> str:
    """Such as: At the last layer q of network 1 of 8 is 1.8 times below theory, which happens..."""
    who = f"network {luck.network + 1} of {luck.networks}" if luck.networks > 1 else "the network"
    what = "q" if luck.of == "q" else "the gradient"
    where = f"the {'last' if luck.of == 'q' else 'first'} {unit}"
    return (
        f"At {where} {what} of {who} is {_distance(luck.log10_ratio)} theory, "
        f"which happens to {_share_words(luck.share)} at this width."
    )


def _distance(log10_ratio: float) -> str:
    """1.8 times below, 5 % above."""
    if log10_ratio == -math.inf:
        return "0 instead of"
    side = "below" if log10_ratio < 0 else "above"
    if abs(log10_ratio) > _TENTH:
        return f"{power(abs(log10_ratio), 2)} times {side}"
    return f"{plain(100 * abs(10**log10_ratio - 1), 2)} % {side}"


def _share_words(share: float) -> str:
    """One network in N, from half down; the paths behind a share tell no less than 1 in 1000."""
    if share < 0.001:
        return "fewer than one network in 1000"
    if share > 0.45:
        return f"{100 * share:.0f} % of networks"
    return f"one network in {round(1 / share)}"


def _format_words(formats: Sequence[FormatRange], unit: str) -> str:
    """Where each format ends, the same layer said once."""
    events = [
        f"{words.format(_listed(dtypes))} at {unit} {layer + 1}"
        for name, words in _EVENTS
        for layer, dtypes in _by_layer(formats, name).items()
    ]
    holding = [each.dtype for each in formats if each.holds]
    if holding:
        events.append(f"{_listed(holding)} {'holds' if len(holding) == 1 else 'hold'} all of it")
    return "; ".join(events)


def _by_layer(formats: Sequence[FormatRange], name: str) -> dict[int, list[str]]:
    """The formats that end at each layer, by the name of the field that says so."""
    found: dict[int, list[str]] = {}
    for each in formats:
        layer = getattr(each, name)
        if layer is not None:
            found.setdefault(layer, []).append(each.dtype)
    return found


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
