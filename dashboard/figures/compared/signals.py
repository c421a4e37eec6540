"""Every setting's signal and gradient, by layer."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.compared.drawing import apart, letter_label, line_trace, point_trace
from dashboard.figures.marks import MARKS, Mark
from dashboard.figures.theme import (
    Figure,
    axis,
    faint,
    label,
    layer_ticks,
    layout,
    linear_range,
    log_range,
    log_ticks,
)
from dashboard.outcomes import Outcome
from dashboard.tracks import Track, forward_track, gradient_track
from vscore._typing import FloatArray

_LETTER_GAP = 0.13
"""Of an axis, between letters that stand one above the other."""


def overlaid_signal(outcomes: Sequence[Outcome], statistic: str = "q") -> Figure:
    """A statistic of every signal above, every gradient below."""
    pairs = [tracks_of(outcome, statistic) for outcome in outcomes]
    forward, backward = ([pair[way] for pair in pairs] for way in (0, 1))
    key = "   points: measured   lines: theory"
    return {
        "data": [
            trace
            for suffix, each in (("", forward), ("2", backward))
            for outcome, track in zip(outcomes, each, strict=True)
            for trace in track_traces(outcome, track, MARKS[outcome.letter].colour, suffix)
        ],
        "layout": layout(
            uirevision=axes_of(outcomes, statistic),
            **stacked(outcomes, forward, backward, [0.55, 1], [0, 0.45]),
            annotations=[
                label(f"<b>{forward[0].title}</b>{key}", 0, 1.01),
                label(f"<b>{backward[0].title}</b>", 0, 0.455),
                *_track_letters(outcomes, forward, ""),
                *_track_letters(outcomes, backward, "2"),
            ],
            shapes=_overflows(outcomes),
        ),
    }


def axes_of(outcomes: Sequence[Outcome], statistic: str) -> str:
    """What the axes are of: a zoom is kept while this stays the same."""
    networks = [outcome.measured.network for outcome in outcomes]
    return f"{statistic} of {[(network.kind, network.depth) for network in networks]}"


def tracks_of(outcome: Outcome, statistic: str) -> tuple[Track, Track]:
    measured, predicted, redraws = outcome.measured, outcome.predicted, outcome.redrawn_signals
    return (
        forward_track(measured, predicted, statistic, redraws),
        gradient_track(measured, predicted, redraws),
    )


def stacked(
    outcomes: Sequence[Outcome],
    forward: Sequence[Track],
    backward: Sequence[Track],
    upper: list[float],
    lower: list[float],
    ticks: int = 10,
) -> dict[str, Any]:
    """Two panels over one axis of layers, long enough for every setting."""
    depth = max(outcome.measured.network.depth for outcome in outcomes)
    room = 0.4 + 0.015 * depth
    places = {
        "range": [1 - 2.5 * room, depth + 2.5 * room],
        "tickvals": layer_ticks(depth, ticks),
        "tickangle": 0,
    }
    units = sorted({outcome.unit for outcome in outcomes})
    what = " or ".join({"layer": "layer l", "step": "time step t"}[unit] for unit in units)
    return {
        "xaxis": {**axis("", **places), "anchor": "y", "showticklabels": False},
        "xaxis2": {**axis(what, **places), "anchor": "y2", "matches": "x"},
        "yaxis": {**_shared_axis(forward, ticks), "anchor": "x", "domain": upper},
        "yaxis2": {**_shared_axis(backward, ticks), "anchor": "x2", "domain": lower},
    }


def _shared_axis(tracks: Sequence[Track], ticks: int) -> dict[str, Any]:
    low, high = _track_range(tracks)
    if not tracks[0].logarithmic:
        return axis("", range=[low, high], nticks=min(ticks, 5))
    places, words = log_ticks(low, high)
    if len(places) > ticks:
        places, words = places[::2], words[::2]
    return axis("", range=[low, high], tickvals=places, ticktext=words)


def _track_range(tracks: Sequence[Track]) -> tuple[float, float]:
    """What holds every network, every theory and every redraw of all settings."""
    parts = [track.measured.ravel() for track in tracks]
    parts += [track.theory for track in tracks if track.theory is not None]
    parts += [centre for track in tracks for _, centre in track.redraws]
    values = np.concatenate(parts)
    return log_range(values) if tracks[0].logarithmic else linear_range(values)


def track_traces(
    outcome: Outcome, track: Track, line_colour: str, suffix: str, *, spread: bool = False
) -> list[dict[str, Any]]:
    """Theory's line where there is one, and the means over networks."""
    letter, mark = outcome.letter, MARKS[outcome.letter]
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    number = "10^%{y:.3f}" if track.logarithmic else "%{y:.4g}"
    place = f"{letter}, {track.unit} %{{x}}<br>"
    points = point_trace(*_placed(track.centre), mark, 5 if spread else 7) | axes
    if spread:
        points["error_y"] = _bars(track, mark)
    traces = [
        {
            **points,
            "name": f"{letter}, measured",
            "hovertemplate": f"{place}measured {number}<extra></extra>",
        }
    ]
    if track.theory is not None:
        line = line_trace(*_placed(track.theory), mark, line_colour) | axes
        theory = {
            **line,
            "name": f"{letter}, theory",
            "hovertemplate": f"{place}theory {number}<extra></extra>",
        }
        traces.insert(0, theory)
    return [*(swarm | axes for swarm in _swarm(letter, track, mark)), *traces]


