"""Answers that are computed once for all: nobody is lost, nobody hangs, and memory is bounded."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from dashboard.answers import Answers, bytes_of
from dashboard.lookout import LOOK_UP
from dashboard.queueing import Visitor

pytestmark = pytest.mark.alone


class Left(Exception):
    """Nobody wants it any more."""


def stay() -> None:
    pass


class Work:
    """Work that lasts until it is told, and counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.ready = threading.Event()
        self.error: BaseException | None = None

    def __call__(self, visitor: Visitor) -> object:
        self.begun += 1
        end = time.monotonic() + 10  # a fault must not hang the tests
        while not self.ready.wait(0.01) and time.monotonic() < end:
            visitor.check()
        if self.error is not None:
            raise self.error
        return object()


class Guest:
    """A visitor who can leave."""

    def __init__(self) -> None:
        self.gone = threading.Event()
        self.heard: list[tuple[int, int]] = []
        self.places: list[int] = []

    def check(self) -> None:
        if self.gone.is_set():
            raise Left

    @property
    def visitor(self) -> Visitor:
        return Visitor(
            self.check, lambda done, total: self.heard.append((done, total)), self.places.append
        )


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def ask_all(
    pool: ThreadPoolExecutor,
    answers: Answers,
    work: Callable[[Visitor], object],
    guests: list[Guest],
) -> list["Future[object]"]:
    """The first one computes, the others wait."""
    asked = [pool.submit(answers.ask, "question", work, guests[0].visitor)]
    wait_for(lambda: "question" in answers._at_work)
    asked += [pool.submit(answers.ask, "question", work, guest.visitor) for guest in guests[1:]]
    time.sleep(0.05)
    return asked


def test_what_is_known_is_not_computed_again() -> None:
    answers = Answers(8, 1000)
    first = answers.ask("a", lambda visitor: object(), Visitor(stay))
    assert answers.ask("a", lambda visitor: object(), Visitor(stay)) is first
    assert answers.ask("b", lambda visitor: object(), Visitor(stay)) is not first
    answers.clear()
    assert len(answers) == answers.bytes == 0
    assert answers.ask("a", lambda visitor: object(), Visitor(stay)) is not first


def test_nothing_is_an_answer_too() -> None:
    answers, begun = Answers(8, 1000), []
    for _ in range(2):
        assert answers.ask("a", lambda visitor: begun.append(1), Visitor(stay)) is None
    assert len(begun) == 1


def test_thirty_who_ask_at_once_share_one_computation() -> None:
    answers, work = Answers(8, 1000), Work()
    with ThreadPoolExecutor(30) as pool:
        asked = ask_all(pool, answers, work, [Guest() for _ in range(30)])
        work.ready.set()
        found = [each.result(10) for each in asked]
    assert work.begun == 1
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize("others", [1, 8])
def test_one_takes_over_from_who_leaves(others: int) -> None:
    answers, work = Answers(8, 1000), Work()
    guests = [Guest() for _ in range(1 + others)]
    with ThreadPoolExecutor(9) as pool:
        first, *rest = ask_all(pool, answers, work, guests)
        guests[0].gone.set()
        with pytest.raises(Left):
            first.result(10)
        wait_for(lambda: work.begun == 2)
        work.ready.set()
        found = [each.result(10) for each in rest]
    assert work.begun == 2
    assert len(set(map(id, found))) == 1
    assert not answers._at_work


def test_one_by_one_all_may_leave_but_the_last() -> None:
    answers, work = Answers(8, 1000), Work()
    guests = [Guest() for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        asked = ask_all(pool, answers, work, guests)
        for guest in guests[:-1]:
            guest.gone.set()
        for each in asked[:-1]:
            with pytest.raises(Left):
                each.result(10)
        work.ready.set()
        assert asked[-1].result(10) is not None


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), MemoryError()])
def test_an_error_is_everyone_s_own(error: BaseException) -> None:
    """Each tries for themselves, and nothing is kept."""
    answers, work = Answers(8, 1000), Work()
    work.error = error
    with ThreadPoolExecutor(4) as pool:
        asked = ask_all(pool, answers, work, [Guest() for _ in range(4)])
        work.ready.set()
        for each in asked:
            with pytest.raises(type(error)):
                each.result(10)
    assert work.begun == 4
    assert len(answers) == 0
    work.error = None
    assert answers.ask("question", work, Visitor(stay)) is not None


