"""The activations' formulas: phi(z) and phi'(z), nothing else.

Every function takes `(z, out)`, keeps z's float dtype, and writes `out` in its last step only,
so that `out` may be z itself. None overflows for |z| up to 1e30 in float32: exponentials are
taken of numbers <= 0, and a square is taken only of a clipped argument.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from vscore._typing import AnyArray

Formula: TypeAlias = Callable[[AnyArray, AnyArray | None], AnyArray]

# Klambauer et al. 2017, eq. 14: the pair for which mean 0 and variance 1 map to themselves.
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772

# The argument of 1 + tanh in Hendrycks and Gimpel's approximate GELU, doubled:
# (1 + tanh(u / 2)) / 2 = sigmoid(u) keeps its relative precision for very negative u.
_GELU_LINEAR = 2 * math.sqrt(2 / math.pi)
_GELU_CUBIC = _GELU_LINEAR * 0.044715

# exp(-40^2 / 2) is 0 even in float64, and 40^3 is small enough for float16.
_FAR = 40.0


def _decay(z: AnyArray) -> AnyArray:
    """exp(-|z|), in (0, 1]."""
    e = np.abs(z)
    np.negative(e, out=e)
    return np.exp(e, out=e)


def _odds(z: AnyArray) -> tuple[AnyArray, AnyArray]:
    """p and r, both in [0, 1], with p / r = exp(z): no overflow on either side."""
    below = np.minimum(z, 0)
    above = np.maximum(z, 0)
    np.negative(above, out=above)
    return np.exp(below, out=below), np.exp(above, out=above)


def _bump(z: AnyArray) -> AnyArray:
    """exp(-z^2 / 2)."""
    t = np.clip(z, -_FAR, _FAR)
    np.multiply(t, t, out=t)
    np.multiply(t, -0.5, out=t)
    result: AnyArray = np.exp(t, out=t)
    return result


def _normal_cdf(z: AnyArray) -> AnyArray:
    from scipy.special import ndtr

    cdf: AnyArray = ndtr(z)
    return cdf.astype(z.dtype, copy=False)  # float16 comes back as float32


def _ones(z: AnyArray, out: AnyArray | None) -> AnyArray:
    result = np.empty_like(z) if out is None else out
    result[...] = 1
    return result


def linear(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.positive(z, out=out)


linear_derivative = _ones


def relu(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.maximum(z, 0, out=out)


def relu_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(z > 0, 1, out=out, dtype=z.dtype)  # 10 times as fast as np.heaviside


def relu6(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.clip(z, 0, 6, out=out)


def relu6_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(z > 0, z < 6, out=out, dtype=z.dtype)


def leaky_relu(slope: float) -> Formula:
    """Return phi(z) = z above 0, slope * z below."""
    pick = np.maximum if slope <= 1 else np.minimum

    def value(z: AnyArray, out: AnyArray | None) -> AnyArray:
        result: AnyArray = pick(z, slope * z, out=out)
        return result

    return value


def leaky_relu_derivative(slope: float) -> Formula:
    """Return phi'(z): 1 above 0, slope at 0 and below."""

    def derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
        below = np.multiply(z <= 0, slope, dtype=z.dtype)
        return np.add(below, z > 0, out=out)

    return derivative


def elu(z: AnyArray, out: AnyArray | None) -> AnyArray:
    below = np.expm1(np.minimum(z, 0))
    return np.add(below, np.maximum(z, 0), out=out)


def elu_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.exp(np.minimum(z, 0), out=out)


def selu(z: AnyArray, out: AnyArray | None) -> AnyArray:
    below = np.expm1(np.minimum(z, 0))
    np.multiply(below, SELU_SCALE * SELU_ALPHA, out=below)
    return np.add(below, SELU_SCALE * np.maximum(z, 0), out=out)


def selu_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    slope = np.exp(np.minimum(z, 0))  # 1 above 0, where the factor has to be SELU_SCALE alone
    np.multiply(slope, SELU_SCALE * SELU_ALPHA, out=slope)
    excess = np.multiply(z > 0, SELU_SCALE * (SELU_ALPHA - 1), dtype=z.dtype)
    return np.subtract(slope, excess, out=out)


