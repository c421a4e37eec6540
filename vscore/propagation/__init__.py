"""Finite networks, simulated: what their weights do to a signal and to a gradient."""

from vscore.propagation.histograms import ActivationHistograms, activation_histograms
from vscore.propagation.result import Propagation, mean_log10
from vscore.propagation.simulation import simulate

__all__ = [
    "ActivationHistograms",
    "Propagation",
    "activation_histograms",
    "mean_log10",
    "simulate",
]
