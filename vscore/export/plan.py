"""An experiment as draws: what every exporter reads, and all that it reads."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any

from vscore._typing import Shape
from vscore.activations import Activation
from vscore.export.rules import Rule, Spelling, spell
from vscore.fans import Fans
from vscore.layers import Bias, Kernel, Layer


@dataclass(frozen=True, slots=True)
class Draw:
    """One kernel to be drawn.

    Attributes
    ----------
    kernel : Kernel
        Its name and its shape in Keras' order of axes.
    rule : Rule
    fans : Fans
        Those that the rule divides by: Keras', whatever the framework counts.
    """

    kernel: Kernel
    rule: Rule
    fans: Fans

    @property
    def name(self) -> str:
        """The kernel's."""
        return self.kernel.name

    @property
    def shape(self) -> Shape:
        """The kernel's, in Keras' order of axes."""
        return self.kernel.shape

    @property
    def matrix(self) -> Shape:
        """What is orthogonal in Keras: (prod(shape[:-1]), shape[-1])."""
        return (math.prod(self.shape[:-1]), self.shape[-1])

    @property
    def spelling(self) -> Spelling:
        """The rule's numbers as source, with these fans."""
        prefix = self.name.removesuffix("kernel").removesuffix("embeddings")
        return spell(self.rule, prefix, str(self.fans.fan_in), str(self.fans.fan_out))


@dataclass(frozen=True, slots=True)
class BiasDraw:
    """One bias vector: normal of this variance, but for the blocks that start at something else.

    Attributes
    ----------
    bias : Bias
    variance : float
    """

    bias: Bias
    variance: float = 0.0

    @property
    def blocks(self) -> tuple[tuple[int, int, float], ...]:
        """(start, stop, value) of each block of the last axis that does not start around 0."""
        size = self.bias.shape[-1] // len(self.bias.initial)
        values = enumerate(self.bias.initial)
        return tuple((k * size, (k + 1) * size, value) for k, value in values if value)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all plans have.

    Attributes
    ----------
    title : str
        What it is, in a line.
    notes : tuple of str
        What each kernel is drawn from.
    label : str
        A letter where experiments are compared, else empty.
    """

    _: KW_ONLY
    title: str
    notes: tuple[str, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class LayerPlan(Plan):
    """One layer, or a recurrent one unrolled over `steps`."""

    layer: Layer
    draws: tuple[Draw, ...]
    biases: tuple[BiasDraw, ...]
    steps: int | None = None

    def sizes(self) -> dict[str, Any]:
        """The layer's sizes by name, and products of them that frameworks ask for."""
        sizes = {f.name: getattr(self.layer, f.name) for f in fields(self.layer) if f.init}
        sizes["steps"] = self.steps
        channels, multiplier = sizes.get("input_channels"), sizes.get("depth_multiplier")
        heads, key = sizes.get("num_heads"), sizes.get("key_dim")
        sizes["between"] = channels * multiplier if channels and multiplier else None
        sizes["inner"] = heads * key if heads and key else None
        return sizes


@dataclass(frozen=True, slots=True)
class StackPlan(Plan):
    """Layers of one kind, one rule for all kernels, an activation after each.

    Attributes
    ----------
    sizes : tuple of int
        Inputs, then each layer's units or channels.
    window, image : tuple of int
        Taps and positions along each axis; empty where layers are dense.
    padding : str
        "circular" or "same"; empty where layers are dense.
    activation : Activation
    rule : Rule
    fans : pair of str
        fan_in and fan_out as source, given a layer's `inputs` and `outputs`.
    bias_variance : float
    """

    sizes: Shape
    window: Shape
    image: Shape
    padding: str
    activation: Activation
    rule: Rule
    fans: tuple[str, str]
    bias_variance: float

    @property
    def spelling(self) -> Spelling:
        """The rule's numbers, given a layer's `inputs` and `outputs`."""
        return spell(self.rule, "", *self.fans)

    @property
    def counted_alike(self) -> bool:
        """Whether the fans are those that every framework counts for such a layer."""
        return self.rule.mode is None or self.fans == usual_fans(self.window)

    @property
    def sizes_code(self) -> str:
        """(256,) * 21, or each number."""
        if len(set(self.sizes)) == 1:
            return f"({self.sizes[0]},) * {len(self.sizes)}"
        return repr(self.sizes)


def usual_fans(window: Shape) -> tuple[str, str]:
    """What all count for a dense layer or a convolution: the window times inputs, or outputs."""
    return product((*window, "inputs")), product((*window, "outputs"))


def product(sizes: Sequence[int | str]) -> str:
    """9 * inputs: numbers are multiplied, names are left."""
    number = math.prod(size for size in sizes if isinstance(size, int))
    names = [size for size in sizes if isinstance(size, str)]
    return " * ".join(names if number == 1 and names else [str(number), *names])
