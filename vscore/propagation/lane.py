"""Some inputs on their way through some networks, and the arrays that they need on it.

A large batch goes in lanes of a fixed number of inputs, so that no number depends on the threads
that share them. Several lanes of one network go abreast in one array, as several networks do: one
NumPy call does the work of many, and threads seldom wait for one another between two calls.
"""

from collections.abc import Sequence
from math import prod
from typing import Protocol, Self, TypeVar

import numpy as np

from vscore._typing import AnyArray, Shape
from vscore.propagation.stack import Stack, settled


class Separable(Protocol):
    """What is known of each network or lane of a stack."""

    def __getitem__(self, which: slice) -> Self:
        """The same of some of them."""


Found = TypeVar("Found", bound=Separable)


class Lanes:
    """Inputs that go together, forward and back. No layer's work allocates anything.

    Parameters
    ----------
    inputs : ndarray, shape (networks, batch, *input_shape)
    rows : slice
        Which of them.
    abreast : int
        Into how many lanes of one network these are cut; 1 where there are more networks.
    shapes : sequence of tuple of int
        What each layer puts out for one input.
    keeps : bool
        Whether every layer's z is kept for the way back.

    Attributes
    ----------
    h : Stack
        The activations where the lanes are on their way forward, shape (networks or lanes, inputs
        of each, ...).
    z : list of Stack
        The pre-activations of the layers passed, if kept.
    g : Stack
        The gradient at z where the lanes are on their way back.
    """

    def __init__(
        self, inputs: AnyArray, rows: slice, abreast: int, shapes: Sequence[Shape], keeps: bool
    ) -> None:
        self._rows = rows
        self._abreast = abreast
        self.h = self.g = h = self.part_of(inputs)
        self.z: list[Stack] = []
        self._keeps = keeps
        self._shapes = [(*h.values.shape[:2], *shape) for shape in shapes]
        sizes = [prod(shape) for shape in self._shapes]
        self._ends = np.cumsum(sizes) if keeps else sizes
        self._space = np.empty(self._ends[-1] if keeps else max(sizes), h.values.dtype)
        self._work = np.empty((2, max(sizes)), h.values.dtype)

    def part_of(self, batch: AnyArray) -> Stack:
        """These inputs' part of plain numbers of shape (networks, batch, ...)."""
        part = batch[:, self._rows]
        count = self._abreast * len(part)
        cut = part.reshape(count, -1, *part.shape[2:])
        return settled(cut, (0,) * count)

    def apart(self, found: Found) -> list[Found]:
        """What was found, lane by lane."""
        if self._abreast == 1:
            return [found]
        return [found[lane : lane + 1] for lane in range(self._abreast)]

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
