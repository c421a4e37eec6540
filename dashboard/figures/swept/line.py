"""The lines of a sweep, and the places of its values on an axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.marks import MARKS, Mark
from dashboard.figures.swept.along import along, cell_words
from dashboard.figures.theme import (
    CORRELATION,
    DEAD,
    GRADIENT,
    SATURATED,
    SIGNAL,
    THEORY,
    linear_range,
    log_range,
)
from dashboard.readings import Reading
from dashboard.sweeping import Swept
from dashboard.sweeps import Choice, Plan
from vscore._typing import FloatArray
from vscore.sweeps import Sweep

COLOURS = {
    "signal": SIGNAL,
    "gradient": GRADIENT,
    "correlation": CORRELATION,
    "saturated": SATURATED,
    "dead": DEAD,
    "other": "#7F7FFA",
}
"""By the series of a reading: what it means on every chart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chart.

    Attributes
    ----------
    name : str
        Of its setting; nothing where it is the only one.
    mark : Mark
    measured : ndarray, shape (values,)
        Places on the axis; nan where there is no number.
    states : ndarray of uint8, shape (values,)
    words : list of str
    theory : ndarray or None
    """

    name: str
    mark: Mark
    measured: FloatArray
    states: NDArray[np.uint8]
    words: list[str]
    theory: FloatArray | None


def lines_of(swept: Swept, plan: Plan, reading: Reading) -> Iterator[Line]:
    """From the first to the last name; or the only one."""
    found, theory = swept.found, swept.theory
    if plan.y is None:
        colour = THEORY if plan.source == "predicted" else COLOURS[reading.series]
        yield _line("", Mark(colour, "circle", "●", "solid"), found, theory, reading, None)
        return
    down = isinstance(plan.x, Choice)  # then a line is a row of the values, else a column
    names = along(plan.x if down else plan.y).words
    for place, (name, mark) in enumerate(zip(names, MARKS.values(), strict=False)):
        part = (place, slice(None)) if down else (slice(None), place)
        yield _line(name, mark, found, theory, reading, part)


def _line(
    name: str, mark: Mark, found: Sweep, theory: Sweep | None, reading: Reading, part: Any
) -> Line:
    which = ... if part is None else part
    indices = np.argwhere(np.ones(found.values.shape, bool)).reshape(*found.values.shape, -1)
    cells = indices[which].reshape(-1, found.values.ndim)
    words = [cell_words(found, tuple(map(int, cell)), reading) for cell in cells]
    predicted = None if theory is None else finite_only(reading.place(theory.values[which]))
    return Line(
        name,
        mark,
        reading.place(found.values[which]),
        found.status[which],
        words,
        predicted if predicted is not None and np.isfinite(predicted).any() else None,
    )


def finite_only(places: FloatArray) -> FloatArray:
    return np.where(np.isfinite(places), places, np.nan)


def redraws_of(swept: Swept, reading: Reading) -> FloatArray | None:
    """Places of other seeds, shape (values, seeds)."""
    if swept.redraws is None or not swept.redraws.status.any():
        return None
    return finite_only(reading.place(swept.redraws.values))


def ends_of(swept: Swept, reading: Reading) -> tuple[float, float]:
    """From the lowest to the highest, with room, and what is steady in sight if it is near."""
    if reading.ends is not None:
        low, high = reading.ends
        return low - 0.04 * (high - low), high + 0.06 * (high - low)
    parts = [reading.place(part.values.ravel()) for part in swept.parts.values()]
    places = np.concatenate(parts)
    if reading.steady is not None:
        places = np.append(places, reading.place(np.array([reading.steady])))
    return log_range(places, 1.0) if reading.logarithmic else linear_range(places)
