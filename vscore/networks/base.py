"""What every network has, whatever its layers are."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from vscore._typing import Shape
from vscore.activations import Activation
from vscore.fans import Fans
from vscore.initializers import Initializer

Found = TypeVar("Found")


class Network(ABC):
    """A network as data. It holds no weights: `simulate` draws them, `predict` needs none.

    Each class is a frozen dataclass with the fields below among its own.

    Attributes
    ----------
    kind : str
        A field of its own, because a cache that hashes field values would otherwise take networks
        of different classes for one another.
    activation : Activation
        phi, after every layer, the last one included.
    initializer : Initializer
        Of the kernels. Its own seed is not used: networks are drawn from the simulation's seed.
    bias_variance : float
        Variance of the Gaussian biases, sigma_b^2.
    """

    __slots__ = ()

    kind: str
    activation: Activation
    initializer: Initializer
    bias_variance: float

    @property
    @abstractmethod
    def depth(self) -> int:
        """The number of layers that the signal passes, L."""

    @property
    @abstractmethod
    def description(self) -> str:
        """Layers and sizes in words: "20 dense layers of 256 units"."""

    @property
    @abstractmethod
    def input_shape(self) -> Shape:
        """The shape of one input."""

    @property
    @abstractmethod
    def kernel_shapes(self) -> tuple[Shape, ...]:
        """Each layer's kernel, in Keras' layout."""

    @property
    @abstractmethod
    def effective_fans(self) -> tuple[Fans, ...]:
        """How many terms each layer really sums, forward and backward."""

    @property
    def weight_variances(self) -> tuple[float, ...]:
        """Var[w] of each layer's kernel."""
        initializer = self.initializer
        return self._by_shape(lambda shape: initializer.variance(initializer.fans(shape)))

    def _by_shape(self, of: Callable[[Shape], Found]) -> tuple[Found, ...]:
        """What belongs to each layer's kernel; layers of one shape share it."""
        shapes = self.kernel_shapes
        found = {shape: of(shape) for shape in set(shapes)}
        return tuple(found[shape] for shape in shapes)
