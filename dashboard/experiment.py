"""One experiment: what a link names, what the controls show, what the pages compute.

Pure data and its limits. Bounds come from each `Parameter`'s `shown` range, and `within_budget`
keeps combinations affordable: one class shares one small machine.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer, size_of
from vscore.layers import Dense, Kernel, Layer
from vscore.networks import Network, convnet, mlp, recurrent

LARGEST_KERNEL = 1 << 26
"""Weights drawn for one histogram: about a second's work."""

LARGEST_SIMULATION = 8e9
"""Nanoseconds of one core: drawing a weight takes 4, using it forward and back 0.08 an input."""


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
        The network: `depth` layers of `width` units or channels, on as many inputs; or `depth`
        time steps of a recurrent layer of `width` units.
    networks, batch, seed : int
    bias_variance : float
    family : str
        A key of `FAMILIES`.
    image_size : int
        Side of a convolutional network's image.
    padding : str
        Of a convolutional network: "circular" or "same".
    cell : str
        Of a recurrent network: "simple_rnn", "lstm" or "gru".
    recurrent : str
        The recurrent kernel's initializer, a key of `INITIALIZERS`.
    statistic : str
        What is followed forward: a key of `STATISTICS`.
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
    family: str = "dense"
    image_size: int = 12
    padding: str = "circular"
    cell: str = "lstm"
    recurrent: str = "orthogonal"
    statistic: str = "q"

    @property
    def drawn_kernel(self) -> Kernel:
        """The kernel whose weights are drawn."""
        by_name = {kernel.name: kernel for kernel in self.layer.kernels}
        return by_name.get(self.kernel, self.layer.kernels[0])

    @property
    def network(self) -> Network:
        """The deep network."""
        return FAMILIES[self.family].build(self)

    @property
    def cost(self) -> float:
        """Nanoseconds of one core that the simulation takes."""
        return self.networks * self.depth * FAMILIES[self.family].layer_cost(self)


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of deep network: its name, how it is built, what a layer of it costs.

    Attributes
    ----------
    label : str
    build : callable
        Experiment to Network.
    layer_cost : callable
        Experiment to nanoseconds of one core, for one layer of one network.
    start : mapping
        Sizes that show something within a moment, when the family is chosen.
    """

    label: str
    build: Callable[[Experiment], Network]
    layer_cost: Callable[[Experiment], float]
    start: Mapping[str, int]


def _dense(experiment: Experiment) -> Network:
    return mlp(
        (experiment.width,) * (experiment.depth + 1),
        activation=experiment.activation,
        initializer=experiment.initializer,
        bias_variance=experiment.bias_variance,
    )


def _convolutional(experiment: Experiment) -> Network:
    return convnet(
        (experiment.width,) * (experiment.depth + 1),
        image_size=experiment.image_size,
        padding=experiment.padding,
        activation=experiment.activation,
        initializer=experiment.initializer,
        bias_variance=experiment.bias_variance,
    )


def _recurrent(experiment: Experiment) -> Network:
    return recurrent(
        experiment.cell,
        input_dim=experiment.width,
        units=experiment.width,
        steps=experiment.depth,
        kernel_initializer=experiment.initializer,
        recurrent_initializer=experiment.recurrent,
        bias_variance=experiment.bias_variance,
    )


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "dense": Family(
            "Dense",
            _dense,
            lambda e: e.width**2 * (4 + 0.08 * e.batch),
            {"depth": 20, "width": 128, "networks": 8, "batch": 16},
        ),
        "convolutional": Family(
            "Convolutional",
            _convolutional,
            lambda e: 9 * e.width**2 * (4 + 0.12 * e.batch * e.image_size**2),
            {"depth": 20, "width": 16, "networks": 4, "batch": 8},
        ),
        "recurrent": Family(
            "Recurrent",
            _recurrent,
            lambda e: 1e5 + e.width * e.batch * (400 + 0.5 * e.width),
            {"depth": 50, "width": 64, "networks": 4, "batch": 16},
        ),
    }
)

STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "q": "Mean z² (He's)",
        "unit_variance": "Variance of one unit over inputs",
        "activation_second_moment": "Mean h²",
        "activation_variance": "Pooled variance of h",
        "activation_mean": "Mean h",
        "correlation": "Correlation of two inputs",
        "saturated": "Share of saturated units",
        "dead": "Share of dead units",
    }
)
"""What can be followed forward, by its name in `Propagation`."""

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


def _largest_affordable(experiment: Experiment, name: str) -> int:
    """The largest value, from 1 to today's, that fits the budget; 1 if none does."""

    def cost(value: int) -> float:
        change: dict[str, Any] = {name: value}
        return replace(experiment, **change).cost

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
