"""All that a page shows of an experiment, computed together: ahead of it, or to be taken home."""

from typing import TypeAlias

from dashboard import compute
from dashboard.costs import sample_cost
from dashboard.experiment import DEFAULT, Experiment
from dashboard.results import Results
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.propagation.engines import common_engine
from vscore.sampling import WeightSample

_AT_ONCE = 2e8
"""Nanoseconds of one core: work of which no progress is shown."""

Charted: TypeAlias = tuple[
    WeightSample,
    Propagation,
    Prediction | None,
    tuple[WeightSample, ...],
    tuple[Propagation, ...],
]


def results(experiment: Experiment) -> tuple[Results, ...]:
    """All that the charts of each setting show; what a page has shown is not computed again."""
    settings = experiment.settings
    engine = common_engine((each.network for each in settings), experiment.batch)
    return tuple(_results(each, engine) for each in settings)


def _results(setting: Experiment, engine: str) -> Results:
    drawn, measured, predicted, others, redrawn = _charted(setting, engine)
    return Results(drawn, measured, predicted, compute.histograms(measured), others, redrawn)


def _charted(setting: Experiment, engine: str) -> Charted:
    """What the charts in sight show of a setting."""
    initializer, shape = setting.drawn_initializer, setting.drawn_kernel.shape
    network, networks, batch = setting.network, setting.networks, setting.batch
    measured = compute.signal(network, networks, batch, setting.seed, engine=engine)
    predicted = compute.theory(measured, setting.statistic)
    compute.judged(measured, predicted)
    seeds = setting.redraw_seeds
    return (
        compute.weights(initializer, shape),
        measured,
        predicted,
        compute.redrawn_weights(initializer, shape, seeds),
        compute.redrawn_signals(network, networks, batch, seeds, engine=engine),
    )


def prepare() -> None:
    """Compute what the default page shows, so that its first visitor finds it."""
    results(DEFAULT)


def look_ahead(experiment: Experiment) -> bool:
    """Compute what Explore's charts show, if no one waits for it, before the page says anything.

    All that is said then reaches the browser at once. It builds the page anew for each message or
    two that it gets while a page is being computed, and takes the core that computes.

    Returns
    -------
    bool
        Whether all of it is there now.
    """
    setting = experiment.chosen
    if cost(setting) > _AT_ONCE or compute.is_busy():
        return False
    _charted(setting, "auto")
    return True


def cost(setting: Experiment) -> float:
    """Nanoseconds of one core that the charts of a setting take, where nothing is known yet."""
    drawing = sample_cost(setting.drawn_initializer, setting.drawn_kernel.shape)
    return setting.cost + setting.draws * drawing
