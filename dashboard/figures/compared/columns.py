"""One setting's charts, on axes that hold those of all."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.figures.compared.signals import axes_of, stacked, track_traces, tracks_of
from dashboard.figures.compared.weights import bars_and_curve, weight_ranges
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import THEORY, Figure, axis, coloured, label, layout
from dashboard.figures.weights import redraw_outline
from dashboard.outcomes import Outcome
from dashboard.tracks import Track

_HEIGHT = 480
_UPPER = {"xaxis": "x3", "yaxis": "y3"}


def column_figures(outcomes: Sequence[Outcome], statistic: str = "q") -> tuple[Figure, ...]:
    """A figure a setting: its weights, signal and gradient, on axes that hold those of all."""
    tracks = [tracks_of(outcome, statistic) for outcome in outcomes]
    forward, backward = ([pair[way] for pair in tracks] for way in (0, 1))
    panels = stacked(outcomes, forward, backward, [0.36, 0.6], [0, 0.24], ticks=4)
    span, top = weight_ranges(outcomes)
    panels["xaxis3"] = axis("", range=span, nticks=4, anchor="y3")
    panels["yaxis3"] = axis("", range=[0, top], nticks=4, anchor="x3", domain=[0.75, 1])
    for name in ("yaxis", "yaxis2", "yaxis3"):  # some numbers are wider than a column's margin
        panels[name]["automargin"] = True
    panels["uirevision"] = axes_of(outcomes, statistic)
    return tuple(_figure(*each, panels, top) for each in zip(outcomes, tracks, strict=True))


def _figure(
    outcome: Outcome, tracks: tuple[Track, Track], panels: Mapping[str, Any], top: float
) -> Figure:
    mark = MARKS[outcome.letter]
    weights = [{**trace, **_UPPER} for trace in bars_and_curve(outcome, top)]
    head = f"{coloured(mark.glyph, mark.colour)} <b>{outcome.letter}</b>: weights"
    return {
        "data": [
            *({**redraw_outline(each, mark.colour), **_UPPER} for each in outcome.redrawn_weights),
            *weights,
            *track_traces(outcome, tracks[0], THEORY, "", spread=True),
            *track_traces(outcome, tracks[1], THEORY, "2", spread=True),
        ],
        "layout": layout(
            **panels,
            height=_HEIGHT,
            margin={"l": 40, "r": 6, "t": 28, "b": 40},
            annotations=[
                label(head, 0, 1.01),
                label("signal", 0, 0.605),
                label("gradient", 0, 0.245),
            ],
        ),
    }
