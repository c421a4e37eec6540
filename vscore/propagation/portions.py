"""How much of a simulation with drawn weights goes together: what fits a cache, and can be stopped.

None of it depends on the threads, so that no number does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from vscore._scratch import BLOCK
from vscore._typing import Shape
from vscore.initializers import size_of
from vscore.networks import Network

KEPT_WEIGHTS = 1 << 25
"""Kernels of up to this many weights in all (128 MiB) are kept for the backward pass."""

_ROWS = 128
"""Inputs of a lane: enough for a product to run at full speed."""

_ABREAST = 1 << 17
"""Numbers of one layer at most that several lanes have together: enough that threads seldom wait
for one another between two calls, few enough that what is done to a layer's z finds it in cache."""

_TOGETHER = 1 << 16
"""Numbers of one layer at most that several networks have together, so that they stay in cache."""

_PRODUCT = 1 << 32
"""Multiplications of one call at most: some 0.1 s, for which nobody can cancel a dense one."""

_BRIEF = 1 << 28
"""Multiplications of all networks up to which a second thread gains nothing: some 20 ms."""

_DRAWING, _PASSING = 32, 32
"""How many multiplications of a product take as long as a weight's draw, and as all that is done
to one of a layer's numbers."""


@dataclass(frozen=True, slots=True)
class Portions:
    """The portions in which a network takes its inputs.

    Attributes
    ----------
    network : Network
    """

    network: Network

    @property
    def output_shapes(self) -> list[Shape]:
        """What each layer puts out for one input: an image keeps its size."""
        places = self.network.input_shape[:-1]
        return [(*places, shape[-1]) for shape in self.network.kernel_shapes]

    @property
    def lane(self) -> int:
        """How many inputs make a lane."""
        return max(1, min(_ROWS, _PRODUCT // self._products))

    def networks(self, batch: int) -> int:
        """How many go together: as many as fit a block of weights and the cache."""
        if batch > self.lane:
            return 1
        weights = max(map(size_of, self.network.kernel_shapes))
        return max(1, min(BLOCK // weights, _TOGETHER // (batch * self._numbers)))

    def lanes(self, starts: Sequence[int], batch: int) -> Iterator[tuple[slice, int]]:
        """Inputs that go in one array, and how many lanes these are.

        Parameters
        ----------
        starts : sequence of int
            The first input of each lane, in order.
        batch : int
            All inputs: a last lane that is shorter goes alone.
        """
        lane, most = self.lane, self._abreast
        whole = [start for start in starts if start + lane <= batch]
        for first in range(0, len(whole), most):
            some = whole[first : first + most]
            yield slice(some[0], some[-1] + lane), len(some)
        if len(whole) < len(starts):
            yield slice(starts[-1], batch), 1

    def are_kept(self, networks: int) -> bool:
        """Whether so many networks' kernels are kept for the way back."""
        return networks * self._weights <= KEPT_WEIGHTS

    def are_brief(self, networks: int, batch: int) -> bool:
        """Whether so many networks take so little time that a second thread gains nothing."""
        passes = batch * self._places
        numbers = batch * sum(map(prod, self.output_shapes))
        work = networks * (self._weights * (passes + _DRAWING) + numbers * _PASSING)
        return self.network.initializer.blockwise and work <= _BRIEF

    @property
    def _abreast(self) -> int:
        """How many lanes may go in one array."""
        lane = self.lane
        return max(1, min(_ABREAST // (lane * self._numbers), _PRODUCT // (lane * self._products)))

    @property
    def _places(self) -> int:
        """Where a kernel is applied, for one input."""
        return prod(self.network.input_shape[:-1])

    @property
    def _products(self) -> int:
        """Multiplications that one input has at the largest layer."""
        return self._places * max(map(size_of, self.network.kernel_shapes))

    @property
    def _numbers(self) -> int:
        """Numbers that one input has at the largest layer."""
        return max(map(prod, self.output_shapes))

    @property
    def _weights(self) -> int:
        return sum(map(size_of, self.network.kernel_shapes))
