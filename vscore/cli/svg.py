"""One chart as SVG text: points with whiskers, theory's line, the band shaded."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from vscore._typing import FloatArray
from vscore.cli.output import plain
from vscore.cli.series import LEVEL, Series

WIDTH, HEIGHT = 820, 400
LEFT, RIGHT, TOP, BOTTOM = 78, 14, 34, 48

MOST_POINTS = 100
"""Points in a chart: deeper networks show as many layers evenly spread."""

_SYMBOLS = {"signal": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "gradient": "M0 -5L5 0L0 5L-5 0z"}
"""A circle and a diamond, around 0, 0: series differ in shape too."""

_STROKE = 40
"""Half the length of a line through a single layer."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Scale:
    """From layers (from 0) and values (log10 where the axis is logarithmic) to SVG units.

    Attributes
    ----------
    depth : int
    low, high : float
        The values at the bottom and at the top.
    """

    depth: int
    low: float
    high: float

    def x(self, layer: float) -> float:
        """Layers stand half a step from the frame, so that one alone is in the middle."""
        return LEFT + (layer + 0.5) / self.depth * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def chart(each: Series, unit: str, description: str, texts: Sequence[str]) -> str:
    """An `<svg>` element.

    Parameters
    ----------
    each : Series
    unit : str
        What the horizontal axis counts.
    description : str
        For who does not see the chart.
    texts : sequence of str
        Each layer's tooltip.
    """
    scale = scale_of(each)
    layers = _spread(scale.depth, MOST_POINTS)
    kind = "gradient" if each.name == "gradient" else "signal"
    named = f'aria-labelledby="{each.name}-title {each.name}-description"'
    return "".join(
        [
            f'<svg role="img" {named} class="{kind}" viewBox="0 0 {WIDTH} {HEIGHT}">',
            f'<title id="{each.name}-title">{escape(each.statistic.label)} by {unit}</title>',
            f'<desc id="{each.name}-description">{escape(description)}</desc>',
            *_axes(scale, each, unit),
            *_band(scale, each),
            *_theory(scale, each),
            *_whiskers(scale, each, layers),
            *_points(scale, each, layers, texts, _SYMBOLS[kind]),
            *_key(each, _SYMBOLS[kind]),
            "</svg>",
        ]
    )


def scale_of(each: Series) -> Scale:
    """All that is drawn fits, with a margin; a decade at least on a log axis."""
    parts = [each.networks.ravel(), each.measured, *(each.band or ())]
    values = np.concatenate(parts if each.predicted is None else [*parts, each.predicted])
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    span = max(high - low, 1.0 if each.statistic.logarithmic else 0.1)
    middle = (low + high) / 2
    bottom = middle - 0.55 * span
    if not each.statistic.logarithmic and low >= 0:  # a share has no room below 0
        bottom = max(bottom, -0.03 * span)
    return Scale(len(each.measured), bottom, middle + 0.55 * span)


