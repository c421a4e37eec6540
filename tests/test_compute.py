"""Computing once for all visitors, on no more cores than there are, and stopping when told."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import compute, frames, gathering
from dashboard.answers import Answers, bytes_of
from dashboard.costs import effect_cost, network_cost, sample_cost, theory_cost
from dashboard.experiment import DEFAULT, STATISTICS
from dashboard.figures.signal import signal_figure
from dashboard.queueing import LIGHT, Line, Nobody, Visitor
from dashboard.results import Results
from dashboard.server import SCRIPT
from dashboard.turns import Turns
from dashboard.words.signal import signal_sentence
from vscore._workers import default_threads
from vscore.initializers import (
    Constant,
    Orthogonal,
    RandomNormal,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.layers import Dense
from vscore.meanfield import Prediction, prediction
from vscore.networks import Network, convnet, mlp, recurrent
from vscore.propagation import result, simulate
from vscore.propagation.engines import choose_engine
from vscore.sampling import sample
from vscore.verdicts import verdict

NETWORK = mlp((16, 16, 16))
CORES = default_threads(None)
HEAVY = mlp((512,) * 20)  # 20 x 512^2 x (4 + 0.08 x 64) ns: 48 ms a network


class Stopped(Exception):
    """A newer run of the same session waits."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, no Streamlit session, and every core given back at the end."""
    monkeypatch.setattr(compute, "pause", lambda: None)
    compute._answers.clear()
    yield
    compute._answers.clear()
    assert compute._line.free == CORES


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


def theory(network: Network, statistic: str = "q") -> Prediction | None:
    return compute.theory(compute.signal(network, 2, 4, 0), statistic)


def test_theory_is_for_centred_weights_only() -> None:
    assert theory(mlp((8, 8), initializer=RandomNormal(0.5, 0.1))) is None
    predicted = theory(mlp((8, 8, 8), initializer=VarianceScaling(2.0)))
    assert predicted is not None
    np.testing.assert_allclose(predicted.q, [2.0, 2.0])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gated_cells_have_no_theory(cell: str) -> None:
    assert theory(recurrent(cell, input_dim=4, units=4, steps=3)) is None
    assert theory(recurrent("simple_rnn", input_dim=4, units=4, steps=3)) is not None


