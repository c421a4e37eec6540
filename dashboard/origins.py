"""Origins of other sites: scheme, host and port, and nothing after them."""

import re
from collections.abc import Sequence

_ORIGIN = re.compile(
    r"https?://"
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
    r"(:(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)


def check_origin(text: str) -> str:
    """The origin, if it is one, as a policy may name it.

    Raises
    ------
    ValueError
        If it is not scheme://host or scheme://host:port, with http or https.
    """
    match = _ORIGIN.fullmatch(text)
    if match is None or not 0 < int(match["port"] or 443) < 65536:
        raise ValueError(
            "origin must be scheme://host or scheme://host:port, with http or https, a host in "
            "ASCII and nothing after it, as in https://course.example.org; "
            f"got {text!r}"
        )
    return text.lower()


def check_origins(texts: Sequence[str]) -> tuple[str, ...]:
    """Each origin once, in the order given.

    Raises
    ------
    ValueError
        If one of them is no origin.
    """
    return tuple(dict.fromkeys(map(check_origin, texts)))
