"""Settings A to D in words: what each is, how they differ, which keeps what."""

import math
from collections.abc import Callable, Sequence

from dashboard.experiment import Experiment
from dashboard.outcomes import QUANTITIES, Outcome, Quantity, difference, is_equal
from dashboard.words.numbers import count, figure, power, times, title
from dashboard.words.plain import escaped
from vscore.distributions import DISTRIBUTIONS
from vscore.initializers import Initializer, VarianceScaling
from vscore.verdicts import name_of

_CELLS = {"simple_rnn": "simple RNN", "lstm": "LSTM", "gru": "GRU"}

Outcomes = Sequence[Outcome]


# What a setting is


def described(settings: Sequence[Experiment]) -> tuple[str, ...]:
    """Each setting in Markdown: what not all settings have in common is bold."""
    parts = [_parts(setting) for setting in settings]
    common = {name for name in parts[0] if len({each.get(name) for each in parts}) == 1}
    return tuple(
        " · ".join(
            escaped(text) if name in common else f"**{escaped(text)}**"
            for name, text in each.items()
            if text
        )
        for each in parts
    )


def _parts(setting: Experiment) -> dict[str, str]:
    """Initializer, layer, activation or cell, network: each in a few words."""
    layer, kernel = setting.layer, setting.drawn_kernel
    own = f", {kernel.name}" if len(layer.kernels) > 1 else ""
    recurrent = setting.family == "recurrent"
    bias = figure(setting.bias_variance) if setting.bias_variance else ""
    network = setting.network.description.removeprefix(f"{layer.kind} of ")
    return {
        "initializer": initializer_words(setting.initializer),
        "layer": f"{layer.kind} {times(kernel.shape)}{own}",
        "cell": f"{_CELLS[setting.cell]}, {title(setting.recurrent).lower()}" if recurrent else "",
        "activation": "" if recurrent else setting.activation.label,
        "network": network,
        "bias": f"bias variance {bias}" if bias else "",
    }


def initializer_words(initializer: Initializer) -> str:
    """An initializer by name, else by its formula or its numbers."""
    name = name_of(initializer)
    if name:
        return title(name)
    if isinstance(initializer, VarianceScaling):
        law = DISTRIBUTIONS[initializer.distribution].label.lower()
        return f"scale {figure(initializer.scale)}, {initializer.mode}, {law}"
    numbers = {k: v for k, v in initializer.get_config().items() if k != "seed"}
    said = ", ".join(f"{name} {figure(value)}" for name, value in numbers.items())
    return f"{title(_spaced(initializer.kind))}, {said}"


def _spaced(kind: str) -> str:
    """RandomNormal -> random normal."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in kind).strip()


# How settings differ


def headline(outcomes: Outcomes) -> str:
    """The largest difference: in the gradient that arrives, else in the signal, else in the std."""
    first = outcomes[0]
    if all(is_equal(first, other) for other in outcomes[1:]):
        letters = _listed([outcome.letter for outcome in outcomes])
        return f"{letters} are the same setting: every difference is exactly 0."
    parts = (
        _extremes(outcomes, "The gradient at the first {unit}", lambda o: o.log10_gradient),
        _extremes(outcomes, "The signal at the last {unit}", lambda o: o.log10_signal),
    )
    return " ".join(parts)


def _extremes(outcomes: Outcomes, what: str, log10: Callable[[Outcome], float]) -> str:
    """Between which two settings a magnitude differs most, and how much."""
    ordered = sorted(outcomes, key=log10)
    low, high = ordered[0], ordered[-1]
    what = what.format(unit=high.unit)
    gone = [outcome.letter for outcome in outcomes if log10(outcome) == -math.inf]
    if gone:
        return f"{what} is exactly 0 in {_listed(gone)}."
    change = log10(high) - log10(low)
    if change < math.log10(1.05):
        return f"{what} is the same within 5 % in all."
    return f"{what} is {power(change)} times larger in {high.letter} than in {low.letter}."


def weights_sentence(outcomes: Outcomes) -> str:
    """Under the overlaid histograms: each std, as a multiple of A's."""
    first = outcomes[0]
    stds = [f"{o.letter} {figure(o.sample.std, 4)}{_multiple(o, first)}" for o in outcomes]
    return f"Standard deviation drawn: {', '.join(stds)}."


def _multiple(outcome: Outcome, first: Outcome) -> str:
    if outcome is first or first.sample.std == 0:
        return ""
    return f" (× {figure(outcome.sample.std / first.sample.std)})"


def signal_sentence(outcomes: Outcomes) -> str:
    """Under the overlaid curves: what becomes of signal and gradient in each."""
    ways = [f"{o.letter}: {_way(o)}" for o in outcomes]
    networks = count(len(outcomes[0].measured.log10_q))
    redraws = len(outcomes[0].redrawn_signals)
    faint = f" Faint: {redraws} redraws of each." if redraws else ""
    return f"Means over {networks} networks from the same seed. {'; '.join(ways)}.{faint}"


def _way(outcome: Outcome) -> str:
    forward, backward = outcome.forward, outcome.backward
    text = (
        f"signal {forward.kind}, × {figure(forward.factor)} a {outcome.unit}, "
        f"gradient {backward.kind}, × {figure(backward.factor)}"
    )
    end = outcome.format("float32").overflow
    return text if end is None else f"{text}, float32 overflows at {outcome.unit} {end + 1}"


def column_sentence(outcome: Outcome) -> str:
    """Under one setting's charts."""
    deviation = figure(outcome.sample.std, 4)
    return f"{outcome.letter}: standard deviation {deviation}; {_way(outcome)}."


def difference_table(outcomes: Outcomes) -> str:
    """Markdown: a row a quantity, a column a setting; behind B to D's numbers, those less A's."""
    head = ["quantity", *(outcome.letter for outcome in outcomes)]
    rows = [head, ["---", *["--:"] * len(outcomes)]]
    rows.append(["signal", *(outcome.forward.kind for outcome in outcomes)])
    rows.append(["gradient", *(outcome.backward.kind for outcome in outcomes)])
    rows += [_row(quantity, outcomes) for quantity in QUANTITIES]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(quantity: Quantity, outcomes: Outcomes) -> list[str]:
    values = [quantity.value(outcome) for outcome in outcomes]
    first, *others = (_number(value, quantity.whole) for value in values)
    cells = [
        f"{text} ({_signed(difference(value, values[0]))})"
        for text, value in zip(others, values[1:], strict=True)
    ]
    return [escaped(quantity.name), first, *cells]


def _number(value: float, whole: bool) -> str:
    if math.isnan(value):
        return "–"
    return count(round(value)) if whole else figure(value, 4)


def _signed(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"+{figure(value)}" if value > 0 else figure(value)


def _listed(letters: Sequence[str]) -> str:
    """A; A and B; A, B and C."""
    *most, last = letters
    return f"{', '.join(most)} and {last}" if most else last
