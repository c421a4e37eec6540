"""Some inputs on their way through some networks, and the arrays that they need on it."""

from collections.abc import Sequence
from math import prod

import numpy as np

from vscore._typing import AnyArray, Shape
from vscore.propagation.stack import Stack


class Lane:
    """Inputs that go together, forward and back. No layer's work allocates anything.

    Parameters
    ----------
    rows : slice
        Which inputs of the batch.
    h : Stack
        The inputs themselves, shape (networks, rows, *input_shape).
    shapes : sequence of tuple of int
        What each layer puts out for one input.
    keeps : bool
        Whether every layer's z is kept for the way back.

    Attributes
    ----------
    h : Stack
        The activations where the lane is on its way forward.
    z : list of Stack
        The pre-activations of the layers passed, if kept.
    g : Stack
        The gradient at z where the lane is on its way back.
    """

    def __init__(self, rows: slice, h: Stack, shapes: Sequence[Shape], keeps: bool) -> None:
        self.rows = rows
        self.h = self.g = h
        self.z: list[Stack] = []
        self._keeps = keeps
        self._shapes = [(*h.values.shape[:2], *shape) for shape in shapes]
        sizes = [prod(shape) for shape in self._shapes]
        self._ends = np.cumsum(sizes) if keeps else sizes
        self._space = np.empty(self._ends[-1] if keeps else max(sizes), h.values.dtype)
        self._work = np.empty((2, max(sizes)), h.values.dtype)

    @property
    def no_exponents(self) -> tuple[int, ...]:
        """Of plain numbers, one a network."""
        return (0,) * len(self.h.values)

    def room_for_z(self, layer: int) -> AnyArray:
        """Where a layer's z goes: it stays if z is kept, else until the next layer's."""
        shape = self._shapes[layer]
        end = self._ends[layer]
        return self._space[end - prod(shape) : end].reshape(shape)

    def room(self, layer: int, which: int = 0) -> AnyArray:
        """One of two arrays of the size of a layer's z to work in."""
        shape = self._shapes[layer]
        return self._work[which, : prod(shape)].reshape(shape)

    def passed(self, z: Stack, h: Stack) -> None:
        """Go on from a layer's z and h."""
        self.h = h
        if self._keeps:
            self.z.append(z)
