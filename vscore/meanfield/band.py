"""How far a network of finite width strays from theory, by chance.

The law of a network's second moments is that of the paths in `_paths`; a band's ends are two of
its quantiles. It takes inputs to be iid normal, as `simulate` draws them.
"""

import math
from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from vscore._logarithms import power_of_ten
from vscore._typing import FloatArray
from vscore.meanfield._domains import LEVEL
from vscore.meanfield._paths import PATHS, Paths, paths
from vscore.networks import DenseNetwork, Network
from vscore.parameters import PARAMETERS, check_choice, shown

_QUANTITIES: Mapping[str, Callable[[Paths], FloatArray]] = MappingProxyType(
    {"q": attrgetter("log10_q"), "gradient": attrgetter("log10_gradient")}
)
"""What a band is drawn of."""

_GROUPS = 1024
"""Means over networks from which a band is read."""

_MOST_NETWORKS = 64
"""Of a mean: what 4 096 paths and a theory of first order in 1 / n can tell."""

_ODD = 1237
"""Spreads groups over the paths; odd, so that no path comes twice."""

_LARGEST_STEP = 1 / 3
_LARGEST_BATCH = 1 / 4
_LARGEST_DEPTH = 1 / 4
_LARGEST_PRODUCT = 1 / 25
"""Of one step's variance; of batch over width; for a batch of several, of depth over width, and of
the product of these two. Within all four a 95 % band was seen to hold 92 to 98 % of networks in
every layer, give or take half a percent: relu, tanh, gelu and selu, widths 16 to 256, and up to 50
layers for one input."""

_DEEPEST = 1000
"""Layers of a band: 64 MiB, and most of a second."""


def log10_band(
    network: Network, log10_inputs: float, *, level: float, of: str, batch: int, networks: int
) -> tuple[FloatArray, FloatArray]:
    """The ends between which a share `level` of networks lies, each of shape (depth,)."""
    inside = LEVEL.check(level)
    count = min(PARAMETERS["networks"].check_int(networks), _MOST_NETWORKS)
    moments = _log10_mean(_moments(network, log10_inputs, of, batch), count)
    last = moments.shape[1] - 1
    below = round((1 - inside) / 2 * last)
    ordered = np.partition(moments, (below, last - below), axis=1)
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
    share: FloatArray = (moments < values[..., None]).mean(axis=1)
    return share


def band_warning(network: Network, log10_inputs: float, batch: int) -> str:
    """Why there is no band, or why not to trust it; empty where it holds."""
    size = PARAMETERS["batch"].check_int(batch)
    absence = _absence(network)
    if absence or not isinstance(network, DenseNetwork):
        return absence
    narrowest = min(network.widths[1:-1], default=math.inf)
    step = paths(network, log10_inputs, size).largest_step
    if step > _LARGEST_STEP:
        return (
            f"The layers are too narrow for the band: one of them alone moves a moment by "
            f"{100 * math.sqrt(step):.0f} % by chance."
        )
    if size > narrowest * _LARGEST_BATCH:
        return (
            f"The band is made for a batch of at most a quarter of the width; with {size} inputs "
            f"at width {narrowest} a 95 % band may hold 88 % of networks, or nearly all."
        )
    depth = sum(1 / width for width in network.widths[1:-1])
    if size > 1 and (depth > _LARGEST_DEPTH or depth * size / narrowest > _LARGEST_PRODUCT):
        return (
            f"For a batch of {size}, {network.depth} layers are too deep for the band at width "
            f"{narrowest}: a 95 % band may hold 88 % of networks, or nearly all."
        )
    return ""


def _moments(network: Network, log10_inputs: float, of: str, batch: int) -> FloatArray:
    """log10 second moments of single networks, shape (depth, PATHS)."""
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


def _log10_mean(logarithms: FloatArray, networks: int) -> FloatArray:
    """log10 of means over so many paths each, shape (depth, groups)."""
    if networks == 1:
        return logarithms
    top = logarithms.max(axis=1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    moments = power_of_ten(logarithms - top)
    twice = np.concatenate([moments, moments[:, :_GROUPS]], axis=1)
    # Triangular numbers times an odd one are distinct modulo a power of two, and few differences
    # come twice, so two groups have few paths in common.
    starts = (_ODD * (r * (r + 1) // 2) % PATHS for r in range(networks))
    total = np.zeros((len(moments), _GROUPS))
    for start in starts:
        total += twice[:, start : start + _GROUPS]
    with np.errstate(divide="ignore"):
        mean: FloatArray = np.log10(total / networks) + top
    return mean
