"""`vscore gains`: the scale that keeps signal or gradient behind an activation."""

import argparse

from vscore.activations import ACTIVATIONS, Activation, as_activation
from vscore.cli.options import Commands, add_number, numbers
from vscore.cli.output import pairs, paragraph, plain, table, write_csv
from vscore.formulas.functions import FUNCTIONS
from vscore.meanfield import Gains, gains

_COLUMNS = (
    "mean",
    "second_moment",
    "derivative_second_moment",
    "rms_gain",
    "std_gain",
    "backward_gain",
    "forward_scale",
    "backward_scale",
    "torch_gain",
)
"""Of `Gains`, in a CSV."""

_ROUNDING = 1e-15
"""A mean below it is 0."""

_SHORT = ("rms_gain", "std_gain", "backward_gain", "torch_gain", "forward_scale", "backward_scale")
"""Of `Gains`, in the table."""


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "gains",
        help="the scale that keeps signal or gradient behind an activation",
        description="Gaussian moments of an activation, the gains and VarianceScaling scales that "
        "they ask for, and PyTorch's calculate_gain beside them. Without one: a table of all.",
        allow_abbrev=False,
    )
    group = parser.add_argument_group("which activation")
    group.add_argument(
        "activation", nargs="?", metavar="ACTIVATION", help=f"One of {', '.join(ACTIVATIONS)}."
    )
    group.add_argument(
        "--formula",
        metavar="TEXT",
        help='A formula in x, such as "x * sigmoid(1.702 * x)": numbers, pi, e, + - * / **, '
        f"brackets, {', '.join(FUNCTIONS)}.",
    )
    group.add_argument(
        "--kinks",
        type=numbers,
        default=(),
        metavar="X,X,...",
        help="Where the formula or its slope jumps, if its functions do not show it.",
    )
    add_number(group, "slope")
    output = parser.add_argument_group("output")
    output.add_argument("--csv", metavar="FILE", help="Write the table, every digit.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print one activation's gains, or the table of all."""
    chosen = _chosen(options)
    listed = list(ACTIVATIONS.values()) if chosen is None else [chosen]
    if options.csv is not None:
        rows = [[each.label, *_cells(gains(each), _COLUMNS, 17, "")] for each in listed]
        write_csv(options.csv, ["activation", *_COLUMNS], rows)
    if chosen is None:
        rows = [[each.kind, *_cells(gains(each), _SHORT, 6, "-")] for each in listed]
        print(table(["activation", *(name.replace("_", " ") for name in _SHORT)], rows))
        return
    found = gains(chosen)
    print(pairs(_facts(chosen, found)))
    if found.torch_note:
        print(f"\n{paragraph(f'PyTorch: {found.torch_note}', '  ')}")


def _chosen(options: argparse.Namespace) -> Activation | None:
    if options.formula is not None:
        if options.activation is not None or options.slope is not None:
            other = "ACTIVATION" if options.activation is not None else "--slope"
            raise ValueError(f"give {other} or --formula, not both")
        return Activation.from_formula(options.formula, options.kinks)
    if options.kinks:
        raise ValueError("--kinks needs --formula")
    if options.activation is None:
        if options.slope is not None:
            raise ValueError("--slope needs an activation: leaky_relu")
        return None
    if options.slope is not None:
        return Activation(options.activation, options.slope)
    return as_activation(options.activation)


def _cells(found: Gains, names: tuple[str, ...], digits: int, none: str) -> list[str]:
    values = (getattr(found, name) for name in names)
    return [none if value is None else plain(value, digits) for value in values]


def _facts(phi: Activation, found: Gains) -> list[tuple[str, str]]:
    none = "none: the moment is 0"
    return [
        ("activation", phi.label),
        ("kinks", ", ".join(map(plain, phi.kinks)) or "none"),
        ("E phi", plain(found.mean if abs(found.mean) > _ROUNDING else 0.0, 10)),
        ("E phi^2", plain(found.second_moment, 10)),
        ("E phi'^2", plain(found.derivative_second_moment, 10)),
        ("rms gain", f"{plain(found.rms_gain, 10)} (keeps the second moment)"),
        ("std gain", f"{plain(found.std_gain, 10)} (keeps the variance about the mean)"),
        ("backward gain", f"{plain(found.backward_gain, 10)} (keeps the gradient)"),
        ("PyTorch gain", "-" if found.torch_gain is None else plain(found.torch_gain, 10)),
        ("forward", found.forward_line or none),
        ("backward", found.backward_line or none),
    ]
