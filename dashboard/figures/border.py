"""Where trained networks draw the border between two classes of the plane."""

from typing import Any

import numpy as np

from dashboard.figures.theme import HEIGHT, Figure, axis, label, layout
from vscore.training import Dataset, TrainingRun

_GRID = 61
"""Places along each side of the picture."""


def border_figure(letter: str, run: TrainingRun, data: Dataset) -> Figure:
    """The plane in the colours of the answer, the mean over networks, and the examples on it."""
    side = float(np.abs(data.inputs).max()) * 1.05
    ticks = np.linspace(-side, side, _GRID)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    said = run.predict(grid)[..., 1]
    sure = np.nan_to_num(said, nan=0.5).mean(axis=0).reshape(_GRID, _GRID)
    shades = [[0, "#E69F00"], [0.5, "rgba(128, 132, 137, 0.1)"], [1, "#56B4E9"]]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": ticks.astype(np.float32),
                "y": ticks.astype(np.float32),
                "z": sure.astype(np.float32),
                "zmin": 0,
                "zmax": 1,
                "colorscale": shades,
                "showscale": False,
                "opacity": 0.55,
                "hovertemplate": "probability of ● %{z:.2f}<extra></extra>",
            },
            *(_examples(data, which) for which in (0, 1)),
        ],
        "layout": layout(
            height=HEIGHT * 3 // 4,
            uirevision=f"{data.name} {side}",
            xaxis=axis("x₁", range=[-side, side], constrain="domain"),
            yaxis=axis("x₂", range=[-side, side], scaleanchor="x", constrain="domain"),
            annotations=[label(f"<b>{letter}</b>   epoch {run.recorded[-1]}", 0, 1.01)],
        ),
    }


def _examples(data: Dataset, which: int) -> dict[str, Any]:
    """One class: open circles, or full ones."""
    points = data.inputs[data.targets == which].astype(np.float32)
    look = {"size": 4, "color": ("#A86F00", "#0072B2")[which], "line": {"width": 1}}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": points[:, 0],
        "y": points[:, 1],
        "marker": {**look, "symbol": ("circle-open", "circle")[which]},
        "hoverinfo": "skip",
        "name": f"class {which}",
    }
