"""A setting's line, points and letter; letters that would meet are moved apart."""

from collections.abc import Sequence
from typing import Any

from dashboard.figures.marks import MARKS, Mark
from dashboard.figures.theme import coloured, label
from vscore._typing import AnyArray


def line_trace(x: AnyArray, y: AnyArray, mark: Mark, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 1.75, "dash": mark.dash},
    }


def point_trace(x: AnyArray, y: AnyArray, mark: Mark, size: int) -> dict[str, Any]:
    look = {"symbol": mark.symbol, "color": mark.colour, "size": size, "line": {"width": 1.5}}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": look}


def letter_label(letter: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    text = coloured(letter, MARKS[letter].colour)
    return label(text, x, y, **{"yref": "y", "xanchor": "center", **more})


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places from low to high, those nearer than a gap spread evenly about their middle."""
    spread = list(places)
    groups: list[list[int]] = []
    for index in sorted(range(len(places)), key=places.__getitem__):
        groups.append([index])
        while len(groups) > 1 and spread[groups[-1][0]] - spread[groups[-2][-1]] < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
            _spread_evenly(groups[-1], places, spread, gap, low, high)
    return spread


def _spread_evenly(
    group: Sequence[int],
    places: Sequence[float],
    spread: list[float],
    gap: float,
    low: float,
    high: float,
) -> None:
    """Write a group's new places: its middle stays, unless an end would leave the panel."""
    half = gap * (len(group) - 1) / 2
    middle = sum(places[index] for index in group) / len(group)
    middle = min(max(middle, low + half + gap / 2), high - half - gap / 2)
    for step, index in enumerate(group):
        spread[index] = middle - half + gap * step
