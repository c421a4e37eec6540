"""A setting's sweep: which grids it asks, what a cell is as a setting of its own, what it costs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from dashboard.experiment import REDRAWS, Experiment
from dashboard.links.setting import initializer_name
from dashboard.sweeps import Choice, Span
from dashboard.training import NOISE, POINTS, REPLICAS, Training
from vscore._typing import Check
from vscore.activations import ACTIVATIONS
from vscore.sweeps import MEASURES, Axis, Grid, Sweep, estimate, sweep
from vscore.sweeps import Experiment as Base
from vscore.sweeps.settings import Value, changed

NETWORKS: Mapping[str, str] = MappingProxyType(
    {"dense": "mlp", "convolutional": "convnet", "recurrent": "recurrent"}
)
"""What the core calls each family."""

_FAMILIES = {network: family for family, network in NETWORKS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """What has been found by now.

    Attributes
    ----------
    found : Sweep
    theory : Sweep or None
        The same cells predicted, beside those that are simulated.
    redraws : Sweep or None
        The same cells with each of the seeds that follow, along the second axis.
    """

    found: Sweep
    theory: Sweep | None
    redraws: Sweep | None

    @property
    def parts(self) -> Mapping[str, Sweep]:
        """What there is of the three, in the order in which they are worked on."""
        named = {"theory": self.theory, "found": self.found, "redraws": self.redraws}
        return {name: part for name, part in named.items() if part is not None}

    @property
    def finished(self) -> bool:
        """Whether every cell is there."""
        return all(part.finished for part in self.parts.values())

    @property
    def done(self) -> int:
        """Cells that are there, of all."""
        return sum(int((part.status > 0).sum()) for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class SweepTask:
    """Which grids are worked on; all that the numbers depend on.

    Attributes
    ----------
    grid : Grid
    theory, redraws : Grid or None
    """

    grid: Grid
    theory: Grid | None = None
    redraws: Grid | None = None

    @property
    def grids(self) -> tuple[Grid, ...]:
        """All of them."""
        return tuple(each for each in (self.theory, self.grid, self.redraws) if each is not None)

    @property
    def total(self) -> int:
        """Cells of all."""
        return sum(map(len, self.grids))

    @property
    def seconds(self) -> float:
        """Of one core, about."""
        return sum(estimate(grid).seconds for grid in self.grids)

    def run(self, before: Swept | None, look: Check, publish: Callable[[Swept], None]) -> None:
        """Work on what is not there yet, and say so after each quarter of a second."""
        found = before or self.nothing
        for name, part in found.parts.items():
            if part.finished:
                continue

            def more(come: Sweep, name: str = name) -> None:
                nonlocal found
                change: dict[str, Any] = {name: come}
                found = replace(found, **change)
                publish(found)

            grid = part.grid
            sweep(
                grid.axes,
                grid.measure,
                base=grid.base,
                source=grid.source,
                check=look,
                earlier=part,
                on_chunk=more,
            )

    @property
    def nothing(self) -> Swept:
        """What there is before the first cell."""
        theory, redraws = (
            None if grid is None else Sweep.of(grid, []) for grid in (self.theory, self.redraws)
        )
        return Swept(Sweep.of(self.grid, []), theory, redraws)


@lru_cache(256)
def task_of(setting: Experiment) -> SweepTask:
    """The sweep of a setting as its plan has it, whatever it costs.

    What an axis changes is no part of the question: moving it moves no cell.

    Raises
    ------
    ValueError
        Where no cell can be what the axes say, as a scale of weights that have none.
    """
    plan = setting.sweep
    axes = tuple(span.axis for span in plan.spans)
    names, first = [axis.name for axis in axes], [axis.values[0] for axis in axes]
    grid = Grid(axes, plan.measure, plan.source, changed(base_of(setting), names, first))
    simulated = plan.source == "simulated"
    known = MEASURES[plan.measure].predicted is not None
    theory = replace(grid, source="predicted") if simulated and known and plan.lines else None
    redraws = None
    if simulated and setting.redraws and plan.y is None and plan.x.name != "seed":
        seeds = tuple(setting.seed + step for step in range(1, REDRAWS + 1))
        redraws = replace(grid, axes=(*axes, Axis("seed", seeds)))
    return SweepTask(grid, theory, redraws)


def base_of(setting: Experiment) -> Base:
    """What does not change: the setting's deep network; the Train page's where it is trained."""
    trained = MEASURES[setting.sweep.measure].work == "train"
    sizes: dict[str, Any] = _trained(setting.training) if trained else _deep(setting)
    return Base(
        activation=setting.activation,
        initializer=setting.initializer,
        bias_variance=setting.bias_variance,
        seed=setting.seed,
        **sizes,
    )


def _deep(setting: Experiment) -> dict[str, Any]:
    same = ("depth", "width", "taper", "networks", "batch", "image_size", "padding", "cell")
    return {
        **{name: getattr(setting, name) for name in same},
        "network": NETWORKS[setting.family],
        "recurrent_initializer": setting.recurrent,
    }


def _trained(training: Training) -> dict[str, Any]:
    """Its networks, its examples and its steps."""
    return {
        "depth": training.hidden + 1,
        "width": training.neurons,
        "networks": REPLICAS,
        "dataset": training.data,
        "points": POINTS,
        "noise": NOISE,
        "optimizer": training.optimizer,
        "learning_rate": training.rate,
        "epochs": training.epochs,
    }


def moved_to(setting: Experiment, names: Sequence[str], values: Sequence[Value]) -> Experiment:
    """The setting of a cell: with the values that the axes have there.

    Raises
    ------
    ValueError
        If there is no such setting.
    """
    cell = changed(base_of(setting), names, values)
    training = setting.training
    trained = MEASURES[setting.sweep.measure].work == "train"
    fields: dict[str, Any] = {"initializer": cell.law}
    of_training: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if name in _TRAINED:
            of_training[_TRAINED[name]] = value
        elif trained and name in ("depth", "width"):
            of_training |= {"hidden": value - 1} if name == "depth" else {"neurons": value}  # type: ignore[operator]  # it is a number
        elif name == "activation":
            fields["activation"] = ACTIVATIONS[str(value)]
        elif name == "network":
            fields["family"] = _FAMILIES[str(value)]
        elif name in _FIELDS:
            fields[_FIELDS[name]] = value
    return replace(setting, training=replace(training, **of_training), **fields)


_TRAINED = {
    "learning_rate": "rate",
    "epochs": "epochs",
    "dataset": "data",
    "optimizer": "optimizer",
}
"""Settings of the Train page, by the name of an axis."""

_FIELDS = {
    "recurrent_initializer": "recurrent",
    **{
        name: name
        for name in (
            *("depth", "width", "taper", "bias_variance", "image_size", "networks", "batch"),
            *("seed", "padding", "cell"),
        )
    },
}
"""Fields of a setting, by the name of an axis; those of its initializer come from the core."""


def present(setting: Experiment, span: Span) -> Value | None:
    """Where the setting itself stands on an axis; None where it does not."""
    base = base_of(setting)
    law = base.law.get_config()
    special: dict[str, Any] = {
        "activation": setting.activation.kind,
        "initializer": initializer_name(setting.initializer),
        "gain": law.get("gain", math.sqrt(law["scale"]) if "scale" in law else None),
    }
    value = special.get(span.name, getattr(base, span.name, law.get(span.name)))
    if isinstance(span, Choice):
        return value if value in span.names else None
    inside = value is not None and span.low <= value <= span.high
    return value if inside else None
