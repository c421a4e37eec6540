"""Weights that are not random: all units of a layer then compute, and learn, the same."""

from dataclasses import dataclass, field
from typing import ClassVar

from vscore.distributions import DISTRIBUTIONS, Density
from vscore.fans import Fans
from vscore.initializers.base import Initializer, check_fields, check_in_float32


@dataclass(frozen=True, slots=True)
class Constant(Initializer):
    """Every weight equal to `value`: all units of a layer then compute, and learn, the same."""

    value: float = 0.0
    kind: str = field(default="Constant", init=False, repr=False)
    independent: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fields(self, "value")
        check_in_float32("value", self.value)

    def density(self, fans: Fans) -> Density:
        """A point mass: std 0. Its pdf, cdf and ppf are not defined."""
        return Density(DISTRIBUTIONS["uniform"], float(self.value), 0.0)


@dataclass(frozen=True, slots=True)
class Zeros(Initializer):
    """Every weight 0: no signal passes, and no gradient."""

    kind: str = field(default="Zeros", init=False, repr=False)
    independent: ClassVar[bool] = False

    def density(self, fans: Fans) -> Density:
        """A point mass at 0: std 0. Its pdf, cdf and ppf are not defined."""
        return Density(DISTRIBUTIONS["uniform"], 0.0, 0.0)
