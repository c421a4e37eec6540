"""`python -m tests.bench [row ...]`, from the folder that holds tests/."""

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench import draws, simulations, sweeps
from tests.bench.rows import HEAD, Row
from tests.faults.machine import Others

PEERS = ("torch", "jax", "keras")


def all_rows() -> list[Row]:
    return [*draws.rows(), *simulations.rows(), *page_rows(), *sweeps.rows()]


def page_rows() -> list[Row]:
    try:
        from tests.bench import pages
    except ImportError as missing:  # a browser's or the dashboard's packages
        print(f"left out: explore, server ({missing})")
        return []
    return pages.rows()


def machine() -> str:
    """The processor, how many cores may be used, and the versions of what runs."""
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count()
    versions = [f"{name} {found}" for name in ("numpy", *PEERS) if (found := _version(name))]
    return f"{processor()}, {cores} cores, Python {platform.python_version()}, " + ", ".join(
        versions
    )


def processor() -> str:
    """Its name; a virtual machine's hides the model, which then stands behind it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    pairs = (line.partition(":") for line in lines)
    told = {name.strip(): value.strip() for name, _, value in pairs}
    family, model = told.get("cpu family", "?"), told.get("model", "?")
    return f"{told.get('model name', '?')} (family {family}, model {model})"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def main() -> None:
    rows = all_rows()
    names = [row.name for row in rows]
    groups = list(dict.fromkeys(name.partition("/")[0] for name in names))
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--list", action="store_true", help="say which rows there are")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"or a group: {', '.join(groups)}")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.rows) - {*names, *groups}):
        parser.error(f"row must be one of those that --list names; got {', '.join(unknown)}")
    if asked.list:
        print("\n".join(names))
        return
    print(f"{machine()}\n\n{HEAD}", flush=True)
    others = Others()
    for row in rows:
        if row.chosen_by(asked.rows):
            print(row.line(), flush=True)
    print(f"\nOthers used {others.share:.0%} of the processors meanwhile.")


if __name__ == "__main__":
    main()
