"""What a simulation gives back."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vscore._logarithms import power_of_ten
from vscore._typing import AnyArray, Check, FloatArray
from vscore.networks import Network
from vscore.parameters import check_choice
from vscore.propagation.histograms import ActivationHistograms, histograms_of_run

LOG10_LARGEST = {
    "float16": 4.8162678209825,
    "bfloat16": 38.5301396601118,
    "float32": 38.5318394191037,
}
"""log10 of the largest finite number, rounded up: 65504, 2^127 (2 - 2^-7), 2^127 (2 - 2^-23)."""

LOG10_SMALLEST = {
    "float16": -7.2247198959356,
    "bfloat16": -40.0369894233096,
    "float32": -44.8534693539333,
}
"""log10 of the smallest subnormal number, rounded down: 2^-24, 2^-133, 2^-149."""


@dataclass(frozen=True, slots=True, eq=False)
class Propagation:
    """What independent networks did to a batch, layer by layer, and to a gradient sent back.

    Every array has shape (networks, depth), float64, layer 0 first. "Pooled" means over the units
    of a layer and the inputs of the batch.

    Attributes
    ----------
    network : Network
    q : Pre-activation second moment, mean of z^2, pooled. Infinite beyond 1e308.
    log10_q : Its log10, for any magnitude; -inf where every z is 0.
    log10_peak : log10 of the largest |z|.
    correlation : Mean over pairs of inputs of z_a . z_b, over mean of z_a . z_a; nan for a batch
        of one.
    unit_variance : Variance of one unit's z over the inputs, batch - 1 in the denominator, mean
        over units.
    activation_mean, activation_second_moment, activation_variance : Of h = phi(z), pooled.
    saturated : Share of (unit, input) pairs where phi is saturated.
    dead : Share of units whose value and derivative are 0 for the whole batch.
    gradient_second_moment, log10_gradient : Mean square of the loss gradient with respect to z,
        pooled, for a loss whose gradient at the last z is iid N(0, 1); None if not sent back.
    engine : str
    seed : int
    batch : int
    approximate : bool
        Whether the engine's law is only that of wide layers, O(1 / n) off.
    cell_second_moment : Mean of c^2 of an LSTM's cell state, pooled; None elsewhere.
    dtype : str
        Of the weights and activations.
    inputs : ndarray, shape (some, *network.input_shape), or None
        A copy of the first 128 of the given inputs at most, of all of them with the engine
        "gram"; None where they were drawn.

    Notes
    -----
    In a recurrent network layers are time steps. z then holds the pre-activations of all gates,
    `saturated` asks each gate's own activation, h is the state that the step puts out, and the
    gradient is with respect to h, for a loss whose gradient at the last h is iid N(0, 1).
    """

    network: Network
    log10_q: FloatArray
    log10_peak: FloatArray
    correlation: FloatArray
    unit_variance: FloatArray
    activation_mean: FloatArray
    activation_second_moment: FloatArray
    activation_variance: FloatArray
    saturated: FloatArray
    dead: FloatArray
    log10_gradient: FloatArray | None
    engine: str
    seed: int
    batch: int
    approximate: bool = False
    cell_second_moment: FloatArray | None = None
    dtype: str = "float32"
    inputs: AnyArray | None = None
    _histograms: list[ActivationHistograms] = field(default_factory=list, init=False, repr=False)

    @property
    def histograms(self) -> ActivationHistograms:
        """Histograms of h by layer, in units of its root mean square: of the first network.

        Of this very run: the same streams and inputs, of which the first 128 at most are counted.
        The engine "gram" has activations without weights, and these are they.

        Notes
        -----
        Worked out when first asked for, and kept. That passes one network forward once more, so
        for 128 inputs or fewer it takes 1 / networks of the forward time, and a histogram of
        batch x width numbers a layer (about 20 ns each). What is kept is depth x 61 numbers.
        """
        return self.count_activations()

    def count_activations(self, check: Check | None = None) -> ActivationHistograms:
        """The `histograms`, and a way to call off their work.

        Parameters
        ----------
        check : callable, optional
            Called after each layer at least; what it raises cancels the work.
        """
        if not self._histograms:
            drawn = histograms_of_run(
                self.network, self.batch, self.seed, self.engine, self.dtype, self.inputs, check
            )
            self._histograms.append(drawn)
        return self._histograms[0]

    @property
    def q(self) -> FloatArray:
        """Mean of z^2, shape (networks, depth)."""
        return power_of_ten(self.log10_q)

    @property
    def gradient_second_moment(self) -> FloatArray | None:
        """Mean square of the gradient at z, shape (networks, depth)."""
        return None if self.log10_gradient is None else power_of_ten(self.log10_gradient)

    @property
    def overflow_layer(self) -> NDArray[np.int64]:
        """The layer, from 0, at which each network's z leaves float32; -1 where none does."""
        return self.first_overflow("float32")

    def first_overflow(self, dtype: str) -> NDArray[np.int64]:
        """As `overflow_layer`, for float16, bfloat16 or float32."""
        check_choice("dtype", dtype, LOG10_LARGEST)
        return _first(self.log10_peak > LOG10_LARGEST[dtype])

    def first_underflow(self, dtype: str) -> NDArray[np.int64]:
        """The layer, from 0, at which every |z| of a network is below the smallest subnormal.

        float32's is 1.4e-45, bfloat16's 9.2e-41, float16's 6.0e-8; -1 where no layer is so. A z
        that is 0 in exact arithmetic too, as after dead ReLUs, is no underflow.
        """
        check_choice("dtype", dtype, LOG10_SMALLEST)
        return _first(_flushed(self.log10_peak, dtype))

    def first_gradient_overflow(self, dtype: str) -> NDArray[np.int64] | None:
        """The first layer on the way back, so the last by number, where the gradient overflows.

        Known of the gradient is its root mean square: where this is too large, some entry is.
        -1 where no layer is so, None where no gradient was sent back.
        """
        check_choice("dtype", dtype, LOG10_LARGEST)
        if self.log10_gradient is None:
            return None
        return _last(self.log10_gradient / 2 > LOG10_LARGEST[dtype])

    def first_gradient_underflow(self, dtype: str) -> NDArray[np.int64] | None:
        """The first layer on the way back where the gradient's root mean square is below `dtype`.

        The smallest subnormals are those of `first_underflow`. Most entries are then 0; a few of
        several times the root mean square may last a little longer. -1 and None as above.
        """
        check_choice("dtype", dtype, LOG10_SMALLEST)
        if self.log10_gradient is None:
            return None
        return _last(_flushed(self.log10_gradient / 2, dtype))


def mean_log10(logarithms: FloatArray) -> FloatArray:
    """log10 of the mean over networks of what the logarithms stand for, shape (depth,).

    -inf where all are; nothing overflows on the way.
    """
    top = logarithms.max(axis=0)
    shift = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore", under="ignore"):
        mean: FloatArray = shift + np.log10(np.mean(10.0 ** (logarithms - shift), axis=0))
    return mean


def _flushed(logarithms: FloatArray, dtype: str) -> NDArray[np.bool_]:
    """Where a number that is not 0 is too small for the format."""
    return (logarithms < LOG10_SMALLEST[dtype]) & (logarithms > -np.inf)


def _first(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first layer of each network where it is so; -1 where it is nowhere."""
    return np.where(found.any(axis=1), found.argmax(axis=1), -1)


def _last(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The last such layer; -1 where there is none."""
    return np.where(found.any(axis=1), found.shape[1] - 1 - found[:, ::-1].argmax(axis=1), -1)
