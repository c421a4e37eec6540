"""What a sweep may cost: the nearest one that fits, and why. Pure."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from dashboard.experiment import Experiment
from dashboard.notice import Notice
from dashboard.sweeping import task_of
from dashboard.sweeps import Range

LARGEST_SWEEP = 30.0
"""Seconds of one core, by estimate: as long as anyone waits who sees it fill in."""

_SIZES = frozenset({"depth", "width", "networks", "batch", "image_size", "epochs"})
"""Axes whose upper end decides what the dearest cell costs."""

_ENOUGH = 5
"""Points of an axis below which rather the networks are fewer."""


@dataclass(frozen=True, slots=True)
class _Knob:
    """A number that can give way.

    Attributes
    ----------
    name : str
        As links call it.
    get : callable
        Its value in a setting; None where it is none of this one's.
    put : callable
        The setting with another value.
    least : callable
        How small it may become.
    """

    name: str
    get: Callable[[Experiment], int | None]
    put: Callable[[Experiment, int], Experiment]
    least: Callable[[Experiment], int]


@lru_cache(256)
def affordable(setting: Experiment) -> tuple[Experiment, tuple[Notice, ...]]:
    """The nearest sweep that is affordable, as a setting, and a notice for each number that moved.

    Raises
    ------
    ValueError
        Where no cell can be what the axes say.
    """
    notices = []
    for knob in _KNOBS:
        if task_of(setting).seconds <= LARGEST_SWEEP:
            break
        value, least = knob.get(setting), knob.least(setting)
        if value is None or value <= least or not _helps(setting, knob, least):
            continue
        nearest = _largest_affordable(setting, knob, least, value)
        reason = f"a sweep this size takes too long; {nearest} is the most that fits"
        notices.append(Notice(knob.name, str(value), reason))
        setting = knob.put(setting, nearest)
    return setting, tuple(notices)


def _helps(setting: Experiment, knob: _Knob, least: int) -> bool:
    """Whether the least that it can be is enough, or halves the cost at least."""
    seconds = task_of(knob.put(setting, least)).seconds
    return seconds <= max(LARGEST_SWEEP, task_of(setting).seconds / 2)


def _largest_affordable(setting: Experiment, knob: _Knob, least: int, value: int) -> int:
    def seconds(smaller: int) -> float:
        return task_of(knob.put(setting, smaller)).seconds

    values = range(least, value + 1)
    return values[max(0, bisect_right(values, LARGEST_SWEEP, key=seconds) - 1)]


def _points(axis: str, least: int) -> _Knob:
    def get(setting: Experiment) -> int | None:
        span = getattr(setting.sweep, axis)
        return span.points if isinstance(span, Range) else None

    def put(setting: Experiment, value: int) -> Experiment:
        return _with_span(setting, axis, points=value)

    return _Knob(f"{axis}_points", get, put, lambda setting: least)


def _end(axis: str) -> _Knob:
    def get(setting: Experiment) -> int | None:
        span = getattr(setting.sweep, axis)
        return int(span.high) if isinstance(span, Range) and span.name in _SIZES else None

    def put(setting: Experiment, value: int) -> Experiment:
        return _with_span(setting, axis, high=value)

    def least(setting: Experiment) -> int:
        span = getattr(setting.sweep, axis)
        return int(span.low) + 1 if isinstance(span, Range) else 0

    return _Knob(f"{axis}_to", get, put, least)


def _with_span(setting: Experiment, axis: str, **fields: Any) -> Experiment:
    span: dict[str, Any] = {axis: replace(getattr(setting.sweep, axis), **fields)}
    return replace(setting, sweep=replace(setting.sweep, **span))


def _size(name: str) -> _Knob:
    """Of the networks themselves, on this page only."""

    def put(setting: Experiment, value: int) -> Experiment:
        change: dict[str, Any] = {name: value}
        return replace(setting, **change)

    return _Knob(name, lambda setting: int(getattr(setting, name)), put, lambda setting: 1)


_KNOBS = (
    *(_points(axis, _ENOUGH) for axis in "yx"),
    *map(_size, ("networks", "batch")),
    *(_points(axis, 2) for axis in "yx"),
    *(_end(axis) for axis in "xy"),
    *map(_size, ("depth", "width")),
)
"""In the order in which they give way."""
