"""The palette: series of one chart look different to everyone, and stand out from either page."""

import tomllib
from itertools import combinations
from typing import Any

import pytest

from dashboard.figures.marks import MARKS
from dashboard.figures.shares import shares_figure
from dashboard.figures.signal import signal_figure
from dashboard.figures.theme import (
    CORRELATION,
    DEAD,
    GRADIENT,
    NEUTRAL,
    SATURATED,
    SIGNAL,
    THEORY,
    Figure,
)
from dashboard.figures.weights import weights_figure
from dashboard.settings import settings_file
from tests.colours import SEEN, ciede2000, contrast, lab
from vscore.initializers import INITIALIZERS
from vscore.meanfield import predict
from vscore.networks import mlp
from vscore.propagation import simulate
from vscore.sampling import sample

# By hand: what may stand in one chart.
CHARTS = {
    "weights": (SIGNAL, THEORY, NEUTRAL),
    "signal": (SIGNAL, GRADIENT, THEORY, NEUTRAL),
    "shares": (CORRELATION, SATURATED, DEAD, THEORY),
    "compared": (*(mark.colour for mark in MARKS.values()), THEORY),
}


# The measures themselves


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        # Sharma, Wu and Dalal 2005, table 1, pairs 1, 7, 17, 24 and 30.
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (50.0, 3.2592, 0.3350), 1.0000),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_ciede2000(one: Any, other: Any, distance: float) -> None:
    assert ciede2000(one, other) == pytest.approx(distance, abs=1e-4)


def test_contrast_formula() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # WebAIM's checker


# The palette


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("chart", CHARTS)
def test_series_of_one_chart_can_be_told_apart(chart: str, seen: str) -> None:
    matrix = SEEN[seen]
    for one, other in combinations(CHARTS[chart], 2):
        assert ciede2000(lab(one, matrix), lab(other, matrix)) >= 10, (one, other)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", sorted({c for colours in CHARTS.values() for c in colours}))
def test_lines_stand_out_from_the_page(mode: str, colour: str) -> None:
    theme = tomllib.loads(settings_file().read_text("utf-8"))["theme"][mode]
    assert contrast(colour, theme["backgroundColor"]) >= 3  # WCAG 1.4.11


def drawn() -> dict[str, Figure]:
    network = mlp((16,) * 5, activation="tanh", initializer="he_normal")
    measured, predicted = simulate(network, networks=2, batch=4), predict(network)
    return {
        "weights": weights_figure(sample(INITIALIZERS["he_normal"].with_seed(0), (30, 20))),
        "signal": signal_figure(measured, predicted),
        "shares": shares_figure(measured, predicted),
    }


@pytest.mark.parametrize("chart", ["weights", "signal", "shares"])
def test_charts_use_what_is_tested(chart: str) -> None:
    """Each line and mark that is not a band has one of the chart's colours."""
    for trace in drawn()[chart]["data"]:
        if "band" in trace["name"]:
            continue
        look: Any = trace.get("marker") or trace["line"]
        colour = look["color"] if str(look["color"]).startswith("#") else look["line"]["color"]
        assert colour in CHARTS[chart], trace["name"]


def test_no_series_is_known_by_colour_alone() -> None:
    shares = [t for t in drawn()["shares"]["data"] if t["mode"] == "markers"]
    assert len({trace["marker"]["symbol"] for trace in shares}) == len(shares) == 3
    signal = [t for t in drawn()["signal"]["data"] if t["name"] in ("measured", "theory")]
    # One panel each, and points against a line.
    assert len({(trace["xaxis"], trace["mode"]) for trace in signal}) == len(signal) == 4
