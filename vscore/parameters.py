"""Each number of an experiment declared once: its domain, its default, its words.

Validation, widgets, command-line options and test values all read `PARAMETERS`, so a bound
is written in one place and an error always names the argument, the value and the remedy.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from vscore._parameter import Parameter, check_choice, check_shape, shown

__all__ = ["PARAMETERS", "Parameter", "check_choice", "check_shape", "shown"]


def _size(name: str, label: str, default: int, high: int, text: str) -> Parameter:
    """A layer's dimension: a whole number from 1 up, moved on a log scale."""
    return Parameter(name, label, text, default, 1, 10**9, (1, high), log=True)


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        parameter.name: parameter
        for parameter in (
            Parameter(
                "scale",
                "Scale",
                "The variance's numerator: Var[w] = scale / n. Glorot and LeCun use 1, He uses 2.",
                1.0,
                0,
                math.inf,
                (0.01, 100.0),
                0.01,
                "s",
                open_low=True,
                integer=False,
                log=True,
            ),
            Parameter(
                "stddev",
                "Standard deviation",
                "The law's width parameter. A truncated normal's real std is 0.8796 times it.",
                0.05,
                0,
                math.inf,
                (0.0001, 10.0),
                0.0001,
                "sigma",
                integer=False,
                log=True,
            ),
            Parameter(
                "mean",
                "Mean",
                "The centre of the law.",
                0.0,
                -math.inf,
                math.inf,
                (-1.0, 1.0),
                0.01,
                "mu",
                integer=False,
            ),
            Parameter(
                "gain",
                "Gain",
                "An orthogonal matrix is multiplied by it.",
                1.0,
                -1e30,  # float32 holds it
                1e30,
                (0.01, 10.0),
                0.01,
                "g",
                integer=False,
                log=True,
            ),
            Parameter(
                "minval",
                "Lower limit",
                "The uniform law's lower end.",
                -0.05,
                -math.inf,
                math.inf,
                (-10.0, 10.0),
                0.01,
                "a",
                integer=False,
            ),
            Parameter(
                "maxval",
                "Upper limit",
                "The uniform law's upper end.",
                0.05,
                -math.inf,
                math.inf,
                (-10.0, 10.0),
                0.01,
                "b",
                integer=False,
            ),
            Parameter(
                "value",
                "Value",
                "What every weight is set to.",
                0.0,
                -math.inf,
                math.inf,
                (-1.0, 1.0),
                0.01,
                integer=False,
            ),
            Parameter(
                "bias_variance",
                "Bias variance",
                "Variance of the Gaussian biases. Frameworks start biases at 0 (PyTorch does not).",
                0.0,
                0,
                math.inf,
                (0.0, 2.0),
                0.01,
                "sigma_b2",
                integer=False,
            ),
            Parameter(
                "slope",
                "Negative slope",
                "leaky_relu's slope below 0: 0.2 in Keras' function, 0.3 in its layer, "
                "0.01 in PyTorch and JAX.",
                0.2,
                -math.inf,
                math.inf,
                (0.0, 1.0),
                0.01,
                "a",
                integer=False,
            ),
            Parameter(
                "depth",
                "Depth",
                "How many weight layers the signal passes.",
                20,
                1,
                10_000,
                (1, 100),
                symbol="L",
            ),
            Parameter(
                "width",
                "Width",
                "Units in every hidden layer.",
                256,
                1,
                10**9,
                (8, 1024),
                symbol="n",
                log=True,
            ),
            Parameter(
                "taper",
                "Last width",
                "Width of the last layer, as a multiple of the first; those between narrow or "
                "widen evenly.",
                1.0,
                0,
                math.inf,
                (0.125, 8.0),
                0.125,
                open_low=True,
                integer=False,
                log=True,
            ),
            Parameter(
                "networks",
                "Networks",
                "Independent networks drawn. The spread over them is the error bar: "
                "a larger batch does not shrink it.",
                8,
                1,
                1_000_000,
                (1, 64),
                log=True,
            ),
            Parameter(
                "batch",
                "Batch",
                "Inputs sent through each network, drawn from N(0, 1).",
                64,
                1,
                10_000_000,
                (1, 512),
                symbol="B",
                log=True,
            ),
            Parameter(
                "seed",
                "Seed",
                "Same seed, same numbers: here, in the library and on the command line.",
                0,
                0,
                2**64 - 1,
                (0, 9999),
            ),
            _size("input_dim", "Inputs", 784, 16384, "Inputs to each unit."),
            _size("output_dim", "Output size", 128, 4096, "Length of one embedding vector."),
            _size("units", "Units", 256, 16384, "Outputs of the layer."),
            _size("input_channels", "Input channels", 64, 2048, "Channels that come in."),
            _size("filters", "Filters", 128, 2048, "Channels that go out."),
            Parameter("kernel_size", "Kernel size", "Taps along each axis.", 3, 1, 10**6, (1, 15)),
            Parameter("strides", "Stride", "Step between outputs.", 1, 1, 10**6, (1, 4)),
            Parameter(
                "groups",
                "Groups",
                "Channels are split in so many groups that do not mix. It must divide both "
                "input_channels and filters.",
                1,
                1,
                10**6,
                (1, 64),
            ),
            Parameter(
                "depth_multiplier",
                "Depth multiplier",
                "Outputs for each input channel.",
                1,
                1,
                10**6,
                (1, 8),
            ),
            Parameter(
                "image_size",
                "Image size",
                "Positions along each axis of the image; the same after every layer.",
                16,
                1,
                10_000,
                (3, 32),
            ),
            Parameter("num_heads", "Heads", "Attention heads.", 8, 1, 10**6, (1, 32), symbol="h"),
            _size("key_dim", "Key size", 64, 512, "Size of each head's query and key."),
        )
    }
)
"""Every number of an experiment, by name."""
