"""Sweep: one measure over one or two settings, cell by cell, beside theory."""

from functools import partial
from itertools import product

import streamlit as st

from dashboard import jobs
from dashboard.controls import show_notices
from dashboard.controls.navigation import link_to_home
from dashboard.controls.phase import is_moved
from dashboard.controls.sweep import choose_plan, is_fixed, take_click
from dashboard.experiment import Experiment
from dashboard.figures.swept import lines_figure, map_figure
from dashboard.figures.theme import Figure
from dashboard.frames.sweep import sweep_frame
from dashboard.frames.tables import Frame
from dashboard.jobs import Job
from dashboard.readings import READINGS
from dashboard.sweep_axes import place_of
from dashboard.sweep_budget import affordable
from dashboard.sweep_code import program, shell
from dashboard.sweeping import SweepTask, Swept, moved_to, present, task_of
from dashboard.takehome.provenance import link
from dashboard.views.parts import look_again, show_chart, show_data
from dashboard.words.numbers import count
from dashboard.words.plain import escaped
from dashboard.words.sweep import briefly, finished, headline, otherwise, sentence
from vscore.sweeps import MEASURES

_EVERY = 0.5
"""Seconds between two looks at cells that are worked on."""

_PATIENCE = 0.4
"""Seconds that the page waits for them before it shows that it waits."""

_STOPPED, _BEFORE = "sweep_stopped", "sweep_before"


def render(experiment: Experiment) -> str:
    """Draw the page, and say from where to where the measure goes, when all cells are there."""
    left, right = st.columns([2.2, 1], gap="medium")  # on a phone the chart comes first
    with right:
        choose_plan(experiment)
    with left:
        try:
            setting, notices = affordable(experiment.chosen)
            task = task_of(setting)
        except ValueError as error:
            _leave(None)
            text = f"There is no such sweep: {error}. Choose another axis, or another initializer."
            st.info(escaped(text), icon=":material/info:")
            return "no such sweep"
        show_notices(notices)
        return _show(experiment, setting, task)


def _show(experiment: Experiment, setting: Experiment, task: SweepTask) -> str:
    """The sweep, looked at again and again while more is coming."""
    work = jobs.swept(task)
    _leave(task)
    going = _is_going(task, work)
    if going:
        work.watch()
        work.wait(_PATIENCE)
        going = not work.finished

    def look() -> None:
        if going:
            if work.finished or is_moved() or not _is_going(task, work):
                st.rerun()
            work.watch()
        _look(experiment, setting, task, work)

    look_again(look, _EVERY if going else None)
    if going:
        return "working"
    latest = work.latest
    return "stopped" if latest is None else briefly(latest, setting.sweep)


def _is_going(task: SweepTask, work: Job[Swept]) -> bool:
    return st.session_state.get(_STOPPED) != task and not work.finished


def _leave(task: SweepTask | None) -> None:
    """End what this page asked for before, if that is something else."""
    before: SweepTask | None = st.session_state.get(_BEFORE)
    if before is not None and before != task:
        jobs.swept(before).leave()
    st.session_state[_BEFORE] = task


def _look(experiment: Experiment, setting: Experiment, task: SweepTask, work: Job[Swept]) -> None:
    """All that is known by now."""
    swept, plan = work.latest or task.nothing, setting.sweep
    with st.container(key="sweep_verdict"):
        st.markdown(escaped(headline(swept, plan)))
    show_chart(
        _figure(swept, setting),
        sentence(swept, plan, otherwise(setting, task.grid)),
        f"sweep:{plan.measure}",
        None if is_fixed(plan) else partial(take_click, setting, f"sweep:{plan.measure}"),
        READINGS[plan.measure].terms,
    )
    _state(task, swept)
    with st.container(key="sweep_link"):
        link_to_home(":material/explore: Open the present setting in Explore", experiment.chosen)
    if swept.finished:
        show_data("Data: sweep", lambda: _frame(swept, setting), experiment, "sweep")
    _code(setting, task)


def _figure(swept: Swept, setting: Experiment) -> Figure:
    plan = setting.sweep
    at = [place_of(span, present(setting, span)) for span in plan.spans]
    if plan.lines:
        return lines_figure(swept, plan, at[plan.spans.index(plan.across)])
    right, up = at
    return map_figure(swept, plan, None if right is None or up is None else (right, up))


def _state(task: SweepTask, swept: Swept) -> None:
    """How far it is, and a way to end it or to go on; as high when all is done."""
    done, total = swept.done, task.total
    with st.container(horizontal=True, vertical_alignment="center", key="sweep_state"):
        if done == total:
            st.markdown(f"Done: {finished(task)}.")
        elif st.session_state.get(_STOPPED) == task:
            st.markdown(f"Stopped at {count(done)} of {count(total)} cells.")
            icon = ":material/play_arrow:"
            st.button("Go on", icon=icon, key="sweep_go", on_click=_go_on)
        else:
            st.progress(done / total, f"Cell {count(done)} of {count(total)}")
            icon = ":material/stop:"
            st.button("Stop", icon=icon, key="sweep_stop", on_click=_stop, args=(task,))


def _stop(task: SweepTask) -> None:
    st.session_state[_STOPPED] = task
    jobs.swept(task).leave()


def _go_on() -> None:
    st.session_state.pop(_STOPPED, None)


def _frame(swept: Swept, setting: Experiment) -> Frame:
    grid = swept.found.grid
    trained = MEASURES[grid.measure].work == "train"
    path = "train" if trained else "./"
    links = []
    for values in product(*(axis.values for axis in grid.axes)):
        try:
            links.append(f"{path}{link(moved_to(setting, grid.names, values))}")
        except ValueError:
            links.append("")  # a cell that no setting is
    return sweep_frame(swept, links)


def _code(setting: Experiment, task: SweepTask) -> None:
    """The same question in a shell and in Python, to copy."""
    section = st.expander(
        "Code: shell, Python", on_change="rerun", key="code", icon=":material/code:"
    )
    if section.open:
        with section:
            st.code(shell(setting.sweep, task.grid), language=None, wrap_lines=True)
            st.code(program(setting.sweep, task.grid), language="python", wrap_lines=True)
