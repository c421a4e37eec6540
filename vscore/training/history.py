"""What was measured so far, put together as a `TrainingRun`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vscore._typing import AnyArray, FloatArray
from vscore.training.measure import Score
from vscore.training.run import TrainingRun
from vscore.training.trainer import Moment, Plan, Trainer


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """One epoch of some networks, first axis networks.

    Attributes
    ----------
    number : int
        From 1; 0 is before the first step.
    step_loss : ndarray, shape (networks, steps)
    diverged : ndarray of int, shape (networks,)
    moment : Moment or None
        What was measured after it, if it was recorded.
    weights : ndarray, shape (networks, weights), or None
        As they stood after it, if asked for.
    """

    number: int
    step_loss: FloatArray
    diverged: NDArray[np.int64]
    moment: Moment | None
    weights: AnyArray | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to measure.

    Attributes
    ----------
    last : int
        The last epoch.
    every : int
        Epochs from one measurement to the next.
    watched : bool
        Whether the weights are asked for at every measurement, not at the last only.
    """

    last: int
    every: int
    watched: bool

    def records(self, number: int) -> bool:
        """Whether to measure after this epoch."""
        return number % self.every == 0 or number == self.last

    def keeps_weights(self, number: int) -> bool:
        """Whether the weights are asked for after this epoch."""
        return number == self.last or (self.watched and self.records(number))


def run_epoch(trainer: Trainer, number: int, schedule: Schedule) -> Epoch:
    """Train for an epoch, or not at all for number 0, and measure."""
    losses = trainer.epoch(number) if number else np.empty((len(trainer.diverged), 0))
    moment = trainer.measure() if schedule.records(number) else None
    weights = trainer.weights() if schedule.keeps_weights(number) else None
    return Epoch(number, losses, trainer.diverged.copy(), moment, weights)


def joined(parts: Sequence[Epoch]) -> Epoch:
    """The same epoch of all networks."""
    moments = [part.moment for part in parts if part.moment is not None]
    weights = [part.weights for part in parts if part.weights is not None]
    return Epoch(
        parts[0].number,
        np.concatenate([part.step_loss for part in parts]),
        np.concatenate([part.diverged for part in parts]),
        _joined_moment(moments) if moments else None,
        np.concatenate(weights) if weights else None,
    )


class History:
    """All epochs so far.

    Parameters
    ----------
    plan : Plan
    task : str
    epochs : int
    target : float
    """

    def __init__(self, plan: Plan, task: str, epochs: int, target: float) -> None:
        self._plan = plan
        self._task = task
        self._epochs = epochs
        self._target = target
        self._losses: list[FloatArray] = []
        self._recorded: list[int] = []
        self._moments: list[Moment] = []
        self._latest: Epoch

    def add(self, epoch: Epoch) -> None:
        """Take in the next epoch."""
        self._latest = epoch
        self._losses.append(epoch.step_loss)
        if epoch.moment is not None:
            self._recorded.append(epoch.number)
            self._moments.append(epoch.moment)

    @property
    def run(self) -> TrainingRun:
        """The run so far; its last epoch must have been recorded with its weights."""
        assert self._latest.weights is not None
        plan, classes = self._plan, self._task == "classes"
        held_out = [m.held_out for m in self._moments if m.held_out is not None]
        trained = [m.score for m in self._moments]
        return TrainingRun(
            network=plan.network,
            task=self._task,
            optimizer=plan.optimizer,
            seed=plan.seed,
            batch_size=plan.batch_size,
            epochs=self._epochs,
            dtype=plan.dtype,
            target=self._target,
            recorded=tuple(self._recorded),
            step_loss=np.concatenate(self._losses, axis=1),
            loss=self._over_time(lambda m: m.score.loss),
            accuracy=_accuracies(trained) if classes else None,
            validation_loss=_losses(held_out),
            validation_accuracy=_accuracies(held_out) if classes else None,
            gradient_norm=self._over_time(lambda m: m.gradient_norm),
            activation_variance=self._over_time(lambda m: m.activation_variance),
            diverged_step=self._latest.diverged,
            weights=self._latest.weights,
        )

    def _over_time(self, read: Callable[[Moment], FloatArray]) -> FloatArray:
        return np.stack([read(moment) for moment in self._moments], axis=1)


def _losses(scores: Sequence[Score]) -> FloatArray | None:
    return np.stack([score.loss for score in scores], axis=1) if scores else None


def _accuracies(scores: Sequence[Score]) -> FloatArray | None:
    return np.stack([score.accuracy for score in scores], axis=1) if scores else None


def _joined_moment(moments: Sequence[Moment]) -> Moment:
    held_out = [moment.held_out for moment in moments if moment.held_out is not None]
    return Moment(
        _joined_score([moment.score for moment in moments]),
        _joined_score(held_out) if held_out else None,
        np.concatenate([moment.gradient_norm for moment in moments]),
        np.concatenate([moment.activation_variance for moment in moments]),
    )


def _joined_score(scores: Sequence[Score]) -> Score:
    return Score(
        np.concatenate([score.loss for score in scores]),
        np.concatenate([score.accuracy for score in scores]),
    )
