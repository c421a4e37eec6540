"""Several networks' arrays in one, so that one NumPy call does the work of many small ones.

Each network has a power of two of its own, as in `scaled`, because no network's numbers may depend
on its neighbours'. Where all powers are 0, which is nearly always, the networks stay together;
else they are taken one by one. Several lanes of one network's inputs make a stack in the same way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vscore._typing import AnyArray
from vscore.activations import Activation
from vscore.propagation.scaled import Scaled, activate, derivative, fits, peaks, scaled, shifted


@dataclass(frozen=True, slots=True)
class Stack:
    """Arrays whose true values are `values`[r] * 2**`exponents`[r].

    Attributes
    ----------
    values : ndarray, shape (networks, inputs, ...)
        Or (lanes, inputs of a lane, ...), with kernels and biases of the one network for all.
    exponents : tuple of int, one a network or lane
    peaks : ndarray, optional
        The largest magnitudes of `values`, where they have been looked for.
    """

    values: AnyArray
    exponents: tuple[int, ...]
    peaks: AnyArray | None = None

    def __iter__(self) -> Iterator[Scaled]:
        return map(Scaled, self.values, self.exponents)

    @property
    def plain(self) -> bool:
        """Whether the values are the true ones."""
        return not any(self.exponents)

    @property
    def flat(self) -> AnyArray:
        """The values with all units in one axis, shape (networks, inputs, units)."""
        return self.values.reshape(*self.values.shape[:2], -1)


def settled(values: AnyArray, exponents: tuple[int, ...]) -> Stack:
    """The same true values with exponent 0 where they fit: `scaled`, network by network."""
    stack = Stack(values, exponents)
    if stack.plain and fits(found := peaks(values)):
        return Stack(values, exponents, found)
    return _joined([scaled(one.values, one.exponent) for one in stack])


def shifted_by(z: Stack, biases: AnyArray) -> Stack:
    """z + bias, for biases of shape (networks or 1, units); may work in place."""
    if z.plain:
        across = biases.reshape(len(biases), *(1,) * (z.values.ndim - 2), -1)
        return settled(np.add(z.values, across, out=z.values), z.exponents)
    each = np.broadcast_to(biases, (len(z.values), biases.shape[1]))
    return _joined([shifted(one, bias) for one, bias in zip(z, each, strict=True)])


def activated(activation: Activation, z: Stack, out: AnyArray) -> Stack:
    """phi(z), in `out` where z is plain."""
    if z.plain:
        return Stack(activation.value(z.values, out), z.exponents)
    return _joined([activate(activation, one) for one in z])


def slopes(activation: Activation, z: Stack) -> AnyArray:
    """phi'(z), in the place of z where z is plain."""
    if z.plain:
        return activation.derivative(z.values, z.values)
    return np.stack([derivative(activation, one) for one in z])


def pull_back(
    transposed: Callable[[AnyArray, AnyArray, AnyArray], None],
    kernels: AnyArray,
    g: AnyArray,
    at_z: AnyArray,
    out: AnyArray,
) -> AnyArray:
    """One layer of the way back: g_l = (A_{l+1}^T g_{l+1}) phi'(z_l), into `out`.

    Parameters
    ----------
    transposed : callable
        Writes A^T g of each network: transposed(kernels, g, out).
    kernels : ndarray, shape (networks or 1, *kernel_shape)
        Of layer l + 1.
    g : ndarray, shape (networks, inputs, ...)
        The gradient at z_{l+1}.
    at_z : ndarray
        phi'(z_l), of the shape of z_l.
    out : ndarray
        Of the shape of z_l.
    """
    transposed(kernels, g, out)
    out *= at_z
    return out


def _joined(parts: Sequence[Scaled]) -> Stack:
    values = np.stack([part.values for part in parts])
    return Stack(values, tuple(part.exponent for part in parts))
