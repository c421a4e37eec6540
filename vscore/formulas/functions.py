"""What a formula may hold: each function and operator with its partial derivatives.

An entry's `partials` are exact; the chain rule in `vscore.formulas.tree` does the rest. `breaks`
gives the numbers whose zeros are where the function, or a derivative of it, may jump.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from vscore import _activation_formulas as smooth
from vscore._typing import FloatArray

Values: TypeAlias = tuple[FloatArray, ...]


_ONE = np.ones(1)


def _no_breaks(*_: FloatArray) -> Values:
    return ()


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a formula.

    Attributes
    ----------
    arity : int
        Number of arguments.
    value : callable
        value(*arguments), float64.
    partials : callable
        partials(*arguments): the derivative with respect to each argument.
    breaks : callable
        breaks(*arguments): numbers that are 0 where the function or a derivative jumps.
    help : str
        What it computes, in a few words.
    """

    arity: int
    value: Callable[..., FloatArray]
    partials: Callable[..., Values]
    help: str
    breaks: Callable[..., Values] = _no_breaks


def _mask(condition: object) -> FloatArray:
    return np.asarray(condition, dtype=np.float64)


def _sigmoid(a: FloatArray) -> FloatArray:
    return smooth.sigmoid(a, None)


def _softplus(a: FloatArray) -> FloatArray:
    return smooth.softplus(a, None)


def _erf(a: FloatArray) -> FloatArray:
    return smooth.erf(a, None)


def _power(a: FloatArray, b: FloatArray) -> FloatArray:
    # A scalar exponent takes NumPy's short cut for squares and roots.
    return np.power(a, float(b[0])) if b.size == 1 else np.power(a, b)


def _power_partials(a: FloatArray, b: FloatArray) -> Values:
    """b a^(b - 1), and a^b ln a, which is used for positive constants a only."""
    return b * _power(a, b - 1), _power(a, b) * np.log(np.abs(a))


def _power_breaks(a: FloatArray, b: FloatArray) -> Values:
    """A whole power >= 0 is smooth; any other has a pole or a branch point at a = 0."""
    smooth_power = b.size > 1 or (float(b[0]) >= 0 and float(b[0]).is_integer())
    return () if smooth_power else (a,)


def _where(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    return np.where(a > 0, b, c)


def _where_partials(a: FloatArray, b: FloatArray, c: FloatArray) -> Values:
    return np.zeros_like(a), _mask(a > 0), _mask(a <= 0)


def _clip_partials(a: FloatArray, low: FloatArray, high: FloatArray) -> Values:
    below, above = a <= low, a >= high
    return _mask(~below & ~above), _mask(below & ~above), _mask(above)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": Function(1, np.abs, lambda a: (np.sign(a),), "|a|", lambda a: (a,)),
        "atan": Function(1, np.arctan, lambda a: (1 / (1 + a * a),), "arc tangent"),
        "clip": Function(
            3,
            lambda a, low, high: np.minimum(np.maximum(a, low), high),
            _clip_partials,
            "clip(a, low, high): a, kept between the two",
            lambda a, low, high: (a - low, a - high),
        ),
        "cos": Function(1, np.cos, lambda a: (-np.sin(a),), "cosine, of radians"),
        "erf": Function(
            1, _erf, lambda a: (smooth.erf_derivative(a, None),), "2/sqrt(pi) int_0^a exp(-t^2) dt"
        ),
        "exp": Function(1, np.exp, lambda a: (np.exp(a),), "e^a"),
        "expm1": Function(1, np.expm1, lambda a: (np.exp(a),), "e^a - 1"),
        "log": Function(1, np.log, lambda a: (1 / a,), "natural logarithm", lambda a: (a,)),
        "log1p": Function(
            1, np.log1p, lambda a: (1 / (1 + a),), "natural logarithm of 1 + a", lambda a: (1 + a,)
        ),
        "max": Function(
            2,
            np.maximum,
            lambda a, b: (_mask(a > b), _mask(a <= b)),
            "the larger of two",
            lambda a, b: (a - b,),
        ),
        "min": Function(
            2,
            np.minimum,
            lambda a, b: (_mask(a < b), _mask(a >= b)),
            "the smaller of two",
            lambda a, b: (a - b,),
        ),
        "relu": Function(
            1, lambda a: np.maximum(a, 0), lambda a: (_mask(a > 0),), "max(a, 0)", lambda a: (a,)
        ),
        "sigmoid": Function(
            1, _sigmoid, lambda a: (smooth.sigmoid_derivative(a, None),), "1 / (1 + e^-a)"
        ),
        "sign": Function(1, np.sign, lambda a: (np.zeros_like(a),), "-1, 0 or 1", lambda a: (a,)),
        "sin": Function(1, np.sin, lambda a: (np.cos(a),), "sine, of radians"),
        "softplus": Function(1, _softplus, lambda a: (_sigmoid(a),), "ln(1 + e^a)"),
        "sqrt": Function(1, np.sqrt, lambda a: (0.5 / np.sqrt(a),), "square root", lambda a: (a,)),
        "step": Function(
            1,
            lambda a: _mask(a > 0),
            lambda a: (np.zeros_like(a),),
            "1 where a > 0, else 0",
            lambda a: (a,),
        ),
        "tanh": Function(
            1, np.tanh, lambda a: (smooth.tanh_derivative(a, None),), "hyperbolic tangent"
        ),
        "where": Function(
            3,
            _where,
            _where_partials,
            "where(a, b, c): b where a > 0, else c",
            lambda a, b, c: (a,),
        ),
    }
)
"""The functions that a formula may call, by name."""

OPERATORS: Mapping[str, Function] = MappingProxyType(
    {
        "+": Function(2, np.add, lambda a, b: (_ONE, _ONE), "sum"),
        "-": Function(2, np.subtract, lambda a, b: (_ONE, -_ONE), "difference"),
        "*": Function(2, np.multiply, lambda a, b: (b, a), "product"),
        "/": Function(
            2, np.divide, lambda a, b: (1 / b, -(a / b) / b), "quotient", lambda a, b: (b,)
        ),
        "**": Function(2, _power, _power_partials, "power", _power_breaks),
        "negative": Function(1, np.negative, lambda a: (-_ONE,), "minus a"),
    }
)
"""The operators, by their sign."""

CONSTANTS: Mapping[str, float] = MappingProxyType({"e": math.e, "pi": math.pi})
"""The numbers that have a name."""
