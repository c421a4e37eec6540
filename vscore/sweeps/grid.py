"""Which cells a sweep has, in which order they run, and what tells it from another sweep."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from vscore._version import __version__
from vscore.parameters import check_choice, shown
from vscore.sweeps.axis import Axis
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.measures import MEASURES
from vscore.sweeps.settings import Value, changed

MOST_CELLS = 10_000_000

_INNERMOST = "depth"
"""Runs fastest, so that cells of one network but for its depth stand side by side."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The question that a sweep asks, as data.

    Parameters
    ----------
    axes : tuple of Axis
        One or two.
    measure : str
        A key of `MEASURES`.
    source : {"simulated", "predicted"}
    base : Experiment
        What the axes do not change.

    Raises
    ------
    ValueError
        Naming what does not go together.
    """

    axes: tuple[Axis, ...]
    measure: str
    source: str
    base: Experiment

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        if not 1 <= len(names) <= 2:
            raise ValueError(f"axes must be one or two; got {len(names)}")
        if len(set(names)) < len(names):
            raise ValueError(f"axes must differ; got {names[0]} twice")
        MEASURES[check_choice("measure", self.measure, MEASURES)].ask(self.source)
        if len(self) > MOST_CELLS:
            raise ValueError(f"axes must make at most {MOST_CELLS} cells; got {len(self)}")
        self._check_ends()

    def __len__(self) -> int:
        return math.prod(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Values on each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def turned(self) -> bool:
        """Whether cells run along the first axis, so that results are to be transposed."""
        return len(self.axes) == 2 and self.axes[0].name == _INNERMOST

    @property
    def running_shape(self) -> tuple[int, ...]:
        """The shape in the order in which cells run."""
        return self.shape[::-1] if self.turned else self.shape

    def values_at(self, number: int) -> tuple[Value, ...]:
        """The axes' values of the cell that runs as this number, in the axes' order."""
        return tuple(
            axis.values[place] for axis, place in zip(self.axes, self.place(number), strict=True)
        )

    def place(self, number: int) -> tuple[int, ...]:
        """Where the cell that runs as this number stands on each axis."""
        if len(self.axes) == 1:
            return (number,)
        outer, inner = divmod(number, self.running_shape[1])
        return (inner, outer) if self.turned else (outer, inner)

    def cells(self, start: int, stop: int) -> tuple[tuple[Value, ...], ...]:
        """The axes' values of a run of cells."""
        return tuple(map(self.values_at, range(start, stop)))

    @property
    def names(self) -> tuple[str, ...]:
        """The axes' names."""
        return tuple(axis.name for axis in self.axes)

    def to_config(self) -> dict[str, Any]:
        """The whole question, as JSON holds it, and the version that answers it."""
        return {
            "axes": {axis.name: list(axis.values) for axis in self.axes},
            "measure": self.measure,
            "source": self.source,
            "base": self.base.to_config(),
            "vscore": __version__,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The grid that a `to_config` describes.

        Raises
        ------
        ValueError
            If it describes none.
        """
        try:
            axes = tuple(Axis(name, tuple(values)) for name, values in config["axes"].items())
            base = Experiment.from_config(config["base"])
            return cls(axes, config["measure"], config["source"], base)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this describes no sweep: {shown(config)}") from error

    @property
    def fingerprint(self) -> str:
        """Ten characters that tell this sweep, and this version, from others."""
        text = json.dumps(self.to_config(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    def _check_ends(self) -> None:
        """Raise what both the first and the last cell raise: then no cell can be right."""
        try:
            changed(self.base, self.names, self.values_at(0)).build()
        except ValueError:
            changed(self.base, self.names, self.values_at(len(self) - 1)).build()


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """What two configurations do not have in common, in words: "measure 'q', not 'dead'"."""
    for name in ours:
        mine, other = ours[name], theirs.get(name)
        if mine == other:
            continue
        if isinstance(mine, Mapping) and isinstance(other, Mapping) and list(mine) == list(other):
            yield from differences(mine, other)
        else:
            yield f"{name} {shown(other)}, not {shown(mine)}"
