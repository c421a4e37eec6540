"""One process a framework, told what to time by lines of JSON, so that it can take turns."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.bench.rows import Absent
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

    @property
    def library(self) -> str:
        """What makes its arrays in framework_process.py."""
        return self.needs[0]


FRAMEWORKS = {
    framework.name: framework
    for framework in (
        Framework("torch", ("torch",)),
        Framework("JAX", ("jax",)),
        Framework("Keras on JAX", ("keras", "jax"), "jax"),
        Framework("Keras on torch", ("keras", "torch"), "torch"),
        Framework("Keras on NumPy", ("keras",), "numpy"),
    )
}


class Process:
    """A framework waiting for work. It ends with this process, whose pipe it reads."""

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


@cache
def _process(name: str) -> Process:
    return Process(FRAMEWORKS[name])


def contenders(
    task: str, names: Sequence[str] = tuple(FRAMEWORKS), **arguments: Any
) -> dict[str, Contender]:
    """A task in each of these frameworks that is installed, by the framework's name."""
    return {
        name: _process(name).contender(task, library=FRAMEWORKS[name].library, **arguments)
        for name in names
        if not FRAMEWORKS[name].missing
    }


def require(name: str) -> None:
    """Raise `Absent` if a framework is not installed."""
    if missing := FRAMEWORKS[name].missing:
        raise Absent(f"no {', '.join(missing)}")
