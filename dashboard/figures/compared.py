"""Settings A to D on shared axes: overlaid, and each by itself.

Points are measured, lines are exact densities and theory. In the overlay all of a setting has its
colour; its letter stands beside its curve. Where each has a chart of its own theory is green.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.marks import MARKS, Mark
from dashboard.figures.theme import (
    THEORY,
    Figure,
    axis,
    coloured,
    label,
    layer_ticks,
    layout,
    linear_range,
    log_range,
    log_ticks,
)
from dashboard.outcomes import Outcome
from dashboard.tracks import Track, forward_track, gradient_track
from vscore._typing import AnyArray, FloatArray
from vscore.sampling import WeightSample

Outcomes = Sequence[Outcome]

_CURVE_POINTS = 161

_COLUMN_HEIGHT = 480

_LETTER_GAP = 0.13
"""Of an axis, between letters that stand one above the other."""


def overlaid_weights(outcomes: Outcomes) -> Figure:
    """Every drawn histogram as points at its bars' centres, every exact density as a line."""
    span, top = _weight_ranges(outcomes)
    key = "points: drawn   lines: exact density"
    return {
        "data": [t for o in outcomes for t in _weights(o, MARKS[o.letter].colour, top)],
        "layout": layout(
            xaxis=axis("weight w", range=span, nticks=7),
            yaxis=axis("density p(w)", range=[0, top], nticks=6),
            annotations=[label(key, 0, 1.01), *_weight_letters(outcomes, span, top)],
        ),
    }


def overlaid_signal(outcomes: Outcomes, statistic: str = "q") -> Figure:
    """A statistic of every signal above, every gradient below."""
    tracks = [_tracks(outcome, statistic) for outcome in outcomes]
    forward, backward = ([pair[way] for pair in tracks] for way in (0, 1))
    key = "   points: measured   lines: theory"
    return {
        "data": [
            trace
            for suffix, each in (("", forward), ("2", backward))
            for outcome, track in zip(outcomes, each, strict=True)
            for trace in _track(outcome, track, MARKS[outcome.letter].colour, suffix)
        ],
        "layout": layout(
            **_stacked(outcomes, forward, backward, [0.55, 1], [0, 0.45]),
            annotations=[
                label(f"<b>{forward[0].title}</b>{key}", 0, 1.01),
                label(f"<b>{backward[0].title}</b>", 0, 0.455),
                *_track_letters(outcomes, forward, ""),
                *_track_letters(outcomes, backward, "2"),
            ],
            shapes=_overflows(outcomes),
        ),
    }


def column_figure(outcome: Outcome, outcomes: Outcomes, statistic: str = "q") -> Figure:
    """One setting's weights, signal and gradient, on axes that hold those of all."""
    tracks = [_tracks(each, statistic) for each in outcomes]
    forward, backward = ([pair[way] for pair in tracks] for way in (0, 1))
    own_forward, own_backward = _tracks(outcome, statistic)
    span, top = _weight_ranges(outcomes)
    mark = MARKS[outcome.letter]
    weights = [{**t, "xaxis": "x3", "yaxis": "y3"} for t in _bars_and_curve(outcome, top)]
    return {
        "data": [
            *weights,
            *_track(outcome, own_forward, THEORY, "", spread=True),
            *_track(outcome, own_backward, THEORY, "2", spread=True),
        ],
        "layout": layout(
            **_stacked(outcomes, forward, backward, [0.36, 0.6], [0, 0.24], ticks=4),
            height=_COLUMN_HEIGHT,
            margin={"l": 40, "r": 6, "t": 28, "b": 40},
            xaxis3=axis("", range=span, nticks=4, anchor="y3"),
            yaxis3=axis("", range=[0, top], nticks=4, anchor="x3", domain=[0.75, 1]),
            annotations=[
                label(
                    f"{coloured(mark.glyph, mark.colour)} <b>{outcome.letter}</b>: weights", 0, 1.01
                ),
                label("signal", 0, 0.605),
                label("gradient", 0, 0.245),
            ],
        ),
    }


def _tracks(outcome: Outcome, statistic: str) -> tuple[Track, Track]:
    measured, predicted = outcome.measured, outcome.predicted
    return forward_track(measured, predicted, statistic), gradient_track(measured, predicted)


# Weights


def _weight_ranges(outcomes: Outcomes) -> tuple[list[float], float]:
    """The interval that holds every histogram, and the height that holds every curve."""
    spread = [o.sample for o in outcomes if o.sample.density.std > 0]
    constants = [o.sample.density.mean for o in outcomes if o.sample.density.std == 0]
    edges = [edge for sample in spread for edge in (sample.edges[0], sample.edges[-1])]
    places = [float(place) for place in (*edges, *constants)]
    low, high = min(places), max(places)
    margin = 0.06 * (high - low) or 0.5
    return [low - margin, high + margin], 1.16 * max(map(_peak, spread), default=1.0)


def _peak(sample: WeightSample) -> float:
    return max(float(_curve(sample)[1].max()), float(sample.heights.max()))


