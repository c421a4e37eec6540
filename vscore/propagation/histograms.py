"""Where the activations of each layer lie: one network's histograms, in units of their own size."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vscore._streams import Stream, check_seed
from vscore._typing import AnyArray, Check, FloatArray
from vscore._workers import Monitor
from vscore.networks import Network
from vscore.parameters import PARAMETERS, Parameter
from vscore.propagation.convolution import ConvolutionRun
from vscore.propagation.dense import DenseRun
from vscore.propagation.recurrent import RecurrentRun


class _Observed(Protocol):
    """An engine that shows its activations."""

    def activations(self, batch: int) -> Iterator[AnyArray]:
        """h of each layer for the batch's first inputs."""
        ...


_ENGINES: Mapping[str, Callable[..., _Observed]] = {
    "mlp": DenseRun,
    "convnet": ConvolutionRun,
    "recurrent": RecurrentRun,
}

_BINS = Parameter("bins", "Bins", "Bars of each histogram.", 61, 3, 1001, (11, 101))

_REACH = 3.0
"""Root mean squares to either side; what lies beyond counts in the outermost bars."""


@dataclass(frozen=True, slots=True, eq=False)
class ActivationHistograms:
    """Histograms of h over its root mean square, layer by layer, of one network.

    Attributes
    ----------
    network : Network
    edges : ndarray, shape (bins + 1,)
        In root mean squares of the layer's h: from -3 to 3.
    shares : ndarray, shape (depth, bins)
        Of a layer's activations; each row sums to 1.
    seed, batch : int
    """

    network: Network
    edges: FloatArray
    shares: FloatArray
    seed: int
    batch: int


def activation_histograms(
    network: Network,
    *,
    batch: int = 64,
    seed: int = 0,
    bins: int = 61,
    check: Check | None = None,
) -> ActivationHistograms:
    """Histograms of every layer's activations: of the first network that `simulate` draws.

    Parameters
    ----------
    network : Network
    batch : int, default 64
        Inputs; at most the first 128 are counted.
    seed : int, default 0
        In [0, 2**64): the same network as in `simulate`.
    bins : int, default 61
        Bars from -3 to 3 root mean squares, 3 to 1001.
    check : callable, optional
        Called after each layer; what it raises cancels the work.

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.
    """
    size = PARAMETERS["batch"].check_int(batch)
    edges = np.linspace(-_REACH, _REACH, _BINS.check_int(bins) + 1)
    root = Stream(check_seed(seed))
    monitor = Monitor(check)
    engine = _ENGINES[network.kind](network, root.child(0), "float32", monitor.tick)
    shares = []
    for h in engine.activations(size):
        shares.append(_shares(h, edges))
        monitor.look_in()
    return ActivationHistograms(network, edges, np.array(shares), root.seed, size)


def _shares(h: AnyArray, edges: FloatArray) -> FloatArray:
    values = h.astype(np.float64)
    size = np.sqrt(np.mean(values * values))
    scaled = np.clip(values / size if size else values, edges[0], edges[-1])
    counts, _ = np.histogram(scaled, edges)
    share: FloatArray = counts / values.size
    return share
