"""Tests that measure time have the machine to themselves, though two tests run at once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there such tests may be disturbed
    fcntl = None  # type: ignore[assignment]  # what follows asks


@contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Wait until no test runs that wants to be alone, or none at all."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None or fcntl is None:
        yield
        return
    with (Path(tempfile.gettempdir()) / f"vscore-tests-{run}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
