"""One network's way forward and back, layer by layer, whatever its layers do.

Forward: z_l = A_l h_{l-1} + b_l, h_l = phi(z_l), with A_l the layer's linear map. Backward:
g_l = (A_{l+1}^T g_{l+1}) phi'(z_l), with g_L iid N(0, 1).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray, Shape
from vscore.initializers import RandomNormal, size_of
from vscore.networks import Network
from vscore.propagation.scaled import Scaled, activate, derivative, scaled, shifted
from vscore.propagation.statistics import forward_statistics, log10_second_moment

INPUTS, KERNEL, BIAS, COTANGENT = range(4)
"""What a network's streams are for: the first step of a stream's path below the network's own."""

KEPT_WEIGHTS = 1 << 25
"""Kernels of up to this many weights in all (128 MiB) are kept for the backward pass."""

SomeNetwork = TypeVar("SomeNetwork", bound=Network)


class Run(ABC, Generic[SomeNetwork]):
    """One drawn network and a batch on its way through it."""

    def __init__(
        self, network: SomeNetwork, stream: Stream, dtype: str, tick: Callable[[], None]
    ) -> None:
        self.network = network
        self._stream = stream
        self._dtype = dtype
        self._tick = tick

    def draw_inputs(self, batch: int) -> AnyArray:
        """iid N(0, 1) inputs, shape (batch, *input_shape)."""
        return self._standard_normal((batch, *self.network.input_shape), INPUTS)

    @abstractmethod
    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each layer, first to last; inputs are (batch, *input_shape)."""

    @abstractmethod
    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each layer's z, first to last."""

    def _standard_normal(self, shape: Shape, *path: int) -> AnyArray:
        """Independent N(0, 1) numbers from the stream at a path."""
        draw = RandomNormal(0.0, 1.0).draw(shape, self._stream.child(*path), threads=1)
        return draw.astype(self._dtype, copy=False)


class WeightsRun(Run[SomeNetwork]):
    """The engine "weights": every kernel is drawn.

    Kernels are kept for the way back where there is room, else drawn again: a stream gives the
    same numbers twice.
    """

    def __init__(
        self, network: SomeNetwork, stream: Stream, dtype: str, tick: Callable[[], None]
    ) -> None:
        super().__init__(network, stream, dtype, tick)
        kept = sum(size_of(shape) for shape in network.kernel_shapes) <= KEPT_WEIGHTS
        self._kernels: dict[int, AnyArray] | None = {} if kept else None
        self._pre_activations: list[Scaled] = []

    @abstractmethod
    def _apply(self, kernel: AnyArray, h: AnyArray) -> AnyArray:
        """A h, for a layer's linear map A."""

    @abstractmethod
    def _apply_transposed(self, kernel: AnyArray, g: AnyArray) -> AnyArray:
        """A^T g, for the same map."""

    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each layer, first to last; inputs are (batch, *input_shape)."""
        h = scaled(inputs)
        layers = []
        for layer in range(self.network.depth):
            z = self._pre_activation(layer, h)
            h = activate(self.network.activation, z)
            layers.append(forward_statistics(self.network.activation, z, h))
            self._pre_activations.append(z)
            self._tick()
        return layers

    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each layer's z, first to last."""
        g = scaled(self._standard_normal(self._pre_activations[-1].values.shape, COTANGENT))
        moments = [log10_second_moment(g)]
        self._tick()
        for layer in range(self.network.depth - 2, -1, -1):
            g = self._pulled_back(layer, g)
            moments.append(log10_second_moment(g))
            self._tick()
        return moments[::-1]

    def _pre_activation(self, layer: int, h: Scaled) -> Scaled:
        kernel = self._kernel(layer)
        z = scaled(self._apply(kernel, h.values), h.exponent)
        if self.network.bias_variance == 0:
            return z
        bias = self._standard_normal(kernel.shape[-1:], BIAS, layer)
        return shifted(z, bias * np.asarray(self.network.bias_variance**0.5, self._dtype))

    def _pulled_back(self, layer: int, g: Scaled) -> Scaled:
        """The gradient at z of a layer, from the one at the next layer's z."""
        back = self._apply_transposed(self._kernel(layer + 1), g.values)
        back *= derivative(self.network.activation, self._pre_activations[layer])
        return scaled(back, g.exponent)

    def _kernel(self, layer: int) -> AnyArray:
        if self._kernels is not None and layer in self._kernels:
            return self._kernels[layer]
        shape = self.network.kernel_shapes[layer]
        stream = self._stream.child(KERNEL, layer)
        drawn = self.network.initializer.draw(shape, stream, threads=1)
        kernel = drawn.astype(self._dtype, copy=False)
        if self._kernels is not None:
            self._kernels[layer] = kernel
        return kernel