def test_theory_comes_with_all_that_pages_ask_it_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands and chances take long: pages must find them made, whatever they ask again."""
    measured = compute.signal(mlp((64,) * 6), 4, 8, 0)
    predicted = compute.theory(measured, "correlation")
    assert predicted is not None
    for name in ("log10_band", "band_warning", "correlations"):
        monkeypatch.setattr(prediction, name, None)
    verdict(measured, predicted)
    signal_sentence(measured, verdict(measured, predicted), predicted)
    for statistic in STATISTICS:
        signal_figure(measured, predicted, statistic)
    frames.signal_frame(measured, predicted, "q")


def test_other_seeds_have_the_same_theory_and_verdicts_of_their_own() -> None:
    """A class that moves the seed asks theory once."""
    network = mlp((16, 16, 16), initializer=VarianceScaling(2.5))
    first, second = (compute.signal(network, 4, 8, seed) for seed in (1, 2))
    predicted = compute.theory(first)
    assert compute.theory(second) is predicted
    for measured in (first, second):
        judged = compute.judged(measured, predicted)
        assert judged == verdict(measured, predicted)
        assert compute.judged(measured, predicted) is judged
    assert compute.judged(first, predicted) != compute.judged(second, predicted)


@pytest.mark.parametrize("statistic", ["q", "correlation"])
def test_theory_around_a_border_knows_no_correlation(statistic: str) -> None:
    network = convnet((4, 4, 4), image_size=4, padding="same")
    assert theory(network, statistic) is not None


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
    assert CORES <= most <= CORES + 1  # light work beside heavy


def test_one_visitor_gets_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(
        compute, "sample", lambda *arguments, threads, **options: given.append(threads)
    )
    compute.weights(RandomNormal(seed=0), (3, 3))
    assert given == [CORES]


def stop() -> None:
    raise Stopped


def test_cancelled_work_gives_its_cores_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", stop)
    with pytest.raises(Stopped):
        compute.signal(NETWORK, 4, 8, 0)
    assert compute._line.free == CORES
    with pytest.raises(Stopped):
        compute.weights(Orthogonal(seed=0), (64, 64))
    assert compute._line.free == CORES
    with pytest.raises(Stopped):
        compute.effect(Dense(30, 20), None, "keras", 0)
    assert compute._line.free == CORES


def test_what_was_cancelled_can_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as cancelled:
        cancelled.setattr(compute, "pause", stop)
        with pytest.raises(Stopped):
            compute.signal(NETWORK, 4, 8, 0)
    assert compute.signal(NETWORK, 4, 8, 0).log10_q.shape == (4, 2)


def test_waiting_for_a_core_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", stop)
    with compute._line.served(Visitor(lambda: None), 1.0) as threads:
        assert threads == CORES
        with pytest.raises(Stopped):
            compute.signal(HEAVY, 4, 64, 0)
        assert compute._line.free == 0


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


@pytest.mark.parametrize(("processes", "runs"), [(1, 8), (2, 4), (4, 2), (5, 1), (16, 1)])
def test_processes_share_cores_and_memory(
    processes: int, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that are at work at once; a long computation has every core that is free, as before."""
    line, turns, others = Line(8), Turns(8), Nobody()
    answers = Answers(compute.MOST_ANSWERS, compute.MOST_BYTES)
    with monkeypatch.context() as instead:
        instead.setattr(compute, "_line", line)
        instead.setattr(compute, "_turns", turns)
        instead.setattr(compute, "_answers", answers)
        compute.share_cores(processes, others)
        instead.setattr(others, "cores", lambda: 8)
        assert compute.cores() == (0, 8), "only what is used here"
        assert line.free == runs
        assert not compute.is_busy()
        with line.served(Visitor(lambda: None), 1.0):
            assert compute.is_busy()
    assert turns.free == line.share == runs
    assert (answers.most, answers.most_bytes) == (1024 // processes, 2**26 // processes)
    assert line.free == 8
    assert line.others is others


def test_pause_works_without_a_session(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.undo()
    compute.pause()
    assert caplog.records == []


def test_a_class_computes_the_default_page_once(calls: list[tuple[Any, ...]]) -> None:
    together = threading.Barrier(30)

    def ask(_: int) -> Results:
        together.wait()
        (found,) = gathering.results(DEFAULT)
        return found

    with ThreadPoolExecutor(30) as visitors:
        found = list(visitors.map(ask, range(30)))
    assert len(calls) == 2  # one draw, one simulation
    for name in ("sample", "measured", "predicted", "histograms"):
        assert len({id(getattr(each, name)) for each in found}) == 1


def test_prepared_answers_are_the_default_page_s(calls: list[tuple[Any, ...]]) -> None:
    gathering.prepare()
    known = len(calls)
    page = AppTest.from_file(str(SCRIPT), default_timeout=30).run()
    assert not page.exception
    assert len(calls) == known == 2


def test_a_light_page_is_light() -> None:
    """What most of a class asks for must not wait behind a few large networks."""
    one = network_cost(DEFAULT.network, DEFAULT.batch)
    assert DEFAULT.networks * one / 1e9 <= LIGHT
    assert sample_cost(DEFAULT.drawn_initializer, DEFAULT.drawn_kernel.shape) / 1e9 <= LIGHT
    assert theory_cost(DEFAULT.network, False) / 1e9 <= LIGHT
    assert effect_cost(None) / 1e9 <= LIGHT < effect_cost(Orthogonal()) / 1e9


def test_answers_that_are_kept_are_bounded() -> None:
    assert compute._answers.most == compute.MOST_ANSWERS
    assert compute._answers.most_bytes == compute.MOST_BYTES
    largest = compute.signal(mlp((8,) * 101), 64, 2, 0)
    # 10 statistics of (networks, depth) doubles and a few kilobytes
    assert bytes_of(largest) == pytest.approx(10 * 64 * 100 * 8, rel=0.05)


def test_histograms_are_the_run_s_own() -> None:
    """Of the engine that the page's charts have, whichever another page would choose."""
    network = mlp((512,) * 4, initializer=VarianceScaling(1.0, "fan_in", "untruncated_normal"))
    measured = compute.signal(network, 2, 4, 0, engine="weights")
    assert choose_engine(network, 4) == "gram"
    drawn = compute.histograms(measured)
    assert drawn is measured.histograms
    expected = simulate(network, networks=1, batch=4, seed=0, engine="weights").histograms
    np.testing.assert_array_equal(drawn.shares, expected.shares)


def test_nobody_s_histograms_are_drawn_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result, "histograms_of_run", None)
    compute.signal(NETWORK, 2, 4, 0)


def test_histograms_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = compute.signal(NETWORK, 2, 4, 0)
    monkeypatch.setattr(compute, "pause", stop)
    with pytest.raises(Stopped):
        compute.histograms(measured)
