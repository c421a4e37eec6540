"""Cached computing, polite to the others: what was worked out once is shared by all.

Keys are specs, numbers and names. Heavy work takes a core's slot and any more that are free, so one
visitor gets the whole machine and thirty take turns. Results do not depend on the threads.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st
from cachetools import LRUCache, cached

from dashboard.experiment import Experiment
from dashboard.results import Results
from vscore._typing import Convention
from vscore._workers import default_threads
from vscore.effects import LayerEffect, layer_effect
from vscore.initializers import Initializer
from vscore.layers import Layer
from vscore.meanfield import Prediction, predict
from vscore.networks import Network
from vscore.propagation import (
    ActivationHistograms,
    Propagation,
    activation_histograms,
    simulate,
)
from vscore.propagation.engines import choose_engine
from vscore.sampling import WeightSample, sample

BINS = 70

_CORES = default_threads(None)
_slots = threading.BoundedSemaphore(_CORES)
_FEW_WEIGHTS = 1 << 18

Report = Callable[[int, int], object]


def weights(initializer: Initializer, shape: tuple[int, ...]) -> WeightSample:
    """The draw of a kernel, histogram and fit; the initializer carries the seed."""
    return _weights(initializer, shape)


def signal(
    network: Network,
    networks: int,
    batch: int,
    seed: int,
    progress: Report | None = None,
    *,
    engine: str = "auto",
) -> Propagation:
    """The simulation of a network; `progress` is no part of the key."""
    return _signal(network, networks, batch, seed, choose_engine(network, batch, engine), progress)


def redrawn_weights(
    initializer: Initializer, shape: tuple[int, ...], seeds: Sequence[int]
) -> tuple[WeightSample, ...]:
    """The same kernel drawn with other seeds."""
    return tuple(weights(initializer.with_seed(seed), shape) for seed in seeds)


def redrawn_signals(
    network: Network,
    networks: int,
    batch: int,
    seeds: Sequence[int],
    progress: Report | None = None,
    *,
    engine: str = "auto",
) -> tuple[Propagation, ...]:
    """The same network simulated with other seeds; `progress` counts over all of them."""
    return tuple(
        signal(network, networks, batch, seed, _part(progress, index, len(seeds)), engine=engine)
        for index, seed in enumerate(seeds)
    )


def _part(progress: Report | None, index: int, parts: int) -> Report | None:
    """What one of several equal parts reports to."""
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, parts * total)


def histograms(network: Network, batch: int, seed: int) -> ActivationHistograms:
    """Where the activations of the first of these networks lie."""
    return _histograms(network, batch, seed)


def effect(
    layer: Layer, initializer: Initializer | None, convention: Convention, seed: int
) -> LayerEffect:
    """What an initializer, or a framework's default, does in a layer.

    Raises
    ------
    ValueError
        If the framework has no such tensors, or one is too large.
    """
    return _effect(layer, initializer, convention, seed)


def common_engine(networks: Iterable[Network], batch: int) -> str:
    """The engine that all of these networks can have: only then are their random numbers alike."""
    found = {choose_engine(network, batch) for network in networks}
    return found.pop() if len(found) == 1 else "weights"


def theory(network: Network) -> Prediction | None:
    """The prediction, or None where there is no theory: weights of mean other than 0, LSTM, GRU."""
    try:
        return predict(network)
    except ValueError:
        return None


def results(experiment: Experiment) -> tuple[Results, ...]:
    """All that the charts of each setting show; what a page has shown is not computed again."""
    settings = experiment.settings
    engine = common_engine((each.network for each in settings), experiment.batch)
    return tuple(_results(each, engine) for each in settings)


def _results(setting: Experiment, engine: str) -> Results:
    initializer, shape = setting.drawn_initializer, setting.drawn_kernel.shape
    network, networks, batch = setting.network, setting.networks, setting.batch
    seed, seeds = setting.seed, setting.redraw_seeds
    return Results(
        weights(initializer, shape),
        signal(network, networks, batch, seed, engine=engine),
        theory(network),
        histograms(network, batch, seed),
        redrawn_weights(initializer, shape, seeds),
        redrawn_signals(network, networks, batch, seeds, engine=engine),
    )


def pause() -> None:
    """Let Streamlit end this run if a newer one waits: reading its state is its yield point."""
    st.session_state.get("pause")


def _without_progress(*arguments: Hashable) -> tuple[Hashable, ...]:
    return arguments[:-1]


@cached(LRUCache(256), condition=threading.Condition())
def _weights(initializer: Initializer, shape: tuple[int, ...]) -> WeightSample:
    with _cores() as threads:
        return sample(initializer, shape, bins=BINS, threads=threads, check=pause)


@cached(LRUCache(256), key=_without_progress, condition=threading.Condition())
def _signal(
    network: Network, networks: int, batch: int, seed: int, engine: str, progress: Report | None
) -> Propagation:
    with _cores() as threads:
        return simulate(
            network,
            networks=networks,
            batch=batch,
            seed=seed,
            engine=engine,
            threads=threads,
            check=pause,
            progress=progress,
        )


@cached(LRUCache(64), condition=threading.Condition())
def _histograms(network: Network, batch: int, seed: int) -> ActivationHistograms:
    with _cores():
        return activation_histograms(network, batch=batch, seed=seed, check=pause)


@cached(LRUCache(256), condition=threading.Condition())
def _effect(
    layer: Layer, initializer: Initializer | None, convention: Convention, seed: int
) -> LayerEffect:
    with _cores():
        return layer_effect(layer, initializer, convention=convention, seed=seed, check=pause)


@contextmanager
def _cores() -> Iterator[int]:
    """Wait for a core, take those free besides, say how many, give them back."""
    while not _slots.acquire(timeout=0.01):
        pause()
    taken = 1
    try:
        while taken < _CORES and _slots.acquire(blocking=False):
            taken += 1
        yield taken
    finally:
        _slots.release(taken)
