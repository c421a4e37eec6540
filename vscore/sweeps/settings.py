"""What an axis may change: every setting of an experiment, and its initializer's own fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from vscore.activations import ACTIVATIONS, as_activation
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS
from vscore.parameters import PARAMETERS, Parameter, check_choice
from vscore.sweeps.experiment import CHOICES, NETWORKS, NUMBERS, Experiment

Value: TypeAlias = float | int | str
"""What stands on an axis."""

Apply: TypeAlias = Callable[[Experiment, str, Value], Experiment]


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
    apply : callable
        apply(experiment, name, value): the experiment with it.
    """

    name: str
    label: str
    parameter: Parameter | None
    check: Callable[[object], Value]
    apply: Apply


def _field(experiment: Experiment, name: str, value: Value) -> Experiment:
    """An experiment with another value of a field of its own."""
    return replace(experiment, **{name: value})  # type: ignore[arg-type]  # checked there


def _of_initializer(experiment: Experiment, name: str, value: Value) -> Experiment:
    """An experiment whose initializer has another value of a field."""
    law = experiment.law
    settable = [each for each in law.get_config() if each in _LAW_FIELDS]
    if name not in settable:
        has = ", ".join(settable) or "nothing of the kind"
        raise ValueError(f"the initializer {law.kind} has no {name}; it has {has}")
    changed = replace(law, **{name: value})  # type: ignore[type-var]  # a dataclass
    return replace(experiment, initializer=changed)


def _gain(experiment: Experiment, name: str, value: Value) -> Experiment:
    """Of an orthogonal matrix its gain; elsewhere scale = gain^2."""
    if "gain" in experiment.law.get_config():
        return _of_initializer(experiment, "gain", value)
    return _of_initializer(experiment, "scale", float(value) ** 2)


_LAW_NUMBERS = ("scale", "stddev", "mean", "minval", "maxval", "value")
_LAW_FIELDS = (*_LAW_NUMBERS, "gain", "mode", "distribution")


def _number(parameter: Parameter, apply: Apply) -> Setting:
    return Setting(parameter.name, parameter.label, parameter, parameter.check, apply)


def _choice(name: str, allowed: tuple[str, ...], apply: Apply) -> Setting:
    def check(value: object) -> str:
        return check_choice(name, value, allowed)

    return Setting(name, _worded(name), None, check, apply)


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
            _choice("network", tuple(NETWORKS), _field),
            Setting("activation", "Activation", None, _activation, _field),
            _choice("initializer", tuple(INITIALIZERS), _field),
            _choice("mode", MODES, _of_initializer),
            _choice("distribution", tuple(DISTRIBUTIONS), _of_initializer),
            *(_number(PARAMETERS[name], _of_initializer) for name in _LAW_NUMBERS),
            _number(PARAMETERS["gain"], _gain),
            *(_number(parameter, _field) for parameter in NUMBERS.values()),
            _number(PARAMETERS["seed"], _field),
            *(_choice(name, allowed, _field) for name, allowed in CHOICES.items()),
        )
    }
)
"""Every setting by name, in the order in which they are applied: an initializer before its own
fields."""
