"""How long after a key press both charts show the new numbers: loosely, for a busy machine.

`python tests/bench/latency.py` measures the same at leisure.
"""

import importlib.util
import statistics
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

if TYPE_CHECKING:
    from tests.conftest import RunningServer

pytestmark = [pytest.mark.alone, pytest.mark.slow]

BENCH = Path(__file__).resolve().parents[1] / "bench" / "latency.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The benchmark, which is a script."""
    spec = importlib.util.spec_from_file_location("bench_latency", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_a_move_is_not_much_slower_than_drawing(
    browser: Browser, server: "RunningServer", bench: ModuleType, tmp_path: Path
) -> None:
    figures = tmp_path / "figures.pickle"
    bench.prepare(figures)
    with bench.bare_servers(figures) as bare:
        latency = bench.measure(browser, server.url, bare, moves=4)
    print(latency)
    assert statistics.median(latency.explore) < 2000, str(latency)
    for drawn_by in bench.DRAWN_BY:
        assert latency.ratio(drawn_by) < 3, str(latency)
