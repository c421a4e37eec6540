"""A histogram in a few lines of text, with the exact density marked on it."""

import numpy as np

from vscore._typing import FloatArray
from vscore.sampling import WeightSample

ROWS = 10
WIDEST = 72
"""Columns at most: finer bars are added up."""

_BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"  # eighths of a cell
_MARK = "\u2501"
_ASCII_BLOCKS = "    ####"  # half a cell or more is full
_ASCII_MARK = "o"


def bars(drawn: WeightSample) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The histogram's edges, shape (bins + 1,), and by bar the measured and the exact density.

    The exact one is the mean over the bar, (cdf(right) - cdf(left)) / width, so that it is what
    the measured one estimates, at a cut too; nan where the law is a point.
    """
    if drawn.density.std == 0:
        return drawn.edges, drawn.heights, np.full(len(drawn.counts), np.nan)
    exact = np.diff(drawn.density.cdf(drawn.edges)) / np.diff(drawn.edges)
    return drawn.edges, drawn.heights, exact


def chart(drawn: WeightSample, unicode: bool) -> str:
    """Columns for the measured density, a mark for the exact one, the ends below."""
    edges, measured, exact = bars(drawn)
    merge = -(-len(measured) // WIDEST)
    measured, exact = _merged(measured, merge), _merged(exact, merge)
    top = float(np.nanmax(np.concatenate([measured, exact])))
    columns = [_column(m / top, e / top, unicode) for m, e in zip(measured, exact, strict=True)]
    lines = ["|" + "".join(column[row] for column in columns) for row in range(ROWS)]
    wide = len(columns) + 1
    low, high = f"{edges[0]:.4g}", f"{edges[-1]:.4g}"
    mark = _MARK if unicode else _ASCII_MARK
    key = "" if np.isnan(exact).all() else f"; {mark} exact density"
    return "\n".join(
        [
            f"density, up to {top:.4g} per unit of weight{key}",
            *(line.rstrip() for line in lines),
            "+" + "-" * (wide - 1),
            low + high.rjust(max(wide - len(low), len(high) + 1)),
        ]
    )


def _merged(heights: FloatArray, count: int) -> FloatArray:
    """Means of `count` neighbours; the last of fewer. All bars have one width."""
    starts = np.arange(0, len(heights), count)
    sizes = np.diff(np.append(starts, len(heights)))
    return np.add.reduceat(heights, starts) / sizes


def _column(measured: float, exact: float, unicode: bool) -> list[str]:
    """The cells of one bar, top first; heights are shares of the chart's."""
    blocks = _BLOCKS if unicode else _ASCII_BLOCKS + "#"
    eighths = round(measured * ROWS * 8)
    cells = [blocks[min(max(eighths - 8 * row, 0), 8)] for row in range(ROWS)]
    if not np.isnan(exact):
        cells[min(int(exact * ROWS), ROWS - 1)] = _MARK if unicode else _ASCII_MARK
    return cells[::-1]
