"""A sweep as lines: one measure along one axis, or a line for each of a few names.

Simulated cells are points and theory is a line. What has no place on the axis stands at its edge.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from dashboard.figures.swept.along import Along, along
from dashboard.figures.swept.edges import edges, scatter, spread
from dashboard.figures.swept.line import Line, ends_of, lines_of, redraws_of
from dashboard.figures.theme import (
    NEUTRAL,
    THEORY,
    Figure,
    axis,
    coloured,
    faint,
    label,
    layout,
    log_ticks,
)
from dashboard.readings import READINGS, Reading
from dashboard.sweeping import Swept
from dashboard.sweeps import Choice, Plan
from vscore._typing import FloatArray

HEIGHT = 420


def lines_figure(swept: Swept, plan: Plan, now: float | None = None) -> Figure:
    """What has been found by now, along its numbers.

    Parameters
    ----------
    swept : Swept
    plan : Plan
        One that is shown by lines.
    now : float, optional
        Where the present setting stands, as the axis counts.
    """
    reading = READINGS[plan.measure]
    across = along(plan.across)
    lines = list(lines_of(swept, plan, reading))
    redraws = redraws_of(swept, reading)
    low, high = ends_of(swept, reading)
    return {
        "data": [
            *spread(across, redraws, lines, reading),
            *(trace for line in lines for trace in _traces(line, across, plan, reading)),
            *(trace for line in lines for trace in edges(line, across, (low, high))),
        ],
        "layout": layout(
            height=HEIGHT,
            uirevision=f"sweep of {plan.measure} over {across.span.text}",
            margin={"l": 64, "r": 14, "t": 28 + 20 * (-(-len(lines) // 2)), "b": 44},
            xaxis=across.layout(cells=False),
            yaxis=_measure_axis(reading, low, high),
            shapes=_rules(reading, (low, high), now),
            annotations=[label(_key(lines, plan, redraws), 0, 1.01, align="left"), *_now(now)],
        ),
    }


def _measure_axis(reading: Reading, low: float, high: float) -> dict[str, Any]:
    look = axis(reading.title, range=[low, high])
    if reading.logarithmic:
        places, words = log_ticks(low, high)
        return look | {"tickvals": places, "ticktext": words}
    return look


def _traces(line: Line, across: Along, plan: Plan, reading: Reading) -> Iterator[dict[str, Any]]:
    """Theory first, so that points lie on it."""
    several, apart = bool(line.name), isinstance(across.span, Choice)
    colour = line.mark.colour if several else THEORY
    if line.theory is not None:
        look: dict[str, Any] = {"mode": "lines", "line": _theory_line(line, several)}
        if apart:
            bar = {"symbol": "line-ew-open", "size": 26, "color": colour, "line": {"width": 3}}
            look = {"mode": "markers", "marker": bar}
        name = f"{line.name} theory".strip()
        yield scatter(across.places, line.theory, **look, name=name, hoverinfo="skip")
    drawn = np.isfinite(line.measured)
    joined = not apart and (several or plan.source == "predicted")
    yield scatter(
        across.places[drawn],
        line.measured[drawn],
        mode="lines+markers" if joined else "markers",
        line=_joining(line, plan),
        marker={
            "symbol": line.mark.symbol,
            "color": line.mark.colour,
            "size": 6 if plan.source == "predicted" and not apart else 9,
            "line": {"width": 1.75},
        },
        text=[_told(line, across, reading, place) for place in np.flatnonzero(drawn).tolist()],
        hovertemplate="%{text}<extra></extra>",
        name=f"{line.name} {plan.source}".strip(),
    )


def _theory_line(line: Line, several: bool) -> dict[str, Any]:
    if several:
        return {"color": faint(line.mark.colour), "width": 5, "dash": "solid"}
    return {"color": THEORY, "width": 3}


def _joining(line: Line, plan: Plan) -> dict[str, Any]:
    width = 3 if plan.source == "predicted" else 1.5
    return {"color": line.mark.colour, "width": width, "dash": line.mark.dash}


def _told(line: Line, across: Along, reading: Reading, place: int) -> str:
    name = f"{line.name}, " * bool(line.name)
    return f"{name}{across.title} {across.words[place]}<br>{reading.title}: {line.words[place]}"


def _rules(reading: Reading, ends: tuple[float, float], now: float | None) -> list[dict[str, Any]]:
    """Where a signal stays what it is, across; and the present setting, upright."""
    drawn = []
    look = {"type": "line", "layer": "below", "line": {"color": NEUTRAL, "width": 1.25}}
    if reading.steady is not None:
        y = float(reading.place(np.array([reading.steady]))[0])
        drawn.append({**look, "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y})
    if now is not None:
        dashed = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
        place = {"yref": "paper", "x0": now, "x1": now, "y0": 0, "y1": 1, "line": dashed}
        drawn.append({**look, **place})
    return drawn


def _now(place: float | None) -> list[dict[str, Any]]:
    if place is None:
        return []
    return [label("now", place, 0, xref="x", xanchor="left", xshift=3)]


def _key(lines: list[Line], plan: Plan, redraws: FloatArray | None) -> str:
    """What marks mean, two to a row: they fit a phone."""
    if plan.y is None:
        (line,) = lines
        points = coloured("●", line.mark.colour)
        parts = [f"{points} {plan.source}"] if plan.source == "simulated" else []
        if line.theory is not None or plan.source == "predicted":
            parts.append(f"{coloured('—', THEORY)} theory")
        if redraws is not None:
            parts.append(f"{coloured('·', line.mark.colour)} {redraws.shape[1]} redraws")
        return "   ".join(parts)
    parts = [f"{coloured(line.mark.glyph, line.mark.colour)} {line.name}" for line in lines]
    if any(line.theory is not None for line in lines):
        parts[-1] += "   wide: theory"
    rows = ["   ".join(parts[start : start + 2]) for start in range(0, len(parts), 2)]
    return "<br>".join(rows)
