"""What a law is: a sampler and a density of mean 0 and variance 1, and where they are moved to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._typing import FloatArray
from vscore.parameters import shown

Bits: TypeAlias = NDArray[np.int32]
Weights: TypeAlias = NDArray[np.float32]
Tail: TypeAlias = tuple[NDArray[np.intp], FloatArray]
"""Where the quantiles of a law's tail belong, and these quantiles in float64."""

_LONGEST_TAIL = 6.34
"""-ndtri(2^-33): the normal's quantile at the outermost of the 2^32 integers, rounded up."""

_NOWHERE = 1e6
"""Standard deviations from the mean at which no law has any density left."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A law of mean 0 and variance 1.

    Attributes
    ----------
    kind : str
        Its name in Keras.
    label : str
        Its name on screens.
    kurtosis : float
        E[x^4]; 3 for the normal.
    half_width : float
        The support is [-half_width, half_width]; may be infinite.
    quantiles : callable
        quantiles(bits, out) fills `out`, float32, with the law's quantiles up to a factor, and
        returns its tail, for which that is too coarse, or None.
    stretch : callable
        stretch(quantiles, tail, std, out) fills `out` with the weights of a std; it may be the
        quantiles' own array.
    standard_pdf, standard_cdf, standard_ppf : callable
        On float64 arrays, inside the support (ppf: on (0, 1)).
    """

    kind: str
    label: str
    kurtosis: float
    half_width: float
    quantiles: Callable[[Bits, Weights], Tail | None]
    stretch: Callable[[Weights, Tail | None, float, Weights], None]
    standard_pdf: Callable[[FloatArray], FloatArray]
    standard_cdf: Callable[[FloatArray], FloatArray]
    standard_ppf: Callable[[FloatArray], FloatArray]

    def sampler(self, bits: Bits, std: float, out: Weights) -> None:
        """Fill `out`, float32, with std times the law's quantiles."""
        self.stretch(out, self.quantiles(bits, out), std, out)


@dataclass(frozen=True, slots=True)
class Density:
    """The exact law of one weight: a `Distribution` moved to `mean` and stretched to `std`.

    Attributes
    ----------
    distribution : Distribution
    mean : float
    std : float
        The standard deviation of what is drawn, after any cut; 0 for a point mass.

    Raises
    ------
    ValueError
        If float32 cannot hold the weights.
    """

    distribution: Distribution
    mean: float
    std: float

    def __post_init__(self) -> None:
        reach = min(self.distribution.half_width, _LONGEST_TAIL) * self.std
        if abs(self.mean) + reach > float(np.finfo(np.float32).max):
            raise ValueError(
                "mean and std must keep the weights within +-3.4e38, float32's range; "
                f"got {self.mean:g} and {self.std:g}"
            )

    @property
    def support(self) -> tuple[float, float]:
        """The ends between which every weight lies."""
        half = self.distribution.half_width * self.std
        return self.mean - half, self.mean + half

    @property
    def kurtosis(self) -> float:
        """E[(w - mean)^4] / std^4."""
        return self.distribution.kurtosis

    def pdf(self, x: ArrayLike) -> FloatArray:
        """The density at x, per unit of weight; 0 outside the support, so it jumps at a cut."""
        y = self._standard(x)
        inside = np.abs(y) <= self.distribution.half_width * (1 + 4 * np.finfo(np.float64).eps)
        near = np.clip(y, -_NOWHERE, _NOWHERE)
        return np.where(inside, self.distribution.standard_pdf(near), 0.0) / self.std

    def cdf(self, x: ArrayLike) -> FloatArray:
        """P(w <= x)."""
        half = min(self.distribution.half_width, _NOWHERE)
        y = np.clip(self._standard(x), -half, half)
        return np.clip(self.distribution.standard_cdf(y), 0.0, 1.0)

    def ppf(self, p: ArrayLike) -> FloatArray:
        """The weight below which a share p of the weights lies, p in [0, 1].

        Raises
        ------
        ValueError
            If some p lies outside [0, 1].
        """
        share = np.asarray(p, dtype=np.float64)
        if not np.all((share >= 0) & (share <= 1)):
            raise ValueError(f"p must be in [0, 1]; got {shown(p)}")
        return self.mean + self.std * self.distribution.standard_ppf(share)

    def _standard(self, x: ArrayLike) -> FloatArray:
        """x in standard deviations from the mean; infinite where it overflows."""
        with np.errstate(over="ignore"):
            standard: FloatArray = (np.asarray(x, dtype=np.float64) - self.mean) / self.std
        return standard
