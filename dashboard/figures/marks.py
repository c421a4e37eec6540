"""How each setting of a comparison is marked: by colour, by the shape of its points, by dashes.

Okabe and Ito's colours, without the green that means theory, and a violet, since their light blue
is too pale for white paper. Any two differ by 10 or more in CIEDE2000, also as seen with
protanopia, deuteranopia or tritanopia.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Mark:
    """A setting's colour, its points' symbol, that symbol in a text, and its line's dashes."""

    colour: str
    symbol: str
    glyph: str
    dash: str


MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "A": Mark("#0072B2", "circle-open", "○", "solid"),
        "B": Mark("#D55E00", "square-open", "□", "dash"),
        "C": Mark("#CC79A7", "diamond-open", "◇", "dot"),
        "D": Mark("#7F7FFA", "triangle-up-open", "△", "dashdot"),
    }
)
