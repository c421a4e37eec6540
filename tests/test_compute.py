"""Computing once for all visitors, on no more cores than there are, and stopping when told."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from dashboard import compute
from vscore.initializers import (
    Constant,
    Orthogonal,
    RandomNormal,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.networks import convnet, mlp, recurrent
from vscore.propagation import simulate
from vscore.sampling import sample

NETWORK = mlp((16, 16, 16))


class Stopped(Exception):
    """A newer run of the same session waits."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, no Streamlit session, and every slot given back at the end."""
    monkeypatch.setattr(compute, "pause", lambda: None)
    forget()
    yield
    forget()
    assert free_slots() == compute._CORES


def forget() -> None:
    for function in (compute._weights, compute._signal):
        assert function.cache is not None
        function.cache.clear()


def free_slots() -> int:
    """How many more could be taken now."""
    taken = 0
    while compute._slots.acquire(blocking=False):
        taken += 1
    if taken:
        compute._slots.release(taken)
    return taken


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of every draw and simulation that was really computed."""
    made: list[tuple[Any, ...]] = []

    def counted(function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            made.append(arguments)
            time.sleep(0.02)  # long enough for every other thread to arrive
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(compute, "sample", counted(sample))
    monkeypatch.setattr(compute, "simulate", counted(simulate))
    return made


def test_results_are_the_core_s() -> None:
    drawn = compute.weights(RandomNormal(seed=3), (30, 20))
    weights = RandomNormal(seed=3)((30, 20)).astype(np.float64)
    assert drawn.count == 600
    assert len(drawn.counts) == 70
    assert drawn.std == pytest.approx(weights.std())
    measured = compute.signal(NETWORK, 3, 4, 7)
    np.testing.assert_array_equal(
        measured.log10_q, simulate(NETWORK, networks=3, batch=4, seed=7).log10_q
    )


def test_equal_questions_are_computed_once(calls: list[tuple[Any, ...]]) -> None:
    first = compute.weights(RandomNormal(seed=3), (30, 20))
    assert compute.weights(RandomNormal(0.0, 0.05, 3), (30, 20)) is first
    assert len(calls) == 1
    signal = compute.signal(NETWORK, 2, 4, 0)
    assert compute.signal(mlp((16, 16, 16)), 2, 4, 0) is signal
    assert len(calls) == 2


def test_progress_is_no_part_of_the_question(calls: list[tuple[Any, ...]]) -> None:
    done: list[int] = []
    first = compute.signal(NETWORK, 2, 4, 0, lambda at, total: done.append(at))
    assert compute.signal(NETWORK, 2, 4, 0, lambda at, total: done.append(-1)) is first
    assert len(calls) == 1
    assert max(done) == 2 * 2 * 2  # networks x layers x there and back
    assert -1 not in done


def test_eight_visitors_with_one_question_compute_it_once(calls: list[tuple[Any, ...]]) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> object:
        together.wait()
        return compute.signal(NETWORK, 2, 4, 0), compute.weights(RandomNormal(seed=1), (9, 9))

    with ThreadPoolExecutor(8) as visitors:
        answers = list(visitors.map(ask, range(8)))
    assert len(calls) == 2
    assert all(answer is answers[0] or answer == answers[0] for answer in answers)


def test_different_questions_are_not_confused(calls: list[tuple[Any, ...]]) -> None:
    """Types whose fields are equal too: RandomNormal(0, 1) is not TruncatedNormal(0, 1)."""
    initializers = (
        RandomNormal(0.0, 1.0, 0),
        TruncatedNormal(0.0, 1.0, 0),
        RandomNormal(0.0, 1.0, 1),
        Zeros(),
        Constant(0.0),
        Orthogonal(1.0, 0),
        VarianceScaling(1.0, seed=0),
    )
    for initializer in initializers:
        assert compute.weights(initializer, (4, 5)).initializer == initializer
        assert compute.signal(
            mlp((4, 4), initializer=initializer), 1, 2, 0
        ).network.initializer == (initializer)
    assert len(calls) == 2 * len(initializers)
    assert compute.weights(RandomNormal(0.0, 1.0, 0), (5, 4)).shape == (5, 4)
    for arguments in ((2, 2, 0), (1, 3, 0), (1, 2, 1)):
        compute.signal(mlp((4, 4)), *arguments)
    assert len(calls) == 2 * len(initializers) + 4


def test_theory_is_for_centred_weights_only() -> None:
    assert compute.theory(mlp((8, 8), initializer=RandomNormal(0.5, 0.1))) is None
    predicted = compute.theory(mlp((8, 8, 8), initializer=VarianceScaling(2.0)))
    assert predicted is not None
    np.testing.assert_allclose(predicted.q, [2.0, 2.0])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gated_cells_have_no_theory(cell: str) -> None:
    assert compute.theory(recurrent(cell, input_dim=4, units=4, steps=3)) is None
    assert compute.theory(recurrent("simple_rnn", input_dim=4, units=4, steps=3)) is not None


def test_networks_of_other_families_are_not_confused(calls: list[tuple[Any, ...]]) -> None:
    networks = (
        mlp((8, 8, 8)),
        convnet((8, 8, 8), image_size=4),
        convnet((8, 8, 8), image_size=4, padding="same"),
        recurrent("lstm", input_dim=8, units=8, steps=2),
        recurrent("gru", input_dim=8, units=8, steps=2),
        recurrent("gru", input_dim=8, units=8, steps=2, recurrent_initializer="he_normal"),
    )
    answers = [compute.signal(network, 2, 4, 0) for network in networks]
    assert len(calls) == len(networks)
    assert [answer.network for answer in answers] == list(networks)


def test_no_more_threads_at_work_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = threading.Lock()
    at_work, most = 0, 0

    def heavy(*arguments: Any, threads: int, **options: Any) -> object:
        nonlocal at_work, most
        with guard:
            at_work += threads
            most = max(most, at_work)
        time.sleep(0.01)
        with guard:
            at_work -= threads
        return object()

    monkeypatch.setattr(compute, "simulate", heavy)
    monkeypatch.setattr(compute, "sample", heavy)

    def ask(seed: int) -> None:
        compute.signal(NETWORK, 2, 4, seed)
        compute.weights(RandomNormal(seed=seed), (3, 3))

    with ThreadPoolExecutor(12) as visitors:
        list(visitors.map(ask, range(24)))
    assert most == compute._CORES


def test_one_visitor_gets_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(
        compute, "sample", lambda *arguments, threads, **options: given.append(threads)
    )
    compute.weights(RandomNormal(seed=0), (3, 3))
    assert given == [compute._CORES]


def stop() -> None:
    raise Stopped


def test_cancelled_work_gives_its_cores_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", stop)
    with pytest.raises(Stopped):
        compute.signal(NETWORK, 4, 8, 0)
    assert free_slots() == compute._CORES
    with pytest.raises(Stopped):
        compute.weights(Orthogonal(seed=0), (64, 64))
    assert free_slots() == compute._CORES


def test_what_was_cancelled_can_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as cancelled:
        cancelled.setattr(compute, "pause", stop)
        with pytest.raises(Stopped):
            compute.signal(NETWORK, 4, 8, 0)
    assert compute.signal(NETWORK, 4, 8, 0).log10_q.shape == (4, 2)


def test_waiting_for_a_core_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", stop)
    for _ in range(compute._CORES):
        compute._slots.acquire()
    try:
        with pytest.raises(Stopped):
            compute.signal(NETWORK, 4, 8, 0)
        assert free_slots() == 0
    finally:
        compute._slots.release(compute._CORES)


def test_others_who_wait_for_cancelled_work_compute_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One visitor starts, others wait for the answer, the first moves on."""
    started, leave = threading.Event(), threading.Event()
    cancelled = threading.local()

    def pause() -> None:
        if getattr(cancelled, "soon", False):
            started.set()
            leave.wait(10)
            raise Stopped

    monkeypatch.setattr(compute, "pause", pause)

    def first() -> None:
        cancelled.soon = True
        with pytest.raises(Stopped):
            compute.signal(NETWORK, 4, 8, 0)

    with ThreadPoolExecutor(4) as visitors:
        one = visitors.submit(first)
        assert started.wait(10)
        others = [visitors.submit(compute.signal, NETWORK, 4, 8, 0) for _ in range(3)]
        time.sleep(0.05)
        leave.set()
        one.result(10)
        answers = [other.result(10) for other in others]
    assert all(answer is answers[0] for answer in answers)


def test_pause_works_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    compute.pause()


def test_cache_is_bounded() -> None:
    for seed in range(300):
        compute.weights(RandomNormal(seed=seed), (1, 1))
    assert compute._weights.cache is not None
    assert len(compute._weights.cache) == 256
