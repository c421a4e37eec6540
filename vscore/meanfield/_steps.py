"""What chance does at each layer, along mean field's own path: variances and shifts of means.

For a batch of B inputs whose pre-activations correlate by c, with a scatter of their own, a layer
of n units multiplies moments by variables of mean 1 and of variance

    own     2 / n (1 + (B - 1) c^2) / B
    onward  (E phi^4 / (E phi^2)^2 - 1) / n (1 + D + (B - 1) s) / B
    back    ((3 d - 1) (1 + D') + (B - 1) ((1 + (d - 1) s') (1 + 2 e) - 1)) / (n B),
            d = E phi'^4 / (E phi'^2)^2

with s and s' the correlations of phi^2 and phi'^2 between two inputs, e the mean squared
correlation of two inputs' gradients, and D and D' the scatter of single inputs about the batch's
mean, which the layers before have made: an input of a large norm counts for several. The 2, and
the moments of phi, feel the weights' own kurtosis: that of z differs from 3 by
(kurtosis of w - 3) E h^4 / (E h^2)^2 / fan_in.

Two means move too, by as much as 1 / n. A scatter of single inputs' lengths of variance D moves
E phi^2 by 1 + D q^2 (E phi^2)'' / (2 E phi^2), and E phi'^2 likewise. And a kernel meets the
gradient after it has made the z that the gradient knows of: its part along h is

    a_l = r_l - k_l + k_l a_{l+1},  a_L = 1, r = E z^2 phi'^2 / (q E phi'^2),
    k = E[z phi phi']^2 / (q E phi^2 E phi'^2)

times as large as if it were fresh, which moves E g_l^2 by 1 + (a_{l+1} - 1) E phi^2 phi'^2 /
(n E phi^2 E phi'^2). For ReLU a is 1 throughout: the mean stays exact.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vscore._typing import FloatArray
from vscore.meanfield._moments import log10_of, log10_sum
from vscore.meanfield._shares import Shares, hermite_shares
from vscore.meanfield._tables import Table
from vscore.networks import DenseNetwork

_TOP = 1.0
"""The largest variance of a step that a gamma variable still describes."""

_SMALLEST = 1e-300

_GAUSSIAN = 3.0
"""Kurtosis."""

_LEAST_SHIFT = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What chance does at each layer: shape (depth,).

    Attributes
    ----------
    own : Variance of a layer's q about its mean given the layers below.
    onward : Variance of what it hands on, E phi^2.
    back : Variance of the gradient's step; the last layer's is that of the cotangent.
    linked : Correlation of the steps onward and back: one unit's phi and phi' go together.
    excess : Excess kurtosis of z.
    shift, back_shift : log10 of what scatter moves the means of the steps onward and back by.
    """

    own: FloatArray
    onward: FloatArray
    back: FloatArray
    linked: FloatArray
    excess: FloatArray
    shift: FloatArray
    back_shift: FloatArray

    @property
    def largest(self) -> float:
        """The largest variance of one step; the last layer hands nothing on."""
        return max(float(each.max(initial=0)) for each in (self.own, self.onward[:-1], self.back))


@dataclass(frozen=True, slots=True)
class _Arriving:
    """What a layer is given.

    Attributes
    ----------
    log10_second : log10 of E h^2.
    ratio : E h^4 / (E h^2)^2.
    correlation, scatter : Of two inputs' h: its mean and its variance.
    spread : Variance of the log of one input's E h^2 about the batch's.
    """

    log10_second: float
    scatter: float
    spread: float
    ratio: float = _GAUSSIAN
    correlation: float = 0.0


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one layer does, on mean field's own path.

    Attributes
    ----------
    width : Its units.
    log10_q : Of its z.
    signal : The share of q that is not the bias'.
    correlation, scatter : Of two inputs' z: its mean and its variance.
    within : Variance of the log of one input's q about the batch's.
    kurtosis : Of its weights.
    excess : Excess kurtosis of z.
    ratio, slope_ratio : E phi^4 / (E phi^2)^2, and of phi'.
    steepness, slope_steepness : d log E phi^2 / d log q, and of phi'.
    shares : What two inputs share after phi.
    """

    width: int
    log10_q: FloatArray
    signal: float
    correlation: float
    scatter: float
    within: float
    kurtosis: float
    excess: float
    ratio: float
    slope_ratio: float
    steepness: float
    slope_steepness: float
    shares: Shares

    @property
    def alone(self) -> float:
        """The variance of one input's step onward."""
        return (self.ratio - 1) / self.width

    @property
    def mixed(self) -> float:
        """What one input's phi^2 and phi'^2 share beyond what two inputs' do, a unit."""
        return self.shares.mixed_alone - self.shares.mixed


def step_variances(network: DenseNetwork, table: Table, log10_inputs: float, batch: int) -> Steps:
    """Every layer's steps, for a batch of iid normal inputs of a second moment.

    Parameters
    ----------
    network : DenseNetwork
        Of independent weights of mean 0.
    table : Table
        Of its activation.
    log10_inputs : float
        log10 of the inputs' second moment.
    batch : int
    """
    inputs = network.widths[0]
    arriving = _Arriving(log10_inputs, scatter=1 / inputs, spread=2 / inputs)
    layers = []
    for layer in range(network.depth):
        layers.append(_layer(network, layer, table, arriving, batch))
        arriving = _handed_on(layers[-1], table)
    onward = np.array([_onward(layer, batch) for layer in layers])
    back = _backward_steps(layers, batch)
    return Steps(
        own=np.clip([_own(layer, batch) for layer in layers], 0.0, _TOP),
        onward=np.clip(onward, 0.0, _TOP),
        back=np.clip(back, 0.0, _TOP),
        linked=_linked(layers, onward * back, batch),
        excess=np.array([layer.excess for layer in layers]),
        shift=np.array([_log10_shift(_bent(layer, table.square_bend, batch)) for layer in layers]),
        back_shift=_backward_shifts(layers, table, batch),
    )


