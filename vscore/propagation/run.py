"""What an engine is: something that draws networks and says what they did."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Generic, Self, TypeVar

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray, FloatArray, Shape
from vscore._workers import ALONE, Team, Tick
from vscore.initializers import RandomNormal
from vscore.networks import Network

INPUTS, KERNEL, BIAS, COTANGENT = range(4)
"""What a network's streams are for: the first step of a stream's path below the network's own."""

SomeNetwork = TypeVar("SomeNetwork", bound=Network)


class Engine(ABC, Generic[SomeNetwork]):
    """What draws some networks of one kind and says what they did.

    Parameters
    ----------
    network : Network
    stream : Stream
        The drawn network's own.
    dtype : str
    tick : callable
        Called for each layer that a network has passed, forward or back.
    team : Team
        Shares the work, and knows whether it was called off.
    """

    def __init__(
        self,
        network: SomeNetwork,
        stream: Stream,
        dtype: str,
        tick: Tick,
        team: Team = ALONE,
    ) -> None:
        self.network = network
        self._stream = stream
        self._dtype = dtype
        self._tick = tick
        self._team = team

    @classmethod
    def at_once(cls, network: SomeNetwork, batch: int) -> int:
        """How many networks one object draws."""
        return 1

    @classmethod
    def is_brief(cls, network: SomeNetwork, networks: int, batch: int) -> bool:
        """Whether so many networks take so little time that a second thread only delays them."""
        return False

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
        return cls(network, streams[0], dtype, tick, team)

    @abstractmethod
    def trace(self, batch: int, inputs: AnyArray | None, backward: bool) -> dict[str, FloatArray]:
        """Each statistic by name, shape (networks, depth); inputs are drawn if not given."""

    @abstractmethod
    def activations(self, inputs: AnyArray) -> Iterator[AnyArray]:
        """The first network's h of each layer, for the first inputs or all, (inputs, ...).

        Over a power of two where they are huge.
        """

    def draw_inputs(self, batch: int) -> AnyArray:
        """The first network's own inputs: iid N(0, 1), shape (batch, *input_shape)."""
        return self._standard_normal((batch, *self.network.input_shape), INPUTS)

    def _standard_normal(self, shape: Shape, *path: int) -> AnyArray:
        """Independent N(0, 1) numbers from the stream at a path."""
        draw = RandomNormal(0.0, 1.0).draw(shape, self._stream.child(*path), threads=1)
        return draw.astype(self._dtype, copy=False)


class Run(Engine[SomeNetwork]):
    """One drawn network and a batch on its way through it."""

    def trace(self, batch: int, inputs: AnyArray | None, backward: bool) -> dict[str, FloatArray]:
        layers = self.forward(self.draw_inputs(batch) if inputs is None else inputs)
        trace = {name: np.array([[layer[name] for layer in layers]]) for name in layers[0]}
        if backward:
            trace["log10_gradient"] = np.array([self.backward()])
        return trace

    @abstractmethod
    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each layer, first to last; inputs are (batch, *input_shape)."""

    @abstractmethod
    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each layer's z, first to last."""
