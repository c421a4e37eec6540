"""How long a sweep will take and what it will hold, before it starts.

Nanoseconds of one core of 2.5 GHz and bytes, from sizes alone. Measured to a factor of two or
three; what networks of the same seed and shape share (drawn quantiles, moments of phi) is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from vscore.initializers import Initializer, size_of
from vscore.networks import ConvolutionalNetwork, Network, RecurrentNetwork
from vscore.sweeps.chunk import DEPTH
from vscore.sweeps.experiment import Experiment
from vscore.sweeps.grid import Grid
from vscore.sweeps.measures import MEASURES
from vscore.sweeps.settings import changed

_ASKED = 200
"""Cells that are asked for their cost, evenly spread over the grid."""

_CELL = 9e4
"""A cell's settings checked and its network built."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sweep costs, about.

    Attributes
    ----------
    cells : int
    seconds : float
        Of one core; so many workers take so many times less.
    longest : float
        Seconds of the longest cell.
    bytes : float
        What a worker holds at most, beside Python and its libraries.
    table : float
        Bytes of all results.
    """

    cells: int
    seconds: float
    longest: float
    bytes: float
    table: float

    @property
    def mean(self) -> float:
        """Seconds of a cell."""
        return self.seconds / self.cells


def estimate(grid: Grid) -> Cost:
    """What a sweep costs, about; cells that cannot be built cost nothing."""
    count = min(_ASKED, len(grid))
    numbers = [len(grid) * turn // count for turn in range(count - 1)] + [len(grid) - 1]
    found = np.array([_cost_of(grid, number) for number in numbers])
    seconds = found[:, 0] / 1e9
    return Cost(
        len(grid),
        float(seconds.mean()) * len(grid),
        float(seconds.max()),
        float(found[:, 1].max()),
        9.0 * len(grid),
    )


def _cost_of(grid: Grid, number: int) -> tuple[float, float]:
    """Nanoseconds and bytes of one cell."""
    try:
        experiment = changed(grid.base, grid.names, grid.values_at(number))
        network = experiment.build()
    except ValueError:
        return _CELL, 0.0
    work = _work(grid)
    if work == "theory" and DEPTH in grid.names and experiment.network == "mlp":
        return _CELL + _shared(grid, experiment), 1e5
    nanoseconds, held = WORK[work](experiment, network)
    return _CELL + nanoseconds, held


def _shared(grid: Grid, experiment: Experiment) -> float:
    """A cell's part of the prediction that it shares with others that differ in depth alone."""
    depths = [int(depth) for depth in grid.axes[grid.names.index(DEPTH)].values]
    deepest = replace(experiment, depth=max(depths))
    return _theory(deepest, deepest.build())[0] / len(depths)


def _work(grid: Grid) -> str:
    measure = MEASURES[grid.measure]
    return measure.work if grid.source == "simulated" else measure.theory


Work: TypeAlias = Callable[[Experiment, Network], tuple[float, float]]
"""Nanoseconds and bytes of a cell."""

_DRAWN = 4.0
"""A weight drawn."""

_ORTHOGONALIZED = 0.25
"""A weight of an orthogonal matrix, for each of its columns (or rows, if those are fewer)."""

_PRODUCT = 0.05
"""A weight used for one input, once."""

_LAYER = 2.5e4
"""A layer of one network, forward or back, whatever its size."""

_FELT = 12.0
"""phi and the statistics of one z; another time phi' on the way back."""


def _simulated(ways: int) -> Work:
    """Forward, or forward and back."""

    def work(experiment: Experiment, network: Network) -> tuple[float, float]:
        drawn = sum(_kernel(network.initializer, shape) for shape in network.kernel_shapes)
        used, units = _used(network), _units(network)
        passed = ways * experiment.batch * (_PRODUCT * used + _FELT * units)
        each = drawn + passed + ways * _LAYER * network.depth
        held = 4.0 * (experiment.batch * units * 2 + sum(map(size_of, network.kernel_shapes)))
        return experiment.networks * each, held

    return work


def _kernel(initializer: Initializer, shape: tuple[int, ...]) -> float:
    drawn = _DRAWN * size_of(shape)
    if initializer.blockwise:
        return drawn
    rows, columns = prod(shape[:-1]), shape[-1]
    return drawn + _ORTHOGONALIZED * rows * columns * min(rows, columns)


def _used(network: Network) -> float:
    """Products that one input takes, forward."""
    if isinstance(network, RecurrentNetwork):
        return float(network.steps * sum(map(size_of, network.kernel_shapes)))
    positions = prod(network.image_size) if isinstance(network, ConvolutionalNetwork) else 1
    return float(positions * sum(map(size_of, network.kernel_shapes)))


def _units(network: Network) -> float:
    """Pre-activations of one input."""
    if isinstance(network, RecurrentNetwork):
        return 4.0 * network.steps * network.kernel_shapes[0][-1]
    positions = prod(network.image_size) if isinstance(network, ConvolutionalNetwork) else 1
    return float(positions * sum(shape[-1] for shape in network.kernel_shapes))


def _theory(experiment: Experiment, network: Network) -> tuple[float, float]:
    moments = 0.0 if experiment.phi.homogeneous else 1.6e5
    return network.depth * (2e4 + moments), 1e5


def _follow(experiment: Experiment, network: Network) -> tuple[float, float]:
    correlated = 1e5 if experiment.phi.homogeneous else 1.5e6
    nanoseconds, held = _theory(experiment, network)
    return nanoseconds + network.depth * correlated, held


def _limit(experiment: Experiment, network: Network) -> tuple[float, float]:
    return (2e4 if experiment.phi.homogeneous else 1.5e6) + 2e4 * network.depth, 1e5


def _limits(experiment: Experiment, network: Network) -> tuple[float, float]:
    nanoseconds, held = _limit(experiment, network)
    return (2 if experiment.phi.homogeneous else 6) * nanoseconds, held


def _band(experiment: Experiment, network: Network) -> tuple[float, float]:
    """4 096 paths, layer by layer; and the simulation."""
    nanoseconds, held = _simulated(1)(experiment, network)
    return nanoseconds + 1.5e6 * network.depth, held + 65536.0 * network.depth


def _train(experiment: Experiment, network: Network) -> tuple[float, float]:
    """Each example forward and back, and each step's layers."""
    weights = sum(map(size_of, network.kernel_shapes))
    units = _units(network)
    steps = -(-4 * experiment.points // (5 * experiment.batch_size)) * experiment.epochs
    passed = experiment.batch_size * (0.05 * weights + 4 * units)
    each = passed + 2.0 * weights
    nanoseconds = steps * (experiment.networks * each + 1.5e4 * network.depth)
    held = 4.0 * experiment.networks * (7 * weights + 2 * 1024 * units)
    return nanoseconds, held


WORK: Mapping[str, Work] = MappingProxyType(
    {
        "forward": _simulated(1),
        "backward": _simulated(2),
        "band": _band,
        "theory": _theory,
        "follow": _follow,
        "limit": _limit,
        "limits": _limits,
        "train": _train,
    }
)
"""What a cell of each kind of work takes."""