def gelu(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(z, _normal_cdf(z), out=out)


def gelu_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    density = _bump(z)
    np.multiply(density, 1 / math.sqrt(2 * math.pi), out=density)
    result: AnyArray = np.add(_normal_cdf(z), z * density, out=out)
    return result


def gelu_tanh(z: AnyArray, out: AnyArray | None) -> AnyArray:
    t = np.clip(z, -_FAR, _FAR)
    u = t * (_GELU_LINEAR + _GELU_CUBIC * (t * t))
    return np.multiply(z, sigmoid(u, u), out=out)


def gelu_tanh_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    t = np.clip(z, -_FAR, _FAR)
    square = t * t
    u = t * (_GELU_LINEAR + _GELU_CUBIC * square)
    inner = t * (_GELU_LINEAR + 3 * _GELU_CUBIC * square)
    result: AnyArray = np.add(sigmoid(u, None), inner * sigmoid_derivative(u, None), out=out)
    return result


def silu(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(z, sigmoid(z, None), out=out)


def silu_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    result: AnyArray = np.add(sigmoid(z, None), z * sigmoid_derivative(z, None), out=out)
    return result


def _mish_gate(z: AnyArray) -> tuple[AnyArray, AnyArray]:
    """tanh(softplus(z)) and 1 minus it, both without cancellation.

    With y = exp(z), tanh(ln(1 + y)) = (y^2 + 2 y) / (y^2 + 2 y + 2), here with y = p / r.
    """
    p, r = _odds(z)
    numerator = p * (p + 2 * r)
    rest = 2 * r * r
    total = numerator + rest
    return numerator / total, rest / total


def mish(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(z, _mish_gate(z)[0], out=out)


def mish_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    gate, rest = _mish_gate(z)
    result: AnyArray = np.add(gate, z * (rest * (1 + gate) * sigmoid(z, None)), out=out)
    return result


def softplus(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.add(np.log1p(_decay(z)), np.maximum(z, 0), out=out)


def sigmoid(z: AnyArray, out: AnyArray | None) -> AnyArray:
    p, r = _odds(z)
    result: AnyArray = np.divide(p, p + r, out=out)
    return result


softplus_derivative = sigmoid


def sigmoid_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    e = _decay(z)
    result: AnyArray = np.divide(e, (1 + e) ** 2, out=out)
    return result


def softsign(z: AnyArray, out: AnyArray | None) -> AnyArray:
    result: AnyArray = np.divide(z, 1 + np.abs(z), out=out)
    return result


def softsign_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    root = 1 / (1 + np.abs(z))  # squared last: (1 + 1e30)^2 is too large for float32
    return np.multiply(root, root, out=out)


def tanh(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.tanh(z, out=out)


def tanh_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    # 1 - tanh^2 has no correct digit left in float32 beyond |z| = 9.
    e = np.square(_decay(z))
    result: AnyArray = np.divide(4 * e, (1 + e) ** 2, out=out)
    return result


def hard_sigmoid(z: AnyArray, out: AnyArray | None) -> AnyArray:
    ramp = np.clip(z, -3, 3)
    np.add(ramp, 3, out=ramp)
    result: AnyArray = np.divide(ramp, 6, out=out)
    return result


def hard_sigmoid_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.divide(np.abs(z) < 3, 6, out=out, dtype=z.dtype)


def hard_tanh(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.clip(z, -1, 1, out=out)


def hard_tanh_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    result: AnyArray = np.positive((np.abs(z) < 1).astype(z.dtype), out=out)
    return result


def erf(z: AnyArray, out: AnyArray | None) -> AnyArray:
    from scipy.special import erf as special_erf

    curve: AnyArray = special_erf(z)
    result: AnyArray = np.positive(curve.astype(z.dtype, copy=False), out=out)
    return result


def erf_derivative(z: AnyArray, out: AnyArray | None) -> AnyArray:
    return np.multiply(np.square(_bump(z)), 2 / math.sqrt(math.pi), out=out)
