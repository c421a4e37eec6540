"""Shared aliases: what the words in the signatures mean."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
"""An array of float64: every statistic is one."""

AnyArray: TypeAlias = NDArray[Any]
"""An array whose dtype the caller chose: weights, activations."""

Shape: TypeAlias = tuple[int, ...]

Mode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]

Convention: TypeAlias = Literal["keras", "keras<3.15", "torch", "jax", "effective"]

Check: TypeAlias = Callable[[], object]
"""Called at least every 20 ms of work; may raise to cancel it."""

Progress: TypeAlias = Callable[[int, int], object]
"""Called as progress(done, total)."""
