"""A formula as source for Keras, PyTorch, JAX and NumPy: a lambda's body."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vscore.formulas.functions import FUNCTIONS
from vscore.formulas.tree import Node, Number, Variable, constant, has_variable

_MODULES: Mapping[str, str] = MappingProxyType(
    {"keras": "keras.ops", "torch": "torch", "jax": "jax.numpy", "numpy": "np"}
)

_BODIES: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        "clip": lambda m, a, low, high: f"{m}.minimum({m}.maximum({a}, {low}), {high})",
        "max": lambda m, a, b: f"{m}.maximum({a}, {b})",
        "min": lambda m, a, b: f"{m}.minimum({a}, {b})",
        "relu": lambda m, a: f"{m}.where({a} > 0, {a}, 0.0)",
        "step": lambda m, a: f"{m}.where({a} > 0, 1.0, 0.0)",
        "where": lambda m, a, b, c: f"{m}.where({a} > 0, {b}, {c})",
        "sigmoid": lambda m, a: f"((1 + {m}.tanh({a} / 2)) / 2)",
        "softplus": lambda m, a: f"{m}.logaddexp({a}, {m}.zeros_like({a}))",
        "atan": lambda m, a: f"{m}.arctan({a})",
        "negative": lambda m, a: f"(-{a})",
    }
)
"""Functions that no module has under our name; m is the module."""

_ELSEWHERE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("numpy", "erf"): "scipy.special.erf",
        ("jax", "erf"): "jax.scipy.special.erf",
    }
)
"""Functions that live in another module."""

_OF_TENSORS = ("clip", "max", "min")
"""PyTorch's take no plain number."""


def spellings(tree: Node) -> tuple[str, str, str, str]:
    """Keras, PyTorch, JAX and NumPy, as `Definition.names` wants them."""
    keras, torch, jax, numpy = (f"x: {_spelled(tree, name)}" for name in _MODULES)
    return keras, torch, jax, numpy


def _spelled(node: Node, framework: str) -> str:
    if isinstance(node, Variable):
        return "x"
    if isinstance(node, Number) or not has_variable(node):
        return repr(constant(node))
    module = _MODULES[framework]
    name, arguments = node.name, [_spelled(each, framework) for each in node.arguments]
    if framework == "torch" and name in _OF_TENSORS:
        numbers = [not has_variable(each) for each in node.arguments]
        arguments = [
            f"torch.as_tensor({text})" if plain else text
            for text, plain in zip(arguments, numbers, strict=True)
        ]
    if name in _BODIES:
        return _BODIES[name](module, *arguments)
    if name in FUNCTIONS:
        return f"{_ELSEWHERE.get((framework, name), f'{module}.{name}')}({', '.join(arguments)})"
    return f"({arguments[0]} {name} {arguments[1]})"
