"""A tensor in a file, before it is read, and the bounds that every format is held to."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from vscore._typing import AnyArray, Shape
from vscore.audit.errors import AuditError
from vscore.parameters import shown

AT_ONCE = 1 << 20
"""Values read in one piece."""

MOST_TENSORS = 100_000

LARGEST_HEADER = 1 << 24
"""Bytes of a description of tensors: the largest published models need a tenth of it."""

_SMALL = 1 << 28
_LARGEST_RATIO = 200
"""Drawn or trained weights hardly shrink: 256 MiB from a two-hundredth of that are a bomb."""

_LONGEST_NAME = 1000
_MOST_AXES = 32
_MOST_VALUES = 1 << 40

Pieces: TypeAlias = Callable[[], Iterator[AnyArray]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor of floats.

    Attributes
    ----------
    name : str
    shape : tuple of int
    dtype : str
        float16, bfloat16, float32 or float64.
    pieces : callable
        Its values in storage order, at most `AT_ONCE` at a time, as float32 or float64.
    fortran : bool
        Whether the first axis runs fastest.
    """

    name: str
    shape: Shape
    dtype: str
    pieces: Pieces
    fortran: bool = False

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds.

    Attributes
    ----------
    format : str
        "npz", "safetensors", "hdf5" or "keras".
    tensors : tuple of Stored
    left_out : tuple of (str, str)
        Names of what is no tensor of floats, and what it is.
    owners : mapping
        In Keras' files, the names of the layers that a group is in, from the inside out.
    layers : mapping
        In a .keras file, each layer's class and configuration by its name.
    """

    format: str
    tensors: tuple[Stored, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layers: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)


def check_name(name: object) -> str:
    """The name, if it is a plain one: nothing that leads out of a folder or hides on a screen.

    Raises
    ------
    AuditError
    """
    text = name if isinstance(name, str) else ""
    path = PurePosixPath(text.replace("\\", "/"))
    leads_out = path.is_absolute() or ".." in path.parts
    if not text or len(text) > _LONGEST_NAME or not text.isprintable() or leads_out:
        raise AuditError(
            "a tensor's name must be printable text without '..' or a leading '/', of at most "
            f"{_LONGEST_NAME} characters; got {shown(name)}"
        )
    return text


def check_count(count: int) -> None:
    """Raise if there are more tensors than any model has."""
    if count > MOST_TENSORS:
        raise AuditError(f"a file may hold at most {MOST_TENSORS} entries; got {count}")


def check_sizes(name: str, shape: object) -> Shape:
    """The shape, if it is a list of moderate sizes; a size may be 0."""
    sizes = tuple(shape) if isinstance(shape, list | tuple) else (-1,)
    whole = all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in sizes
    )
    if not whole or len(sizes) > _MOST_AXES or math.prod(sizes) > _MOST_VALUES:
        raise AuditError(
            f"{shown(name)} must have at most {_MOST_AXES} axes and {_MOST_VALUES} values; "
            f"got the shape {shown(shape)}"
        )
    return sizes


def check_ratio(name: str, packed: int, unpacked: int) -> None:
    """Raise if a small piece of the file unpacks to something huge."""
    if unpacked > _SMALL and unpacked > _LARGEST_RATIO * packed:
        raise AuditError(
            f"{shown(name)} would unpack from {packed} to {unpacked} bytes, more than "
            f"{_LARGEST_RATIO} times its size: weights do not do that"
        )
