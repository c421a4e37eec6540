"""Results as tables: what a chart shows, for reading and for CSV."""

from typing import TypeAlias

import numpy as np
import pandas as pd

from vscore.meanfield import Prediction
from vscore.propagation import Propagation, mean_log10
from vscore.sampling import WeightSample

Frame: TypeAlias = pd.DataFrame


def weights_frame(sample: WeightSample) -> Frame:
    """A row a bar: its ends, the weights in it, the density drawn and the exact mean density."""
    exact = np.full(len(sample.counts), np.nan)
    if sample.density.std > 0:
        exact = np.diff(sample.density.cdf(sample.edges)) / np.diff(sample.edges)
    return Frame(
        {
            "from": sample.edges[:-1],
            "to": sample.edges[1:],
            "weights": sample.counts,
            "density drawn": sample.heights,
            "density exact": exact,
        }
    )


def signal_frame(measured: Propagation, predicted: Prediction | None) -> Frame:
    """A row a layer, from 1: measured over networks as mean, lowest, highest, and theory's.

    Every magnitude is a log10, so that nothing overflows.
    """
    layers = np.arange(1, measured.network.depth + 1)
    columns: dict[str, object] = {"layer": layers}
    for name, logarithms, theory in (
        ("signal", measured.log10_q, predicted and predicted.log10_q),
        ("gradient", measured.log10_gradient, predicted and predicted.log10_gradient),
    ):
        if logarithms is None:
            continue
        columns[f"log10 {name}, mean"] = mean_log10(logarithms)
        columns[f"log10 {name}, lowest"] = logarithms.min(axis=0)
        columns[f"log10 {name}, highest"] = logarithms.max(axis=0)
        if theory is not None:
            columns[f"log10 {name}, theory"] = theory
    columns["activation mean"] = measured.activation_mean.mean(axis=0)
    columns["saturated"] = measured.saturated.mean(axis=0)
    columns["dead"] = measured.dead.mean(axis=0)
    return Frame(columns)
