"""`vscore fans`: how each framework counts a kernel's fans."""

import argparse

from vscore._typing import Convention
from vscore.cli.options import Commands, add_layer, layer_of
from vscore.cli.output import described, dimensions, paragraph, plain, table, write_csv
from vscore.effects import FRAMEWORK_NAMES, layer_default
from vscore.fans import CONVENTIONS, fans
from vscore.layers import LAYERS, Kernel, Layer
from vscore.parameters import check_choice
from vscore.verdicts import name_of

_DEFAULT = ("default", "std", "output variance")
"""What a layer starts with when nothing is said, and what it makes of N(0, 1) input."""


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "fans",
        help="fan_in and fan_out of layers, by each framework's rule",
        description="fan_in and fan_out of each kernel, as each framework counts them. "
        "'effective' is what is really summed. Default, std and output variance (expected for "
        "N(0, 1) input) are the framework's; Keras' where all are shown. A CSV has every "
        "framework's. '-': the framework has no such tensor.",
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
    conventions = [_known(name) for name in CONVENTIONS if options.convention in (name, "all")]
    frameworks = [name for name in conventions if name in FRAMEWORK_NAMES] or [_known("keras")]
    layers = _layers(options)
    kernels = [(layer, kernel) for layer in layers for kernel in layer.kernels]
    if options.csv is not None:
        write_csv(
            options.csv,
            _csv_header(conventions, frameworks),
            [_csv_row(layer, kernel, conventions, frameworks) for layer, kernel in kernels],
        )
    rows = [_row(layer, kernel, conventions, frameworks[0]) for layer, kernel in kernels]
    print(table(["layer", "kernel", "shape", *conventions, *_DEFAULT], rows, left=3))
    for layer in layers:
        _print_notes(layer)


def _layers(options: argparse.Namespace) -> list[Layer]:
    named = layer_of(options)
    return [layer() for layer in LAYERS.values()] if named is None else [named]


def _row(
    layer: Layer, kernel: Kernel, conventions: list[Convention], framework: Convention
) -> list[str]:
    return [
        *_names(layer, kernel),
        *(", ".join(_fans(kernel, name)) for name in conventions),
        *_default(layer, kernel, framework),
    ]


def _csv_header(conventions: list[Convention], frameworks: list[Convention]) -> list[str]:
    """The first framework's default without its name, the others' with theirs."""
    split = [f"{name} {way}" for name in conventions for way in ("in", "out")]
    others = [f"{name} {column}" for name in frameworks[1:] for column in _DEFAULT]
    return ["layer", "kernel", "shape", *split, *_DEFAULT, *others, "note"]


def _csv_row(
    layer: Layer, kernel: Kernel, conventions: list[Convention], frameworks: list[Convention]
) -> list[str]:
    return [
        *_names(layer, kernel),
        *(number for name in conventions for number in _fans(kernel, name, "-")),
        *(cell for name in frameworks for cell in _default(layer, kernel, name)),
        kernel.note,
    ]


def _names(layer: Layer, kernel: Kernel) -> tuple[str, str, str]:
    return layer.kind, kernel.name, dimensions(kernel.shape)


def _fans(kernel: Kernel, convention: Convention, *second: str) -> tuple[str, ...]:
    try:
        found = fans(kernel, convention)
    except ValueError:  # the framework has no such tensor
        return ("-", *second)
    return plain(found.fan_in, 9), plain(found.fan_out, 9)


def _default(layer: Layer, kernel: Kernel, framework: Convention) -> tuple[str, str, str]:
    """`_DEFAULT`, of one framework."""
    try:
        found = layer_default(layer, kernel, framework)
    except ValueError:
        return "-", "-", "-"
    law = name_of(found.initializer) or described(found.initializer)
    return law, plain(found.std), plain(found.output_variance)


def _known(convention: str) -> Convention:
    name: Convention = check_choice("convention", convention, CONVENTIONS)  # type: ignore[assignment]  # a key
    return name


def _print_notes(layer: Layer) -> None:
    """Each note once, with the kernels that it is about."""
    by_note: dict[str, list[str]] = {}
    for kernel in layer.kernels:
        by_note.setdefault(kernel.note, []).append(kernel.name)
    for note, names in by_note.items():
        if note:
            about = f"{layer.kind} {', '.join(names)}: {note}"
            print(f"\n{paragraph(about, '  ')}")
