"""All rows: a new fault is one entry."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import browsing, crowd, doors, pages, room, suites, work
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


HOSTILE = ("tests/test_links.py", "tests/test_hostile_app.py", "tests/browser/test_hostile.py")

ACCESSIBILITY = ("tests/browser/test_axe.py", "tests/browser/test_keyboard.py")

ROWS = (
    Row("opens-30", "quick", "30 open the page at once", lambda s: crowd.opening(s, 30, 1.5), True),
    Row("drag", "quick", "100 reruns in 5 s at the largest setting", work.dragging, True),
    Row("gone", "quick", "a tab closed, a line cut in the middle of a run", work.leaving, True),
    Row("extremes", "quick", "every activation, 100 layers, scale 0.01 and 100", pages.extremes),
    Row("kill", "quick", "kill -9 under an open page, and a restart", browsing.killing, True),
    Row("blip-30", "quick", "30 lose their lines", lambda s: crowd.blip(s, 30)),
    Row(
        "full-room",
        "quick",
        "50 come at once where 30 have places",
        lambda s: room.crowding(s, 30, 20),
    ),
    Row("downloads", "quick", "2 save reports of one shape at once", doors.downloading),
    Row("odd-requests", "quick", "uploads, traversal, methods, Origin", doors.knocking),
    Row("odd-messages", "quick", "websockets that no browser would open", doors.babbling),
    Row("no-network", "quick", "every page, no name resolvable", browsing.alone),
    Row("bookmarks", "quick", "links of every version there was", pages.bookmarks),
    Row(
        "opens-300", "class", "300 open the page at once", lambda s: crowd.opening(s, 300, 5), True
    ),
    Row("moves-30", "class", "30 move a slider at once", lambda s: crowd.moving(s, 30, 1), True),
    Row("moves-300", "class", "300 move a slider at once", lambda s: crowd.moving(s, 300, 8), True),
    Row(
        "full-room-300",
        "class",
        "320 come at once where 300 have places",
        lambda s: room.crowding(s, 300, 20),
    ),
    Row("blip-300", "class", "300 lose their lines", lambda s: crowd.blip(s, 300)),
    Row(
        "largest",
        "class",
        "30 open one link to the largest setting",
        lambda s: work.everyone(s, 30),
        True,
    ),
    Row("soak", "soak", "2 000 visitors, two runs each", lambda s: crowd.soak(s, 2000)),
    Row(
        "largest-each", "soak", "30 open it with 30 seeds", lambda s: work.each_its_own(s, 30), True
    ),
    Row(
        "hostile",
        "soak",
        "10 000 texts as links, 300 through the page, 30 in Chromium",
        lambda s: suites.suite(s, *HOSTILE, least=60),
    ),
    Row(
        "bad-arguments",
        "soak",
        "5 000 of each public function",
        lambda s: suites.suite(s, "tests/test_bad_arguments.py", least=50),
    ),
    Row(
        "accessibility",
        "class",
        "axe on every page, a lesson by keyboard",
        lambda s: suites.suite(s, *ACCESSIBILITY, least=20),
    ),
    Row(
        "ranges",
        "class",
        "gain 1e-6 to 1e6, every activation, 300 layers",
        lambda s: suites.suite(s, "tests/test_propagation_range.py", least=300),
    ),
)
