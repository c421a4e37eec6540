"""Text that Markdown leaves alone."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_JOINER = "\u2060"


def escaped(text: str) -> str:
    """The text with every character that Markdown might read as markup escaped.

    Addresses become links even so; a word joiner, which nobody sees, keeps them from it.
    """
    return _MARKUP.sub(r"\\\1", _ADDRESS.sub(_JOINER, text))
