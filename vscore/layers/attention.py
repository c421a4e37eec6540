"""Multi-head attention: four kernels of three axes, whose fans Keras changed in 3.15."""

from dataclasses import dataclass

from vscore._typing import Shape
from vscore.fans import Fans
from vscore.layers.base import Layer
from vscore.layers.kernel import Bias, Kernel


@dataclass(frozen=True, slots=True)
class MultiHeadAttention(Layer):
    """Self-attention with num_heads heads of key_dim each; the value's size is key_dim too.

    Attributes
    ----------
    input_dim, num_heads, key_dim : int
    """

    input_dim: int = 512
    num_heads: int = 8
    key_dim: int = 64

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """Query, key and value (input_dim, heads, key_dim), output (heads, key_dim, input_dim)."""
        projections = ("query_kernel", "key_kernel", "value_kernel")
        return (*(self._projection(name) for name in projections), self._output())

    @property
    def biases(self) -> tuple[Bias, ...]:
        """Query, key and value (num_heads, key_dim), output (input_dim,)."""
        heads = (self.num_heads, self.key_dim)
        names = ("query_bias", "key_bias", "value_bias")
        return (*(Bias(name, heads) for name in names), Bias("output_bias", (self.input_dim,)))

    @property
    def _inner(self) -> int:
        return self.num_heads * self.key_dim

    def _projection(self, name: str) -> Kernel:
        stacked = self._torch_stack
        torch_note = (
            ""
            if stacked is None
            else (
                " PyTorch stacks query, key and value in one matrix: fan_out is 3 times too large."
            )
        )
        return Kernel(
            name,
            (self.input_dim, self.num_heads, self.key_dim),
            "glorot_uniform",
            (0,),
            (1, 2),
            effective=Fans(self.input_dim, self._inner),
            axes=("in", "head", "head size"),
            torch_shape=stacked,
            # Flax's DenseGeneral draws a matrix and reshapes it.
            flax_shape=(self.input_dim, self._inner),
            note=self._old_rule_note(self.num_heads, self.input_dim / self.num_heads) + torch_note,
        )

    def _output(self) -> Kernel:
        return Kernel(
            "output_kernel",
            (self.num_heads, self.key_dim, self.input_dim),
            "glorot_uniform",
            (0, 1),
            (2,),
            effective=Fans(self._inner, self.input_dim),
            axes=("head", "head size", "out"),
            torch_shape=(self.input_dim, self._inner),
            flax_shape=(self._inner, self.input_dim),
            note=self._old_rule_note(1, self.num_heads),
        )

    @property
    def _torch_stack(self) -> Shape | None:
        """PyTorch's in_proj_weight, (3 d, d); it wants d = num_heads * key_dim."""
        return (3 * self.input_dim, self.input_dim) if self._inner == self.input_dim else None

    def _old_rule_note(self, more_in: float, more_out: float) -> str:
        if more_in == more_out == 1:
            return ""
        return (
            "Keras before 3.15 read the shape as a convolution's: fan_in was "
            f"{more_in:g} and fan_out {more_out:g} times as large."
        )
