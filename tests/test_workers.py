"""Work on threads: order, looking in, cancelling; and BLAS held at one thread."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from vscore import _blas
from vscore._blas import one_blas_thread
from vscore._workers import Cancelled, Monitor, Team, default_threads, map_in_order

pytestmark = pytest.mark.alone

THREADS = (1, 2, 5)


class Stop(Exception):
    """What a caller's check raises."""


def ignore() -> None:
    """A check that lets everything pass."""


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("check", [None, ignore])
def test_results_come_in_order(threads: int, check: Any) -> None:
    def late_first(index: int) -> int:
        time.sleep(0.002 * (index % 3 == 0))
        return index * index

    results = list(map_in_order(late_first, 20, threads, Monitor(check)))
    assert results == [index * index for index in range(20)]


def test_work_runs_on_several_threads_at_once() -> None:
    meeting = threading.Barrier(3, timeout=5)  # passed only by three tasks together
    assert len(list(map_in_order(lambda _: meeting.wait(), 3, 3, Monitor()))) == 3


def test_few_results_are_held() -> None:
    started: list[int] = []
    results = map_in_order(started.append, 100, 2, Monitor(ignore))
    next(results)
    time.sleep(0.05)
    assert len(started) <= 5  # twice the threads, and the one handed out
    results.close()
    assert len(started) <= 5


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("check", [None, ignore])
def test_a_task_that_fails_ends_the_work(threads: int, check: Any) -> None:
    started: list[int] = []

    def fail(index: int) -> None:
        started.append(index)
        if index == 3:
            raise KeyError("the task's own")

    with pytest.raises(KeyError, match="the task's own"):
        list(map_in_order(fail, 1000, threads, Monitor(check)))
    assert len(started) <= 3 + 2 * threads + 1


def test_a_check_that_raises_cancels_the_tasks() -> None:
    ended: list[str] = []
    calls: list[float] = []

    def check() -> None:
        calls.append(time.perf_counter())
        if len(calls) == 5:
            raise Stop

    def long_task(index: int) -> None:
        try:
            while True:
                time.sleep(0.005)
                monitor.tick()
        except Cancelled:
            ended.append("cancelled")
            raise

    monitor = Monitor(check)
    with pytest.raises(Stop):
        list(map_in_order(long_task, 4, 2, monitor))
    assert time.perf_counter() - calls[-1] < 0.3
    assert ended == ["cancelled", "cancelled"]  # two had started, and both have ended
    assert len(calls) == 5


def test_check_and_progress_are_called_in_the_callers_thread() -> None:
    seen: list[tuple[int, int, int]] = []
    places: set[int] = set()

    def progress(done: int, total: int) -> None:
        seen.append((threading.get_ident(), done, total))

    def task(_: int) -> None:
        for _step in range(5):
            time.sleep(0.003)
            monitor.tick()

    monitor = Monitor(lambda: places.add(threading.get_ident()), progress, total=20)
    list(map_in_order(task, 4, 2, monitor))
    assert places == {threading.get_ident()} == {place for place, _, _ in seen}
    done = [done for _, done, _ in seen]
    assert done == sorted(done)
    assert seen[-1][1:] == (20, 20)
    assert {total for _, _, total in seen} == {20}


def test_a_tick_in_the_callers_thread_looks_in() -> None:
    seen: list[tuple[int, int]] = []
    monitor = Monitor(None, lambda done, total: seen.append((done, total)), total=2)
    assert monitor.watched
    monitor.tick()
    monitor.tick()
    assert seen == [(1, 2), (2, 2)]


def test_nobody_watches_an_empty_monitor() -> None:
    monitor = Monitor()
    assert not monitor.watched
    monitor.tick()
    monitor.look_in()


def test_check_is_called_every_20_ms() -> None:
    calls: list[float] = []
    monitor = Monitor(lambda: calls.append(time.perf_counter()))
    list(map_in_order(lambda _: time.sleep(0.4), 1, None, monitor))
    gaps = np.diff(calls)
    # The median, since a busy machine may leave any one thread waiting.
    assert np.median(gaps) < 0.020
    assert len(calls) > 10


@pytest.mark.parametrize("threads", [0, -1, True, 2.0, "2"])
def test_threads_message(threads: Any) -> None:
    with pytest.raises(ValueError, match="threads must be an integer, at least 1, or None; got "):
        default_threads(threads)


def test_threads_default_to_the_cores() -> None:
    assert default_threads(None) >= 1
    assert default_threads(3) == 3


@pytest.mark.parametrize("threads", THREADS)
def test_a_team_gives_results_in_order(threads: int) -> None:
    def late_first(index: int) -> int:
        time.sleep(0.002 * (index % 3 == 0))
        return index * index

    with Team(threads, Monitor()) as team:
        for count in (20, 1, 0, 7):
            assert team.map(late_first, range(count)) == [index * index for index in range(count)]


def test_a_team_works_together_with_its_caller() -> None:
    meeting = threading.Barrier(3, timeout=5)  # passed only by three tasks together
    places: set[int] = set()

    def meet(_: int) -> None:
        places.add(threading.get_ident())
        meeting.wait()

    with Team(3, Monitor()) as team:
        team.map(meet, range(3))
    assert threading.get_ident() in places
    assert len(places) == 3


@pytest.mark.parametrize("threads", THREADS)
def test_a_teams_task_that_fails_ends_the_work(threads: int) -> None:
    started: list[int] = []
    before = threading.enumerate()

    def fail(index: int) -> None:
        started.append(index)
        time.sleep(0.001)
        if index == 3:
            raise KeyError("the task's own")

    with pytest.raises(KeyError, match="the task's own"), Team(threads, Monitor()) as team:
        team.map(fail, range(1000))
    assert len(started) <= 4 + threads
    assert set(threading.enumerate()) <= set(before)


