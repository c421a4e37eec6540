"""An axis of a sweep on a screen: the words for its values, and where they stand. Pure."""

from collections.abc import Callable, Mapping

import numpy as np

from dashboard.sweeps import Choice, Span
from dashboard.words.numbers import figure, title
from vscore._typing import FloatArray
from vscore.activations import ACTIVATIONS
from vscore.distributions import DISTRIBUTIONS
from vscore.sweeps import SETTINGS
from vscore.sweeps.settings import Value
from vscore.training import DATASETS


def said(name: str, value: Value) -> str:
    """A value of an axis, as a screen has it: 1.19, ReLU, He normal."""
    if isinstance(value, str):
        return _LABELS.get(name, title)(value)
    return str(value) if isinstance(value, int) else figure(value, 4)


_LABELS: Mapping[str, Callable[[str], str]] = {
    "activation": lambda kind: ACTIVATIONS[kind].label,
    "distribution": lambda kind: DISTRIBUTIONS[kind].label,
    "network": {"mlp": "Dense", "convnet": "Convolutional", "recurrent": "Recurrent"}.__getitem__,
    "cell": {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}.__getitem__,
    "dataset": lambda name: DATASETS[name].label,
    "optimizer": {"sgd": "SGD", "adam": "Adam"}.__getitem__,
    "mode": str,
}


def places(span: Span) -> FloatArray:
    """Where an axis' values stand on a chart: log10 of what goes by even factors; names from 0."""
    values = span.axis.values
    if isinstance(span, Choice):
        return np.arange(len(values), dtype=np.float64)
    numbers = np.array(values, np.float64)
    return np.log10(numbers) if span.log else numbers


def nearest(span: Span, place: float) -> Value:
    """The value that stands nearest to a place."""
    return span.axis.values[int(np.abs(places(span) - place).argmin())]


def place_of(span: Span, value: Value | None) -> float | None:
    """Where a value stands there; None for none."""
    if value is None:
        return None
    if isinstance(span, Choice):
        return float(span.names.index(str(value)))
    return float(np.log10(float(value)) if span.log else value)


def label_of(name: str) -> str:
    """An axis by the name that its control has elsewhere."""
    own = {"initializer": "Initializer", "network": "Kind of network", "dataset": "Data"}
    own |= {"learning_rate": "Learning rate", "epochs": "Epochs", "gain": "Gain"}
    own |= {"recurrent_initializer": "Recurrent kernel"}
    return own.get(name, SETTINGS[name].label)
