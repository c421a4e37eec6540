"""Chunks on a cluster of machines, by Dask."""

from concurrent.futures import Future
from typing import Any

from vscore._version import __version__
from vscore.parameters import shown
from vscore.sweeps.chunk import Chunk, Outcome, evaluate
from vscore.sweeps.executors import Backend, SweepError

SCHEMES = ("tcp://", "tls://", "ucx://")
"""How a scheduler's address begins."""

_PATIENCE = 10.0
"""Seconds in which a scheduler has to answer."""


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

    def __exit__(self, *error: object) -> None:
        for future in self._sent:
            future.cancel()
        self._pool.shutdown(wait=False)
        self._client.close(timeout=2)

    def submit(self, chunk: Chunk) -> "Future[Outcome]":
        self.look_in()
        future: Future[Outcome] = self._pool.submit(evaluate, chunk)
        self._sent.add(future)
        future.add_done_callback(self._sent.discard)
        return future

    def is_death(self, error: BaseException) -> bool:
        """Dask names a task that several workers died of; it may only have stood in line there."""
        return isinstance(error, self._killed)

    def look_in(self) -> None:
        if self._client.status != "running":
            raise SweepError(f"the Dask scheduler at {self._address} is lost")

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


def _version() -> str:
    return __version__
