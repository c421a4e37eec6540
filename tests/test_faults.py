"""The named command's own parts: measures, what a log may hold, the table."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.finding import Finding, Measure, percentile
from tests.faults.hygiene import hygiene
from tests.faults.machine import Others
from tests.faults.rows import ROWS, TIERS
from tests.faults.stage import Stage

pytestmark = pytest.mark.alone


@pytest.mark.parametrize(
    ("measure", "holds", "figure", "wanted"),
    [
        (Measure("P95", 0.25, "s", below=1), True, "P95 0.25 s", "< 1 s"),
        (Measure("P95", 1.0, "s", below=1), False, "P95 1 s", "< 1 s"),
        (Measure("P95", math.nan, "s", below=1), False, "P95 nan s", "< 1 s"),
        (Measure("errors", 0, exactly=0), True, "errors 0", "0"),
        (Measure("errors", 1, exactly=0), False, "errors 1", "0"),
        (Measure("examples", 10_000, least=10_000), True, "examples 10 000", "≥ 10 000"),
        (Measure("examples", 9_999, least=10_000), False, "examples 9 999", "≥ 10 000"),
    ],
)
def test_measure(measure: Measure, holds: bool, figure: str, wanted: str) -> None:
    assert (measure.holds, measure.figure, measure.wanted) == (holds, figure, wanted)


def test_one_measure_fails_a_finding() -> None:
    good, bad = Measure("a", 1, exactly=1), Measure("b", 2, exactly=1)
    assert Finding((good, good)).holds
    assert not Finding((good, bad)).holds
    assert Finding((good, bad)).figure == "a 1, b 2"


def test_percentile() -> None:
    assert percentile(range(101), 95) == 95
    assert percentile([3.0], 95) == 3
    assert math.isnan(percentile([], 95))


GOOD = """
2026-11-23 18:46:52.423 Rejecting WebSocket connection
{"event": "start", "address": "127.0.0.1", "version": "0.1.0", "time": "2026-11-23T18:46:52"}
{"event": "error", "type": "DecodeError", "at": "google.protobuf.message:1", "times": 1}
"""
BAD = (
    "Traceback (most recent call last):",
    '{"event": "error", "type": "KeyError", "at": "dashboard.app:77", "times": 1}',
    "x.py:3: RuntimeWarning: overflow encountered in multiply",
    'INFO:     127.9.8.7:51234 - "GET / HTTP/1.1" 200 OK',
    "session 40fcc204-1f6e-4f0e-9a52-3fb1f3cb3d3a closed",
    "session ID mismatch (request=00000000, expected=40fcc204)",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "GET /?v=1&depth=30",
)


@pytest.mark.parametrize(("line", "count"), [("", 0), *((line, 1) for line in BAD)])
def test_hygiene(line: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(GOOD)
    (tmp_path / "b.log").write_text(f"{line}\n")
    finding = hygiene(Stage(tmp_path))
    assert sum(measure.value for measure in finding.measures) >= count
    assert finding.holds == (count == 0)
    assert len(finding.remarks) == count


def test_rows_have_names_of_their_own_and_known_tiers() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.tier for row in ROWS} == set(TIERS)


def test_what_others_use_is_not_what_this_command_uses() -> None:
    others = Others()
    code = "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as working:
        own = _share_of(working)
    assert others.share <= 1 - own + 0.1


def _share_of(process: "subprocess.Popen[bytes]") -> float:
    """Of all processors, what a process used that was told to use one of them for a second."""
    before = os.times()
    process.wait()
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user
    spent -= before.children_system
    return spent / (after.elapsed - before.elapsed) / (os.cpu_count() or 1)


def test_slack_widens_upper_limits_of_seconds_alone() -> None:
    measures = (
        Measure("P95", 1.8, "s", below=1.5),
        Measure("run", 0.5, "s", least=1.0),
        Measure("growth", 120, "MB", below=100),
        Measure("errors", 1, exactly=0),
    )
    found = Finding(measures).relaxed(2)
    assert [measure.holds for measure in found.measures] == [True, False, False, False]
    assert not any(measure.holds for measure in measures)
    assert found.wanted.startswith("< 3 s, ≥ 1 s, < 100 MB")
