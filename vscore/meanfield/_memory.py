"""What was asked last, and the answers: some take long, and pages ask for them again and again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

_MOST = 16
"""A page asks a prediction a dozen questions."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The last few answers, by the question as it is written: True is not 1 there."""

    answers: dict[str, Any] = field(default_factory=dict)

    def once(self, question: tuple[object, ...], find: Callable[[], Answer]) -> Answer:
        """The answer, found only if it is not known."""
        key = repr(question)
        if key in self.answers:
            known: Answer = self.answers[key]
            return known
        found = find()
        self.answers[key] = found
        while len(self.answers) > _MOST:
            self.answers.pop(next(iter(self.answers)), None)
        return found
