"""One experiment: what a link names, what the controls show, what the pages compute.

Pure data and its limits. Bounds come from each `Parameter`'s `shown` range, and `within_budget`
keeps combinations affordable: one class shares one small machine.
"""

from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from typing import Any

from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer, size_of
from vscore.layers import Dense, Kernel, Layer
from vscore.networks import Network, mlp

LARGEST_KERNEL = 1 << 26
"""Weights drawn for one histogram: about a second's work."""

LARGEST_SIMULATION = 8e9
"""Nanoseconds of one core: drawing a weight takes 4, and using it 0.08 for each input."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Why something shown is not what was asked for: the setting, the value, the reason."""

    setting: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """A layer and its initializer, and a deep network started the same way.

    Attributes
    ----------
    layer : Layer
    kernel : str
        Which of the layer's kernels is drawn.
    initializer : Initializer
        Unseeded; of the drawn kernel and of every layer of the network.
    activation : Activation
    depth, width : int
        The network: `depth` dense layers of `width` units, on `width` inputs.
    networks, batch, seed : int
    bias_variance : float
    """

    layer: Layer = Dense()  # noqa: RUF009  # frozen
    kernel: str = "kernel"
    initializer: Initializer = INITIALIZERS["he_normal"]
    activation: Activation = ACTIVATIONS["relu"]
    depth: int = 20
    width: int = 128
    networks: int = 8
    batch: int = 16
    seed: int = 0
    bias_variance: float = 0.0

    @property
    def drawn_kernel(self) -> Kernel:
        """The kernel whose weights are drawn."""
        by_name = {kernel.name: kernel for kernel in self.layer.kernels}
        return by_name.get(self.kernel, self.layer.kernels[0])

    @property
    def network(self) -> Network:
        """The deep network."""
        return mlp(
            (self.width,) * (self.depth + 1),
            activation=self.activation,
            initializer=self.initializer,
            bias_variance=self.bias_variance,
        )


DEFAULT = Experiment()


def within_budget(experiment: Experiment) -> tuple[Experiment, tuple[Notice, ...]]:
    """The nearest experiment that is affordable, and a notice for each number that moved."""
    layer, layer_notices = _smaller_layer(experiment)
    initializer, kernel_notices = _drawable(replace(experiment, layer=layer))
    experiment = replace(experiment, layer=layer, initializer=initializer)
    notices = [*layer_notices, *kernel_notices]
    for name in ("networks", "batch", "depth"):
        value = getattr(experiment, name)
        nearest = _largest_affordable(experiment, name)
        if nearest < value:
            reason = f"a network this size takes too long; {nearest} is the most that fits"
            notices.append(Notice(name, str(value), reason))
            change: dict[str, Any] = {name: nearest}
            experiment = replace(experiment, **change)
    return experiment, tuple(notices)


def _cost(experiment: Experiment) -> float:
    """Nanoseconds of one core."""
    weights = experiment.depth * experiment.width**2
    return experiment.networks * weights * (4 + 0.08 * experiment.batch)


def _largest_affordable(experiment: Experiment, name: str) -> int:
    """The largest value, from 1 to today's, that fits the budget; 1 if none does."""

    def cost(value: int) -> float:
        change: dict[str, Any] = {name: value}
        return _cost(replace(experiment, **change))

    values = range(1, getattr(experiment, name) + 1)
    return max(1, bisect_right(values, LARGEST_SIMULATION, key=cost))


def _smaller_layer(experiment: Experiment) -> tuple[Layer, tuple[Notice, ...]]:
    """The layer itself, or one whose largest dimension is cut until its kernel fits."""
    layer = experiment.layer
    if size_of(experiment.drawn_kernel.shape) <= LARGEST_KERNEL:
        return layer, ()
    sizes = {f.name: getattr(layer, f.name) for f in fields(layer) if f.init}
    groups = sizes.get("groups", 1)

    def size(name: str, value: int) -> int:
        change: dict[str, Any] = {name: value}
        smaller = replace(experiment, layer=replace(layer, **change))
        return size_of(smaller.drawn_kernel.shape)

    # An LSTM's inputs are no part of its recurrent kernel: cutting them would not help.
    names = [n for n in sizes if isinstance(sizes[n], int) and size(n, groups) < size(n, sizes[n])]
    name = max(names, key=lambda n: sizes[n])
    steps = range(groups, sizes[name] + 1, groups)
    fitting = bisect_right(steps, LARGEST_KERNEL, key=lambda value: size(name, value))
    nearest = max(1, fitting) * groups
    reason = f"the kernel would hold over 67 million weights; {nearest} is the most that fits"
    nearest_layer: dict[str, Any] = {name: nearest}
    return replace(layer, **nearest_layer), (Notice(name, str(sizes[name]), reason),)


def _drawable(experiment: Experiment) -> tuple[Initializer, tuple[Notice, ...]]:
    """The initializer itself, or the default where this kernel is no matrix that it could draw."""
    initializer = experiment.initializer
    try:
        initializer.density(initializer.fans(experiment.drawn_kernel.shape))
    except ValueError as error:
        return DEFAULT.initializer, (Notice("init", initializer.kind, str(error)),)
    return initializer, ()