def _layer(
    network: DenseNetwork, layer: int, table: Table, arriving: _Arriving, batch: int
) -> _Layer:
    fan_in, width = network.widths[layer : layer + 2]
    weights = network.initializer.density(network.initializer.fans((fan_in, width)))
    signal = arriving.log10_second + log10_of(fan_in * weights.std**2)
    log10_q = log10_sum(signal, network.bias_variance)
    share = float(10.0 ** (signal - log10_q)) if np.isfinite(log10_q) else 1.0
    correlation = share * arriving.correlation + 1 - share
    scatter = share**2 * arriving.scatter
    excess = (weights.kurtosis - _GAUSSIAN) * arriving.ratio / fan_in * share**2
    return _Layer(
        width=width,
        log10_q=log10_q,
        signal=share,
        correlation=correlation,
        scatter=scatter,
        within=share**2 * arriving.spread,
        kurtosis=weights.kurtosis,
        excess=excess,
        ratio=float(table.square_ratio(log10_q, excess)),
        slope_ratio=float(table.slope_ratio(log10_q)),
        steepness=float(table.steepness(log10_q)),
        slope_steepness=float(table.slope_steepness(log10_q)),
        shares=hermite_shares(network.activation, float(log10_q), correlation, scatter),
    )


def _handed_on(layer: _Layer, table: Table) -> _Arriving:
    shares = layer.shares
    return _Arriving(
        log10_second=float(table.log10_square(layer.log10_q, layer.excess)),
        scatter=shares.steepness**2 * layer.scatter + (1 - shares.value**2) ** 2 / layer.width,
        spread=layer.steepness**2 * layer.within + layer.alone * (1 - shares.square),
        ratio=layer.ratio,
        correlation=shares.value,
    )


def _own(layer: _Layer, batch: int) -> float:
    together = min(1.0, layer.correlation**2 + layer.scatter)
    return (2 + layer.excess) * _pooled(together, batch) / layer.width


def _onward(layer: _Layer, batch: int) -> float:
    counted = layer.within * (1 - 1 / batch) / batch
    return layer.alone * (_pooled(layer.shares.square, batch) + counted)


def _linked(layers: list[_Layer], variances: FloatArray, batch: int) -> FloatArray:
    """Correlation of the steps onward and back, from the product of their variances."""
    mixed = [s.mixed_alone + (batch - 1) * s.mixed for s in (layer.shares for layer in layers)]
    widths = np.array([layer.width for layer in layers], float)
    linked = np.array(mixed) / (batch * widths * np.sqrt(np.maximum(variances, _SMALLEST)))
    correlations: FloatArray = np.clip(linked, -1.0, 1.0)
    return correlations


def _backward_steps(layers: list[_Layer], batch: int) -> FloatArray:
    """Variances of the gradient's steps, from the last layer back."""
    last = layers[-1].width
    back = [2 / (last * batch)]
    together, spread = 1 / last, 0.0
    for layer in layers[-2::-1]:
        alone = 3 * layer.slope_ratio - 1
        chance = 1 + (layer.slope_ratio - 1) * layer.shares.slope_square
        shared = chance * (1 + 2 * together) - 1
        pooled = (alone * (1 + spread * (1 - 1 / batch)) + (batch - 1) * shared) / batch
        back.append(pooled / layer.width)
        spread += max(alone - shared, 0.0) / layer.width
        together = min(1.0, together * layer.shares.slope**2 + chance / layer.width)
    return np.array(back[::-1])


def _backward_shifts(layers: list[_Layer], table: Table, batch: int) -> FloatArray:
    """log10 of what moves the gradient's mean at each layer, from the last layer back."""
    shifts = [0.0]
    along, outer, kurtosis, sensitive = 1.0, 1.0, _GAUSSIAN, 0.0
    others = 1 - 1 / batch
    for layer in layers[-2::-1]:
        shares, width = layer.shares, layer.width
        # Of a kernel's squares the share known through z is (kurtosis - 1) / 2 of a Gaussian's.
        known = along - outer + (kurtosis - 1) / 2 * (outer - 1)
        known *= (1 + shares.mixed_alone) / width
        # One input's chi here goes with those above: by its length, and by its own units.
        length = layer.slope_steepness * layer.steepness * layer.within * others
        together = sensitive * (length + layer.mixed * others / width)
        bent = _bent(layer, table.slope_bend, batch)
        shifts.append(_log10_shift(known) + _log10_shift(together) + _log10_shift(bent))
        outer = 1 + layer.signal * (shares.outer - 1)
        aligned = layer.signal * shares.aligned
        along = outer - aligned + aligned * along
        sensitive = (layer.slope_steepness + layer.steepness * sensitive) * layer.signal
        kurtosis = layer.kurtosis
    return np.array(shifts[::-1])


def _bent(layer: _Layer, bend: Callable[[FloatArray], FloatArray], batch: int) -> float:
    """What the scatter of single inputs' lengths adds to a mean, relative to it."""
    return float(bend(layer.log10_q)) * layer.within * (1 - 1 / batch) / 2


def _log10_shift(shift: float) -> float:
    """log10 of 1 + shift, which is one of first order."""
    return float(np.log10(max(1 + shift, _LEAST_SHIFT)))


def _pooled(correlation: float, batch: int) -> float:
    """The variance of a mean over a batch, over that of one input."""
    return (1 + (batch - 1) * correlation) / batch
