"""The sidebar: widgets in, a valid `Experiment` out, and the URL kept in step.

Bounds, labels and help come from `PARAMETERS`. A widget's value lives under its own key; an opened
link, and Back and Forward, fill these in, and whatever is changed by hand is written to the URL.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard.controls.initializer import choose_initializer, choose_seed, fill_initializer
from dashboard.controls.layer import choose_kernel, choose_layer, fill_layer
from dashboard.controls.network import choose_network
from dashboard.experiment import Experiment, Notice, within_budget
from dashboard.links import CHOICES, NUMBERS, encode, initializer_name, parse
from dashboard.words.plain import escaped

_LINK = "link"
"""The query string that the widgets agree with."""

_NOTICES = "notices"


def experiment() -> tuple[Experiment, tuple[Notice, ...]]:
    """What the sidebar shows, and why it is not what was asked for, where it is not."""
    query = urlencode(st.query_params.to_dict())
    if st.session_state.get(_LINK) != query:
        opened, notices = parse(query)
        _fill(opened)
        st.session_state[_NOTICES] = notices
    with st.sidebar:
        asked = _read_controls()
    shown, over_budget = within_budget(asked)
    if parse(query)[0] != shown:
        query = encode(shown)
        st.query_params.from_dict(dict(parse_qsl(query)))
        if st.session_state.get(_LINK) is not None:
            st.session_state[_NOTICES] = ()
    st.session_state[_LINK] = query
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


def _fill(opened: Experiment) -> None:
    """Set every widget to an experiment."""
    fill_layer(opened.layer)
    st.session_state["kernel"] = opened.drawn_kernel.name
    st.session_state["init"] = initializer_name(opened.initializer)
    fill_initializer(opened.initializer)
    st.session_state["act"] = opened.activation.kind
    if opened.activation.slope is not None:
        st.session_state["slope"] = opened.activation.slope
    for name in (*CHOICES, "recurrent", *NUMBERS):
        st.session_state[name] = getattr(opened, name)


def _read_controls() -> Experiment:
    st.subheader("Layer", anchor=False)
    layer = choose_layer()
    kernel = choose_kernel(layer)
    st.subheader("Initializer", anchor=False)
    initializer = choose_initializer()
    seed = choose_seed()
    st.subheader("Deep network", anchor=False)
    return Experiment(
        layer=layer,
        kernel=kernel,
        initializer=initializer,
        seed=seed,
        **choose_network(),
    )
