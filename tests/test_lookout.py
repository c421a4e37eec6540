"""Looks of who waits: a first one soon, the others seldom."""

import threading

import pytest

from dashboard.lookout import FIRST_LOOK, LOOK_UP, wait_for


class ThirdTime(threading.Event):
    """It comes while it is waited for a third time; keeps how long each wait would last."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return len(self.pauses) == 3


class Ended(BaseException):
    """What a run is ended by."""


def test_who_waits_looks_up_soon_and_then_seldom() -> None:
    event, looks = ThirdTime(), list[None]()
    wait_for(event, lambda: looks.append(None))
    assert event.pauses == [FIRST_LOOK, LOOK_UP, LOOK_UP]
    assert len(looks) == 2
    assert FIRST_LOOK < LOOK_UP


def test_what_has_come_is_not_waited_for() -> None:
    event = threading.Event()
    event.set()
    wait_for(event, lambda: pytest.fail("looked"))


def test_a_look_may_end_the_waiting() -> None:
    def look() -> None:
        raise Ended

    with pytest.raises(Ended):
        wait_for(threading.Event(), look)
