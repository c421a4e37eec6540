"""Contenders that take turns, and how many times as long as each other they took."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.faults.machine import Others

Contender = Callable[[], float]
"""Runs once and returns the seconds that it took."""

PAUSE = 0.05
"""Seconds between two runs, in which another library's threads go to sleep."""


def timed(work: Callable[[], object]) -> Contender:
    """A contender of this process, by the clock."""
    return _between(work, time.perf_counter)


def on_processor(work: Callable[[], object]) -> Contender:
    """A contender of this process, by what its threads use of the processor.

    Who else is busy hardly matters to it, nor does waiting.
    """
    return _between(work, time.process_time)


def _between(work: Callable[[], object], clock: Callable[[], float]) -> Contender:
    def run() -> float:
        start = clock()
        work()
        return clock() - start

    return run


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, once a round.

    Attributes
    ----------
    values : tuple of float
        At least one.
    note : str
        Against whom, where there was a choice.
    """

    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f" ({shown(low)} to {shown(high)})" if len(self.values) > 1 else ""
        return f"{shown(self.median)}{spread}{self.note and f', {self.note}'}"


def shown(number: float) -> str:
    """Three digits of a number."""
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"


@dataclass(frozen=True, slots=True)
class Race:
    """What contenders took.

    Attributes
    ----------
    seconds : mapping of str to tuple of float
        By name, one of each round.
    others : float
        The share of the processors that others used meanwhile, 0 to 1.
    """

    seconds: Mapping[str, tuple[float, ...]]
    others: float

    def times(self, name: str, of: str) -> Measured:
        """How many times as long as the second contender the first took, round by round."""
        pairs = zip(self.seconds[name], self.seconds[of], strict=True)
        return Measured(tuple(one / other for one, other in pairs))

    def fastest(self, *names: str) -> str:
        """Whose median is the smallest."""
        return min(names, key=lambda name: statistics.median(self.seconds[name]))


def race(contenders: Mapping[str, Contender], rounds: int) -> Race:
    """Run all in turn, after one round to warm up; only the quieter half of the rounds count.

    Others make a round slow, and do not slow all contenders alike: two threads suffer more than
    one. So those rounds count in which others used the least of the processors.
    """
    run = [_round(contenders) for _ in range(2 * rounds + 1)][1:]
    quiet = sorted(run, key=lambda each: each[1])[:rounds]
    seconds = {name: tuple(times[name] for times, _ in quiet) for name in contenders}
    return Race(seconds, statistics.mean(others for _, others in quiet))


def _round(contenders: Mapping[str, Contender]) -> tuple[dict[str, float], float]:
    """What each took, and the share of the processors that others used."""
    others, seconds = Others(), {}
    for name, contender in contenders.items():
        time.sleep(PAUSE)
        seconds[name] = contender()
    return seconds, others.share
