"""Train: does it matter how a network starts? Settings A to D trained on the same examples."""

from collections.abc import Mapping

import streamlit as st

from dashboard import frames, jobs
from dashboard.comparisons import shown_settings
from dashboard.controls import show_notices
from dashboard.controls.training import choose_training
from dashboard.experiment import LETTERS, Experiment
from dashboard.figures.border import border_figure
from dashboard.figures.training import layers_figure, pace_figure, progress_figure
from dashboard.guide.labels import terms_line
from dashboard.jobs import Job, Task
from dashboard.training import REPLICAS
from dashboard.views.parts import show_chart, show_data
from dashboard.words.compared import initializer_words
from dashboard.words.numbers import plural
from dashboard.words.plain import escaped
from dashboard.words.training import (
    border_sentence,
    headline,
    layers_sentence,
    pace_sentence,
    progress_sentence,
    results_table,
    training_sentence,
)
from vscore.training import DATASETS, TrainingRun

_EVERY = 0.5
"""Seconds between two looks at networks that are trained."""

_PATIENCE = 0.4
"""Seconds that the page waits for the first result before it shows that it waits."""

_GLANCE = 0.1
"""Seconds in which a first result lets the charts go before the controls."""

_STOPPED = "train_stopped"

_TERMS = ("initializer", "activation", "bias", "seed", "training")
"""The words of what is said under the controls."""

Jobs = Mapping[str, Job[TrainingRun]]
Stopped = tuple[Mapping[str, Task], Mapping[str, TrainingRun]]


def look_ahead(experiment: Experiment) -> bool:
    """Begin to train, before the page says anything; whether there is a result by now."""
    shown, _ = shown_settings(experiment)
    tasks = _tasks(shown)
    working = _working(tasks)
    if _is_going(working, tasks):
        _start(working, _GLANCE)
    return any(each.has_news for each in working.values())


def render(experiment: Experiment) -> str:
    """Draw the page, and say which setting learns how fast, when all are trained.

    Where there is but one setting, rules for the scale stand beside it. What is to be trained
    stands above what came of it, and is sent after it.
    """
    shown, notices = shown_settings(experiment)
    show_notices(notices)
    above = st.container(key="training_above")
    tasks = _tasks(shown)
    working = _working(tasks)
    going = _is_going(working, tasks)
    if going:
        _start(working, _PATIENCE)
    look = st.fragment(_look, run_every=_EVERY if going else None)
    look(shown, working, tasks, going)
    with above:
        if not shown.handout.present:
            choose_training(shown)
        st.caption(f"{escaped(training_sentence())} {terms_line(_TERMS)}")
    if going:
        return "training"
    runs = _latest(tasks)
    return headline(runs) if runs else ""


def _tasks(shown: Experiment) -> Mapping[str, Task]:
    return dict(zip(LETTERS, map(_task, shown.settings), strict=False))


def _working(tasks: Mapping[str, Task]) -> Jobs:
    return {letter: jobs.job(task) for letter, task in tasks.items()}


def _task(setting: Experiment) -> Task:
    training = setting.training
    network = training.network(setting.activation, setting.initializer, setting.bias_variance)
    return Task(network, training, setting.seed)


def _latest(tasks: Mapping[str, Task]) -> Mapping[str, TrainingRun]:
    """What the settings have come to, where there is anything; where it was stopped, by then."""
    stopped = _stopped(tasks)
    if stopped is not None:
        return stopped
    latest = {letter: each.latest for letter, each in _working(tasks).items()}
    return {letter: run for letter, run in latest.items() if run is not None}


def _stopped(tasks: Mapping[str, Task]) -> Mapping[str, TrainingRun] | None:
    """What there was when it was stopped; None where it was not.

    A training goes on for a while after that: others may look at it.
    """
    stopped: Stopped | None = st.session_state.get(_STOPPED)
    return stopped[1] if stopped is not None and stopped[0] == tasks else None


def _is_going(working: Jobs, tasks: Mapping[str, Task]) -> bool:
    """Whether there is more to come, and nobody has stopped it."""
    return _stopped(tasks) is None and not _done(working)


def _done(working: Jobs) -> bool:
    return all(each.finished for each in working.values())


def _start(working: Jobs, seconds: float) -> None:
    """Begin, and wait a moment: the first point is shown at once."""
    for each in working.values():
        each.watch()
    jobs.wait_for_first(working.values(), seconds)


def _look(shown: Experiment, working: Jobs, tasks: Mapping[str, Task], going: bool) -> None:
    """All that is known by now."""
    if going != _is_going(working, tasks):
        st.rerun()  # the whole page: the clock begins or ends. A button here runs this part
    if going:
        for each in working.values():
            each.watch()
    runs = _latest(tasks)
    _state(runs, tasks, going)
    if not runs:
        st.info("The networks are being drawn.", icon=":material/hourglass_empty:")
        return
    _results(shown, runs)


def _state(runs: Mapping[str, TrainingRun], tasks: Mapping[str, Task], going: bool) -> None:
    """How far it is, and a way to end it or to go on; as high when all is done."""
    total = sum(task.training.epochs for task in tasks.values())
    done = sum(run.recorded[-1] for run in runs.values())
    with st.container(horizontal=True, vertical_alignment="center", key="training_state"):
        if done == total:
            st.markdown(f"Done: {plural(REPLICAS, 'network')} of each setting trained.")
        elif going:
            st.progress(done / total, f"Epoch {done} of {total}, of all settings")
            icon = ":material/stop:"
            st.button("Stop", icon=icon, key="train_stop", on_click=_stop, args=(tasks,))
        else:
            st.markdown(f"Stopped at epoch {done} of {total}, of all settings.")
            st.button("Go on", icon=":material/play_arrow:", key="train_go", on_click=_go_on)


def _stop(tasks: Mapping[str, Task]) -> None:
    st.session_state[_STOPPED] = tasks, _latest(tasks)


def _go_on() -> None:
    st.session_state.pop(_STOPPED, None)


def _results(shown: Experiment, runs: Mapping[str, TrainingRun]) -> None:
    st.markdown(escaped(headline(runs)))
    left, right = st.columns(2, gap="medium")
    with left:
        show_chart(progress_figure(runs), progress_sentence(runs), "training")
    with right:
        show_chart(pace_figure(runs), pace_sentence(runs), "training_pace")
    names = {
        letter: f"{initializer_words(setting.initializer)}, {setting.activation.label}"
        for letter, setting in zip(LETTERS, shown.settings, strict=False)
    }
    with st.container(key="training_results"):
        st.markdown(results_table(runs, names))
    if DATASETS[shown.training.data].features == 2:
        _borders(shown, runs)
    show_chart(layers_figure(runs), layers_sentence(runs), "training_layers")
    show_data("Data: training", lambda: frames.training_frame(runs), shown, "training")


def _borders(shown: Experiment, runs: Mapping[str, TrainingRun]) -> None:
    """What each setting's networks say of the plane."""
    data = shown.training.examples(shown.seed)
    for (letter, run), column in zip(runs.items(), st.columns(len(shown.settings)), strict=False):
        with column:
            show_chart(
                border_figure(letter, run, data), border_sentence(letter, run), f"border:{letter}"
            )
