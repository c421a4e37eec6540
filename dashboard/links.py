"""A link is an experiment: `encode` writes one as a query string, `parse` reads it back.

Only what differs from the default is written, after a version. Whatever cannot be used is replaced
by its default, with a `Notice` that says which value and why; nothing in a link can raise.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dashboard.experiment import (
    DEFAULT,
    FAMILIES,
    STATISTICS,
    Experiment,
    Notice,
    within_budget,
)
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.layers import LAYERS, Layer
from vscore.networks import CELLS, PADDINGS
from vscore.parameters import PARAMETERS, Parameter, check_choice

VERSION = "1"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "family": tuple(FAMILIES),
    "padding": PADDINGS,
    "cell": CELLS,
    "statistic": tuple(STATISTICS),
}
"""Fields of an experiment that are names, written under their own names."""

NUMBERS = ("depth", "width", "networks", "batch", "seed", "bias_variance", "image_size")
"""Fields of an experiment that are numbers, written under their own names."""

CUSTOM = "variance_scaling"
"""The initializer's name where scale, mode and distribution are given one by one."""

INITIALIZER_NAMES = (
    *(name for name in INITIALIZERS if not name.startswith(("xavier", "kaiming"))),
    CUSTOM,
)
"""Names that links and controls use: one for each initializer, PyTorch's aliases left out."""

_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", re.ASCII)
_LONGEST = 4000
_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class _Reader:
    """The pairs of a query string, each taken once; what is wrong is noted."""

    pairs: dict[str, str]
    notices: list[Notice]

    def take(self, name: str, default: Any, decode: Callable[[str], Any]) -> Any:
        """The decoded value, or the default with a notice."""
        text = self.pairs.pop(name, None)
        if text is None:
            return default
        try:
            return decode(text)
        except ValueError as error:
            self.notices.append(Notice(name, text[:32], str(error)))
            return default


def parse(query: str) -> tuple[Experiment, tuple[Notice, ...]]:
    """The experiment that a query string names, inside all bounds and the budget.

    Parameters
    ----------
    query : str
        Without the question mark. Any text at all.

    Returns
    -------
    experiment : Experiment
    notices : tuple of Notice
        What could not be used, and why.
    """
    reader = _reader(query)
    reader.take("v", VERSION, lambda text: check_choice("v", text, (VERSION,)))
    layer = _parse_layer(reader)
    experiment = Experiment(
        layer=layer,
        kernel=_parse_kernel(reader, layer),
        initializer=_parse_initializer(reader),
        activation=_parse_activation(reader),
        recurrent=_take_name(reader, "recurrent", INITIALIZER_NAMES[:-1]),
        **{name: _take_name(reader, name, names) for name, names in CHOICES.items()},
        **{name: _take_number(reader, name, getattr(DEFAULT, name)) for name in NUMBERS},
    )
    for name, text in reader.pairs.items():
        reader.notices.append(Notice(name[:32], text[:32], "there is no such setting here"))
    experiment, over_budget = within_budget(experiment)
    return experiment, (*reader.notices, *over_budget)


def encode(experiment: Experiment) -> str:
    """The query string of an experiment: `parse(encode(x))[0] == x`."""
    pairs = {
        **_encode_layer(experiment),
        **_encode_initializer(experiment.initializer),
        **_encode_activation(experiment.activation),
    }
    for name in (*CHOICES, "recurrent", *NUMBERS):
        if getattr(experiment, name) != getattr(DEFAULT, name):
            pairs[name] = _written(getattr(experiment, name))
    return urlencode({"v": VERSION, **pairs})


def initializer_name(initializer: Initializer) -> str:
    """The name of an initializer among `INITIALIZER_NAMES`."""
    for name in INITIALIZER_NAMES[:-1]:
        if INITIALIZERS[name] == initializer:
            return name
    if isinstance(initializer, VarianceScaling):
        return CUSTOM
    return next(n for n in INITIALIZER_NAMES if INITIALIZERS[n].kind == initializer.kind)


def own_fields(spec: Layer | Initializer) -> tuple[Field[Any], ...]:
    """The fields of a layer or initializer that a person chooses, by PARAMETERS' names."""
    chosen = {"mode", "distribution", *PARAMETERS} - {"seed"}
    return tuple(f for f in fields(spec) if f.init and f.name in chosen)  # type: ignore[arg-type]  # each is a dataclass


def in_shown_range(parameter: Parameter, value: float) -> float:
    """The value, if a control can show it.

    Raises
    ------
    ValueError
        Naming the range.
    """
    low, high = parameter.shown
    if not low <= value <= high:
        raise ValueError(f"must be from {low:g} to {high:g}")
    return value


