"""Recurrent layers unrolled in time: depth is the number of time steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from vscore._typing import FloatArray, Shape
from vscore.activations import ACTIVATIONS, Activation
from vscore.fans import Fans
from vscore.initializers import Initializer, as_initializer
from vscore.layers import GRU, LSTM, SimpleRNN
from vscore.networks.base import Network
from vscore.parameters import PARAMETERS, check_choice, shown

_LAYERS: Mapping[str, type[SimpleRNN]] = MappingProxyType(
    {"simple_rnn": SimpleRNN, "lstm": LSTM, "gru": GRU}
)
"""Keras' layers, by the name of their cell. `SimpleRNN` is the base of the other two."""

CELLS = tuple(_LAYERS)


@dataclass(frozen=True, slots=True)
class RecurrentNetwork(Network):
    """One recurrent layer as Keras builds it, unrolled over time steps: each is a layer of depth.

    Inputs differ from step to step, the weights do not. The first state is 0.

    Parameters
    ----------
    cell : {"simple_rnn", "lstm", "gru"}
        Gates in Keras' order: LSTM i, f, c, o; GRU z, r, h with `reset_after=True`.
    input_dim, units, steps : int
    initializer : Initializer
        Of the kernel, (input_dim, gates * units). Its own seed is not used.
    recurrent_initializer : Initializer
        Of the recurrent kernel, (units, gates * units): one matrix over all gates.
    bias_variance : float
        Variance of the Gaussian biases; each of GRU's two rows has it.
    unit_forget_bias : bool
        Whether an LSTM's forget gate starts with a bias of exactly 1, whatever `bias_variance`.
    activation : Activation
        tanh, of the candidate and of the output; gates are sigmoids.
    """

    cell: str
    input_dim: int
    units: int
    steps: int
    initializer: Initializer
    recurrent_initializer: Initializer
    bias_variance: float = 0.0
    unit_forget_bias: bool = True
    activation: Activation = field(default=ACTIVATIONS["tanh"], init=False)
    kind: str = field(default="recurrent", init=False)

    @property
    def layer(self) -> SimpleRNN:
        """The layer that is unrolled."""
        return _LAYERS[self.cell](self.input_dim, self.units)

    @property
    def depth(self) -> int:
        """The number of time steps."""
        return self.steps

    @property
    def description(self) -> str:
        """LSTM of 64 units over 50 steps"""
        plural = "s" * (self.steps > 1)
        return f"{self.layer.kind} of {self.units} units over {self.steps} step{plural}"

    @property
    def input_shape(self) -> Shape:
        """(steps, input_dim)"""
        return (self.steps, self.input_dim)

    @property
    def kernel_shapes(self) -> tuple[Shape, ...]:
        """(input_dim, gates * units) and (units, gates * units): two, whatever the depth."""
        return tuple(kernel.shape for kernel in self.layer.kernels)

    @property
    def weight_variances(self) -> tuple[float, ...]:
        """Var[w] of the kernel and of the recurrent kernel."""
        initializers = (self.initializer, self.recurrent_initializer)
        pairs = zip(initializers, self.kernel_shapes, strict=True)
        return tuple(initializer.variance(initializer.fans(shape)) for initializer, shape in pairs)

    @property
    def effective_fans(self) -> tuple[Fans, ...]:
        """From state to state, step by step: one gate sums `units` terms, forward and backward."""
        return (Fans(self.units, self.units),) * self.steps

    def start_of_bias(self) -> tuple[FloatArray, FloatArray]:
        """The bias' fixed part, and the std of what is drawn on top of it, of the bias' shape.

        (gates * units,), for GRU (2, gates * units).
        """
        start = self.layer.biases[0].values() * self.unit_forget_bias
        return start, np.where(start == 0, self.bias_variance**0.5, 0.0)


def recurrent(
    kind: str = "lstm",
    *,
    input_dim: int = 64,
    units: int = 64,
    steps: int = 50,
    kernel_initializer: Initializer | str = "glorot_uniform",
    recurrent_initializer: Initializer | str = "orthogonal",
    bias_variance: float = 0.0,
    unit_forget_bias: bool = True,
) -> RecurrentNetwork:
    """A recurrent layer unrolled in time, with Keras' defaults.

    Parameters
    ----------
    kind : {"simple_rnn", "lstm", "gru"}, default "lstm"
    input_dim : int, default 64
        Inputs at each time step.
    units : int, default 64
        Size of the state.
    steps : int, default 50
        Time steps, 1 to 10 000.
    kernel_initializer : Initializer or str, default "glorot_uniform"
        An object, or a key of `INITIALIZERS`. It reads the fans of all gates together, as in Keras.
    recurrent_initializer : Initializer or str, default "orthogonal"
    bias_variance : float, default 0.0
        In [0, inf).
    unit_forget_bias : bool, default True
        Whether an LSTM's forget gate starts with a bias of 1. Other kinds have no such gate.

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    References
    ----------
    Jozefowicz, Zaremba and Sutskever 2015, section 2.2: the forget gate's bias of 1.

    Examples
    --------
    >>> recurrent("gru", input_dim=5, units=4).kernel_shapes
    ((5, 12), (4, 12))
    """
    cell = check_choice("kind", kind, _LAYERS)
    if not isinstance(unit_forget_bias, bool):
        raise ValueError(f"unit_forget_bias must be True or False; got {shown(unit_forget_bias)}")
    return RecurrentNetwork(
        cell,
        PARAMETERS["input_dim"].check_int(input_dim),
        PARAMETERS["units"].check_int(units),
        PARAMETERS["depth"].check_int(steps, "steps"),
        as_initializer(kernel_initializer, "kernel_initializer"),
        as_initializer(recurrent_initializer, "recurrent_initializer"),
        PARAMETERS["bias_variance"].check(bias_variance),
        unit_forget_bias,
    )
