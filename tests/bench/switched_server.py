"""The dashboard as it is served, but for one setting that is put back to what it would be without.

    python -m tests.bench.switched_server NAME [options of python -m dashboard]

The product has no such switch: this patches what sets it.
"""

import contextlib
import gc
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dashboard import __main__ as entry


def collection() -> None:
    """Collect all garbage after every run, of all that was ever imported."""
    from dashboard import settings

    read = settings.read_settings

    def collecting(file: Path) -> dict[str, object]:
        return {**read(file), "runner.postScriptGC": True}

    settings.read_settings = collecting
    gc.freeze = lambda: None


def nodelay() -> None:
    """Let Nagle's algorithm hold small packets back."""
    from dashboard import server

    def listen(address: str, port: int) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # of no named protocol
        listener.bind((address, port))
        listener.listen()
        return listener

    server.listen = listen


def blas() -> None:
    """Let BLAS start a thread a core in every session."""
    entry.BLAS_THREADS.clear()
    from dashboard import server

    vars(server)["threadpool_limits"] = unlimited


def unlimited(**_: Any) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext()


def nothing() -> None:
    """As it is."""


SWITCHES: Mapping[str, Callable[[], None]] = {
    "all on": nothing,
    "without frozen collection": collection,
    "without TCP_NODELAY": nodelay,
    "without one BLAS thread": blas,
}


if __name__ == "__main__":
    SWITCHES[sys.argv[1]]()
    entry.main(["--no-browser", *sys.argv[2:]])
