"""Where chunks are worked on: here, on threads, on processes. One seam, that of futures.

Cells depend on their own settings only and hold BLAS at one thread, so all give the same bits.
"""

import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.synchronize import Event
from typing import ClassVar, Self

from vscore._typing import Check
from vscore._workers import Cancelled
from vscore.sweeps.chunk import Chunk, Outcome, evaluate

STARTING = 60.0
"""Seconds in which a worker process has to start."""


class SweepError(RuntimeError):
    """A sweep that cannot go on: what works on its cells is gone. What is done is in its file."""


class Backend(ABC):
    """Something that chunks are handed to; a context manager.

    Attributes
    ----------
    workers : int
        Chunks that it works on at a time.
    shares_fate : bool
        Whether all chunks under way are lost when one worker dies.
    """

    workers: int
    shares_fate: ClassVar[bool] = False

    @property
    def room(self) -> int:
        """How many chunks may be under way: two a worker, so that none waits for the next."""
        return 2 * self.workers

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *error: object) -> None:
        """Stop at once whatever is still worked on."""

    @abstractmethod
    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        """Hand over a chunk."""

    def submit_alone(self, chunk: Chunk) -> "Future[Outcome]":
        """Hand over a chunk that may kill its worker, while nothing else is under way."""
        return self.submit(chunk)

    def is_death(self, error: BaseException) -> bool:
        """Whether an error of a future says that a worker died with its chunk."""
        return False

    def renew(self) -> None:
        """Go on after a death that all shared."""
        raise NotImplementedError

    def look_in(self) -> None:
        """Raise `SweepError` if everything is lost."""
        return None


class Serial(Backend):
    """The calling thread.

    Parameters
    ----------
    check : callable or None
    """

    workers = 1
    room = 1

    def __init__(self, check: Check | None) -> None:
        self._check = check

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        future: Future[Outcome] = Future()
        future.set_result(evaluate(chunk, self._check))
        return future


class Threads(Backend):
    """Threads of this process.

    Parameters
    ----------
    workers : int
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(workers)

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        return self._pool.submit(evaluate, chunk, stopper(self._stopped.is_set))


class Processes(Backend):
    """Processes of their own, started anew rather than forked.

    Parameters
    ----------
    workers : int

    Raises
    ------
    SweepError
        If none can be started.
    """

    shares_fate = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")
        self._stopped = self._context.Event()
        self._pool: Executor = self._started()

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._end()

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        try:
            return self._pool.submit(evaluate_here, chunk)
        except BrokenExecutor as error:  # a worker has died since the last look
            future: Future[Outcome] = Future()
            future.set_exception(error)
            return future

    def is_death(self, error: BaseException) -> bool:
        return isinstance(error, BrokenExecutor)

    def renew(self) -> None:
        """A new pool: the old one is of no use once a worker has died."""
        self._end()
        self._pool = self._started()

    def _end(self) -> None:
        """End the pool, and all of its workers.

        A worker that the pool starts just as another dies is told nothing, and the pool would wait
        for it for ever: so each ends by itself when the leash is let go.
        """
        self._leash.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> Executor:
        held, self._leash = self._context.Pipe(duplex=False)
        pool = ProcessPoolExecutor(
            self.workers,
            mp_context=self._context,
            initializer=_begin,
            initargs=(self._stopped, held),
        )
        try:
            pool.submit(os.getpid).result(STARTING)
        except (BrokenExecutor, TimeoutError) as error:
            self._leash.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise SweepError(
                "worker processes cannot be started. In a script, put what calls sweep under "
                "`if __name__ == '__main__':`; or take executor='threads'"
            ) from error
        return pool


def stopper(stopped: Callable[[], bool]) -> Check:
    """A check that raises `Cancelled` once something is so."""

    def check() -> None:
        if stopped():
            raise Cancelled

    return check


class _Here:
    """In a worker process: what says that nobody waits any more."""

    stopped: Event | None = None


def _begin(stopped: Event, leash: Connection) -> None:
    """Make a process a worker: Ctrl-C is its parent's, and it ends with its parent or pool."""
    _Here.stopped = stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    """End the process when nobody holds the other end: its pool let go, or the parent ended."""
    wait_for([leash])
    os._exit(1)


def evaluate_here(chunk: Chunk) -> Outcome:
    """Work on a chunk in a worker process."""
    stopped = _Here.stopped
    return evaluate(chunk, None if stopped is None else stopper(stopped.is_set))
