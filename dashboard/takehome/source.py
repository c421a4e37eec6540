"""Specs as Python: an expression of vscore's public names that evaluates to an equal spec."""

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import singledispatch
from textwrap import indent
from typing import Any

import vscore
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import Initializer
from vscore.layers import Layer
from vscore.networks import ConvolutionalNetwork, DenseNetwork, RecurrentNetwork

_WIDTH = 88


@singledispatch
def source(spec: object) -> str:
    """The expression, such as `Conv2D(input_channels=64, filters=128, kernel_size=(3, 5))`.

    Parameters
    ----------
    spec : Layer, Initializer, Activation or Network

    Raises
    ------
    ValueError
        If it is none of these.
    """
    raise ValueError(
        "spec must be a layer, an initializer, an activation or a network of vscore; "
        f"got {type(spec).__name__}"
    )


@source.register
def _of_layer(spec: Layer) -> str:
    return _call(type(spec).__name__, _own_arguments(spec))


@source.register
def _of_initializer(spec: Initializer) -> str:
    return _call(type(spec).__name__, _own_arguments(spec))


@source.register
def _of_activation(spec: Activation) -> str:
    return _call("Activation", _own_arguments(spec))


@source.register
def _of_mlp(spec: DenseNetwork) -> str:
    return _call("mlp", {"widths": _series(spec.widths), **_common(spec)})


@source.register
def _of_convnet(spec: ConvolutionalNetwork) -> str:
    arguments = {
        "channels": _series(spec.channels),
        "kernel_size": _value(spec.kernel_size),
        "image_size": _value(spec.image_size),
        "padding": _value(spec.padding),
    }
    return _call("convnet", {**arguments, **_common(spec)})


@source.register
def _of_recurrent(spec: RecurrentNetwork) -> str:
    arguments = {
        "kind": _value(spec.cell),
        "input_dim": _value(spec.input_dim),
        "units": _value(spec.units),
        "steps": _value(spec.steps),
        "kernel_initializer": source(spec.initializer),
        "recurrent_initializer": source(spec.recurrent_initializer),
        "bias_variance": _value(spec.bias_variance),
        "unit_forget_bias": _value(spec.unit_forget_bias),
    }
    return _call("recurrent", arguments)


def names_in(code: Iterable[str]) -> tuple[str, ...]:
    """Which of vscore's public names pieces of code use, sorted."""
    nodes = (node for piece in code for node in ast.walk(ast.parse(piece)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return tuple(sorted(used & set(vscore.__all__)))


def _common(spec: DenseNetwork | ConvolutionalNetwork) -> dict[str, str]:
    activation = spec.activation
    return {
        "activation": _value(activation.kind) if _is_named(activation) else source(activation),
        "initializer": source(spec.initializer),
        "bias_variance": _value(spec.bias_variance),
    }


def _is_named(activation: Activation) -> bool:
    """Whether its name says all: no slope, no formula."""
    return activation == ACTIVATIONS.get(activation.kind) and activation.slope is None


def _own_arguments(spec: Any) -> dict[str, str]:
    """The constructor's arguments but for those that are None or (), which is their default."""
    values = {field.name: getattr(spec, field.name) for field in fields(spec) if field.init}
    return {name: _value(value) for name, value in values.items() if value not in (None, ())}


def _call(name: str, arguments: Mapping[str, str]) -> str:
    """On one line where it fits; else an argument a line."""
    written = [f"{argument}={value}" for argument, value in arguments.items()]
    line = f"{name}({', '.join(written)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    lines = "".join(f"{each},\n" for each in written)
    return f"{name}(\n{indent(lines, '    ')})"


def _series(sizes: tuple[int, ...]) -> str:
    """(128,) * 21 where all are the same."""
    return f"({sizes[0]},) * {len(sizes)}" if len(set(sizes)) == 1 else _value(sizes)


_WRITERS: Mapping[type, Callable[[Any], str]] = {str: json.dumps}
"""JSON's strings are Python's, in the quotes that people write."""


def _value(value: object) -> str:
    """A number, a name, or a tuple of numbers."""
    return _WRITERS.get(type(value), repr)(value)
