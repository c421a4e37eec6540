"""Answers that all visitors share: one computes, the others wait for it, and it is kept.

`cachetools.cached` with a condition does this too, but who waits there cannot leave: a run that
was ended would hold its thread until somebody else's work is done.
"""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from dashboard.lookout import wait_for
from dashboard.queueing import Aside, Visitor

Answer = TypeVar("Answer")


class _Work:
    """What one visitor computes and others may wait for.

    Attributes
    ----------
    over : threading.Event
        Set when there is an answer, or will be none.
    answer : list
        Holds it, when there is one.
    progress : tuple of (int, int)
        Done and total; or nothing yet.
    before : int
        How many people are before the one who computes it.
    """

    def __init__(self) -> None:
        self.over = threading.Event()
        self.answer: list[Any] = []
        self.progress: tuple[int, int] | tuple[()] = ()
        self.before = 0

    def tell(self, visitor: Visitor) -> None:
        """Let a visitor know how far it is."""
        if self.progress and visitor.report is not None:
            visitor.report(*self.progress)
        elif self.before and visitor.waiting is not None:
            visitor.waiting(self.before)

    def wait(self, visitor: Visitor) -> None:
        """Until it is over; the visitor is asked and told now and then."""

        def look() -> None:
            visitor.check()
            self.tell(visitor)

        wait_for(self.over, look)

    def told_by(self, visitor: Visitor) -> Visitor:
        """The one who computes, whose news all others hear of."""

        def report(done: int, total: int) -> None:
            self.progress = done, total
            self.tell(visitor)

        def waiting(before: int) -> None:
            self.before = before
            self.tell(visitor)

        return replace(visitor, report=report, waiting=waiting)


class Answers:
    """What was computed last, up to so many answers and so much memory.

    Parameters
    ----------
    most : int
        Answers.
    most_bytes : int
        Of their arrays. A larger one is given, and not kept.
    aside : callable
        Gives a context for who waits for another.
    """

    def __init__(self, most: int, most_bytes: int, aside: Aside = nullcontext) -> None:
        self._aside = aside
        self.most = most
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0
        self._at_work: dict[Hashable, _Work] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """Of all arrays that are kept."""
        return self._bytes

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def ask(
        self, question: Hashable, work: Callable[[Visitor], Answer], visitor: Visitor
    ) -> Answer:
        """The answer, computed here if it is not known and nobody else is at it.

        Where whoever is at it gives up, one of those who wait takes over, in the place in line
        that they have by then.

        Parameters
        ----------
        question : hashable
            Names the answer.
        work : callable
            Called with the visitor on whose behalf it works.
        visitor : Visitor
            Asked now and then whether they still wait.

        Raises
        ------
        BaseException
            What `work` or the visitor's `check` raises. An error is not kept: the next one tries
            again.
        """
        while True:
            with self._lock:
                if question in self._kept:
                    self._kept.move_to_end(question)
                    found: Answer = self._kept[question][0]
                    return found
                others = self._at_work.get(question)
                if others is None:
                    mine = self._at_work[question] = _Work()
            if others is None:
                return self._compute(question, work, visitor, mine)
            with self._aside():
                others.wait(visitor)
            if others.answer:
                shared: Answer = others.answer[0]
                return shared

    def _compute(
        self,
        question: Hashable,
        work: Callable[[Visitor], Answer],
        visitor: Visitor,
        mine: _Work,
    ) -> Answer:
        try:
            answer = work(mine.told_by(visitor))
            mine.answer.append(answer)
            self._keep(question, answer)
            return answer
        finally:
            with self._lock:
                del self._at_work[question]
            mine.over.set()

    def _keep(self, question: Hashable, answer: object) -> None:
        size = bytes_of(answer)
        if size > self.most_bytes:
            return
        with self._lock:
            self._kept[question] = answer, size
            self._bytes += size
            while len(self._kept) > self.most or self._bytes > self.most_bytes:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed


def bytes_of(answer: object) -> int:
    """Bytes of an answer: the arrays in its fields, and in theirs, and what it is itself.

    Parameters
    ----------
    answer : object
        An array, a dataclass, or a tuple, list or dict of such.
    """
    match answer:
        case np.ndarray():
            return answer.nbytes  # a view's too
        case tuple() | list():
            return sys.getsizeof(answer) + sum(map(bytes_of, answer))
        case dict():
            return sys.getsizeof(answer) + sum(map(bytes_of, answer.values()))
        case _ if is_dataclass(answer):
            parts = (getattr(answer, each.name) for each in fields(answer))
            return sys.getsizeof(answer) + sum(map(bytes_of, parts))
        case _:
            return sys.getsizeof(answer)
