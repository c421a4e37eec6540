"""Who else is busy: a time that was measured on a machine that others use says less."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Others:
    """The share of all processors that this command and its servers did not use.

    It counts from when it is made.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._busy, self._own = _busy(), _own()

    @property
    def share(self) -> float:
        """From 0 to 1."""
        spent = (time.monotonic() - self._started) * (os.cpu_count() or 1)
        others = (_busy() - self._busy) - (_own() - self._own)
        return min(1.0, max(0.0, others / spent)) if spent else 0.0


def _busy() -> float:
    """Seconds in which some processor worked for anyone."""
    user, nice, system, _idle, _wait, interrupts, soft, stolen, *_ = (
        int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft + stolen) / _TICKS


def _own() -> float:
    """Seconds of this process and all that it has started, the ended ones included."""
    times = os.times()
    ended = times.children_user + times.children_system
    return times.user + times.system + ended + sum(_descendants(os.getpid()))


def _descendants(parent: int) -> Iterator[float]:
    """Seconds of each living process below one, with what it has waited for."""
    try:
        tasks = list(Path(f"/proc/{parent}/task").glob("*/children"))
        children = [int(word) for task in tasks for word in task.read_text().split()]
        for child in children:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            yield sum(map(int, fields[11:15])) / _TICKS
            yield from _descendants(child)
    except (FileNotFoundError, ProcessLookupError):
        return  # it has just ended
