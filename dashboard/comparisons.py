"""Ready comparisons: from one setting, two to four that differ in one thing. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from types import MappingProxyType

from dashboard.budget import within_budget
from dashboard.experiment import DEFAULT, FAMILIES, LETTERS, Experiment
from dashboard.notice import Notice
from vscore.activations import ACTIVATIONS
from vscore.distributions import DISTRIBUTIONS, TRUNCATED_STD
from vscore.fans import MODES
from vscore.framework_defaults import FRAMEWORKS, default_initializer
from vscore.initializers import (
    INITIALIZERS,
    Initializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)

Settings = tuple[Experiment, ...]

_FUNNEL = 0.25
"""Last width over the first where modes are compared: in a network of one width they agree."""

_ACTIVATIONS = ("relu", "tanh", "gelu", "sigmoid", "selu")
"""Shown beside A's own, in this order."""

_STDS = (1e-4, 5.0)
"""Standard deviations that the controls can show of each law, its mean within +-1."""


_RECURRENT = {"keras": "orthogonal", "torch": "torch_default", "jax": "orthogonal"}
"""A cell's recurrent kernel in Keras, PyTorch (U(+-1/sqrt(units))) and Flax."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One click's worth of settings.

    Attributes
    ----------
    label : str
    help : str
        What it shows, and what it changes beside what it compares.
    settings : callable
        Experiment, alone, to two to four settings; the first may differ from it.
    """

    label: str
    help: str
    settings: Callable[[Experiment], Settings]


def shown_settings(experiment: Experiment) -> tuple[Experiment, tuple[Notice, ...]]:
    """What the page compares, inside the budget: the settings themselves, or schemes beside A.

    Returns
    -------
    experiment : Experiment
        With 2 to 4 settings; the one that was given where it has some.
    notices : tuple of Notice
        What had to be made smaller so that all fit.
    """
    if experiment.others:
        return experiment, ()
    first = experiment.alone
    beside = [each for each in COMPARISONS["schemes"].settings(first) if each != first]
    return within_budget(experiment.with_settings((first, *beside[: len(LETTERS) - 1]), 0))


def copied(experiment: Experiment, index: int) -> Experiment:
    """The same with another one of a setting beside it, selected.

    Raises
    ------
    ValueError
        If there are four settings already.
    """
    settings = experiment.settings
    more = (*settings[: index + 1], *settings[index:])
    return experiment.with_settings(more, index + 1)


def removed(experiment: Experiment, index: int) -> Experiment:
    """The same without one of its settings; what was selected stays so while it is there."""
    settings, selected = experiment.settings, experiment.selected
    left = settings[:index] + settings[index + 1 :]
    return experiment.with_settings(left, min(selected - (selected > index), len(left) - 1))


def moved(experiment: Experiment, index: int, step: int) -> Experiment:
    """The same with a setting and its neighbour, `step` away, in each other's place."""
    order = list(range(len(experiment.settings)))
    order[index], order[index + step] = order[index + step], order[index]
    settings = tuple(experiment.settings[place] for place in order)
    return experiment.with_settings(settings, order.index(experiment.selected))


def _with_initializers(setting: Experiment, initializers: tuple[Initializer, ...]) -> Settings:
    return tuple(replace(setting, initializer=initializer) for initializer in initializers)


def _modes(setting: Experiment) -> Settings:
    base = setting.initializer
    scaling = base if isinstance(base, VarianceScaling) else VarianceScaling(2.0)
    if setting.taper == 1:
        setting = replace(setting, taper=_FUNNEL)
    return _with_initializers(setting, tuple(replace(scaling, mode=mode) for mode in MODES))


def _distributions(setting: Experiment) -> Settings:
    return _with_initializers(setting, _laws(setting))


def _laws(setting: Experiment) -> tuple[Initializer, ...]:
    """The three laws at the variance that the drawn kernel has; He's where it has none."""
    drawn = setting.drawn_initializer
    density = drawn.density(drawn.fans(setting.drawn_kernel.shape))
    base = setting.initializer if density.std > 0 else DEFAULT.initializer
    if isinstance(base, VarianceScaling):
        return tuple(replace(base, distribution=law) for law in DISTRIBUTIONS)
    mean = density.mean
    std = min(max(density.std, _STDS[0]), _STDS[1])
    half = sqrt(3) * std
    return (
        TruncatedNormal(mean, std / TRUNCATED_STD),
        RandomNormal(mean, std),
        RandomUniform(mean - half, mean + half),
    )


def _schemes(setting: Experiment) -> Settings:
    """In A's kind of law; PyTorch's default is uniform whatever A's is."""
    law = getattr(setting.initializer, "distribution", DEFAULT.initializer.distribution)  # type: ignore[attr-defined]  # a VarianceScaling
    suffix = "uniform" if law == "uniform" else "normal"
    names = (f"glorot_{suffix}", f"he_{suffix}", f"lecun_{suffix}", "torch_default")
    return _with_initializers(setting, tuple(INITIALIZERS[name] for name in names))


def _frameworks(setting: Experiment) -> Settings:
    """Where a framework has no such tensor it is left out; Keras and Flax have all."""
    found = []
    for framework in FRAMEWORKS:
        try:
            initializer = default_initializer(setting.layer, setting.drawn_kernel, framework)
        except ValueError:
            continue
        recurrent = _RECURRENT[framework] if setting.family == "recurrent" else setting.recurrent
        found.append(replace(setting, initializer=initializer, recurrent=recurrent))
    return tuple(found)


def _activations(setting: Experiment) -> Settings:
    """A cell has its own activations, so that a recurrent network becomes a dense one."""
    if setting.family == "recurrent":
        dense = FAMILIES["dense"].start
        setting = replace(setting, family="dense", depth=dense["depth"], width=dense["width"])
    own = setting.activation
    others = [ACTIVATIONS[kind] for kind in _ACTIVATIONS if kind != own.kind]
    return tuple(
        replace(setting, activation=activation) for activation in (own, *others[: len(LETTERS) - 1])
    )


COMPARISONS: Mapping[str, Comparison] = MappingProxyType(
    {
        "modes": Comparison(
            "All modes",
            "fan_in, fan_out, fan_avg and fan_geo_avg at the selected scale and law. The network "
            "becomes a funnel, its last layer a quarter as wide: at one width modes agree.",
            _modes,
        ),
        "distributions": Comparison(
            "All distributions",
            "Truncated normal, normal and uniform weights of equal variance.",
            _distributions,
        ),
        "schemes": Comparison(
            "Glorot, He, LeCun, PyTorch",
            "The four rules for the scale, in the selected setting's law; PyTorch's is uniform.",
            _schemes,
        ),
        "frameworks": Comparison(
            "Framework defaults",
            "What Keras, PyTorch and JAX (Flax) draw this kernel from when nothing is said, on "
            "the fans that each counts. Weights only: the biases stay as they are.",
            _frameworks,
        ),
        "activations": Comparison(
            "Activations",
            "The selected setting's activation beside others, all under its initializer.",
            _activations,
        ),
    }
)
"""What one click compares, by name."""
