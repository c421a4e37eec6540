"""The engines, and which of them a network takes."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from vscore.networks import Network
from vscore.parameters import check_choice
from vscore.propagation.convolution import ConvolutionRun
from vscore.propagation.dense import DenseRun
from vscore.propagation.gram import GramRun
from vscore.propagation.recurrent import RecurrentRun
from vscore.propagation.run import Engine

ENGINES = ("auto", "weights", "gram")

_ENGINES: Mapping[tuple[str, str], type[Engine[Any]]] = {
    ("mlp", "weights"): DenseRun,
    ("mlp", "gram"): GramRun,
    ("convnet", "weights"): ConvolutionRun,
    ("recurrent", "weights"): RecurrentRun,
}
"""What runs a network of each kind with each engine."""


def engine_of(network: Network, chosen: str) -> type[Engine[Any]]:
    """What runs a network, for an engine that `choose_engine` gave."""
    return _ENGINES[network.kind, chosen]


def choose_engine(network: Network, batch: int, engine: str = "auto") -> str:
    """The engine that `simulate` takes for a network and a batch.

    Raises
    ------
    ValueError
        If the engine is unknown, or this kind of network has none of that name.
    """
    check_choice("engine", engine, ENGINES)
    kinds = [name for kind, name in _ENGINES if kind == network.kind]
    if engine == "auto":
        cheaper = "gram" in kinds and has_gaussian_weights(network) and _is_wide(network, batch)
        return "gram" if cheaper else "weights"
    if engine not in kinds:
        raise ValueError(
            f"engine must be 'auto' or 'weights' for a network of kind {network.kind!r}; "
            f"got {engine!r}"
        )
    return engine


def common_engine(networks: Iterable[Network], batch: int) -> str:
    """The engine that all of these networks can have: only then are their random numbers alike."""
    found = {choose_engine(network, batch) for network in networks}
    return found.pop() if len(found) == 1 else "weights"


def has_gaussian_weights(network: Network) -> bool:
    """Whether every weight is independent and exactly N(0, s^2)."""
    initializer = network.initializer
    if not initializer.independent:
        return False
    density = initializer.density(initializer.fans(network.kernel_shapes[0]))
    return density.distribution.kind == "untruncated_normal" and density.mean == 0


def _is_wide(network: Network, batch: int) -> bool:
    """Whether drawing m x n weights costs more than three draws and six products of B x n.

    In nanoseconds of one core: 4 a weight drawn and 0.08 each time that it is used; 5 a normal
    number, and its share of a batch x batch product. Below that size the two are about equal.
    """
    inputs, outputs = np.array(network.kernel_shapes).T
    weights = (inputs * outputs).sum() * (4 + 0.08 * batch)
    gram = outputs.sum() * batch * (3 * 5 + 6 * 0.08 * batch) + 1e5 * network.depth
    return bool(gram < weights)
