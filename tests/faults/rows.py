"""All rows: a new fault is one entry."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import crowd, doors
from tests.faults.finding import Finding
from tests.faults.stage import Stage

TIERS = ("quick", "class", "soak")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault.

    Attributes
    ----------
    name, tier : str
    done : str
        What is done to the server.
    run : callable
    timed : bool
        Whether a busy machine may fail it, so that it is done again at the end if it fails.
    """

    name: str
    tier: str
    done: str
    run: Callable[[Stage], Finding]
    timed: bool = False


ROWS = (
    Row("opens-30", "quick", "30 open the page at once", lambda s: crowd.opening(s, 30, 1.5), True),
    Row("moves-30", "quick", "30 move a slider at once", lambda s: crowd.moving(s, 30, 1), True),
    Row("blip-30", "quick", "30 lose their lines", lambda s: crowd.blip(s, 30)),
    Row("odd-requests", "quick", "uploads, traversal, methods, Origin", doors.knocking),
    Row("odd-messages", "quick", "websockets that no browser would open", doors.babbling),
    Row("downloads", "quick", "2 save reports of one shape at once", doors.downloading),
    Row(
        "opens-300", "class", "300 open the page at once", lambda s: crowd.opening(s, 300, 5), True
    ),
    Row("moves-300", "class", "300 move a slider at once", lambda s: crowd.moving(s, 300, 8), True),
    Row("blip-300", "class", "300 lose their lines", lambda s: crowd.blip(s, 300)),
    Row("soak", "soak", "2 000 visitors, two runs each", lambda s: crowd.soak(s, 2000)),
)
