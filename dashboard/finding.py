"""What a lesson's measure comes to, by the shared computing: a class computes it once."""

import numpy as np

from dashboard import compute
from dashboard.course.measures import Applied, Drawn, Finding, Measure, Read, Simulated, Trained
from dashboard.queueing import Waiting
from vscore._typing import Convention, FloatArray


def find(measure: Measure, waiting: Waiting | None = None) -> Finding:
    """The number, or the row of them, that a measure asks for, and what theory says of it.

    Parameters
    ----------
    measure : Measure
    waiting : callable, optional
        Told how many people are before this one.
    """
    match measure:
        case Simulated():
            return _simulated(measure, waiting)
        case Drawn(experiment, read, theory):
            kernel = experiment.drawn_kernel
            sample = compute.weights(experiment.drawn_initializer, kernel.shape, waiting=waiting)
            return Finding(_table(read(sample)), _row(theory(sample)), sample)
        case Applied():
            return _applied(measure, waiting)
        case Trained(experiment):
            network = experiment.training.network(
                experiment.activation, experiment.initializer, experiment.bias_variance
            )
            run = compute.trained(network, experiment.training, experiment.seed, waiting=waiting)
            return Finding(_table(measure.read(run)), _row(measure.theory))


def _simulated(measure: Simulated, waiting: Waiting | None) -> Finding:
    asked = measure.experiment
    run = compute.signal(asked.network, asked.networks, asked.batch, asked.seed, waiting=waiting)
    predicted = compute.theory(run, asked.statistic, waiting=waiting)
    theory = None
    if measure.theory is not None and predicted is not None:
        theory = _row(measure.theory(predicted))
    return Finding(_table(measure.read(run)), theory, (run, predicted))


def _applied(measure: Applied, waiting: Waiting | None) -> Finding:
    asked = measure.experiment
    convention: Convention = asked.convention  # type: ignore[assignment]  # a key of its table
    found = compute.effect(asked.layer, asked.initializer, convention, asked.seed, waiting=waiting)
    (effect,) = (each for each in found.kernels if each.kernel.name == asked.drawn_kernel.name)
    return Finding(_table(measure.read(effect)), _row(measure.theory(effect)))


def _row(value: Read) -> FloatArray:
    return np.atleast_1d(np.asarray(value, np.float64))


def _table(value: Read) -> FloatArray:
    """Networks by points: a column where there is one number a network."""
    found = np.asarray(value, np.float64)
    return found.reshape(len(found), -1) if found.ndim else found.reshape(1, 1)
