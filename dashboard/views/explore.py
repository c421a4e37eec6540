"""Explore: one layer's weights against their exact density, and a deep network started alike."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import compute, frames
from dashboard.experiment import Experiment
from dashboard.figures.facts import facts_html
from dashboard.figures.projector import enlarged
from dashboard.figures.ridge import ridge_figure
from dashboard.figures.shares import shares_figure
from dashboard.figures.signal import signal_figure
from dashboard.figures.weights import weights_figure
from dashboard.views.code import show_code
from dashboard.views.parts import Progress, show_chart, show_data
from dashboard.views.takehome import show_takehome
from dashboard.words.numbers import times
from dashboard.words.plain import escaped
from dashboard.words.shares import ridge_sentence, shares_sentence
from dashboard.words.signal import briefly, headline, icon, signal_sentence
from dashboard.words.weights import formula, layer_numbers, weights_sentence
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.sampling import WeightSample
from vscore.verdicts import Verdict, unit_of

_BOXES = {"✓": st.success, "↓": st.warning, "↑": st.error}


def render(experiment: Experiment) -> str:
    """Draw the page for the selected setting of an experiment; what came of it in a few words."""
    handout, experiment = experiment.handout, experiment.chosen
    if handout.present:
        _present(experiment, handout.present)
        return ""
    top = st.container(key="verdict").empty()
    left, right = st.columns(2, gap="medium")
    with left:
        sample, others = _weights(experiment, top)
        show_chart(weights_figure(sample, others), weights_sentence(sample, others), "weights")
    with right:
        measured, predicted, redrawn = _signal(experiment, top)
        judged = compute.judged(measured, predicted)
        statistic = experiment.statistic
        show_chart(
            signal_figure(measured, predicted, statistic, redrawn),
            signal_sentence(measured, judged, predicted, redrawn, statistic),
            "signal",
        )
    _show_verdict(top, judged, measured)
    _numbers(experiment, sample)
    _units(experiment, measured)
    show_code(experiment)
    show_data("Data: weights", lambda: frames.weights_frame(sample, others), experiment, "weights")
    show_data(
        "Data: signal and gradient",
        lambda: frames.signal_frame(measured, predicted, statistic, redrawn),
        experiment,
        "signal",
    )
    show_takehome(replace(experiment, handout=handout))
    return briefly(judged, unit_of(measured.network))


def _weights(
    experiment: Experiment, place: DeltaGenerator
) -> tuple[WeightSample, Sequence[WeightSample]]:
    """The draw of the kernel, and its redraws; who waits is told where the verdict will be."""
    initializer, shape = experiment.drawn_initializer, experiment.drawn_kernel.shape
    waiting = Progress(place).waiting
    seeds = experiment.redraw_seeds
    others = compute.redrawn_weights(initializer, shape, seeds, waiting=waiting)
    return compute.weights(initializer, shape, waiting=waiting), others


def _signal(
    experiment: Experiment, place: DeltaGenerator
) -> tuple[Propagation, Prediction | None, Sequence[Propagation]]:
    """The simulation, with its progress shown where the verdict will be; its theory; redraws."""
    network, networks, batch = experiment.network, experiment.networks, experiment.batch
    report = Progress(place, network.description)
    seed, seeds, waiting = experiment.seed, experiment.redraw_seeds, report.waiting
    measured = compute.signal(network, networks, batch, seed, report, waiting=waiting)
    redrawn = compute.redrawn_signals(network, networks, batch, seeds, report, waiting=waiting)
    return measured, compute.theory(measured, experiment.statistic, waiting=waiting), redrawn


def _show_verdict(place: DeltaGenerator, judged: Verdict, measured: Propagation) -> None:
    mark = icon(judged)
    with place:
        _BOXES[mark](f"**{mark}** {escaped(headline(judged, measured))}")


def _present(experiment: Experiment, chart: str) -> None:
    """The verdict, and one chart with its sentence, as large as the window allows."""
    with st.container(key="presentation"):
        top = st.container(key="verdict").empty()
        measured, predicted, redrawn = _signal(experiment, top)
        judged = compute.judged(measured, predicted)
        _show_verdict(top, judged, measured)
        if chart == "weights":
            place = st.empty()
            sample, others = _weights(experiment, place)
            place.empty()
            drawn, sentence = weights_figure(sample, others), weights_sentence(sample, others)
        else:
            statistic = experiment.statistic
            drawn = signal_figure(measured, predicted, statistic, redrawn)
            sentence = signal_sentence(measured, judged, predicted, redrawn, statistic)
        show_chart(enlarged(drawn), sentence, chart)


def _units(experiment: Experiment, measured: Propagation) -> None:
    """What becomes of activations and inputs on the way, where it is asked for."""
    section = st.expander(
        "Units: activations by layer, correlation, saturated and dead",
        on_change="rerun",
        key="units",
    )
    if not section.open:
        return
    with section:
        place = st.empty()
        waiting = Progress(place).waiting
        drawn = compute.histograms(measured, waiting=waiting)
        predicted = compute.theory(measured, "correlation", waiting=waiting)
        place.empty()
        left, right = st.columns(2, gap="medium")
        with left:
            show_chart(ridge_figure(drawn), ridge_sentence(drawn), "ridge")
        with right:
            show_chart(shares_figure(measured, predicted), shares_sentence(measured), "shares")
        show_data("Data: activations", lambda: frames.ridge_frame(drawn), experiment, "activations")
        show_data(
            "Data: correlation, saturated and dead",
            lambda: frames.shares_frame(measured, predicted),
            experiment,
            "shares",
        )


def _numbers(experiment: Experiment, sample: WeightSample) -> None:
    """The layer's fans and std, and the formula with these numbers in it."""
    kernel = experiment.drawn_kernel
    title = f"{experiment.layer.kind}, {kernel.name}: {times(kernel.shape)}"
    st.html(facts_html(title, layer_numbers(sample)))
    st.latex(formula(experiment.initializer, sample))
    if kernel.note:
        st.info(escaped(kernel.note), icon=":material/info:")
