"""A curve that someone sketched, by powers of ten at some layers; and what was measured there."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.course.measures import Finding
from dashboard.course.questions import Sketch
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import (
    SIGNAL,
    THEORY,
    Figure,
    axis,
    coloured,
    label,
    layout,
    log_ticks,
)
from vscore._typing import FloatArray

HEIGHT = 300
"""Pixels: chart, controls and button fit a projector."""

_YOURS = MARKS["D"]


def sketch_figure(
    question: Sketch, powers: Sequence[float], found: Finding | None = None
) -> Figure:
    """The sketch on a log axis; with a finding, simulated points and theory's line on it."""
    known = [] if found is None else [found.values, *_theory_values(found)]
    values = np.concatenate([np.array([question.low, question.high]), *map(np.ravel, known)])
    low, high = float(values.min()) - 0.4, float(values.max()) + 0.4
    places, words = log_ticks(low, high)
    first, last = question.places[0], question.places[-1]
    room = 0.04 * (last - first)
    return {
        "data": [*_found(question, found), _sketch(question, powers)],
        "layout": layout(
            height=HEIGHT,
            xaxis=axis(
                question.unit, range=[first - room, last + room], tickvals=list(question.places)
            ),
            yaxis=axis("", range=[low, high], tickvals=places, ticktext=words),
            annotations=[label(_key(question, found), 0, 1.01)],
        ),
    }


def _sketch(question: Sketch, powers: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "you",
        "x": list(question.places),
        "y": list(powers),
        "line": {"color": _YOURS.colour, "width": 2, "dash": _YOURS.dash},
        "marker": {"symbol": _YOURS.symbol, "size": 11, "line": {"width": 2}},
        "hovertemplate": f"{question.unit} %{{x}}<br>you 10^%{{y:.1f}}<extra></extra>",
    }


def _found(question: Sketch, found: Finding | None) -> list[dict[str, Any]]:
    """Theory's line under the points, each with a bar from the lowest network to the highest."""
    if found is None:
        return []
    x, mean = list(question.places), found.mean
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "theory",
            "x": x,
            "y": theory,
            "line": {"color": THEORY, "width": 3},
            "hovertemplate": f"{question.unit} %{{x}}<br>theory 10^%{{y:.2f}}<extra></extra>",
        }
        for theory in _theory_values(found)
    ]
    points = {
        "type": "scatter",
        "mode": "markers",
        "name": "simulator",
        "x": x,
        "y": mean,
        "marker": {"symbol": "circle-open", "color": SIGNAL, "size": 9, "line": {"width": 2}},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": found.values.max(axis=0) - mean,
            "arrayminus": mean - found.values.min(axis=0),
            "color": SIGNAL,
            "thickness": 1,
            "width": 0,
        },
        "hovertemplate": f"{question.unit} %{{x}}<br>simulator 10^%{{y:.2f}}<extra></extra>",
    }
    return [*lines, points]


def _theory_values(found: Finding) -> list[FloatArray]:
    return [] if found.theory is None else [found.theory]


def _key(question: Sketch, found: Finding | None) -> str:
    parts = [f"<b>{question.axis}</b>", f"{coloured(_YOURS.glyph, _YOURS.colour)} you"]
    if found is not None:
        parts.append(f"{coloured('○', SIGNAL)} simulator")
        parts += [f"{coloured('—', THEORY)} theory" for _ in _theory_values(found)]
    return "   ".join(parts)
