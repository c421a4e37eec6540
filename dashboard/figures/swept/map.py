"""A sweep over two axes as a map: colours, and signs where a cell has no number.

Blue is below what is steady and orange above it, as on the phase map; other measures go from dark
to bright. Grey is endless, black nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.shades import DIVERGING, SEQUENTIAL, colour_bar
from dashboard.figures.swept.along import Along, along, cell_words
from dashboard.figures.swept.lines import HEIGHT
from dashboard.figures.theme import Figure, label, layout, log_ticks
from dashboard.readings import READINGS, Reading, finite
from dashboard.sweeping import Swept
from dashboard.sweeps import Plan
from vscore._typing import FloatArray
from vscore.sweeps import Sweep

ENDLESS, NOTHING = "#9AA0A6", "#23272B"
"""Of cells whose value is infinite, or so small that the axis has no place for it."""

_BELOW = {"xanchor": "center", "yanchor": "top", "yshift": -22, "font": {"size": 16}}
"""Plotly puts an axis' own title over its numbers when a map that has a colour bar changes."""

_SIGNS = {2: ("failed", "x"), 3: ("no such quantity", "line-ew-open")}
"""By status."""


def map_figure(swept: Swept, plan: Plan, now: tuple[float, float] | None = None) -> Figure:
    """What has been found by now, the first axis to the right and the second one up.

    Parameters
    ----------
    swept : Swept
    plan : Plan
        Of two axes.
    now : tuple of float, optional
        Where the present setting stands, as the axes count.
    """
    assert plan.y is not None, "a map has two axes"
    reading, found = READINGS[plan.measure], swept.found
    right, up = along(plan.x), along(plan.y)
    places = reading.place(found.values)
    words = _words(found, right, up, reading)
    return {
        "data": [
            _flat(right, up, places == np.inf, words, ENDLESS, "∞"),
            _flat(right, up, places == -np.inf, words, NOTHING, "0"),
            _cells(right, up, places, words),
            *_signs(right, up, found, words),
            *_rings(now),
        ],
        "layout": layout(
            height=HEIGHT,
            uirevision=f"sweep of {plan.measure} over {plan.x.text} and {plan.y.text}",
            dragmode=False,  # a touch is a click, and scrolls the page
            margin={"l": 64, "r": 14, "t": 12, "b": 44},
            xaxis={**right.layout(cells=True), "showgrid": False, "title": None},
            yaxis={**up.layout(cells=True), "showgrid": False},
            hoverlabel={"bgcolor": "#FFFFFF", "font": {"color": "#111111"}},
            annotations=[label(right.title, 0.5, 0, **_BELOW)],
            coloraxis=_colours(reading, finite(places)),
        ),
    }


def _words(found: Sweep, right: Along, up: Along, reading: Reading) -> list[list[str]]:
    """What each cell says under the pointer, a row for each value of the second axis."""
    return [
        [
            f"{right.title} {x}, {up.title} {y}<br>{reading.title}: "
            f"{cell_words(found, (column, row), reading)}"
            for column, x in enumerate(right.words)
        ]
        for row, y in enumerate(up.words)
    ]


def _cells(right: Along, up: Along, places: FloatArray, words: list[list[str]]) -> dict[str, Any]:
    shown = np.where(np.isfinite(places), places, np.nan).T
    return _heatmap(right, up, shown, words) | {"coloraxis": "coloraxis", "name": "cells"}


def _flat(
    right: Along,
    up: Along,
    which: NDArray[np.bool_],
    words: list[list[str]],
    colour: str,
    name: str,
) -> dict[str, Any]:
    """Cells of one colour, whatever the scale."""
    shown = np.where(which, 0.0, np.nan).T
    scale = {"colorscale": [[0, colour], [1, colour]], "zmin": 0, "zmax": 1, "showscale": False}
    return _heatmap(right, up, shown, words) | scale | {"name": name}


def _heatmap(right: Along, up: Along, shown: FloatArray, words: list[list[str]]) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "x": right.places,
        "y": up.places,
        "z": shown.astype(np.float32),
        "text": words,
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
    }


def _signs(right: Along, up: Along, found: Sweep, words: list[list[str]]) -> list[dict[str, Any]]:
    """A cross in each cell that failed, a dash where there is no such quantity."""
    drawn = []
    for state, (name, symbol) in _SIGNS.items():
        at = np.argwhere(found.status == state)
        if len(at):
            drawn.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": right.places[at[:, 0]],
                    "y": up.places[at[:, 1]],
                    "marker": {
                        "symbol": symbol,
                        "size": 9,
                        "color": "#808489",
                        "line": {"width": 2 * (state == 3)},
                    },
                    "text": [words[row][column] for column, row in at.tolist()],
                    "hovertemplate": "%{text}<extra></extra>",
                    "name": name,
                }
            )
    return drawn


def _rings(now: tuple[float, float] | None) -> list[dict[str, Any]]:
    """Pale inside dark, to be seen on every colour."""
    if now is None:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [now[0]],
            "y": [now[1]],
            "cliponaxis": False,
            "marker": {
                "symbol": "circle-open",
                "size": 17,
                "color": colour,
                "line": {"width": width},
            },
            "hoverinfo": "skip",
            "name": "now",
        }
        for colour, width in (("#FFFFFF", 6), ("#111111", 2.5))
    ]


def _colours(reading: Reading, places: FloatArray) -> dict[str, Any]:
    """The scale and its bar on top; even about what is steady, where something is."""
    low, high = _ends(reading, places)
    if reading.logarithmic:
        ticks, words = log_ticks(low, high)
    else:
        ticks = np.linspace(low, high, 5).tolist()
        words = [f"{tick:.2g}" for tick in ticks]
    return {
        "cmin": low,
        "cmax": high,
        "colorscale": SEQUENTIAL if reading.steady is None else DIVERGING,
        "colorbar": colour_bar(reading.title, ticks, words),
    }


def _ends(reading: Reading, places: FloatArray) -> tuple[float, float]:
    if reading.ends is not None:
        return reading.ends
    if not len(places):
        return -1.0, 1.0
    low, high = float(places.min()), float(places.max())
    if reading.steady is not None:
        middle = float(reading.place(np.array([reading.steady]))[0])
        far = max(abs(low - middle), abs(high - middle), 0.1)
        return middle - far, middle + far
    return (low, high) if high - low > 1e-9 else (low - 0.5, high + 0.5)
