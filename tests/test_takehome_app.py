"""The files as the page offers them: names, and what a click makes."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.links import parse
from dashboard.takehome.provenance import digest
from dashboard.views import parts
from dashboard.views import takehome as view

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"
SMALL = "v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4"


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What would be saved, by file name: the callables behind the buttons."""
    files: dict[str, Any] = {}

    def download_button(
        label: str, data: Any, file_name: str, mime: str, *, on_click: str, **rest: Any
    ) -> None:
        assert on_click == "ignore"
        files[file_name] = data

    for module in (parts, view):
        monkeypatch.setattr(module.st, "download_button", download_button)
    return files


def opened(query: str, *open_sections: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=30)
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    page.run()
    for section in open_sections:
        page.session_state[section] = True
    return page.run() if open_sections else page


SECTIONS = ("units", "data_weights", "data_signal", "data_activations", "data_shares")


def test_every_chart_has_its_csv_and_the_page_its_report_and_notebook(
    offered: dict[str, Any],
) -> None:
    page = opened(SMALL)
    assert [error.value for error in page.exception] == []
    setting = parse(SMALL)[0]
    assert set(offered) == {f"report-{digest(setting)}.html", f"notebook-{digest(setting)}.ipynb"}
    opened(SMALL, *SECTIONS)
    names = {"weights.csv", "signal.csv", "activations.csv", "shares.csv"}
    assert {re.sub("-[0-9a-f]{10}", "", name) for name in offered} == {
        *names, "report.html", "notebook.ipynb",
    }  # fmt: skip
    for name in names:
        stem = name.partition(".")[0]
        body = offered[f"{stem}-{digest(setting)}.csv"]()
        header, first = body.decode("utf-8-sig").splitlines()[:2]
        assert header.endswith(",link,seed,vscore,numpy")
        assert "?v=1&input_dim=30&units=20&depth=4" in first


def test_another_session_is_offered_the_same_bytes(offered: dict[str, Any]) -> None:
    opened(SMALL, *SECTIONS)
    first = {name: made() for name, made in offered.items()}
    offered.clear()
    opened(SMALL, *SECTIONS)
    assert {name: made() for name, made in offered.items()} == first
    assert len(first) == 6


def test_redraws_are_in_the_tables(offered: dict[str, Any]) -> None:
    query = f"{SMALL}&redraws=on"
    opened(query, *SECTIONS)
    mark = digest(parse(query)[0])
    for stem in ("weights", "signal"):
        header = offered[f"{stem}-{mark}.csv"]().decode("utf-8-sig").splitlines()[0]
        assert "redraw 10" in header


def test_files_hold_the_handout_and_the_selected_setting(offered: dict[str, Any]) -> None:
    """Explore shows one setting: its files are of that one, under the teacher's title."""
    page = opened(f"{SMALL}&settings=2&b.depth=3&setting=b&title=Week+3")
    assert not page.exception
    (report_name,) = (name for name in offered if name.endswith(".html"))
    assert "<h1>Week 3</h1>" in offered[report_name]()
    (notebook_name,) = (name for name in offered if name.endswith(".ipynb"))
    cells = json.loads(offered[notebook_name]())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells)
    assert "widths=(16,) * 4" in code
    assert "Setting" not in code


def test_a_comparison_takes_all_settings_home(offered: dict[str, Any]) -> None:
    asked, _ = parse(f"{SMALL}&settings=3&b.depth=3&c.init=glorot_uniform")

    def render(experiment):  # type: ignore[no-untyped-def]  # a script of its own: no name from here
        from dashboard.views.takehome import show_takehome

        show_takehome(experiment)

    page = AppTest.from_function(render, kwargs={"experiment": asked}).run()
    assert not page.exception
    text = offered[f"report-{digest(asked)}.html"]()
    assert [f"<h2>Setting {letter}</h2>" in text for letter in "ABCD"] == [True, True, True, False]
    assert offered[f"notebook-{digest(asked)}.ipynb"]().count("## Setting") == 3
