"""What chance does, in words: how far other draws of the same law lie apart."""

from collections.abc import Sequence

import numpy as np

from dashboard.tracks import Track, forward_track, gradient_track
from dashboard.words.numbers import figure, plural, power
from vscore._typing import FloatArray
from vscore.propagation import Propagation
from vscore.sampling import WeightSample


def redrawn_weights_sentence(redraws: Sequence[WeightSample]) -> str:
    """Between which standard deviations other draws of the kernel lie; "" without any."""
    if not redraws or redraws[0].density.std == 0:
        return ""
    stds = [redraw.std for redraw in redraws]
    return (
        f"Faint: {plural(len(stds), 'redraw')}, of standard deviations from "
        f"{figure(min(stds), 4)} to {figure(max(stds), 4)}."
    )


def redrawn_signals_sentence(redraws: Sequence[Propagation], statistic: str = "q") -> str:
    """Between which values other draws of the network end, forward and back; "" without any."""
    if not redraws:
        return ""
    forward = forward_track(redraws[0], None, statistic, redraws)
    backward = gradient_track(redraws[0], None, redraws)
    unit, depth = forward.unit, redraws[0].network.depth
    ends = _between(forward, -1)
    if not ends:
        return ""
    return (
        f"Faint: {plural(len(redraws), 'redraw')}, each the mean over its networks. They end "
        f"between {ends} at {unit} {depth}, their gradients between {_between(backward, 0)} "
        f"at {unit} 1."
    )


def _between(track: Track, layer: int) -> str:
    """0.71 and 1.9; "" where there is no such statistic: one input alone has no correlation."""
    values: FloatArray = np.array([values[layer] for _, values in track.redraws])
    if np.isnan(values).any():
        return ""
    word = _size if track.logarithmic else figure
    return f"{word(float(values.min()))} and {word(float(values.max()))}"


def _size(log10: float) -> str:
    """Three digits, or the power of ten alone where no float holds the number."""
    return figure(10.0**log10) if abs(log10) < 300 else power(log10)
