"""Activation histograms by layer, one above the other: first layer on top."""

from typing import Any

import numpy as np

from dashboard.figures.theme import NEUTRAL, SIGNAL, Figure, axis, layout
from vscore._typing import FloatArray
from vscore.propagation import ActivationHistograms
from vscore.verdicts import unit_of

_ROWS = 8
"""Layers shown at most: evenly spread, the first and the last among them."""

_FILL = "rgba(86, 180, 233, 0.55)"


def shown_layers(depth: int) -> list[int]:
    """The layers of a ridge, from 0."""
    return sorted({round(i) for i in np.linspace(0, depth - 1, min(depth, _ROWS))})


def ridge_figure(histograms: ActivationHistograms) -> Figure:
    """A row a layer: the share of its activations at each size, in units of its own rms."""
    layers = shown_layers(len(histograms.shares))
    word = unit_of(histograms.network)
    rows = [
        _row(histograms.edges, histograms.shares[layer], len(layers) - 1 - place, layer, word)
        for place, layer in enumerate(layers)
    ]
    names = [f"{word} {layer + 1}" for layer in reversed(layers)]
    return {
        "data": [trace for row in rows for trace in row],
        "layout": layout(
            uirevision=f"{histograms.network.kind}, {len(histograms.shares)}",
            xaxis=axis("activation h, over its layer's root mean square", nticks=7),
            yaxis=axis(
                "", tickvals=list(range(len(layers))), ticktext=names, range=[-0.1, len(layers)]
            ),
        ),
    }


def _row(
    edges: FloatArray, shares: FloatArray, base: int, layer: int, word: str
) -> list[dict[str, Any]]:
    """A floor, and the histogram's outline standing on it, as tall as its peak is 0.9."""
    centres = ((edges[:-1] + edges[1:]) / 2).astype(np.float32)
    heights = base + 0.9 * shares / max(float(shares.max()), 1e-300)
    floor = {
        "type": "scatter",
        "mode": "lines",
        "name": "floor",
        "x": centres[[0, -1]],
        "y": np.array([base, base], np.float32),
        "line": {"color": NEUTRAL, "width": 1},
        "hoverinfo": "skip",
    }
    outline = {
        "type": "scatter",
        "mode": "lines",
        "name": f"{word} {layer + 1}",
        "x": centres,
        "y": heights.astype(np.float32),
        "line": {"color": SIGNAL, "width": 1.5, "shape": "hvh"},
        "fill": "tonexty",
        "fillcolor": _FILL,
        "customdata": shares.astype(np.float32),
        "hovertemplate": f"{word} {layer + 1}<br>h/rms %{{x:.2f}}<br>"
        "share %{customdata:.3f}<extra></extra>",
    }
    return [floor, outline]
