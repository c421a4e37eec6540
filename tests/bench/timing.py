"""Contenders that take turns, and the table of what they took."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Contender = Callable[[], float]
"""Runs once and returns the seconds that it took."""

PAUSE = 0.05
"""Seconds between two runs, in which another library's threads go to sleep."""


def timed(work: Callable[[], object]) -> Contender:
    """A contender of this process."""

    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


@dataclass(frozen=True, slots=True)
class Result:
    """One contender's median, and how many times longer than ours it took."""

    name: str
    seconds: float
    ratio: float
    required: float | None

    def __str__(self) -> str:
        required = "" if self.required is None else f">= {self.required:.2f}"
        missed = self.required is not None and self.ratio < self.required
        verdict = "  MISSED" if missed else ""
        return (
            f"  {self.name:<52}{1e3 * self.seconds:>10.1f}{self.ratio:>8.2f}{required:>9}{verdict}"
        )


def race(
    ours: tuple[str, Contender],
    others: Mapping[str, Contender],
    required: Mapping[str, float],
    rounds: int,
) -> list[Result]:
    """Run all in turn, `rounds` times after one to warm up.

    Parameters
    ----------
    ours : tuple of str and Contender
        By whose time all ratios are divided.
    others : mapping of str to Contender
    required : mapping of str to float
        The least ratio that will do, by name; none where a name is missing.
    rounds : int
    """
    name, first = ours
    contenders = {name: first, **others}
    times: dict[str, list[float]] = {each: [] for each in contenders}
    for turn in range(rounds + 1):
        for each, contender in contenders.items():
            time.sleep(PAUSE)
            seconds = contender()
            if turn:
                times[each].append(seconds)
    return [
        Result(
            each,
            statistics.median(times[each]),
            statistics.median(b / a for a, b in zip(times[name], times[each], strict=True)),
            required.get(each),
        )
        for each in contenders
    ]


def show(title: str, results: list[Result]) -> None:
    print(f"\n{title}\n  {'':<52}{'ms':>10}{'ratio':>8}{'required':>9}")
    for result in results:
        print(result, flush=True)
