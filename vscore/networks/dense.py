"""Stacks of dense layers."""

from dataclasses import dataclass, field

from vscore._typing import Shape
from vscore.activations import Activation, as_activation
from vscore.fans import Fans
from vscore.initializers import Initializer, as_initializer
from vscore.networks.base import Network
from vscore.parameters import PARAMETERS, shown


@dataclass(frozen=True, slots=True)
class DenseNetwork(Network):
    """A stack of dense layers: z = x W + b, h = phi(z), layer after layer.

    Parameters
    ----------
    widths : tuple of int
        Inputs, then the units of each layer: L + 1 numbers for depth L.
    activation : Activation
        phi, after every layer, the last one included.
    initializer : Initializer
        Of every kernel. Its own seed is not used: networks are drawn from the simulation's seed.
    bias_variance : float
        Variance of the Gaussian biases, sigma_b^2.
    """

    widths: tuple[int, ...]
    activation: Activation
    initializer: Initializer
    bias_variance: float = 0.0
    kind: str = field(default="mlp", init=False)

    @property
    def depth(self) -> int:
        """The number of weight layers, L."""
        return len(self.widths) - 1

    @property
    def description(self) -> str:
        """20 dense layers of 256 units, or dense layers of 784, 512, 10 units."""
        units = sorted(set(self.widths[1:]))
        if len(units) > 1:
            return f"dense layers of {', '.join(map(str, self.widths[1:]))} units"
        return f"{self.depth} dense layer{'s' * (self.depth > 1)} of {units[0]} units"

    @property
    def kernel_shapes(self) -> tuple[Shape, ...]:
        """(in, out) of each layer's kernel."""
        return tuple(zip(self.widths[:-1], self.widths[1:], strict=True))

    @property
    def effective_fans(self) -> tuple[Fans, ...]:
        """How many terms each layer really sums, forward and backward."""
        return self._by_shape(lambda shape: Fans(*shape))

    @property
    def input_shape(self) -> Shape:
        """(widths[0],)"""
        return self.widths[:1]


def mlp(
    widths: tuple[int, ...] = (784, 512, 256, 10),
    *,
    activation: Activation | str = "relu",
    initializer: Initializer | str = "he_normal",
    bias_variance: float = 0.0,
) -> DenseNetwork:
    """A stack of dense layers.

    Parameters
    ----------
    widths : tuple of int, default (784, 512, 256, 10)
        Inputs, then each layer's units; at least two numbers.
    activation : Activation or str, default "relu"
    initializer : Initializer or str, default "he_normal"
        An object, or a key of `INITIALIZERS`.
    bias_variance : float, default 0.0
        In [0, inf).

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    Examples
    --------
    >>> mlp((64, 32, 10), activation="tanh", initializer="glorot_normal").depth
    2
    """
    return DenseNetwork(
        _widths(widths),
        as_activation(activation),
        as_initializer(initializer),
        PARAMETERS["bias_variance"].check(bias_variance),
    )


def _widths(widths: object) -> tuple[int, ...]:
    if not isinstance(widths, list | tuple) or len(widths) < 2:
        raise ValueError(
            "widths must be at least two widths, inputs first, such as (784, 10); "
            f"got {shown(widths)}"
        )
    PARAMETERS["depth"].check(len(widths) - 1, "depth (the number of widths less one)")
    return tuple(PARAMETERS["width"].check_int(width, "every one of widths") for width in widths)
