"""The lessons in a link: which one is open, and the answers committed in each, joined by ~."""

from dashboard.course.state import Answers, Coursework
from dashboard.lessons import LESSONS
from dashboard.links.reader import Reader

_PREFIX = "answers."
"""Before a lesson's name."""

_BETWEEN = "~"


def parse_coursework(reader: Reader) -> Coursework:
    """What the pairs say of lessons; those of the lessons are taken.

    Answers from the first that cannot be used on are left out, so that its question is asked.
    """
    lesson = reader.take("lesson", "", _lesson)
    given = reader.split(_PREFIX)
    answers = tuple((slug, _read(given, slug)) for slug in LESSONS if slug in given.pairs)
    given.finish()
    return Coursework(lesson, tuple((slug, each) for slug, each in answers if each))


def spell_coursework(coursework: Coursework) -> dict[str, str]:
    """The pairs that say so; nothing where no lesson is open or begun."""
    pairs = {"lesson": coursework.lesson} if coursework.lesson else {}
    return pairs | {_PREFIX + slug: _BETWEEN.join(each) for slug, each in coursework.answers}


def _lesson(text: str) -> str:
    if text not in LESSONS:
        raise ValueError("there is no such lesson")
    return text


def _read(reader: Reader, slug: str) -> Answers:
    """A lesson's answers, each in the spelling that its question gives it."""
    questions = LESSONS[slug].questions
    whole = reader.pairs.pop(slug)
    texts = whole.split(_BETWEEN, len(questions))
    if len(texts) > len(questions):
        reader.note(slug, whole, f"this lesson has {len(questions)} questions")
    read: list[str] = []
    for question, text in zip(questions, texts, strict=False):
        try:
            read.append(question.spelled(text))
        except ValueError as error:
            reader.note(slug, text, f"answer {len(read) + 1} {error}")
            break
    return tuple(read)
