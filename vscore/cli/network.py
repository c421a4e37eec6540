"""The options that describe a network of any kind."""

import argparse
from collections.abc import Callable, Mapping
from types import MappingProxyType

from vscore.cli.options import (
    activation_of,
    add_activation,
    add_number,
    given_of,
    initializer_of,
    number,
    numbers,
    one_or_more,
    refuse_others,
)
from vscore.networks import CELLS, PADDINGS, Network, convnet, mlp, recurrent
from vscore.parameters import PARAMETERS, check_choice

NETWORK_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mlp": ("widths", "depth", "width", "activation", "slope"),
        "convnet": (
            *("channels", "depth", "width", "kernel_size", "image_size", "padding"),
            *("activation", "slope"),
        ),
        "recurrent": (
            *("cell", "input_dim", "units", "steps"),
            *("recurrent_initializer", "no_forget_bias"),
        ),
    }
)
"""What each kind of network takes, beside what all take."""

_CHANNELS = 32
"""In every layer of a convnet whose channels are not given: twenty layers take seconds."""


def add_network(parser: argparse.ArgumentParser, otherwise: str = " Default: mlp.") -> None:
    """--network, and the options of each kind."""
    group = parser.add_argument_group("which network")
    group.add_argument(
        "--network",
        default="mlp",
        metavar="KIND",
        help=f"One of {', '.join(NETWORK_OPTIONS)}: dense layers, convolutions, or one recurrent "
        f"layer over time.{otherwise}",
    )
    add_activation(group)
    add_number(group, "bias_variance", PARAMETERS["bias_variance"].default)
    group = parser.add_argument_group("mlp and convnet")
    group.add_argument(
        "--widths", type=numbers, metavar="N,N,...", help="Inputs, then each dense layer's units."
    )
    group.add_argument(
        "--channels", type=numbers, metavar="N,N,...", help="Inputs, then each convolution's."
    )
    depth, width = (PARAMETERS[name].default for name in ("depth", "width"))
    add_number(group, "depth", default_words=f"default {depth:g}")
    words = f"default {width:g}; of a convnet the channels, inputs included, default {_CHANNELS}"
    add_number(group, "width", default_words=words)
    add_number(group, "kernel_size", default_words="default 3", reader=one_or_more)
    words = "default 16; 64, (a number and a comma) asks for one axis"
    add_number(group, "image_size", default_words=words, reader=one_or_more)
    group.add_argument(
        "--padding", metavar="NAME", help=f"One of {', '.join(PADDINGS)}. Default: circular."
    )
    _add_recurrent(parser.add_argument_group("recurrent"))


def _add_recurrent(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--cell", metavar="NAME", help=f"One of {', '.join(CELLS)}. Default: lstm.")
    for name in ("input_dim", "units"):
        add_number(group, name, default_words="default 64")
    group.add_argument(
        "--steps",
        metavar="N",
        help=f"Time steps. {PARAMETERS['depth'].domain.capitalize()}; default 50.",
        type=number,
    )
    group.add_argument(
        "--recurrent-initializer",
        metavar="NAME",
        help="Of the kernel from state to state; --initializer is that of the inputs' kernel. "
        "Default: orthogonal.",
    )
    group.add_argument(
        "--no-forget-bias",
        action="store_true",
        default=None,
        help="Start an LSTM's forget gate at a bias of 0 instead of 1.",
    )


def network_of(options: argparse.Namespace) -> Network:
    """The network that the options describe.

    Raises
    ------
    ValueError
        If an option is another kind's, or a number is out of its domain.
    """
    kind = check_choice("network", options.network, NETWORK_OPTIONS)
    every = dict.fromkeys(name for names in NETWORK_OPTIONS.values() for name in names)
    refuse_others(f"a network of kind {kind}", given_of(options, every), NETWORK_OPTIONS[kind])
    return _BUILDERS[kind](options)


def _mlp(options: argparse.Namespace) -> Network:
    return mlp(
        _sizes(options, "widths", PARAMETERS["width"].default),
        activation=activation_of(options),
        initializer=initializer_of(options, "he_normal"),
        bias_variance=options.bias_variance,
    )


def _convnet(options: argparse.Namespace) -> Network:
    return convnet(
        _sizes(options, "channels", _CHANNELS),
        **given_of(options, ("kernel_size", "image_size", "padding")),
        activation=activation_of(options),
        initializer=initializer_of(options, "he_normal"),
        bias_variance=options.bias_variance,
    )


def _recurrent(options: argparse.Namespace) -> Network:
    return recurrent(
        options.cell or "lstm",
        **given_of(options, ("input_dim", "units", "steps", "recurrent_initializer")),
        kernel_initializer=initializer_of(options, "glorot_uniform"),
        bias_variance=options.bias_variance,
        unit_forget_bias=not options.no_forget_bias,
    )


_BUILDERS: Mapping[str, Callable[[argparse.Namespace], Network]] = MappingProxyType(
    {"mlp": _mlp, "convnet": _convnet, "recurrent": _recurrent}
)


def _sizes(options: argparse.Namespace, name: str, width: float) -> tuple[int, ...]:
    """Each layer's size, inputs first: as listed, or --depth times --width."""
    given = given_of(options, ("depth", "width"))
    listed: tuple[int, ...] | None = getattr(options, name)
    if listed is None:
        sizes = {"depth": PARAMETERS["depth"].default, "width": width, **given}
        depth, units = (PARAMETERS[key].check_int(sizes[key]) for key in ("depth", "width"))
        return (units,) * (depth + 1)
    for other in given:
        raise ValueError(f"give --{name} or --{other}, not both")
    return listed
