"""Command-line options declared from `PARAMETERS`, and the specs that they make.

An option only turns text into a number. What the number may be is checked where the library
checks it, so that a shell and a notebook see the same message.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from vscore.activations import ACTIVATIONS, Activation, as_activation
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling, as_initializer
from vscore.layers import LAYERS, Layer, RawKernel
from vscore.parameters import PARAMETERS, Parameter, check_choice

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps its type to itself."""

_LAW_NUMBERS = ("scale", "gain", "stddev", "mean", "minval", "maxval")
_LAW_NAMES = ("mode", "distribution")


def number(text: str) -> int | float | str:
    """The number, or the text itself: the library's own check then says what is allowed."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def numbers(text: str) -> tuple[int | float | str, ...]:
    """Numbers separated by commas, or by x as in 3x3; a comma at the end is Python's (64,)."""
    return tuple(number(part) for part in text.replace("x", ",").removesuffix(",").split(","))


def one_or_more(text: str) -> int | float | str | tuple[int | float | str, ...]:
    """A number alone, or several as a tuple."""
    found = numbers(text)
    return found if len(found) > 1 or text.endswith(",") else found[0]


def add_number(
    group: Any,
    name: str,
    default: float | None = None,
    default_words: str = "",
    reader: Callable[[str], object] = number,
) -> None:
    """An option for one of `PARAMETERS`."""
    parameter = PARAMETERS[name]
    words = default_words or (f"default {default:g}" if default is not None else "")
    text = f"{parameter.help} {_upper_first(parameter.domain)}{'; ' if words else ''}{words}."
    _add(group, name, parameter, text, type=reader, default=default)


def add_layer(parser: argparse.ArgumentParser, otherwise: str) -> None:
    """--layer with every layer's fields, and --shape with its axes."""
    group = parser.add_argument_group("which layer")
    group.add_argument(
        "--layer", metavar="KIND", help=f"One of {', '.join(LAYERS)}. Default: {otherwise}."
    )
    for name, holders in layer_fields().items():
        words = ", ".join(f"{kind} {_plain(default)}" for kind, default in holders.items())
        parameter = PARAMETERS[name]
        text = f"{parameter.help} {_upper_first(parameter.domain)}; default: {words}."
        _add(group, name, parameter, text, type=one_or_more)
    group.add_argument(
        "--shape", type=numbers, metavar="N,N,...", help="A kernel's shape, (..., in, out)."
    )
    for name in ("input_axes", "output_axes"):
        group.add_argument(
            flag(name), type=numbers, metavar="N,...", help="With --shape, as in Keras >= 3.15."
        )
    group.add_argument(
        "--batch-axes",
        type=numbers,
        metavar="N,...",
        help="With --shape: axes whose every index is a kernel by itself, as in JAX.",
    )


def add_initializer(parser: argparse.ArgumentParser, otherwise: str) -> None:
    """--initializer, and the fields that initializers have."""
    group = parser.add_argument_group("which initializer")
    group.add_argument(
        "--initializer",
        metavar="NAME",
        help=f"One of {', '.join(INITIALIZERS)}. Default: {otherwise}; VarianceScaling where one "
        "of the following is given. These change a field of the initializer.",
    )
    for name in _LAW_NUMBERS:
        add_number(group, name)
    group.add_argument("--mode", metavar="NAME", help=f"One of {', '.join(MODES)}.")
    laws = ", ".join(DISTRIBUTIONS)
    group.add_argument("--distribution", metavar="NAME", help=f"One of {laws}.")


def add_activation(group: Any) -> None:
    """--activation and --slope."""
    group.add_argument(
        "--activation",
        metavar="NAME",
        help=f"One of {', '.join(ACTIVATIONS)}. Default: relu.",
    )
    add_number(group, "slope")


def add_run(parser: argparse.ArgumentParser, csv: str) -> Any:
    """--seed, --threads, --csv and --quiet; the group they are in."""
    group = parser.add_argument_group("run and output")
    add_number(group, "seed", PARAMETERS["seed"].default)
    group.add_argument("--threads", type=number, metavar="N", help="Default: one a core.")
    group.add_argument("--csv", metavar="FILE", help=csv)
    group.add_argument("--quiet", action="store_true", help="No progress bar.")
    return group


def layer_of(options: argparse.Namespace) -> Layer | None:
    """The layer that the options describe, Dense where only sizes are given; None without any.

    Raises
    ------
    ValueError
        If options do not go together, or a field is out of its domain.
    """
    given = given_of(options, layer_fields())
    if options.shape is not None:
        if options.layer is not None or given:
            other = "layer" if options.layer is not None else next(iter(given))
            raise ValueError(f"give --shape or {flag(other)}, not both")
        return RawKernel(
            options.shape, options.input_axes, options.output_axes, options.batch_axes or ()
        )
    for name in given_of(options, ("input_axes", "output_axes", "batch_axes")):
        raise ValueError(f"{flag(name)} needs --shape")
    if options.layer is None and not given:
        return None
    kind = check_choice("layer", options.layer or "Dense", LAYERS)
    taken = [field.name for field in fields(LAYERS[kind]) if field.init]
    refuse_others(kind if options.layer else "Dense, the layer without --layer,", given, taken)
    return LAYERS[kind](**given)


def initializer_of(options: argparse.Namespace, default: str) -> Initializer:
    """The initializer that the options describe, without a seed."""
    given = given_of(options, (*_LAW_NUMBERS, *_LAW_NAMES))
    if options.initializer is None:
        base = VarianceScaling() if given else INITIALIZERS[default]
        name = base.kind
    else:
        base, name = as_initializer(options.initializer), options.initializer
    refuse_others(name, given, base.get_config())
    return replace(base, **given)  # type: ignore[type-var]  # every initializer is a dataclass


def activation_of(options: argparse.Namespace) -> Activation:
    """The activation that the options describe."""
    name = "relu" if options.activation is None else options.activation
    return as_activation(name) if options.slope is None else Activation(name, options.slope)


def layer_fields() -> dict[str, dict[str, object]]:
    """The fields of layers, and for each the layers that have it with their defaults."""
    found: dict[str, dict[str, object]] = {}
    for kind, layer in LAYERS.items():
        for field in fields(layer):
            if field.init:
                found.setdefault(field.name, {})[kind] = field.default
    return found


def given_of(options: argparse.Namespace, names: Sequence[str] | dict[str, Any]) -> dict[str, Any]:
    """The options among `names` that were given, by name."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def refuse_others(owner: str, given: dict[str, Any], taken: Sequence[str] | Any) -> None:
    """Raise for the first option given that is none of the owner's."""
    settable = [name for name in taken if name not in ("seed", "input_axes", "output_axes")]
    for name in given:
        if name not in settable:
            has = ", ".join(map(flag, settable)) or "no options"
            raise ValueError(f"{owner} has no {flag(name)}; it takes {has}")


def _add(group: Any, name: str, parameter: Parameter, text: str, **keywords: Any) -> None:
    metavar = "N" if parameter.integer else "X"
    group.add_argument(flag(name), metavar=metavar, help=text.replace("%", "%%"), **keywords)


def flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _plain(default: object) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)


def _upper_first(text: str) -> str:
    return text[0].upper() + text[1:]
