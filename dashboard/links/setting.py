"""One setting, a layer with its initializer and network, as words of a link and back.

The words stand in groups: where a word that heads a group is another, the rest of its group has
other defaults. `spell` is the schema: `parse_setting` reads what it writes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, replace
from functools import partial
from typing import Any

from dashboard.axes import CONVENTION_NAMES
from dashboard.experiment import DEFAULT, FAMILIES, SHARED, STATISTICS, Experiment
from dashboard.handout import check_text
from dashboard.kernels import kernels_of
from dashboard.links.reader import Reader, number
from dashboard.links.sweep import parse_sweep, spell_sweep
from dashboard.links.word import Word, written
from dashboard.phases import QUANTITY_NAMES
from dashboard.tensor import tensor
from dashboard.training import TRAINED, Training
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.layers import LAYERS, Layer
from vscore.networks import CELLS, PADDINGS
from vscore.parameters import PARAMETERS
from vscore.training import DATASETS, OPTIMIZERS

CHOICES: Mapping[str, tuple[str, ...]] = {
    "family": tuple(FAMILIES),
    "padding": PADDINGS,
    "cell": CELLS,
    "statistic": tuple(STATISTICS),
}
"""Fields of an experiment that are names, written under their own names."""

NUMBERS = ("depth", "width", "networks", "batch", "seed", "bias_variance", "image_size", "taper")
"""Fields of an experiment that are numbers, written under their own names."""

_FIELDS = (*CHOICES, "convention", "phase", "recurrent", *NUMBERS, "formula")
"""Fields of an experiment that are written under their own names, in the order of links."""

_TRAINING_NAMES: Mapping[str, tuple[str, ...]] = {
    "data": tuple(DATASETS),
    "optimizer": tuple(OPTIMIZERS),
}

TRAINING_WORDS = (*_TRAINING_NAMES, *TRAINED)
"""Fields of a training, written under their own names."""

CUSTOM = "variance_scaling"
"""The initializer's name where scale, mode and distribution are given one by one."""

INITIALIZER_NAMES = (
    *(name for name in INITIALIZERS if not name.startswith(("xavier", "kaiming"))),
    CUSTOM,
)
"""Names that links and controls use: one for each initializer, PyTorch's aliases left out."""

HEADS = ("layer", "init", "act")
"""Words on which the defaults of the rest of their group depend."""


def spell(setting: Experiment) -> tuple[Word, ...]:
    """Every word of a setting, in the order of links."""
    layer, initializer, activation = setting.layer, setting.initializer, setting.activation
    named = initializer_name(initializer)
    base = _initializer_named(named)
    return (
        Word("layer", layer.kind, DEFAULT.layer.kind),
        Word("kernel", setting.drawn_kernel.name, kernels_of(layer)[0].name, "layer"),
        *_own_words(layer, LAYERS[layer.kind](), "layer"),
        Word("init", named, initializer_name(DEFAULT.initializer)),
        *_own_words(initializer, base, "init"),
        Word("act", activation.kind, DEFAULT.activation.kind),
        *_slope_word(activation),
        *(_field_word(setting, name) for name in _FIELDS),
        Word("tensor", setting.tensor.text, DEFAULT.tensor.text),
        *(
            Word(n, written(getattr(setting.training, n)), written(getattr(DEFAULT.training, n)))
            for n in TRAINING_WORDS
        ),
        *spell_sweep(setting.sweep),
    )


def parse_setting(reader: Reader) -> Experiment:
    """The setting that the pairs name; those it knows are taken."""
    layer = _parse_layer(reader)
    return Experiment(
        layer=layer,
        kernel=reader.take_name("kernel", kernels_of(layer)[0].name, _kernel_names(layer)),
        initializer=_parse_initializer(reader),
        activation=_parse_activation(reader),
        recurrent=reader.take_name("recurrent", DEFAULT.recurrent, INITIALIZER_NAMES[:-1]),
        convention=reader.take_name("convention", DEFAULT.convention, CONVENTION_NAMES),
        phase=reader.take_name("phase", DEFAULT.phase, QUANTITY_NAMES),
        formula=reader.take("formula", "", lambda text: check_text("formula", text)),
        tensor=reader.take("tensor", DEFAULT.tensor, tensor),
        training=_parse_training(reader),
        sweep=parse_sweep(reader),
        **{n: reader.take_name(n, getattr(DEFAULT, n), names) for n, names in CHOICES.items()},  # type: ignore[arg-type]  # by name
        **{name: reader.take_number(name, getattr(DEFAULT, name)) for name in NUMBERS},
    )


