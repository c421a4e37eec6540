"""Shared computing, polite to the others: what was worked out once is there for all.

Questions are specs, numbers and names. Work takes a core's place in one line, and any more cores
that are free: one visitor gets the whole machine, and thirty take turns, with the same results.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.answers import Answers
from dashboard.costs import effect_cost, network_cost, sample_cost, theory_cost
from dashboard.phases import Landscape, Place, Point, landscape, place
from dashboard.queueing import Line, Others, Report, Visitor, Waiting
from dashboard.together import speak_now
from dashboard.tracks import forward_track, gradient_track
from dashboard.training import BATCH, HELD_OUT, REPLICAS, Training
from dashboard.turns import Turns
from vscore._typing import Check, Convention
from vscore._workers import default_threads
from vscore.activations import Activation
from vscore.effects import LayerEffect, layer_effect
from vscore.initializers import Initializer
from vscore.layers import Layer
from vscore.meanfield import Prediction, predict
from vscore.networks import DenseNetwork, Network
from vscore.propagation import ActivationHistograms, Propagation, simulate
from vscore.propagation.engines import choose_engine, engine_of
from vscore.sampling import WeightSample, sample
from vscore.training import TrainingRun, train
from vscore.verdicts import Verdict, verdict

BINS = 70

MOST_ANSWERS, MOST_BYTES = 1024, 64 << 20
"""Answers that are kept. 64 networks of 100 layers have 0.6 MB; the default page's have 60 kB."""

_FOLLOWED = frozenset({"correlation", "unit_variance"})
"""Statistics for which theory follows two inputs from layer to layer."""

_TRAINING = 0.3
"""Seconds that a lesson's training takes, about."""

_MAP_SECONDS = 0.1
"""A phase map, or one point of it with its cobwebs."""

_turns = Turns(default_threads(None))
_line = Line(default_threads(None), _turns.aside)
_answers = Answers(MOST_ANSWERS, MOST_BYTES, _turns.aside)


