"""Compare: two to four settings in columns, on the same random numbers and shared axes."""

import streamlit as st

from dashboard import compute, frames
from dashboard.comparisons import COMPARISONS, copied, moved, removed, shown_settings
from dashboard.controls import show_notices
from dashboard.controls.address import go_to
from dashboard.controls.navigation import link_to_home
from dashboard.experiment import LETTERS, Experiment
from dashboard.figures.compared import column_figures, overlaid_signal, overlaid_weights
from dashboard.figures.marks import MARKS
from dashboard.figures.projector import enlarged
from dashboard.guide.labels import DIFFERENCES, terms_line
from dashboard.outcomes import Outcome
from dashboard.views.code import show_code
from dashboard.views.parts import Progress, show_chart, show_data
from dashboard.views.takehome import show_takehome
from dashboard.words.compared import (
    column_sentence,
    described,
    difference_table,
    headline,
    signal_sentence,
    weights_sentence,
)
from dashboard.words.plain import escaped
from vscore.propagation.engines import common_engine

Outcomes = tuple[Outcome, ...]


def render(experiment: Experiment) -> str:
    """Draw the page, and say its headline.

    Where there is but one setting, rules for the scale stand beside it.
    """
    shown, notices = shown_settings(experiment)
    show_notices(notices)
    if shown.handout.present:
        _present(shown)
        return ""
    _offer(shown)
    _heads(shown)
    outcomes = _compared(shown)
    left, right = st.columns(2, gap="medium")
    with left:
        _weights(outcomes)
    with right:
        _signal(outcomes)
    _columns(outcomes)
    st.subheader("Differences", anchor=False)
    with st.container(key="differences"):
        st.markdown(difference_table(outcomes))
    st.caption(f"In brackets: by how much it exceeds A's. {terms_line(DIFFERENCES)}")
    show_code(shown)
    _data(shown, outcomes)
    show_takehome(shown)
    return headline(outcomes)


def _present(shown: Experiment) -> None:
    """What the letters are, and one chart with its sentence, as large as the window allows."""
    with st.container(key="presentation"):
        outcomes = _compared(shown)
        texts = zip(LETTERS, described(shown.settings), strict=False)
        st.markdown("  \n".join(f"**{letter}** {text}" for letter, text in texts))
        chart = shown.handout.present
        if chart == "weights":
            drawn, sentence = overlaid_weights(outcomes), weights_sentence(outcomes)
        else:
            drawn, sentence = overlaid_signal(outcomes, shown.statistic), signal_sentence(outcomes)
        show_chart(enlarged(drawn), sentence, chart)


# Columns of settings


def _offer(shown: Experiment) -> None:
    """A button for each ready comparison, and one for another setting."""
    handout = shown.handout
    if "settings" in handout.hidden:
        return
    locked = "settings" in handout.locked
    with st.container(horizontal=True, gap="small", key="comparisons"):
        for name, comparison in COMPARISONS.items():
            st.button(
                comparison.label,
                key=f"compare_{name}",
                help=comparison.help,
                disabled=locked,
                on_click=_compare,
                args=(shown, name),
            )
        last = len(shown.settings) - 1
        st.button(
            "Add a setting",
            key="add",
            icon=":material/add:",
            help="A copy of the last one, at most four.",
            disabled=locked or last + 1 == len(LETTERS),
            on_click=_copy,
            args=(shown, last),
        )


def _compare(shown: Experiment, name: str) -> None:
    go_to(shown.with_settings(COMPARISONS[name].settings(shown.chosen), 0))


def _copy(shown: Experiment, index: int) -> None:
    go_to(copied(shown, index))


def _remove(shown: Experiment, index: int) -> None:
    go_to(removed(shown, index))


def _move(shown: Experiment, index: int, step: int) -> None:
    go_to(moved(shown, index, step))


def _select(shown: Experiment, index: int) -> None:
    go_to(shown.with_settings(shown.settings, index))


