"""The worked example's answers: ten shares, and their entropy at any scale."""

from typing import Any

import numpy as np

from dashboard.figures.theme import NEUTRAL, SIGNAL, THEORY, Figure, axis, coloured, label, layout
from dashboard.figures.weights import BARS
from dashboard.guide.example import Worked

_CURVE = np.logspace(-2, 2, 121)


def shares_by_class_figure(worked: Worked) -> Figure:
    """A bar a class, and the line at one tenth that all would have alike."""
    shares = worked.shares
    bars = {
        "type": "bar",
        "name": "softmax",
        "x": np.arange(1, len(shares) + 1, dtype=np.int16),
        "y": shares.astype(np.float32),
        "marker": BARS,
        "hovertemplate": "class %{x}<br>share %{y:.4f}<extra></extra>",
    }
    even = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": 1 / len(shares),
        "y1": 1 / len(shares),
        "line": {"color": NEUTRAL, "width": 1.5, "dash": "dash"},
    }
    key = f"{coloured('■', SIGNAL)} softmax   {coloured('- -', NEUTRAL)} all alike, 0.1"
    return {
        "data": [bars],
        "layout": layout(
            uirevision="shares",
            bargap=0.25,
            xaxis=axis("class", range=[0.4, len(shares) + 0.6], dtick=1),
            yaxis=axis("share of the softmax", range=[0, 1.03], nticks=6),
            shapes=[even],
            annotations=[label(key, 0, 1.01)],
        ),
    }


def entropy_figure(worked: Worked) -> Figure:
    """Entropy over the scale: the whole curve, and where the slider stands."""
    curve = {
        "type": "scatter",
        "mode": "lines",
        "name": "entropy",
        "x": _CURVE.astype(np.float32),
        "y": np.array([worked.entropy_at(scale) for scale in _CURVE], np.float32),
        "line": {"color": THEORY, "width": 2.5},
        "hovertemplate": "scale %{x:.3g}<br>entropy %{y:.3f}<extra></extra>",
    }
    return {
        "data": [curve, _here(worked)],
        "layout": layout(
            uirevision="entropy",
            xaxis=axis(
                "scale s",
                type="log",
                range=[-2.08, 2.08],
                tickvals=[0.01, 0.1, 1, 10, 100],
                ticktext=["0.01", "0.1", "1", "10", "100"],
            ),
            yaxis=axis("entropy, nats", range=[0, 2.5], nticks=6),
            shapes=[_ceiling()],
            annotations=[
                label(
                    f"{coloured('—', THEORY)} at every scale   {coloured('●', SIGNAL)} here   "
                    f"{coloured('- -', NEUTRAL)} log 10",
                    0,
                    1.01,
                )
            ],
        ),
    }


def _here(worked: Worked) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "here",
        "x": np.array([worked.scale], np.float32),
        "y": np.array([worked.entropy], np.float32),
        "marker": {"color": SIGNAL, "size": 12},
        "hovertemplate": "scale %{x:.3g}<br>entropy %{y:.3f}<extra></extra>",
    }


def _ceiling() -> dict[str, Any]:
    """log 10: what ten classes that are all alike have."""
    top = float(np.log(10))
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    place = {"x0": 0, "x1": 1, "xref": "paper", "y0": top, "y1": top}
    return {"type": "line", "line": line, **place}
