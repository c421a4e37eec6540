"""`vscore sweep`: one measure over a grid of experiments."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vscore._workers import default_threads
from vscore.cli.options import Commands, add_number, flag, given_of, number
from vscore.cli.output import Failed, described, grouped, pairs, plain, table
from vscore.cli.progress import ProgressBar
from vscore.parameters import check_choice
from vscore.sweeps import (
    MEASURES,
    SETTINGS,
    Axis,
    Cost,
    Experiment,
    Grid,
    Sweep,
    SweepError,
    estimate,
    sweep,
)
from vscore.sweeps.run import check_workers, part_of
from vscore.sweeps.settings import Setting, changed

_WORTH_PROCESSES = 3.0
"""Seconds of work on one core, from which processes are started if nothing is said."""

_ROWS, _COLUMNS = 40, 8
"""Of the table that is printed; a larger one is in the file only."""

_NAMED = 10
"""Failures printed."""


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "sweep",
        help="one measure over a grid of experiments, on all cores or a cluster",
        description="One measure of every experiment on a grid of one or two axes. What is done "
        "is kept beside --out until all is: the same command takes up from there. Exits with 1 "
        "where cells failed.",
        allow_abbrev=False,
    )
    group = parser.add_argument_group("which grid")
    group.add_argument(
        "--axis",
        action="append",
        required=True,
        metavar="NAME=VALUES",
        help="What changes: scale=0.25:4:40:log, depth=1:200, activation=relu,tanh. Give one or "
        f"two. NAME is one of {', '.join(SETTINGS)}.",
    )
    group.add_argument(
        "--measure", required=True, metavar="NAME", help=f"One of {', '.join(MEASURES)}."
    )
    group.add_argument(
        "--predicted",
        action="store_true",
        help="By theory, instead of networks that are drawn; the default where theory alone knows.",
    )
    _add_settings(parser.add_argument_group("what does not change"))
    _add_run(parser.add_argument_group("run and output"))
    parser.set_defaults(run=run)


def _add_settings(group: argparse._ArgumentGroup) -> None:
    base = Experiment()
    for setting in SETTINGS.values():
        if setting.parameter is not None and setting.parameter.name in base.to_config():
            _add_number(group, setting, getattr(base, setting.name))
        elif setting.parameter is not None:
            add_number(group, setting.name, default_words="default: the initializer's own")
        else:
            group.add_argument(flag(setting.name), metavar="NAME", help=f"{setting.label}.")


def _add_number(group: argparse._ArgumentGroup, setting: Setting, default: float) -> None:
    parameter = setting.parameter
    assert parameter is not None
    domain = f"{parameter.domain[0].upper()}{parameter.domain[1:]}"
    text = f"{parameter.help} {domain}; default {default:g}."
    group.add_argument(
        flag(setting.name),
        type=number,
        metavar="N" if parameter.integer else "X",
        help=text.replace("%", "%%"),
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--workers",
        type=number,
        metavar="N",
        help="Processes. Default: one a core, or this one alone where it takes a moment.",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help='A Dask scheduler, such as tcp://10.0.0.1:8786; needs pip install "vscore[cluster]".',
    )
    group.add_argument("--out", metavar="FILE", help="Write the table: .csv, .npz or .parquet.")
    group.add_argument("--quiet", action="store_true", help="No progress bar.")


def run(options: argparse.Namespace) -> None:
    """Say what will be done, do it, print what came of it."""
    grid = _grid(options)
    cost = estimate(grid)
    executor, workers = _executor(options, cost)
    print(pairs(_facts(grid, cost, executor, workers)), flush=True)
    try:
        with ProgressBar("sweeping", options.quiet) as bar:
            found = sweep(
                grid.axes,
                grid.measure,
                base=grid.base,
                source=grid.source,
                executor=executor,
                workers=workers,
                out=options.out,
                progress=bar.step,
            )
    except KeyboardInterrupt:
        _say_what_is_kept(options)
        raise
    except SweepError as error:
        _say_what_is_kept(options)
        raise Failed(str(error)) from error
    print(f"\n{pairs(_ends(found))}")
    if _fits(found):
        print(f"\n{_table(found)}")
    _name_failures(found)


def _grid(options: argparse.Namespace) -> Grid:
    axes = tuple(map(Axis.parse, options.axis))
    measure = MEASURES[check_choice("measure", options.measure, MEASURES)]
    given = given_of(options, list(SETTINGS))
    for axis in axes:
        if axis.name in given:
            raise ValueError(f"give --axis {axis.name}=... or {flag(axis.name)}, not both")
    values = [SETTINGS[name].check(value) for name, value in given.items()]
    base = changed(Experiment(), list(given), values)
    source = "predicted" if options.predicted else measure.source
    return Grid(axes, options.measure, source, base)


def _executor(options: argparse.Namespace, cost: Cost) -> tuple[str, int | None]:
    if options.scheduler is not None:
        if options.workers is not None:
            raise ValueError("give --workers or --scheduler, not both")
        return options.scheduler, None
    if options.workers is not None:
        check_workers(options.workers)
    alone = cost.seconds < _WORTH_PROCESSES if options.workers is None else options.workers == 1
    return ("serial", None) if alone else ("processes", options.workers)


def _facts(grid: Grid, cost: Cost, executor: str, workers: int | None) -> Iterator[tuple[str, str]]:
    yield "measure", f"{grid.measure}: {MEASURES[grid.measure].title}"
    yield "source", grid.source
    for axis in grid.axes:
        yield axis.name, f"{_span(axis)} ({grouped(len(axis.values))})"
    yield "otherwise", _otherwise(grid)
    yield "cells", grouped(len(grid))
    yield "runs on", _place(executor, workers)
    count = _processes(executor, workers)
    took = _time(cost.seconds / (count or 1))
    yield (
        "takes",
        f"{took}{'' if count else ' of one core'}; the longest cell {_time(cost.longest)}",
    )
    yield "holds", f"about {_memory(cost.table)}, and {_memory(cost.bytes)} a worker"


def _span(axis: Axis) -> str:
    """0.25 to 4, or relu, tanh."""
    if not axis.numeric:
        return ", ".join(map(_value, axis.values))
    ends = axis.values[:1] + axis.values[1:][-1:]
    return " to ".join(map(_value, ends))


def _otherwise(grid: Grid) -> str:
    """What does not change, of what a measure is seldom without."""
    drawn = ("networks", "batch", "seed") if grid.source == "simulated" else ()
    names = ("network", "depth", "width", "bias_variance", *drawn)
    fixed = [
        f"{name} {_value(getattr(grid.base, name))}" for name in names if name not in grid.names
    ]
    phi = [] if "activation" in grid.names else [grid.base.phi.label]
    return ", ".join([*fixed, *phi, described(grid.base.law)])


def _processes(executor: str, workers: int | None) -> int | None:
    """How many processes work on cells; None where a cluster decides."""
    return {"serial": 1, "processes": workers or default_threads(None)}.get(executor)


def _place(executor: str, workers: int | None) -> str:
    if executor == "serial":
        return "this process"
    if executor == "processes":
        count = _processes(executor, workers) or 1
        return f"{count} process{'es' * (count > 1)}"
    return f"the Dask cluster at {executor}"


def _time(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {plain(seconds, 2)} s" if seconds >= 0.1 else "a moment"


def _memory(size: float) -> str:
    return f"{max(size / 1e6, 1):.0f} MB"


def _ends(found: Sweep) -> Iterator[tuple[str, str]]:
    """The smallest and the largest, and where; and what has no number."""
    known = found.status == 1
    for name, best in (("smallest", np.nanargmin), ("largest", np.nanargmax)):
        if known.any():
            flat = int(best(found.values))
            index = np.unravel_index(flat, found.values.shape)
            yield name, f"{plain(float(found.values.flat[flat]))} at {_where(found, index)}"
    for state, words in ((3, "no such quantity"), (2, "failed")):
        count = int((found.status == state).sum())
        if count:
            yield words, f"{grouped(count)} of {grouped(found.values.size)} cells"


def _where(found: Sweep, index: tuple[np.intp, ...]) -> str:
    pairs_of = zip(found.axes, index, strict=True)
    return ", ".join(f"{axis.name} {_value(axis.values[place])}" for axis, place in pairs_of)


def _fits(found: Sweep) -> bool:
    rows, columns = (*found.values.shape, 1)[:2]
    return bool(rows <= _ROWS and columns <= _COLUMNS)


def _table(found: Sweep) -> str:
    """The first axis downwards, the second to the right."""
    first = found.axes[0]
    rows = found.values.reshape(len(first.values), -1)
    if len(found.axes) == 1:
        header = [first.name, found.measure]
    else:
        second = found.axes[1]
        header = [first.name, *(f"{second.name} {_value(value)}" for value in second.values)]
    cells = [["-" if np.isnan(cell) else plain(cell, 5) for cell in row] for row in rows.tolist()]
    return table(header, [[_value(v), *row] for v, row in zip(first.values, cells, strict=True)], 0)


def _value(value: object) -> str:
    return plain(value, 4) if isinstance(value, float) else str(value)


def _name_failures(found: Sweep) -> None:
    failures = found.failures
    for failure in failures[:_NAMED]:
        print(f"failed: {failure}", file=sys.stderr)
    if failures:
        more = f"; {_NAMED} of them are named above" if len(failures) > _NAMED else ""
        raise Failed(f"{grouped(len(failures))} cell{'s' * (len(failures) > 1)} failed{more}")


def _say_what_is_kept(options: argparse.Namespace) -> None:
    if options.out is not None and part_of(Path(options.out)).exists():
        kept = part_of(Path(options.out))
        print(f"{kept} keeps what is done: the same command takes up from there", file=sys.stderr)
