"""How the phase map's quantities are coloured.

Order is blue and chaos orange; other quantities go from dark to bright, which also reads without
colour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from dashboard.surveys import Survey
from vscore._logarithms import log10
from vscore._typing import FloatArray
from vscore.meanfield import PhaseMap

DIVERGING = [
    [0, "#0072B2"],
    [0.35, "#8FB9D6"],
    [0.5, "#F2F0EC"],
    [0.65, "#EBAF86"],
    [1, "#D55E00"],
]
SEQUENTIAL = "Cividis"


@dataclass(frozen=True, slots=True)
class Shade:
    """How a quantity is coloured.

    Attributes
    ----------
    title : str
        Of the colour bar.
    of : callable
        PhaseMap to its values.
    logarithmic : bool
        Whether colours go by log10.
    low, high : float
        What the ends of the scale stand for.
    ticks : tuple of float
        Values that are numbered beside the scale.
    scale : str or list
        Plotly's name, or colours by share.
    measured : callable, optional
        Survey to the same quantity, as measured; None where it is not.
    """

    title: str
    of: Callable[[PhaseMap], FloatArray]
    logarithmic: bool
    low: float
    high: float
    ticks: tuple[float, ...]
    scale: Any = SEQUENTIAL
    measured: Callable[[Survey], FloatArray] | None = None

    def shade(self, values: FloatArray) -> FloatArray:
        """Places on the scale, as colours need them."""
        return log10(values) if self.logarithmic else values


SHADES: Mapping[str, Shade] = MappingProxyType(
    {
        "chi_1": Shade(
            "factor of the gradient a layer, χ₁",
            lambda found: found.chi_1,
            True,
            0.5,
            2.0,
            (0.5, 0.7, 1, 1.4, 2),
            DIVERGING,
            lambda survey: 10.0**survey.log10_chi,
        ),
        "xi": Shade(
            "layers that a signal survives, ξ",
            lambda found: found.xi_c,
            True,
            1.0,
            100.0,
            (1, 3, 10, 30, 100),
        ),
        "q_star": Shade(
            "length in the end, q*",
            lambda found: found.q_star,
            True,
            0.01,
            100.0,
            (0.01, 0.1, 1, 10, 100),
            measured=lambda survey: 10.0 ** np.clip(survey.log10_q, -300, 300),
        ),
        "c_star": Shade(
            "correlation in the end, c*",
            lambda found: found.c_star,
            False,
            0.0,
            1.0,
            (0, 0.25, 0.5, 0.75, 1),
            measured=lambda survey: survey.correlation,
        ),
    }
)
"""By the name that links use."""


def colour_bar(title: str, places: Sequence[float], words: Sequence[str]) -> dict[str, Any]:
    """A bar over the whole width, on top of its map, with words at some places."""
    return {
        "orientation": "h",
        "thickness": 10,
        "len": 1,
        "x": 0.5,
        "y": 1.035,
        "yanchor": "bottom",
        "ypad": 0,
        "xpad": 0,
        "outlinewidth": 0,
        "ticklabeloverflow": "allow",
        "title": {"text": title, "side": "top"},
        "tickvals": places,
        "ticktext": words,
    }


def colour_axis(shade: Shade) -> dict[str, Any]:
    """Plotly's colour axis of a quantity, its bar on top."""
    low, high = (float(v) for v in shade.shade(np.array([shade.low, shade.high])))
    places = shade.shade(np.array(shade.ticks, np.float64))
    words = [f"{tick:g}" for tick in shade.ticks]
    words[0], words[-1] = _open_ends(shade, words)
    return {
        "cmin": low,
        "cmax": high,
        "colorscale": shade.scale,
        "colorbar": colour_bar(shade.title, places.tolist(), words),
    }


def _open_ends(shade: Shade, words: list[str]) -> tuple[str, str]:
    """A logarithmic scale's ends stand for all beyond them."""
    return (f"≤ {words[0]}", f"≥ {words[-1]}") if shade.logarithmic else (words[0], words[-1])
