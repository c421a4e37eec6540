"""Laws that do not look at the shape: a normal, a cut normal, a uniform."""

from dataclasses import dataclass, field
from math import sqrt

from vscore.distributions import TRUNCATED_STD, Density
from vscore.fans import Fans
from vscore.initializers.base import RandomInitializer, check_fields, check_in_float32, density_of
from vscore.parameters import shown


@dataclass(frozen=True, slots=True)
class RandomNormal(RandomInitializer):
    """Weights from N(mean, stddev^2), whatever the shape."""

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None
    kind: str = field(default="RandomNormal", init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self, "mean", "stddev")

    def density(self, fans: Fans) -> Density:
        """N(mean, stddev^2)."""
        return density_of("untruncated_normal", self.mean, self.stddev)


@dataclass(frozen=True, slots=True)
class TruncatedNormal(RandomInitializer):
    """Weights from N(mean, stddev^2) cut at mean +- 2 stddev; nothing corrects for the cut.

    The std of what is drawn is 0.8796 stddev: a factor 0.7737 of variance.
    """

    mean: float = 0.0
    stddev: float = 0.05
    seed: int | None = None
    kind: str = field(default="TruncatedNormal", init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self, "mean", "stddev")

    def density(self, fans: Fans) -> Density:
        """The cut law: its std is 0.8796 stddev."""
        return density_of("truncated_normal", self.mean, self.stddev * TRUNCATED_STD)


@dataclass(frozen=True, slots=True)
class RandomUniform(RandomInitializer):
    """Weights uniform on [minval, maxval]."""

    minval: float = -0.05
    maxval: float = 0.05
    seed: int | None = None
    kind: str = field(default="RandomUniform", init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self, "minval", "maxval")
        check_in_float32("minval", self.minval)
        check_in_float32("maxval", self.maxval)
        if self.maxval < self.minval:
            raise ValueError(
                f"maxval must be at least minval, {self.minval}; got {shown(self.maxval)}"
            )

    def density(self, fans: Fans) -> Density:
        """Uniform: std (maxval - minval) / sqrt(12)."""
        centre = self.minval / 2 + self.maxval / 2
        return density_of("uniform", centre, (self.maxval / 2 - self.minval / 2) / sqrt(3))
