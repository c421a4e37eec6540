"""Every setting's drawn weights and exact density."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.figures.compared.drawing import letter_label, line_trace, point_trace
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import THEORY, Figure, axis, label, layout
from dashboard.outcomes import Outcome
from vscore._typing import FloatArray
from vscore.sampling import WeightSample

_CURVE_POINTS = 161


def overlaid_weights(outcomes: Sequence[Outcome]) -> Figure:
    """Every drawn histogram as points at its bars' centres, every exact density as a line."""
    span, top = weight_ranges(outcomes)
    key = "points: drawn   lines: exact density"
    return {
        "data": [t for o in outcomes for t in weight_traces(o, MARKS[o.letter].colour, top)],
        "layout": layout(
            uirevision=f"densities, {[outcome.sample.shape for outcome in outcomes]}",
            xaxis=axis("weight w", range=span, nticks=7),
            yaxis=axis("density p(w)", range=[0, top], nticks=6),
            annotations=[label(key, 0, 1.01), *_weight_letters(outcomes, span, top)],
        ),
    }


def weight_ranges(outcomes: Sequence[Outcome]) -> tuple[list[float], float]:
    """The interval that holds every histogram, and the height that holds every curve."""
    spread = [o.sample for o in outcomes if o.sample.density.std > 0]
    constants = [o.sample.density.mean for o in outcomes if o.sample.density.std == 0]
    edges = [edge for sample in spread for edge in (sample.edges[0], sample.edges[-1])]
    places = [float(place) for place in (*edges, *constants)]
    low, high = min(places), max(places)
    margin = 0.06 * (high - low) or 0.5
    redrawn = [redraw for o in outcomes for redraw in o.redrawn_weights if o.sample.density.std > 0]
    tallest = [float(redraw.heights.max()) for redraw in redrawn]
    return [low - margin, high + margin], 1.16 * max([*map(_peak, spread), *tallest], default=1.0)


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


def weight_traces(outcome: Outcome, line_colour: str, top: float) -> list[dict[str, Any]]:
    """A line and points; a single spike where every weight is the same."""
    sample, mark, letter = outcome.sample, MARKS[outcome.letter], outcome.letter
    if sample.density.std == 0:
        value = sample.density.mean
        spike = line_trace(np.array([value, value]), np.array([0, top]), mark, mark.colour)
        text = f"{letter}: every weight is %{{x:.4g}}<extra></extra>"
        return [{**spike, "name": f"{letter}, drawn", "hovertemplate": text}]
    curve = line_trace(*_curve(sample), mark, line_colour)
    centres = (sample.edges[:-1] + sample.edges[1:]) / 2
    place = f"{letter}: w = %{{x:.4g}}<br>"
    points = point_trace(centres.astype(np.float32), sample.heights.astype(np.float32), mark, 5)
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


def bars_and_curve(outcome: Outcome, top: float) -> list[dict[str, Any]]:
    """As in the overlay, but bars, and theory's green for the density."""
    *curve, drawn = weight_traces(outcome, THEORY, top)
    if not curve:
        return [drawn]
    look = {"color": MARKS[outcome.letter].colour, "opacity": 0.5, "line": {"width": 0}}
    bars = {name: value for name, value in drawn.items() if name != "mode"}
    return [{**bars, "type": "bar", "marker": look}, *curve]


def _weight_letters(
    outcomes: Sequence[Outcome], span: list[float], top: float
) -> list[dict[str, Any]]:
    """Each letter on its own curve, side by side so that equal curves keep theirs apart."""
    found = []
    for place, outcome in enumerate(outcomes):
        density = outcome.sample.density
        aside = (place - (len(outcomes) - 1) / 2) * 0.4
        x = density.mean + aside * density.std
        y = float(density.pdf(np.array([x]))[0]) if density.std > 0 else 0.93 * top
        # A narrow law's letters would stand on each other: a 35th of the chart apart, at least.
        x = density.mean + aside * max(density.std, (span[1] - span[0]) / 14)
        found.append(letter_label(outcome.letter, x, min(y, 8 / (density.std or 1)), xref="x"))
    return found
