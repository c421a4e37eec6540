"""One BLAS thread while matrix products run on threads of our own.

Products are spread over networks, so BLAS's own threads would only fight for the cores; and with
one thread a product's bits do not depend on how many cores the machine has. The setting is the
whole process's, so it is held while any caller needs it and given back by the last.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _Hold:
    """How many callers hold the limit, and what restores it."""

    lock = threading.Lock()
    holders = 0
    limiter: Any = None


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _take_control() -> None:
    from threadpoolctl import OpenBLASController

    OpenBLASController.clear_controlling_thread(force=True)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold NumPy's BLAS at one thread inside the block; blocks may overlap over threads."""
    with _Hold.lock:
        if _Hold.holders == 0:
            _take_control()
            _Hold.limiter = _controller().limit(limits=1, user_api="blas")
        _Hold.holders += 1
    try:
        yield
    finally:
        with _Hold.lock:
            _Hold.holders -= 1
            if _Hold.holders == 0:
                _take_control()
                _Hold.limiter.restore_original_limits()
                _take_control()  # leave it to whoever comes next
