"""What is to be drawn, in no framework's words: a law, and its numbers or where they come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from vscore._typing import Mode
from vscore.distributions import TRUNCATED_STD
from vscore.initializers import INITIALIZERS, Initializer
from vscore.parameters import check_choice


@dataclass(frozen=True, slots=True)
class Rule:
    """How the weights of one tensor are drawn, whatever its shape and its axes' order.

    Attributes
    ----------
    law : str
        A key of `LAWS`, which says what the numbers are.
    numbers : tuple of float
        Empty where they follow from the fans.
    scale : float
        The variance's numerator, where the numbers follow from the fans.
    mode : str, optional
        Which fan divides it; None where the numbers are given.
    """

    law: str
    numbers: tuple[float, ...] = ()
    scale: float = 1.0
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A rule's numbers as source.

    Attributes
    ----------
    lines : tuple of str
        Assignments that the arguments need, none where the numbers are given.
    arguments : tuple of str
        As many as the law has numbers.
    """

    lines: tuple[str, ...]
    arguments: tuple[str, ...]


LAWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "truncated_normal": ("mean", "std before the cut at 2 std"),
        "untruncated_normal": ("mean", "std"),
        "uniform": ("low", "high"),
        "orthogonal": ("gain",),
        "constant": ("value",),
    }
)
"""The numbers of each law. An orthogonal kernel is one matrix, all axes but the last as rows."""

_RULES: Mapping[str, Callable[[Any], Rule]] = MappingProxyType(
    {
        "VarianceScaling": lambda i: Rule(i.distribution, scale=i.scale, mode=i.mode),
        "TruncatedNormal": lambda i: _spread("truncated_normal", i.mean, i.stddev),
        "RandomNormal": lambda i: _spread("untruncated_normal", i.mean, i.stddev),
        "RandomUniform": lambda i: _between(i.minval, i.maxval),
        "Orthogonal": lambda i: Rule("orthogonal", (i.gain,)),
        "Constant": lambda i: Rule("constant", (i.value,)),
        "Zeros": lambda i: Rule("constant", (0.0,)),
    }
)

_WIDTHS: Mapping[str, tuple[str, str, tuple[str, str]]] = MappingProxyType(
    {
        "truncated_normal": ("std", f"math.sqrt({{}}) / {TRUNCATED_STD!r}", ("0.0", "{}")),
        "untruncated_normal": ("std", "math.sqrt({})", ("0.0", "{}")),
        "uniform": ("limit", "math.sqrt(3 * {})", ("-{}", "{}")),
    }
)
"""By law: what its width is called, the width from a variance, and its two numbers from that."""

_WHY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"truncated_normal": ("# The std before the cut at 2 std, which leaves 0.8796 of it.",)}
)

_DENOMINATORS: Mapping[Mode, str] = MappingProxyType(
    {
        "fan_in": "{0}",
        "fan_out": "{1}",
        "fan_avg": "(({0} + {1}) / 2)",
        "fan_geo_avg": "math.sqrt({0} * {1})",
    }
)


def rule_of(initializer: Initializer) -> Rule:
    """The rule by which an initializer draws.

    Raises
    ------
    ValueError
        If it is none of the library's kinds.
    """
    return _RULES[check_choice("initializer's kind", initializer.kind, _RULES)](initializer)


def spell(rule: Rule, prefix: str, fan_in: str, fan_out: str) -> Spelling:
    """The rule's numbers as source, given the fans as source.

    Parameters
    ----------
    rule : Rule
    prefix : str
        What goes before the name of what is assigned: "" or "query_".
    fan_in, fan_out : str
        Numbers or expressions.
    """
    if rule.mode is None:
        return Spelling((), tuple(map(repr, rule.numbers)))
    word, width, numbers = _WIDTHS[rule.law]
    denominator = _DENOMINATORS[rule.mode].format(_atom(fan_in), _atom(fan_out))
    variable = f"{prefix}{word}"
    line = f"{variable} = {width.format(f'{rule.scale!r} / {denominator}')}"
    comment = (
        ("# The std before the cut at 2 std, which leaves 0.8796 of it.",)
        if rule.law == "truncated_normal"
        else ()
    )
    return Spelling((*comment, line), tuple(number.format(variable) for number in numbers))


SCHEMES: Mapping[Rule, str] = MappingProxyType(
    {
        rule_of(INITIALIZERS[f"{scheme}_{law}"]): f"{scheme}_{law}"
        for scheme in ("glorot", "he", "lecun")
        for law in ("normal", "uniform")
    }
)
"""The names under which both Keras and JAX have a rule."""


def _spread(law: str, mean: float, width: float) -> Rule:
    """A normal law; of no width, a constant: PyTorch's cut normal would divide by it."""
    return Rule(law, (mean, width)) if width else Rule("constant", (mean,))


def _between(low: float, high: float) -> Rule:
    return Rule("uniform", (low, high)) if low < high else Rule("constant", (low,))


def _atom(code: str) -> str:
    """The expression, in brackets unless it is one name or number."""
    return code if code.isidentifier() or code.isdigit() else f"({code})"
