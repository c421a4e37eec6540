"""`python -m tests.faults`, from the folder that holds tests/."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.finding import Finding, Measure
from tests.faults.hygiene import hygiene
from tests.faults.machine import Others
from tests.faults.rows import ROWS, TIERS, Row
from tests.faults.stage import Stage

LOG = Row("log", "quick", "what all servers have logged", hygiene)
"""Comes last: it reads what the others have left."""


BUSY = 0.05
"""Share of the processors that others may use unsaid, where times are measured."""


def main() -> None:
    """Run the rows and print the table; exit with 1 if one of them fails."""
    options = _options()
    chosen = [row for row in ROWS if _is_chosen(row, options)]
    folder = options.log or Path(tempfile.mkdtemp(prefix="vscore-faults-"))
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage(folder)
    try:
        failed = play(chosen, stage, options.slack)
        failed = [row for row in failed if not row.timed] + play(
            [row for row in failed if row.timed], stage, options.slack, again=True
        )
        failed += play([LOG], stage)
    finally:
        stage.close()
    print(f"logs: {folder}")
    if failed:
        sys.exit(f"FAIL: {', '.join(row.name for row in failed)}")


def play(
    rows: Sequence[Row], stage: Stage, slack: float = 1.0, *, again: bool = False
) -> list[Row]:
    """Run rows, print a line for each, return those that failed."""
    failed = []
    for row in rows:
        started, others = time.monotonic(), Others()
        finding = _tried(row, stage).relaxed(slack if row.timed else 1.0)
        name = f"{row.name}, again" if again else row.name
        spent = time.monotonic() - started
        verdict = "ok" if finding.holds else "FAIL"
        line = (verdict, name, row.done, finding.figure, finding.wanted, f"{spent:.0f} s")
        print(f"| {' | '.join(line)} |", flush=True)
        for remark in finding.remarks:
            print(f"    {remark}")
        if row.timed and others.share >= BUSY:
            print(f"    others took {others.share:.0%} of the processors meanwhile")
        if not finding.holds:
            failed.append(row)
    return failed


def _tried(row: Row, stage: Stage) -> Finding:
    """What a row finds; that it could not be done at all is a finding too."""
    try:
        return row.run(stage)
    except Exception as error:  # the others still run, and the exit code is 1
        return Finding((Measure("errors", 1, exactly=0),), (f"{type(error).__name__}: {error}",))


def _is_chosen(row: Row, options: argparse.Namespace) -> bool:
    if options.row:
        return row.name in options.row
    return options.tier in ("all", row.tier)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument(
        "--tier", choices=(*TIERS, "all"), default="quick", help="which rows (default quick)"
    )
    parser.add_argument(
        "--row",
        nargs="+",
        metavar="NAME",
        choices=[row.name for row in ROWS],
        help=f"these rows of any tier: {', '.join(row.name for row in ROWS)}",
    )
    parser.add_argument(
        "--slack",
        type=float,
        default=1.0,
        metavar="TIMES",
        help="how many times the service's own limits timed rows may take (default 1)",
    )
    parser.add_argument("--log", type=Path, metavar="FOLDER", help="where the logs go")
    return parser.parse_args()


if __name__ == "__main__":
    main()
