"""A chart for the last row of a lecture hall: larger type, thicker lines, as tall as its place."""

from collections.abc import Mapping
from typing import Any

from dashboard.figures.theme import Figure

FACTOR = 1.5
"""14 pixels of type become 21, which at 1280 x 720 is 3 % of the picture's height."""

_LENGTHS = frozenset({"size", "width", "standoff", "thickness", "l", "r", "t", "b", "yshift"})
"""Keys of lengths in pixels, wherever they stand in a figure."""


def enlarged(figure: Figure, factor: float = FACTOR) -> Figure:
    """The same chart with every length in pixels multiplied, and no height of its own.

    Parameters
    ----------
    figure : Figure
    factor : float
        In (0, inf).
    """
    layout = {name: part for name, part in figure["layout"].items() if name != "height"}
    return {
        "data": [_trace(trace, factor) for trace in figure["data"]],
        "layout": _scaled(layout, factor),
    }


def _trace(trace: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """A bar's own width is data: only what is nested in a trace is in pixels."""
    return {
        name: _scaled(part, factor) if isinstance(part, Mapping) else part
        for name, part in trace.items()
    }


def _scaled(part: Any, factor: float) -> Any:
    match part:
        case Mapping():
            return {
                name: value * factor
                if name in _LENGTHS and isinstance(value, int | float)
                else _scaled(value, factor)
                for name, value in part.items()
            }
        case list():
            return [_scaled(each, factor) for each in part]
        case _:
            return part
