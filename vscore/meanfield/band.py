"""How far a network of finite width strays from theory, by chance.

The law of a network's second moments is that of the paths in `_paths`; a band's ends are two of
its quantiles. It takes inputs to be iid normal, as `simulate` draws them.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from vscore._typing import FloatArray
from vscore.meanfield._domains import LEVEL
from vscore.meanfield._maps import Deviations
from vscore.meanfield._noise import order
from vscore.meanfield._paths import Moments, Paths, Spread, paths
from vscore.networks import DenseNetwork, Network
from vscore.parameters import PARAMETERS, check_choice, shown

_QUANTITIES: Mapping[str, Callable[[Paths], Moments]] = MappingProxyType(
    {"q": attrgetter("q"), "gradient": attrgetter("gradient")}
)
"""What a band is drawn of."""

_MOST_NETWORKS = 64
"""Of a mean: what 4 096 paths and a theory of first order in 1 / n can tell."""

_MEANS = 4
"""Of orders in which paths are put together: the path of their stream, after those of `_paths`."""

_LARGEST_STEP = 1 / 3
_LARGEST_BATCH = 1 / 2
_LARGEST_DEPTH = 1 / 3
_LARGEST_PRODUCT = 1 / 12
"""Of one step's variance; of batch over width; for a batch of several, of depth over width, and of
the product of these two. Within all four a 95 % band was seen to hold 92 to 98 % of networks in
every layer, give or take half a percent: relu, tanh, gelu and selu, widths 16 to 256, and up to 50
layers for one input."""

_LARGEST_LEFT_OUT = 0.55
"""Of a mean's standard error: what the expansion leaves out of a gradient's mean. At it the band of
means over 64 GELU networks was seen to hold 92 % of them."""

_DEEPEST = 1000
"""Layers of a band: 64 MiB, and most of a second."""


def log10_band(
    network: Network, log10_inputs: float, *, level: float, of: str, batch: int, networks: int
) -> tuple[FloatArray, FloatArray]:
    """The ends between which a share `level` of networks lies, each of shape (depth,)."""
    inside = LEVEL.check(level)
    count = min(PARAMETERS["networks"].check_int(networks), _MOST_NETWORKS)
    moments = _moments(network, log10_inputs, of, batch)
    low, high = _ends(moments.spread, count, inside)
    return moments.centre + low, moments.centre + high


@lru_cache(maxsize=32)
def _ends(spread: Spread, networks: int, level: float) -> tuple[Deviations, Deviations]:
    """Between which a share `level` of means over so many paths lies, shape (depth,) each."""
    values = _of_means(spread.deviations, networks)
    last = values.shape[1] - 1
    below = round((1 - level) / 2 * last)
    ordered = np.partition(values, (below, last - below), axis=1)
    return ordered[:, below], ordered[:, last - below]


def share_below(
    network: Network, log10_inputs: float, log10_values: ArrayLike, *, of: str, batch: int
) -> FloatArray:
    """The share of single networks below values, shape (depth,)."""
    values = np.asarray(log10_values, np.float64)
    if values.shape not in {(), (network.depth,)} or np.isnan(values).any():
        raise ValueError(
            f"log10_values must be a number, or one for each of the {network.depth} layers; "
            f"got {shown(log10_values)}"
        )
    moments = _moments(network, log10_inputs, of, batch)
    with np.errstate(invalid="ignore"):  # no signal where none is predicted is not below it
        over = values - moments.centre
    share: FloatArray = (moments.spread.deviations < over[:, None]).mean(axis=1)
    return share


def band_warning(network: Network, log10_inputs: float, batch: int, networks: int) -> str:
    """Why there is no band, or why not to trust it; empty where it holds."""
    size = PARAMETERS["batch"].check_int(batch)
    count = min(PARAMETERS["networks"].check_int(networks), _MOST_NETWORKS)
    absence = _absence(network)
    if absence or not isinstance(network, DenseNetwork):
        return absence
    followed = paths(network, log10_inputs, size)
    step = followed.largest_step
    if step > _LARGEST_STEP:
        return (
            f"The layers are too narrow for the band: one of them alone moves a moment by "
            f"{100 * math.sqrt(step):.0f} % by chance."
        )
    return _batch_warning(network, size) or _means_warning(followed, count)


def _batch_warning(network: DenseNetwork, size: int) -> str:
    """Whether a batch is too large for the width and the depth."""
    narrowest = min(network.widths[1:-1], default=math.inf)
    if size > narrowest * _LARGEST_BATCH:
        return (
            f"The band is made for a batch of at most half the width; with {size} inputs "
            f"at width {narrowest} a 95 % band may hold 88 % of networks, or nearly all."
        )
    depth = sum(1 / width for width in network.widths[1:-1])
    if size > 1 and (depth > _LARGEST_DEPTH or depth * size / narrowest > _LARGEST_PRODUCT):
        return (
            f"For a batch of {size}, {network.depth} layers are too deep for the band at width "
            f"{narrowest}: a 95 % band may hold 88 % of networks, or nearly all."
        )
    return ""


def _means_warning(followed: Paths, count: int) -> str:
    """Whether what the expansion leaves out counts beside the spread of a mean over networks."""
    gradient = np.power(np.float32(10), followed.gradient.spread.deviations[0].clip(max=30))
    spread = float(gradient.std() / gradient.mean())
    if followed.left_out * math.sqrt(count) <= _LARGEST_LEFT_OUT * spread:
        return ""
    of = f"means over {count} networks" if count > 1 else "networks"
    left_out, scatter = 100 * followed.left_out, 100 * spread / math.sqrt(count)
    return (
        f"The band is of first order in 1 / width, which leaves out about {left_out:.2g} % of the "
        f"gradient's mean: too much beside the {scatter:.2g} % by which {of} scatter."
    )


def _moments(network: Network, log10_inputs: float, of: str, batch: int) -> Moments:
    """log10 second moments of single networks."""
    moments_of = _QUANTITIES[check_choice("of", of, _QUANTITIES)]
    return moments_of(_paths(network, log10_inputs, PARAMETERS["batch"].check_int(batch)))


def _paths(network: Network, log10_inputs: float, batch: int) -> Paths:
    absence = _absence(network)
    if absence or not isinstance(network, DenseNetwork):
        raise ValueError(absence)
    return paths(network, log10_inputs, batch)


def _absence(network: Network) -> str:
    """Why a network has no band; empty where it has one."""
    if not isinstance(network, DenseNetwork):
        return f"There is a band for dense layers only, not for {network.description}: simulate it."
    if not network.initializer.independent:
        return (
            f"There is no band for {network.initializer.kind}: it takes every weight to be drawn "
            "independently of the others. Simulate the network."
        )
    if network.depth > _DEEPEST:
        return (
            f"There is no band for more than {_DEEPEST} layers; this network has {network.depth}."
        )
    return ""


def _of_means(deviations: Deviations, networks: int) -> Deviations:
    """log10 of means over so many paths each, from those of single ones, shape (depth, PATHS)."""
    if networks == 1:
        return deviations
    top = deviations.max(axis=1, keepdims=True)
    doubled = np.power(np.float32(10), deviations - top)
    total = np.zeros_like(doubled)
    for level in range(networks.bit_length()):
        if networks >> level & 1:
            total += doubled[:, order(_MEANS, level, 0)]
        doubled = doubled + doubled[:, order(_MEANS, level, 1)]
    with np.errstate(divide="ignore"):
        mean: Deviations = np.log10(total / np.float32(networks)) + top
    return mean
