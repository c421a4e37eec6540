"""`vscore fans`: how each framework counts a kernel's fans."""

import argparse

from vscore._typing import Convention
from vscore.cli.options import Commands, add_layer, layer_of
from vscore.cli.output import dimensions, paragraph, plain, table, write_csv
from vscore.fans import CONVENTIONS, fans
from vscore.initializers import INITIALIZERS, for_kernel
from vscore.layers import LAYERS, Kernel, Layer
from vscore.parameters import check_choice


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "fans",
        help="fan_in and fan_out of layers, by each framework's rule",
        description="fan_in and fan_out of each kernel, as each framework counts them. "
        "'effective' is what is really summed. '-': the framework has no such tensor.",
        allow_abbrev=False,
    )
    add_layer(parser, "every layer with its defaults")
    group = parser.add_argument_group("output")
    group.add_argument(
        "--convention",
        default="all",
        metavar="NAME",
        help=f"One of {', '.join(CONVENTIONS)}, all. Default: all.",
    )
    group.add_argument("--csv", metavar="FILE", help="Write the table, with notes.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table, then the notes."""
    check_choice("convention", options.convention, (*CONVENTIONS, "all"))
    conventions = [name for name in CONVENTIONS if options.convention in (name, "all")]
    layers = _layers(options)
    rows = [_row(layer, kernel, conventions) for layer in layers for kernel in layer.kernels]
    header = ["layer", "kernel", "shape", *conventions, "default", "std"]
    if options.csv is not None:
        notes = [kernel.note for layer in layers for kernel in layer.kernels]
        split = [column for name in conventions for column in (f"{name} in", f"{name} out")]
        write_csv(
            options.csv,
            [*header[:3], *split, *header[-2:], "note"],
            [[*_split(row), note] for row, note in zip(rows, notes, strict=True)],
        )
    print(table(header, rows, left=3))
    for layer in layers:
        _print_notes(layer)


def _layers(options: argparse.Namespace) -> list[Layer]:
    named = layer_of(options)
    return [layer() for layer in LAYERS.values()] if named is None else [named]


def _row(layer: Layer, kernel: Kernel, conventions: list[str]) -> list[str]:
    initializer = for_kernel(INITIALIZERS[kernel.default_initializer], kernel)
    std = initializer.variance(initializer.fans(kernel.shape)) ** 0.5
    return [
        layer.kind,
        kernel.name,
        dimensions(kernel.shape),
        *(_fans(kernel, name) for name in conventions),
        kernel.default_initializer,
        plain(std),
    ]


def _fans(kernel: Kernel, convention: str) -> str:
    try:
        found = fans(kernel, _known(convention))
    except ValueError:  # the framework has no such tensor
        return "-"
    return f"{plain(found.fan_in, 9)}, {plain(found.fan_out, 9)}"


def _known(convention: str) -> Convention:
    name: Convention = check_choice("convention", convention, CONVENTIONS)  # type: ignore[assignment]  # a key
    return name


def _split(row: list[str]) -> list[str]:
    """The row with a column for each fan."""
    middle = [part for cell in row[3:-2] for part in (cell.split(", ") * 2)[:2]]
    return [*row[:3], *middle, *row[-2:]]


def _print_notes(layer: Layer) -> None:
    """Each note once, with the kernels that it is about."""
    by_note: dict[str, list[str]] = {}
    for kernel in layer.kernels:
        by_note.setdefault(kernel.note, []).append(kernel.name)
    for note, names in by_note.items():
        if note:
            about = f"{layer.kind} {', '.join(names)}: {note}"
            print(f"\n{paragraph(about, '  ')}")
