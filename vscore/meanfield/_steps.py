"""What chance does at each layer, along mean field's own path: variances and shifts of means.

For a batch of B inputs whose pre-activations correlate by c, with a scatter of their own, a layer
of n units multiplies moments by variables of mean 1 and of variance

    own     2 / n (1 + (B - 1) c^2) / B
    onward  (E phi^4 / (E phi^2)^2 - 1) / n (a + b s)
    back    ((3 d - 1) a' + b' ((1 + (d - 1) s') (1 + 2 e) - 1)) / n,
            d = E phi'^4 / (E phi'^2)^2

with s and s' the correlations of phi^2 and phi'^2 between two inputs, and e the mean squared
correlation of two inputs' gradients. An input of a large norm counts for several: with R the mean
square of one input's norm over the mean product of two, inputs alone have a share
a = R / (R + B - 1), and pairs b = 1 - a. The 2, and the moments of phi, feel the weights' own
kurtosis: that of z differs from 3 by (kurtosis of w - 3) E h^4 / (E h^2)^2 / fan_in.

Means move too. A kernel meets the gradient after it has made the z that the gradient knows of: its
part along h is

    a_l = r_l - k_l + k_l a_{l+1},  a_L = 1, r = E z^2 phi'^2 / (q E phi'^2),
    k = E[z phi phi']^2 / (q E phi^2 E phi'^2)

times as large as if it were fresh, which moves E g_l^2 by 1 + (a_{l+1} - 1) E phi^2 phi'^2 /
(n E phi^2 E phi'^2). For ReLU a is 1 throughout: the mean stays exact. What the scatter of single
inputs' lengths does to means is in `_maps`: here is how it goes with the gradient that arrives.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vscore._typing import FloatArray
from vscore.meanfield._layers import GAUSSIAN, Batch, Lengths
from vscore.meanfield._shares import Series, mean_powers
from vscore.meanfield._tables import Table

_TOP = 1.0
"""The largest variance of a step that a gamma variable still describes."""

_SMALLEST = 1e-300

_LEAST_SHIFT = 0.1

_LARGEST_LOG = 5.0
"""Of a ratio of norms: an input then counts for 150, far beyond any first order."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What chance does at each layer: shape (depth,).

    Attributes
    ----------
    own : Variance of a layer's q about its mean given the layers below.
    onward : Variance of what it hands on, E phi^2.
    back : Variance of the gradient's step; the last layer's is that of the cotangent.
    linked : Correlation of the steps onward and back: one unit's phi and phi' go together.
    above, back_above : Correlations of the step back with those onward and back of the layer
        above: the weights that make its z large bring back a large gradient too.
    back_bend : What a unit of E phi'^4 / (E phi'^2)^2 adds to `back`.
    back_shift : log10 of what moves the mean of the step back.
    tilt : Over inputs, covariance of log q with the log of the gradient that arrives.
    """

    own: FloatArray
    onward: FloatArray
    back: FloatArray
    linked: FloatArray
    above: FloatArray
    back_above: FloatArray
    back_bend: FloatArray
    back_shift: FloatArray
    tilt: FloatArray

    @property
    def largest(self) -> float:
        """The largest variance of one step; the last layer hands nothing on."""
        return max(float(each.max(initial=0)) for each in (self.own, self.onward[:-1], self.back))


class _Way(NamedTuple):
    """What a layer's gradient meets, each of shape (depth,), of the last layer 0.

    alone, together : Variance of one input's step, and covariance of two inputs', times the width.
    bend : What a unit of E phi'^4 / (E phi'^2)^2 adds to `together`.
    log_ratio : log of the mean square of one input's norm over the mean product of two.
    tilt, shift : As in `Steps`; shift not yet a logarithm.
    """

    alone: FloatArray
    together: FloatArray
    bend: FloatArray
    log_ratio: FloatArray
    tilt: FloatArray
    shift: FloatArray


class _Slopes(NamedTuple):
    """Of each layer, shape (depth,).

    ratio : E phi'^4 / (E phi'^2)^2.
    value, square : What two inputs share of phi' and of phi'^2.
    steepness, slope_steepness : d log E phi^2 / d log q, and of phi'.
    mixed_alone, mixed : Covariance of phi^2 and phi'^2 over both means: at one input, between two.
    """

    ratio: FloatArray
    value: FloatArray
    square: FloatArray
    steepness: FloatArray
    slope_steepness: FloatArray
    mixed_alone: FloatArray
    mixed: FloatArray


def step_variances(
    widths: FloatArray, lengths: Lengths, series: Series, batch: Batch, table: Table, size: int
) -> Steps:
    """Every layer's steps.

    Parameters
    ----------
    widths : ndarray, shape (depth,)
        Units of each layer.
    size : int
        Inputs of the batch.
    """
    slopes = _slopes(lengths, series, batch, table)
    way = _way_back(widths, lengths, series, batch, slopes, size)
    alone, pairs = _counted(way.log_ratio, size)
    back = (alone * way.alone + pairs * way.together) / widths
    back[-1] = 2 / (widths[-1] * size)
    heavy, others = _counted(batch.within, size)
    onward = (lengths.ratio - 1) / widths * (heavy + others * batch.square)
    together = np.minimum(1.0, batch.correlation**2 + batch.scatter)
    own = (2 + lengths.excess) * (1 + (size - 1) * together) / (size * widths)
    mixed = (slopes.mixed_alone + (size - 1) * slopes.mixed) / (size * widths)
    linked = mixed / np.sqrt(np.maximum(onward * back, _SMALLEST))
    above, back_above = _linked_above(widths, lengths, slopes, onward, back)
    return Steps(
        own=np.clip(own, 0.0, _TOP),
        onward=np.clip(onward, 0.0, _TOP),
        back=np.clip(back, 0.0, _TOP),
        above=above,
        back_above=back_above,
        back_bend=(3 * alone + pairs * way.bend) / widths,
        linked=np.clip(linked, -1.0, 1.0),
        back_shift=np.log10(np.maximum(1 + way.shift, _LEAST_SHIFT)),
        tilt=way.tilt,
    )


def _slopes(lengths: Lengths, series: Series, batch: Batch, table: Table) -> _Slopes:
    chance = mean_powers(batch.correlation, batch.scatter)
    return _Slopes(
        ratio=table.slope_ratio(lengths.log10_q),
        value=np.vecdot(series.slope, chance),
        square=np.vecdot(series.slope_square, chance),
        steepness=table.steepness(lengths.log10_q),
        slope_steepness=table.slope_steepness(lengths.log10_q),
        mixed_alone=series.mixed.sum(axis=1),
        mixed=np.vecdot(series.mixed, chance),
    )


def _linked_above(
    widths: FloatArray,
    lengths: Lengths,
    slopes: _Slopes,
    onward: FloatArray,
    back: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Correlations of the step back with the steps of the layer above, through its kernel.

    A unit's z^2 holds a share 1 / fan_in of its weights' squares at every input, so the covariance
    of the two is (kurtosis - 1) / fan_in, and half of that times 2 d log E f / d log q of f(z).
    """
    common = np.zeros_like(widths)
    common[:-1] = (lengths.kurtosis[1:] - 1) / (widths[:-1] * widths[1:])
    next_up = np.append(np.arange(1, len(widths)), len(widths) - 1)
    onward_scale = np.sqrt(np.maximum(back * onward[next_up], _SMALLEST))
    back_scale = np.sqrt(np.maximum(back * back[next_up], _SMALLEST))
    return (
        np.clip(common * slopes.steepness[next_up] / onward_scale, -1.0, 1.0),
        np.clip(common * slopes.slope_steepness[next_up] / back_scale, -1.0, 1.0),
    )


