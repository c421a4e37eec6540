"""Several networks' training, epoch after epoch.

A network whose loss leaves the dtype has diverged: it is left as it was before that step, and the
others go on. No network's numbers depend on which others there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vscore._streams import Stream
from vscore._typing import AnyArray, FloatArray
from vscore.networks import DenseNetwork
from vscore.training.chance import ORDER, permutation
from vscore.training.losses import Loss
from vscore.training.measure import Examples, Meter, Score
from vscore.training.optimizers import Optimizer
from vscore.training.passes import Pass
from vscore.training.weights import drawn_weights, weights_in


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is trained on what, and how.

    Attributes
    ----------
    network : DenseNetwork
    loss : Loss
    optimizer : Optimizer
    examples : Examples
        To train on.
    held_out : Examples or None
    batch_size : int
    seed : int
    dtype : str
    """

    network: DenseNetwork
    loss: Loss
    optimizer: Optimizer
    examples: Examples
    held_out: Examples | None
    batch_size: int
    seed: int
    dtype: str

    @property
    def starts(self) -> range:
        """Where in an epoch's order each step's examples begin."""
        return range(0, len(self.examples), self.batch_size)

    @property
    def largest(self) -> float:
        """The largest loss that the dtype holds."""
        return float(np.finfo(self.dtype).max)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What is measured after an epoch, first axis networks.

    Attributes
    ----------
    score, held_out : Score
        On the examples trained on, and on those held out if any are.
    gradient_norm, activation_variance : ndarray, shape (networks, depth)
    """

    score: Score
    held_out: Score | None
    gradient_norm: FloatArray
    activation_variance: FloatArray


class Trainer:
    """Some networks of a plan.

    Parameters
    ----------
    plan : Plan
    numbers : sequence of int
        Which networks of the plan's seed.
    tick : callable
        Called for each step that a network has made.
    check : callable
        Called within what takes longer.
    """

    def __init__(
        self,
        plan: Plan,
        numbers: Sequence[int],
        tick: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._streams = [Stream(plan.seed, (number,)) for number in numbers]
        self._tick = tick
        self._check = check
        drawn = drawn_weights(plan.network, self._streams, plan.dtype).flat
        self._last = np.empty_like(drawn)  # of those that diverge
        self._alive = np.arange(len(numbers))
        self._steps = 0
        self.diverged: NDArray[np.int64] = np.full(len(numbers), -1)
        self._hold(drawn, [np.zeros_like(drawn) for _ in range(plan.optimizer.averages)])

    def epoch(self, number: int) -> FloatArray:
        """Every example once, in each network's own order; each step's loss, (networks, steps)."""
        plan = self._plan
        losses = np.full((len(self._streams), len(plan.starts)), np.inf)
        orders = np.stack(
            [permutation(s.child(ORDER, number), len(plan.examples)) for s in self._streams]
        )
        with np.errstate(all="ignore"):
            for step, start in enumerate(plan.starts):
                alive = self._alive
                losses[alive, step] = self._descend(orders[alive, start : start + plan.batch_size])
                losses[self.diverged >= 0, step] = np.inf
                self._steps += 1
                for _ in self._streams:
                    self._tick()
        return losses

    def measure(self) -> Moment:
        """How the networks stand; infinite, and nothing right, where one has diverged."""
        plan = self._plan
        with np.errstate(all="ignore"):
            score, norms, variance = self._meter.measure(self._weights, plan.examples)
            held_out = self._meter.score(self._weights, plan.held_out) if plan.held_out else None
        alive = self._alive
        self._part_with(score.loss)
        gone = self.diverged >= 0

        def of_all(found: FloatArray, otherwise: float) -> FloatArray:
            spread = np.full((len(self._streams), *found.shape[1:]), otherwise)
            spread[alive] = np.where(np.isnan(found), np.inf, found)
            spread[gone] = otherwise
            return spread

        def scores(found: Score) -> Score:
            return Score(of_all(found.loss, np.inf), of_all(found.accuracy, 0.0))

        return Moment(
            scores(score),
            scores(held_out) if held_out else None,
            of_all(norms, np.inf),
            of_all(variance, np.inf),
        )

    def weights(self) -> AnyArray:
        """A copy of all weights as they stand, shape (networks, weights)."""
        last = self._last.copy()
        last[self._alive] = self._weights.flat
        return last

    def _descend(self, batch: NDArray[np.intp]) -> FloatArray:
        """One step of every network that has not diverged; its loss before the step."""
        plan = self._plan
        inputs = plan.examples.inputs[batch]
        outputs = self._pass.forward(self._weights, inputs)[-1].astype(np.float64)
        losses, cotangent = plan.loss.of(outputs, plan.examples.wanted[batch])
        mean: FloatArray = losses.mean(axis=-1)
        kept = self._part_with(mean)
        if not kept.all():
            self._descend(batch[kept])  # anew, since the pass belonged to those parted with
            return mean
        cotangent /= batch.shape[1]
        g = cotangent.astype(plan.dtype, copy=False)
        self._pass.backward(self._weights, inputs, g, self._gradient)
        count = self._steps + 1
        plan.optimizer.step(self._weights.flat, self._gradient.flat, self._averages, count)
        return mean

    def _part_with(self, losses: FloatArray) -> NDArray[np.bool_]:
        """Go on without the networks whose loss the dtype does not hold; which of them are kept."""
        kept: NDArray[np.bool_] = losses <= self._plan.largest  # false for nan too
        if not kept.all():
            self._last[self._alive[~kept]] = self._weights.flat[~kept]
            self.diverged[self._alive[~kept]] = self._steps
            self._alive = self._alive[kept]
            self._hold(self._weights.flat[kept], [array[kept] for array in self._averages])
        return kept

    def _hold(self, flat: AnyArray, averages: list[AnyArray]) -> None:
        """Go on with these weights, and with arrays of their size to work in."""
        plan = self._plan
        self._averages = averages
        self._weights = weights_in(flat, plan.network)
        self._gradient = weights_in(np.empty_like(flat), plan.network)
        rows = min(plan.batch_size, len(plan.examples))
        self._pass = Pass(plan.network, len(flat), rows, plan.dtype)
        self._meter = Meter(plan.network, plan.loss, len(flat), plan.dtype, self._check)
