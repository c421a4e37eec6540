"""Examples to train on: inputs, and for each its class or the values to be met."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._typing import AnyArray, FloatArray
from vscore.parameters import shown


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Examples: inputs, and for each its class or the values to be met.

    Parameters
    ----------
    inputs : array_like, shape (examples, features)
        Finite numbers.
    targets : array_like, shape (examples,) or (examples, outputs)
        Whole numbers of shape (examples,) are classes, from 0; anything else is values.
    classes : int, optional
        How many classes; the largest target plus one if not given.
    name : str, default "data"

    Attributes
    ----------
    task : str
        "classes" or "values".
    outputs : int
        How many numbers a network must put out.

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.
    """

    inputs: AnyArray
    targets: AnyArray
    classes: int | None = None
    name: str = "data"
    task: str = field(init=False)

    def __init__(
        self,
        inputs: ArrayLike,
        targets: ArrayLike,
        classes: int | None = None,
        name: str = "data",
    ) -> None:
        given = _numbers("inputs", inputs)
        if given.ndim != 2 or given.size == 0 or len(given) < 2:
            raise ValueError(
                f"inputs must have shape (examples, features), at least (2, 1); got {given.shape}"
            )
        wanted = _targets(targets, len(given))
        for name_of, value in {
            "inputs": _frozen(given.astype(np.float64)),
            "targets": _frozen(wanted),
            "classes": _count_classes(wanted, classes),
            "name": name,
            "task": "classes" if wanted.dtype.kind == "i" else "values",
        }.items():
            object.__setattr__(self, name_of, value)

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def features(self) -> int:
        """How many numbers an input has."""
        return int(self.inputs.shape[1])

    @property
    def outputs(self) -> int:
        """How many numbers a network must put out."""
        return int(self.targets.shape[1]) if self.classes is None else self.classes

    @property
    def wanted(self) -> FloatArray:
        """What is asked of each output: 1 at the class and else 0, or the values themselves."""
        if self.classes is None:
            return np.asarray(self.targets, np.float64)
        return np.eye(self.classes)[self.targets]


def _numbers(argument: str, given: ArrayLike) -> NDArray[np.generic]:
    try:
        array = np.asarray(given)
        finite = bool(np.isfinite(array).all())
    except (TypeError, ValueError):
        finite = False
    if not finite or array.dtype.kind not in "iuf":
        raise ValueError(f"{argument} must be an array of finite numbers; got {shown(given)}")
    return array


def _targets(given: ArrayLike, examples: int) -> AnyArray:
    """Classes as integers, or values of shape (examples, outputs) as float64."""
    targets = _numbers("targets", given)
    if targets.ndim not in (1, 2) or len(targets) != examples or targets.size == 0:
        raise ValueError(
            f"targets must have shape ({examples},) or ({examples}, outputs), one for each input; "
            f"got {targets.shape}"
        )
    if targets.ndim == 1 and targets.dtype.kind in "iu":
        return targets.astype(np.int64)
    return targets.astype(np.float64).reshape(examples, -1)


_MOST_CLASSES = 10_000


def _count_classes(targets: AnyArray, given: int | None) -> int | None:
    """How many classes there are; None where targets are values."""
    if targets.dtype.kind == "f":
        if given is not None:
            raise ValueError(
                f"classes must be None where targets are values; got {shown(given)}. "
                "Classes are whole numbers of shape (examples,)"
            )
        return None
    low, high = int(targets.min()), int(targets.max())
    if low < 0 or high >= _MOST_CLASSES:
        raise ValueError(
            f"targets must be classes in [0, {_MOST_CLASSES}); got {low if low < 0 else high}. "
            "For values, give floats"
        )
    most = max(2, high + 1)
    if given is None:
        return most
    if isinstance(given, bool) or not isinstance(given, int) or not most <= given <= _MOST_CLASSES:
        raise ValueError(
            f"classes must be an integer in [{most}, {_MOST_CLASSES}], as the targets have it; "
            f"got {shown(given)}"
        )
    return given


def _frozen(array: AnyArray) -> AnyArray:
    """A copy that nobody can change."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
