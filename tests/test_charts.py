"""Charts as a script sees them: `st.plotly_chart`, or our component where the server has it."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from plotly.offline.offline import get_plotlyjs_version
from streamlit.testing.v1 import AppTest

from dashboard import charts
from dashboard.charts import assets

LAYOUT = {"height": 234, "uirevision": "a", "xaxis": {"range": [0.0, 1.0]}}
FIGURE = {"data": [{"type": "scatter", "y": np.array([1, 2], np.uint8)}], "layout": LAYOUT}
PACKED = {
    "data": [{"type": "scatter", "y": {"dtype": "u1", "bdata": "AQI="}}],
    "layout": LAYOUT,
}
OTHER = {**FIGURE, "data": [{"type": "scatter", "y": np.array([3, 4], np.uint8)}]}


def script(figure: dict[str, object]) -> None:
    from dashboard import charts

    charts.show(figure, key="one", alt="One rises to two.")


def shown(figure: dict[str, Any] = FIGURE) -> tuple[list[Any], list[Any]]:
    """The charts of a run, by `st.plotly_chart` and by our component."""
    page = AppTest.from_function(script, default_timeout=30, args=(figure,)).run()
    assert not page.exception
    return list(page.get("plotly_chart")), list(page.get("bidi_component"))


def check_streamlits(charts: list[Any]) -> None:
    (chart,) = charts
    spec = json.loads(chart.proto.spec)
    assert spec["data"] == PACKED["data"]
    assert spec["layout"].items() >= LAYOUT.items()  # beside Plotly's template
    assert json.loads(chart.proto.config)["displayModeBar"] is False
    assert chart.proto.alt == "One rises to two."
    assert chart.proto.theme == ""


def test_by_streamlit_where_nothing_serves_the_script() -> None:
    streamlits, ours = shown()
    assert ours == []
    check_streamlits(streamlits)


def test_by_our_component_where_the_server_has_it() -> None:
    with charts.served():
        streamlits, ours = shown()
    assert streamlits == []
    (chart,) = ours
    (data,) = json.loads(chart.proto.json)
    assert data["figure"] == PACKED
    assert data["alt"] == "One rises to two."
    assert data["config"]["displayModeBar"] is False
    assert chart.proto.isolate_styles is False
    assert chart.proto.html_content == chart.proto.css_content == ""
    assert assets.MODULE in chart.proto.js_content
    assert assets.PLOTLY in chart.proto.js_content
    assert len(chart.proto.js_content) < 500, "it travels with every change"


def test_the_server_s_end_is_the_end_of_our_component() -> None:
    with pytest.raises(RuntimeError, match="stopped"), charts.served():
        raise RuntimeError("stopped")
    check_streamlits(shown()[0])


def test_identity_is_the_key_alone() -> None:
    """Else another figure would be another element, and its node a new one."""
    with charts.served():
        first, second = (shown(figure)[1][0].proto for figure in (FIGURE, OTHER))
    assert first.json != second.json
    assert first.id == second.id


# What the browser is given


def test_names_change_with_the_files() -> None:
    """Browsers keep them for a year."""
    for path, file in assets.FILES.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest()[:12] in path


def test_plotly_is_the_wheel_s_version() -> None:
    """Its Python package writes what its script reads."""
    head = assets.FILES[f"/{assets.PLOTLY}"].read_bytes()[:60].decode()
    assert head.startswith(f"/**\n* plotly.js (cartesian - minified) v{get_plotlyjs_version()}\n")
