"""The entry: page settings, shared controls, navigation. `streamlit run dashboard/app.py` works."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import compute
from dashboard.controls import experiment, foreseen, show_notices
from dashboard.controls.navigation import show_navigation, show_way_out
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
    def render(page: Page) -> None:
        said = page.render(shown)
        if not shown.handout.present:
            show_status(page.title, shown, said or "")

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
    page = pages[current]
    if page.look_ahead:
        page.look_ahead(foreseen())
    st.set_page_config(f"{current.title} · {TITLE}")
    st.html(HERE / "style.css")
    shown, notices = experiment(controls=page.controls)
    if shown.handout.present:
        st.html(HERE / "presentation.css")
        show_way_out(shown)
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="navigation"):
            show_navigation(list(pages), shown)
            show_share(current, shown)
    show_heading(current.title, shown.handout)
    show_notices(notices)
    run_again_after_a_break()
    current.run()


share_locks()
with compute.turn():
    show_app()
