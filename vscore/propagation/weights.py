"""Networks' way forward and back, layer by layer, whatever their layers do.

Forward: z_l = A_l h_{l-1} + b_l, h_l = phi(z_l), with A_l the layer's linear map. Backward:
g_l = (A_{l+1}^T g_{l+1}) phi'(z_l), with g_L iid N(0, 1).
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import chain
from operator import add
from typing import Self

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray, FloatArray, Shape
from vscore._workers import ALONE, Team, Tick
from vscore.initializers import RandomNormal
from vscore.propagation.kernels import Kernels, Ready, fill_each
from vscore.propagation.lane import Found, Lanes
from vscore.propagation.portions import Portions
from vscore.propagation.run import BIAS, COTANGENT, INPUTS, KERNEL, Engine, SomeNetwork
from vscore.propagation.stack import activated, pull_back, settled, shifted_by, slopes
from vscore.propagation.statistics import (
    Sums,
    Tally,
    log10_second_moments,
    statistics,
    sums,
    tally,
)


class WeightsRun(Engine[SomeNetwork]):
    """The engine "weights": every kernel is drawn.

    Small networks go together, a large one's batch in lanes of some inputs, which a team of
    threads shares. Kernels are kept for the way back where there is room, else drawn again: a
    stream gives the same numbers twice.
    """

    def __init__(
        self,
        network: SomeNetwork,
        stream: Stream,
        dtype: str,
        tick: Tick,
        team: Team = ALONE,
        others: Sequence[Stream] = (),
    ) -> None:
        super().__init__(network, stream, dtype, tick, team)
        self._streams = (stream, *others)
        self._portions = Portions(network)

    @classmethod
    def at_once(cls, network: SomeNetwork, batch: int) -> int:
        """As many networks as fit a block of weights and the cache, layer by layer."""
        return Portions(network).networks(batch)

    @classmethod
    def is_brief(cls, network: SomeNetwork, networks: int, batch: int) -> bool:
        return Portions(network).are_brief(networks, batch)

    @classmethod
    def of(
        cls,
        network: SomeNetwork,
        streams: Sequence[Stream],
        dtype: str,
        tick: Tick,
        team: Team,
    ) -> Self:
        """The engine for the networks of these streams, at most `at_once`, with this team."""
        return cls(network, streams[0], dtype, tick, team, streams[1:])

    def trace(self, batch: int, inputs: AnyArray | None, backward: bool) -> dict[str, FloatArray]:
        """Each statistic by name, shape (networks, depth); inputs are drawn if not given."""
        shares = self._shares(self._inputs(batch, inputs), backward)
        kernels = self._drawn_kernels()
        trace = statistics(self._forward(kernels, shares))
        if backward:
            trace["log10_gradient"] = log10_second_moments(self._backward(kernels, shares, batch))
        return trace

    def activations(self, inputs: AnyArray) -> Iterator[AnyArray]:
        first = inputs[: self._portions.lane]
        ((lanes,),) = self._shares(self._inputs(len(first), first), False)
        kernels = self._drawn_kernels()
        for layer in range(self.network.depth):
            self._pass_layer(layer, kernels[layer], self._biases(layer), lanes)
            yield lanes.h.values[0]

    @abstractmethod
    def _apply(self, kernel: AnyArray, h: AnyArray) -> AnyArray:
        """A h, for a layer's linear map A."""

    @abstractmethod
    def _apply_transposed(self, kernel: AnyArray, g: AnyArray) -> AnyArray:
        """A^T g, for the same map."""

    def _apply_each(self, kernels: AnyArray, h: AnyArray, out: AnyArray) -> None:
        """A h of each network or lane, into `out`; lanes have one kernel for all."""
        for number, kernel in enumerate(_of_each(kernels, h)):
            out[number] = self._apply(kernel, h[number])

    def _apply_each_transposed(self, kernels: AnyArray, g: AnyArray, out: AnyArray) -> None:
        """A^T g of each network or lane, into `out`."""
        for number, kernel in enumerate(_of_each(kernels, g)):
            out[number] = self._apply_transposed(kernel, g[number])

    def _forward(self, kernels: Kernels, shares: Sequence[Sequence[Lanes]]) -> list[Tally]:
        """What is found at each layer, first to last."""

        layers = range(self.network.depth)
        biases = [self._biases(layer) for layer in layers]

        def step(layer: int, kernel: AnyArray, lanes: Lanes) -> Tally:
            return self._pass_layer(layer, kernel, biases[layer], lanes)

        found = self._walk(step, kernels, layers, shares)
        return [reduce(add, tallies) for tallies in found]

    def _walk(
        self,
        step: Callable[[int, AnyArray, Lanes], Found],
        kernels: Kernels,
        layers: Sequence[int],
        shares: Sequence[Sequence[Lanes]],
    ) -> Iterator[tuple[Found, ...]]:
        """What a step finds with the kernel of each layer, one a lane.

        Each thread takes its share as far as there are kernels, without waiting for the others.
        """
        for ready in kernels.ready(layers):

            def travel(share: Sequence[Lanes], ready: Ready = ready) -> list[list[Found]]:
                return [self._pass_all(step, *each, share, shares[0]) for each in ready]

            for parts in zip(*self._team.map(travel, shares), strict=True):
                yield tuple(chain.from_iterable(parts))

    def _pass_all(
        self,
        step: Callable[[int, AnyArray, Lanes], Found],
        layer: int,
        kernel: AnyArray,
        share: Sequence[Lanes],
        first: Sequence[Lanes],
    ) -> list[Found]:
        found = [each for lanes in share for each in lanes.apart(step(layer, kernel, lanes))]
        if share is first:
            self._tick(len(self._streams))
        else:
            self._team.stop_if_cancelled()
        return found

    def _pass_layer(
        self, layer: int, kernels: AnyArray, biases: AnyArray | None, lanes: Lanes
    ) -> Tally:
        """Take lanes from h_{l-1} to h_l."""
        product = lanes.room_for_z(layer)
        self._apply_each(kernels, lanes.h.values, product)
        z = settled(product, lanes.h.exponents)
        if biases is not None:
            z = shifted_by(z, biases)
        lanes.passed(z, activated(self.network.activation, z, lanes.room(layer)))
        return tally(self.network.activation, z, lanes.h)

    def _backward(
        self, kernels: Kernels, shares: Sequence[Sequence[Lanes]], batch: int
    ) -> list[Sums]:
        """The gradient's sums at each layer's z, first to last."""
        cotangent = self._standard_normals((batch, *self._portions.output_shapes[-1]), COTANGENT)
        start: Callable[[Sequence[Lanes]], list[Sums]] = partial(self._start_back, cotangent)
        first = reduce(add, chain.from_iterable(self._team.map(start, shares)))
        self._tick(len(self._streams))
        # The kernel of a layer takes the gradient to the layer below.
        found = self._walk(self._pull_back, kernels, range(self.network.depth - 1, 0, -1), shares)
        return [first, *(reduce(add, each) for each in found)][::-1]

    def _start_back(self, cotangent: AnyArray, share: Sequence[Lanes]) -> list[Sums]:
        """Give a share's lanes their gradients at the last z."""
        for lanes in share:
            lanes.g = lanes.part_of(cotangent)
        return [each for lanes in share for each in lanes.apart(sums(lanes.g, by_unit=False))]

    def _pull_back(self, layer: int, kernels: AnyArray, lanes: Lanes) -> Sums:
        """Take lanes from g_l to g_{l-1}."""
        back = lanes.room(layer - 1, layer % 2)  # the gradient it comes from is in the other one
        at_z = slopes(self.network.activation, lanes.z[layer - 1])
        pull_back(self._apply_each_transposed, kernels, lanes.g.values, at_z, back)
        lanes.g = settled(back, lanes.g.exponents)
        return sums(lanes.g, by_unit=False)

    def _inputs(self, batch: int, given: AnyArray | None) -> AnyArray:
        """Shape (networks, batch, *input_shape)."""
        if given is None:
            return self._standard_normals((batch, *self.network.input_shape), INPUTS)
        return np.broadcast_to(given, (len(self._streams), *given.shape))

    def _shares(self, inputs: AnyArray, backward: bool) -> list[list[Lanes]]:
        """The lanes of each thread; no number depends on which go abreast."""
        portions, batch = self._portions, inputs.shape[1]
        return [
            [
                Lanes(inputs, which, abreast, portions.output_shapes, backward)
                for which, abreast in portions.lanes(starts, batch)
            ]
            for starts in self._team.shares(range(0, batch, portions.lane))
        ]

    def _drawn_kernels(self) -> Kernels:
        network = self.network
        streams = [stream.child(KERNEL) for stream in self._streams]
        kept = self._portions.are_kept(len(streams))
        return Kernels(
            network.initializer, network.kernel_shapes, streams, self._dtype, self._team, kept
        )

    def _biases(self, layer: int) -> AnyArray | None:
        """Shape (networks, units); None where there are none."""
        if self.network.bias_variance == 0:
            return None
        std = np.asarray(self.network.bias_variance**0.5, self._dtype)
        return std * self._standard_normals(self.network.kernel_shapes[layer][-1:], BIAS, layer)

    def _standard_normals(self, shape: Shape, *path: int) -> AnyArray:
        """Independent N(0, 1) numbers from each network's stream at a path."""
        drawn = np.empty((len(self._streams), *shape), np.float32)
        fill_each(RandomNormal(0.0, 1.0), [s.child(*path) for s in self._streams], drawn)
        return drawn.astype(self._dtype, copy=False)


def _of_each(kernels: AnyArray, h: AnyArray) -> AnyArray:
    """A kernel for each network or lane of h: a view."""
    return np.broadcast_to(kernels, (len(h), *kernels.shape[1:]))
