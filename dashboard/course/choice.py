"""A question whose answer is one of a few options."""

from dataclasses import dataclass

from dashboard.course.measures import Finding, Measure
from dashboard.course.points import MOST_POINTS

LETTERS = "abcdef"
"""Options of a choice, as links write them."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of the options of a choice.

    Attributes
    ----------
    text : str
        Plain text.
    low, high : float
        It is right where the number found is in [low, high).
    why : str
        Said to who chose it and was wrong.
    """

    text: str
    low: float
    high: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few options: the one in whose range the measured number lies.

    Attributes
    ----------
    label, prompt, explanation : str
    measure : Measure
    options : tuple of Option
        Their ranges do not overlap.
    chart : bool
    """

    label: str
    prompt: str
    measure: Measure
    options: tuple[Option, ...]
    explanation: str
    chart: bool = False

    def read(self, text: str) -> int:
        """The place of the option that a letter names.

        Raises
        ------
        ValueError
            If there is none.
        """
        letters = LETTERS[: len(self.options)]
        if text not in tuple(letters):
            raise ValueError(f"must be one of {', '.join(letters)}")
        return letters.index(text)

    def write(self, place: int) -> str:
        """The letter of an option."""
        return LETTERS[place]

    def spelled(self, text: str) -> str:
        """An answer as `write` has it; raises as `read` does."""
        return self.write(self.read(text))

    def right(self, value: float) -> int:
        """The place of the option in whose range a number lies.

        Raises
        ------
        ValueError
            If it lies in none.
        """
        for place, option in enumerate(self.options):
            if option.low <= value < option.high:
                return place
        raise ValueError(f"options must cover what is measured; none has {value:g}")

    def points(self, text: str, found: Finding) -> int:
        """All or none."""
        return MOST_POINTS * (self.read(text) == self.right(float(found.mean[0])))

    def why(self, text: str, found: Finding) -> str:
        """What is wrong about this option."""
        del found
        return self.options[self.read(text)].why
