"""What a teacher's link says and does besides naming an experiment. Pure data."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vscore.parameters import check_choice

LONGEST_TEXT = 200
"""Characters of a title or a question."""

CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "layer": "Layer and its sizes",
        "kernel": "Kernel",
        "init": "Initializer",
        "scale": "Scale (or deviation, gain, limits)",
        "mode": "Mode",
        "distribution": "Distribution",
        "seed": "Seed, Redraw",
        "family": "Kind of network",
        "act": "Activation",
        "cell": "Cell",
        "recurrent": "Recurrent kernel",
        "padding": "Padding",
        "image_size": "Image size",
        "depth": "Depth",
        "width": "Width",
        "taper": "Last width",
        "networks": "Networks",
        "batch": "Batch",
        "bias_variance": "Bias variance",
        "statistic": "Follow forward",
        "settings": "Settings A to D: choose, add, copy, remove, move",
        "training": "Training: data, optimizer, rate, epochs, sizes",
        "sweep": "Sweep: measure and axes",
    }
)
"""What can be locked or hidden, by the name that links use."""

CHARTS: Mapping[str, str] = MappingProxyType({"weights": "Weights", "signal": "Signal, gradient"})
"""What can be shown alone, in presentation mode."""


@dataclass(frozen=True, slots=True)
class Handout:
    """A title and a question, controls that are locked or hidden, a chart that is shown alone.

    Attributes
    ----------
    title, question : str
        Plain text of at most 200 characters, on one line.
    locked, hidden : tuple of str
        Keys of `CONTROLS`: shown but not changeable; not shown.
    present : str
        A key of `CHARTS`, or "": the whole page.
    """

    title: str = ""
    question: str = ""
    locked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    present: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "question"):
            check_text(name, getattr(self, name))
        for name in ("locked", "hidden"):
            object.__setattr__(self, name, _in_order(name, getattr(self, name)))
        check_choice("present", self.present, ("", *CHARTS))


def check_text(argument: str, text: str) -> str:
    """The text, if it is short and on one line.

    Raises
    ------
    ValueError
        If it is longer than 200 characters or holds control characters.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{argument} must have at most {LONGEST_TEXT} characters; got {len(text)}")
    if any(map(_is_control, text)):
        raise ValueError(f"{argument} must be plain text on one line, with no control characters")
    return text


def clean_text(text: str) -> str:
    """Any text as one that `check_text` takes: a space for each control character, cut at 200."""
    plain = "".join(" " if _is_control(character) else character for character in text)
    return plain.strip()[:LONGEST_TEXT]


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def _in_order(argument: str, names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order of `CONTROLS`."""
    asked = {check_choice(argument, name, CONTROLS) for name in names}
    return tuple(name for name in CONTROLS if name in asked)
