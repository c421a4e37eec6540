"""How long work takes, in nanoseconds of one core: what bounds it, and puts it in line. Pure.

Measured on one core of 2.5 GHz, to a factor of two. Small networks take up to five times as long,
since every layer has its own fixed costs; so what counts as light is set with these estimates.
"""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from vscore._typing import Shape
from vscore.initializers import Initializer, size_of
from vscore.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    Network,
    RecurrentNetwork,
)

_SAMPLED = 16.0
"""A weight drawn, tallied and compared with its law."""

_DRAWN = 4.0
"""A weight drawn for a network."""

_ORTHOGONALIZED = 0.25
"""A weight of an orthogonal matrix, for each of its columns (or rows, if those are fewer)."""

_BAND = 1.5e6
"""A layer of the band of dense networks, the first time."""

_EFFECT, _ORTHOGONAL_EFFECT = 2e7, 5e8
"""A layer's effect, of independent weights and of others."""

_FOLLOWED = 3e6
"""A layer through which theory follows the correlation of two inputs."""


def sample_cost(initializer: Initializer, shape: Shape) -> float:
    """Of one kernel drawn for its histogram."""
    return _SAMPLED * size_of(shape) + _orthogonalized(initializer, shape)


def network_cost(network: Network, batch: int) -> float:
    """Of one network that is drawn, and a batch that passes it forward and back."""
    return _COSTS[network.kind](network, batch)


def theory_cost(network: Network, followed: bool) -> float:
    """Of a prediction's bands, which dense layers have, and of correlations if those are asked."""
    bands = _BAND * network.depth if network.kind == "mlp" else 0.0
    return bands + _FOLLOWED * network.depth * followed


def effect_cost(initializer: Initializer | None) -> float:
    """Of what an initializer does in a layer of any size; parts of orthogonal matrices last."""
    return _EFFECT if initializer is None or initializer.blockwise else _ORTHOGONAL_EFFECT


def _orthogonalized(initializer: Initializer, shape: Shape) -> float:
    """What an orthogonal matrix takes beside its draw: nothing for independent weights."""
    if initializer.blockwise:
        return 0.0
    rows, columns = prod(shape[:-1]), shape[-1]
    return _ORTHOGONALIZED * rows * columns * min(rows, columns)


def _kernel(initializer: Initializer, shape: Shape) -> float:
    return _DRAWN * size_of(shape) + _orthogonalized(initializer, shape)


def _dense(network: DenseNetwork, batch: int) -> float:
    shapes = network.kernel_shapes
    return sum(_kernel(network.initializer, each) + 0.08 * batch * size_of(each) for each in shapes)


def _convolutional(network: ConvolutionalNetwork, batch: int) -> float:
    used = 0.12 * batch * prod(network.image_size)
    shapes = network.kernel_shapes
    return sum(_kernel(network.initializer, each) + used * size_of(each) for each in shapes)


def _recurrent(network: RecurrentNetwork, batch: int) -> float:
    initializers = (network.initializer, network.recurrent_initializer)
    drawn = sum(map(_kernel, initializers, network.kernel_shapes))
    return drawn + network.steps * (1e5 + network.units * batch * (400 + 0.5 * network.units))


_COSTS: Mapping[str, Callable[[Any, int], float]] = MappingProxyType(
    {"mlp": _dense, "convnet": _convolutional, "recurrent": _recurrent}
)
"""By the kind of network."""
