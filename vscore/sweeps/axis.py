"""An axis of a sweep: a setting, and the values that it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from vscore.parameters import Parameter, check_choice, shown
from vscore.sweeps.settings import SETTINGS, Setting, Value

MOST_VALUES = 1_000_000
"""On one axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A setting of an experiment and the values that it takes, in order.

    Parameters
    ----------
    name : str
        A key of `vscore.sweeps.SETTINGS`: a number such as "scale", or a choice such as
        "activation".
    values : sequence of float, int or str
        Each in the setting's domain, none twice.

    Raises
    ------
    ValueError
        Naming the axis, what is allowed and the value.

    Examples
    --------
    >>> Axis("depth", (1, 10, 100)).values
    (1, 10, 100)
    """

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        setting = SETTINGS[check_choice("axis", self.name, SETTINGS)]
        given: Any = self.values
        if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
            raise ValueError(
                f"axis {self.name} must be given a sequence of values; got {shown(given)}"
            )
        if not 1 <= len(self.values) <= MOST_VALUES:
            raise ValueError(
                f"axis {self.name} must have 1 to {MOST_VALUES} values; got {len(self.values)}"
            )
        values = tuple(setting.check(value) for value in self.values)
        if len(set(values)) < len(values):
            twice = next(value for place, value in enumerate(values) if value in values[:place])
            raise ValueError(f"axis {self.name} must have no value twice; got {twice!r} twice")
        object.__setattr__(self, "values", values)

    @property
    def label(self) -> str:
        """The setting's name for a screen."""
        return SETTINGS[self.name].label

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers."""
        return SETTINGS[self.name].parameter is not None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The axis that a text such as "scale=0.25:4:40:log" describes.

        Parameters
        ----------
        text : str
            NAME=LOW:HIGH:COUNT, evenly spaced, both ends included; with :log at the end, by even
            factors. Of whole numbers NAME=LOW:HIGH is every one between; with a count they are
            rounded, and fewer where two would be the same. NAME=A,B,C lists values.

        Raises
        ------
        ValueError
            Naming what is wrong.

        Examples
        --------
        >>> Axis.parse("scale=0.5:2:3:log").values
        (0.5, 1.0, 2.0)
        >>> Axis.parse("activation=relu,tanh").values
        ('relu', 'tanh')
        """
        name, equals, rest = str(text).partition("=")
        if not equals or not rest.strip():
            raise ValueError(
                "an axis must be NAME=LOW:HIGH:COUNT, such as scale=0.25:4:40:log, or "
                f"NAME=A,B,C; got {shown(text)}"
            )
        setting = SETTINGS[check_choice("axis", name.strip(), SETTINGS)]
        if setting.parameter is None:
            return cls(setting.name, tuple(part.strip() for part in rest.split(",")))
        if ":" in rest:
            return cls(setting.name, _spaced(setting, setting.parameter, rest))
        return cls(setting.name, tuple(_number(setting, part) for part in rest.split(",")))


def _spaced(setting: Setting, parameter: Parameter, text: str) -> tuple[Value, ...]:
    """The values of LOW:HIGH, LOW:HIGH:COUNT or LOW:HIGH:COUNT:log."""
    parts = [part.strip() for part in text.split(":")]
    logarithmic = parts[-1] == "log"
    numbers = [_number(setting, part) for part in (parts[:-1] if logarithmic else parts)]
    whole = parameter.integer
    every_one = len(numbers) == 2 and whole and not logarithmic
    if every_one:
        numbers.append(int(numbers[1]) - int(numbers[0]) + 1)
    if len(numbers) != 3:
        every = " (or LOW:HIGH for every one)" if whole else ""
        raise ValueError(
            f"axis {setting.name} must be LOW:HIGH:COUNT or LOW:HIGH:COUNT:log{every}; "
            f"got {shown(text)}"
        )
    low, high, count = numbers
    for end in (low, high):
        parameter.check(end)
    if not isinstance(count, int) or not 1 <= count <= MOST_VALUES or high < low:
        raise ValueError(
            f"axis {setting.name} must rise from LOW to HIGH in 1 to {MOST_VALUES} values; "
            f"got {shown(text)}"
        )
    if logarithmic and low <= 0:
        raise ValueError(f"axis {setting.name} must start above 0 to be log; got {shown(text)}")
    if every_one:
        return tuple(range(int(low), int(high) + 1))
    spacing = np.geomspace if logarithmic else np.linspace
    spread = spacing(low, high, count)
    if whole:
        return tuple(dict.fromkeys(round(value) for value in spread.tolist()))
    return tuple(spread.tolist())


def _number(setting: Setting, text: str) -> int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise ValueError(f"axis {setting.name} must have numbers as values; got {shown(text.strip())}")
