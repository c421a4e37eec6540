"""A sweep as a table: the same columns as the core's CSV, and what stands beside it."""

from collections.abc import Sequence

import numpy as np

from dashboard.frames.tables import Frame, table
from dashboard.sweeping import Swept
from vscore.sweeps import Sweep

_STATES = ("missing", "done", "failed", "none")
"""By status, as in the core's files."""


def sweep_frame(swept: Swept, links: Sequence[str]) -> Frame:
    """A row a cell, the first axis slowest: axes, measure, status, error, and where it is opened.

    Theory stands beside what is simulated, and of other seeds the lowest and the highest.

    Parameters
    ----------
    swept : Swept
    links : sequence of str
        To each cell as an experiment of its own.
    """
    found = swept.found
    shape = found.values.shape
    columns: dict[str, object] = {}
    for place, axis in enumerate(found.axes):
        index = np.indices(shape)[place].ravel()
        columns[axis.name] = [axis.values[each] for each in index.tolist()]
    columns[found.measure] = found.values.ravel()
    columns["status"] = [_STATES[state] for state in found.status.ravel().tolist()]
    columns["error"] = [found.errors.get(row, "") for row in range(found.values.size)]
    if swept.theory is not None:
        columns["theory"] = swept.theory.values.ravel()
    if swept.redraws is not None:
        columns |= _spread(swept.redraws)
    columns["open"] = list(links)
    return table(columns)


def _spread(redraws: Sweep) -> dict[str, object]:
    """Over the seeds that there are; nan where none is."""
    known = (redraws.status == 1).any(axis=1)
    low, high = (np.full(len(known), np.nan) for _ in range(2))
    low[known] = np.nanmin(redraws.values[known], axis=1)
    high[known] = np.nanmax(redraws.values[known], axis=1)
    return {"redraws, lowest": low, "redraws, highest": high}
