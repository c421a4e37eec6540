"""The entry: page settings, shared controls, navigation. `streamlit run dashboard/app.py` works."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.controls import experiment, show_notices
from dashboard.controls.navigation import show_navigation
from dashboard.registry import PAGES, Page

HERE = Path(__file__).parent

st.set_page_config("vscore: weight initialization", str(HERE / "icon.svg"), layout="wide")
st.html(HERE / "style.css")


def render(page: Page) -> None:
    page.render(shown)


pages = [
    st.Page(
        partial(render, page),
        title=page.title,
        icon=page.icon,
        url_path=page.path,
        default=not page.path,
    )
    for page in PAGES
]
current = st.navigation(pages, position="hidden")
shown, notices = experiment()
show_navigation(pages, shown)
show_notices(notices)
current.run()
