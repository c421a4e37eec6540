"""The line for the cores: who asked first is served first, and who leaves is out at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from dashboard.lookout import FIRST_LOOK, LOOK_UP
from dashboard.queueing import LIGHT, LONG, Line, Visitor

pytestmark = pytest.mark.alone

HEAVY = 1.0
"""Seconds, by estimate."""


class Left(Exception):
    """Nobody wants it any more."""


def leave() -> None:
    raise Left


def stay() -> None:
    pass


@contextmanager
def all_taken(line: Line) -> Iterator[None]:
    """Every core held by one who lets go at the end."""
    with line.served(Visitor(stay), HEAVY) as threads:
        assert threads == line.cores
        yield


class Queue:
    """Visitors who each wait in a thread of their own, and the order in which they are served."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.order: list[str] = []
        self.threads: list[int] = []
        self.places: dict[str, list[int]] = {}
        self.go = threading.Event()
        self._pool = ThreadPoolExecutor(16)
        self._visits: list[Future[None]] = []

    def join(self, name: str, seconds: float = HEAVY, since: float | None = None) -> None:
        """Come in, and return when there is a place in the line or at work."""
        told = self.places.setdefault(name, [])
        asked = time.monotonic() if since is None else since
        visitor = Visitor(patience(), None, told.append, asked)
        before = self._inside()
        self._visits.append(self._pool.submit(self._visit, name, visitor, seconds))
        wait_for(lambda: self._inside() == before + 1)

    def _inside(self) -> int:
        return len(self.line._waiting) + len(self.line._at_work)

    def _visit(self, name: str, visitor: Visitor, seconds: float) -> None:
        with self.line.served(visitor, seconds) as threads:
            self.order.append(name)
            self.threads.append(threads)
            assert self.go.wait(10)

    def end(self) -> None:
        """Let everyone finish."""
        self.go.set()
        for visit in self._visits:
            visit.result(10)
        self._pool.shutdown()
        assert self.line.free == self.line.cores


def patience() -> Callable[[], None]:
    """A check by which whoever is forgotten in the line fails, instead of hanging."""
    end = time.monotonic() + 20

    def check() -> None:
        assert time.monotonic() < end

    return check


def wait_for(condition: Callable[[], object]) -> None:

    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_one_visitor_has_every_core() -> None:
    line = Line(4)
    with line.served(Visitor(stay), HEAVY) as threads:
        assert (threads, line.free) == (4, 0)
    assert line.free == 4


def test_first_come_first_served() -> None:
    line = Line(1)
    queue = Queue(line)
    with all_taken(line):
        for name in "abcdef":
            queue.join(name)
        assert queue.order == []
    queue.end()
    assert queue.order == list("abcdef")


def test_one_core_each_while_others_wait() -> None:
    line = Line(2)
    queue = Queue(line)
    with all_taken(line):
        for name in "abc":
            queue.join(name)
    wait_for(lambda: len(queue.order) == 2)
    assert sorted(queue.order) == ["a", "b"]
    assert queue.threads == [1, 1]
    queue.end()
    assert queue.threads[2] in {1, 2}


def test_who_asked_earlier_goes_before_whoever_came_to_the_line_earlier() -> None:
    """As one does who takes over what another gave up."""
    line = Line(1)
    queue = Queue(line)
    with all_taken(line):
        queue.join("late", since=20.0)
        queue.join("early", since=10.0)
    wait_for(lambda: len(queue.order) == 1)
    assert queue.order == ["early"]
    queue.end()


def test_last_in_line_has_all_cores_that_are_free() -> None:
    line = Line(3)
    queue = Queue(line)
    with all_taken(line):
        queue.join("a")
        queue.join("b")
    wait_for(lambda: len(queue.order) == 2)
    assert sorted(queue.threads) == [1, 2]
    queue.end()


def test_long_work_waits_a_moment_for_cores_that_come_free() -> None:
    """A slider's last value is worked out on all cores, though the one before still has some."""
    queue = Queue(Line(3))
    with queue.line.served(Visitor(stay), HEAVY, 1):
        queue.join("last", LONG + 0.1)
        assert queue.line.free == 2
    wait_for(lambda: queue.threads == [3])
    queue.end()


def test_long_work_takes_what_there_is_at_its_first_look() -> None:
    queue = Queue(Line(3))
    with queue.line.served(Visitor(stay), HEAVY, 1):
        asked = time.monotonic()
        queue.join("long", LONG + 0.1)
        wait_for(lambda: queue.threads == [2])
        assert FIRST_LOOK <= time.monotonic() - asked < FIRST_LOOK + 5 * LOOK_UP
    queue.end()


def test_long_work_keeps_nobody_waiting() -> None:
    queue = Queue(Line(3))
    with queue.line.served(Visitor(stay), HEAVY, 1):
        queue.join("long", LONG + 0.1)
        queue.join("short", LONG)
        wait_for(lambda: queue.threads == [1, 1])
        assert sorted(queue.order) == ["long", "short"]
    queue.end()


def test_light_work_need_not_wait_behind_heavy() -> None:
    line = Line(2)
    queue = Queue(line)
    with all_taken(line):
        for name in "abc":
            queue.join(name)
        queue.join("light", LIGHT)
        wait_for(lambda: queue.order == ["light"])
        assert queue.threads == [1]
        assert line.free == 0
        queue.join("light too", LIGHT)  # one beside the cores, no more
        time.sleep(3 * LOOK_UP)
        assert queue.order == ["light"]
    queue.end()
    assert len(queue.order) == 5


