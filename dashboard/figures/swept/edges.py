"""What stands beside a sweep's lines: other seeds, and cells that have no place on the axis."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dashboard.figures.swept.along import Along
from dashboard.figures.swept.line import COLOURS, Line, finite_only
from dashboard.figures.theme import NEUTRAL, faint
from dashboard.readings import Reading
from vscore._typing import FloatArray


def scatter(x: FloatArray, y: FloatArray, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "x": x, "y": y, "cliponaxis": False, **more}


def edges(line: Line, across: Along, ends: tuple[float, float]) -> Iterator[dict[str, Any]]:
    """What has no place on the axis: triangles at its ends, crosses where a cell failed."""
    low, high = ends
    for name, which, y, symbol in (
        ("∞", line.measured == np.inf, high, "triangle-up"),
        ("0", line.measured == -np.inf, low, "triangle-down"),
        ("failed", line.states == 2, low, "x"),
        ("no such quantity", line.states == 3, low, "line-ew-open"),
    ):
        at = np.flatnonzero(which)
        if len(at):
            yield scatter(
                across.places[at],
                np.full(len(at), y),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "color": line.mark.colour if symbol.startswith("tri") else NEUTRAL,
                    "size": 12,
                    "line": {"width": 2 * (symbol == "line-ew-open")},
                },
                text=[f"{across.words[place]}: {line.words[place]}" for place in at],
                hovertemplate="%{text}<extra></extra>",
                name=f"{line.name} {name}".strip(),
            )


def spread(
    across: Along, redraws: FloatArray | None, lines: list[Line], reading: Reading
) -> list[dict[str, Any]]:
    """Faint points of other seeds, and a bar from the lowest to the highest of all."""
    if redraws is None:
        return []
    (line,) = lines
    every = np.column_stack([finite_only(line.measured), redraws])
    known = np.isfinite(every).any(axis=1)
    low, high = (np.full(len(every), np.nan) for _ in range(2))
    low[known], high[known] = np.nanmin(every[known], axis=1), np.nanmax(every[known], axis=1)
    bars = np.column_stack([low, high, np.full(len(low), np.nan)]).ravel()
    colour = COLOURS[reading.series]
    return [
        scatter(
            np.repeat(across.places, redraws.shape[1]),
            redraws.ravel(),
            mode="markers",
            marker={"symbol": "circle", "color": faint(colour), "size": 5},
            hoverinfo="skip",
            name="redraws",
        ),
        scatter(
            np.repeat(across.places, 3),
            bars,
            mode="lines",
            line={"color": colour, "width": 1.5},
            hoverinfo="skip",
            name="lowest to highest",
        ),
    ]
