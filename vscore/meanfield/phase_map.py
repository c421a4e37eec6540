"""Where signals go at every pair of variances: order and chaos as a map.

References
----------
Poole et al. 2016, figure 1; Schoenholz et al. 2017, figure 2 and section 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._quadrature import gaussian_expectation
from vscore._typing import FloatArray
from vscore.activations import Activation, as_activation
from vscore.meanfield._curves import LOG_Q, MIDDLE, PER_OCTAVE, Curves, curves
from vscore.meanfield._domains import SIGMA_B2, SIGMA_W2, check_axis
from vscore.meanfield._series import lowest_fixed_points, series
from vscore.meanfield.fixed_points import ROUNDING, mean_square

_HALF_OCTAVE = PER_OCTAVE // 2
"""Nodes apart that a fixed point is looked for in the first place, as `fixed_point` does."""

_HALVINGS = 45
"""Of a bracket: 1e-14 of it is left."""

_FAR = np.array([1e-200, 1e200])
"""Stand for the limits q -> 0 and q -> inf."""

_DECADES = 4
"""Of lengths that share one set of polynomials."""

_MOST_CELLS = 1 << 16
"""Of one map: it then takes 100 MB and a few seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseMap:
    """Where a deep network's signals end, at every pair of variances.

    Arrays have shape (len(sigma_w2), len(sigma_b2)) and are float64.

    Attributes
    ----------
    activation : Activation
    sigma_w2, sigma_b2 : ndarray, one axis each
        Effective fan_in times the weights' variance; the biases' variance.
    q_star : Where the length map ends from q = 1: 0 where the signal vanishes, inf where it
        grows without bound, 1 where every q is a fixed point.
    chi_1 : What a layer multiplies the gradient's second moment by, at that length: the limit
        where it is 0 or inf.
    c_star : Where the correlation of two different inputs ends: 1 in order, below 1 in chaos;
        1 too where the length has no limit to speak of.
    chi_c : The slope of the correlation map there: `chi_1` in order, below 1 in chaos; `chi_1`
        also where `q_star` is 0 or inf.
    chi_q : The slope of the length map at its end.
    """

    activation: Activation
    sigma_w2: FloatArray
    sigma_b2: FloatArray
    q_star: FloatArray
    chi_1: FloatArray
    c_star: FloatArray
    chi_c: FloatArray
    chi_q: FloatArray

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Whether the length has a finite limit."""
        return np.isfinite(self.q_star)

    @property
    def xi_c(self) -> FloatArray:
        """Layers in which what tells inputs apart changes by a factor e; inf at criticality."""
        return _depth_scales(self.chi_c)

    @property
    def xi_q(self) -> FloatArray:
        """Layers in which a deviation of the length changes by a factor e."""
        return _depth_scales(self.chi_q)


def phase_map(
    activation: str | Activation, sigma_w2: ArrayLike, sigma_b2: ArrayLike = (0.0,)
) -> PhaseMap:
    """Follow both maps to their ends at every pair of variances.

    Parameters
    ----------
    activation : str or Activation
    sigma_w2, sigma_b2 : array_like
        In (0, inf) and [0, inf), one axis each; 65 536 pairs at most.

    Returns
    -------
    PhaseMap

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.

    Notes
    -----
    As `fixed_point`, `chi_1` and `c_fixed_point` cell by cell: q* and chi_1 to 1e-7 relative, c* to
    1e-7 for smooth phi and 3e-4 for one with kinks, where the length map's slope is not within
    1e-2 of 1. Lengths below 1e-12 count as 0, above 1e12 as inf. 2 400 cells take 0.2 s.
    """
    phi = as_activation(activation)
    weights, biases = check_axis(SIGMA_W2, sigma_w2), check_axis(SIGMA_B2, sigma_b2)
    if weights.size * biases.size > _MOST_CELLS:
        raise ValueError(
            f"sigma_w2 and sigma_b2 must make at most {_MOST_CELLS} pairs; "
            f"got {weights.size} x {biases.size}. Map a part at a time"
        )
    weight, bias = np.meshgrid(weights, biases, indexing="ij")
    found = curves(phi)
    q = _lengths(phi, found, weight, bias)
    inside = np.isfinite(q) & (q > 0)
    log_q = np.log(np.where(inside, q, 1.0))
    slopes = gaussian_expectation(lambda x: phi.derivative(x) ** 2, _FAR, phi.kinks)
    limit = np.where(q > 1, slopes[1], slopes[0])
    chi_1 = weight * np.where(inside, found.slope.at(log_q), limit)
    length_slope = np.exp(found.log_square.at(log_q) - log_q) * found.steepness.at(log_q)
    chi_q = weight * np.where(inside, length_slope, limit)
    c, chi_c = _correlations(phi, q, chi_1, weight, bias)
    return PhaseMap(phi, weights, biases, q, chi_1, c, chi_c, chi_q)


def _lengths(phi: Activation, found: Curves, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """q* of every cell, from q = 1."""
    if phi.homogeneous:
        return _homogeneous(mean_square(phi.slopes_at_infinity) * weight, bias)
    return _solved(found, weight, bias)


def _homogeneous(ratio: FloatArray, bias: FloatArray) -> FloatArray:
    """The limit of q -> ratio q + bias."""
    critical = np.abs(ratio - 1) <= ROUNDING
    falls = (ratio < 1) & ~critical
    limit = np.divide(bias, 1 - ratio, out=np.full_like(bias, np.inf), where=falls)
    return np.where(critical & (bias == 0), 1.0, limit)


def _solved(found: Curves, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """q* by the half octave, going up or down from q = 1, in which growth turns."""
    rows = [_brackets(found, float(w[0]), b) for w, b in zip(weight, bias, strict=True)]
    low, known = (np.stack(parts) for parts in zip(*rows, strict=True))
    high = low + LOG_Q[_HALF_OCTAVE] - LOG_Q[0]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = _growth(weight * np.exp(found.log_square.at(middle)), bias, middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(np.isnan(known), np.exp((low + high) / 2), known)


def _brackets(found: Curves, weight: float, bias: FloatArray) -> tuple[FloatArray, FloatArray]:
    """log q at the bracket's lower end for each bias variance; q* where that is known, else nan."""
    log_q, start = LOG_Q[::_HALF_OCTAVE], MIDDLE // _HALF_OCTAVE
    second = weight * np.exp(found.log_square.values[::_HALF_OCTAVE])
    growth = _growth(second, bias[:, None], log_q)
    up = growth[:, start:] < -ROUNDING
    down = growth[:, start::-1] > ROUNDING
    rises, falls = growth[:, start] > ROUNDING, growth[:, start] < -ROUNDING
    turns = np.where(rises, up.argmax(axis=1) - 1, -down.argmax(axis=1))
    known = np.where(rises & ~up.any(axis=1), np.inf, np.nan)
    known[falls & ~down.any(axis=1)] = 0.0
    known[~rises & ~falls] = 1.0
    return log_q[np.clip(start + turns, 0, len(log_q) - 2)], known


