"""Waiting for something, with a look now and then whether it is still wanted.

Streamlit ends a run by a flag that only the run's own thread can see.
"""

import threading
from collections.abc import Callable

FIRST_LOOK = 0.1
"""Seconds until the first look: of a slider that is dragged, most runs are ended by then, and each
that waits holds a thread."""

LOOK_UP = 0.25
"""Seconds between two looks after that: whoever was ended leaves within them, and 300 who wait
take little of a core."""


def wait_for(event: threading.Event, look: Callable[[], object]) -> None:
    """Return when the event is set.

    Parameters
    ----------
    event : threading.Event
    look : callable
        Called after `FIRST_LOOK` seconds and every `LOOK_UP` from then on; may raise where the
        event is not wanted any more.
    """
    pause = FIRST_LOOK
    while not event.wait(pause):
        look()
        pause = LOOK_UP
