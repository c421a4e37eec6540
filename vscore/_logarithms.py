"""Magnitudes to log10 and back, where 0 and what float64 cannot hold are results."""

import numpy as np

from vscore._typing import FloatArray


def log10(values: FloatArray) -> FloatArray:
    """log10 of each value: -inf of 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms: FloatArray = np.log10(values)
    return logarithms


def power_of_ten(logarithms: FloatArray) -> FloatArray:
    """10**logarithms; inf or 0 where float64 ends."""
    with np.errstate(over="ignore", under="ignore"):
        powers: FloatArray = np.power(10.0, logarithms)
    return powers
