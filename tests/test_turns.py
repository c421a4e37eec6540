"""Runs of the page that take turns: how many at once, in which order, and who leaves."""

import threading
from collections.abc import Callable

import pytest

from dashboard.queueing import Line, Visitor
from dashboard.turns import Turns
from tests.patience import until


def nothing() -> None:
    """A run that is still wanted."""


class Unwanted(Exception):
    pass


def unwanted() -> None:
    raise Unwanted


def begin(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_no_more_at_once_than_there_are_turns() -> None:
    turns, lock = Turns(2), threading.Lock()
    now, most = 0, 0

    def work() -> None:
        nonlocal now, most
        with turns.taken(nothing):
            with lock:
                now += 1
                most = max(most, now)
            threading.Event().wait(0.01)
            with lock:
                now -= 1

    for thread in [begin(work) for _ in range(12)]:
        thread.join(10)
    assert (most, now, turns.free) == (2, 0, 2)


def test_first_come_first_served_and_who_was_there_before_who_is_new() -> None:
    turns, order = Turns(1), list[str]()
    elsewhere = threading.Event()

    def newcomer(name: str) -> None:
        with turns.taken(nothing):
            order.append(name)

    def returning() -> None:
        with turns.taken(nothing):
            with turns.aside():
                elsewhere.wait(10)
            order.append("back")

    back = begin(returning)
    until(lambda: turns.free == 1)
    threads = [back]
    with turns.taken(nothing):
        for waiting, name in enumerate("abc"):
            threads.append(begin(lambda name=name: newcomer(name)))  # type: ignore[misc]
            until(lambda waiting=waiting: len(turns._new) == waiting + 1)  # type: ignore[misc]
        elsewhere.set()
        until(lambda: len(turns._back) == 1)
    for thread in threads:
        thread.join(10)
    assert order == ["back", "a", "b", "c"]
    assert turns.free == 1


def test_who_is_not_wanted_leaves_the_line() -> None:
    turns = Turns(1)
    with turns.taken(nothing):
        caught: list[BaseException] = []

        def work() -> None:
            try:
                with turns.taken(unwanted):
                    raise AssertionError
            except Unwanted as error:
                caught.append(error)

        begin(work).join(10)
        assert len(caught) == 1
        assert not turns._new
    assert turns.free == 1


def test_an_error_aside_gives_no_second_turn_back() -> None:
    turns = Turns(1)
    with pytest.raises(Unwanted), turns.taken(nothing), turns.aside():
        raise Unwanted
    assert turns.free == 1
    with pytest.raises(Unwanted), turns.taken(nothing):
        raise Unwanted
    assert turns.free == 1


def test_aside_means_nothing_to_a_thread_without_a_turn() -> None:
    turns = Turns(1)
    with turns.aside():
        assert turns.free == 1
    assert turns.free == 1


@pytest.mark.parametrize(("seconds", "free"), [(0.01, 0), (1.0, 1)], ids=["light", "heavy"])
def test_long_work_is_done_aside(seconds: float, free: int) -> None:
    turns = Turns(1)
    line = Line(2, turns.aside)
    with turns.taken(nothing):
        with line.served(Visitor(nothing), seconds):
            assert turns.free == free
        assert turns.free == 0
    assert turns.free == 1
