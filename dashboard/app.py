"""The entry: page settings, shared controls, navigation. `streamlit run dashboard/app.py` works."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import compute
from dashboard.controls import experiment, foreseen, show_notices
from dashboard.controls.navigation import show_navigation, show_way_out
from dashboard.notice import Notice
from dashboard.registry import PAGES, Page
from dashboard.session_lock import share_locks
from dashboard.status import show_status
from dashboard.views.heading import show_heading
from dashboard.views.share import show_share

HERE = Path(__file__).parent

TITLE = "vscore: weight initialization"


# Before the navigation: else the browser asks another host for a page's icon first.
st.set_page_config(TITLE, str(HERE / "icon.svg"), layout="wide")


@st.fragment(run_every=timedelta(days=1))
def run_again_after_a_break() -> None:
    """Nothing, once a day.

    On a page that repeats something, Streamlit asks for a whole run when a lost connection is
    back. Else the page would show what a server sent that is gone, and its download buttons would
    do nothing until the next change.
    """


def show_app() -> None:
    """The page that the address names, and what stands around it."""

    def render(page: Page) -> None:
        said = page.render(shown)
        if not shown.handout.present:
            show_status(page.title, shown, said or "")

    def show_page(notices: Sequence[Notice] = ()) -> None:
        show_heading(current.title, shown.handout)
        show_notices(notices)
        run_again_after_a_break()
        current.run()

    def show_links() -> None:
        show_navigation(list(pages), shown)
        show_share(current, shown)

    pages = {
        st.Page(
            partial(render, page),
            title=page.title,
            icon=page.icon,
            url_path=page.path,
            default=not page.path,
        ): page
        for page in PAGES
    }
    current = st.navigation(list(pages), position="hidden")
    page, title = pages[current], f"{current.title} · {TITLE}"
    shown, is_certain = foreseen()
    is_ready = page.look_ahead is not None and page.look_ahead(shown)
    st.html(HERE / "style.css")
    if is_ready and is_certain:  # the charts first: a control's mark has moved already
        row = link_row()
        show_page()
        asked, _ = experiment()
        if asked != shown:
            st.rerun()
        with row:
            show_links()
        st.set_page_config(title)
    else:
        st.set_page_config(title)
        shown, notices = experiment(controls=page.controls)
        if shown.handout.present:
            st.html(HERE / "presentation.css")
            show_way_out(shown)
        else:
            with link_row():
                show_links()
        show_page(notices)


def link_row() -> DeltaGenerator:
    """Where the links to the other pages stand."""
    return st.container(horizontal=True, vertical_alignment="center", key="navigation")


share_locks()
with compute.turn():
    show_app()
