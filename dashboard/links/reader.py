"""The pairs of a query string, and how their values are read: strictly, with a notice for each."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from dashboard.notice import Notice
from vscore.parameters import PARAMETERS, Parameter, check_choice

_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", re.ASCII)
_LONGEST = 16_000
_MOST_FIELDS = 200
_OF_A_PAGE = frozenset({"embed", "embed_options", "term"})
"""Words in a query string that are no setting: Streamlit's own, for a page inside another one, and
the glossary's term that the guide opens at."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The pairs of a query string, each taken once; what is wrong is noted.

    Attributes
    ----------
    pairs : dict
        Those not yet taken, by name.
    notices : list of Notice
        What could not be used so far.
    prefix : str
        Before the names in notices.
    """

    pairs: dict[str, str]
    notices: list[Notice]
    prefix: str = ""

    def take(self, name: str, default: Any, decode: Callable[[str], Any]) -> Any:
        """The decoded value, or the default with a notice."""
        text = self.pairs.pop(name, None)
        if text is None:
            return default
        try:
            return decode(text)
        except ValueError as error:
            self.note(name, text, str(error))
            return default

    def take_name(self, name: str, default: str, names: Sequence[str] | Mapping[str, Any]) -> str:
        """One of some names."""
        chosen: str = self.take(name, default, lambda text: check_choice(name, text, names))
        return chosen

    def take_number(self, name: str, default: float) -> Any:
        """A number that its control can show."""
        return self.take(name, default, lambda text: number(PARAMETERS[name], text))

    def take_sizes(self, name: str, default: Any) -> Any:
        """A whole number, or one an axis where the default is a tuple."""
        if not isinstance(default, tuple):
            return self.take_number(name, default)
        parameter = PARAMETERS[name]
        return self.take(name, default, lambda text: _numbers(parameter, text, len(default)))

    def note(self, name: str, text: str, reason: str) -> None:
        """Say that a value was not used, at most 32 characters of it."""
        self.notices.append(Notice(self.prefix + name[:32], text[:32], reason))

    def split(self, prefix: str) -> "Reader":
        """Take out the pairs whose names start so, as a reader of their own."""
        names = [name for name in self.pairs if name.startswith(prefix)]
        pairs = {name.removeprefix(prefix): self.pairs.pop(name) for name in names}
        return Reader(pairs, self.notices, prefix)

    def finish(self) -> None:
        """Note what nothing has asked for."""
        for name, text in self.pairs.items():
            self.note(name, text, "there is no such setting here")


def read(query: str) -> Reader:
    """The pairs of a query string without its question mark: any text at all."""
    notices: list[Notice] = []
    reader = Reader({}, notices)
    try:
        found = parse_qsl(query[:_LONGEST], keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        reader.note("link", query, f"it has more than {_MOST_FIELDS} settings")
        return reader
    for name, text in found:
        if name in reader.pairs:
            reader.note(name, text, "given twice; the first is used")
        elif name not in _OF_A_PAGE:
            reader.pairs[name] = text
    return reader


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


def number(parameter: Parameter, text: str) -> float:
    """The number that a text spells, plainly and within what its control shows."""
    pattern, kind = (_INTEGER, int) if parameter.integer else (_DECIMAL, float)
    if not pattern.fullmatch(text):
        raise ValueError(f"must be {'a whole' if parameter.integer else 'a'} number")
    value: float = kind(text)
    return parameter.check(in_shown_range(parameter, value))


def _numbers(parameter: Parameter, text: str, count: int) -> tuple[float, ...]:
    parts = text.split("x")
    if len(parts) not in (1, count):
        raise ValueError(f"must be {count} numbers joined by x")
    values = tuple(number(parameter, part) for part in parts)
    return values * count if len(values) == 1 else values
