"""The entry: page settings, shared controls, navigation. `streamlit run dashboard/app.py` works."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard import compute
from dashboard.controls import agree, experiment, foreseen, show_notices
from dashboard.controls.navigation import show_navigation, show_way_out
from dashboard.controls.staying import PART, is_alone, is_sidebar_as_drawn, let_stay
from dashboard.experiment import Experiment
from dashboard.notice import Notice
from dashboard.registry import PAGES, Page
from dashboard.session_lock import share_locks
from dashboard.status import show_status
from dashboard.together import sent_together
from dashboard.views.heading import show_heading
from dashboard.views.share import is_dialog_asked_for, show_dialog, show_share

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
        self.notices: Sequence[Notice] = ()

    def show(self) -> None:
        """All of it; the charts first where they are there at once."""
        let_stay(False)
        look_ahead = self.page.look_ahead
        is_ready = look_ahead is not None and look_ahead(self.shown)
        st.html(STYLE)
        if is_ready and self.is_certain:
            with sent_together():
                self.show_page_first()
        else:
            self.show_controls_first()
        show_dialog(self.current, self.shown)

    def show_page_first(self) -> None:
        """After a move: the control that was moved shows its new value already."""
        self.current.run()
        run_again_after_a_break()
        asked, _ = experiment(filled=True)
        if asked != self.shown:
            st.rerun()
        self.show_title()

    def show_controls_first(self) -> None:
        """When a link is opened, or the work takes a while."""
        self.show_title()
        self.shown, self.notices = experiment(controls=self.page.controls, filled=True)
        self.current.run()
        run_again_after_a_break()

    def show_title(self) -> None:
        """Where it has changed: a browser builds its page anew for each title."""
        title = f"{self.current.title} · {TITLE}"
        if st.session_state.get(_TITLE) != title:
            st.set_page_config(title)
            st.session_state[_TITLE] = title

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
        """The page in a part of its own, which is drawn alone where the sidebar stays."""
        draw = partial(self.draw, page, self.shown, self.notices)
        if not page.is_part or self.shown.handout.present:
            with st.container():
                draw()
            return

        def draw_part() -> None:
            if is_alone():
                self.draw_again(page)
            else:
                draw()

        let_stay(True)
        st.fragment(draw_part, key=PART)()

    def draw(self, page: Page, shown: Experiment, notices: Sequence[Notice] = ()) -> None:
        """The links to the other pages, and the page."""
        if shown.handout.present:
            st.html(HERE / "presentation.css")
            show_way_out(shown)
        else:
            with st.container(horizontal=True, vertical_alignment="center", key="navigation"):
                show_navigation(list(self.pages), shown)
                show_share()
        show_heading(page.title, shown.handout)
        show_notices(notices)
        said = page.render(shown)
        if not shown.handout.present:
            show_status(page.title, shown, said or "")

    def draw_again(self, page: Page) -> None:
        """What the controls say now, where they stay as they are; else all is drawn."""
        with compute.turn():
            shown, is_certain = foreseen()
            if is_dialog_asked_for() or not (is_certain and is_sidebar_as_drawn()):
                st.rerun()
            agree(shown)
            if page.look_ahead is not None and page.look_ahead(shown):
                with sent_together():
                    self.draw(page, shown)
            else:
                self.draw(page, shown)


share_locks()
with compute.turn():
    Run().show()
