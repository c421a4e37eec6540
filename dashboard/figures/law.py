"""The three laws of one variance, and the normal law of variance 1 that they are scaled from."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.figures.theme import (
    GRADIENT,
    NEUTRAL,
    SIGNAL,
    THEORY,
    Figure,
    axis,
    coloured,
    label,
    layout,
)
from vscore.distributions import DISTRIBUTIONS, Density

_POINTS = 301
_LOOKS: Mapping[str, tuple[str, str, str, str]] = {
    "truncated_normal": (THEORY, "solid", "—", "cut normal"),
    "untruncated_normal": (SIGNAL, "dash", "- -", "normal"),
    "uniform": (GRADIENT, "dot", "···", "uniform"),
}
"""Colour, dash, its sign and a short name, by law."""

REACH = 3.2
"""Half the width of the axis: n = 1 has its normal law's three standard deviations on it."""

_TOP = 3.5
"""Above the normal law's peak at n = 64, 8 x 0.3989."""


def law_figure(laws: Mapping[str, Density]) -> Figure:
    """A line a law on axes that stay, so that it is seen to narrow and to rise."""
    return {
        "data": [_unit_normal(), *(_line(name, law) for name, law in laws.items())],
        "layout": layout(
            uirevision="law",
            xaxis=axis("weight w", range=[-REACH, REACH], nticks=7),
            yaxis=axis("density p(w)", range=[0, _TOP], nticks=6),
            annotations=[_key(laws), _unit_label()],
        ),
    }


def _line(name: str, law: Density) -> dict[str, Any]:
    colour, dash, *_ = _LOOKS[name]
    half = min(float(law.support[1]), 5 * law.std, REACH)
    x = np.linspace(-half, half, _POINTS)
    y = law.pdf(x)
    if np.isfinite(law.support[1]) and half < REACH:  # the steps at a cut law's ends
        x = np.concatenate([[-half], x, [half]])
        y = np.concatenate([[0.0], y, [0.0]])
    return {
        "type": "scatter",
        "mode": "lines",
        "name": DISTRIBUTIONS[name].label,
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": f"{DISTRIBUTIONS[name].label}<br>w = %{{x:.3g}}<br>p = %{{y:.3g}}"
        "<extra></extra>",
    }


def _unit_normal() -> dict[str, Any]:
    x = np.linspace(-REACH, REACH, _POINTS)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "N(0, 1)",
        "x": x.astype(np.float32),
        "y": Density(DISTRIBUTIONS["untruncated_normal"], 0.0, 1.0).pdf(x).astype(np.float32),
        "line": {"color": NEUTRAL, "width": 1.5},
        "hoverinfo": "skip",
    }


def _key(laws: Mapping[str, Density]) -> dict[str, Any]:
    names = [f"{coloured(_LOOKS[n][2], _LOOKS[n][0])} {_LOOKS[n][3]}" for n in laws]
    return label("  ".join(names), 0, 1.01)


def _unit_label() -> dict[str, Any]:
    """At its own line, where no other law reaches but at n = 1."""
    return label("N(0, 1)", 1.7, 0.14, xref="x", yref="y")
