"""What all initializers share: seeds, blocked draws, Keras' calling convention."""

import math
import secrets
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike

from vscore._scratch import BLOCK
from vscore._streams import Stream, blocks, check_seed
from vscore._typing import AnyArray, Check, Shape
from vscore._workers import Monitor, map_in_order
from vscore.distributions import DISTRIBUTIONS, Density, Weights
from vscore.fans import Fans, compute_fans
from vscore.parameters import PARAMETERS, check_shape, shown

_LARGEST = 3.4e38
"""What float32 surely holds: its largest number is 3.4028e38."""


class Initializer:
    """What all initializers share: Keras' calling convention and blocked draws.

    A subclass is a frozen dataclass that gives `density`; laws of independent weights need no
    more. `initializer(shape)` gives the same array at every call, as in Keras.
    """

    __slots__ = ()

    kind: str
    independent: ClassVar[bool] = True
    """Whether the weights of one tensor are independent, identically distributed and random."""
    blockwise: ClassVar[bool] = True
    """Whether a tensor can be drawn a block at a time."""

    def __call__(self, shape: Shape, dtype: DTypeLike | None = "float32") -> AnyArray:
        """Weights of a shape, drawn in float32 and cast.

        Parameters
        ----------
        shape : tuple of int
            Keras' layout: (..., in, out).
        dtype : str or dtype, default "float32"
            Any float dtype; "bfloat16" needs the package `ml_dtypes`. None means float32.

        Raises
        ------
        ValueError
            If the shape holds anything but positive integers, or dtype is no float dtype.
        """
        target = _float_dtype(dtype)
        weights = self.draw(shape, Stream(self.settled_seed()))
        with np.errstate(over="ignore"):  # a narrower dtype may hold some only as infinite
            return weights.astype(target, copy=False)

    def draw(
        self,
        shape: Shape,
        stream: Stream,
        *,
        threads: int | None = None,
        check: Check | None = None,
    ) -> Weights:
        """Weights of a shape from a stream: the same numbers for any number of threads."""
        sizes = check_shape(shape)
        density = self.density(self.fans(sizes))
        out = np.empty(size_of(sizes), dtype=np.float32)
        parts = blocks(out.size)

        def fill(index: int) -> None:
            fill_block(density, stream, index, out[parts[index]])

        for _ in map_in_order(fill, len(parts), threads, Monitor(check), brief=True):
            pass
        return out.reshape(sizes)

    def fans(self, shape: Shape) -> Fans:
        """The fans that this initializer reads off a shape."""
        return compute_fans(shape)

    def variance(self, fans: Fans) -> float:
        """Var[w], after any cut."""
        return self.density(fans).std ** 2

    def density(self, fans: Fans) -> Density:
        """The exact law of one weight."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {f.name: getattr(self, f.name) for f in _constructor_fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The initializer that a `get_config` describes."""
        return cls(**config)

    def with_seed(self, seed: int | None) -> Self:
        """The same initializer with another seed; itself where nothing is random."""
        return self

    def settled_seed(self) -> int:
        """The seed of the draws; 0 where nothing is random."""
        return 0


class RandomInitializer(Initializer):
    """An initializer with a seed; without one, it draws its own at the first call."""

    __slots__ = ("_entropy",)

    _entropy: int
    seed: int | None

    def with_seed(self, seed: int | None) -> Self:
        """The same initializer with another seed."""
        return replace(self, seed=seed)  # type: ignore[type-var]  # every subclass is a dataclass

    def settled_seed(self) -> int:
        """The seed, or the one that this object drew for itself."""
        if self.seed is not None:
            return self.seed
        if not hasattr(self, "_entropy"):
            object.__setattr__(self, "_entropy", secrets.randbits(64))
        return self._entropy


def size_of(shape: Shape) -> int:
    """The number of weights of a shape, exact however large."""
    return math.prod(shape)


def fill_block(density: Density, stream: Stream, index: int, out: Weights) -> None:
    """Fill `out`, at most `BLOCK` weights, with the first ones of a block of the stream."""
    assert out.size <= BLOCK
    if density.std == 0:
        out.fill(density.mean)
        return
    density.distribution.sampler(stream.bits(index, out.size), density.std, out)
    if density.mean:
        out += np.float32(density.mean)


def density_of(law: str, mean: float, std: float) -> Density:
    return Density(DISTRIBUTIONS[law], float(mean), std)


def check_in_float32(name: str, value: float) -> None:
    """Raise ValueError, with the argument's name, if float32 may not hold a number."""
    if abs(value) > _LARGEST:
        raise ValueError(
            f"{name} must be within +-{_LARGEST:g}, float32's range; got {shown(value)}"
        )


def check_fields(initializer: Initializer, *names: str) -> None:
    """Check the named numbers and the seed, and keep them as Python's, which JSON can hold."""
    for name in names:
        number = PARAMETERS[name].check(getattr(initializer, name))
        object.__setattr__(initializer, name, number)
    if isinstance(initializer, RandomInitializer) and initializer.seed is not None:
        object.__setattr__(initializer, "seed", check_seed(initializer.seed))


def _constructor_fields(initializer: Initializer) -> list[Any]:
    return [f for f in fields(initializer) if f.init]  # type: ignore[arg-type]  # a dataclass


def _float_dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    if dtype is None:
        return np.dtype(np.float32)
    if str(dtype) == "bfloat16":
        return _bfloat16()
    try:
        target = np.dtype(dtype)
    except TypeError:
        target = np.dtype(object)
    if target.kind != "f" and target.name != "bfloat16":
        raise ValueError(
            "dtype must be a float dtype such as 'float32', 'float64' or 'float16'; "
            f"got {shown(dtype)}"
        )
    return target


def _bfloat16() -> np.dtype[Any]:
    try:
        from ml_dtypes import bfloat16
    except ImportError as missing:
        raise ValueError(
            "dtype 'bfloat16' needs a package that is not installed: pip install ml_dtypes"
        ) from missing
    dtype: np.dtype[Any] = np.dtype(bfloat16)
    return dtype
