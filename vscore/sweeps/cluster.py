"""Chunks on a cluster of machines, by Dask."""

import contextlib
import time
from concurrent.futures import Future, InvalidStateError
from typing import Any, ClassVar

from vscore._version import __version__
from vscore.parameters import shown
from vscore.sweeps.chunk import Chunk, Outcome, evaluate
from vscore.sweeps.executors import Backend, SweepError

SCHEMES = ("tcp://", "tls://", "ucx://")
"""How a scheduler's address begins."""

_PATIENCE = 10.0
"""Seconds in which a scheduler has to answer."""


_LOOK = 0.5
"""Seconds between two looks at which workers there are."""

_SETTLED = 2.0
"""Seconds that a worker has to be there before it is given what may kill it: one that dies as it
starts is not started again."""

_FORSAKEN = 120.0
"""Seconds without any worker after which nobody waits for one."""


class _Gone(Exception):
    """Of a chunk whose only worker has died."""


class Cluster(Backend):
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as "tcp://10.0.0.1:8786".

    Raises
    ------
    ValueError
        If Dask is not installed.
    SweepError
        If the scheduler does not answer, or its workers have another vscore.
    """

    work: ClassVar[Any] = staticmethod(evaluate)

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker
        except ImportError as missing:
            raise ValueError(
                f"executor {shown(address)} needs a package that is not installed: "
                'pip install "vscore[cluster]"'
            ) from missing
        self._address, self._killed = address, KilledWorker
        try:
            self._client: Any = Client(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            raise SweepError(f"no Dask scheduler answers at {address}") from error
        self.workers = self._cores()
        self._pool: Any = self._client.get_executor(retries=0, pure=False)
        self._sent: set[Future[Outcome]] = set()
        self._since: dict[str, float] = {}  # when each worker was seen first
        self._looked = self._peopled = time.monotonic()
        self._alone: tuple[str, Future[Outcome], Future[Outcome]] | None = None

    def __exit__(self, *error: object) -> None:
        for future in list(self._sent):  # each leaves as it is done
            future.cancel()
        self._pool.shutdown(wait=False)
        self._client.close(timeout=2)

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        self.look_in()
        return self._sent_by(self._pool, chunk)

    def submit_alone(self, chunk: Chunk) -> "Future[Outcome]":
        """To one worker and to no other: if that is gone, it has died of the chunk.

        Left to Dask, such a chunk kills four workers, and some of them while they start.
        """
        worker = self._settled()
        only = self._client.get_executor(
            retries=0, pure=False, workers=[worker], allow_other_workers=False
        )
        sent, told = self._sent_by(only, chunk), Future[Outcome]()
        sent.add_done_callback(lambda done: _tell(told, done))
        self._alone = worker, sent, told
        return told

    def _sent_by(self, pool: Any, chunk: Chunk) -> "Future[Outcome]":
        future: Future[Outcome] = pool.submit(self.work, chunk)
        self._sent.add(future)
        future.add_done_callback(self._sent.discard)
        return future

    def _settled(self) -> str:
        """A worker that has been there for a while; waits for one."""
        while True:
            self.look_in()
            now = time.monotonic()
            for worker, since in self._since.items():
                if now - since >= _SETTLED:
                    return worker
            time.sleep(_LOOK / 10)

    def is_death(self, error: BaseException) -> bool:
        """Dask names a task that several workers died of; it may only have stood in line there."""
        return isinstance(error, self._killed | _Gone)

    def look_in(self) -> None:
        if self._client.status != "running":
            raise SweepError(f"the Dask scheduler at {self._address} is lost")
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        try:
            there = self._client.nthreads()
        except OSError as error:
            raise SweepError(f"the Dask scheduler at {self._address} is lost") from error
        self._looked = now
        self._since = {worker: self._since.get(worker, now) for worker in there}
        self._peopled = now if there else self._peopled
        if now - self._peopled > _FORSAKEN:
            raise SweepError(f"the Dask scheduler at {self._address} has no workers any more")
        self._look_after_one()

    def _look_after_one(self) -> None:
        """Tell whoever waits for a chunk that runs alone that its worker is gone."""
        if self._alone is None or self._alone[0] in self._since:
            return
        _, sent, told = self._alone
        self._alone = None
        with contextlib.suppress(InvalidStateError):  # its result may just have come
            told.set_exception(_Gone())
        sent.cancel()

    def _cores(self) -> int:
        """Threads of all workers, which must have our version."""
        try:
            versions = self._client.run(_version)
        except Exception as error:  # whatever unpickling raises where vscore is missing
            self._client.close(timeout=2)
            raise SweepError(
                f"a Dask worker at {self._address} cannot load vscore {__version__}: {error}"
            ) from error
        others = sorted({version for version in versions.values() if version != __version__})
        if others or not versions:
            self._client.close(timeout=2)
            which = f"vscore {', '.join(others)}, not {__version__}" if others else "no workers"
            raise SweepError(f"the Dask scheduler at {self._address} has {which}")
        return sum(self._client.nthreads().values())


def _tell(told: "Future[Outcome]", done: "Future[Outcome]") -> None:
    """Pass on what came of a chunk, unless its worker is known to be gone."""
    with contextlib.suppress(InvalidStateError):
        if done.cancelled():
            told.cancel()
        elif (error := done.exception()) is not None:
            told.set_exception(error)
        else:
            told.set_result(done.result())


def _version() -> str:
    return __version__
