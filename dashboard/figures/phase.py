"""The phase map, its critical line and its landmarks.

Points that were simulated are squares in the colours of the map: where theory is right, they are
hard to see but for their rims.
"""

from math import isinf
from typing import Any

import numpy as np

from dashboard.figures.shades import SHADES, Shade, colour_axis
from dashboard.figures.theme import Figure, axis, label, layout
from dashboard.phases import BIASES, PINS, STEP, WEIGHTS, Landscape, Point, is_on_map
from dashboard.surveys import POINTS, Survey
from vscore.meanfield import PhaseMap

_HEIGHT = 420

_ROOM = STEP / 2


def phase_figure(
    found: Landscape, quantity: str, width: int, point: Point | None, survey: Survey | None = None
) -> Figure:
    """The map of one quantity with the critical line, schemes' places, and the present point.

    Parameters
    ----------
    found : Landscape
    quantity : str
        A key of `SHADES`.
    width : int
        Units a layer, on which PyTorch's biases hang.
    point : Point or None
    survey : Survey, optional
        What has been simulated by now.
    """
    shade = SHADES[quantity]
    ends = {
        "x": [WEIGHTS[0] - _ROOM, WEIGHTS[-1] + _ROOM],
        "y": [BIASES[0] - _ROOM, BIASES[-1] + _ROOM],
    }
    return {
        "data": [
            _cells(found.phases, shade),
            *_line(found),
            *_survey(survey, shade),
            *_point(point),
        ],
        "layout": layout(
            height=_HEIGHT,
            uirevision=f"phase map of {found.phases.activation}",
            dragmode=False,  # a touch is a click, and scrolls the page
            margin={"l": 56, "r": 12, "t": 12, "b": 44},
            xaxis=axis("weight variance σw² = n Var[w]", range=ends["x"], showgrid=False),
            yaxis=axis("bias variance σb²", range=ends["y"], showgrid=False),
            hoverlabel={"bgcolor": "#FFFFFF", "font": {"color": "#111111"}},
            coloraxis=colour_axis(shade),
            annotations=_pins(width),
        ),
    }


def _cells(phases: PhaseMap, shade: Shade) -> dict[str, Any]:
    values = shade.of(phases).T
    shown = np.clip(shade.shade(values), -9, 9)
    return {
        "type": "heatmap",
        "x": np.array(WEIGHTS, np.float32),
        "y": np.array(BIASES, np.float32),
        "z": shown.astype(np.float32),
        "coloraxis": "coloraxis",
        "text": [[_number(value) for value in row] for row in values.tolist()],
        "hovertemplate": "σw² %{x:.2f}, σb² %{y:.2f}<br>theory %{text}<extra></extra>",
        "name": "theory",
    }


def _number(value: float) -> str:
    return "∞" if isinf(value) else f"{value:.3g}"


def _line(found: Landscape) -> list[dict[str, Any]]:
    """Dark with a pale rim, to be seen on every colour; dashed where no deep network stays."""
    line = found.line
    kept = line.stable | found.phases.activation.homogeneous  # those have one straight line
    traces = []
    for stable, dash in ((True, "solid"), (False, "dot")):
        drawn = kept == stable
        if not drawn.any():
            continue
        for colour, width in (("#FFFFFF", 5), ("#111111", 2.5)):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": line.sigma_w2[drawn].astype(np.float32),
                    "y": line.sigma_b2[drawn].astype(np.float32),
                    "line": {"color": colour, "width": width, "dash": dash},
                    "hoverinfo": "skip",
                    "name": "critical line" if stable else "critical line, not kept",
                }
            )
    return traces


def _survey(survey: Survey | None, shade: Shade) -> list[dict[str, Any]]:
    """A square for each point that was simulated."""
    if survey is None or shade.measured is None:
        return []
    known = np.flatnonzero(survey.known)
    places = np.array(POINTS)[known]
    values = shade.measured(survey)[known]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": places[:, 0],
            "y": places[:, 1],
            "cliponaxis": False,
            "marker": {
                "symbol": "square",
                "size": 15,
                "color": np.clip(shade.shade(values), -9, 9),
                "coloraxis": "coloraxis",
                "line": {"color": "#111111", "width": 1},
            },
            "text": [_number(value) for value in values.tolist()],
            "hovertemplate": "σw² %{x:.2f}, σb² %{y:.2f}<br>simulated %{text}<extra></extra>",
            "name": "simulated",
        }
    ]


def _point(point: Point | None) -> list[dict[str, Any]]:
    """A ring, pale inside dark, at the present setting."""
    if point is None or not is_on_map(point):
        return []
    rings = (("#FFFFFF", 17, 6), ("#111111", 17, 2.5))
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [point.sigma_w2],
            "y": [point.sigma_b2],
            "cliponaxis": False,
            "marker": {
                "symbol": "circle-open",
                "size": size,
                "color": colour,
                "line": {"width": width},
            },
            "hovertemplate": "now: σw² %{x:.4g}, σb² %{y:.4g}<extra></extra>",
            "name": "now",
        }
        for colour, size, width in rings
    ]


def _pins(width: int) -> list[dict[str, Any]]:
    """A scheme's name over its place, from which an arrow points down."""
    annotations = []
    for pin, rise in zip(PINS, (26, 48, 26), strict=True):
        place = pin.place(width)
        words = label(pin.name, place.sigma_w2, place.sigma_b2, xref="x", yref="y")
        arrow = {
            "showarrow": True,
            "arrowhead": 2,
            "arrowwidth": 1.5,
            "arrowcolor": "#111111",
            "ax": 0,
            "ay": -rise,
            "xanchor": "center",
            "bgcolor": "rgba(255, 255, 255, 0.85)",
            "borderpad": 2,
        }
        annotations.append({**words, **arrow})
    return annotations
