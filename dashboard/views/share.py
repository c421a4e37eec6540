"""The dialog that makes a teacher's link: what it says, locks and hides; its QR code and frame.

What is ticked changes the link alone. The page behind stays as it is until the link is opened.
"""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.controls.address import as_query_params
from dashboard.controls.headings import SECTIONS
from dashboard.experiment import Experiment
from dashboard.handout import CHARTS, CONTROLS, LONGEST_TEXT, Handout, clean_text
from dashboard.sharing import absolute_link, embed_snippet, is_local, qr_svg

_DRAFT = "share_draft"
"""The handout that the page's link has, and the one last made from it: kept when the dialog is
closed, since nobody wants to write a question twice."""

_ASKED = "share_asked"

_WHOLE = "The whole page"
_PRESENTATIONS = {"": _WHOLE, **{name: f"{label}, large" for name, label in CHARTS.items()}}


def show_share() -> None:
    """A button that asks for the dialog."""
    icon = ":material/share:"
    st.button("Share", icon=icon, type="tertiary", key="share", on_click=_ask_for_dialog)


def _ask_for_dialog() -> None:
    st.session_state[_ASKED] = True


def is_dialog_asked_for() -> bool:
    """Whether this run is to open the dialog: a whole run, with which a closed one goes."""
    return _ASKED in st.session_state


def show_dialog(page: StreamlitPage, experiment: Experiment) -> None:
    """The dialog, where it was asked for.

    Parameters
    ----------
    page : StreamlitPage
        The page in sight.
    experiment : Experiment
        What it shows.
    """
    if st.session_state.pop(_ASKED, False):
        _fill(experiment.handout)
        _dialog(page, experiment)


@st.dialog("Share this experiment", width="large")
def _dialog(page: StreamlitPage, experiment: Experiment) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        handout = _ask(experiment)
    st.session_state[_DRAFT] = (experiment.handout, handout)
    with right:
        _show(address_of(page.url_path), page, replace(experiment, handout=handout))


def _fill(handout: Handout) -> None:
    """Set the dialog's widgets to the link last made here, else to the page's own."""
    before, draft = st.session_state.get(_DRAFT, (handout, handout))
    if before != handout:
        draft = handout
    for name in ("title", "question", "present"):
        st.session_state[f"share_{name}"] = getattr(draft, name)
    for name in ("locked", "hidden"):
        chosen, kept = getattr(draft, name), getattr(handout, name)
        st.session_state[f"share_{name}"] = [each for each in chosen if each not in kept]
        st.session_state[f"share_all_{name}"] = chosen == tuple(CONTROLS)


def _ask(experiment: Experiment) -> Handout:
    given = experiment.handout
    title = st.text_input("Title", key="share_title", max_chars=LONGEST_TEXT)
    question = st.text_area("Question", key="share_question", max_chars=LONGEST_TEXT, height=80)
    present = st.segmented_control(
        "Open as",
        tuple(_PRESENTATIONS),
        key="share_present",
        required=True,
        format_func=_PRESENTATIONS.__getitem__,
        wrap=True,
        help="Large: for a projector, one chart in large type and no controls.",
    )
    offered = _offered(experiment.chosen)
    return Handout(
        title=clean_text(title),
        question=clean_text(question),
        present=present or "",
        locked=_tick("locked", "Lock", "shown, not changeable", offered, given.locked),
        hidden=_tick("hidden", "Hide", "not shown, kept as it is", offered, given.hidden),
    )


def _offered(setting: Experiment) -> dict[str, str]:
    """The controls that the sidebar asks for now, and the settings of a comparison."""
    asked = {name for controls in SECTIONS.values() for name in controls(setting)} | {"settings"}
    return {name: label for name, label in CONTROLS.items() if name in asked}


def _tick(
    name: str, verb: str, meaning: str, offered: Mapping[str, str], kept: tuple[str, ...]
) -> tuple[str, ...]:
    """Which controls are locked, or hidden: those that the page's link has already, and others."""
    if kept == tuple(CONTROLS):
        st.caption(f"{verb}: all controls, by the link of this page.")
        return kept
    everything = st.checkbox(f"{verb} all", key=f"share_all_{name}")
    chosen = st.pills(
        f"{verb}: {meaning}",
        [each for each in offered if each not in kept],
        key=f"share_{name}",
        selection_mode="multi",
        format_func=offered.__getitem__,
        disabled=everything,
        wrap=True,
    )
    if kept:
        names = ", ".join(CONTROLS[each] for each in kept)
        st.caption(f"By the link of this page already: {names}.")
    return tuple(CONTROLS) if everything else (*kept, *chosen)


def address_of(path: str) -> str:
    """Where the browser finds the page in sight, whose path this is.

    It sees a proxy's name and folder where there is one.
    """
    root = (st.context.url or "").removesuffix("/").removesuffix(f"/{path}")
    return f"{root.removesuffix('/')}/{path}"


def _show(address: str, page: StreamlitPage, experiment: Experiment) -> None:
    link = absolute_link(address, experiment)
    code = qr_svg(link)
    if code is None:
        st.info("This link is too long for a QR code. A shorter title or question makes it fit.")
    else:
        with st.container(key="qr"):
            st.image(code, width="stretch", alt="QR code of the link")
    if is_local(address):
        st.caption(
            "This address opens on this computer only. For a class, start the dashboard with "
            "`--address 0.0.0.0`, and open it here by this computer's name in the network."
        )
    st.caption("Link")
    st.code(link, language=None, wrap_lines=True)
    if st.button("Open this link here", key="share_open"):
        st.switch_page(page, query_params=as_query_params(experiment))
    st.caption("For a course page: paste this into its HTML.")
    st.code(embed_snippet(link, experiment.handout.title), language="html", wrap_lines=True)