def spell_beside(setting: Experiment, first: Experiment) -> dict[str, str]:
    """What a setting says beside A: only where it differs from A.

    A group whose head differs is compared with its own defaults instead, as `inherited` has it.
    """
    words = spell(setting)
    given = inherited({w.name: w.text for w in words if w.name in HEADS}, first)
    mine = [word for word in words if word.name not in SHARED]
    return {
        w.name: w.text
        for w in mine
        if w.text != (_heads(first)[w.name] if w.name in HEADS else given.get(w.name, w.usual))
    }


def inherited(own: Mapping[str, str], first: Experiment) -> dict[str, str]:
    """What setting A gives to another whose own pairs are these: all but groups of another head."""
    heads = _heads(first)
    changed = {head for head in HEADS if own.get(head, heads[head]) != heads[head]}
    return {w.name: w.text for w in spell(first) if not changed & {w.name, w.head}}


def initializer_name(initializer: Initializer) -> str:
    """The name of an initializer among `INITIALIZER_NAMES`.

    Raises
    ------
    ValueError
        If links have no name for its kind.
    """
    for name in INITIALIZER_NAMES[:-1]:
        if INITIALIZERS[name] == initializer:
            return name
    if isinstance(initializer, VarianceScaling):
        return CUSTOM
    for name in INITIALIZER_NAMES[:-1]:
        if INITIALIZERS[name].kind == initializer.kind:
            return name
    raise ValueError(
        f"initializer must be one that a link can name, not {initializer.kind}; "
        f"use one of {', '.join(INITIALIZER_NAMES)}"
    )


def own_fields(spec: Layer | Initializer) -> tuple[Field[Any], ...]:
    """The fields of a layer or initializer that a person chooses, by PARAMETERS' names."""
    chosen = {"mode", "distribution", *PARAMETERS} - {"seed"}
    return tuple(f for f in fields(spec) if f.init and f.name in chosen)  # type: ignore[arg-type]  # each is a dataclass


def _heads(setting: Experiment) -> dict[str, str]:
    return {word.name: word.text for word in spell(setting) if word.name in HEADS}


def _own_words(spec: Layer | Initializer, usual: Layer | Initializer, head: str) -> Iterator[Word]:
    for field in own_fields(spec):
        name = field.name
        yield Word(name, written(getattr(spec, name)), written(getattr(usual, name)), head)


def _field_word(setting: Experiment, name: str) -> Word:
    return Word(name, written(getattr(setting, name)), written(getattr(DEFAULT, name)))


def _slope_word(activation: Activation) -> tuple[Word, ...]:
    if activation.slope is None:
        return ()
    usual = ACTIVATIONS[activation.kind].slope
    return (Word("slope", written(activation.slope), written(usual), "act"),)


def _kernel_names(layer: Layer) -> tuple[str, ...]:
    return tuple(kernel.name for kernel in kernels_of(layer))


def _initializer_named(name: str) -> Initializer:
    return VarianceScaling() if name == CUSTOM else INITIALIZERS[name]


def _parse_layer(reader: Reader) -> Layer:
    kind = reader.take_name("layer", DEFAULT.layer.kind, LAYERS)
    layer = DEFAULT.layer if kind == DEFAULT.layer.kind else LAYERS[kind]()
    values = {f.name: reader.take_sizes(f.name, getattr(layer, f.name)) for f in own_fields(layer)}
    try:
        return replace(layer, **values)
    except ValueError as error:
        reader.note("layer", kind, str(error))
        return layer


def _parse_initializer(reader: Reader) -> Initializer:
    name = reader.take_name("init", initializer_name(DEFAULT.initializer), INITIALIZER_NAMES)
    base = _initializer_named(name)
    values = {field.name: _take_field(reader, base, field.name) for field in own_fields(base)}
    try:
        return replace(base, **values)  # type: ignore[type-var]  # each is a dataclass
    except ValueError as error:
        reader.note("init", name, str(error))
        return base


def _parse_training(reader: Reader) -> Training:
    usual = DEFAULT.training
    found: dict[str, Any] = {
        name: reader.take_name(name, getattr(usual, name), names)
        for name, names in _TRAINING_NAMES.items()
    }
    for name, parameter in TRAINED.items():
        found[name] = reader.take(name, getattr(usual, name), partial(number, parameter))
    return Training(**found)


def _take_field(reader: Reader, base: Initializer, name: str) -> Any:
    value = getattr(base, name)
    if name in PARAMETERS:
        return reader.take_number(name, value)
    return reader.take(name, value, lambda text: getattr(replace(base, **{name: text}), name))  # type: ignore[type-var]  # a dataclass


def _parse_activation(reader: Reader) -> Activation:
    kind = reader.take_name("act", DEFAULT.activation.kind, ACTIVATIONS)
    activation = ACTIVATIONS[kind]
    if activation.slope is None:
        return activation
    return Activation(kind, reader.take_number("slope", activation.slope))
