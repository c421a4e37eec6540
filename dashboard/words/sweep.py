"""A sweep in words: from where to where, what is nearest to steady, which cells have no number."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dashboard.experiment import Experiment
from dashboard.readings import READINGS, Reading
from dashboard.sweep_axes import label_of, said
from dashboard.sweeping import SweepTask, Swept
from dashboard.sweeps import Choice, Plan, Span
from dashboard.words.compared import initializer_words
from dashboard.words.numbers import figure, plural, power
from vscore.sweeps import MEASURES, Grid, Sweep
from vscore.sweeps import Experiment as Base
from vscore.training import DATASETS

Index: TypeAlias = Sequence[int] | NDArray[np.intp]
"""A cell's place on each axis."""

_NAMED = 3
"""Cells without a number that are named; the table has all."""


def headline(swept: Swept, plan: Plan) -> str:
    """Where a signal is nearest to steady; else where the measure is largest."""
    reading, found = READINGS[plan.measure], swept.found
    ends = _ends(found, reading)
    if ends is None:
        return f"{_capital(reading.title)}: no cell has a number{'' if found.finished else ' yet'}."
    if reading.steady is None:
        least, most = ends
        if len(np.unique(found.values[found.status == 1])) == 1:
            return f"{_capital(reading.title)} is {number(found, most, reading)} everywhere."
        word, cell = ("least", least) if reading.least else ("largest", most)
        much = number(found, cell, reading)
        return f"{_capital(reading.title)} is {word} at {where(found, cell)}: {much}."
    steady = float(reading.place(np.array([reading.steady]))[0])
    known = np.argwhere(found.status == 1)
    away = [abs(float(reading.place(found.values[tuple(cell)])) - steady) for cell in known]
    nearest = known[int(np.argmin(np.round(away, 9)))]  # the first of those that are as near
    return (
        f"{_capital(reading.title)} is nearest to 1 at {where(found, nearest)}: "
        f"{number(found, nearest, reading)}."
    )


def briefly(swept: Swept, plan: Plan) -> str:
    """The outcome for the status line: the least and the most."""
    reading, found = READINGS[plan.measure], swept.found
    ends = _ends(found, reading)
    if ends is None:
        return "no cell has a number"
    least, most = (number(found, end, reading) for end in ends)
    return f"{reading.title} {least if least == most else f'{least} to {most}'}"


def _ends(found: Sweep, reading: Reading) -> tuple[Index, Index] | None:
    """The cells of the least and the most, of finite ones if there are; None where none is done."""
    known = np.argwhere(found.status == 1)
    if not len(known):
        return None
    places = np.array([float(reading.place(found.values[tuple(cell)])) for cell in known])
    if (finite := np.isfinite(places)).any():
        known, places = known[finite], places[finite]
    return known[int(np.argmin(places))], known[int(np.argmax(places))]


def _from_to(found: Sweep, reading: Reading) -> str:
    """The least and the most, and where."""
    ends = _ends(found, reading)
    if ends is None:
        return ""
    least, most = ends
    if (one := number(found, least, reading)) == number(found, most, reading):
        return f"Every finite number is {one}." if one != "∞" else ""
    return (
        f"The least is {number(found, least, reading)} at {where(found, least)}, the most "
        f"{number(found, most, reading)} at {where(found, most)}."
    )


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def finished(task: SweepTask) -> str:
    """What was done: cells, and what stands beside them."""
    seeds = "" if task.redraws is None else f", each with {task.redraws.shape[1]} other seeds"
    return f"{plural(len(task.grid), 'cell')}{', beside theory' * bool(task.theory)}{seeds}"


def sentence(swept: Swept, plan: Plan, otherwise: str) -> str:
    """Under the chart, and its description: what was done, how it is drawn, what has no number.

    Parameters
    ----------
    swept : Swept
    plan : Plan
    otherwise : str
        What does not change.
    """
    found = swept.found
    done = int((found.status > 0).sum())
    count = plural(found.values.size, "cell")
    so_far = count if done == found.values.size else f"{done} of {count}"
    parts = [
        f"{_capital(MEASURES[plan.measure].title)}, "
        f"{plan.source}, over {' and '.join(map(_span, plan.spans))}: {so_far}. {otherwise}.",
        _from_to(found, READINGS[plan.measure]),
        _drawn(swept, plan),
        *_without(found, READINGS[plan.measure], plan),
    ]
    return " ".join(part for part in parts if part)


