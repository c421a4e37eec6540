"""A sweep as lines or as a map."""

from dashboard.figures.swept.lines import lines_figure
from dashboard.figures.swept.map import map_figure

__all__ = ["lines_figure", "map_figure"]
