"""Trainings of settings A to D: loss and accuracy, gradient and activations.

A line is the mean over a setting's networks, the band around it goes from the lowest to the
highest. All of a setting has its colour and its dashes; its letter stands at its line's end.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from dashboard.figures.compared.drawing import apart, letter_label, line_trace
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import (
    Figure,
    axis,
    faint,
    label,
    layer_ticks,
    layout,
    log_range,
    log_ticks,
)
from vscore._typing import AnyArray, FloatArray
from vscore.training import TrainingRun

Runs: TypeAlias = Mapping[str, TrainingRun]
"""What each setting has come to, by its letter."""

_LETTER_GAP = 0.13
_UPPER, _LOWER = [0.55, 1], [0, 0.45]


def progress_figure(runs: Runs) -> Figure:
    """Above, the loss on what is trained on; below, the share right of what is held out."""
    losses = {letter: _log10(run.loss) for letter, run in runs.items()}
    rights = {letter: _accuracy(run) for letter, run in runs.items()}
    last = max(run.epochs for run in runs.values())
    low, high = log_range(_all(losses))
    places, words = log_ticks(low, high)
    epochs = {letter: np.array(run.recorded) for letter, run in runs.items()}
    along = {"range": [-0.02 * last, 1.06 * last]}
    return {
        "data": [
            *_bands(losses, epochs, "", "loss 10^%{y:.3f}"),
            *_bands(rights, epochs, "2", "%{y:.1%} right"),
        ],
        "layout": layout(
            uirevision=f"training over {last}",
            xaxis={**axis("", **along), "anchor": "y", "showticklabels": False},
            xaxis2={**axis("epoch", **along), "anchor": "y2", "matches": "x"},
            yaxis={
                **axis("", range=[low, high], tickvals=places, ticktext=words),
                "domain": _UPPER,
            },
            yaxis2={**axis("", range=[-0.03, 1.05], tickformat=".0%"), "domain": _LOWER},
            annotations=[
                label("<b>Loss</b>   on the examples trained on", 0, 1.01),
                label("<b>Right</b>   of the examples held out", 0, 0.455),
                *_letters(losses, epochs, "", (low, high)),
                *_letters(rights, epochs, "2", (0.0, 1.0)),
            ],
        ),
    }


def pace_figure(runs: Runs) -> Figure:
    """By epoch, gradient norm of the first layer above, activation variance of the last hidden.

    Where a signal vanishes on its way, these are the ends that it does not reach.
    """
    hidden = next(iter(runs.values())).network.depth - 1
    last = max(run.epochs for run in runs.values())
    epochs = {letter: np.array(run.recorded) for letter, run in runs.items()}
    norms = {letter: _log10(run.gradient_norm[..., 0]) for letter, run in runs.items()}
    variances = {
        letter: _log10(run.activation_variance[..., hidden - 1]) for letter, run in runs.items()
    }
    along = {"range": [-0.02 * last, 1.06 * last]}
    upper = _panel(norms, epochs, "", _UPPER, "epoch")
    lower = _panel(variances, epochs, "2", _LOWER, "epoch")
    return {
        "data": [*upper["data"], *lower["data"]],
        "layout": layout(
            uirevision=f"pace over {last}",
            xaxis={**axis("", **along), "anchor": "y", "showticklabels": False},
            xaxis2={**axis("epoch", **along), "anchor": "y2", "matches": "x"},
            yaxis=upper["axis"],
            yaxis2=lower["axis"],
            annotations=[
                label("<b>Gradient norm</b> ‖∂L/∂W‖   of layer 1", 0, 1.01),
                label(f"<b>Activation variance</b>   of layer {hidden}", 0, 0.455),
                *upper["letters"],
                *lower["letters"],
            ],
        ),
    }


def layers_figure(runs: Runs) -> Figure:
    """Gradient norm above and activation variance below, by layer: at first and now."""
    depth = next(iter(runs.values())).network.depth
    layers = dict.fromkeys(runs, np.arange(1, depth + 1))
    norms = {letter: _log10(run.gradient_norm) for letter, run in runs.items()}
    variances = {letter: _log10(run.activation_variance) for letter, run in runs.items()}
    along = {
        "range": [0.6, depth + 0.6 + 0.03 * depth],
        "tickvals": layer_ticks(depth),
        "tickangle": 0,
    }
    upper = _then_and_now(norms, layers, "", _UPPER)
    lower = _then_and_now(variances, layers, "2", _LOWER)
    return {
        "data": [*upper["data"], *lower["data"]],
        "layout": layout(
            uirevision=f"training of {depth} layers",
            xaxis={**axis("", **along), "anchor": "y", "showticklabels": False},
            xaxis2={**axis("layer l", **along), "anchor": "y2", "matches": "x"},
            yaxis=upper["axis"],
            yaxis2=lower["axis"],
            annotations=[
                label("<b>Gradient norm</b> ‖∂L/∂W‖   faint: before the first step", 0, 1.01),
                label("<b>Activation variance</b>", 0, 0.455),
                *upper["letters"],
                *lower["letters"],
            ],
        ),
    }


def _then_and_now(
    found: Mapping[str, FloatArray],
    layers: Mapping[str, AnyArray],
    suffix: str,
    domain: list[float],
) -> dict[str, Any]:
    """A panel of logarithms by layer, over faint lines of those before the first step."""
    now = {letter: values[:, -1] for letter, values in found.items()}
    first = {letter: values[:, 0] for letter, values in found.items()}
    panel = _panel(now, layers, suffix, domain, "layer", first)
    return {**panel, "data": [*_starts(first, layers, suffix), *panel["data"]]}


def _panel(
    found: Mapping[str, FloatArray],
    places: Mapping[str, AnyArray],
    suffix: str,
    domain: list[float],
    unit: str,
    besides: Mapping[str, FloatArray] = MappingProxyType({}),
) -> dict[str, Any]:
    """Bands and means of logarithms: traces, axis and letters; the axis has room for others."""
    low, high = log_range(np.concatenate([_all(found), _all(besides)]))
    ticks, words = log_ticks(low, high)
    return {
        "data": _bands(found, places, suffix, "10^%{y:.3f}", unit),
        "axis": {**axis("", range=[low, high], tickvals=ticks, ticktext=words), "domain": domain},
        "letters": _letters(found, places, suffix, (low, high)),
    }


def _bands(
    found: Mapping[str, FloatArray],
    places: Mapping[str, AnyArray],
    suffix: str,
    number: str,
    unit: str = "epoch",
) -> list[dict[str, Any]]:
    """For each setting the band over its networks, and the line of their mean."""
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    traces = []
    for letter, values in found.items():
        mark = MARKS[letter]
        low, centre, high = (_over(np.min, values), _over(np.mean, values), _over(np.max, values))
        drawn = np.isfinite(centre)
        x = places[letter][drawn]
        band = {
            "type": "scatter",
            "mode": "lines",
            "x": np.concatenate([x, x[::-1]]),
            "y": np.concatenate([low[drawn], high[drawn][::-1]]),
            "fill": "toself",
            "fillcolor": faint(mark.colour).replace("0.5", "0.15"),
            "line": {"width": 0},
            "hoverinfo": "skip",
            "name": f"{letter}, lowest to highest",
        }
        line = {
            **line_trace(x, centre[drawn], mark, mark.colour),
            "name": f"{letter}, mean",
            "hovertemplate": f"{letter}, {unit} %{{x}}<br>{number}<extra></extra>",
        }
        traces += [band | axes, line | axes]
    return traces


def _starts(
    found: Mapping[str, FloatArray], layers: Mapping[str, AnyArray], suffix: str
) -> list[dict[str, Any]]:
    """A faint line for each setting: its mean before the first step."""
    traces = []
    for letter, values in found.items():
        centre = _over(np.mean, values)
        drawn = np.isfinite(centre)
        mark = MARKS[letter]
        line = line_trace(layers[letter][drawn], centre[drawn], mark, faint(mark.colour))
        axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        traces.append({**line, **axes, "name": f"{letter}, at first", "hoverinfo": "skip"})
    return traces


def _letters(
    found: Mapping[str, FloatArray],
    places: Mapping[str, AnyArray],
    suffix: str,
    ends: tuple[float, float],
) -> list[dict[str, Any]]:
    """Each letter at the end of its line, apart from the others."""
    low, high = ends
    last = []
    for letter, values in found.items():
        centre = _over(np.mean, values)
        drawn = np.flatnonzero(np.isfinite(centre))
        if len(drawn):
            last.append((letter, float(places[letter][drawn[-1]]), float(centre[drawn[-1]])))
    ys = apart([y for _, _, y in last], _LETTER_GAP * (high - low), low, high)
    refs = {"xref": f"x{suffix}", "yref": f"y{suffix}", "xshift": 7}
    return [
        letter_label(letter, x, y, yanchor="middle", xanchor="left", **refs)
        for (letter, x, _), y in zip(last, ys, strict=True)
    ]


def _over(reduce: Callable[..., Any], values: FloatArray) -> FloatArray:
    """Over those networks whose numbers are finite; nan where none's are."""
    kept = values[np.isfinite(values).all(axis=tuple(range(1, values.ndim)))]
    if not len(kept):
        return np.full(values.shape[1:], np.nan)
    found: FloatArray = reduce(kept, axis=0)
    return found


def _accuracy(run: TrainingRun) -> FloatArray:
    assert run.validation_accuracy is not None, "the page trains on classes, and holds some out"
    return run.validation_accuracy


def _log10(values: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        logarithms: FloatArray = np.log10(values)
    return logarithms


def _all(found: Mapping[str, FloatArray]) -> FloatArray:
    return np.concatenate([np.empty(0), *(values.ravel() for values in found.values())])
