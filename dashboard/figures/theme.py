"""One look for every chart: what a colour, a line and a point mean.

Blue is weights and the forward signal, vermilion the gradient, green theory (Okabe and Ito 2008).
Their yellows and light blues are too pale for white paper, so the others are darker: every line has
3 to 1 against either page, and series of one chart differ to every kind of colour vision.
Theory is a line, measurements are points or bars. Backgrounds are transparent; text takes the
page's own colour by `dashboard/style.css`, so a chart follows light and dark by itself.
"""

from typing import Any, TypeAlias

import numpy as np

from vscore._typing import FloatArray

Figure: TypeAlias = dict[str, Any]

SIGNAL = "#0072B2"
GRADIENT = "#D55E00"
THEORY = "#009E73"
CORRELATION = "#CC79A7"
SATURATED = "#A86F00"
DEAD = "#5E656C"
NEUTRAL = "#808489"
GRID = "rgba(128, 132, 137, 0.28)"

HEIGHT = 390
"""Pixels of a chart: two side by side fit a projector under the verdict."""

FONT = {"family": "Source Sans, sans-serif", "size": 14, "color": NEUTRAL}

_NICE_STEPS = [int(nice * 10**decade) for decade in range(12) for nice in (1, 2, 3, 5)]

CONFIG = {"displayModeBar": False, "responsive": True}


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a name, a faint grid and room for its numbers.

    Without a name, numbers have the room of the frame's margin, for which nothing is measured.
    """
    named = {"title": {"text": title, "standoff": 6}, "automargin": True}
    return {
        **(named if title else {}),
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": NEUTRAL,
        "ticks": "outside",
        "tickcolor": GRID,
        # Else Plotly measures each number, which has the browser lay the whole page out each time:
        # half of a chart's time.
        "ticklabeloverflow": "allow",
        **more,
    }


def layout(**more: Any) -> dict[str, Any]:
    """A chart's frame: fixed height, transparent, no legend box.

    Give a `uirevision` that says what the axes are of: while it stays the same, so does what the
    user has zoomed to.
    """
    return {
        "template": "none",
        "height": HEIGHT,
        "margin": {"l": 56, "r": 12, "t": 34, "b": 44},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": FONT,
        "showlegend": False,
        "hovermode": "closest",
        "bargap": 0,
        **more,
    }


def label(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    """Words inside a chart, placed by shares of its area."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 13, "color": NEUTRAL},
        **more,
    }


def coloured(symbol: str, colour: str) -> str:
    """A mark in a series' colour, for a label."""
    return f'<span style="color:{colour}"><b>{symbol}</b></span>'


def redraws_key(count: int, *colours: str) -> list[dict[str, Any]]:
    """What the faint lines are, at the right end of the lower axis' title; nothing for none."""
    if not count:
        return []
    marks = "".join(coloured("—", faint(colour)) for colour in colours)
    place = {"xanchor": "right", "yanchor": "top", "yshift": -22}
    return [label(f"{marks} {count} redraws", 1, 0, **place)]


def faint(colour: str) -> str:
    """A colour of the palette as a redraw has it, for ten lines across one another."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.5)"


def log_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Places and words for an axis that shows log10 of a quantity, between two logarithms.

    Numbers like 0.5, 1, 2 while they are few, powers of ten after that.
    """
    if high - low <= 2.4:
        numbers = [m * 10.0**e for e in range(int(low) - 2, int(high) + 2) for m in (1, 2, 5)]
        shown = [n for n in numbers if low <= np.log10(n) <= high]
        return [float(np.log10(n)) for n in shown], [f"{n:g}" for n in shown]
    step = nice_step((high - low) / 6)
    powers = range(-step * int(-low // step), int(high) + 1, step)
    return [float(p) for p in powers], [power_of_ten(p) for p in powers]


def layer_ticks(depth: int, about: int = 10) -> list[int]:
    """Layers to number on an axis from 1 to `depth`: the first, and about ten round ones."""
    step = nice_step(depth / about)
    return [1, *(layer for layer in range(step, depth + 1, step) if layer > 1)]


def nice_step(rough: float) -> int:
    """The least of 1, 2, 3, 5, 10, 20, 30, 50, 100, ... that is not below a number."""
    return next(step for step in _NICE_STEPS if step >= rough)


def power_of_ten(exponent: int) -> str:
    """10 with an exponent, as Plotly writes it; 1 and 10 in full."""
    return {0: "1", 1: "10"}.get(exponent, f"10<sup>{exponent}</sup>".replace("-", "\u2212"))


def log_range(values: FloatArray, least: float = 1.5) -> tuple[float, float]:
    """An interval, at least `least` decades long, that holds the finite logarithms."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = max(0.06 * (high - low), (least - (high - low)) / 2, 0.1)
    return low - room, high + room


def linear_range(values: FloatArray) -> tuple[float, float]:
    """An interval with a little room around the finite values."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = max(0.08 * (high - low), 0.02 * max(abs(low), abs(high)), 0.01)
    return low - room, high + room
