"""What one class on one small machine can afford: the nearest experiment that fits, and why."""

from bisect import bisect_right
from dataclasses import fields, replace
from math import ceil
from typing import Any

from dashboard.costs import sample_cost
from dashboard.experiment import DEFAULT, LETTERS, Experiment
from dashboard.notice import Notice
from vscore.initializers import Initializer, size_of
from vscore.layers import Layer

PREFIXES = ("", *(f"{letter.lower()}." for letter in LETTERS[1:]))
"""Before the names of what settings A, B, ... have for themselves, in links and notices."""

LARGEST_KERNEL = 1 << 26
"""Independent weights drawn for one histogram and its redraws: about a second's work."""

LARGEST_SIMULATION = 8e9
"""Nanoseconds of one core, for the networks and their redraws."""


def within_budget(experiment: Experiment) -> tuple[Experiment, tuple[Notice, ...]]:
    """The nearest experiment that is affordable, and a notice for each number that moved.

    The settings of a comparison share the budget evenly, and their networks and batch.
    """
    settings = experiment.settings
    share = 1 / len(settings)
    fitted = []
    notices: list[Notice] = []
    for prefix, setting in zip(PREFIXES, settings, strict=False):
        nearest, found = _fitted(setting, share)
        fitted.append(nearest)
        notices += [replace(notice, setting=prefix + notice.setting) for notice in found]
    if not notices:
        return experiment, ()
    first = replace(
        fitted[0],
        networks=min(each.networks for each in fitted),
        batch=min(each.batch for each in fitted),
    )
    return experiment.with_settings((first, *fitted[1:])), tuple(notices)


def _fitted(setting: Experiment, share: float) -> tuple[Experiment, tuple[Notice, ...]]:
    """One setting within its share of the budget."""
    layer, layer_notices = _smaller_layer(setting, int(LARGEST_KERNEL * share / setting.draws))
    initializer, kernel_notices = _drawable(replace(setting, layer=layer))
    setting = replace(setting, layer=layer, initializer=initializer)
    notices = [*layer_notices, *kernel_notices]
    most = LARGEST_SIMULATION * share
    for name in ("networks", "batch", "depth", "width"):
        if setting.cost <= most:
            break
        nearest = _largest_affordable(setting, name, most)
        if nearest < getattr(setting, name):
            if name == "batch" and replace(setting, batch=1).cost > max(most, setting.cost / 2):
                continue  # the weights take the time
            reason = f"a network this size takes too long; {_most(nearest, setting)}"
            notices.append(Notice(name, str(getattr(setting, name)), reason))
            change: dict[str, Any] = {name: nearest}
            setting = replace(setting, **change)
    return setting, tuple(notices)


def _largest_affordable(setting: Experiment, name: str, most: float) -> int:
    """The largest value, from 1 to today's, that fits the budget; 1 if none does."""

    def cost(value: int) -> float:
        change: dict[str, Any] = {name: value}
        return replace(setting, **change).cost

    values = range(1, getattr(setting, name) + 1)
    return max(1, bisect_right(values, most, key=cost))


def _smaller_layer(experiment: Experiment, most: int) -> tuple[Layer, tuple[Notice, ...]]:
    """The layer itself, or one whose largest dimensions are cut until its kernel fits."""
    notices: list[Notice] = []
    while _weights(experiment) > most:
        layer, notice = _cut_layer(experiment, most)
        experiment = replace(experiment, layer=layer)
        notices.append(notice)
    return experiment.layer, tuple(notices)


def _cut_layer(experiment: Experiment, most: int) -> tuple[Layer, Notice]:
    """A layer whose largest dimension is cut until its kernel fits, or to the least there is."""
    layer = experiment.layer
    sizes = {f.name: getattr(layer, f.name) for f in fields(layer) if f.init}
    groups = sizes.get("groups", 1)

    def size(name: str, value: int) -> int:
        change: dict[str, Any] = {name: value}
        return _weights(replace(experiment, layer=replace(layer, **change)))

    # An LSTM's inputs are no part of its recurrent kernel: cutting them would not help.
    names = [n for n in sizes if isinstance(sizes[n], int) and size(n, groups) < size(n, sizes[n])]
    name = max(names, key=lambda n: sizes[n])
    steps = range(groups, sizes[name] + 1, groups)
    fitting = bisect_right(steps, most, key=lambda value: size(name, value))
    nearest = max(1, fitting) * groups
    reason = f"{_excess(experiment, most)}; {_most(nearest, experiment)}"
    nearest_layer: dict[str, Any] = {name: nearest}
    return replace(layer, **nearest_layer), Notice(name, str(sizes[name]), reason)


def _weights(experiment: Experiment) -> int:
    """Independent weights whose histogram takes as long as that of the drawn kernel."""
    initializer, shape = experiment.initializer, experiment.drawn_kernel.shape
    one = sample_cost(DEFAULT.initializer, (1,))
    return ceil(sample_cost(initializer, shape) / one)


def _excess(experiment: Experiment, most: int) -> str:
    """Why a kernel is too large."""
    if size_of(experiment.drawn_kernel.shape) > most:
        return f"the kernel would hold over {most / 1e6:.0f} million weights"
    return "an orthogonal kernel this size takes too long"


def _most(nearest: int, setting: Experiment) -> str:
    return f"{nearest} is the most that fits{' with ten redraws' * setting.redraws}"


def _drawable(experiment: Experiment) -> tuple[Initializer, tuple[Notice, ...]]:
    """The initializer itself, or the default where this kernel is no matrix that it could draw."""
    initializer = experiment.initializer
    try:
        initializer.density(initializer.fans(experiment.drawn_kernel.shape))
    except ValueError as error:
        return DEFAULT.initializer, (Notice("init", initializer.kind, str(error)),)
    return initializer, ()
