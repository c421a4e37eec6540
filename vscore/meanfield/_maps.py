"""What a layer does to one network's pooled length, and to its gradient, at that length.

One input's q is t e^d with t the batch's and d normal, of variance w and, so that t is their mean,
of mean -w / 2; weighted by the gradient that arrives, its mean is moved by d's covariance with the
log of that. So a layer hands on E_d[E phi^2(t e^d)] and multiplies the gradient by
E_d[E phi'^2(t e^d)], by Gauss-Hermite quadrature. Of a batch of B inputs w itself is a sample's,
whose relative variance is 2 / (B - 1). Both steps' variances hang on t too.

All curves are tabulated around mean field's own path and interpolated.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vscore._typing import FloatArray
from vscore.meanfield._layers import Lengths
from vscore.meanfield._noise import log10_gamma
from vscore.meanfield._steps import Steps
from vscore.meanfield._tables import Table

Deviations: TypeAlias = NDArray[np.float32]
"""log10 of something on each path, over mean field's."""

_POINTS = np.array([-2.8569700138728, -1.3556261799743, 0.0, 1.3556261799743, 2.8569700138728])
_MASSES = np.array([0.0112574113277, 0.2220759220056, 0.5333333333333])[[0, 1, 2, 1, 0]]
"""Gauss-Hermite of 5 nodes for N(0, 1): exact up to degree 9."""

_NODES = np.linspace(-1, 1, 49)

_MIDDLE = len(_NODES) // 2

_WIDEST = 2.0
"""Of w: beyond it a log-normal law of lengths is no longer to be believed."""

_LOG = np.log(10)

_SMALLEST = 1e-300


