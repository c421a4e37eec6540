"""`vscore export`: a layer or a network as a program for a framework."""

import argparse
from pathlib import Path

from vscore.cli.network import NETWORK_OPTIONS, add_network, network_of
from vscore.cli.options import (
    Commands,
    add_initializer,
    add_layer,
    flag,
    given_of,
    initializer_of,
    layer_fields,
    layer_of,
)
from vscore.export import EXPORTERS, Experiment, export_code
from vscore.layers import Dense
from vscore.parameters import PARAMETERS, check_choice

_OF_NETWORKS = frozenset(name for names in NETWORK_OPTIONS.values() for name in names)
_OF_LAYERS = frozenset(layer_fields())

NETWORK_ONLY = (*sorted(_OF_NETWORKS - _OF_LAYERS), "bias_variance")
LAYER_ONLY = (
    "layer",
    "shape",
    "input_axes",
    "output_axes",
    "kernel",
    *sorted(_OF_LAYERS - _OF_NETWORKS),
)


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="write a program that draws the same weights' law in a framework",
        description="Write a program for a framework that draws a layer's or a network's weights, "
        "each of the law that Keras gives it. With --network a network, else a layer.",
        allow_abbrev=False,
        conflict_handler="resolve",  # layers and networks share some sizes: layers' words stay
    )
    add_network(parser, "")
    add_layer(parser, "Dense")
    parser.add_argument(
        "--kernel",
        metavar="NAME",
        help="The one kernel of the layer that --initializer is for; the others start as in "
        "Keras. Default: all but a recurrent one.",
    )
    add_initializer(parser, "what Keras uses; he_normal for mlp and convnet")
    group = parser.add_argument_group("output")
    names = ", ".join(EXPORTERS)
    text = f"One of {names}. Default: keras."
    group.add_argument("--framework", default="keras", metavar="NAME", help=text)
    group.add_argument("--out", metavar="FILE", help="Write the program there, print nothing.")
    # What is given shows what is meant, so nothing is given by default.
    parser.set_defaults(run=run, network=None, bias_variance=None)


def run(options: argparse.Namespace) -> None:
    """Print the program, or write it."""
    experiment = _layer(options) if options.network is None else _network(options)
    code = export_code(experiment, options.framework)
    if options.out is None:
        print(code, end="")
    else:
        Path(options.out).write_text(code, encoding="utf-8")


def _layer(options: argparse.Namespace) -> Experiment:
    for name in given_of(options, NETWORK_ONLY):
        raise ValueError(f"{flag(name)} needs --network")
    layer = layer_of(options) or Dense()
    kernels = {kernel.name: kernel for kernel in layer.kernels}
    name = check_choice("kernel", options.kernel or layer.kernels[0].name, kernels)
    initializer = initializer_of(options, kernels[name].default_initializer)
    return layer, (initializer if options.kernel is None else {name: initializer})


def _network(options: argparse.Namespace) -> Experiment:
    for name in given_of(options, LAYER_ONLY):
        raise ValueError(f"give --network or {flag(name)}, not both")
    if options.bias_variance is None:
        options.bias_variance = PARAMETERS["bias_variance"].default
    return network_of(options)
