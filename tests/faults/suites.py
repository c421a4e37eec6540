"""Rows that are suites of their own: pytest runs them, and its own words are the figure."""

import re
import subprocess
import sys
from pathlib import Path

from tests.faults.finding import Finding, Measure
from tests.faults.stage import Stage

ROOT = Path(__file__).resolve().parents[2]


def suite(stage: Stage, *arguments: str, least: int = 1) -> Finding:
    """All tests that pytest finds by some arguments, those marked slow among them."""
    stage.close()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "slow or not slow", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = ended.stdout.splitlines() or ended.stderr.splitlines() or [""]
    return Finding(
        (
            Measure("passed", _counted("passed", lines[-1]), least=least),
            Measure("failed", _counted("failed|errors?", lines[-1]), exactly=0),
            Measure("exit code", ended.returncode, exactly=0),
        ),
        tuple(line[:160] for line in lines if line.startswith(("FAILED", "ERROR"))),
    )


def _counted(word: str, line: str) -> int:
    found = re.search(rf"(\d+) (?:{word})", line)
    return int(found.group(1)) if found else 0
