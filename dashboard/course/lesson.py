"""A lesson as data: what it is for, its questions, what to try next, a note for the teacher."""

import re
from dataclasses import dataclass

from dashboard.course.questions import Question
from dashboard.experiment import Experiment

_SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Try:
    """Something to try next: what to look for, and the page and experiment that the link opens.

    Attributes
    ----------
    text : str
        Plain text, the link's words.
    experiment : Experiment
    page : str
        A path of `PAGES`.
    """

    text: str
    experiment: Experiment
    page: str = ""


@dataclass(frozen=True, slots=True)
class Teacher:
    """For who runs it in a room.

    Attributes
    ----------
    minutes : str
        How long it takes a class, talk included.
    usual : str
        What students usually answer.
    room : str
        How to run it.
    """

    minutes: str
    usual: str
    room: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """Predict, then see.

    Attributes
    ----------
    slug : str
        Its name in links: lower-case words joined by hyphens.
    place : int
        Lessons are listed by it.
    title, goal : str
        Plain text.
    minutes : int
        For one who works alone, 5 to 10.
    setting : str
        The experiment that is asked about, in words. Markdown.
    terms : tuple of str
        Slugs of the glossary's words that it needs.
    questions : tuple of Question
        Two to four.
    next : tuple of Try
    teacher : Teacher
    """

    slug: str
    place: int
    title: str
    goal: str
    minutes: int
    setting: str
    terms: tuple[str, ...]
    questions: tuple[Question, ...]
    next: tuple[Try, ...]
    teacher: Teacher

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.slug):
            raise ValueError(
                f"slug must be lower-case words joined by hyphens, as in relu-halves; "
                f"got {self.slug!r}"
            )
        if not 5 <= self.minutes <= 10:
            raise ValueError(f"minutes must be in [5, 10]; got {self.minutes}. Split a longer one")
        if not 2 <= len(self.questions) <= 4:
            raise ValueError(f"questions must be two to four; got {len(self.questions)}")