def test_heavy_work_is_not_put_off_by_light() -> None:
    """In the line itself nobody goes first but who asked first."""
    line = Line(1)
    queue = Queue(line)
    with all_taken(line):
        queue.join("light at work", LIGHT)
        queue.join("heavy")
        queue.join("light", LIGHT)
    wait_for(lambda: len(queue.order) == 2)
    assert queue.order == ["light at work", "heavy"]
    queue.end()


def test_everyone_is_told_their_place() -> None:
    line = Line(2)
    queue = Queue(line)
    with all_taken(line):
        for name in "abc":
            queue.join(name)
        queue.join("light at work", LIGHT)
        queue.join("light", LIGHT)
        wait_for(lambda: all(queue.places[name] for name in ("a", "b", "c", "light")))
        # All who are at work, a light one too, and all who wait before.
        assert [queue.places[name][-1] for name in "abc"] == [2, 3, 4]
        assert queue.places["light"][-1] == 1
    queue.end()
    assert queue.places["light at work"] == []


def test_place_moves_up() -> None:
    line = Line(1)
    queue = Queue(line)
    with all_taken(line):
        with pytest.raises(Left), line.served(Visitor(leave), HEAVY):
            pytest.fail("was served")
        queue.join("a")
        with ThreadPoolExecutor(1) as pool:
            stop = threading.Event()
            other = Visitor(lambda: leave() if stop.is_set() else None, since=0.0)
            leaving = pool.submit(line.served(other, HEAVY).__enter__)
            wait_for(lambda: queue.places["a"] and queue.places["a"][-1] == 2)
            stop.set()
            with pytest.raises(Left):
                leaving.result(10)
        wait_for(lambda: queue.places["a"][-1] == 1)
    queue.end()


def test_who_leaves_is_out_at_once() -> None:
    line = Line(1)
    with all_taken(line):
        start = time.monotonic()
        with pytest.raises(Left), line.served(Visitor(leave), HEAVY):
            pytest.fail("was served")
        assert time.monotonic() - start < 0.3
        assert not line._waiting
    assert line.free == 1


def test_who_leaves_when_told_their_place_is_out_too() -> None:
    """Streamlit ends a run where it shows something."""

    def tell(_: int) -> None:
        raise Left

    line = Line(1)
    with all_taken(line), pytest.raises(Left), line.served(Visitor(stay, None, tell), HEAVY):
        pytest.fail("was served")
    assert line.free == 1


def test_an_error_gives_the_cores_back() -> None:
    line = Line(3)
    with pytest.raises(ZeroDivisionError), line.served(Visitor(stay), HEAVY):
        raise ZeroDivisionError
    assert line.free == 3


def test_never_more_at_work_than_cores_and_one_light() -> None:
    line = Line(2)
    lock = threading.Lock()
    at_work = {True: 0, False: 0}
    most = {True: 0, False: 0}

    def visit(number: int) -> None:
        light = number % 3 == 0
        with line.served(Visitor(stay), LIGHT if light else HEAVY) as threads:
            with lock:
                at_work[light] += threads
                most[light] = max(most[light], at_work[light])
                assert sum(at_work.values()) <= 3
            time.sleep(0.002)
            with lock:
                at_work[light] -= threads

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(visit, range(120)))
    assert most[False] == 2
    assert line.free == 2


def test_three_hundred_who_wait_take_little_of_a_core() -> None:
    line = Line(1)
    with all_taken(line), ThreadPoolExecutor(300) as pool:
        end = threading.Event()
        visitor = Visitor(lambda: leave() if end.is_set() else None, None, lambda before: None)
        waiting = [pool.submit(line.served(visitor, HEAVY).__enter__) for _ in range(300)]
        wait_for(lambda: len(line._waiting) == 300)
        before = time.process_time()
        time.sleep(1.0)
        spent = time.process_time() - before
        end.set()
        start = time.monotonic()
        for each in waiting:
            with pytest.raises(Left):
                each.result(10)
        assert time.monotonic() - start < 1.0
    assert spent < 0.4  # 0.1 s where nothing else runs


class Neighbour:
    """Another process that uses some cores."""

    def __init__(self, used: int) -> None:
        self.used = used
        self.heard: list[int] = []

    def cores(self) -> int:
        return self.used

    def hear(self, cores: int) -> None:
        self.heard.append(cores)


def shared(cores: int, share: int, used: int) -> tuple[Line, Neighbour]:
    """A line for cores of which another process uses some."""
    line, neighbour = Line(cores), Neighbour(used)
    line.share, line.others = share, neighbour
    return line, neighbour


@pytest.mark.parametrize(("used", "threads"), [(0, 4), (1, 3), (2, 2), (4, 2), (6, 2)])
def test_cores_that_others_use_are_left_to_them_but_for_one_s_share(
    used: int, threads: int
) -> None:
    line, neighbour = shared(4, 2, used)
    with line.served(Visitor(stay), HEAVY) as found:
        assert found == line.held == threads
        assert neighbour.heard[-1] == threads
        assert line.free == max(2 - threads, 4 - threads - used)
    assert neighbour.heard[-1] == 0


def test_cores_that_others_leave_are_seen_at_the_next_look() -> None:
    line, neighbour = shared(2, 1, 1)
    queue = Queue(line)
    queue.join("first")
    wait_for(lambda: queue.threads == [1])
    queue.join("second")
    time.sleep(FIRST_LOOK + LOOK_UP)
    assert queue.threads == [1], "the other core is the neighbour's"
    neighbour.used = 0
    wait_for(lambda: queue.threads == [1, 1])
    queue.end()