def _heads(shown: Experiment) -> None:
    """What each setting is, and what can be done with it."""
    texts = described(shown.settings)
    with st.container(key="heads"):
        for index, column in enumerate(st.columns(len(texts), gap="medium")):
            with column.container(gap=None):
                mark = MARKS[LETTERS[index]]
                st.html(
                    f'<div style="border-top: 3px solid {mark.colour}">'
                    f'<b><span style="color: {mark.colour}" aria-hidden="true">{mark.glyph}</span>'
                    f" {LETTERS[index]}</b></div>"
                )
                st.markdown(texts[index])
                _buttons(shown, index)


def _buttons(shown: Experiment, index: int) -> None:
    handout, letter, count = shown.handout, LETTERS[index], len(shown.settings)
    locked = "settings" in handout.locked
    edited = index == shown.selected
    buttons = (
        ("edit", f"Edit {letter}: the controls change it", _select, (), False),
        ("arrow_back", f"Move {letter} left", _move, (-1,), locked or index == 0),
        ("arrow_forward", f"Move {letter} right", _move, (1,), locked or index == count - 1),
        ("content_copy", f"Copy {letter}", _copy, (), locked or count == len(LETTERS)),
        ("delete", f"Remove {letter}; two remain at least", _remove, (), locked or count == 2),
    )
    hidden = "settings" in handout.hidden
    with st.container(
        horizontal=True, gap=None, vertical_alignment="center", key=f"buttons_{letter}"
    ):
        for icon, help_text, callback, more, disabled in buttons[: 1 if hidden else None]:
            st.button(
                f":material/{icon}: {help_text}",
                key=f"{icon}_{letter}",
                help=help_text,
                type="primary" if icon == "edit" and edited else "tertiary",
                disabled=disabled,
                on_click=callback,
                args=(shown, index, *more),
            )
        alone = shown.with_settings(shown.settings, index)
        link_to_home(f":material/explore: Open {letter} in Explore", alone)


# Results


def _compared(shown: Experiment) -> Outcomes:
    """Every setting's weights, simulation and theory; progress is shown where the verdict will."""
    place = st.container(key="difference").empty()
    settings = shown.settings
    engine = common_engine((each.network for each in settings), shown.batch)
    outcomes = []
    for letter, setting in zip(LETTERS, settings, strict=False):
        network = setting.network
        report = Progress(place, f"{letter}: {network.description}")
        initializer, shape = setting.drawn_initializer, setting.drawn_kernel.shape
        seeds, waiting = setting.redraw_seeds, report.waiting
        measured, *redrawn = compute.redrawn_signals(
            network,
            setting.networks,
            setting.batch,
            (setting.seed, *seeds),
            report,
            engine=engine,
            waiting=waiting,
        )
        outcomes.append(
            Outcome(
                letter,
                setting,
                compute.weights(initializer, shape, waiting=waiting),
                measured,
                compute.theory(measured, setting.statistic, waiting=waiting),
                compute.redrawn_weights(initializer, shape, seeds, waiting=waiting),
                redrawn,
            )
        )
    place.markdown(escaped(headline(outcomes)))
    return tuple(outcomes)


def _weights(outcomes: Outcomes) -> None:
    show_chart(overlaid_weights(outcomes), weights_sentence(outcomes), "weights")


def _signal(outcomes: Outcomes) -> None:
    figure = overlaid_signal(outcomes, outcomes[0].setting.statistic)
    show_chart(figure, signal_sentence(outcomes), "signal")


def _columns(outcomes: Outcomes) -> None:
    """Each setting by itself, on the axes of all."""
    st.subheader("Side by side", anchor=False)
    figures = column_figures(outcomes, outcomes[0].setting.statistic)
    columns = st.columns(len(outcomes), gap="medium")
    for outcome, figure, column in zip(outcomes, figures, columns, strict=True):
        with column:
            show_chart(figure, column_sentence(outcome), f"column:{outcome.letter}")


def _data(shown: Experiment, outcomes: Outcomes) -> None:
    statistic = shown.statistic
    for title, name, frame in (
        ("Data: differences", "differences", lambda: frames.differences_frame(outcomes)),
        ("Data: weights", "weights", lambda: frames.compared_weights_frame(outcomes)),
        (
            "Data: signal and gradient",
            "signal",
            lambda: frames.compared_signal_frame(outcomes, statistic),
        ),
    ):
        show_data(title, frame, shown, name)
