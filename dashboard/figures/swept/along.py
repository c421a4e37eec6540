"""Where the values of an axis stand on a chart, and what its cells say under the pointer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.figures.theme import axis, log_ticks
from dashboard.readings import Reading
from dashboard.sweep_axes import label_of, places, said
from dashboard.sweeps import Choice, Span
from vscore._typing import FloatArray
from vscore.sweeps import Sweep

STATES = {0: "not yet worked on", 2: "failed", 3: "no such quantity"}
"""What a cell is that has no number, by its status."""

_SIGNS = {"depth": "L", "width": "n", "batch": "B", "scale": "s", "bias_variance": "σb²"}
_ROOM = 0.04


@dataclass(frozen=True, slots=True)
class Along:
    """An axis of a chart.

    Attributes
    ----------
    span : Range or Choice
    places : ndarray, shape (values,)
        log10 of what goes by even factors; the numbers of names, from 0.
    words : tuple of str
        The values.
    """

    span: Span
    places: FloatArray
    words: tuple[str, ...]

    def layout(self, *, cells: bool) -> dict[str, Any]:
        """Plotly's axis; with half a cell of room at the ends where it has cells."""
        low, high = float(self.places[0]), float(self.places[-1])
        if cells or isinstance(self.span, Choice):
            first, last = _half(self.places, 0), _half(self.places, -1)
        else:
            first = last = _ROOM * (high - low)
        look = axis(self.title, range=[low - first, high + last])
        if isinstance(self.span, Choice):
            return look | {"tickvals": self.places.tolist(), "ticktext": list(self.words)}
        if self.span.log:
            ticks, words = log_ticks(low, high)
            return look | {"tickvals": ticks, "ticktext": words}
        return look

    @property
    def title(self) -> str:
        """Name and symbol."""
        name = label_of(self.span.name).lower()
        sign = _SIGNS.get(self.span.name, "")
        return f"{name} {sign}".strip()


def along(span: Span) -> Along:
    """An axis of a chart, from what a sweep goes over."""
    values = span.axis.values
    words = tuple(said(span.name, value) for value in values)
    return Along(span, places(span), words)


def _half(places: FloatArray, end: int) -> float:
    """Half of a cell, at one end."""
    if len(places) == 1:
        return 0.5
    steps = np.diff(places)
    return float(steps[end]) / 2


def cell_words(found: Sweep, index: tuple[int, ...], reading: Reading) -> str:
    """What a cell has: its number, what that means where it has none, or why it failed."""
    state = int(found.status[index])
    if state != 1:
        flat = int(np.ravel_multi_index(index, found.values.shape))
        reason = found.errors.get(flat, "")
        return f"{STATES[state]}{': ' * bool(reason)}{reason}"
    return number_words(float(found.values[index]), reading)


def number_words(value: float, reading: Reading) -> str:
    """A number under the pointer."""
    if value == np.inf:
        return f"∞: {reading.infinite}"
    if value == -np.inf:
        return f"0: {reading.nothing}"
    if reading.kind == "log10":
        return f"{10.0**value:.3g}" if abs(value) < 5 else f"10^{value:.1f}"
    return f"{value:.4g}"
