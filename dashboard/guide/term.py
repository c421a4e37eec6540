"""What the glossary says of one word."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the glossary; plain text throughout.

    Attributes
    ----------
    slug : str
        Its address: `/guide?term=slug`.
    name : str
        As it is written in a sentence.
    meaning : str
        One or two plain sentences.
    symbol : str
        Its letter in formulas; empty where there is none.
    formula : str
        In Unicode, read from left to right; empty where there is none.
    see : tuple of str
        Slugs of terms to read next.
    source : str
        Paper and equation; empty where it is common knowledge.
    """

    slug: str
    name: str
    meaning: str
    symbol: str = ""
    formula: str = ""
    see: tuple[str, ...] = ()
    source: str = ""
