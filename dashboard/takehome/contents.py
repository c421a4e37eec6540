"""The charts of one setting, each with its sentence and its table."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.experiment import Experiment
from dashboard.figures.ridge import ridge_figure, shown_layers
from dashboard.figures.shares import shares_figure
from dashboard.figures.signal import signal_figure
from dashboard.figures.theme import Figure
from dashboard.figures.weights import weights_figure
from dashboard.frames import ridge_frame, shares_frame, signal_frame, weights_frame
from dashboard.frames.tables import Frame
from dashboard.results import Results
from dashboard.words.shares import ridge_sentence, shares_sentence
from dashboard.words.signal import signal_sentence
from dashboard.words.weights import weights_sentence
from vscore.verdicts import verdict

TITLES: Mapping[str, str] = {
    "weights": "Weights",
    "signal": "Signal and gradient",
    "activations": "Activations by layer",
    "shares": "Correlation, saturated and dead",
}


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """One chart: its key in `TITLES`, the figure, what it says, and its numbers."""

    name: str
    figure: Figure
    sentence: str
    table: Frame


def charts(setting: Experiment, results: Results) -> tuple[Chart, ...]:
    """What the page draws of a setting, in its order."""
    return (
        _weights(results),
        _signal(results, setting.statistic),
        Chart(
            "activations",
            ridge_figure(results.histograms),
            ridge_sentence(results.histograms),
            ridge_frame(results.histograms, shown_layers(len(results.histograms.shares))),
        ),
        Chart(
            "shares",
            shares_figure(results.measured, results.predicted),
            shares_sentence(results.measured),
            shares_frame(results.measured, results.predicted),
        ),
    )


def _weights(results: Results) -> Chart:
    sample, redraws = results.sample, results.redrawn_weights
    return Chart(
        "weights",
        weights_figure(sample, redraws),
        weights_sentence(sample, redraws),
        weights_frame(sample, redraws),
    )


def _signal(results: Results, statistic: str) -> Chart:
    measured, predicted, redraws = results.measured, results.predicted, results.redrawn_signals
    judged = verdict(measured, predicted)
    return Chart(
        "signal",
        signal_figure(measured, predicted, statistic, redraws),
        signal_sentence(measured, judged, predicted, redraws, statistic),
        signal_frame(measured, predicted, statistic, redraws),
    )
