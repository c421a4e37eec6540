"""How far someone is in the lessons: what a link holds of it. Pure data."""

from dataclasses import dataclass, replace

Answers = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coursework:
    """The lesson that is open, and what was answered in each that was begun.

    Attributes
    ----------
    lesson : str
        A key of `dashboard.lessons.LESSONS`, or "": the list of them.
    answers : tuple of (str, tuple of str)
        Each lesson that was begun, by name, and the answers committed in it, as its questions
        write them.
    """

    lesson: str = ""
    answers: tuple[tuple[str, Answers], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", tuple(sorted(self.answers)))

    def given(self, slug: str) -> Answers:
        """The answers committed in a lesson so far."""
        return dict(self.answers).get(slug, ())

    def with_answers(self, slug: str, answers: Answers) -> "Coursework":
        """The same with other answers in one lesson; none: it is as new."""
        kept = {**dict(self.answers), slug: answers}
        return replace(self, answers=tuple((name, each) for name, each in kept.items() if each))