class Maps(Protocol):
    """A network's layers, one after another."""

    def hand_on(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        """E phi^2 of a layer, for its t, over mean field's.

        Parameters
        ----------
        normal, breadth : shape (PATHS,)
            Of the layer's own step, and of how far the batch's inputs scatter.
        """
        ...

    def pull_back(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        """What a layer multiplies the gradient by."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Straight:
    """Layers of a homogeneous phi: no curve bends."""

    steps: Steps

    def hand_on(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        return t + log10_gamma(self.steps.onward[layer], normal)

    def pull_back(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        return log10_gamma(self.steps.back[layer], normal)


class _Curve(NamedTuple):
    """Values at the nodes, and what is added up to the next one, each of shape (depth, nodes)."""

    values: Deviations
    rises: Deviations


@dataclass(frozen=True, slots=True, eq=False)
class Curved:
    """Layers of any other phi.

    Attributes
    ----------
    reach : ndarray, shape (depth,)
        How far nodes go from mean field's path, in decades; curves go straight on beyond.
    square, slope : Of log10 of E phi^2 and E phi'^2 over mean field's.
    onward, back : Of the steps' variances.
    square_breadth, slope_breadth : ndarray, shape (depth,)
        What one standard deviation of a sample's w adds to square and slope.
    """

    reach: FloatArray
    square: _Curve
    slope: _Curve
    onward: _Curve
    back: _Curve
    square_breadth: Deviations
    slope_breadth: Deviations

    def hand_on(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        moment, variance = self._at(layer, t, self.square, self.onward)
        moment += self.square_breadth[layer] * breadth
        moment += log10_gamma(variance, normal)
        return moment

    def pull_back(
        self, layer: int, t: Deviations, normal: Deviations, breadth: Deviations
    ) -> Deviations:
        moment, variance = self._at(layer, t, self.slope, self.back)
        moment += self.slope_breadth[layer] * breadth
        moment += log10_gamma(variance, normal)
        return moment

    def _at(
        self, layer: int, t: Deviations, moment: _Curve, variance: _Curve
    ) -> tuple[Deviations, Deviations]:
        """A moment and a variance at t; variances stay within those of the nodes."""
        place = t * np.float32(_MIDDLE / self.reach[layer]) + np.float32(_MIDDLE)
        node = np.clip(place, 0, len(_NODES) - 2).astype(np.intp)
        place -= node
        inside = np.clip(place, 0, 1)
        place *= moment.rises[layer].take(node)
        place += moment.values[layer].take(node)
        inside *= variance.rises[layer].take(node)
        inside += variance.values[layer].take(node)
        return place, inside


def curved_maps(
    table: Table, lengths: Lengths, within: FloatArray, steps: Steps, reach: FloatArray, size: int
) -> Curved:
    """The maps of a network whose phi bends.

    Parameters
    ----------
    within : ndarray, shape (depth,)
        w, of very many inputs.
    size : int
        Inputs of the batch.
    """
    sampled = np.minimum(within, _WIDEST) * (1 - 1 / size)
    tilt = np.clip(steps.tilt, -_WIDEST, _WIDEST) * (1 - 1 / size)
    nodes = reach[:, None] * _NODES
    square, slope = _means(table, lengths, nodes, sampled, tilt)
    more, less = 1 + relative_scatter(size), 1 - relative_scatter(size)
    still = np.zeros((len(nodes), 1))
    wider = _means(table, lengths, still, sampled * more, tilt * more)
    closer = _means(table, lengths, still, sampled * less, tilt * less)
    breadths = ((np.subtract(*pair) / 2)[:, 0] for pair in zip(wider, closer, strict=True))
    square_breadth, slope_breadth = (breadth.astype(np.float32) for breadth in breadths)
    onward, back = _variances(table, lengths, steps, nodes)
    return Curved(
        reach=reach,
        square=_curve(square),
        slope=_curve(slope),
        onward=_curve(onward),
        back=_curve(back),
        square_breadth=square_breadth,
        slope_breadth=slope_breadth,
    )


def _variances(
    table: Table, lengths: Lengths, steps: Steps, nodes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Of the steps onward and back, at nodes of shape (depth, nodes)."""
    place = _finite(lengths)[:, None] + nodes
    ratio = table.square_ratio(place, lengths.excess[:, None]) - 1
    onward = steps.onward[:, None] * ratio / np.maximum(ratio[:, [_MIDDLE]], _SMALLEST)
    slope_ratio = table.slope_ratio(place)
    bent = steps.back_bend[:, None] * (slope_ratio - slope_ratio[:, [_MIDDLE]])
    back = steps.back[:, None] + bent
    return np.clip(onward, 0.0, 1.0), np.clip(back, 0.0, 1.0)


def relative_scatter(size: int) -> float:
    """The standard deviation of a batch's variance, over that of very many inputs."""
    return float(min(np.sqrt(2 / (size - 1)), 1.0)) if size > 1 else 0.0


def _curve(values: FloatArray) -> _Curve:
    return _Curve(values.astype(np.float32), np.diff(values, axis=1).astype(np.float32))


def _means(
    table: Table, lengths: Lengths, nodes: FloatArray, within: FloatArray, tilt: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """log10 of both means over d at nodes of shape (depth, some), over mean field's."""
    centre, excess = _finite(lengths)[:, None], lengths.excess[:, None]
    spread = np.sqrt(within)[:, None] * _POINTS - within[:, None] / 2
    place = (centre + nodes)[:, :, None] + spread[:, None, :] / _LOG
    square = table.log10_square(place, excess[:, None])
    slope = table.log10_slope(place + tilt[:, None, None] / _LOG, excess[:, None])
    return (
        _log10_mean(square - table.log10_square(centre, excess)[:, None]),
        _log10_mean(slope - table.log10_slope(centre, excess)[:, None]),
    )


def _finite(lengths: Lengths) -> FloatArray:
    """log10 q; where no signal is left, any number will do."""
    return np.where(np.isfinite(lengths.log10_q), lengths.log10_q, 0.0)


def _log10_mean(logarithms: FloatArray) -> FloatArray:
    """log10 of the mean over d, the last axis."""
    mean: FloatArray = np.log10(10.0**logarithms @ _MASSES)
    return mean
