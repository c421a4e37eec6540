"""A kernel of any shape whose axes someone has given parts to. Pure data."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vscore._typing import Shape
from vscore.layers import RawKernel
from vscore.parameters import check_choice

PARTS: Mapping[str, str] = MappingProxyType({"s": "spatial", "i": "in", "o": "out", "b": "batch"})
"""What an axis can be, by its letter: a window's, summed over, an output's, one kernel each."""

MOST_AXES = 6
LARGEST_AXIS = 65_536
LARGEST_TENSOR = 1 << 26
"""Weights of a tensor."""

_AXIS = re.compile(r"([0-9]{1,5})([a-z])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A shape, and a letter of `PARTS` for each of its axes.

    Attributes
    ----------
    shape : tuple of int
    parts : str

    Raises
    ------
    ValueError
        Naming what is allowed, if there are no axes or more than 6, one is not in [1, 65 536],
        the parts are not one letter each, or there are over 2^26 weights.
    """

    shape: Shape = (3, 3, 64, 128)
    parts: str = "ssio"

    def __post_init__(self) -> None:
        if not 1 <= len(self.shape) <= MOST_AXES:
            raise ValueError(f"shape must have 1 to {MOST_AXES} axes; got {len(self.shape)}")
        for size in self.shape:
            if not 1 <= size <= LARGEST_AXIS:
                raise ValueError(f"each axis must be from 1 to {LARGEST_AXIS}; got {size}")
        if math.prod(self.shape) > LARGEST_TENSOR:
            raise ValueError(
                f"shape must have at most {LARGEST_TENSOR} weights; got {math.prod(self.shape)}"
            )
        if len(self.parts) != len(self.shape):
            raise ValueError(
                f"parts must be one letter an axis, {len(self.shape)}; got {len(self.parts)}"
            )
        for part in self.parts:
            check_choice("part", part, PARTS)

    @property
    def layer(self) -> RawKernel:
        """The map that it is: axes that are neither in, out nor batch are a window's."""
        return RawKernel(self.shape, self._axes("i"), self._axes("o"), self._axes("b"))

    def _axes(self, wanted: str) -> Shape:
        return tuple(axis for axis, part in enumerate(self.parts) if part == wanted)

    @property
    def text(self) -> str:
        """As links have it: 3s3s64i128o."""
        return "".join(f"{size}{part}" for size, part in zip(self.shape, self.parts, strict=True))


def tensor(text: str) -> Tensor:
    """The tensor that a text such as 3s3s64i128o spells.

    Raises
    ------
    ValueError
        If it spells none.
    """
    axes = _AXIS.findall(text[: 6 * MOST_AXES + 6])
    if not axes or "".join(size + part for size, part in axes) != text:
        raise ValueError("must be a size and a letter (s, i, o or b) for each axis, as 3s3s64i128o")
    return Tensor(tuple(int(size) for size, _ in axes), "".join(part for _, part in axes))


def usual_parts(rank: int) -> str:
    """Keras' layout: the last axis out, the one before in, the others spatial."""
    return ("s" * rank + "io")[-rank:] if rank > 1 else "o"
