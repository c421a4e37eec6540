"""Text that Markdown leaves alone."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])")


def escaped(text: str) -> str:
    """The text with every character that Markdown might read as markup escaped."""
    return _MARKUP.sub(r"\\\1", text)
