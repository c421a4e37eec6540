"""Where the activations of each layer lie: one network's histograms, in units of their own size."""

from dataclasses import dataclass

import numpy as np

from vscore._blas import one_blas_thread
from vscore._streams import Stream, check_seed
from vscore._typing import AnyArray, Check, FloatArray
from vscore._workers import Monitor, Team
from vscore.networks import Network
from vscore.parameters import PARAMETERS, Parameter
from vscore.propagation.engines import choose_engine, engine_of

_BINS = Parameter("bins", "Bins", "Bars of each histogram.", 61, 3, 1001, (11, 101))

_REACH = 3.0
"""Root mean squares to either side; what lies beyond counts in the outermost bars."""


COUNTED = 128
"""Inputs of a batch at most: the first ones. They alone are followed where weights are drawn."""


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
    engine: str = "auto",
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
    engine : {"auto", "weights", "gram"}, default "auto"
        As in `simulate`. "gram" draws z without weights, so its network is another one.
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
    chosen = choose_engine(network, size, engine)
    return _drawn(network, size, check_seed(seed), chosen, "float32", None, edges, check)


def histograms_of_run(
    network: Network,
    batch: int,
    seed: int,
    engine: str,
    dtype: str,
    inputs: AnyArray | None,
    check: Check | None,
) -> ActivationHistograms:
    """Those of a simulation's first network, from what `simulate` was asked for.

    Parameters
    ----------
    engine : {"weights", "gram"}
    inputs : ndarray, shape (some, *network.input_shape), or None
        Of those given, what `kept_inputs` keeps; None where they are drawn.
    check : callable or None
        As in `activation_histograms`.
    """
    edges = np.linspace(-_REACH, _REACH, int(_BINS.default) + 1)
    return _drawn(network, batch, seed, engine, dtype, inputs, edges, check)


def kept_inputs(inputs: AnyArray, engine: str) -> AnyArray:
    """A read-only copy of the inputs that histograms need."""
    # "gram" draws all inputs' z together; with weights each input goes its own way.
    kept = inputs.copy() if engine == "gram" else inputs[:COUNTED].copy()
    kept.flags.writeable = False
    return kept


def _drawn(
    network: Network,
    batch: int,
    seed: int,
    engine: str,
    dtype: str,
    inputs: AnyArray | None,
    edges: FloatArray,
    check: Check | None,
) -> ActivationHistograms:
    monitor = Monitor(check)
    shares = []
    with one_blas_thread(), Team(1, monitor) as team:
        kind = engine_of(network, engine)
        run = kind.of(network, [Stream(seed).child(0)], dtype, monitor.tick, team)
        for h in run.activations(run.draw_inputs(batch) if inputs is None else inputs):
            shares.append(_shares(h[:COUNTED], edges))
            monitor.look_in()
    return ActivationHistograms(network, edges, np.array(shares), seed, batch)


def _shares(h: AnyArray, edges: FloatArray) -> FloatArray:
    values = h.astype(np.float64)
    size = np.sqrt(np.mean(values * values))
    scaled = np.clip(values / size if size else values, edges[0], edges[-1])
    counts, _ = np.histogram(scaled, edges)
    share: FloatArray = counts / values.size
    return share
