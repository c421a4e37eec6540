"""The sidebar: widgets in, a valid `Experiment` out, and the URL kept in step.

Bounds, labels and help come from `PARAMETERS`. The URL holds the whole state. A widget's value is
kept under its own key; an opened link, Back and Forward, and a button that calls `go_to` fill these
in, and whatever is changed by hand is written to the URL.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.budget import within_budget
from dashboard.controls.address import is_due, known, query, settle, write
from dashboard.controls.headings import show_heading, show_sidebar_heading
from dashboard.controls.initializer import choose_initializer, choose_seed, initializer_values
from dashboard.controls.layer import choose_kernel, choose_layer, layer_values
from dashboard.controls.memory import changed, fill_gaps, give, moved, remember, remember_drawn
from dashboard.controls.network import choose_network
from dashboard.controls.returning import held_before, take_again, unsaid_where
from dashboard.controls.settings import choose_setting
from dashboard.controls.widgets import HANDOUT, read_only
from dashboard.experiment import Experiment
from dashboard.links import parse
from dashboard.links.setting import CHOICES, NUMBERS
from dashboard.notice import Notice
from dashboard.words.plain import escaped

_NOTICES = "notices"


def foreseen() -> tuple[Experiment, bool]:
    """What `experiment` is about to give, and whether that is certain, and without a notice.

    Nothing is drawn or remembered. It is certain where the controls hold what the address says, or
    are what has changed since.
    """
    fill_gaps()
    link = _link()
    opened, _ = parse(link)
    agreed = link == known() and not is_due() and not opened.handout.present
    if agreed:
        with read_only():
            opened = opened.with_chosen(_read_controls(opened.chosen))
    found, over_budget = within_budget(opened)
    return found, agreed and not over_budget and not st.session_state[_NOTICES]


def experiment(
    *, controls: bool = True, filled: bool = False
) -> tuple[Experiment, tuple[Notice, ...]]:
    """What the sidebar shows, and why it is not what was asked for, where it is not.

    Without controls: what the link names, and no sidebar. `filled` says that this run has asked
    for what is `foreseen`, which fills gaps too.
    """
    if not filled:
        fill_gaps()
    held, sent, agreed, link = held_before(), query(), known(), _link()
    opened, notices = parse(link)
    if opened.handout.present or not controls:  # filled anew on the next page that has them
        settle(None)
        return opened, notices
    if link != agreed or is_due():
        kept = moved() if is_due() else ()
        give({key: v for key, v in _values(opened.chosen).items() if key not in kept})
        st.session_state[_NOTICES] = notices
    st.session_state[HANDOUT] = opened.handout
    with st.sidebar, unsaid_where(held):
        show_sidebar_heading(opened.chosen)
        choose_setting(opened)
        asked = opened.with_chosen(_read_controls(opened.chosen))
    shown, over_budget = within_budget(asked)
    _agree(link, sent, opened, shown)
    remember_drawn()
    take_again(held)
    return shown, (*st.session_state[_NOTICES], *over_budget)


def agree(shown: Experiment) -> None:
    """Put what is `foreseen` into the address: all of `experiment` that a sidebar that stays needs.

    It must have been certain.
    """
    link = _link()
    _agree(link, query(), parse(link)[0], shown)


def _link() -> str:
    """The query string to go by; if a control has changed meanwhile, another address is old."""
    agreed = known()
    return agreed if agreed is not None and (is_due() or changed()) else query()


def _agree(link: str, sent: str, opened: Experiment, shown: Experiment) -> None:
    """Put what is shown into the address, where it is not there, and remember both."""
    if opened != shown and known() is not None:
        st.session_state[_NOTICES] = ()
    if opened != shown or link != sent:
        write(shown)
    else:
        settle(link)
    keys = _values(shown.chosen)
    remember({k: st.session_state[k] for k in keys if k in st.session_state})


def show_notices(notices: Sequence[Notice]) -> None:
    """Say what could not be used, and why; values are shown as plain text."""
    if not notices:
        return
    lines = [escaped(f"{n.setting} = {n.value}: {n.reason}.") for n in notices[:6]]
    if len(notices) == 1:
        st.warning(f"Not used: {lines[0]}", icon=":material/info:")
        return
    head = f"{len(notices)} values could not be used:"
    st.warning("  \n".join([head, *lines]), icon=":material/info:")


def _values(setting: Experiment) -> dict[str, Any]:
    """What every control of a setting holds, by its key."""
    activation = setting.activation
    slope = {} if activation.slope is None else {"slope": activation.slope}
    names = (*CHOICES, "recurrent", "redraws", *NUMBERS)
    return {
        **layer_values(setting.layer),
        "kernel": setting.drawn_kernel.name,
        **initializer_values(setting.initializer),
        "act": activation.kind,
        **slope,
        **{name: getattr(setting, name) for name in names},
    }


def _read_controls(before: Experiment) -> Experiment:
    show_heading("Layer", before)
    layer = choose_layer()
    kernel = choose_kernel(layer)
    show_heading("Initializer", before)
    initializer = choose_initializer()
    seed, redraws = choose_seed()
    show_heading("Deep network", before)
    return Experiment(
        layer=layer,
        kernel=kernel,
        initializer=initializer,
        seed=seed,
        redraws=redraws,
        convention=before.convention,
        phase=before.phase,
        formula=before.formula,
        tensor=before.tensor,
        training=before.training,
        sweep=before.sweep,
        **choose_network(),
    )
