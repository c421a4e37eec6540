"""The phase map's data, words and figures: places, cobwebs, colours; against numbers by hand."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit

from dashboard import charts
from dashboard.experiment import DEFAULT, Experiment
from dashboard.figures.cobweb import cobweb_figure
from dashboard.figures.phase import phase_figure
from dashboard.figures.shades import SHADES
from dashboard.frames import cobweb_frame, phase_frame
from dashboard.phases import (
    BIASES,
    PINS,
    QUANTITY_NAMES,
    WEIGHTS,
    Cobweb,
    Place,
    Point,
    dense,
    landscape,
    moved_to,
    nearest,
    place,
    point_of,
)
from dashboard.words.phase import cobweb_sentence, map_sentence
from tests.colours import contrast
from vscore.activations import ACTIVATIONS
from vscore.initializers import (
    INITIALIZERS,
    Constant,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    VarianceScaling,
)
from vscore.layers import Dense

RELU, TANH = ACTIVATIONS["relu"], ACTIVATIONS["tanh"]


def here(kind: str, sigma_w2: float, sigma_b2: float) -> Place:
    return place(ACTIVATIONS[kind], Point(sigma_w2, sigma_b2), lambda: None)


# --- places ---


@pytest.mark.parametrize(
    ("initializer", "sigma_w2"),
    [
        (INITIALIZERS["lecun_normal"], 1.0),
        (INITIALIZERS["glorot_uniform"], 1.0),
        (INITIALIZERS["he_uniform"], 2.0),
        (INITIALIZERS["torch_default"], 1 / 3),
        (VarianceScaling(3.0, "fan_out", "uniform"), 3.0),
        (RandomNormal(0.0, 0.1), 1.28),  # 128 x 0.01
        (RandomUniform(-0.3, 0.3), 128 * 0.03),
        (Orthogonal(1.5), 2.25),
        (Constant(0.1), None),
        (INITIALIZERS["zeros"], None),
        (RandomNormal(0.5, 0.1), None),
    ],
)
def test_where_a_setting_stands(initializer: Any, sigma_w2: float | None) -> None:
    setting = Experiment(initializer=initializer, width=128, bias_variance=0.2)
    point = point_of(setting)
    if sigma_w2 is None:
        assert point is None
    else:
        assert point is not None
        assert point.sigma_w2 == pytest.approx(sigma_w2)
        assert point.sigma_b2 == 0.2


@pytest.mark.parametrize("initializer", [INITIALIZERS["glorot_uniform"], Orthogonal(1.5)])
def test_a_point_becomes_the_setting(initializer: Any) -> None:
    moved = moved_to(Experiment(initializer=initializer), Point(2.35, 0.4))
    point = point_of(moved)
    assert point is not None
    assert point.sigma_w2 == pytest.approx(2.35)
    assert point.sigma_b2 == 0.4
    law = getattr(initializer, "distribution", "truncated_normal")
    assert moved.initializer == VarianceScaling(2.35, "fan_in", law)


def test_the_layer_and_the_seed_stay() -> None:
    setting = Experiment(layer=Dense(3, 5), seed=7, depth=9)
    assert (
        replace(
            moved_to(setting, Point(1.0, 0.1)),
            initializer=setting.initializer,
            bias_variance=setting.bias_variance,
        )
        == setting
    )


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (1.02, 0.03, (1.0, 0.05)),
        (1.03, 0.02, (1.05, 0.0)),
        (-5.0, -5.0, (0.05, 0.0)),
        (1e300, 9.0, (4.0, 2.0)),
    ],
)
def test_the_nearest_cell(x: float, y: float, expected: tuple[float, float]) -> None:
    assert nearest(x, y) == Point(*expected)


def test_dense_layers_of_one_width() -> None:
    square = dense(Experiment(family="recurrent", taper=0.5, width=32, depth=6))
    assert square.network.kind == "mlp"
    assert set(square.network.kernel_shapes) == {(32, 32)}


def test_pins() -> None:
    found = {pin.name: pin.place(100) for pin in PINS}
    assert found == {
        "PyTorch": Point(1 / 3, 1 / 300),
        "LeCun, Glorot, SELU": Point(1.0, 0.0),
        "He": Point(2.0, 0.0),
    }


# --- cobwebs ---


def test_relu_s_cobwebs_in_closed_form() -> None:
    """q -> q / 2 + 0.5 from 1 stays; at 0.25, 0.375, ... it would not: sigma_w2 = 0.5, 0.3."""
    found = here("relu", 0.5, 0.3)
    q, expected = 1.0, [1.0]
    for _ in range(12):
        q = 0.25 * q + 0.3
        expected.append(q)
    assert found.lengths.path == pytest.approx(expected)
    assert found.lengths.end == pytest.approx(0.4)
    assert found.lengths.after == pytest.approx(0.25 * found.lengths.before + 0.3)
    assert found.xi == pytest.approx(1 / math.log(4))
    # Arc-cosine kernel at c = 0: 1 / (2 pi).
    assert found.correlations.after[0] == pytest.approx((0.5 * 0.4 / (2 * math.pi) + 0.3) / 0.4)


def test_what_stays_and_what_has_no_end() -> None:
    linear = here("linear", 1.0, 0.0)
    assert linear.correlations.path == pytest.approx([0.5] * 13)
    assert linear.correlations.end == 0.5
    assert "it stays what it is" in cobweb_sentence(linear.correlations, "c")
    growing = here("relu", 3.0, 0.0)
    assert growing.lengths.end == math.inf
    assert "it has no limit" in cobweb_sentence(growing.lengths, "q")
    assert growing.correlations.end == 1
    frame = cobweb_frame(growing.lengths, "q")
    assert frame["q in the next"].tolist() == pytest.approx((1.5 * frame["q in a layer"]).tolist())


def test_a_cobweb_goes_up_and_across() -> None:
    web = Cobweb(np.array([0.0, 1.0]), np.array([0.2, 0.8]), np.array([0.5, 0.6, 0.7]), 0.9)
    traces = {trace["name"]: trace for trace in cobweb_figure(web, "c")["data"]}
    assert traces["path"]["x"] == pytest.approx([0.5, 0.5, 0.6, 0.6, 0.7])
    assert traces["path"]["y"] == pytest.approx([0, 0.6, 0.6, 0.7, 0.7])
    assert traces["limit"]["x"] == [0.9]


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("point", [(0.05, 0.0), (4.0, 2.0), (100.0, 0.0)])
def test_every_point_can_be_drawn(kind: str, point: tuple[float, float]) -> None:
    found = here(kind, *point)
    for web, what in ((found.lengths, "q"), (found.correlations, "c")):
        for trace in cobweb_figure(web, what)["data"]:
            assert np.isfinite(trace["x"]).all()
            assert np.isfinite(trace["y"]).all()
        assert "nan" not in cobweb_sentence(web, what)


# --- the map ---


@pytest.mark.parametrize("quantity", SHADES)
def test_the_map_as_drawn(quantity: str) -> None:
    found = landscape(RELU)
    drawn = phase_figure(found, quantity, 128, Point(1.0, 0.5))
    (cells,) = [trace for trace in drawn["data"] if trace["type"] == "heatmap"]
    row, column = BIASES.index(0.5), WEIGHTS.index(1.0)
    # ReLU at sigma_w2 = 1: chi_1 = 1 / 2, xi = 1 / ln 2, q* = 2 sigma_b2, c* = 1.
    value = {"chi_1": 0.5, "xi": 1 / math.log(2), "q_star": 1.0, "c_star": 1.0}[quantity]
    shade = value if quantity == "c_star" else math.log10(value)
    assert cells["z"][row, column] == pytest.approx(shade, abs=1e-6)
    assert cells["text"][row][column] == f"{value:.3g}"
    assert np.isfinite(cells["z"]).all()
    line = [trace for trace in drawn["data"] if trace["name"] == "critical line"]
    assert [trace["x"].tolist() for trace in line] == [[2, 2]] * 2
    rings = [trace for trace in drawn["data"] if trace["name"] == "now"]
    assert [(ring["x"], ring["y"]) for ring in rings] == [([1.0], [0.5])] * 2


def test_shades_are_the_names_of_links() -> None:
    assert list(SHADES) == list(QUANTITY_NAMES)
    assert DEFAULT.phase in SHADES


def test_the_line_is_seen_on_every_colour() -> None:
    """Dark in a pale rim: one of both has 3 to 1 against any colour of the map."""
    for _, colour in SHADES["chi_1"].scale:
        assert max(contrast(colour, "#111111"), contrast(colour, "#FFFFFF")) >= 3


def test_a_branch_that_no_network_keeps_is_dotted() -> None:
    """GELU's, below the length at which its line turns."""
    names = {
        trace["name"]
        for trace in phase_figure(landscape(ACTIVATIONS["gelu"]), "xi", 9, None)["data"]
    }
    assert {"critical line", "critical line, not kept"} <= names
    assert "dotted where" in map_sentence(landscape(ACTIVATIONS["gelu"]), "xi", None)
    assert "dotted" not in map_sentence(landscape(TANH), "xi", None)