def share_cores(processes: int, others: Others) -> None:
    """Leave cores to other processes, which run pages as well: before the first page runs.

    A computation still takes all that are free. Of memory, each has an equal part.
    """
    _answers.most, _answers.most_bytes = MOST_ANSWERS // processes, MOST_BYTES // processes
    _turns.free = _line.share = max(1, _line.cores // processes)
    _line.others = others
    others.hear(0)  # who had this place before may have died at work


def turn() -> AbstractContextManager[None]:
    """What a run of the page needs to be at work; waits for it as long as the run is wanted."""
    return _turns.taken(pause)


def aside() -> AbstractContextManager[None]:
    """While a run of the page waits for something else: others have its turn."""
    return _turns.aside()


def weights(
    initializer: Initializer, shape: tuple[int, ...], *, waiting: Waiting | None = None
) -> WeightSample:
    """The draw of a kernel, histogram and fit; the initializer carries the seed.

    `waiting` is told how many people are before this one, here and below.
    """

    def draw(visitor: Visitor) -> WeightSample:
        with _line.served(visitor, sample_cost(initializer, shape) / 1e9) as threads:
            return sample(initializer, shape, bins=BINS, threads=threads, check=visitor.check)

    return _answers.ask(("weights", initializer, shape), draw, Visitor(pause, None, waiting))


def signal(
    network: Network,
    networks: int,
    batch: int,
    seed: int,
    progress: Report | None = None,
    *,
    engine: str = "auto",
    waiting: Waiting | None = None,
) -> Propagation:
    """The simulation of a network; whom it reports to is no part of the question."""
    chosen = choose_engine(network, batch, engine)

    def run(visitor: Visitor) -> Propagation:
        seconds = networks * network_cost(network, batch) / 1e9
        most = 1 if engine_of(network, chosen).is_brief(network, networks, batch) else None
        with _line.served(visitor, seconds, most) as threads:
            return simulate(
                network,
                networks=networks,
                batch=batch,
                seed=seed,
                engine=chosen,
                threads=threads,
                check=visitor.check,
                progress=visitor.report,
            )

    question = ("signal", network, networks, batch, seed, chosen)
    return _answers.ask(question, run, Visitor(pause, progress, waiting))


def redrawn_weights(
    initializer: Initializer,
    shape: tuple[int, ...],
    seeds: Sequence[int],
    *,
    waiting: Waiting | None = None,
) -> tuple[WeightSample, ...]:
    """The same kernel drawn with other seeds."""
    return tuple(weights(initializer.with_seed(seed), shape, waiting=waiting) for seed in seeds)


def redrawn_signals(
    network: Network,
    networks: int,
    batch: int,
    seeds: Sequence[int],
    progress: Report | None = None,
    *,
    engine: str = "auto",
    waiting: Waiting | None = None,
) -> tuple[Propagation, ...]:
    """The same network simulated with other seeds; `progress` counts over all of them."""
    return tuple(
        signal(
            network,
            networks,
            batch,
            seed,
            _part(progress, index, len(seeds)),
            engine=engine,
            waiting=waiting,
        )
        for index, seed in enumerate(seeds)
    )


def _part(progress: Report | None, index: int, parts: int) -> Report | None:
    """What one of several equal parts reports to."""
    if progress is None:
        return None
    return lambda done, total: progress(index * total + done, parts * total)


def histograms(measured: Propagation, *, waiting: Waiting | None = None) -> ActivationHistograms:
    """Where the activations of the first of these networks lie."""

    def run(visitor: Visitor) -> ActivationHistograms:
        with _line.served(visitor, network_cost(measured.network, measured.batch) / 1e9):
            return measured.count_activations(visitor.check)

    question = ("histograms", measured.network, measured.batch, measured.seed, measured.engine)
    return _answers.ask(question, run, Visitor(pause, None, waiting))


def effect(
    layer: Layer,
    initializer: Initializer | None,
    convention: Convention,
    seed: int,
    *,
    waiting: Waiting | None = None,
) -> LayerEffect:
    """What an initializer, or a framework's default, does in a layer.

    Raises
    ------
    ValueError
        If the framework has no such tensors, or one is too large.
    """

    def find(visitor: Visitor) -> LayerEffect:
        with _line.served(visitor, effect_cost(initializer) / 1e9):
            return layer_effect(
                layer, initializer, convention=convention, seed=seed, check=visitor.check
            )

    question = ("effect", layer, initializer, convention, seed)
    return _answers.ask(question, find, Visitor(pause, None, waiting))


def trained(
    network: DenseNetwork, training: Training, seed: int, *, waiting: Waiting | None = None
) -> TrainingRun:
    """A short training on the Train page's examples, to its end."""

    def run(visitor: Visitor) -> TrainingRun:
        with _line.served(visitor, _TRAINING) as threads:
            return train(
                network,
                training.examples(seed),
                optimizer=training.steps_by,
                epochs=training.epochs,
                batch_size=BATCH,
                networks=REPLICAS,
                seed=seed,
                validation=HELD_OUT,
                threads=threads,
                check=visitor.check,
            )

    return _answers.ask(("trained", network, training, seed), run, Visitor(pause, None, waiting))


def theory(
    measured: Propagation, statistic: str = "q", *, waiting: Waiting | None = None
) -> Prediction | None:
    """The prediction for what was measured, with every band that pages ask it for.

    None where there is no theory: weights of mean other than 0, LSTM, GRU.
    """
    network, followed = measured.network, statistic in _FOLLOWED

    def follow(visitor: Visitor) -> Prediction | None:
        try:
            predicted = predict(network)
        except ValueError:
            return None
        # A prediction keeps what it is asked, so the page finds it there.
        with _line.served(visitor, theory_cost(network, followed) / 1e9):
            forward_track(measured, predicted, "q")
            gradient_track(measured, predicted)
            if followed:
                with suppress(ValueError):  # with a border around, positions differ
                    predicted.follow_inputs(visitor.check)
        return predicted

    question = ("theory", network, len(measured.log10_q), measured.batch, followed)
    return _answers.ask(question, follow, Visitor(pause, None, waiting))


def judged(measured: Propagation, predicted: Prediction | None) -> Verdict:
    """What is said of a simulation and its `theory`."""
    of = (measured.network, len(measured.log10_q), measured.batch, measured.seed, measured.engine)
    return _answers.ask(("verdict", *of), lambda _: verdict(measured, predicted), Visitor(pause))


def phases(activation: Activation, *, waiting: Waiting | None = None) -> Landscape:
    """An activation's phase map."""

    def draw(visitor: Visitor) -> Landscape:
        with _line.served(visitor, _MAP_SECONDS, most=1):
            return landscape(activation)

    return _answers.ask(("phases", activation), draw, Visitor(pause, None, waiting))


def phase(activation: Activation, point: Point, *, waiting: Waiting | None = None) -> Place:
    """What theory says of one point of the map."""

    def look(visitor: Visitor) -> Place:
        with _line.served(visitor, _MAP_SECONDS, most=1):
            return place(activation, point, visitor.check)

    return _answers.ask(("phase", activation, point), look, Visitor(pause, None, waiting))


def one_core(look: Check, seconds: float) -> AbstractContextManager[int]:
    """Hold one core for work of so many seconds; `look` is called while it is waited for."""
    return _line.served(Visitor(look), seconds, most=1)


def cores() -> tuple[int, int]:
    """How many cores are held for computing here, and how many there are."""
    return _line.held, _line.cores


def is_busy() -> bool:
    """Whether who asks for something now would have to wait for a core."""
    return _line.free <= 0


def pause() -> None:
    """Let Streamlit end this run if a newer one waits, or nobody looks; say what it has kept.

    Reading its state is its yield point. Work that belongs to no run goes on.
    """
    speak_now()
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.session_state.get("pause")
