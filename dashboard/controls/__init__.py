"""The sidebar: widgets in, a valid `Experiment` out, and the URL kept in step.

Bounds, labels and help come from `PARAMETERS`. The URL holds the whole state. A widget's value is
kept under its own key; an opened link, Back and Forward, and a button that calls `go_to` fill these
in, and whatever is changed by hand is written to the URL.
"""

from collections.abc import Sequence

import streamlit as st

from dashboard.budget import within_budget
from dashboard.controls.address import go_to, query
from dashboard.controls.headings import show_heading
from dashboard.controls.initializer import choose_initializer, choose_seed, fill_initializer
from dashboard.controls.layer import choose_kernel, choose_layer, fill_layer
from dashboard.controls.network import choose_network
from dashboard.controls.settings import choose_setting
from dashboard.controls.widgets import HANDOUT
from dashboard.experiment import Experiment, Notice
from dashboard.links import encode, parse
from dashboard.links.setting import CHOICES, NUMBERS, initializer_name
from dashboard.words.plain import escaped

_LINK = "link"
"""The query string that the widgets agree with."""

_NOTICES = "notices"


def experiment() -> tuple[Experiment, tuple[Notice, ...]]:
    """What the sidebar shows, and why it is not what was asked for, where it is not."""
    link = query()
    opened, notices = parse(link)
    if opened.handout.present:  # no controls, so that they are filled anew when it is left
        st.session_state.pop(_LINK, None)
        return opened, notices
    if st.session_state.get(_LINK) != link:
        _fill(opened.chosen)
        st.session_state[_NOTICES] = notices
    st.session_state[HANDOUT] = opened.handout
    with st.sidebar:
        choose_setting(opened)
        asked = opened.with_chosen(_read_controls(opened.chosen))
    shown, over_budget = within_budget(asked)
    if opened != shown:
        link = encode(shown)
        go_to(shown)
        if st.session_state.get(_LINK) is not None:
            st.session_state[_NOTICES] = ()
    st.session_state[_LINK] = link
    return shown, (*st.session_state[_NOTICES], *over_budget)


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


def _fill(setting: Experiment) -> None:
    """Set every widget to a setting."""
    fill_layer(setting.layer)
    st.session_state["kernel"] = setting.drawn_kernel.name
    st.session_state["init"] = initializer_name(setting.initializer)
    fill_initializer(setting.initializer)
    st.session_state["act"] = setting.activation.kind
    if setting.activation.slope is not None:
        st.session_state["slope"] = setting.activation.slope
    for name in (*CHOICES, "recurrent", "redraws", *NUMBERS):
        st.session_state[name] = getattr(setting, name)


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
        **choose_network(),
    )
