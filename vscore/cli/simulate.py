"""`vscore simulate`: what weights do to signal and gradient at every depth."""

import argparse
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from vscore.cli.network import add_network, network_of
from vscore.cli.options import Commands, add_initializer, add_number, add_run
from vscore.cli.output import (
    described,
    dimensions,
    pairs,
    paragraph,
    plain,
    power,
    table,
    write_csv,
)
from vscore.cli.plot import page
from vscore.cli.progress import ProgressBar
from vscore.cli.series import LEVEL, STATISTICS, Series, gradient_series, series_of
from vscore.cli.words import verdict_lines
from vscore.meanfield import Prediction, predict
from vscore.networks import Network, RecurrentNetwork
from vscore.parameters import PARAMETERS, check_choice
from vscore.propagation import Propagation, simulate
from vscore.verdicts import unit_of, verdict

LINES = 50
"""Layers printed at most; a CSV has them all."""

COLUMNS = ("measured", "error", "predicted", "low", "high")
"""Of each statistic in a CSV."""


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "simulate",
        help="send a signal forward and a gradient back through random networks",
        description="Send a signal forward and a gradient back through random networks. q is the "
        "pre-activations' second moment, gradient that of the loss gradient with respect to them "
        "(over time: to the state); +- is the standard error of the mean over networks.",
        allow_abbrev=False,
    )
    add_network(parser)
    add_initializer(parser, "he_normal; glorot_uniform for recurrent")
    group = add_run(parser, "Write the table, every layer.")
    for name in ("networks", "batch"):
        add_number(group, name, PARAMETERS[name].default)
    _add_choices(group)
    group.add_argument("--no-backward", action="store_true", help="Send no gradient back.")
    group.add_argument(
        "--plot",
        metavar="FILE",
        help="Write an HTML page with charts, table and verdict; it opens without a network.",
    )
    parser.set_defaults(run=run)


def _add_choices(group: argparse._ArgumentGroup) -> None:
    for name, default, meaning in (
        ("dtype", "float32", "float32 or float64, of weights and activations."),
        (
            "engine",
            "auto",
            "weights draws every weight; gram draws none (dense layers; approximate unless "
            "weights are Gaussian); auto takes the cheaper one that is exact.",
        ),
        ("statistic", "q", f"What is shown beside the gradient: {', '.join(STATISTICS)}."),
    ):
        text = f"{meaning} Default: {default}."
        group.add_argument(f"--{name}", default=default, metavar="NAME", help=text)


def run(options: argparse.Namespace) -> None:
    """Simulate, predict, write what is asked for, print."""
    check_choice("statistic", options.statistic, STATISTICS)
    network = network_of(options)
    measured = _simulated(network, options)
    theory, reason = _theory(network)
    shown = [series_of(options.statistic, measured, theory)]
    gradient = gradient_series(measured, theory)
    shown += [] if gradient is None else [gradient]
    unit = unit_of(network)
    if options.csv is not None:
        write_csv(options.csv, *_csv(shown, unit))
    facts = list(_facts(network, measured))
    notes = list(_notes(measured, theory, reason, shown))
    lines = list(verdict_lines(verdict(measured, theory), unit))
    if options.plot is not None:
        text = page(network.description, facts, shown, [*notes, *lines], unit)
        Path(options.plot).write_text(text, encoding="utf-8")
    print(pairs(facts))
    print(f"\n{_table(shown, unit)}\n")
    if network.depth > LINES:
        print(f"{LINES} of {network.depth} {unit}s shown; --csv FILE writes them all.")
    for line in (*notes, *lines):
        print(paragraph(line, "  "))


def _simulated(network: Network, options: argparse.Namespace) -> Propagation:
    with ProgressBar("simulating", options.quiet) as bar:
        return simulate(
            network,
            networks=options.networks,
            batch=options.batch,
            seed=options.seed,
            engine=options.engine,
            dtype=options.dtype,
            backward=not options.no_backward,
            threads=options.threads,
            progress=bar.step,
        )


def _theory(network: Network) -> tuple[Prediction | None, str]:
    try:
        return predict(network), ""
    except ValueError as error:  # weights of a mean other than 0; gated cells
        return None, str(error)


def _csv(shown: Sequence[Series], unit: str) -> tuple[list[str], Iterable[list[str]]]:
    """The header, and rows of every digit; the gradient's columns are empty without one."""
    names = (shown[0].name, "gradient")
    header = [unit, *(f"{name}_{column}" for name in names for column in COLUMNS)]
    columns = [_texts(column, each, 17, "") for each in shown for column in each.columns]
    columns += [[""] * len(columns[0])] * (len(header) - 1 - len(columns))
    return header, ([str(row), *cells] for row, cells in enumerate(zip(*columns, strict=True), 1))


def _table(shown: Sequence[Series], unit: str) -> str:
    """All layers, or `LINES` of them evenly spread, first and last included."""
    depth = len(shown[0].measured)
    header, columns = [unit], [[str(layer + 1) for layer in range(depth)]]
    for each in shown:
        measured, error, predicted, *_ = (_texts(c, each, 4, "-") for c in each.columns)
        header += [each.name, *(["theory"] if each.predicted is not None else [])]
        columns += [measured, *([predicted] if each.predicted is not None else [])]
        header.append("+-" if each.band is None else f"{LEVEL:.0%} band")
        columns.append(error if each.band is None else _band_texts(each))
    rows = list(zip(*columns, strict=True))
    picked = np.unique(np.linspace(0, depth - 1, min(depth, LINES)).round().astype(int))
    return table(header, [rows[index] for index in picked], left=0)


def _band_texts(each: Series) -> list[str]:
    low, high = each.columns[3:]
    ends = zip(_texts(low, each, 3, "-"), _texts(high, each, 3, "-"), strict=True)
    return [" .. ".join(pair) for pair in ends]


def _texts(column: Iterable[float], each: Series, digits: int, none: str) -> list[str]:
    write = power if each.statistic.logarithmic else plain
    return [none if math.isnan(value) else write(float(value), digits) for value in column]


def _notes(
    measured: Propagation, theory: Prediction | None, reason: str, shown: Sequence[Series]
) -> Iterator[str]:
    """What to know about the table."""
    network, count = measured.network, len(measured.log10_q)
    if reason:
        yield f"No theory: {reason}."
    if any(each.band is not None for each in shown):
        of = f"means over {count} networks of this width" if count > 1 else "networks of this width"
        yield f"The band holds {LEVEL:.0%} of {of}."
    if theory is not None and (warning := theory.band_warning(measured.batch, count)):
        yield f"No band: {warning}" if not warning.startswith("There is") else warning
    if measured.log10_gradient is not None and len({f.fan_out for f in network.effective_fans}) > 1:
        yield "gradient is a mean over units: the squared norm by the layer's width."


def _facts(network: Network, measured: Propagation) -> Iterator[tuple[str, str]]:
    yield "network", network.description
    yield "inputs", dimensions(network.input_shape)
    yield "activation", network.activation.label
    yield "initializer", described(network.initializer)
    if isinstance(network, RecurrentNetwork):
        yield "recurrent initializer", described(network.recurrent_initializer)
    yield "bias variance", plain(network.bias_variance)
    count = len(measured.log10_q)
    yield "simulated", f"{count} network{'s' * (count > 1)}, batch {measured.batch}"
    yield "engine", _engine(measured)
    yield "seed", str(measured.seed)


def _engine(measured: Propagation) -> str:
    if measured.approximate:
        return f"{measured.engine}: approximate, O(1/n), because the weights are not Gaussian"
    return measured.engine