def _reader(query: str) -> _Reader:
    notices: list[Notice] = []
    pairs: dict[str, str] = {}
    try:
        found = parse_qsl(query[:_LONGEST], keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        found = []
        notices.append(Notice("link", query[:32], f"it has more than {_MOST_FIELDS} settings"))
    for name, text in found:
        if name in pairs:
            notices.append(Notice(name[:32], text[:32], "given twice; the first is used"))
        pairs.setdefault(name, text)
    return _Reader(pairs, notices)


def _parse_layer(reader: _Reader) -> Layer:
    kind = reader.take("layer", DEFAULT.layer.kind, lambda t: check_choice("layer", t, LAYERS))
    layer = DEFAULT.layer if kind == DEFAULT.layer.kind else LAYERS[kind]()
    values = {f.name: _take_size(reader, layer, f.name) for f in own_fields(layer)}
    try:
        return replace(layer, **values)
    except ValueError as error:
        reader.notices.append(Notice("layer", kind, str(error)))
        return layer


def _parse_kernel(reader: _Reader, layer: Layer) -> str:
    names = tuple(kernel.name for kernel in layer.kernels)
    chosen: str = reader.take("kernel", names[0], lambda t: check_choice("kernel", t, names))
    return chosen


def _parse_initializer(reader: _Reader) -> Initializer:
    default = initializer_name(DEFAULT.initializer)
    name = reader.take("init", default, lambda t: check_choice("init", t, INITIALIZER_NAMES))
    base = VarianceScaling() if name == CUSTOM else INITIALIZERS[name]
    values = {}
    for field in own_fields(base):
        values[field.name] = _take_field(reader, base, field.name)
    try:
        return replace(base, **values)  # type: ignore[type-var]  # each is a dataclass
    except ValueError as error:
        reader.notices.append(Notice("init", name, str(error)))
        return base


def _take_field(reader: _Reader, base: Initializer, name: str) -> Any:
    value = getattr(base, name)
    if name in PARAMETERS:
        return _take_number(reader, name, value)
    return reader.take(name, value, lambda text: getattr(replace(base, **{name: text}), name))  # type: ignore[type-var]  # a dataclass


def _parse_activation(reader: _Reader) -> Activation:
    default = DEFAULT.activation.kind
    kind = reader.take("act", default, lambda t: check_choice("act", t, ACTIVATIONS))
    activation = ACTIVATIONS[kind]
    if activation.slope is None:
        return activation
    return Activation(kind, _take_number(reader, "slope", activation.slope))


def _take_name(reader: _Reader, name: str, names: tuple[str, ...]) -> Any:
    return reader.take(name, getattr(DEFAULT, name), lambda t: check_choice(name, t, names))


def _take_number(reader: _Reader, name: str, default: float) -> Any:
    return reader.take(name, default, lambda text: _number(PARAMETERS[name], text))


def _take_size(reader: _Reader, layer: Layer, name: str) -> Any:
    default = getattr(layer, name)
    parameter = PARAMETERS[name]
    if isinstance(default, tuple):
        return reader.take(name, default, lambda text: _numbers(parameter, text, len(default)))
    return reader.take(name, default, lambda text: _number(parameter, text))


def _number(parameter: Parameter, text: str) -> float:
    pattern, kind = (_INTEGER, int) if parameter.integer else (_DECIMAL, float)
    if not pattern.fullmatch(text):
        raise ValueError(f"must be {'a whole' if parameter.integer else 'a'} number")
    value: float = kind(text)
    return parameter.check(in_shown_range(parameter, value))


def _numbers(parameter: Parameter, text: str, count: int) -> tuple[float, ...]:
    parts = text.split("x")
    if len(parts) not in (1, count):
        raise ValueError(f"must be {count} numbers joined by x")
    values = tuple(_number(parameter, part) for part in parts)
    return values * count if len(values) == 1 else values


def _encode_layer(experiment: Experiment) -> dict[str, str]:
    layer = experiment.layer
    usual = LAYERS[layer.kind]()
    pairs = {} if layer.kind == DEFAULT.layer.kind else {"layer": layer.kind}
    if experiment.drawn_kernel.name != layer.kernels[0].name:
        pairs["kernel"] = experiment.drawn_kernel.name
    return {**pairs, **_differences(layer, usual)}


def _encode_initializer(initializer: Initializer) -> dict[str, str]:
    name = initializer_name(initializer)
    usual = VarianceScaling() if name == CUSTOM else INITIALIZERS[name]
    pairs = {} if name == initializer_name(DEFAULT.initializer) else {"init": name}
    return {**pairs, **_differences(initializer, usual)}


def _encode_activation(activation: Activation) -> dict[str, str]:
    pairs = {} if activation.kind == DEFAULT.activation.kind else {"act": activation.kind}
    if activation.slope != ACTIVATIONS[activation.kind].slope:
        pairs["slope"] = _written(activation.slope)
    return pairs


def _differences(spec: Layer | Initializer, usual: Layer | Initializer) -> Mapping[str, str]:
    names = (field.name for field in own_fields(spec))
    return {
        name: _written(getattr(spec, name))
        for name in names
        if getattr(spec, name) != getattr(usual, name)
    }


def _written(value: Any) -> str:
    """A value as a link holds it: 2, 0.5, 3x5, fan_in."""
    if isinstance(value, tuple):
        return "x".join(map(_written, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
