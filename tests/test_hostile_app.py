"""Three hundred hostile links through the whole page: it is complete, and says what it left out."""

from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.links import encode, parse
from tests.hostile import hostile_links

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"


def opened(query: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    for name, text in dict(reversed(parse_qsl(query, keep_blank_values=True))).items():
        page.query_params[name] = text
    return page.run()


def assert_whole(query: str) -> None:
    page = opened(query)
    assert [error.value for error in page.exception] == [], query
    boxes = (*page.success, *page.warning, *page.error)
    assert sum(box.value.startswith("**") for box in boxes) == 1, query
    shown, notices = parse(query)
    assert len(page.get("plotly_chart")) == (1 if shown.handout.present else 2), query
    said = [box.value for box in page.warning if not box.value.startswith("**")]
    assert bool(said) == bool(notices), query
    assert parse(encode(shown)) == (shown, ())


def test_twenty_hostile_links() -> None:
    for query in hostile_links(20):
        assert_whole(query)


@pytest.mark.slow
def test_three_hundred_hostile_links() -> None:
    for query in hostile_links(300):
        assert_whole(query)