def _curve(sample: WeightSample) -> tuple[FloatArray, FloatArray]:
    """The density over the histogram's span, down to 0 where the law is cut."""
    density, edges = sample.density, sample.edges
    inside = np.linspace(edges[0], edges[-1], _CURVE_POINTS)
    values = np.minimum(density.pdf(inside), 8 / density.std)
    if not np.isfinite(density.support[1]):
        return inside, values
    return np.concatenate([edges[:1], inside, edges[-1:]]), np.concatenate([[0], values, [0]])


def _weights(outcome: Outcome, line_colour: str, top: float) -> list[dict[str, Any]]:
    """A line and points; a single spike where every weight is the same."""
    sample, mark, letter = outcome.sample, MARKS[outcome.letter], outcome.letter
    if sample.density.std == 0:
        value = sample.density.mean
        spike = _line(np.array([value, value]), np.array([0, top]), mark, mark.colour)
        text = f"{letter}: every weight is %{{x:.4g}}<extra></extra>"
        return [{**spike, "name": f"{letter}, drawn", "hovertemplate": text}]
    curve = _line(*_curve(sample), mark, line_colour)
    centres = (sample.edges[:-1] + sample.edges[1:]) / 2
    place = f"{letter}: w = %{{x:.4g}}<br>"
    points = _points(centres.astype(np.float32), sample.heights.astype(np.float32), mark, 5)
    return [
        {
            **curve,
            "name": f"{letter}, exact",
            "hovertemplate": f"{place}exact density %{{y:.4g}}<extra></extra>",
        },
        {
            **points,
            "name": f"{letter}, drawn",
            "hovertemplate": f"{place}drawn density %{{y:.4g}}<extra></extra>",
        },
    ]


def _bars_and_curve(outcome: Outcome, top: float) -> list[dict[str, Any]]:
    """As in the overlay, but bars, and theory's green for the density."""
    *curve, drawn = _weights(outcome, THEORY, top)
    if not curve:
        return [drawn]
    look = {"color": MARKS[outcome.letter].colour, "opacity": 0.5, "line": {"width": 0}}
    bars = {name: value for name, value in drawn.items() if name != "mode"}
    return [{**bars, "type": "bar", "marker": look}, *curve]


def _weight_letters(outcomes: Outcomes, span: list[float], top: float) -> list[dict[str, Any]]:
    """Each letter on its own curve, side by side so that equal curves keep theirs apart."""
    found = []
    for place, outcome in enumerate(outcomes):
        density = outcome.sample.density
        aside = (place - (len(outcomes) - 1) / 2) * 0.4
        x = density.mean + aside * density.std
        y = float(density.pdf(np.array([x]))[0]) if density.std > 0 else 0.93 * top
        # A narrow law's letters would stand on each other: a 40th of the chart each, at least.
        x = density.mean + aside * max(density.std, (span[1] - span[0]) / 14)
        found.append(_letter(outcome.letter, x, min(y, 8 / (density.std or 1)), xref="x"))
    return found


# Signal and gradient


def _stacked(
    outcomes: Outcomes,
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
    """What holds every network and every theory of all settings."""
    parts = [track.measured.ravel() for track in tracks]
    parts += [track.theory for track in tracks if track.theory is not None]
    values = np.concatenate(parts)
    return log_range(values) if tracks[0].logarithmic else linear_range(values)


def _track(
    outcome: Outcome, track: Track, line_colour: str, suffix: str, *, spread: bool = False
) -> list[dict[str, Any]]:
    """Theory's line where there is one, and the means over networks."""
    letter, mark = outcome.letter, MARKS[outcome.letter]
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    number = "10^%{y:.3f}" if track.logarithmic else "%{y:.4g}"
    place = f"{letter}, {track.unit} %{{x}}<br>"
    points = _points(*_placed(track.centre), mark, 5 if spread else 7) | axes
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
        line = _line(*_placed(track.theory), mark, line_colour) | axes
        theory = {
            **line,
            "name": f"{letter}, theory",
            "hovertemplate": f"{place}theory {number}<extra></extra>",
        }
        traces.insert(0, theory)
    return traces


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
    outcomes: Outcomes, tracks: Sequence[Track], suffix: str
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
    places = _apart([y for _, _, y in ends], _LETTER_GAP * (high - low), low, high)
    refs = {"xref": f"x{suffix}", "yref": f"y{suffix}", "xshift": shift}
    return [
        _letter(letter, layer, y, yanchor="middle", xanchor=anchor, **refs)
        for (letter, layer, _), y in zip(ends, places, strict=True)
    ]


def _apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
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


def _overflows(outcomes: Outcomes) -> list[dict[str, Any]]:
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


# Marks


def _line(x: AnyArray, y: FloatArray, mark: Mark, colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 1.75, "dash": mark.dash},
    }


def _points(x: AnyArray, y: AnyArray, mark: Mark, size: int) -> dict[str, Any]:
    look = {"symbol": mark.symbol, "color": mark.colour, "size": size, "line": {"width": 1.5}}
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": look}


def _letter(letter: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    text = coloured(letter, MARKS[letter].colour)
    return label(text, x, y, **{"yref": "y", "xanchor": "center", **more})
