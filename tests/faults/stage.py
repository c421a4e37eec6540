"""What rows play on: servers, and the log of all of them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.faults.process import Server, running, start, stop


class Stage:
    """Servers for rows, all of whose logs lie in one folder.

    Attributes
    ----------
    folder : Path
        Of the logs, and of what rows save.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shared: Server | None = None
        self._count = 0

    @property
    def server(self) -> Server:
        """One that rows share, for what leaves no trace on it."""
        if self._shared is None or self._shared.process.poll() is not None:
            self._shared = start(self.next_log())
        return self._shared

    @contextlib.contextmanager
    def fresh(self, *options: str) -> Iterator[Server]:
        """One that nobody has visited."""
        self.close()  # so that it has the machine to itself
        with running(self.next_log(), *options) as server:
            yield server

    def next_log(self) -> Path:
        """A log for one more server."""
        self._count += 1
        return self.folder / f"server-{self._count:02}.log"

    def close(self) -> None:
        """Stop the shared server."""
        if self._shared is not None:
            stop(self._shared)
            self._shared = None

    @property
    def log(self) -> str:
        """All that all servers have logged."""
        return "".join(file.read_text("utf-8") for file in sorted(self.folder.glob("*.log")))