def otherwise(setting: Experiment, grid: Grid) -> str:
    """What does not change: the network, its initializer and what is drawn."""
    base, names = grid.base, set(grid.names)
    drawn = grid.source == "simulated"
    trained = MEASURES[grid.measure].work == "train"
    family = {"mlp": "dense", "convnet": "convolutional"}.get(base.network, base.cell)
    parts = [
        *([] if names & {"network", "cell"} else [f"{family} layers"]),
        *(f"{name} {getattr(base, name)}" for name in ("depth", "width") if name not in names),
        *([] if "activation" in names else [base.phi.label]),
        *([] if "initializer" in names else [_law(setting, names)]),
        *([] if base.bias_variance == 0 or "bias_variance" in names else [_bias(base)]),
        *(
            [f"{plural(base.networks, 'network')} a cell"]
            if drawn and "networks" not in names
            else []
        ),
        *([f"seed {base.seed}"] if drawn and "seed" not in names else []),
        *(
            [f"trained as on Train on {DATASETS[base.dataset].label.lower()}"]
            if trained and "dataset" not in names
            else []
        ),
    ]
    return f"In every cell: {', '.join(parts)}"


def _law(setting: Experiment, names: set[str]) -> str:
    """The initializer, without what an axis says of it."""
    law = setting.initializer
    changed = names & {*law.get_config(), *(["gain"] if "scale" in law.get_config() else [])}
    return (
        f"{initializer_words(law)} but for its {' and '.join(sorted(changed))}"
        if changed
        else initializer_words(law)
    )


def _bias(base: Base) -> str:
    return f"bias variance {figure(base.bias_variance)}"


def _span(span: Span) -> str:
    """Scale 0.5 to 8."""
    axis = span.axis
    label = label_of(axis.name).lower()
    if isinstance(span, Choice):
        return f"{label} {', '.join(said(axis.name, value) for value in axis.values)}"
    return f"{label} {said(axis.name, axis.values[0])} to {said(axis.name, axis.values[-1])}"


def _drawn(swept: Swept, plan: Plan) -> str:
    """What is what on the chart, where its key does not say it."""
    if not plan.lines:
        reading = READINGS[plan.measure]
        steady = "Blue is below 1, orange above." if reading.steady is not None else ""
        return f"{steady} The ring is the present setting.".strip()
    if swept.theory is not None and not (swept.theory.status == 1).any():
        return "Theory has no prediction here." if swept.theory.finished else ""
    if swept.redraws is not None:
        seeds = swept.redraws.axes[1].values
        return (
            f"Faint points are seeds {seeds[0]} to {seeds[-1]}; bars go from the lowest to the "
            "highest of all."
        )
    return ""


def _without(found: Sweep, reading: Reading, plan: Plan) -> Iterable[str]:
    """Cells that have no place on the axis, by what they are, each with its sign."""
    above, below, cross, none = ("▲", "▼", "✕", "–") if plan.lines else ("Grey", "Black", "✕", "–")
    done = found.status == 1
    places = reading.place(found.values)
    for which, words in (
        (done & (places == np.inf), f"{above}: ∞, {reading.infinite}"),
        (done & (places == -np.inf), f"{below}: 0, {reading.nothing}"),
        (found.status == 3, f"{none}: no such quantity"),
    ):
        if which.any():
            yield f"{words}, at {_listed(found, which)}."
    for error in dict.fromkeys(found.errors.values()):
        flat = [place for place, text in sorted(found.errors.items()) if text == error]
        failed = np.zeros(found.values.shape, bool)
        failed.flat[flat] = True
        yield f"{cross}: {plural(len(flat), 'cell')} failed, at {_listed(found, failed)}: {error}."


def _listed(found: Sweep, which: NDArray[np.bool_]) -> str:
    cells = np.argwhere(which)
    shown = "; ".join(where(found, cell) for cell in cells[:_NAMED])
    more = f"; and {len(cells) - _NAMED} more" * (len(cells) > _NAMED)
    return f"{shown}{more}"


def where(found: Sweep, index: Index) -> str:
    """Scale 2, depth 10."""
    return ", ".join(
        f"{label_of(axis.name).lower()} {said(axis.name, axis.values[int(place)])}"
        for axis, place in zip(found.axes, index, strict=True)
    )


def number(found: Sweep, index: Index, reading: Reading) -> str:
    """A cell's number: 1.02, 10⁻¹², ∞."""
    value = float(found.values[tuple(int(place) for place in index)])
    if math.isfinite(value) and reading.kind == "log10":
        return power(value)
    if value == -math.inf:
        return "0"
    return figure(value)
