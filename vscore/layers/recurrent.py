"""Recurrent layers: SimpleRNN, LSTM and GRU.

Keras concatenates the gates in one matrix, so its fan_out is units times the number of gates.
A unit of one gate still sums input_dim products, and one gate's gradient sums units of them.
"""

from dataclasses import dataclass
from typing import ClassVar

from vscore.fans import Fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Bias, Kernel


@dataclass(frozen=True, slots=True)
class SimpleRNN(Layer):
    """x @ W + h @ U + b.

    Attributes
    ----------
    input_dim, units : int
    """

    gates: ClassVar[tuple[str, ...]] = ("",)
    """The blocks of the last axis, in Keras' order."""

    input_dim: int = 128
    units: int = 64

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """W, shape (input_dim, gates * units), and U, shape (units, gates * units)."""
        return (
            self._kernel("kernel", self.input_dim, "glorot_uniform", ""),
            # One orthogonal matrix over all gates has entries of variance 1 / (gates * units).
            self._kernel("recurrent_kernel", self.units, "orthogonal", self._orthogonal_note),
        )

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (units,)."""
        return (Bias("bias", (self.units,)),)

    def _kernel(self, name: str, inputs: int, initializer: str, remark: str) -> Kernel:
        gates = len(self.gates)
        return Kernel(
            name,
            (inputs, gates * self.units),
            initializer,
            effective=Fans(inputs, self.units),
            axes=("in", "out" if gates == 1 else "gate x out"),
            torch_shape=(gates * self.units, inputs),
            # Flax draws each gate's matrix by itself.
            flax_shape=(inputs, self.units),
            note=f"Keras and PyTorch hold the {gates} gates in one matrix, so fan_out counts "
            f"{gates * self.units} where one gate has {self.units}. Flax draws each gate by "
            f"itself.{remark}",
        )

    @property
    def _orthogonal_note(self) -> str:
        return (
            f" An orthogonal start of the whole matrix leaves each gate's block with a mean "
            f"squared singular value of 1/{len(self.gates)}."
        )


@dataclass(frozen=True, slots=True)
class LSTM(SimpleRNN):
    """A long short-term memory: gates i, f, c, o in this order.

    Attributes
    ----------
    input_dim, units : int
    """

    gates: ClassVar[tuple[str, ...]] = ("i", "f", "c", "o")

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (4 units,): the forget gate's block is 1, the rest 0."""
        return (Bias("bias", (4 * self.units,), (0.0, 1.0, 0.0, 0.0)),)


@dataclass(frozen=True, slots=True)
class GRU(SimpleRNN):
    """A gated recurrent unit: gates z, r, h in this order, Keras' `reset_after=True`.

    Attributes
    ----------
    input_dim, units : int
    """

    gates: ClassVar[tuple[str, ...]] = ("z", "r", "h")

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (2, 3 units): one row for the input, one for the state."""
        return (Bias("bias", (2, 3 * self.units)),)
