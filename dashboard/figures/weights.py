"""The histogram of drawn weights with the exact density on it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.theme import (
    NEUTRAL,
    SIGNAL,
    THEORY,
    Figure,
    axis,
    coloured,
    faint,
    label,
    layout,
    redraws_key,
)
from vscore._typing import FloatArray
from vscore.distributions import Density
from vscore.sampling import WeightSample

_CURVE_POINTS = 241

BARS = {"color": SIGNAL, "opacity": 0.55, "line": {"width": 0}}
"""Pale, so that the lines on them are seen."""


def weights_figure(sample: WeightSample, redraws: Sequence[WeightSample] = ()) -> Figure:
    """Bars of the drawn weights, the exact density, marks at +-1 std and at the law's ends.

    Redraws of the same law, on the same bars, are faint outlines.
    """
    if sample.density.std == 0:
        return _constant_figure(sample)
    x, y = _curve(sample.density, sample.edges)
    heights = [float(drawn.heights.max()) for drawn in (sample, *redraws)]
    peak = max(float(np.nanmax(y)), *heights)
    return {
        "data": [
            *(redraw_outline(redraw, SIGNAL) for redraw in redraws),
            _bars(sample),
            _line(x, y),
        ],
        "layout": layout(
            uirevision=f"density, {sample.shape}",
            xaxis=axis("weight w", range=_range(sample.edges), nticks=7),
            yaxis=axis("density p(w)", range=[0, 1.16 * peak], nticks=6),
            shapes=_marks(sample.density),
            annotations=[
                _key(),
                *_mark_labels(sample.density),
                *redraws_key(len(redraws), SIGNAL),
            ],
        ),
    }


def redraw_outline(redraw: WeightSample, colour: str) -> dict[str, Any]:
    """The outline of a redraw's histogram, faint."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"redraw, seed {redraw.seed}",
        "x": _centres(redraw),
        "y": redraw.heights.astype(np.float32),
        "line": {"color": faint(colour), "width": 1, "shape": "hvh"},
        "hoverinfo": "skip",
    }


def _bars(sample: WeightSample) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": "drawn",
        "x": _centres(sample),
        "y": sample.heights.astype(np.float32),
        "marker": BARS,
        "hovertemplate": "w = %{x:.4g}<br>drawn density %{y:.4g}<extra></extra>",
    }


def _centres(sample: WeightSample) -> NDArray[np.float32]:
    return ((sample.edges[:-1] + sample.edges[1:]) / 2).astype(np.float32)


def _line(x: FloatArray, y: FloatArray) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "exact density",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "line": {"color": THEORY, "width": 3},
        "hovertemplate": "w = %{x:.4g}<br>exact density %{y:.4g}<extra></extra>",
    }


def _curve(density: Density, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The density over the histogram's span, with the steps down to 0 where the law is cut."""
    inside = np.linspace(edges[0], edges[-1], _CURVE_POINTS)
    values = density.pdf(inside)
    # Where an end is infinitely likely (a 2 x 2 rotation's entry), the curve leaves the chart.
    values = np.minimum(values, 8 / density.std)
    if not np.isfinite(density.support[1]):
        return inside, values
    return np.concatenate([edges[:1], inside, edges[-1:]]), np.concatenate([[0], values, [0]])


def _range(edges: FloatArray) -> list[float]:
    margin = 0.06 * float(edges[-1] - edges[0])
    return [float(edges[0]) - margin, float(edges[-1]) + margin]


def _marks(density: Density) -> list[dict[str, Any]]:
    """Dotted lines at +-1 std; dashed ones at the ends, where there are ends."""
    spots = [(density.mean + sign * density.std, "dot", 0.93) for sign in (-1, 1)]
    spots += [(end, "dash", 0.86) for end in density.support if np.isfinite(end)]
    return [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "y0": 0,
            "y1": top,
            "yref": "paper",
            "line": {"color": NEUTRAL, "width": 1.5, "dash": dash},
        }
        for x, dash, top in spots
    ]


def _mark_labels(density: Density) -> list[dict[str, Any]]:
    spots = [(density.mean + s * density.std, f"{n}1 std", 0.93) for s, n in ((-1, "−"), (1, "+"))]
    spots += [(end, f"{end:.3g}", 0.86) for end in density.support if np.isfinite(end)]
    return [
        label(text.replace("-", "−"), x, y, xref="x", xanchor="center", font={"size": 12})
        for x, text, y in spots
    ]


def _key() -> dict[str, Any]:
    text = f"{coloured('■', SIGNAL)} drawn   {coloured('—', THEORY)} exact density"
    return label(text, 0, 1.01)


def _constant_figure(sample: WeightSample) -> Figure:
    """One bar: every weight is the same."""
    value = sample.density.mean
    bar = {
        "type": "bar",
        "name": "drawn",
        "x": np.array([value], np.float32),
        "y": np.array([1.0], np.float32),
        "width": 0.02 * max(abs(value), 1.0),
        "marker": BARS,
        "hovertemplate": "every weight is %{x:.4g}<extra></extra>",
    }
    return {
        "data": [bar],
        "layout": layout(
            uirevision=f"share, {sample.shape}",
            xaxis=axis("weight w", range=_range(sample.edges)),
            yaxis=axis("share of the weights", range=[0, 1.16]),
            annotations=[label(f"every weight is {value:g}: there is no density", 0, 1.01)],
        ),
    }