def ticks(low: float, high: float, logarithmic: bool) -> list[tuple[float, str]]:
    """Places on the axis, and what is written there; six or so."""
    if logarithmic and high - low < 3:
        return _within_decades(low, high)
    step = _nice((high - low) / 6)
    step = max(1.0, step) if logarithmic else step
    places = [step * k for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [(place, _decade(round(place)) if logarithmic else plain(place)) for place in places]


def _within_decades(low: float, high: float) -> list[tuple[float, str]]:
    """1, 2 and 5 times powers of ten."""
    found = [
        (math.log10(digit) + exponent, digit, exponent)
        for exponent in range(math.floor(low), math.ceil(high) + 1)
        for digit in (1, 2, 5)
    ]
    return [
        (place, plain(digit * 10.0**exponent) if abs(exponent) < 4 else _decade(exponent, digit))
        for place, digit, exponent in found
        if low <= place <= high
    ]


def _decade(exponent: int, digit: int = 1) -> str:
    """10⁻⁶ or 2×10⁻⁶; plain near 1."""
    if -3 <= exponent <= 3:
        return plain(digit * 10.0**exponent)
    power = f"10{str(exponent).translate(_SUPERSCRIPTS)}"
    return power if digit == 1 else f"{digit}×{power}"


def _nice(step: float) -> float:
    """The next of 1, 2, 5, 10, 20..., and 0.5, 0.2..., that is no smaller."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step * (1 - 1e-9))


def _axes(scale: Scale, each: Series, unit: str) -> Iterator[str]:
    """Grid, frame, numbers and names."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for place, text in ticks(scale.low, scale.high, each.statistic.logarithmic):
        y = scale.y(place)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    for layer in _layer_ticks(scale.depth):
        x = scale.x(layer - 1)
        yield f'<path class="frame" d="M{x:.1f} {bottom}v5"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{layer}</text>'
    yield f'<path class="frame" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    middle = (LEFT + right) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{unit}</text>'
    turned = f"translate(16 {(TOP + bottom) / 2}) rotate(-90)"
    name = escape(each.name.replace("_", " "))
    yield f'<text transform="{turned}" text-anchor="middle">{name}</text>'


def _layer_ticks(depth: int) -> list[int]:
    step = int(_nice(max(depth / 10, 1)))
    return sorted({1, *range(step, depth + 1, step)})


def _band(scale: Scale, each: Series) -> Iterator[str]:
    """The band as one area: along its upper end, and back along the lower one."""
    if each.band is not None:
        layers = range(scale.depth)
        low, high = (np.clip(end, scale.low, scale.high) for end in each.band)
        corners = _along(scale, high, layers) + _along(scale, low, layers)[::-1]
        yield f'<path class="band" d="{_path(corners)}z"/>'


def _theory(scale: Scale, each: Series) -> Iterator[str]:
    predicted = each.predicted
    if predicted is not None and np.isfinite(predicted).any():
        layers = np.flatnonzero(np.isfinite(predicted)).tolist()
        yield f'<path class="theory" d="{_path(_along(scale, predicted, layers))}"/>'


def _along(scale: Scale, values: FloatArray, layers: Sequence[int]) -> list[tuple[float, float]]:
    """The points of a line through layers; one layer's is a short stroke."""
    points = [(scale.x(layer), scale.y(values[layer])) for layer in layers]
    if len(points) > 1:
        return points
    ((x, y),) = points
    return [(x - _STROKE, y), (x + _STROKE, y)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _whiskers(scale: Scale, each: Series, layers: Sequence[int]) -> Iterator[str]:
    """From the lowest network to the highest; down to the frame for one with nothing left."""
    if len(each.networks) == 1:
        return
    ends = np.clip(each.networks, scale.low, scale.high)
    strokes = (
        f"M{scale.x(layer):.1f} {scale.y(ends[:, layer].min()):.1f}"
        f"V{scale.y(ends[:, layer].max()):.1f}"
        for layer in layers
        if not np.isnan(ends[:, layer]).any()
    )
    yield f'<path class="whiskers" d="{"".join(strokes)}"/>'


def _points(
    scale: Scale, each: Series, layers: Sequence[int], texts: Sequence[str], symbol: str
) -> Iterator[str]:
    for layer in layers:
        if np.isfinite(each.measured[layer]):
            place = f"{scale.x(layer):.1f} {scale.y(each.measured[layer]):.1f}"
            yield (
                f'<g class="point" transform="translate({place})">'
                f'<title>{escape(texts[layer])}</title><path d="{symbol}"/></g>'
            )


def _key(each: Series, symbol: str) -> Iterator[str]:
    """What the marks mean, in a row above the chart."""
    count = len(each.networks)
    words = f"mean over {count} networks, lowest to highest" if count > 1 else "the network"
    entries = [(f'<g class="point"><path d="{symbol}"/></g>', words)]
    if each.predicted is not None:
        entries.append(('<path class="theory" d="M-14 0H14"/>', "theory"))
    if each.band is not None:
        of = "such means" if count > 1 else "such networks"
        entries.append(('<path class="band" d="M-14 -6H14V6H-14z"/>', f"{LEVEL:.0%} of {of}"))
    x = LEFT + 16
    for mark, text in entries:
        yield f'<g transform="translate({x} 16)">{mark}<text x="20" y="4">{text}</text></g>'
        x += 60 + 7 * len(text)


def _spread(depth: int, most: int) -> list[int]:
    """Layers from 0, evenly spread, first and last included."""
    picked = np.linspace(0, depth - 1, min(depth, most)).round().astype(int)
    return [int(layer) for layer in picked]
