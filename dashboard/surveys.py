"""The phase map as small networks have it: one point after another, simulated and judged.

What is measured is compared with what theory predicts for the very same network, and is inside
where the mean over its networks lies in theory's 95 % band for that mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from vscore._typing import Check, FloatArray
from vscore.activations import Activation
from vscore.initializers import VarianceScaling
from vscore.meanfield import Prediction, predict
from vscore.networks import DenseNetwork, mlp
from vscore.propagation import Propagation, mean_log10, simulate

WEIGHTS = tuple(round(0.3 * k, 2) for k in range(1, 14))
"""sigma_w2 of the points."""

BIASES = tuple(round(0.3 * k, 2) for k in range(7))
"""sigma_b2 of the points."""

POINTS = tuple(product(WEIGHTS, BIASES))
"""Each (sigma_w2, sigma_b2)."""

WIDTH, DEPTH, NETWORKS, BATCH = 64, 16, 4, 4
"""Of the networks: small enough for a hundred points in seconds, large enough for theory's band."""

_FROM = DEPTH // 2
"""The layer, from 0, behind which the gradient's factor is measured: the length has settled."""

_STRIDE = 37
"""From one point to the next that is simulated: the map is filled all over at once."""

ORDER = tuple(_STRIDE * k % len(POINTS) for k in range(len(POINTS)))
"""A permutation, since 37 is prime to their number."""

_MISSING = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What has been simulated by now; each array has shape (len(POINTS),), nan where nothing yet.

    Attributes
    ----------
    done : int
        Points simulated, in `ORDER`.
    log10_chi, log10_chi_predicted : Of the gradient's factor a layer, over the second half.
    log10_q, log10_q_predicted : Of the last layer's length.
    correlation : Of two inputs, at the last layer.
    chi_inside, q_inside : 1 where it lies in its band, 0 where not; nan where there is none.
    """

    done: int
    log10_chi: FloatArray
    log10_chi_predicted: FloatArray
    log10_q: FloatArray
    log10_q_predicted: FloatArray
    correlation: FloatArray
    chi_inside: FloatArray
    q_inside: FloatArray

    @property
    def finished(self) -> bool:
        """Whether every point is there."""
        return self.done == len(POINTS)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which points are there."""
        return ~np.isnan(self.log10_q)


@dataclass(frozen=True, slots=True)
class SurveyTask:
    """Which map is simulated.

    Attributes
    ----------
    activation : Activation
    seed : int
    """

    activation: Activation
    seed: int

    def run(self, before: Survey | None, look: Check, publish: Callable[[Survey], None]) -> None:
        """Simulate what is not there yet, and say so after each point."""
        found = before or _nothing()
        for point in ORDER[found.done :]:
            found = _with_point(found, point, self._simulated(point, look))
            publish(found)

    def network(self, point: int) -> DenseNetwork:
        """The networks of one point, by its index in `POINTS`."""
        weight, bias = POINTS[point]
        return mlp(
            (WIDTH,) * (DEPTH + 1),
            activation=self.activation,
            initializer=VarianceScaling(weight, "fan_in", "untruncated_normal"),
            bias_variance=bias,
        )

    def _simulated(self, point: int, look: Check) -> Propagation:
        return simulate(
            self.network(point),
            networks=NETWORKS,
            batch=BATCH,
            seed=int(np.random.SeedSequence([self.seed, point]).generate_state(1)[0]),
            threads=1,
            check=look,
        )


def _nothing() -> Survey:
    return Survey(0, *(np.full(len(POINTS), _MISSING) for _ in range(7)))


def _with_point(before: Survey, point: int, measured: Propagation) -> Survey:
    predicted = predict(measured.network)
    assert measured.log10_gradient is not None
    gradient, length = mean_log10(measured.log10_gradient), mean_log10(measured.log10_q)
    numbers = {
        "log10_chi": _factor(gradient),
        "log10_chi_predicted": _factor(predicted.log10_gradient),
        "log10_q": float(length[-1]),
        "log10_q_predicted": float(predicted.log10_q[-1]),
        "correlation": float(measured.correlation[:, -1].mean()),
        "chi_inside": _inside(predicted, "gradient", gradient, _FROM),
        "q_inside": _inside(predicted, "q", length, DEPTH - 1),
    }
    arrays = {name: getattr(before, name).copy() for name in numbers}
    for name, number in numbers.items():
        arrays[name][point] = number
    return replace(before, done=before.done + 1, **arrays)


def _factor(log10_gradient: FloatArray) -> float:
    """log10 of the gradient's factor a layer, over the second half."""
    return float(log10_gradient[_FROM] - log10_gradient[-1]) / (DEPTH - 1 - _FROM)


def _inside(predicted: Prediction, of: str, measured: FloatArray, layer: int) -> float:
    """Whether the mean lies in its band at a layer: 1 or 0; nan where no band would hold."""
    if predicted.band_warning(BATCH, NETWORKS):
        return _MISSING
    low, high = predicted.log10_band(of=of, batch=BATCH, networks=NETWORKS)
    return float(low[layer] <= measured[layer] <= high[layer])