@pytest.mark.parametrize("threads", THREADS)
def test_a_team_stops_when_the_work_is_called_off(threads: int) -> None:
    monitor = Monitor()
    done: list[int] = []

    def task(index: int) -> None:
        done.append(index)
        monitor.cancelled = index == 5

    with pytest.raises(Cancelled), Team(threads, monitor) as team:
        team.map(task, range(100_000))
    assert len(done) < 100_000


@pytest.mark.parametrize("threads", THREADS)
def test_a_team_gives_what_it_begins_ahead_in_order(threads: int) -> None:
    with Team(threads, Monitor()) as team:
        for count in (20, 1, 0, 7):
            assert list(team.ahead(str, range(count))) == [str(index) for index in range(count)]


def test_a_team_begins_the_next_while_one_is_used() -> None:
    begun = [threading.Event() for _ in range(5)]
    places: set[int] = set()

    def begin(index: int) -> int:
        places.add(threading.get_ident())
        begun[index].set()
        return index

    with Team(2, Monitor()) as team:
        for index in team.ahead(begin, range(4)):
            assert begun[index + 1].wait(5) or index == 3
            assert not any(later.is_set() for later in begun[index + 2 :])
    assert threading.get_ident() not in places


@pytest.mark.parametrize("threads", THREADS)
def test_a_task_begun_ahead_that_fails_ends_the_work(threads: int) -> None:
    def fail(index: int) -> int:
        if index == 3:
            raise KeyError("the task's own")
        return index

    taken: list[int] = []
    with pytest.raises(KeyError, match="the task's own"), Team(threads, Monitor()) as team:
        taken.extend(team.ahead(fail, range(9)))
    assert taken == [0, 1, 2]


@pytest.mark.parametrize("threads", THREADS)
def test_nothing_is_begun_ahead_once_the_work_is_called_off(threads: int) -> None:
    monitor = Monitor()
    begun: list[int] = []

    def task(index: int) -> None:
        begun.append(index)
        monitor.cancelled = index == 5

    with pytest.raises(Cancelled), Team(threads, monitor) as team:
        deque(team.ahead(task, range(100)), maxlen=0)
    assert begun == list(range(6))


@pytest.fixture
def two_blas_threads() -> Iterator[None]:
    """A setting to give back that differs from 1, on any machine."""
    _blas._controller.cache_clear()  # it knows the libraries that were loaded when it was made
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.usefixtures("two_blas_threads")
def test_blas_is_held_and_given_back() -> None:
    before = blas_threads()
    assert before, "NumPy's BLAS is not one that threadpoolctl knows"
    with one_blas_thread():
        assert set(blas_threads()) == {1}
        with one_blas_thread():
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


@pytest.mark.usefixtures("two_blas_threads")
def test_blas_is_held_from_any_thread() -> None:
    """Streamlit runs scripts on threads of its own, after the main thread has set BLAS."""
    before = blas_threads()
    during: list[int] = []

    def simulate_elsewhere() -> None:
        with one_blas_thread():
            during.extend(blas_threads())
            inner = threading.Thread(target=lambda: during.extend(blas_threads()))
            inner.start()
            inner.join()

    with one_blas_thread():
        pass  # the main thread has set it once
    other = threading.Thread(target=simulate_elsewhere)
    other.start()
    other.join()
    assert set(during) == {1}
    assert len(during) == 2 * len(before)
    assert blas_threads() == before


@pytest.mark.usefixtures("two_blas_threads")
def test_blas_is_given_back_by_another_thread_than_took_it() -> None:
    before = blas_threads()
    first_in, first_out, first_away, end = (threading.Event() for _ in range(4))

    def first() -> None:
        with one_blas_thread():
            first_in.set()
            first_out.wait(5)
        first_away.set()
        end.wait(5)  # threadpoolctl passes over the rights of threads that have ended

    other = threading.Thread(target=first)
    other.start()
    assert first_in.wait(5)
    with one_blas_thread():
        first_out.set()
        assert first_away.wait(5)
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
    end.set()
    other.join(5)


@pytest.mark.usefixtures("two_blas_threads")
def test_blas_is_given_back_after_an_error() -> None:
    before = blas_threads()
    with pytest.raises(Stop), one_blas_thread():
        raise Stop
    assert blas_threads() == before


class FakeController:
    """Writes down what is asked of BLAS."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def limit(self, *, limits: int, user_api: str) -> "FakeController":
        self.asked.append(f"{user_api} {limits}")
        return self

    def restore_original_limits(self) -> None:
        self.asked.append("restored")


def test_the_last_of_overlapping_callers_gives_blas_back(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = FakeController()
    monkeypatch.setattr(_blas, "_controller", lambda: controller)
    first_in, first_out = threading.Event(), threading.Event()

    def first() -> None:
        with one_blas_thread():
            first_in.set()
            first_out.wait(5)

    other = threading.Thread(target=first)
    other.start()
    assert first_in.wait(5)
    with one_blas_thread():
        first_out.set()
        other.join(5)
        assert controller.asked == ["blas 1"]  # the first is gone, the second still needs it
    assert controller.asked == ["blas 1", "restored"]
    with one_blas_thread():
        assert controller.asked[2:] == ["blas 1"]


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_shares_are_even_runs_in_order(threads: int, count: int) -> None:
    with Team(threads, Monitor()) as team:
        shares = team.shares(range(count))
    assert [item for share in shares for item in share] == list(range(count))
    sizes = [len(share) for share in shares]
    assert len(sizes) == min(threads, count)
    assert max(sizes) - min(sizes) <= 1
