"""Examples by name: patterns in the plane that no straight line parts, and handwritten digits.

Each is drawn from a seed. Inputs are scaled to a mean square of 1 over all their numbers, which
is what theory takes an input to be.

References
----------
The patterns are those of TensorFlow Playground (playground.tensorflow.org, `dataset.ts`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vscore._streams import Stream, check_seed
from vscore._typing import FloatArray
from vscore.parameters import check_choice
from vscore.training.chance import EXAMPLES, NOISE, normals, permutation, shared, uniforms
from vscore.training.dataset import Dataset
from vscore.training.digits import DIGITS, load_digits
from vscore.training.parameters import TRAINING

Examples: TypeAlias = tuple[FloatArray, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where examples come from.

    Attributes
    ----------
    label : str
        For a screen.
    features, classes : int
    most : int or None
        How many examples there are; None where they are drawn.
    draw : callable
        draw(stream, points) -> (inputs, classes), with no noise yet.
    """

    label: str
    features: int
    classes: int
    most: int | None
    draw: Callable[[Stream, int], Examples]


def draw_dataset(
    name: str = "spirals", *, points: int = 512, noise: float = 0.1, seed: int = 0
) -> Dataset:
    """Examples of this name.

    Parameters
    ----------
    name : str, default "spirals"
        A key of `DATASETS`.
    points : int, default 512
        How many, in [8, 1 000 000]; at most 1797 digits.
    noise : float, default 0.1
        Standard deviation of the N(0, 1) noise added to the inputs, in units of their root mean
        square, in [0, 100].
    seed : int, default 0
        In [0, 2**64).

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.
    """
    source = DATASETS[check_choice("name", name, DATASETS)]
    count = TRAINING["points"].check_int(points)
    if source.most is not None and count > source.most:
        raise ValueError(f"points must be at most {source.most} of {name!r}; got {count}")
    spread = TRAINING["noise"].check(noise)
    base = check_seed(seed)
    inputs, classes = source.draw(shared(base, EXAMPLES), count)
    inputs /= math.sqrt(np.square(inputs).mean())
    inputs += spread * normals(shared(base, NOISE), *inputs.shape)
    return Dataset(inputs, classes, source.classes, name)


def _spirals(stream: Stream, points: int) -> Examples:
    """Two arms of 1.75 turns, half a turn apart."""
    classes = np.arange(points) % 2
    along = uniforms(stream, points)
    return _polar(along, (1.75 * 2 * along + classes) * np.pi), classes


def _rings(stream: Stream, points: int) -> Examples:
    """A disc, and a ring around it."""
    classes = np.arange(points) % 2
    across, turn = uniforms(stream, 2, points)
    radius = np.where(classes == 0, 0.5 * across, 0.7 + 0.3 * across)
    return _polar(radius, 2 * np.pi * turn), classes


def _board(cells: int) -> Callable[[Stream, int], Examples]:
    """Cells x cells squares of [-1, 1]^2, the classes in turn; all squares equally full."""

    def draw(stream: Stream, points: int) -> Examples:
        column, row = np.arange(points) % cells, np.arange(points) // cells % cells
        inside = uniforms(stream, points, 2)
        return (np.stack([column, row], axis=1) + inside) * (2 / cells) - 1, (column + row) % 2

    return draw


def _digits(stream: Stream, points: int) -> Examples:
    """Images of 8 x 8 grey values, their mean over all taken off."""
    images, classes = load_digits()
    chosen = permutation(stream, len(images))[:points]
    inputs = images[chosen].astype(np.float64)
    return inputs - inputs.mean(), classes[chosen]


def _polar(radius: FloatArray, angle: FloatArray) -> FloatArray:
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


DATASETS: Mapping[str, Source] = MappingProxyType(
    {
        "spirals": Source("Two spirals", 2, 2, None, _spirals),
        "rings": Source("A disc in a ring", 2, 2, None, _rings),
        "checkerboard": Source("Checkerboard", 2, 2, None, _board(4)),
        "xor": Source("XOR", 2, 2, None, _board(2)),
        "digits": Source("Handwritten digits", 64, 10, DIGITS, _digits),
    }
)
"""Every source of examples by name."""
