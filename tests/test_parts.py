"""What someone sees who waits."""

import time

import pytest

from dashboard.views.parts import Progress, in_line


class Place:
    """What was shown in it."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, str]] = []

    def progress(self, share: float, text: str) -> None:
        self.shown.append((share, text))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands until a test moves it."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def shown_by(place: Place, what: str = "a network") -> Progress:
    return Progress(place, what)  # type: ignore[arg-type]  # all that it uses


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (1, "Waiting for the computer: 1 person is before you."),
        (3, "Waiting for the computer: 3 people are before you."),
    ],
)
def test_place_in_words(before: int, expected: str) -> None:
    assert in_line(before) == expected


def test_nothing_is_shown_for_three_tenths_of_a_second(clock: list[float]) -> None:
    place = Place()
    progress = shown_by(place)
    clock[0] += 0.29
    progress.waiting(3)
    progress(1, 4)
    assert place.shown == []
    clock[0] += 0.02
    progress.waiting(3)
    assert place.shown == [(0.0, in_line(3))]


def test_a_place_is_shown_where_it_changes(clock: list[float]) -> None:
    """At most once a second: 300 who wait would else send a thousand messages in one."""
    place = Place()
    progress = shown_by(place)
    for before in (5, 5, 4, 3, 3):
        clock[0] += 0.61
        progress.waiting(before)
    assert [text for _, text in place.shown] == [in_line(5), in_line(4), in_line(3)]
    clock[0] += 0.1
    progress.waiting(2)
    assert len(place.shown) == 3


def test_after_the_wait_comes_the_bar(clock: list[float]) -> None:
    place = Place()
    progress = shown_by(place)
    clock[0] += 1
    progress.waiting(1)
    clock[0] += 1
    progress(1, 4)
    assert place.shown[-1] == (0.25, "Simulating a network")


def test_what_is_shown_is_escaped() -> None:
    place = Place()
    progress = shown_by(place, "*a*")
    progress._next = time.monotonic()
    progress(1, 2)
    assert place.shown == [(0.5, "Simulating \\*a\\*")]
