"""Theory of convolutions on an image with zeros around it: lengths that depend on the place.

A position's q is sigma_w^2 times the mean of E phi^2 over its taps, of which those outside count
as 0; gradients come back through the same taps. Moments are pooled over the image at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from vscore._typing import FloatArray, Shape
from vscore.activations import Activation
from vscore.meanfield._moments import (
    Moments,
    expectations,
    is_line,
    line,
    log10_of,
    log10_sum,
    moments_at,
)
from vscore.networks import ConvolutionalNetwork

_DEGREE = 32
"""Of the polynomials that carry moments from a few lengths to all positions."""

_NARROW = 1e-9
"""log10 between lengths that are one and the same."""


@dataclass(frozen=True, slots=True)
class _Field:
    """Moments at every position, shape image_size."""

    mean: FloatArray
    log10_second: FloatArray
    log10_slope: FloatArray

    @property
    def pooled(self) -> Moments:
        return Moments(
            float(self.mean.mean()), _log10_mean(self.log10_second), _log10_mean(self.log10_slope)
        )


def trace_with_border(
    network: ConvolutionalNetwork, log10_inputs: float
) -> tuple[list[float], list[Moments], FloatArray]:
    """log10 of q, phi's moments and log10 of the gradient's second moment, by layer, pooled."""
    layers = list(_walk(network, log10_inputs))
    lengths = [_log10_mean(log10_q) for log10_q, _ in layers]
    fields = [field for _, field in layers]
    return lengths, [field.pooled for field in fields], _gradient(network, fields)


def lengths_with_border(network: ConvolutionalNetwork, log10_inputs: float) -> list[FloatArray]:
    """log10 of q at every position, by layer, each of shape image_size."""
    return [log10_q for log10_q, _ in _walk(network, log10_inputs)]


def _walk(
    network: ConvolutionalNetwork, log10_inputs: float
) -> Iterator[tuple[FloatArray, _Field]]:
    """log10 of q at every position, and phi's moments there, from the first layer on."""
    log10_h = np.full(network.image_size, log10_inputs)
    for fans, variance in zip(network.effective_fans, network.weight_variances, strict=True):
        arriving = _tap_mean(log10_h, network.kernel_size, network.taps_before)
        log10_q = log10_sum(arriving + log10_of(fans.fan_in * variance), network.bias_variance)
        field = _field(network.activation, log10_q)
        yield log10_q, field
        log10_h = field.log10_second


def _gradient(network: ConvolutionalNetwork, fields: list[_Field]) -> FloatArray:
    """log10 of g, from the last layer back."""
    sizes = zip(network.kernel_size, network.taps_before, strict=True)
    after = tuple(taps - 1 - before for taps, before in sizes)
    layers = list(zip(network.effective_fans, network.weight_variances, fields, strict=True))
    log10_g = np.zeros(network.image_size)
    pooled = [0.0]
    for layer in range(network.depth - 2, -1, -1):
        fans, variance, _ = layers[layer + 1]
        arriving = _tap_mean(log10_g, network.kernel_size, after)
        log10_g = arriving + log10_of(fans.fan_out * variance) + fields[layer].log10_slope
        pooled.append(_log10_mean(log10_g))
    return np.array(pooled[::-1])


def _tap_mean(log10_field: FloatArray, taps: Shape, before: Shape) -> FloatArray:
    """log10 of the mean over each position's taps, `before` of which look back."""
    top = log10_field.max()
    if top == -np.inf:
        return log10_field
    values = 10.0 ** (log10_field - top)
    for axis, (size, back) in enumerate(zip(taps, before, strict=True)):
        looks = [(back, size - 1 - back) if a == axis else (0, 0) for a in range(values.ndim)]
        values = sliding_window_view(np.pad(values, looks), size, axis).mean(axis=-1)
    spread: FloatArray = _log10(values) + top
    return spread


def _field(phi: Activation, log10_q: FloatArray) -> _Field:
    low, high = float(log10_q.min()), float(log10_q.max())
    if is_line(phi, low) and is_line(phi, high):
        return _Field(*line(phi, log10_q))
    if not high - low > _NARROW:
        same = moments_at(phi, high)
        return _Field(*(np.full_like(log10_q, m) for m in _numbers(same)))
    return _Field(*_interpolated(phi, log10_q, low, high))


def _interpolated(phi: Activation, log10_q: FloatArray, low: float, high: float) -> FloatArray:
    """The three moments at every position, shape (3, *image_size), from `_DEGREE` + 1 lengths.

    The logarithms of moments are smooth in log q, kinks or not: N(0, q) smooths phi.
    """
    from numpy.polynomial.chebyshev import chebfit, chebpts1, chebval  # 10 ms to load

    middle, half = (low + high) / 2, (high - low) / 2
    x = chebpts1(_DEGREE + 1)
    mean, second, slope = expectations(phi, middle + half * x)
    values = np.stack([mean, _log10(second), _log10(slope)], axis=-1)
    polynomials = chebfit(x, values, _DEGREE)
    return np.asarray(chebval((log10_q - middle) / half, polynomials), np.float64)


def _numbers(moments: Moments) -> tuple[float, float, float]:
    return moments.mean, moments.log10_second, moments.log10_slope


def _log10(values: FloatArray) -> FloatArray:
    """log10 of what can be 0 only by underflow: a position's own tap is inside, phi is not 0."""
    logarithms: FloatArray = np.log10(np.maximum(values, 1e-300))
    return logarithms


def _log10_mean(logarithms: FloatArray) -> float:
    top = float(logarithms.max())
    return top if top == -np.inf else top + log10_of(float((10.0 ** (logarithms - top)).mean()))
