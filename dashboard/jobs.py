"""Trainings on threads of their own, which any number of visitors watch.

A training outlasts the runs of a page: what it has come to is read off while it goes on. One that
nobody has looked at for a while ends, and begins anew when someone asks for it.
"""

import threading
import time
from dataclasses import dataclass
from functools import lru_cache

from dashboard import compute
from dashboard.training import REPLICAS, Training
from vscore.networks import DenseNetwork
from vscore.training import TrainingRun, train

_PATIENCE = 4.0
"""Seconds after which a training that nobody looks at ends; pages look twice a second."""

_LONG = 1.0
"""Seconds that a training takes, about: it is no light work."""

_turns = threading.BoundedSemaphore(max(1, compute.cores()[1] - 1))
"""Trainings at work at once: a core is left to everything that is quick."""


class _Unwatched(Exception):
    """Raised in a training that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is trained: all that the numbers depend on.

    Attributes
    ----------
    network : DenseNetwork
    training : Training
    seed : int
    """

    network: DenseNetwork
    training: Training
    seed: int


class Job:
    """One task's training.

    Parameters
    ----------
    task : Task
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._run: TrainingRun | None = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen = 0.0

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self._run is not None and self._run.finished

    @property
    def latest(self) -> TrainingRun | None:
        """What the training has come to; None before its start is measured."""
        return self._run

    def watch(self) -> TrainingRun | None:
        """`latest`, and go on with the training if it has ended early."""
        self._seen = time.monotonic()
        if self._error is not None:
            raise self._error
        with self._lock:
            if not self.finished and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="training", daemon=True)
                self._thread.start()
        return self._run

    def wait(self, seconds: float) -> None:
        """Until the training is done, at most so long."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        try:
            self._take_turn()
        except _Unwatched:
            pass  # whoever asks next starts it again
        except Exception as error:
            self._error = error  # shown to whoever watches

    def _take_turn(self) -> None:
        while not _turns.acquire(timeout=0.05):
            self._look()
        try:
            with compute.one_core(self._look, _LONG):
                self._train()
        finally:
            _turns.release()

    def _train(self) -> None:
        task = self._task
        training = task.training
        train(
            task.network,
            training.examples(task.seed),
            optimizer=training.steps_by,
            epochs=training.epochs,
            networks=REPLICAS,
            seed=task.seed,
            threads=1,
            check=self._look,
            on_epoch=self._publish,
        )

    def _look(self) -> None:
        if time.monotonic() - self._seen > _PATIENCE:
            raise _Unwatched

    def _publish(self, run: TrainingRun) -> None:
        self._run = run


_asking = threading.Lock()


def job(task: Task) -> Job:
    """The training of a task: one, however many ask."""
    with _asking:
        return _job(task)


_job = lru_cache(64)(Job)
