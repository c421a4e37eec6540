"""Measures of networks that are drawn, or trained."""

import math

import numpy as np

from vscore._typing import FloatArray
from vscore.propagation import Propagation, mean_log10
from vscore.sweeps.cell import Ask, Cell, difference
from vscore.verdicts.flow import flow_of, log10_norm

_LEVEL = 0.95


def log10_q(cell: Cell) -> float:
    return float(mean_log10(cell.forward().log10_q[:, -1:])[0])


def log10_gradient_ratio(cell: Cell) -> float:
    gradient = mean_log10(_gradient(cell.backward()))
    return difference(float(gradient[0]), float(gradient[-1]))


def at_last_layer(name: str) -> Ask:
    """The mean over networks of a statistic at the last layer."""

    def ask(cell: Cell) -> float | None:
        statistic: FloatArray = getattr(cell.forward(), name)
        mean = float(statistic[:, -1].mean())
        return None if math.isnan(mean) else mean

    return ask


def overflow_layer(dtype: str) -> Ask:
    """The first layer, from 1, at which some network overflows; inf where none does."""

    def ask(cell: Cell) -> float:
        layers = cell.forward().first_overflow(dtype)
        return float(layers[layers >= 0].min() + 1) if (layers >= 0).any() else math.inf

    return ask


def forward_factor(cell: Cell) -> float | None:
    flow = flow_of(cell.forward().log10_q, None)
    return flow.measured_factor if flow.steps else None


def backward_factor(cell: Cell) -> float | None:
    flow = flow_of(log10_norm(_gradient(cell.backward()), cell.network), None)
    return flow.measured_factor if flow.steps else None


def band_coverage(cell: Cell) -> float | None:
    """The share of single networks inside; None where there is no band to trust."""
    theory, batch = cell.theory(), cell.experiment.batch
    if theory.band_warning(batch, 1):
        return None
    low, high = theory.log10_band(_LEVEL, of="q", batch=batch, networks=1)
    measured = cell.forward().log10_q[:, -1]
    return float(np.mean((measured >= low[-1]) & (measured <= high[-1])))


def training_loss(cell: Cell) -> float:
    """The median network's; infinite where it has diverged."""
    return float(np.median(cell.trained().loss[:, -1]))


def _gradient(measured: Propagation) -> FloatArray:
    assert measured.log10_gradient is not None  # it was sent back
    return measured.log10_gradient