def _counted(log_ratio: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """The shares that inputs alone and pairs of them have in a variance."""
    ratio = np.exp(np.clip(log_ratio, 0.0, _LARGEST_LOG))
    alone = ratio / (ratio + size - 1)
    return alone, 1 - alone


def _way_back(
    widths: FloatArray,
    lengths: Lengths,
    series: Series,
    batch: Batch,
    slopes: _Slopes,
    size: int,
) -> _Way:
    """From the last layer back."""
    rows = np.zeros((len(widths), 6))
    outer, aligned = 1 + lengths.signal * (series.outer - 1), lengths.signal * series.aligned
    kurtosis = np.append(lengths.kurtosis[1:], GAUSSIAN)
    along, beyond, sensitive = 1.0, 1.0, 0.0
    correlated, log_ratio = 1 / widths[-1], np.log1p(2 / widths[-1])
    for layer in range(len(widths) - 2, -1, -1):
        width, within = widths[layer], batch.within[layer]
        alone = 3 * slopes.ratio[layer] - 1
        chance = 1 + (slopes.ratio[layer] - 1) * slopes.square[layer]
        together = chance * (1 + 2 * correlated) - 1
        tilt = sensitive * slopes.steepness[layer] * within
        steep = slopes.slope_steepness[layer]
        log_ratio += max(steep**2 * within + 2 * steep * tilt, 0.0)
        # Of a kernel's squares the share known through z is (kurtosis - 1) / 2 of a Gaussian's.
        known = along - beyond + (kurtosis[layer] - 1) / 2 * (beyond - 1)
        known *= (1 + slopes.mixed_alone[layer]) / width
        # A unit's phi at one input moves the gradient that comes back to its phi'.
        units = (slopes.mixed_alone[layer] - slopes.mixed[layer]) / width
        shift = known + sensitive * units * (1 - 1 / size)
        bend = slopes.square[layer] * (1 + 2 * correlated)
        rows[layer] = alone, together, bend, log_ratio, tilt, shift
        log_ratio += np.log((1 + alone / width) / (1 + together / width))
        correlated = min(1.0, correlated * slopes.value[layer] ** 2 + chance / width)
        beyond = outer[layer]
        along = beyond - aligned[layer] + aligned[layer] * along
        sensitive = (steep + slopes.steepness[layer] * sensitive) * lengths.signal[layer]
    return _Way(*rows.T)
