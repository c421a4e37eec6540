"""The entry: page settings, shared controls, navigation. `streamlit run dashboard/app.py` works."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from dashboard import compute
from dashboard.controls import experiment, foreseen, show_notices
from dashboard.controls.navigation import show_navigation, show_way_out
from dashboard.notice import Notice
from dashboard.registry import PAGES, Page
from dashboard.session_lock import share_locks
from dashboard.status import show_status
from dashboard.together import sent_together
from dashboard.views.heading import show_heading
from dashboard.views.share import show_share

HERE = Path(__file__).parent

TITLE = "vscore: weight initialization"

_TITLE = "title"
"""Where the present page's own lies."""

STYLE = f"<style>{' '.join((HERE / 'style.css').read_text('utf-8').split())}</style>"
"""On one line: Streamlit looks it over in every run."""


# Before the navigation: else the browser asks another host for a page's icon first.
st.set_page_config(st.session_state.get(_TITLE, TITLE), str(HERE / "icon.svg"), layout="wide")


@st.fragment(run_every=timedelta(days=1))
def run_again_after_a_break() -> None:
    """Nothing, once a day.

    On a page that repeats something, Streamlit asks for a whole run when a lost connection is
    back. Else the page would show what a server sent that is gone, and its download buttons would
    do nothing until the next change.
    """


class Run:
    """One run of the page that the address names, and what stands around it."""

    def __init__(self) -> None:
        self.pages = {self.addressed(page): page for page in PAGES}
        self.current = st.navigation(list(self.pages), position="hidden")
        self.page = self.pages[self.current]
        self.shown, self.is_certain = foreseen()

    def show(self) -> None:
        """All of it; the charts first where they are there at once."""
        look_ahead = self.page.look_ahead
        is_ready = look_ahead is not None and look_ahead(self.shown)
        if is_ready and self.is_certain:
            with sent_together():
                self.show_page_first()
        else:
            self.show_controls_first()

    def show_page_first(self) -> None:
        """After a move: the control that was moved shows its new value already."""
        st.html(STYLE)
        row = link_row()
        self.show_page()
        asked, _ = experiment(filled=True)
        if asked != self.shown:
            st.rerun()
        with row:
            self.show_links()
        self.show_title()

    def show_controls_first(self) -> None:
        """When a link is opened, or the work takes a while."""
        st.html(STYLE)
        self.show_title()
        self.shown, notices = experiment(controls=self.page.controls, filled=True)
        if self.shown.handout.present:
            st.html(HERE / "presentation.css")
            show_way_out(self.shown)
        else:
            with link_row():
                self.show_links()
        self.show_page(notices)

    def show_title(self) -> None:
        """Where it has changed: a browser builds its page anew for each title."""
        title = f"{self.current.title} · {TITLE}"
        if st.session_state.get(_TITLE) != title:
            st.set_page_config(title)
            st.session_state[_TITLE] = title

    def show_links(self) -> None:
        show_navigation(list(self.pages), self.shown)
        show_share(self.current, self.shown)

    def show_page(self, notices: Sequence[Notice] = ()) -> None:
        show_heading(self.current.title, self.shown.handout)
        show_notices(notices)
        run_again_after_a_break()
        self.current.run()

    def addressed(self, page: Page) -> StreamlitPage:
        """A page as Streamlit has it."""
        return st.Page(
            partial(self.render, page),
            title=page.title,
            icon=page.icon,
            url_path=page.path,
            default=not page.path,
        )

    def render(self, page: Page) -> None:
        said = page.render(self.shown)
        if not self.shown.handout.present:
            show_status(page.title, self.shown, said or "")


def link_row() -> DeltaGenerator:
    """Where the links to the other pages stand."""
    return st.container(horizontal=True, vertical_alignment="center", key="navigation")


share_locks()
with compute.turn():
    Run().show()
