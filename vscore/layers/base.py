"""What every layer has, and how its numbers are checked."""

from abc import ABC, abstractmethod
from dataclasses import Field, dataclass, field, fields
from typing import Any

from vscore._typing import Shape
from vscore.layers.kernel import Bias, Kernel
from vscore.parameters import PARAMETERS, Parameter, shown


@dataclass(frozen=True, slots=True)
class Layer(ABC):
    """A layer's dimensions: a frozen value that can be compared, hashed and sent in a link.

    Each field that the constructor takes is a key of `PARAMETERS`. A field whose default is a
    tuple (kernel_size, strides) also takes one int, meant for every axis, and then holds a tuple.

    Attributes
    ----------
    kind : str
        The class' name, as a field: a cache that hashes field values would otherwise take
        `LSTM(128, 64)` for `GRU(128, 64)`.

    Raises
    ------
    ValueError
        Naming the argument, what it may be, and the value.
    """

    kind: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self).__name__)
        for argument in fields(self):
            if argument.init:
                checked = self._checked(argument, getattr(self, argument.name))
                object.__setattr__(self, argument.name, checked)
        self._check_together()

    @property
    @abstractmethod
    def kernels(self) -> tuple[Kernel, ...]:
        """The weight tensors, in Keras' order."""

    @property
    def biases(self) -> tuple[Bias, ...]:
        """The bias vectors that Keras adds by default, in Keras' order."""
        return ()

    def _checked(self, argument: Field[Any], value: object) -> object:
        """One argument's value, as it is kept."""
        parameter = PARAMETERS[argument.name]
        if isinstance(argument.default, tuple):
            return _per_axis(parameter, value, len(argument.default))
        return parameter.check_int(value)

    def _check_together(self) -> None:  # noqa: B027  # a hook: most layers need none
        """Raise where arguments are each allowed, but not together."""


def _per_axis(parameter: Parameter, value: object, rank: int) -> Shape:
    """One int per axis, from one int or from as many as there are axes."""
    if not isinstance(value, tuple | list):
        return (parameter.check_int(value),) * rank
    if len(value) != rank:
        plural = "s" if rank > 1 else ""
        raise ValueError(
            f"{parameter.name} must be an integer or {rank} integer{plural}, one per axis; "
            f"got {shown(value)}"
        )
    return tuple(
        parameter.check_int(size, f"{parameter.name}[{axis}]") for axis, size in enumerate(value)
    )
