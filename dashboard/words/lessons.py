"""What a lesson says of an answer: how far off it is, by what factor, and how people come to it."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from dashboard.course.measures import Finding
from dashboard.course.questions import MOST_POINTS, Choice, Number, Question, Sketch
from dashboard.words.numbers import figure, plural, power

Writer: TypeAlias = Callable[[float], str]

_RIGHT = "Right."

_BELOW = "Why: see below."
"""Of an answer that nobody is known to give."""


def score_sentence(question: Question, text: str, found: Finding) -> str:
    """Points of ten, how far off and which way; then why, or where that is said. Plain text.

    Parameters
    ----------
    question : Question
    text : str
        The answer, as links hold it.
    found : Finding
        What the question's measure came to.
    """
    points = question.points(text, found)
    said = f"{points} of {MOST_POINTS} points. {_off(question, text, found)}"
    if points == MOST_POINTS:
        return said
    return f"{said} {question.why(text, found) or _BELOW}"


def answer_words(question: Question, text: str) -> str:
    """What someone has answered, to be read: 0.5; an option's words; 1, 10⁻³, 10⁻⁶. Plain text."""
    match question:
        case Number():
            return figure(question.read(text))
        case Choice():
            return question.options[question.read(text)].text
        case Sketch():
            return ", ".join(map(ten_to, question.read(text)))


def table_rows(question: Question, text: str, found: Finding) -> list[tuple[str, ...]]:
    """A head and rows: the answer, the simulator's with its spread, theory's."""
    match question:
        case Sketch():
            head: tuple[str, ...] = (question.unit, "You", "Simulator", "Theory")
            columns = zip(question.places, question.read(text), strict=True)
            rows = [
                (str(place), ten_to(mine), _spread(found, at, ten_to), _theory(found, at, ten_to))
                for at, (place, mine) in enumerate(columns)
            ]
            return [head, *rows]
        case Choice():
            right = question.options[question.right(float(found.mean[0]))].text
            head = ("You", "Right", f"Simulator: {question.label}", "Theory")
            mine = answer_words(question, text)
            return [head, (mine, right, _spread(found, 0, figure), _theory(found, 0, figure))]
        case Number():
            head = ("You", "Simulator", "Theory")
            mine = answer_words(question, text)
            return [head, (mine, _spread(found, 0, figure), _theory(found, 0, figure))]


def aloud(number: int, question: Question, text: str, found: Finding) -> str:
    """The outcome in one sentence, for the line that is read aloud."""
    said = f"Question {number}: you said {answer_words(question, text)}"
    return f"{said}. {score_sentence(question, text, found)}"


def total_sentence(points: Sequence[int]) -> str:
    """At the end: all points, and the questions that cost most."""
    total, most = sum(points), MOST_POINTS * len(points)
    if total == most:
        return f"{total} of {most} points: you foresaw all of it."
    worst = [str(number) for number, each in enumerate(points, 1) if each == min(points)]
    if len(worst) == len(points):
        return f"{total} of {most} points. All questions were equally hard for you."
    if len(worst) == 1:
        return f"{total} of {most} points. Question {worst[0]} was the hardest for you."
    listed = f"{', '.join(worst[:-1])} and {worst[-1]}"
    return f"{total} of {most} points. Questions {listed} were the hardest for you."


def progress_words(answered: int, questions: int) -> str:
    """How far a lesson is, in the list."""
    if answered == 0:
        return ""
    if answered == questions:
        return f"Done: all {questions} questions answered."
    return f"Begun: {answered} of {plural(questions, 'question')} answered."


def ten_to(exponent: float) -> str:
    """The number with this log10, two digits: 0.32, 1, 1.9·10⁻⁶."""
    if abs(exponent) < 3 or float(exponent).is_integer():
        return power(exponent)
    return figure(10.0**exponent, 2) if abs(exponent) < 300 else power(exponent)


def _off(question: Question, text: str, found: Finding) -> str:
    if question.points(text, found) == MOST_POINTS:
        return _RIGHT
    match question:
        case Number():
            return _number_off(question, question.read(text), found)
        case Choice():
            right = question.options[question.right(float(found.mean[0]))].text
            return f'Right is: "{right}".'
        case Sketch():
            return _sketch_off(question, question.read(text), found)


def _number_off(question: Number, answer: float, found: Finding) -> str:
    way = "too large" if answer > found.mean[0] else "too small"
    far = question.distance(answer, found)
    if not question.by_factor:
        return f"Off by {figure(far)}: {way}."
    return f"Off by a factor of {figure(10**far)}: {way}."


def _sketch_off(question: Sketch, powers: Sequence[float], found: Finding) -> str:
    far = question.distances(powers, found)
    worst = int(far.argmax())
    way = "above" if powers[worst] > found.mean[worst] else "below"
    place = f"{question.unit} {question.places[worst]}"
    return (
        f"Off by {figure(float(far.mean()), 2)} powers of ten on average, most at {place}: "
        f"{figure(float(far[worst]), 2)} {way}."
    )


def _spread(found: Finding, at: int, written: Writer) -> str:
    """The mean, and the lowest and highest of several networks."""
    column = found.values[:, at]
    mean = written(float(found.mean[at]))
    low, high = written(float(column.min())), written(float(column.max()))
    if len(column) == 1 or low == high:
        return mean
    return f"{mean} ({low} to {high} in {len(column)} networks)"


def _theory(found: Finding, at: int, written: Writer) -> str:
    return "none" if found.theory is None else written(float(found.theory[at]))
