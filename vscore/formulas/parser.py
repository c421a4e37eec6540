"""Text to tree: a tokenizer and a recursive-descent parser.

    sum      = product { ("+" | "-") product }
    product  = unary { ("*" | "/") unary }
    unary    = ("+" | "-") unary | power
    power    = atom [ "**" unary ]
    atom     = number | "x" | "pi" | "e" | name "(" sum { "," sum } ")" | "(" sum ")"

Precedence is Python's: -x**2 is -(x**2), and 2**3**2 is 2**9.
"""

import difflib
import math
import re
from dataclasses import dataclass

from vscore.formulas.errors import FormulaError
from vscore.formulas.functions import CONSTANTS, FUNCTIONS
from vscore.formulas.tree import Call, Node, Number, Variable, constant, has_variable
from vscore.parameters import shown

LONGEST = 200
"""Characters of a formula."""

DEEPEST = 24
"""Brackets, signs and powers inside each other."""

MOST_NODES = 120
"""Numbers, x's, functions and operators together."""

LARGEST_EXPONENT = 100.0

_TOKEN = re.compile(
    r"[ ]*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>\*\*|[-+*/(),]))"
)

_HINTS = {
    "^": "a power is written **",
    "{": "use round brackets",
    "[": "use round brackets",
    "=": "write only the right-hand side, such as x * sigmoid(x)",
    "<": "a condition is written where(a, b, c): b where a > 0, else c",
    ">": "a condition is written where(a, b, c): b where a > 0, else c",
    "\u00d7": "a product is written *",
    "\u00b7": "a product is written *",
    "\u2212": "a minus is written -",
}
"""What to write instead."""


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name, a sign, or the end; `text` is empty at the end only."""

    kind: str
    text: str
    position: int


def parse(formula: object) -> Node:
    """The formula's tree.

    Raises
    ------
    FormulaError
        Pointing at the first character that does not fit, if it is no formula, is too large, or
        has no x.
    """
    if not isinstance(formula, str):
        raise FormulaError(f"formula must be text; got {shown(formula)}", "", 0)
    if len(formula) > LONGEST:
        reason = f"formula must have at most {LONGEST} characters; got {len(formula)}"
        raise FormulaError(reason, formula[: LONGEST + 1], LONGEST)
    tree = _Parser(formula).whole()
    if not has_variable(tree):
        raise FormulaError("formula must contain x, the activation's input", formula, 0)
    return tree


def _tokens(formula: str) -> list[Token]:
    found, place = [], 0
    while place < len(formula.rstrip(" ")):
        match = _TOKEN.match(formula, place)
        if match is None:
            place += len(formula[place:]) - len(formula[place:].lstrip(" "))
            raise _stray(formula, place)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*found, Token("end", "", len(formula.rstrip(" ")))]


def _stray(formula: str, place: int) -> FormulaError:
    character = formula[place]
    allowed = "numbers, x, + - * / **, brackets, commas and names of functions"
    hint = _HINTS.get(character, f"a formula may hold {allowed}")
    return FormulaError(f"unexpected {character!r}: {hint}", formula, place)


class _Parser:
    """One formula being read: its tokens, the next one, and how much has been built."""

    def __init__(self, formula: str) -> None:
        self._formula = formula
        self._tokens = _tokens(formula)
        self._next = 0
        self._depth = 0
        self._nodes = 0

    def whole(self) -> Node:
        if self._token.kind == "end":
            raise self._error("formula is empty: write one such as x * sigmoid(x)")
        tree = self._sum()
        if self._token.kind != "end":
            none_open = self._token.text == ")"
            raise self._unexpected("no )" if none_open else "an operator, such as *")
        return tree

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _sum(self) -> Node:
        left = self._product()
        while self._token.text in ("+", "-"):
            sign = self._take()
            left = self._call(sign.text, (left, self._product()), sign.position)
        return left

    def _product(self) -> Node:
        left = self._unary()
        while self._token.text in ("*", "/"):
            sign = self._take()
            left = self._call(sign.text, (left, self._unary()), sign.position)
        return left

    def _unary(self) -> Node:
        if self._token.text not in ("+", "-"):
            return self._power()
        sign = self._take()
        self._deeper(sign)
        inner = self._unary()
        self._depth -= 1
        return inner if sign.text == "+" else self._call("negative", (inner,), sign.position)

    def _power(self) -> Node:
        base = self._atom()
        if self._token.text != "**":
            return base
        sign = self._take()
        self._deeper(sign)
        exponent = self._unary()
        self._depth -= 1
        self._check_power(base, exponent, sign)
        return self._call("**", (base, exponent), sign.position)

    def _check_power(self, base: Node, exponent: Node, sign: Token) -> None:
        """The exponent is a number of moderate size, or the base is a positive one."""
        if has_variable(exponent):
            if has_variable(base) or not constant(base) > 0:
                reason = "an exponent with x needs a positive number as its base: write exp(...)"
                raise FormulaError(reason, self._formula, sign.position)
        elif not abs(constant(exponent)) <= LARGEST_EXPONENT:
            reason = (
                f"an exponent must be in [-{LARGEST_EXPONENT:g}, {LARGEST_EXPONENT:g}]; "
                f"got {constant(exponent):g}"
            )
            raise FormulaError(reason, self._formula, exponent.position)

    def _atom(self) -> Node:
        token = self._token
        if token.kind == "number":
            return self._number()
        if token.kind == "name":
            return self._named()
        if token.text == "(":
            return self._bracket()
        raise self._unexpected("a number, x, a function or (")

    def _number(self) -> Node:
        token = self._take()
        number = float(token.text)
        if not math.isfinite(number):
            reason = f"{shown(token.text)} is beyond the largest number, 1.8e308"
            raise FormulaError(reason, self._formula, token.position)
        return self._counted(Number(number, token.position))

    def _bracket(self) -> Node:
        opening = self._take()
        self._deeper(opening)
        inner = self._sum()
        self._depth -= 1
        self._close(opening)
        return inner

    def _named(self) -> Node:
        token = self._take()
        if token.text == "x":
            return self._counted(Variable(token.position))
        if token.text in CONSTANTS:
            return self._counted(Number(CONSTANTS[token.text], token.position))
        if token.text not in FUNCTIONS:
            raise FormulaError(_unknown(token.text), self._formula, token.position)
        if self._token.text != "(":
            raise self._unexpected(f"( after {token.text}")
        return self._call(token.text, self._arguments(token), token.position)

    def _arguments(self, name: Token) -> tuple[Node, ...]:
        opening = self._take()
        self._deeper(opening)
        found = [self._sum()]
        while self._token.text == ",":
            self._take()
            found.append(self._sum())
        self._depth -= 1
        self._close(opening)
        arity = FUNCTIONS[name.text].arity
        if len(found) != arity:
            wanted = f"{arity} argument{'s' * (arity > 1)}"
            reason = f"{name.text} takes {wanted}; got {len(found)}"
            raise FormulaError(reason, self._formula, name.position)
        return tuple(found)

    def _close(self, opening: Token) -> None:
        if self._token.kind == "end":
            reason = "this bracket is never closed"
            raise FormulaError(reason, self._formula, opening.position)
        if self._token.text != ")":
            raise self._unexpected("an operator, such as *, or )")
        self._take()

    def _call(self, name: str, arguments: tuple[Node, ...], position: int) -> Node:
        return self._counted(Call(name, arguments, position))

    def _counted(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            reason = f"formula is too large: at most {MOST_NODES} numbers, names and operators"
            raise FormulaError(reason, self._formula, node.position)
        return node

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            reason = f"formula is nested too deeply: at most {DEEPEST} levels"
            raise FormulaError(reason, self._formula, token.position)

    def _unexpected(self, wanted: str) -> FormulaError:
        got = repr(self._token.text) if self._token.text else "the end of the formula"
        return self._error(f"expected {wanted}; got {got}")

    def _error(self, reason: str) -> FormulaError:
        return FormulaError(reason, self._formula, self._token.position)


def _unknown(name: str) -> str:
    names = ("x", *CONSTANTS, *FUNCTIONS)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    return f"{shown(name)} must be one of {', '.join(names)}{hint}"
