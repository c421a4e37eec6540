"""A formula as a tree, its value, and its derivative by the chain rule.

The tree is frozen, and its depth and size are bounded by the parser, so that walking it is too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from vscore._typing import FloatArray
from vscore.formulas.functions import FUNCTIONS, OPERATORS, Function


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, typed or named."""

    value: float
    position: int


@dataclass(frozen=True, slots=True)
class Variable:
    """x."""

    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of other nodes; operators are functions too."""

    name: str
    arguments: tuple["Node", ...]
    position: int

    @property
    def function(self) -> Function:
        """What is computed."""
        return FUNCTIONS[self.name] if self.name in FUNCTIONS else OPERATORS[self.name]


Node: TypeAlias = Number | Variable | Call


def value(node: Node, x: FloatArray) -> FloatArray:
    """The node's value at x, of x's shape; inf or nan, without a warning, where it has none."""
    with np.errstate(all="ignore"):
        return np.broadcast_to(_value(node, x), x.shape)


def slope(node: Node, x: FloatArray) -> FloatArray:
    """The derivative of the node's value with respect to x, of x's shape."""
    with np.errstate(all="ignore"):
        derivative = _dual(node, x)[1]
    return np.zeros_like(x) if derivative is None else np.broadcast_to(derivative, x.shape)


def calls(node: Node) -> Iterator[Call]:
    """Every call of the tree, arguments before the calls that use them."""
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from calls(argument)
        yield node


def has_variable(node: Node) -> bool:
    """Whether x is in it."""
    match node:
        case Number():
            return False
        case Variable():
            return True
        case Call():
            return any(map(has_variable, node.arguments))


def constant(node: Node) -> float:
    """The value of a node without x."""
    return float(value(node, np.zeros(1))[0])


def breaks(call: Call, x: FloatArray) -> tuple[FloatArray, ...]:
    """The numbers inside a call that are 0 where it may jump, at x."""
    with np.errstate(all="ignore"):
        arguments = [_value(argument, x) for argument in call.arguments]
        found = call.function.breaks(*arguments)
        return tuple(np.broadcast_to(each, x.shape) for each in found)


def _value(node: Node, x: FloatArray) -> FloatArray:
    match node:
        case Number():
            return np.array([node.value])  # broadcasts, and can be written into
        case Variable():
            return x
        case Call():
            arguments = (_value(argument, x) for argument in node.arguments)
            return np.asarray(node.function.value(*arguments))


def _dual(node: Node, x: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Value and derivative; None for a derivative that is 0 because no x is in the node."""
    match node:
        case Number():
            return np.array([node.value]), None
        case Variable():
            return x, np.ones_like(x)
        case Call():
            pairs = [_dual(argument, x) for argument in node.arguments]
            arguments = [each for each, _ in pairs]
            result = np.asarray(node.function.value(*arguments))
            inner = [derivative for _, derivative in pairs]
            if all(each is None for each in inner):
                return result, None
            partials = node.function.partials(*arguments)
            terms = [_chain(p, d) for p, d in zip(partials, inner, strict=True) if d is not None]
            return result, sum(terms[1:], terms[0])


def _chain(outer: FloatArray, inner: FloatArray) -> FloatArray:
    """outer * inner, where 0 wins over infinity: a branch not taken, or a constant inside."""
    product = outer * inner
    product[np.broadcast_to((outer == 0) | (inner == 0), product.shape)] = 0
    return product
