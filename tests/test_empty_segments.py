"""A browser may send a row of segments that it has just drawn as empty: nothing changes."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.registry import PAGES
from tests.sampled import sampled

SMALL = "v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4"
FORMULA = f"{SMALL}&init=variance_scaling&scale=3&mode=fan_out&distribution=uniform"
QUERIES = {
    "dense": FORMULA,
    "convolutional": f"{SMALL}&family=convolutional&padding=zeros&image_size=8",
    "recurrent": f"{SMALL}&family=recurrent&cell=lstm",
}


def script() -> None:
    import streamlit as st

    from dashboard.controls import experiment
    from dashboard.registry import PAGES

    page = next(each for each in PAGES if each.title == st.session_state["page"])
    shown, _ = experiment()
    page.render(shown)


def opened(page: str, query: str) -> AppTest:
    """A page with its code section open."""
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["page"] = page
    app.session_state["code"] = True
    for name, text in parse_qsl(query):
        app.query_params[name] = text
    return app.run()


def rows(app: AppTest) -> list[Any]:
    return list(app.get("button_group"))


def held(app: AppTest) -> dict[str, Any]:
    """The link, and what each row of segments holds."""
    link = {name: "".join(text) for name, text in app.query_params.items()}
    return link | {row.key: row.value for row in rows(app)}


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("page", sampled(3, (each.title for each in PAGES if each.controls)))
def test_nothing_changes(page: str, query: str) -> None:
    app = opened(page, f"{QUERIES[query]}&convention=torch")
    before = held(app)
    for row in rows(app):
        row.set_value(None)
    app.run()
    assert [error.value for error in app.exception] == []
    assert held(app) == before
