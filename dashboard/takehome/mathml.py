"""The formulas that `words.weights.formula` writes in LaTeX, as MathML, which browsers draw alone.

A report may load nothing, so no MathJax. Only the LaTeX that occurs there is known.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from html import escape

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|[A-Za-z]|[^\s]")

_SIGNS = {r"\times": "×", r"\max": "max", "-": "−"}


def mathml(latex: str) -> str:
    r"""A `<math>` element.

    Parameters
    ----------
    latex : str
        Numbers, letters, signs, \frac, \tfrac, \sqrt, \text, \operatorname, \times, \max, \quad
        and exponents in braces.

    Raises
    ------
    ValueError
        If there is another command in it.
    """
    parts = _row(deque(_TOKEN.findall(latex)))
    return f'<math display="block">{parts}</math>'


def _row(tokens: deque[str]) -> str:
    """Everything up to a closing brace, or to the end."""
    done: list[str] = []
    while tokens and tokens[0] != "}":
        token = tokens.popleft()
        if token == "^":
            done.append(f"<msup>{done.pop()}{_group(tokens)}</msup>")
        else:
            done.append(_item(token, tokens))
    return "".join(done)


def _group(tokens: deque[str]) -> str:
    """What stands in braces, as one element."""
    if tokens.popleft() != "{":
        raise ValueError("latex must have its arguments in braces")
    inside = _row(tokens)
    tokens.popleft()
    return f"<mrow>{inside}</mrow>"


def _words(tokens: deque[str]) -> str:
    """What stands in braces, letter by letter."""
    letters = []
    tokens.popleft()
    while (token := tokens.popleft()) != "}":
        letters.append(token.removeprefix("\\"))
    return escape("".join(letters))


def _item(token: str, tokens: deque[str]) -> str:
    if token in _COMMANDS:
        return _COMMANDS[token](tokens)
    if token == r"\quad":
        return '<mspace width="1em"></mspace>'
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    if token.isalpha():
        return f"<mi>{token}</mi>"
    if token.startswith("\\") and token not in _SIGNS:
        raise ValueError(f"latex must use known commands only; got {token}")
    return f"<mo>{escape(_SIGNS.get(token, token))}</mo>"


_COMMANDS: Mapping[str, Callable[[deque[str]], str]] = {
    r"\frac": lambda tokens: f"<mfrac>{_group(tokens)}{_group(tokens)}</mfrac>",
    r"\tfrac": lambda tokens: f"<mfrac>{_group(tokens)}{_group(tokens)}</mfrac>",
    r"\sqrt": lambda tokens: f"<msqrt>{_group(tokens)}</msqrt>",
    r"\text": lambda tokens: f"<mtext>{_words(tokens)}</mtext>",
    r"\operatorname": lambda tokens: f"<mi>{_words(tokens)}</mi>",
}
