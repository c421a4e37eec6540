"""Explore: one layer's weights against their exact density, and a deep network started alike."""

import hashlib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import compute, frames
from dashboard.experiment import Experiment
from dashboard.figures.projector import enlarged
from dashboard.figures.ridge import ridge_figure
from dashboard.figures.shares import shares_figure
from dashboard.figures.signal import signal_figure
from dashboard.figures.weights import weights_figure
from dashboard.links import encode
from dashboard.views.parts import Progress, show_chart, show_data
from dashboard.words.numbers import count, figure, times
from dashboard.words.plain import escaped
from dashboard.words.shares import ridge_sentence, shares_sentence
from dashboard.words.signal import headline, icon, signal_sentence
from dashboard.words.weights import formula, weights_sentence
from vscore.initializers import VarianceScaling
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.sampling import WeightSample
from vscore.verdicts import Verdict, verdict

_BOXES = {"✓": st.success, "↓": st.warning, "↑": st.error}


def render(experiment: Experiment) -> None:
    """Draw the page for the selected setting of an experiment."""
    if experiment.handout.present:
        return _present(experiment.chosen, experiment.handout.present)
    experiment = experiment.chosen
    top = st.container(key="verdict").empty()
    left, right = st.columns(2, gap="medium")
    with left:
        sample = compute.weights(experiment.drawn_initializer, experiment.drawn_kernel.shape)
        show_chart(weights_figure(sample), weights_sentence(sample), "weights")
    with right:
        measured, predicted = _signal(experiment, top)
        judged = verdict(measured, predicted)
        warning = predicted.band_warning(measured.batch) if predicted else ""
        figure = signal_figure(measured, predicted, experiment.statistic)
        show_chart(figure, signal_sentence(measured, judged, warning), "signal")
    _show_verdict(top, judged, measured)
    _numbers(experiment, sample)
    _units(experiment, measured, predicted)
    _data(experiment, sample, measured, predicted)


def _signal(experiment: Experiment, place: DeltaGenerator) -> tuple[Propagation, Prediction | None]:
    """The simulation, with its progress shown where the verdict will be, and its theory."""
    network = experiment.network
    report = Progress(place, experiment.network.description)
    measured = compute.signal(
        network, experiment.networks, experiment.batch, experiment.seed, report
    )
    return measured, compute.theory(network)


def _show_verdict(place: DeltaGenerator, judged: Verdict, measured: Propagation) -> None:
    mark = icon(judged)
    with place:
        _BOXES[mark](f"**{mark}** {escaped(headline(judged, measured))}")


def _present(experiment: Experiment, chart: str) -> None:
    """The verdict, and one chart with its sentence, as large as the window allows."""
    with st.container(key="presentation"):
        top = st.container(key="verdict").empty()
        measured, predicted = _signal(experiment, top)
        judged = verdict(measured, predicted)
        _show_verdict(top, judged, measured)
        if chart == "weights":
            sample = compute.weights(experiment.drawn_initializer, experiment.drawn_kernel.shape)
            drawn, sentence = weights_figure(sample), weights_sentence(sample)
        else:
            warning = predicted.band_warning(measured.batch) if predicted else ""
            drawn = signal_figure(measured, predicted, experiment.statistic)
            sentence = signal_sentence(measured, judged, warning)
        show_chart(enlarged(drawn), sentence, chart)


def _units(experiment: Experiment, measured: Propagation, predicted: Prediction | None) -> None:
    """What becomes of activations and inputs on the way, where it is asked for."""
    section = st.expander(
        "Units: activations by layer, correlation, saturated and dead",
        on_change="rerun",
        key="units",
    )
    if not section.open:
        return
    with section:
        left, right = st.columns(2, gap="medium")
        with left:
            drawn = compute.histograms(experiment.network, experiment.batch, experiment.seed)
            show_chart(ridge_figure(drawn), ridge_sentence(drawn), "ridge")
        with right:
            show_chart(shares_figure(measured, predicted), shares_sentence(measured), "shares")


def _numbers(experiment: Experiment, sample: WeightSample) -> None:
    """The layer's fans and std, and the formula with these numbers in it."""
    kernel = experiment.drawn_kernel
    initializer = experiment.initializer
    st.subheader(f"{experiment.layer.kind}, {kernel.name}: {times(kernel.shape)}", anchor=False)
    columns = st.columns(5)
    n = (
        figure(sample.fans.n(initializer.mode), 4)
        if isinstance(initializer, VarianceScaling)
        else "–"
    )
    values = (
        ("fan_in", count(round(sample.fans.fan_in)), "Products summed into one output."),
        ("fan_out", count(round(sample.fans.fan_out)), "Outputs that one input reaches."),
        ("n", n, "What the variance is divided by."),
        ("std meant", figure(sample.density.std, 4), "Of the exact density, after any cut."),
        (
            "std drawn",
            f"{figure(sample.std, 4)} ± {figure(sample.std_error, 1)}",
            "Of these weights, and the standard error that chance gives it.",
        ),
    )
    for column, (label, value, help_text) in zip(columns, values, strict=True):
        column.metric(label, value, help=help_text)
    st.latex(formula(initializer, sample))
    if kernel.note:
        st.info(escaped(kernel.note), icon=":material/info:")


def _data(
    experiment: Experiment,
    sample: WeightSample,
    measured: Propagation,
    predicted: Prediction | None,
) -> None:
    digest = hashlib.sha256(encode(experiment).encode()).hexdigest()[:10]
    show_data("Data: weights", lambda: frames.weights_frame(sample), f"weights-{digest}.csv")
    show_data(
        "Data: signal and gradient",
        lambda: frames.signal_frame(measured, predicted, experiment.statistic),
        f"signal-{digest}.csv",
    )