def _growth(second: FloatArray, bias: FloatArray, log_q: FloatArray) -> FloatArray:
    """The relative change of q in one layer."""
    with np.errstate(over="ignore"):
        grown: FloatArray = (second + bias) * np.exp(-log_q) - 1
    return grown


def _correlations(
    phi: Activation, q: FloatArray, chi_1: FloatArray, weight: FloatArray, bias: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """c* and the slope of the correlation map there."""
    c, slope = np.ones_like(q), chi_1.copy()
    chaotic = np.isfinite(q) & (q > 0) & (chi_1 > 1 + ROUNDING)
    if phi.homogeneous or not chaotic.any():
        return c, slope
    magnitude = np.floor(np.log10(np.where(chaotic, q, 1.0)) / _DECADES)
    for each in np.unique(magnitude[chaotic]):
        cells = chaotic & (magnitude == each)
        length, factor = q[cells], weight[cells]
        moment = (length - bias[cells]) / factor
        found = series(phi, length, moment, length * chi_1[cells] / factor)
        c[cells] = lowest_fixed_points(found, factor, bias[cells])
        slope[cells] = factor * found.at(c[cells])[1] / length
    return c, slope


def _depth_scales(chi: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        scales: FloatArray = np.abs(1 / np.log(chi))
    return scales
