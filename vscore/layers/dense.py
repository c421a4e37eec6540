"""Layers whose kernel is one matrix: Dense and Embedding."""

from dataclasses import dataclass

from vscore.fans import Fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Bias, Kernel


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """x @ W + b: every framework counts what is really summed.

    Attributes
    ----------
    input_dim, units : int
    """

    input_dim: int = 784
    units: int = 256

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """W, shape (input_dim, units)."""
        return (
            Kernel(
                "kernel",
                (self.input_dim, self.units),
                "glorot_uniform",
                effective=Fans(self.input_dim, self.units),
                axes=("in", "out"),
                torch_shape=(self.units, self.input_dim),
                flax_shape=(self.input_dim, self.units),
            ),
        )

    @property
    def biases(self) -> tuple[Bias, ...]:
        """b, shape (units,)."""
        return (Bias("bias", (self.units,)),)


@dataclass(frozen=True, slots=True)
class Embedding(Layer):
    """A table whose row i is the output for the integer i.

    Nothing is summed, so the effective fan_in is 1: the output has the variance of the weights.
    No gradient reaches an integer, so fan_out has no meaning; it is given as 1, which makes
    every mode agree.

    Attributes
    ----------
    input_dim : int
        Rows: how many integers there are.
    output_dim : int
        Length of a row.
    """

    input_dim: int = 10000
    output_dim: int = 128

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The table, shape (input_dim, output_dim)."""
        return (
            Kernel(
                "embeddings",
                (self.input_dim, self.output_dim),
                "random_uniform",
                effective=Fans(1, 1),
                axes=("row", "out"),
                torch_shape=(self.input_dim, self.output_dim),
                flax_shape=(self.input_dim, self.output_dim),
                # Flax's Embed calls variance_scaling(..., out_axis=0): both axes are the rows,
                # which leaves output_dim as both fans and gives a std of 1 / sqrt(output_dim).
                flax_axes=((-2,), (0,)),
                note="A look-up copies a row and sums nothing, so the output has the weights' own "
                "variance. Keras' fan_in is the number of rows: dividing by it makes the output's "
                f"variance {self.input_dim} times smaller.",
            ),
        )
