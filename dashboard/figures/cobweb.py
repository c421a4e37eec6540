"""One point's length map and correlation map, with the steps that a signal takes."""

from typing import Any

import numpy as np

from dashboard.figures.theme import (
    CORRELATION,
    GRADIENT,
    NEUTRAL,
    SIGNAL,
    THEORY,
    Figure,
    axis,
    label,
    layout,
)
from dashboard.phases import Cobweb
from vscore._typing import FloatArray

_HEIGHT = 330


def cobweb_figure(web: Cobweb, what: str) -> Figure:
    """One layer's map against the diagonal, and the steps from the first value.

    Parameters
    ----------
    web : Cobweb
    what : str
        "q" or "c".
    """
    colour = {"q": SIGNAL, "c": CORRELATION}[what]
    name = {"q": "Length map", "c": "Correlation map"}[what]
    low, high = 0.0, float(web.before[-1])
    pad = 0.03 * high
    ends = [low - pad, high + pad]
    x = np.repeat(web.path, 2)[:-1]
    y = np.concatenate([[low], np.repeat(web.path[1:], 2)])
    inside = np.maximum.accumulate((x > high) | (y > high)) == 0
    first = int(np.argmin(inside)) if not inside.all() else len(x)
    steps = slice(0, first + 1)
    return {
        "data": [
            _curve(web.before, web.before, NEUTRAL, "dash", 1.5, "unchanged"),
            _curve(web.before, web.after, THEORY, "solid", 3, "map"),
            _curve(x[steps], np.minimum(y[steps], 2 * high), colour, "solid", 1.75, "path"),
            *_end(web, high),
        ],
        "layout": layout(
            height=_HEIGHT,
            uirevision=f"{what} up to {high:.6g}",
            xaxis=axis(f"{what} in a layer", range=ends),
            yaxis=axis(f"{what} in the next", range=ends),
            annotations=[label(f"<b>{name}</b>", 0, 1.01)],
        ),
    }


def _curve(
    x: FloatArray, y: FloatArray, colour: str, dash: str, width: float, name: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "line": {"color": colour, "width": width, "dash": dash},
        "hovertemplate": "%{x:.4g} → %{y:.4g}<extra></extra>" if name == "map" else None,
        "hoverinfo": "none" if name == "map" else "skip",
        "name": name,
    }


def _end(web: Cobweb, high: float) -> list[dict[str, Any]]:
    """A diamond at the limit, where it is in sight."""
    if not web.end <= high:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [web.end],
            "y": [web.end],
            "cliponaxis": False,
            "marker": {"symbol": "diamond", "size": 11, "color": GRADIENT},
            "hovertemplate": "ends at %{x:.4g}<extra></extra>",
            "name": "limit",
        }
    ]
