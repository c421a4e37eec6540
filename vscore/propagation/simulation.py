"""`simulate`: independent networks on independent inputs, spread over threads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from vscore._blas import one_blas_thread
from vscore._streams import Stream, check_seed
from vscore._typing import AnyArray, Check, FloatArray, Progress
from vscore._workers import Monitor, Team, default_threads, map_in_order
from vscore.networks import Network
from vscore.parameters import PARAMETERS, check_choice, shown
from vscore.propagation.engines import choose_engine, engine_of, has_gaussian_weights
from vscore.propagation.histograms import kept_inputs
from vscore.propagation.result import Propagation
from vscore.propagation.run import Engine

_LARGEST_STD = 1e15
"""Kernels are drawn in float32; a product of a peak of 2^40, this and a wide fan still fits."""


def simulate(
    network: Network,
    *,
    networks: int = 8,
    batch: int = 64,
    seed: int = 0,
    engine: str = "auto",
    backward: bool = True,
    inputs: ArrayLike | None = None,
    dtype: str = "float32",
    threads: int | None = None,
    check: Check | None = None,
    progress: Progress | None = None,
) -> Propagation:
    """What `networks` independent draws of a network do to a batch and to a gradient.

    Parameters
    ----------
    network : Network
    networks : int, default 8
        Independent networks. Their spread is the error bar; a larger batch does not shrink it.
    batch : int, default 64
        Inputs a network.
    seed : int, default 0
        In [0, 2**64). Network r of a seed is the same however many are drawn, and its layer l the
        same however deep it is.
    engine : {"auto", "weights", "gram"}, default "auto"
        "weights" draws every weight. "gram" draws none: it is exact in law for dense layers of
        Gaussian weights, and right up to O(1 / n) for others, which is said in `approximate`.
        "auto" takes the cheaper one that is exact.
    backward : bool, default True
        Whether to send a gradient back.
    inputs : array_like, shape (batch, *network.input_shape), optional
        The same for all networks; iid N(0, 1), anew for each network, if not given.
    dtype : {"float32", "float64"}, default "float32"
        Of weights and activations. Draws are float32's either way; statistics are float64.
    threads : int, optional
        One a core if not given. The result does not depend on it.
    check : callable, optional
        Called at least every 20 ms from this thread; what it raises cancels the work.
    progress : callable, optional
        Called as progress(done, total) from this thread; the unit is one layer of one network.

    Returns
    -------
    Propagation

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    Notes
    -----
    Peak memory: a thread holds one network (several if they are small, or all threads one between
    them if there are fewer networks than threads), 4 bytes x (batch x sum(widths) + weights), where
    kernels of more than 2^25 weights in all are drawn twice instead of kept, and a layer's
    temporaries (about 5 x batch x width x 4 bytes and one kernel). A recurrent network keeps every
    gate and state, up to 24 bytes x steps x batch x units. The engine "gram" holds about
    11 arrays of batch x width and 16 x batch^2 x depth bytes, and up to 64 MiB of a small network's
    layers. Up to 64 MiB of small kernels' quantiles stay for the next call with the same seed.

    Magnitudes beyond float32 are carried exactly (a power of two beside the array), so an
    exploding network gives numbers, and `overflow_layer` says where plain float32 would end.
    """
    check_choice("dtype", dtype, ("float32", "float64"))
    check_variances(network)
    given = None if inputs is None else _check_inputs(inputs, network, dtype)
    size = PARAMETERS["batch"].check_int(batch if given is None else len(given))
    count = PARAMETERS["networks"].check_int(networks)
    chosen = choose_engine(network, size, engine)
    root = Stream(check_seed(seed))
    monitor = Monitor(check, progress, count * network.depth * (2 if backward else 1))
    plan = _Plan(network, engine_of(network, chosen), root, count, size, dtype)
    arrays = plan.run(given, backward, default_threads(threads), monitor)
    return Propagation(
        network=network,
        log10_gradient=arrays.pop("log10_gradient", None),
        engine=chosen,
        seed=root.seed,
        batch=size,
        approximate=chosen == "gram" and not has_gaussian_weights(network),
        dtype=dtype,
        inputs=None if given is None else kept_inputs(given, chosen),
        **arrays,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which networks go together, on which threads."""

    network: Network
    engine: type[Engine[Any]]
    root: Stream
    count: int
    batch: int
    dtype: str

    def run(
        self, inputs: AnyArray | None, backward: bool, threads: int, monitor: Monitor
    ) -> dict[str, FloatArray]:
        """Each statistic by name, shape (networks, depth)."""
        parts = self._parts()
        brief = self.engine.is_brief(self.network, self.count, self.batch)
        if brief:
            threads = 1
        # A thread each where there are parts enough, else one part at a time by all threads.
        apart, together = (threads, 1) if len(parts) >= threads else (1, threads)

        def trace(index: int) -> dict[str, FloatArray]:
            streams = [self.root.child(network) for network in parts[index]]
            engine = self.engine.of(self.network, streams, self.dtype, monitor.tick, team)
            return engine.trace(self.batch, inputs, backward)

        with one_blas_thread(), Team(together, monitor) as team:
            traces = list(map_in_order(trace, len(parts), apart, monitor, brief=brief))
        return {name: np.concatenate([trace[name] for trace in traces]) for name in traces[0]}

    def _parts(self) -> list[range]:
        together = self.engine.at_once(self.network, self.batch)
        starts = range(0, self.count, together)
        return [range(start, min(start + together, self.count)) for start in starts]


def _check_inputs(inputs: ArrayLike, network: Network, dtype: str) -> AnyArray:
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(inputs, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"inputs must be an array of numbers; got {shown(inputs)}") from error
    if array.shape[1:] != network.input_shape or array.size == 0:
        sizes = ", ".join(map(str, network.input_shape))
        raise ValueError(
            f"inputs must have shape (batch, {sizes}), as the network's input_shape says; "
            f"got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"inputs must be finite in {dtype}; got {shown(inputs)}")
    return array


def check_variances(network: Network) -> None:
    for std in (variance**0.5 for variance in network.weight_variances):
        if std > _LARGEST_STD or 0 < std < 1 / _LARGEST_STD:
            raise ValueError(
                "initializer must give weights of a std in "
                f"[{1 / _LARGEST_STD:g}, {_LARGEST_STD:g}] (or 0), where float32 holds them; "
                f"got {std:g}. Choose a scale nearer to 1"
            )
    if network.bias_variance > _LARGEST_STD**2:
        raise ValueError(
            f"bias_variance must be at most {_LARGEST_STD**2:g}, where float32 holds the biases; "
            f"got {network.bias_variance:g}"
        )