@pytest.mark.parametrize("kind", ["softplus", "sigmoid", "hard_sigmoid"])
def test_a_map_without_a_line(kind: str) -> None:
    found = landscape(ACTIVATIONS[kind])
    assert "There is no critical line here." in map_sentence(found, "chi_1", None)
    assert [t["name"] for t in phase_figure(found, "chi_1", 9, None)["data"]] == ["theory"]


def test_the_map_as_a_table() -> None:
    frame = phase_frame(landscape(RELU))
    assert len(frame) == len(WEIGHTS) * len(BIASES)
    row = frame[(frame["sigma_w2"] == 1.0) & (frame["sigma_b2"] == 0.5)].iloc[0]
    assert row["chi_1"] == pytest.approx(0.5)
    assert row["q*"] == pytest.approx(1.0)


# --- clicks ---


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"selection": {"points": [{"x": 1.5, "y": 0.25}]}}, (1.5, 0.25)),
        ({"selection": {"points": []}}, None),
        ({"selection": {"points": [{"x": "a", "y": 0}]}}, None),
        ({"selection": {"points": [{"x": 1.0}]}}, None),
        ({"selection": {"points": [{"x": math.nan, "y": 0.0}]}}, None),
        ({"selection": {"points": [{"x": math.inf, "y": 0.0}]}}, None),
        (None, None),
    ],
)
def test_where_was_clicked(
    monkeypatch: pytest.MonkeyPatch, sent: Any, expected: tuple[float, float] | None
) -> None:
    monkeypatch.setattr(streamlit, "session_state", {} if sent is None else {"map": sent})
    assert charts.clicked("map") == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [({"x": 1.5, "y": 0.25}, (1.5, 0.25)), ({"x": None, "y": 1}, None), (None, None), ("x", None)],
)
def test_where_our_own_chart_was_clicked(
    monkeypatch: pytest.MonkeyPatch, sent: Any, expected: tuple[float, float] | None
) -> None:
    monkeypatch.setattr(streamlit, "session_state", {"map": {"click": sent}})
    with charts.served():
        assert charts.clicked("map") == expected
