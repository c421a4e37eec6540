"""Who opens the same long work is taken to the same worker, where it is done once for all."""

from dashboard.budget import within_budget
from dashboard.gathering import cost
from dashboard.links import parse
from dashboard.queueing import LONG

JOBS = ("phase", "sweep", "train")
"""Pages whose work goes on for seconds, and is watched by all who opened the same link."""


def meets(path: str, query: str) -> bool:
    """Whether those who open a page together have much to compute in common.

    Parameters
    ----------
    path, query : str
        As a browser sends them: anything at all.
    """
    if path in JOBS:
        return True
    experiment, _ = within_budget(parse(query)[0])
    return sum(map(cost, experiment.settings)) > 1e9 * LONG
