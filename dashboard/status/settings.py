"""An experiment's settings in words, by the labels of the controls that set them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.axes import CONVENTION_NAMES
from dashboard.experiment import FAMILIES, LETTERS, STATISTICS, Experiment
from dashboard.links.setting import spell
from dashboard.links.word import Word
from dashboard.phases import QUANTITY_NAMES
from dashboard.readings import READINGS
from dashboard.sweep_axes import label_of
from dashboard.tensor import PARTS, tensor
from dashboard.training import TRAINED
from dashboard.words.numbers import title
from vscore.activations import ACTIVATIONS
from vscore.distributions import DISTRIBUTIONS
from vscore.parameters import PARAMETERS
from vscore.training import DATASETS

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "layer": "Layer",
        "kernel": "Kernel",
        "init": "Initializer",
        "mode": "Mode",
        "distribution": "Distribution",
        "act": "Activation",
        "family": "Layers",
        "padding": "Padding",
        "cell": "Cell",
        "recurrent": "Recurrent kernel",
        "statistic": "Follow forward",
        "convention": "Fans as counted by",
        "phase": "Phase map of",
        "formula": "Formula",
        "tensor": "Shape",
        "data": "Learn",
        "optimizer": "Optimizer",
        "x": "First axis",
        "y": "Second axis",
        **{
            f"{axis}_{word}": f"{name} {word}"
            for axis, name in (("x", "First axis"), ("y", "Second axis"))
            for word in ("from", "to", "points", "spacing", "names")
        },
        "measure": "Measure",
        "source": "Found by",
    }
)
"""Labels of what is no number, by the name that links use."""

_NUMBERS = {**PARAMETERS, **TRAINED}


def _axis(name: str) -> str:
    return name if name == "none" else label_of(name)


def _names(text: str) -> str:
    return text.replace(".", ", ")


def _axes(text: str) -> str:
    """3i5o -> 3 in × 5 out."""
    held = tensor(text)
    sizes = zip(held.shape, held.parts, strict=True)
    return " × ".join(f"{size} {PARTS[part]}" for size, part in sizes)


_SPOKEN: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "init": title,
        "recurrent": title,
        "distribution": lambda kind: DISTRIBUTIONS[kind].label,
        "act": lambda kind: ACTIVATIONS[kind].label,
        "family": lambda name: FAMILIES[name].label,
        "statistic": STATISTICS.__getitem__,
        "convention": CONVENTION_NAMES.__getitem__,
        "phase": QUANTITY_NAMES.__getitem__,
        "formula": lambda text: text or "none",
        "tensor": _axes,
        "data": lambda name: DATASETS[name].label,
        "optimizer": {"sgd": "SGD", "adam": "Adam"}.__getitem__,
        "x": _axis,
        "y": _axis,
        "x_names": _names,
        "y_names": _names,
        "measure": lambda name: READINGS[name].title,
        "source": {"simulated": "simulation", "predicted": "theory"}.__getitem__,
    }
)
"""How a link's word is said, where it is not said as it is written."""


def settings_in_words(experiment: Experiment) -> dict[str, str]:
    """Every setting that a link holds, of the selected setting of an experiment.

    Returns
    -------
    dict of str to str
        A control's label to its value, such as "Scale" to "2"; not escaped.
    """
    letters = LETTERS[: len(experiment.settings)]
    compared = {"Settings": f"A to {letters[-1]}", "Edited setting": letters[experiment.selected]}
    return {
        **(compared if experiment.others else {}),
        **{_label(word): _spoken(word) for word in spell(experiment.chosen)},
        "Ten redraws": "on" if experiment.redraws else "off",
    }


def _label(word: Word) -> str:
    return _NUMBERS[word.name].label if word.name in _NUMBERS else _LABELS[word.name]


def _spoken(word: Word) -> str:
    return _SPOKEN.get(word.name, str)(word.text)
