"""`vscore simulate`: what weights do to signal and gradient at every depth."""

import argparse
import math
from collections.abc import Iterator

import numpy as np

from vscore._typing import FloatArray
from vscore.cli.options import (
    Commands,
    activation_of,
    add_activation,
    add_initializer,
    add_number,
    add_run,
    initializer_of,
    numbers,
)
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
from vscore.cli.progress import ProgressBar
from vscore.meanfield import Prediction, predict
from vscore.networks import DenseNetwork, Network, mlp
from vscore.parameters import PARAMETERS
from vscore.propagation import Propagation, simulate
from vscore.verdicts import Flow, Verdict, verdict

LINES = 50
"""Layers printed at most; a CSV has them all."""

HEADER = ("layer", "q", "+-", "q theory", "gradient", "+-", "gradient theory")
CSV_HEADER = (
    "layer",
    "q_measured",
    "q_error",
    "q_predicted",
    "gradient_measured",
    "gradient_error",
    "gradient_predicted",
)


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "simulate",
        help="send a signal forward and a gradient back through random networks",
        description="Send a signal forward and a gradient back through random networks of dense "
        "layers. q is the pre-activations' second moment, gradient that of the loss gradient "
        "with respect to them; +- is the standard error of the mean over networks.",
        allow_abbrev=False,
    )
    group = parser.add_argument_group("which network")
    group.add_argument(
        "--widths", type=numbers, metavar="N,N,...", help="Inputs, then each layer's units."
    )
    for name in ("depth", "width"):
        add_number(group, name, default_words=f"default {PARAMETERS[name].default:g}")
    add_activation(group)
    add_number(group, "bias_variance", PARAMETERS["bias_variance"].default)
    add_initializer(parser, "he_normal")
    group = add_run(parser, "Write the table, every layer.")
    for name in ("networks", "batch"):
        add_number(group, name, PARAMETERS[name].default)
    group.add_argument(
        "--dtype",
        default="float32",
        metavar="NAME",
        help="float32 or float64, of weights and activations. Default: float32.",
    )
    group.add_argument("--no-backward", action="store_true", help="Send no gradient back.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Simulate, predict, write what is asked for, print."""
    network = mlp(
        _widths(options),
        activation=activation_of(options),
        initializer=initializer_of(options, "he_normal"),
        bias_variance=options.bias_variance,
    )
    with ProgressBar("simulating", options.quiet) as bar:
        measured = simulate(
            network,
            networks=options.networks,
            batch=options.batch,
            seed=options.seed,
            dtype=options.dtype,
            backward=not options.no_backward,
            threads=options.threads,
            progress=bar.step,
        )
    theory, reason = _theory(network)
    rows = list(_rows(measured, theory))
    if options.csv is not None:
        write_csv(options.csv, CSV_HEADER, [_texts(row, 17, "") for row in rows])
    print(pairs(_facts(network, measured)))
    print(f"\n{table(HEADER, [_texts(row, 4, '-') for row in _some(rows)], left=0)}\n")
    if len(rows) > LINES:
        print(f"{LINES} of {len(rows)} layers shown; --csv FILE writes them all.")
    if reason:
        print(paragraph(f"No theory: {reason}."))
    if measured.log10_gradient is not None and len(set(network.widths[1:])) > 1:
        print(paragraph("gradient is a mean over units: the squared norm by the layer's width."))
    for line in verdict_lines(verdict(measured, theory)):
        print(paragraph(line, "  "))


def verdict_lines(found: Verdict) -> Iterator[str]:
    """The verdict in words."""
    yield _flow_line("forward", "q", found.forward)
    if found.backward is not None:
        yield _flow_line("backward", "the gradient's squared norm", found.backward)
    if found.overflow_layer is not None:
        yield f"overflow: float32 ends at layer {found.overflow_layer + 1}"
    if found.suggestion is None:
        yield f"suggestion: none. {found.reason}"
        return
    change = found.suggestion
    yield (
        f"suggestion: {described(change.initializer)}. {found.reason} Theory then changes q by "
        f"x{power(change.log10_forward, 3)} and the gradient's squared norm by "
        f"x{power(change.log10_backward, 3)}."
    )


def _flow_line(direction: str, what: str, flow: Flow) -> str:
    if flow.steps == 0:
        return f"{direction}: one layer, so nothing to compare it with."
    measured = f"{plain(flow.measured_factor, 4)} in the median network"
    factors = f"{plain(flow.factor, 4)} in theory, by {measured}" if flow.theory else measured
    text = (
        f"{direction}: {flow.kind}. A layer multiplies {what} by {factors}; all layers together "
        f"by {power(flow.log10_change, 3)}."
    )
    if flow.kind != "stable" and flow.factor > 0:
        text += f" A change by 1000 takes {plain(flow.layers_per_thousand, 3)} layers."
    if flow.measured_kind != flow.kind:
        text += f" Measured, it is {flow.measured_kind}: theory is for wide layers."
    return text


def _widths(options: argparse.Namespace) -> tuple[int, ...]:
    given = [name for name in ("depth", "width") if getattr(options, name) is not None]
    if options.widths is not None:
        if given:
            raise ValueError(f"give --widths or --{given[0]}, not both")
        widths: tuple[int, ...] = options.widths
        return widths
    depth, width = (
        PARAMETERS[name].check_int(
            getattr(options, name) if name in given else PARAMETERS[name].default
        )
        for name in ("depth", "width")
    )
    return (width,) * (depth + 1)


def _theory(network: Network) -> tuple[Prediction | None, str]:
    try:
        return predict(network), ""
    except ValueError as error:  # weights of a mean other than 0
        return None, str(error)


def _rows(measured: Propagation, theory: Prediction | None) -> Iterator[list[float]]:
    """Layer, then log10 of the numbers under `CSV_HEADER`; nan where there is none."""
    none = np.full(measured.log10_q.shape[1], np.nan)
    gradient = (none, none)
    if measured.log10_gradient is not None:
        gradient = mean_and_error(measured.log10_gradient)
    columns = [
        *mean_and_error(measured.log10_q),
        none if theory is None else theory.log10_q,
        *gradient,
        none if theory is None else theory.log10_gradient,
    ]
    for layer, values in enumerate(zip(*columns, strict=True), start=1):
        yield [layer, *map(float, values)]


def mean_and_error(logarithms: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log10 of the mean over networks and of its standard error, from log10 values.

    Parameters
    ----------
    logarithms : ndarray, shape (networks, depth)

    Returns
    -------
    mean, error : ndarray, shape (depth,)
        The error, std / sqrt(networks), is nan for one network, which has no spread.
    """
    top = logarithms.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    values = 10.0 ** (logarithms - top)
    count = len(values)
    spread = values.std(axis=0, ddof=1) / count**0.5 if count > 1 else np.full(len(top), np.nan)
    with np.errstate(divide="ignore"):
        return np.log10(values.mean(axis=0)) + top, np.log10(spread) + top


def _texts(row: list[float], digits: int, none: str) -> list[str]:
    return [
        str(int(row[0])),
        *(none if math.isnan(value) else power(value, digits) for value in row[1:]),
    ]


def _some(rows: list[list[float]]) -> list[list[float]]:
    """All rows, or `LINES` of them evenly spread, first and last included."""
    if len(rows) <= LINES:
        return rows
    return [rows[index] for index in np.linspace(0, len(rows) - 1, LINES).round().astype(int)]


def _facts(network: DenseNetwork, measured: Propagation) -> list[tuple[str, str]]:
    widths = network.widths
    same = len(set(widths)) == 1
    return [
        ("network", f"{network.depth} x {widths[0]}" if same else dimensions(widths)),
        ("activation", network.activation.label),
        ("initializer", described(network.initializer)),
        ("bias variance", plain(network.bias_variance)),
        ("simulated", f"{len(measured.log10_q)} networks, batch {measured.batch}"),
        ("seed", str(measured.seed)),
    ]
