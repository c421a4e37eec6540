"""Long work on threads of its own, which any number of visitors watch.

A job outlasts the runs of a page: what it has come to is read off while it goes on. One that
nobody has looked at for a while ends. When someone asks for it, a training begins anew, unseen
until it is where it was; a survey and a sweep go on from there.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

from dashboard import compute
from dashboard.surveys import Survey, SurveyTask
from dashboard.sweeping import SweepTask, Swept
from dashboard.training import BATCH, HELD_OUT, REPLICAS, Training
from vscore._typing import Check
from vscore.networks import DenseNetwork
from vscore.training import TrainingRun, train

_PATIENCE = 10.0
"""Seconds after which a job that nobody looks at ends. Pages look twice a second, or as often as a
crowded server lets them."""

_LONG = 1.0
"""Seconds that a job takes, about: it is no light work."""

_turns = threading.BoundedSemaphore(max(1, compute.cores()[1] - 1))
"""Jobs at work at once: a core is left to everything that is quick."""


_news = threading.Condition()
"""Told of every result and of every error."""


class _Unwatched(Exception):
    """Raised in a job that nobody waits for."""


class Result(Protocol):
    """What a job has come to."""

    @property
    def finished(self) -> bool:
        """Whether all is done."""
        ...


R = TypeVar("R", bound=Result)


class Work(Protocol[R]):
    """What a job does; hashable by all that its result depends on."""

    def run(self, before: R | None, look: Check, publish: Callable[[R], None]) -> None:
        """Work, from what there is already where that can be gone on with.

        Parameters
        ----------
        before : Result or None
            What was published before the job was ended.
        look : callable
            Called every 20 ms or so; raises where nobody waits any more.
        publish : callable
            Given what there is, as often as there is more.
        """
        ...


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

    def run(
        self, before: TrainingRun | None, look: Check, publish: Callable[[TrainingRun], None]
    ) -> None:
        """Train from the start; what was shown before stands until there is more."""
        known = 0 if before is None else len(before.recorded)

        def publish_more(run: TrainingRun) -> None:
            if len(run.recorded) > known:
                publish(run)

        train(
            self.network,
            self.training.examples(self.seed),
            optimizer=self.training.steps_by,
            epochs=self.training.epochs,
            batch_size=BATCH,
            networks=REPLICAS,
            seed=self.seed,
            validation=HELD_OUT,
            threads=1,
            check=look,
            on_epoch=publish_more,
        )


class Job(Generic[R]):
    """Work on a thread of its own, and what it has come to.

    Parameters
    ----------
    task : Work
    """

    def __init__(self, task: Work[R]) -> None:
        self._task = task
        self._run: R | None = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen = 0.0

    @property
    def finished(self) -> bool:
        """Whether all is done."""
        return self._run is not None and self._run.finished

    @property
    def latest(self) -> R | None:
        """What it has come to; None before there is anything."""
        return self._run

    @property
    def has_news(self) -> bool:
        """Whether there is a result, or an error that `watch` raises."""
        return self._run is not None or self._error is not None

    @property
    def is_at_work(self) -> bool:
        """Whether its thread goes on."""
        return self._thread is not None and self._thread.is_alive()

    def watch(self) -> R | None:
        """`latest`, and go on if it has ended early."""
        self._seen = time.monotonic()
        if self._error is not None:
            raise self._error
        with self._lock:
            if not self.finished and not self.is_at_work:
                self._thread = threading.Thread(target=self._work, name="job", daemon=True)
                self._thread.start()
        return self._run

    def leave(self) -> None:
        """End it at once, unless somebody else looks: for work that goes on from where it was."""
        self._seen = -math.inf

    def wait(self, seconds: float) -> None:
        """Until it is done, at most so long."""
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
            _tell()

    def _take_turn(self) -> None:
        while not _turns.acquire(timeout=0.05):
            self._look()
        try:
            with compute.one_core(self._look, _LONG):
                self._task.run(self._run, self._look, self._publish)
        finally:
            _turns.release()

    def _look(self) -> None:
        if time.monotonic() - self._seen > _PATIENCE:
            raise _Unwatched

    def _publish(self, run: R) -> None:
        self._run = run
        _tell()


def _tell() -> None:
    with _news:
        _news.notify_all()


def wait_for_first(several: Iterable[Job[Any]], seconds: float) -> None:
    """Until one of those that are not done has something to show, at most so long.

    Meanwhile others have the turn of the run that waits.
    """
    pending = [each for each in several if not each.finished]
    with compute.aside(), _news:
        _news.wait_for(lambda: not pending or any(each.has_news for each in pending), seconds)


_asking = threading.Lock()


def job(task: Task) -> Job[TrainingRun]:
    """The training of a task: one, however many ask."""
    with _asking:
        return _training(task)


def survey(task: SurveyTask) -> Job[Survey]:
    """The simulated phase map: one, however many ask."""
    with _asking:
        return _survey(task)


def swept(task: SweepTask) -> Job[Swept]:
    """A sweep: one, however many ask."""
    with _asking:
        return _sweep(task)


@lru_cache(64)
def _training(task: Task) -> Job[TrainingRun]:
    return Job(task)


@lru_cache(64)
def _survey(task: SurveyTask) -> Job[Survey]:
    return Job(task)


@lru_cache(64)
def _sweep(task: SweepTask) -> Job[Swept]:
    return Job(task)
