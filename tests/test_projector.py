"""Charts for a projector: every length grows, no datum changes."""

import copy
from typing import Any

import numpy as np
import pytest

from dashboard.figures.projector import enlarged
from dashboard.figures.signal import signal_figure
from dashboard.figures.theme import Figure
from dashboard.figures.weights import weights_figure
from vscore.initializers import INITIALIZERS
from vscore.meanfield import predict
from vscore.networks import mlp
from vscore.propagation import simulate
from vscore.sampling import sample

NETWORK = mlp((32,) * 5, activation="relu", initializer="he_normal")


def figures() -> list[Figure]:
    measured = simulate(NETWORK, networks=2, batch=8, seed=0)
    return [
        weights_figure(sample(INITIALIZERS["he_normal"], (30, 20), bins=20)),
        weights_figure(sample(INITIALIZERS["zeros"], (30, 20), bins=20)),
        signal_figure(measured, predict(NETWORK)),
    ]


def test_lengths_by_hand() -> None:
    figure = {
        "data": [
            {"x": [1, 2], "width": 0.02, "marker": {"size": 8, "line": {"width": 2}}},
            {"y": [3], "error_y": {"thickness": 1, "width": 0, "array": [5]}, "type": "bar"},
        ],
        "layout": {
            "height": 390,
            "font": {"size": 14},
            "margin": {"l": 56, "r": 12, "t": 34, "b": 44},
            "xaxis": {"range": [0, 1], "title": {"text": "x", "standoff": 6}},
            "annotations": [{"x": 0.1, "font": {"size": 13}}],
            "shapes": [{"x0": 3, "line": {"width": 1.5}}],
        },
    }
    assert enlarged(figure, 2) == {
        "data": [
            {"x": [1, 2], "width": 0.02, "marker": {"size": 16, "line": {"width": 4}}},
            {"y": [3], "error_y": {"thickness": 2, "width": 0, "array": [5]}, "type": "bar"},
        ],
        "layout": {
            "font": {"size": 28},
            "margin": {"l": 112, "r": 24, "t": 68, "b": 88},
            "xaxis": {"range": [0, 1], "title": {"text": "x", "standoff": 12}},
            "annotations": [{"x": 0.1, "font": {"size": 26}}],
            "shapes": [{"x0": 3, "line": {"width": 3}}],
        },
    }


@pytest.mark.parametrize("index", range(3))
def test_charts_keep_their_data(index: int) -> None:
    figure = figures()[index]
    before = copy.deepcopy(figure)
    large = enlarged(figure)
    np.testing.assert_equal(figure, before)  # untouched
    assert "height" not in large["layout"]
    assert large["layout"]["font"]["size"] == 21
    for old, new in zip(before["data"], large["data"], strict=True):
        assert drawn(old) == drawn(new)


def drawn(trace: dict[str, Any]) -> dict[str, Any]:
    """What a trace says, without how large it is drawn."""
    names = ("type", "name", "x", "y", "width", "hovertemplate")
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in trace.items()
        if name in names
    }
