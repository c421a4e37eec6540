"""One process a framework, told what to time by lines of JSON, so that it can take turns."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.bench.timing import Contender


@dataclass(frozen=True, slots=True)
class Framework:
    """A module to import, and the environment that it wants."""

    name: str
    needs: tuple[str, ...]
    backend: str = ""

    @property
    def missing(self) -> list[str]:
        return [module for module in self.needs if importlib.util.find_spec(module) is None]


FRAMEWORKS = {
    framework.name: framework
    for framework in (
        Framework("torch", ("torch",)),
        Framework("jax", ("jax",)),
        Framework("keras on jax", ("keras", "jax"), "jax"),
        Framework("keras on torch", ("keras", "torch"), "torch"),
        Framework("keras on numpy", ("keras",), "numpy"),
    )
}


class Process:
    """A framework waiting for work."""

    def __init__(self, framework: Framework) -> None:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        if framework.backend:
            environment["KERAS_BACKEND"] = framework.backend
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.framework_process"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def contender(self, task: str, **arguments: Any) -> Contender:
        """A task of framework_process.py, timed over there."""

        def run() -> float:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps([task, arguments]), file=self._process.stdin, flush=True)
            return float(self._process.stdout.readline())

        return run

    def close(self) -> None:
        self._process.communicate()


def start() -> dict[str, Process]:
    """All that are installed; the others are named."""
    for framework in FRAMEWORKS.values():
        if framework.missing:
            print(f"left out: {framework.name} (no {', '.join(framework.missing)})")
    return {
        name: Process(framework) for name, framework in FRAMEWORKS.items() if not framework.missing
    }
