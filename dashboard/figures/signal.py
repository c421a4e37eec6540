"""Signal and gradient by layer: measured points with their spread, theory's curve.

Magnitudes are drawn as log10, so that what has exploded past any float is still on the chart.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.theme import (
    CORRELATION,
    GRADIENT,
    NEUTRAL,
    SIGNAL,
    THEORY,
    Figure,
    axis,
    coloured,
    faint,
    label,
    layer_ticks,
    layout,
    linear_range,
    log_range,
    log_ticks,
    redraws_key,
)
from dashboard.tracks import Band, Track, forward_track, gradient_track
from vscore._typing import FloatArray
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.verdicts import unit_of

_BAND = "rgba(0, 158, 115, 0.18)"
"""Theory's green, thin enough to see points through; twice where the mean's band lies on it."""


def signal_figure(
    measured: Propagation,
    predicted: Prediction | None,
    statistic: str = "q",
    redraws: Sequence[Propagation] = (),
) -> Figure:
    """Two panels over one layer axis: a statistic of the signal above, the gradient's below.

    Behind both stand redraws of the same networks, a faint line each: the mean over its networks.
    """
    forward = forward_track(measured, predicted, statistic, redraws)
    backward = gradient_track(measured, predicted, redraws)
    key = redraws_key(len(redraws), SIGNAL, GRADIENT)
    return _panels(measured, (forward, SIGNAL), (backward, GRADIENT), statistic, key)


def lengths_figure(measured: Propagation, predicted: Prediction | None) -> Figure:
    """Two panels over one layer axis: the length q above, the correlation of two inputs below."""
    upper = forward_track(measured, predicted, "q")
    lower = forward_track(measured, predicted, "correlation")
    return _panels(measured, (upper, SIGNAL), (lower, CORRELATION), "lengths", [])


def _panels(
    measured: Propagation,
    upper: tuple[Track, str],
    lower: tuple[Track, str],
    revision: str,
    key: list[dict[str, Any]],
) -> Figure:
    """Two tracks, each with its colour, over one axis; under it `key`."""
    forward, backward = upper[0], lower[0]
    depth = measured.network.depth
    lines, words = _overflow(measured)
    room = 0.4 + 0.015 * depth
    ticks = {"range": [1 - room, depth + room], "tickvals": layer_ticks(depth)}
    what = "time step t" if forward.unit == "step" else "layer l"
    return {
        "data": [*_traces(*upper, ""), *_traces(*lower, "2")],
        "layout": layout(
            uirevision=f"{revision} of {measured.network.kind}, {depth}",
            grid={"rows": 2, "columns": 1, "pattern": "independent"},
            xaxis={**axis("", **ticks), "domain": [0, 1], "anchor": "y", "showticklabels": False},
            xaxis2={**axis(what, **ticks), "domain": [0, 1], "anchor": "y2", "matches": "x"},
            yaxis={**_axis(forward, ""), "domain": [0.55, 1]},
            yaxis2={**_axis(backward, "2"), "domain": [0, 0.45]},
            annotations=[
                label(_key(*upper), 0, 1.01),
                label(_key(*lower), 0, 0.455),
                *_notes(forward, 0.78),
                *_notes(backward, 0.22),
                *words,
                *key,
            ],
            shapes=lines,
        ),
    }


def _traces(track: Track, colour: str, suffix: str) -> list[dict[str, Any]]:
    traces = [_points(track, colour, suffix)]
    if track.theory is not None:
        traces.insert(0, _theory(track, suffix))
    for name, band in (("mean's band", track.mean_band), ("band", track.band)):
        if band is not None:
            traces[:0] = _band(name, band, suffix)
    return [*_swarm(track, colour, suffix), *traces]


def _swarm(track: Track, colour: str, suffix: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"redraw, seed {seed}",
            **_placed(centre, suffix),
            "line": {"color": faint(colour), "width": 1.5},
            "hoverinfo": "skip",
        }
        for seed, centre in track.redraws
    ]


def _axis(track: Track, suffix: str) -> dict[str, Any]:
    parts = [track.measured.ravel(), *(centre for _, centre in track.redraws)]
    parts += [track.theory] if track.theory is not None else []
    parts += [edge for band in (track.band, track.mean_band) if band for edge in band]
    values = np.concatenate(parts)
    if not track.logarithmic:
        low, high = linear_range(values)
        return axis("", range=[low, high], nticks=5, anchor=f"x{suffix}")
    low, high = log_range(values)
    places, words = log_ticks(low, high)
    return axis("", range=[low, high], tickvals=places, ticktext=words, anchor=f"x{suffix}")


def _theory(track: Track, suffix: str) -> dict[str, Any]:
    assert track.theory is not None
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "theory",
        **_placed(track.theory, suffix),
        "line": {"color": THEORY, "width": 3},
        "hovertemplate": f"{track.unit} %{{x}}<br>theory {_number(track)}<extra></extra>",
    }


def _band(name: str, band: Band, suffix: str) -> list[dict[str, Any]]:
    """Its lower edge, and the area up to its upper one."""
    edge = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0, "color": _BAND},
        "hoverinfo": "skip",
    }
    low, high = (_placed(values, suffix) for values in band)
    return [
        {**edge, **low, "name": f"{name}, low"},
        {**edge, **high, "name": f"{name}, high", "fill": "tonexty", "fillcolor": _BAND},
    ]


def _points(track: Track, colour: str, suffix: str) -> dict[str, Any]:
    """The mean over networks, with bars from the lowest network to the highest."""
    centre = track.centre
    drawn = np.isfinite(centre)
    with np.errstate(invalid="ignore"):  # where nothing is left: -inf less -inf
        above = (track.measured.max(axis=0) - centre)[drawn]
        below = (centre - track.measured.min(axis=0))[drawn]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "measured",
        **_placed(centre, suffix),
        "marker": {  # hollow, so that theory's line shows through
            "symbol": "circle-open",
            "color": colour,
            "size": 8 if len(centre) <= 50 else 6,
            "line": {"width": 2},
        },
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _finite(above),
            "arrayminus": _finite(below),
            "color": colour,
            "thickness": 1,
            "width": 0,
        },
        "hovertemplate": f"{track.unit} %{{x}}<br>measured {_number(track)}<extra></extra>",
    }


def _number(track: Track) -> str:
    return "10^%{y:.3f}" if track.logarithmic else "%{y:.4g}"


def _placed(values: FloatArray, suffix: str) -> dict[str, Any]:
    """Layers from 1, and the values; layers where nothing is left are not drawn."""
    shown = np.isfinite(values)
    layers = np.arange(1, len(values) + 1, dtype=np.int16)
    return {
        "x": layers[shown],
        "y": values[shown],  # float64: a mean of h may be beyond float32
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
    }


def _finite(lengths: FloatArray) -> FloatArray:
    return np.where(np.isfinite(lengths), lengths, 0.0)


def _key(track: Track, colour: str) -> str:
    theory = "" if track.theory is None else f"   {coloured('—', THEORY)} theory"
    band = "" if track.band is None else f"   {coloured('▒', THEORY)} 95 % band"
    return f"<b>{track.title}</b>   {coloured('○', colour)} measured{theory}{band}"


def _notes(track: Track, y: float) -> list[dict[str, Any]]:
    """Words where a curve ends early because nothing is left to draw."""
    gone = int(np.isneginf(track.centre).sum())
    if not gone:
        return []
    what = track.title.partition(":")[0]
    text = f"the {what} is exactly 0 in {gone} of {track.measured.shape[1]} {track.unit}s"
    return [label(text, 0.5, y, xanchor="center")]


def _overflow(measured: Propagation) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A dashed line, with words, at the first layer that float32 cannot hold."""
    layers = measured.overflow_layer
    if (layers < 0).all():
        return [], []
    first = int(layers[layers >= 0].min()) + 1
    line = {
        "type": "line",
        "x0": first,
        "x1": first,
        "y0": 0.55,
        "y1": 1,
        "yref": "paper",
        "line": {"color": NEUTRAL, "width": 1.5, "dash": "dash"},
    }
    text = f" float32 overflows at {unit_of(measured.network)} {first} "
    if first < measured.network.depth / 2:
        return [line], [label(text, first, 0.56, xref="x")]
    return [line], [label(text, first, 0.93, xref="x", xanchor="right")]