def _swarm(letter: str, track: Track, mark: Mark) -> Iterator[dict[str, Any]]:
    """A faint line a redraw: the mean over its networks."""
    for seed, centre in track.redraws:
        line = line_trace(*_placed(centre), mark, faint(mark.colour))
        yield {**line, "name": f"{letter}, redraw, seed {seed}", "hoverinfo": "skip"}


def _placed(values: FloatArray) -> tuple[NDArray[np.int16], FloatArray]:
    """Layers from 1, and the values; layers where nothing is left are not drawn."""
    shown = np.isfinite(values)
    return np.arange(1, len(values) + 1, dtype=np.int16)[shown], values[shown]


def _bars(track: Track, mark: Mark) -> dict[str, Any]:
    """From the lowest network to the highest."""
    centre = track.centre
    drawn = np.isfinite(centre)
    lengths = (
        track.measured.max(axis=0)[drawn] - centre[drawn],
        centre[drawn] - track.measured.min(axis=0)[drawn],
    )
    above, below = (np.where(np.isfinite(each), each, 0.0) for each in lengths)
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": mark.colour,
        "thickness": 1,
        "width": 0,
    }


def _track_letters(
    outcomes: Sequence[Outcome], tracks: Sequence[Track], suffix: str
) -> list[dict[str, Any]]:
    """Each letter at the end of the way, right for the signal and left for the gradient.

    Letters that would meet are moved apart.
    """
    low, high = _track_range(tracks)
    end, shift, anchor = (0, -7, "right") if suffix else (-1, 7, "left")
    ends = []
    for outcome, track in zip(outcomes, tracks, strict=True):
        layers, values = _placed(track.centre)
        if len(layers):
            ends.append((outcome.letter, int(layers[end]), float(values[end])))
    places = apart([y for _, _, y in ends], _LETTER_GAP * (high - low), low, high)
    refs = {"xref": f"x{suffix}", "yref": f"y{suffix}", "xshift": shift}
    return [
        letter_label(letter, layer, y, yanchor="middle", xanchor=anchor, **refs)
        for (letter, layer, _), y in zip(ends, places, strict=True)
    ]


def _overflows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """A line in a setting's colour at the first layer that float32 cannot hold."""
    lines = []
    for outcome in outcomes:
        end = outcome.format("float32").overflow
        if end is not None:
            mark = MARKS[outcome.letter]
            look = {"color": mark.colour, "width": 1.5, "dash": "dash"}
            ends = {"x0": end + 1, "x1": end + 1, "y0": 0.55, "y1": 1}
            lines.append({"type": "line", "yref": "paper", "line": look, **ends})
    return lines
