"""The engine "weights" for dense layers: draw every kernel, multiply, go back by the chain rule.

Forward: z_l = h_{l-1} W_l + b_l, h_l = phi(z_l). Backward: g_l = (g_{l+1} W_{l+1}^T) phi'(z_l),
with g_L iid N(0, 1). Kernels are kept for the way back where there is room, else drawn again: a
stream gives the same numbers twice.
"""

from collections.abc import Callable

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray
from vscore.initializers import RandomNormal, size_of
from vscore.networks import Network
from vscore.propagation.scaled import Scaled, activate, derivative, scaled, shifted
from vscore.propagation.statistics import forward_statistics, log10_second_moment

INPUTS, KERNEL, BIAS, COTANGENT = range(4)
"""What a network's streams are for: the first step of a stream's path below the network's own."""

KEPT_WEIGHTS = 1 << 25
"""Kernels of up to this many weights in all (128 MiB) are kept for the backward pass."""


def standard_normal(stream: Stream, shape: tuple[int, ...], dtype: str) -> AnyArray:
    """Independent N(0, 1) numbers."""
    draw = RandomNormal(0.0, 1.0).draw(shape, stream, threads=1)
    return draw.astype(dtype, copy=False)


class DenseRun:
    """One network's way through `Network`: statistics of every layer, forward and back."""

    def __init__(
        self, network: Network, stream: Stream, dtype: str, tick: Callable[[], None]
    ) -> None:
        self._network = network
        self._stream = stream
        self._dtype = dtype
        self._tick = tick
        kept = sum(size_of(shape) for shape in network.kernel_shapes) <= KEPT_WEIGHTS
        self._kernels: dict[int, AnyArray] | None = {} if kept else None
        self._pre_activations: list[Scaled] = []

    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each layer, first to last, for inputs of shape (batch, widths[0])."""
        h = scaled(inputs)
        layers = []
        for layer in range(self._network.depth):
            z = self._pre_activation(layer, h)
            h = activate(self._network.activation, z)
            layers.append(forward_statistics(self._network.activation, z, h))
            self._pre_activations.append(z)
            self._tick()
        return layers

    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each layer's z, first to last."""
        g = scaled(self._cotangent())
        moments = [log10_second_moment(g)]
        self._tick()
        for layer in range(self._network.depth - 2, -1, -1):
            g = self._pulled_back(layer, g)
            moments.append(log10_second_moment(g))
            self._tick()
        return moments[::-1]

    def _pre_activation(self, layer: int, h: Scaled) -> Scaled:
        z = scaled(h.values @ self._kernel(layer), h.exponent)
        if self._network.bias_variance == 0:
            return z
        shape = (self._network.widths[layer + 1],)
        bias = standard_normal(self._stream.child(BIAS, layer), shape, self._dtype)
        return shifted(z, bias * np.asarray(self._network.bias_variance**0.5, self._dtype))

    def _pulled_back(self, layer: int, g: Scaled) -> Scaled:
        """The gradient at z of a layer, from the one at the next layer's z."""
        back = g.values @ self._kernel(layer + 1).T
        back *= derivative(self._network.activation, self._pre_activations[layer])
        return scaled(back, g.exponent)

    def _cotangent(self) -> AnyArray:
        shape = self._pre_activations[-1].values.shape
        return standard_normal(self._stream.child(COTANGENT), shape, self._dtype)

    def _kernel(self, layer: int) -> AnyArray:
        if self._kernels is not None and layer in self._kernels:
            return self._kernels[layer]
        shape = self._network.kernel_shapes[layer]
        stream = self._stream.child(KERNEL, layer)
        drawn = self._network.initializer.draw(shape, stream, threads=1)
        kernel = drawn.astype(self._dtype, copy=False)
        if self._kernels is not None:
            self._kernels[layer] = kernel
        return kernel
