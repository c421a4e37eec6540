"""Phase map: at which variances signals vanish, part or grow, and one point of it up close."""

import streamlit as st

from dashboard import compute, frames, jobs
from dashboard.controls.navigation import link_to_home
from dashboard.controls.phase import (
    CHART,
    choose_point,
    choose_quantity,
    is_fixed,
    is_moved,
    take_click,
)
from dashboard.experiment import Experiment
from dashboard.figures.cobweb import cobweb_figure
from dashboard.figures.phase import phase_figure
from dashboard.figures.shades import SHADES
from dashboard.figures.signal import lengths_figure
from dashboard.jobs import Job
from dashboard.phases import Landscape, Place, Point, dense, point_of
from dashboard.surveys import POINTS, Survey, SurveyTask
from dashboard.views.parts import Progress, look_again, show_chart, show_data
from dashboard.words.phase import (
    briefly,
    cobweb_sentence,
    headline,
    map_sentence,
    network_sentence,
    survey_sentence,
)
from dashboard.words.plain import escaped

_EVERY = 0.5
"""Seconds between two looks at points that are simulated."""

_PATIENCE = 0.3
"""Seconds that the page waits for the first of them."""

_ASKED, _STOPPED = "survey_asked", "survey_stopped"

_WEBS = {"q": "lengths", "c": "correlations"}


def render(experiment: Experiment) -> str:
    """Draw the page, and say in which phase the present setting is."""
    square = dense(experiment.chosen)
    point = point_of(square)
    top = st.container(key="phase_verdict")  # filled once: the last verdict stands until then
    waiting = Progress(st.empty()).waiting
    found = compute.phases(square.activation, waiting=waiting)
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        choose_quantity(experiment)
        _map(experiment, square, found, point)
    with right:
        choose_point(point)
        if point is not None:
            _network(square)
    if point is None:
        text = "The initializer draws no random weights around 0: choose a point of the map."
        top.info(text, icon=":material/info:")
        said = "no point of the map"
    else:
        here = compute.phase(square.activation, point, waiting=waiting)
        top.markdown(escaped(headline(here, point)))
        _cobwebs(here, square)
        said = briefly(here)
    show_data("Data: phase map", lambda: frames.phase_frame(found), experiment, "phase_map")
    return said


def _map(experiment: Experiment, square: Experiment, found: Landscape, point: Point | None) -> None:
    """The map, and over it what is simulated: looked at again and again while more is coming."""
    task = SurveyTask(square.activation, square.seed)
    work = jobs.survey(task)
    going = _is_going(task, work)
    if going:
        work.watch()
        work.wait(_PATIENCE)

    def look() -> None:
        if going:
            if work.finished or is_moved() or not _is_going(task, work):
                st.rerun()  # the whole page: something else than a point has changed
            work.watch()
        _look(experiment, square.width, found, point, task)

    look_again(look, _EVERY if going else None)


def _is_going(task: SurveyTask, work: Job[Survey]) -> bool:
    state = st.session_state
    return bool(state.get(_ASKED) == task and state.get(_STOPPED) != task and not work.finished)


def _look(
    experiment: Experiment, width: int, found: Landscape, point: Point | None, task: SurveyTask
) -> None:
    """All that is known by now."""
    quantity = experiment.phase
    asked = st.session_state.get(_ASKED) == task
    survey = jobs.survey(task).latest if asked else None
    sentence = map_sentence(found, quantity, point)
    if survey is not None and SHADES[quantity].measured is not None:
        sentence += f" Squares: {survey_sentence(survey, quantity)}"
    show_chart(
        phase_figure(found, quantity, width, point, survey),
        sentence,
        CHART,
        None if is_fixed() else take_click,
    )
    _state(task, quantity, asked, survey)
    if survey is not None and survey.finished:
        show_data("Data: simulated map", lambda: frames.survey_frame(survey), experiment, "survey")


def _state(task: SurveyTask, quantity: str, asked: bool, survey: Survey | None) -> None:
    """A way to simulate the map, to end that and to go on; how far it is."""
    done = 0 if survey is None else survey.done
    with st.container(horizontal=True, vertical_alignment="center", key="survey_state"):
        if SHADES[quantity].measured is None:
            st.caption("Networks are simulated over the other three.")
        elif not asked:
            label = f"Simulate {len(POINTS)} points"
            st.button(label, icon=":material/grid_on:", key="survey", on_click=_ask, args=(task,))
        elif done == len(POINTS):
            st.button("Hide what was simulated", key="survey_hide", on_click=_hide)
        elif st.session_state.get(_STOPPED) == task:
            st.markdown(f"Stopped at {done} of {len(POINTS)} points.")
            icon = ":material/play_arrow:"
            st.button("Go on", icon=icon, key="survey_go", on_click=_ask, args=(task,))
        else:
            st.progress(done / len(POINTS), f"Point {done} of {len(POINTS)}")
            icon = ":material/stop:"
            st.button("Stop", icon=icon, key="survey_stop", on_click=_stop, args=(task,))


def _ask(task: SurveyTask) -> None:
    st.session_state[_ASKED] = task
    st.session_state.pop(_STOPPED, None)


def _stop(task: SurveyTask) -> None:
    st.session_state[_STOPPED] = task


def _hide() -> None:
    st.session_state.pop(_ASKED, None)


def _network(square: Experiment) -> None:
    """A network of the setting's own depth, width and law at this point, beside theory."""
    network, networks, batch = square.network, square.networks, square.batch
    report = Progress(st.empty(), network.description)
    waiting = report.waiting
    measured = compute.signal(network, networks, batch, square.seed, report, waiting=waiting)
    predicted = compute.theory(measured, "correlation", waiting=waiting)
    show_chart(lengths_figure(measured, predicted), network_sentence(measured), "phase_network")
    with st.container(key="phase_link"):
        link_to_home(":material/explore: Open in Explore", square)


def _cobwebs(here: Place, experiment: Experiment) -> None:
    """Both maps of a layer, side by side, with their numbers below."""
    webs = {"q": here.lengths, "c": here.correlations}
    for (what, web), column in zip(webs.items(), st.columns(2, gap="medium"), strict=True):
        with column:
            show_chart(cobweb_figure(web, what), cobweb_sentence(web, what), f"cobweb:{what}")
    for what, web in webs.items():
        show_data(
            f"Data: map of {_WEBS[what]}",
            lambda what=what, web=web: frames.cobweb_frame(web, what),  # type: ignore[misc]  # bound now
            experiment,
            f"cobweb_{what}",
        )
