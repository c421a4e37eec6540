"""E phi^2 and E phi'^2 as smooth functions of log q, for thousands of lengths at once.

Both hang on q alone, so one table an activation serves every pair of variances. Between nodes a
cubic with fourth-order slopes is followed: off by 1e-8 or less of a moment.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._quadrature import Function, gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation

OCTAVES = 40
"""On either side of q = 1: lengths from 1e-12 to 1e12."""

PER_OCTAVE = 16

_STEP = np.log(2) / PER_OCTAVE

LOG_Q = _STEP * np.arange(-OCTAVES * PER_OCTAVE, OCTAVES * PER_OCTAVE + 1)
"""Nodes, q = 1 in their middle."""

MIDDLE = OCTAVES * PER_OCTAVE

_CHUNK = 8 * PER_OCTAVE
"""Lengths at a time: short ones need few panels, and memory stays below 10 MB."""

_SMALLEST = 1e-300
"""Stands for 0, which has no logarithm."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A smooth function of log q: its values at the nodes, and what is added in a step there."""

    values: FloatArray
    rises: FloatArray

    def at(self, log_q: FloatArray) -> FloatArray:
        """Hermite's cubic between two nodes; the ends' values beyond them."""
        place = (np.clip(log_q, LOG_Q[0], LOG_Q[-1]) - LOG_Q[0]) / _STEP
        left = np.minimum(place.astype(np.intp), len(LOG_Q) - 2)
        t = place - left
        start, chord = self.values[left], self.values[left + 1] - self.values[left]
        begin, end = self.rises[left] - chord, chord - self.rises[left + 1]
        between: FloatArray = start + t * chord + t * (1 - t) * ((1 - t) * begin + t * end)
        return between


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Moments of phi(x), x ~ N(0, q), by log q.

    Attributes
    ----------
    log_square : Curve
        log of E phi^2.
    steepness : Curve
        d log E phi^2 / d log q.
    slope : Curve
        E phi'^2.
    """

    log_square: Curve
    steepness: Curve
    slope: Curve


@lru_cache(maxsize=64)
def curves(phi: Activation) -> Curves:
    """The moments of an activation at all nodes."""
    square = np.maximum(_at_nodes(phi, lambda x: phi.value(x) ** 2), _SMALLEST)
    log_square = _curve(np.log(square))
    slope = _at_nodes(phi, lambda x: phi.derivative(x) ** 2)
    return Curves(log_square, _curve(log_square.rises / _STEP), _curve(slope))


def _at_nodes(phi: Activation, f: Function) -> FloatArray:
    chunks = np.split(np.exp(LOG_Q), range(_CHUNK, len(LOG_Q), _CHUNK))
    return np.concatenate([gaussian_expectation(f, q, phi.kinks) for q in chunks])


def _curve(values: FloatArray) -> Curve:
    """With slopes of fourth order, but for the last two nodes at either end."""
    rises = np.gradient(values)
    rises[2:-2] = (values[:-4] - 8 * values[1:-3] + 8 * values[3:-1] - values[4:]) / 12
    return Curve(values, rises)
