"""What an axis may change: every setting of an experiment, and its initializer's own fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from vscore.activations import ACTIVATIONS, as_activation
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS, Initializer, as_initializer
from vscore.parameters import PARAMETERS, Parameter, check_choice
from vscore.sweeps.experiment import CHOICES, NETWORKS, NUMBERS, Experiment

Value: TypeAlias = float | int | str
"""What stands on an axis."""

Change: TypeAlias = Callable[[Initializer, str, Value], Initializer]


@dataclass(frozen=True, slots=True)
class Setting:
    """Something of an experiment that an axis may change.

    Attributes
    ----------
    name : str
    label : str
        For a screen.
    parameter : Parameter or None
        Its domain, where it is a number.
    check : callable
        The value, if it is allowed; raises ValueError.
    change : callable or None
        change(initializer, name, value): the initializer with it; None where it is a field of the
        experiment itself.
    """

    name: str
    label: str
    parameter: Parameter | None
    check: Callable[[object], Value]
    change: Change | None


def _changed(law: Initializer, name: str, value: Value) -> Initializer:
    """An initializer with another value of a field."""
    settable = [each for each in law.get_config() if each in _LAW_FIELDS]
    if name not in settable:
        has = ", ".join(settable) or "nothing of the kind"
        raise ValueError(f"the initializer {law.kind} has no {name}; it has {has}")
    return replace(law, **{name: value})  # type: ignore[type-var]  # a dataclass


def _gain(law: Initializer, name: str, value: Value) -> Initializer:
    """Of an orthogonal matrix its gain; elsewhere scale = gain^2."""
    if "gain" in law.get_config():
        return _changed(law, "gain", value)
    return _changed(law, "scale", float(value) ** 2)


_LAW_NUMBERS = ("scale", "stddev", "mean", "minval", "maxval", "value")
_LAW_FIELDS = (*_LAW_NUMBERS, "gain", "mode", "distribution")


def _number(parameter: Parameter, change: Change | None = None) -> Setting:
    return Setting(parameter.name, parameter.label, parameter, parameter.check, change)


def _choice(name: str, allowed: tuple[str, ...], change: Change | None = None) -> Setting:
    def check(value: object) -> str:
        return check_choice(name, value, allowed)

    return Setting(name, _worded(name), None, check, change)


def _activation(value: object) -> str:
    """A name, or a formula as it was typed."""
    if not isinstance(value, str):
        check_choice("activation", value, ACTIVATIONS)
    as_activation(value)
    return str(value)


def _worded(name: str) -> str:
    return name.replace("_", " ").capitalize()


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        setting.name: setting
        for setting in (
            _choice("network", tuple(NETWORKS)),
            Setting("activation", "Activation", None, _activation, None),
            _choice("initializer", tuple(INITIALIZERS)),
            _choice("mode", MODES, _changed),
            _choice("distribution", tuple(DISTRIBUTIONS), _changed),
            *(_number(PARAMETERS[name], _changed) for name in _LAW_NUMBERS),
            _number(PARAMETERS["gain"], _gain),
            *(_number(parameter) for parameter in NUMBERS.values()),
            _number(PARAMETERS["seed"]),
            *(_choice(name, allowed) for name, allowed in CHOICES.items()),
        )
    }
)
"""Every setting by name."""


def changed(base: Experiment, names: Sequence[str], values: Sequence[Value]) -> Experiment:
    """The base with other values of some settings, an initializer's own fields last.

    Raises
    ------
    ValueError
        If the initializer has no such field, or the experiment does not allow it.
    """
    own: dict[str, Any] = {}
    of_law: list[tuple[Change, str, Value]] = []
    for name, value in zip(names, values, strict=True):
        change = SETTINGS[name].change
        if change is None:
            own[name] = value
        else:
            of_law.append((change, name, value))
    if of_law:
        law = as_initializer(own.get("initializer", base.law))
        for change, name, value in of_law:
            law = change(law, name, value)
        own["initializer"] = law
    return replace(base, **own)
