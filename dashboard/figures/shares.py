"""What becomes of the units and of two inputs: correlation, saturated and dead shares by layer."""

from typing import Any

import numpy as np

from dashboard.figures.theme import (
    CORRELATION,
    DEAD,
    SATURATED,
    THEORY,
    Figure,
    axis,
    coloured,
    label,
    layer_ticks,
    layout,
)
from dashboard.tracks import Track, forward_track
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.verdicts import unit_of

_SERIES = (
    ("correlation", "correlation", CORRELATION, "circle-open", "○"),
    ("saturated", "saturated", SATURATED, "diamond-open", "◇"),
    ("dead", "dead", DEAD, "square-open", "□"),
)


def shares_figure(measured: Propagation, predicted: Prediction | None) -> Figure:
    """Three shares from 0 to 1 over the layers, theory's lines where there are any."""
    depth = measured.network.depth
    data: list[dict[str, Any]] = []
    names = []
    for statistic, name, colour, symbol, mark in _SERIES:
        track = forward_track(measured, predicted, statistic)
        if np.isnan(track.centre).all():
            continue  # one input alone has no correlation
        data += _traces(track, name, colour, symbol)
        names.append(f"{coloured(mark, colour)} {name}")
    if predicted is not None:
        names.append(f"{coloured('—', THEORY)} theory")
    ticks = {"range": [0.5, depth + 0.5], "tickvals": layer_ticks(depth)}
    what = "time step t" if unit_of(measured.network) == "step" else "layer l"
    return {
        "data": data,
        "layout": layout(
            uirevision=f"{measured.network.kind}, {depth}",
            xaxis=axis(what, **ticks),
            yaxis=axis("share, or correlation", range=[-0.06, 1.06], nticks=6),
            annotations=[label("   ".join(names), 0, 1.01)],
        ),
    }


def _traces(track: Track, name: str, colour: str, symbol: str) -> list[dict[str, Any]]:
    layers = np.arange(1, track.measured.shape[1] + 1, dtype=np.int16)
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": layers,
        "y": track.centre.astype(np.float32),
        "marker": {"symbol": symbol, "color": colour, "size": 8, "line": {"width": 2}},
        "hovertemplate": f"{track.unit} %{{x}}<br>{name} %{{y:.3f}}<extra></extra>",
    }
    if track.theory is None:
        return [points]
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": f"{name}, theory",
        "x": layers,
        "y": track.theory.astype(np.float32),
        "line": {"color": THEORY, "width": 2},
        "hovertemplate": f"{track.unit} %{{x}}<br>{name}, theory %{{y:.3f}}<extra></extra>",
    }
    return [line, points]
