"""Signal and gradient by layer: measured points with their spread, theory's curve.

Magnitudes are drawn as log10, so that what has exploded past any float is still on the chart.
"""

from typing import Any

import numpy as np

from dashboard.figures.theme import (
    GRADIENT,
    NEUTRAL,
    SIGNAL,
    THEORY,
    Figure,
    axis,
    coloured,
    label,
    layer_ticks,
    layout,
    log_range,
    log_ticks,
)
from vscore._typing import FloatArray
from vscore.meanfield import Prediction
from vscore.propagation import Propagation, mean_log10

FORWARD_TITLE = "signal: mean z²"
BACKWARD_TITLE = "gradient: mean (∂L/∂z)²"


def signal_figure(measured: Propagation, predicted: Prediction | None) -> Figure:
    """Two panels over one layer axis: q above, the gradient's second moment below."""
    assert measured.log10_gradient is not None
    forward = _panel(measured.log10_q, predicted.log10_q if predicted else None, SIGNAL, "")
    backward = _panel(
        measured.log10_gradient, predicted.log10_gradient if predicted else None, GRADIENT, "2"
    )
    depth = measured.network.depth
    lines, words = _overflow(measured)
    room = 0.4 + 0.015 * depth
    ticks = {"range": [1 - room, depth + room], "tickvals": layer_ticks(depth)}
    return {
        "data": [*forward["traces"], *backward["traces"]],
        "layout": layout(
            grid={"rows": 2, "columns": 1, "pattern": "independent"},
            xaxis={**axis("", **ticks), "domain": [0, 1], "anchor": "y", "showticklabels": False},
            xaxis2={**axis("layer l", **ticks), "domain": [0, 1], "anchor": "y2", "matches": "x"},
            yaxis={**forward["axis"], "domain": [0.55, 1]},
            yaxis2={**backward["axis"], "domain": [0, 0.45]},
            annotations=[
                label(_key(FORWARD_TITLE, SIGNAL, predicted), 0, 1.01),
                label(_key(BACKWARD_TITLE, GRADIENT, predicted), 0, 0.455),
                *_notes(measured),
                *words,
            ],
            shapes=lines,
        ),
    }


def _panel(
    logarithms: FloatArray, theory: FloatArray | None, colour: str, suffix: str
) -> dict[str, Any]:
    known = logarithms if theory is None else np.concatenate([logarithms, theory[None]])
    low, high = log_range(known)
    places, words = log_ticks(low, high)
    traces = [_points(logarithms, colour, suffix)]
    if theory is not None:
        traces.insert(0, _theory(theory, suffix))
    frame = axis("", range=[low, high], tickvals=places, ticktext=words, anchor=f"x{suffix}")
    return {"traces": traces, "axis": frame}


def _theory(logarithms: FloatArray, suffix: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "theory",
        **_placed(logarithms, suffix),
        "line": {"color": THEORY, "width": 3},
        "hovertemplate": "layer %{x}<br>theory 10^%{y:.3f}<extra></extra>",
    }


def _points(logarithms: FloatArray, colour: str, suffix: str) -> dict[str, Any]:
    """The mean over networks, with bars from the lowest network to the highest."""
    centre = mean_log10(logarithms)
    with np.errstate(invalid="ignore"):  # where nothing is left: -inf less -inf
        above, below = logarithms.max(axis=0) - centre, centre - logarithms.min(axis=0)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "measured",
        **_placed(centre, suffix),
        "marker": {  # hollow, so that theory's line shows through
            "symbol": "circle-open",
            "color": colour,
            "size": 8 if len(centre) <= 50 else 6,
            "line": {"width": 2},
        },
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _finite(above),
            "arrayminus": _finite(below),
            "color": colour,
            "thickness": 1,
            "width": 0,
        },
        "hovertemplate": "layer %{x}<br>measured 10^%{y:.3f}<extra></extra>",
    }


def _placed(logarithms: FloatArray, suffix: str) -> dict[str, Any]:
    """Layers from 1, and the logarithms; layers where nothing is left are not drawn."""
    shown = np.isfinite(logarithms)
    layers = np.arange(1, len(logarithms) + 1, dtype=np.int16)
    return {
        "x": layers[shown],
        "y": logarithms[shown].astype(np.float32),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


def _finite(lengths: FloatArray) -> FloatArray:
    kept = lengths[~np.isnan(lengths)]  # a layer with nothing left has no point to hang a bar on
    return np.where(np.isfinite(kept), kept, 0.0).astype(np.float32)


def _key(title: str, colour: str, predicted: Prediction | None) -> str:
    theory = "" if predicted is None else f"   {coloured('—', THEORY)} theory"
    return f"<b>{title}</b>   {coloured('○', colour)} measured{theory}"


def _notes(measured: Propagation) -> list[dict[str, Any]]:
    """Words where a curve ends early because nothing is left to draw."""
    notes = []
    for logarithms, what, y in (
        (measured.log10_q, "signal", 0.78),
        (measured.log10_gradient, "gradient", 0.22),
    ):
        assert logarithms is not None
        gone = int(np.isneginf(mean_log10(logarithms)).sum())
        if gone:
            text = f"the {what} is exactly 0 in {gone} of {logarithms.shape[1]} layers"
            notes.append(label(text, 0.5, y, xanchor="center"))
    return notes


def _overflow(measured: Propagation) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A dashed line, with words, at the first layer that float32 cannot hold."""
    layers = measured.overflow_layer
    if (layers < 0).all():
        return [], []
    first = int(layers[layers >= 0].min()) + 1
    line = {
        "type": "line",
        "x0": first,
        "x1": first,
        "y0": 0.55,
        "y1": 1,
        "yref": "paper",
        "line": {"color": NEUTRAL, "width": 1.5, "dash": "dash"},
    }
    text = f" float32 overflows at layer {first} "
    if first < measured.network.depth / 2:
        return [line], [label(text, first, 0.56, xref="x")]
    return [line], [label(text, first, 0.93, xref="x", xanchor="right")]
