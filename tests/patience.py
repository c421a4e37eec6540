"""Waiting in tests for what another thread or process does."""

import time
from collections.abc import Callable

PATIENCE = 20.0
"""Seconds after which a test gives up."""


def until(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it, at most so long."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"it did not happen within {seconds:g} s"
        time.sleep(0.005)
