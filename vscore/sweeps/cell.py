"""One cell of a sweep: an experiment, and what can be asked of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from vscore._typing import Check
from vscore.meanfield import Prediction, predict
from vscore.networks import Network, mlp
from vscore.propagation import Propagation, simulate
from vscore.sweeps.experiment import Experiment
from vscore.training import OPTIMIZERS, Optimizer, TrainingRun, draw_dataset, train


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """An experiment at work. It depends on its own settings only, whatever its neighbours are.

    Attributes
    ----------
    experiment : Experiment
    network : Network
        That it builds.
    check : callable or None
        Called while networks are drawn or trained; what it raises cancels the work.
    prediction : Prediction or None
        What theory says, where neighbours have found it with theirs.
    """

    experiment: Experiment
    network: Network
    check: Check | None = None
    prediction: Prediction | None = None

    def forward(self) -> Propagation:
        """What networks do to a batch."""
        return self._simulated(backward=False)

    def backward(self) -> Propagation:
        """What they do to a batch and to a gradient."""
        return self._simulated(backward=True)

    def theory(self) -> Prediction:
        """What theory says."""
        return predict(self.network) if self.prediction is None else self.prediction

    def trained(self) -> TrainingRun:
        """What networks become as they are trained, measured at the start and at the end.

        Of the network's widths the first and the last are those that the examples ask for.
        """
        experiment = self.experiment
        data = draw_dataset(
            experiment.dataset,
            points=experiment.points,
            noise=experiment.noise,
            seed=experiment.seed,
        )
        widths = (data.features, *experiment.widths[1:-1], data.outputs)
        network = mlp(
            widths,
            activation=experiment.phi,
            initializer=experiment.law,
            bias_variance=experiment.bias_variance,
        )
        return train(
            network,
            data,
            optimizer=_optimizer(experiment),
            epochs=experiment.epochs,
            batch_size=experiment.batch_size,
            networks=experiment.networks,
            seed=experiment.seed,
            record_every=experiment.epochs,
            dtype=experiment.dtype,
            threads=1,
            check=self.check,
        )

    def _simulated(self, *, backward: bool) -> Propagation:
        experiment = self.experiment
        return simulate(
            self.network,
            networks=experiment.networks,
            batch=experiment.batch,
            seed=experiment.seed,
            backward=backward,
            dtype=experiment.dtype,
            threads=1,
            check=self.check,
        )


def _optimizer(experiment: Experiment) -> Optimizer:
    default: Any = OPTIMIZERS[experiment.optimizer]
    changed: Optimizer = replace(default, learning_rate=experiment.learning_rate)
    return changed


Ask: TypeAlias = Callable[[Cell], float | None]
"""A measure of a cell; None where there is no such quantity."""


def difference(first: float, last: float) -> float:
    """First less last, of logarithms; -inf where nothing arrives at the first."""
    return -math.inf if first == -math.inf else first - last
