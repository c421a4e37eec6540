"""Trainings on threads of their own: shared, watched, ended when nobody looks, begun anew."""

import threading

import numpy as np
import pytest

from dashboard import compute, jobs
from dashboard.jobs import Job, Task, job, wait_for_first
from dashboard.training import NOISE, POINTS, Training
from tests.patience import until
from vscore.initializers import VarianceScaling
from vscore.networks import mlp
from vscore.training import SGD, TrainingRun, draw_dataset, train

CORES = compute.cores()[1]

pytestmark = pytest.mark.usefixtures("no_training_left")


def task(training: Training, seed: int = 0) -> Task:
    network = mlp(training.widths, activation="tanh", initializer="glorot_normal")
    return Task(network, training, seed)


def test_a_job_is_that_training() -> None:
    wanted = Training("xor", rate=0.3, epochs=5, hidden=2, neurons=8)
    work = Job(task(wanted, seed=6))
    assert work.watch() is None
    work.wait(20)
    assert work.finished
    expected = train(
        task(wanted).network,
        draw_dataset("xor", points=POINTS, noise=NOISE, seed=6),
        optimizer=SGD(0.3),
        epochs=5,
        networks=3,
        seed=6,
    )
    assert work.latest is not None
    np.testing.assert_array_equal(work.latest.weights, expected.weights)
    np.testing.assert_array_equal(work.latest.loss, expected.loss)


def test_one_job_for_all_who_ask() -> None:
    one = task(Training(epochs=5))
    assert job(one) is job(task(Training(epochs=5)))
    assert job(one) is not job(task(Training(epochs=10)))
    assert job(one) is not job(task(Training(epochs=5), seed=1))


def test_what_it_has_come_to_is_seen_while_it_goes_on() -> None:
    work = Job(task(Training("spirals", epochs=100, hidden=12)))
    work.watch()
    until(lambda: work.latest is not None and work.latest.recorded[-1] >= 2)
    assert work.latest is not None
    assert not work.latest.finished
    first = work.watch()
    assert first is not None
    until(lambda: work.watch() is not first)


def test_the_first_result_is_waited_for_and_not_the_end() -> None:
    """The longest training that the page offers, beside one that is done."""
    done = Job(task(Training("xor", epochs=5, hidden=1, neurons=2)))
    done.watch()
    done.wait(20)
    long = Job(task(Training("digits", epochs=100, hidden=12, neurons=64)))
    long.watch()
    wait_for_first((done, long), 20)
    assert long.latest is not None
    assert long.latest.recorded[-1] < 20
    wait_for_first((done,), 20)  # nothing to wait for


def test_an_error_is_not_waited_for() -> None:
    training = Training()
    work = Job(Task(mlp(training.widths, initializer=VarianceScaling(1e40)), training, 0))
    work.watch()
    wait_for_first((work,), 600)
    assert not work.finished


def test_what_nobody_looks_at_ends_and_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_PATIENCE", 0.2)
    work = Job(task(Training("spirals", epochs=100, hidden=12, neurons=64)))
    work.watch()
    work.wait(20)
    assert not work.finished
    assert free_cores() == CORES
    monkeypatch.setattr(jobs, "_PATIENCE", 60.0)
    before = threading.active_count()
    work.watch()
    assert threading.active_count() > before
    until(lambda: work.latest is not None and work.latest.recorded[-1] > 0)
    monkeypatch.setattr(jobs, "_PATIENCE", 0.0)
    work.wait(20)


def test_what_begins_anew_is_not_seen_to_go_back() -> None:
    """The same numbers again, which are shown once there are more of them."""
    wanted = task(Training("xor", epochs=6, hidden=1, neurons=2))
    seen: list[TrainingRun] = []
    again: list[TrainingRun] = []
    wanted.run(None, lambda: None, seen.append)
    wanted.run(seen[3], lambda: None, again.append)
    assert [run.recorded[-1] for run in again] == [4, 5, 6]
    np.testing.assert_array_equal(again[0].loss, seen[4].loss)


def test_a_core_is_left_to_what_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [task(Training("spirals", epochs=100, hidden=12), seed) for seed in range(3)]
    several = [Job(each) for each in tasks]
    for work in several:
        work.watch()
    until(lambda: any(work.latest is not None for work in several))
    assert CORES == 1 or free_cores() >= 1
    monkeypatch.setattr(jobs, "_PATIENCE", 0.0)
    for work in several:
        work.wait(20)
    assert free_cores() == CORES


def test_what_goes_wrong_is_told_to_who_watches() -> None:
    training = Training()
    wrong = mlp(training.widths, initializer=VarianceScaling(1e40))
    work = Job(Task(wrong, training, 0))
    work.watch()
    work.wait(20)
    with pytest.raises(ValueError, match="initializer must give weights of a std"):
        work.watch()


def free_cores() -> int:
    held, cores = compute.cores()
    return cores - held
