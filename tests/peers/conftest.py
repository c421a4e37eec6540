"""The frameworks whose numbers ours are compared with: one Keras process a backend.

Where a framework is missing the folder is left out, and a line says so.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
BACKENDS = ("jax", "torch", "numpy")

NEEDED = ("keras", "jax", "flax", "torch")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
LEFT_OUT = bool(MISSING) and os.environ.get("VSCORE_REQUIRE_PEERS") != "1"

collect_ignore_glob = ["*"] if LEFT_OUT else []


def pytest_report_collectionfinish() -> str:
    if LEFT_OUT:
        return f"peers: no {', '.join(MISSING)}, so tests/peers is left out (extra `peers`)"
    return "peers: compared with keras, jax and torch"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.peers)


class Keras:
    """Keras on one backend, in a process of its own: a backend is chosen once a process."""

    def __init__(self, backend: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "keras_process.py")],
            env={**os.environ, "KERAS_BACKEND": backend},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, action: str, **arguments: object) -> Any:
        """What a function of keras_process.py returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([action, arguments]), file=self._process.stdin, flush=True)
        reply = json.loads(self._process.stdout.readline())
        assert "error" not in reply, reply["error"]
        return reply["result"]

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="session", params=BACKENDS)
def keras(request: pytest.FixtureRequest) -> Iterator[Keras]:
    """Keras on each backend in turn."""
    process = Keras(request.param)
    yield process
    process.close()
