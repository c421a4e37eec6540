"""The three laws of one variance, for the guide's figure."""

from collections.abc import Mapping
from math import sqrt

from vscore.distributions import DISTRIBUTIONS, Density
from vscore.fans import Fans
from vscore.initializers import VarianceScaling

COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""What n can be in the figure, at scale 1: the chart's axes hold all of them."""


def densities(n: int) -> Mapping[str, Density]:
    """The density of VarianceScaling(1, "fan_in") over n inputs, by law."""
    fans = Fans(n, n)
    return {law: VarianceScaling(1.0, "fan_in", law).density(fans) for law in DISTRIBUTIONS}


def std(n: int) -> float:
    """sqrt(1 / n)."""
    return sqrt(1 / n)