def test_who_waits_for_another_can_leave_at_once() -> None:
    answers, work = Answers(8, 1000), Work()
    guests = [Guest(), Guest()]
    with ThreadPoolExecutor(2) as pool:
        first, second = ask_all(pool, answers, work, guests)
        guests[1].gone.set()
        start = time.monotonic()
        with pytest.raises(Left):
            second.result(10)
        assert time.monotonic() - start < 0.3
        assert not first.done()
        work.ready.set()
        first.result(10)
    assert work.begun == 1


def test_who_waits_hears_how_far_it_is() -> None:
    answers, release = Answers(8, 1000), threading.Event()
    guests = [Guest(), Guest()]

    def work(visitor: Visitor) -> object:
        assert visitor.waiting is not None
        assert visitor.report is not None
        visitor.waiting(3)
        assert release.wait(10)
        release.clear()
        visitor.report(2, 5)
        assert release.wait(10)
        return 1

    with ThreadPoolExecutor(2) as pool:
        asked = ask_all(pool, answers, work, guests)
        for heard, expected in (("places", 3), ("heard", (2, 5))):
            told = [getattr(guest, heard) for guest in guests]
            wait_for(partial(all, told))
            assert all(set(each) == {expected} for each in told)
            release.set()
        assert [each.result(10) for each in asked] == [1, 1]


def test_who_takes_over_asked_when_they_asked() -> None:
    """So that they do not go to the end of the line."""
    answers, since = Answers(8, 1000), []
    gone = threading.Event()

    def work(visitor: Visitor) -> object:
        since.append(visitor.since)
        if len(since) == 1:
            assert gone.wait(10)
            raise Left
        return 1

    second = Visitor(stay)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(answers.ask, "question", work, Visitor(stay))
        wait_for(lambda: since)
        other = pool.submit(answers.ask, "question", work, second)
        time.sleep(2 * LOOK_UP)
        gone.set()
        with pytest.raises(Left):
            one.result(10)
        assert other.result(10) == 1
    assert since[1] == second.since


def ask_for(answers: Answers, question: int, size: int) -> None:
    answers.ask(question, lambda visitor: np.zeros(size, np.int8), Visitor(stay))


def kept(answers: Answers) -> list[object]:
    return list(answers._kept)


def test_entries_are_bounded() -> None:
    answers = Answers(3, 1000)
    for question in (1, 2, 3, 1, 4):
        ask_for(answers, question, 1)
    assert kept(answers) == [3, 1, 4]  # 2 was asked for longest ago
    assert answers.bytes == 3


def test_bytes_are_bounded() -> None:
    answers = Answers(100, 1000)
    for question in range(1, 5):
        ask_for(answers, question, 300)
    assert kept(answers) == [2, 3, 4]
    assert answers.bytes == 900
    ask_for(answers, 5, 1000)
    assert kept(answers) == [5]
    assert answers.bytes == 1000


def test_an_answer_too_large_is_given_and_not_kept() -> None:
    answers = Answers(100, 1000)
    ask_for(answers, 1, 10)
    found = answers.ask(2, lambda visitor: np.zeros(1001, np.int8), Visitor(stay))
    assert len(found) == 1001
    assert kept(answers) == [1]


@dataclass(frozen=True, slots=True)
class Nested:
    one: object
    other: object = None


@pytest.mark.parametrize(
    "answer",
    [
        np.zeros(1000),
        np.zeros((2, 1000))[1],  # a view
        (np.zeros(500), np.zeros(500)),
        [np.zeros(500), {"a": np.zeros(500)}],
        Nested(np.zeros(500), Nested(np.zeros(500))),
    ],
)
def test_bytes_of_all_arrays_count(answer: object) -> None:
    assert 8000 <= bytes_of(answer) < 9000
