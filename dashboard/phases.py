"""The phase map's quantities and landmarks, and where an experiment stands on it. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from types import MappingProxyType

import numpy as np

from dashboard.budget import within_budget
from dashboard.experiment import Experiment
from vscore._typing import Check, FloatArray
from vscore.activations import Activation
from vscore.initializers import VarianceScaling
from vscore.meanfield import CriticalLine, PhaseMap, c_map, critical_line, phase_map, q_map
from vscore.networks import mlp

STEP = 0.05
"""Between cells, on both axes."""

WEIGHTS = tuple(round(STEP * k, 2) for k in range(1, 81))
"""sigma_w2 of the map's columns."""

BIASES = tuple(round(STEP * k, 2) for k in range(41))
"""sigma_b2 of its rows."""

QUANTITY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "chi_1": "Gradient factor χ₁",
        "xi": "Depth scale ξ",
        "q_star": "Length q*",
        "c_star": "Correlation c*",
    }
)
"""What the map can show, by the name that links use."""

_LONGEST_PATH = 12
"""Layers of a cobweb."""

_CORRELATIONS = np.linspace(0, 1, 33)
_FIRST_CORRELATION = 0.5
_LENGTH_NODES = 121

_ROUNDING = 1e-9

_FAR = 1e100
"""Stands for a length without bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """An activation's map and its critical line."""

    phases: PhaseMap
    line: CriticalLine


@dataclass(frozen=True, slots=True)
class Point:
    """Where a network stands.

    Attributes
    ----------
    sigma_w2, sigma_b2 : float
    """

    sigma_w2: float
    sigma_b2: float


@dataclass(frozen=True, slots=True)
class Pin:
    """A scheme's place on the map, for square layers."""

    name: str
    place: Callable[[int], Point]


PINS = (
    Pin("PyTorch", lambda width: Point(1 / 3, 1 / (3 * width))),
    Pin("LeCun, Glorot, SELU", lambda width: Point(1.0, 0.0)),
    Pin("He", lambda width: Point(2.0, 0.0)),
)
"""PyTorch's biases come from U(+-1 / sqrt(n)), as its weights do. SELU has its fixed point
q = 1 at LeCun's variances (Klambauer et al. 2017)."""


@dataclass(frozen=True, slots=True, eq=False)
class Cobweb:
    """One map of a layer to the next, and where it leads.

    Attributes
    ----------
    before, after : ndarray
        The map's curve.
    path : ndarray
        What comes of the first value, layer by layer.
    end : float
        Its limit; inf where there is none.
    """

    before: FloatArray
    after: FloatArray
    path: FloatArray
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """All that theory says of one point; each array of `phases` has the shape (1, 1).

    Attributes
    ----------
    phases : PhaseMap
    lengths : Cobweb
        From q = 1.
    correlations : Cobweb
        At the length's limit, from c = 0.5.
    """

    phases: PhaseMap
    lengths: Cobweb
    correlations: Cobweb

    @property
    def q_star(self) -> float:
        """The length's limit."""
        return float(self.phases.q_star[0, 0])

    @property
    def chi_1(self) -> float:
        """The gradient's factor a layer."""
        return float(self.phases.chi_1[0, 0])

    @property
    def c_star(self) -> float:
        """The correlations' limit."""
        return float(self.phases.c_star[0, 0])

    @property
    def xi(self) -> float:
        """Layers in which what tells inputs apart changes by a factor e."""
        return float(self.phases.xi_c[0, 0])


def landscape(activation: Activation) -> Landscape:
    """The whole map of an activation, and what of its critical line lies on it: 0.1 s."""
    line = critical_line(activation, BIASES[-1] + STEP)
    inside = line.sigma_w2 <= WEIGHTS[-1] + STEP / 2
    cut = CriticalLine(
        line.sigma_w2[inside], line.sigma_b2[inside], line.q[inside], line.stable[inside]
    )
    return Landscape(phase_map(activation, WEIGHTS, BIASES), cut)


def place(activation: Activation, point: Point, check: Check) -> Place:
    """One point of the map with both cobwebs: 0.1 s."""
    phases = phase_map(activation, point.sigma_w2, point.sigma_b2)
    q = float(phases.q_star[0, 0])
    lengths = _lengths(activation, point, q)
    check()
    c = float(phases.c_star[0, 0])
    return Place(phases, lengths, _correlations(activation, point, min(q, _FAR), c, check))


def _lengths(activation: Activation, point: Point, end: float) -> Cobweb:
    def after(q: FloatArray) -> FloatArray:
        return q_map(q, activation=activation, sigma_w2=point.sigma_w2, sigma_b2=point.sigma_b2)

    path = [1.0]
    for _ in range(_LONGEST_PATH):
        path.append(float(after(np.array([path[-1]]))[0]))
    widest = 4.0 if not isfinite(end) else max(end, *path)
    grid = np.linspace(0, 1.15 * widest, _LENGTH_NODES)
    return Cobweb(grid, after(grid), np.array(path), end)


def _correlations(
    activation: Activation, point: Point, q: float, end: float, check: Check
) -> Cobweb:
    def after(c: FloatArray) -> FloatArray:
        check()
        return c_map(c, q, activation=activation, sigma_w2=point.sigma_w2, sigma_b2=point.sigma_b2)

    path = [_FIRST_CORRELATION]
    for _ in range(_LONGEST_PATH):
        path.append(float(after(np.array([path[-1]]))[0]))
    stays = abs(path[-1] - path[0]) <= _ROUNDING
    return Cobweb(_CORRELATIONS, after(_CORRELATIONS), np.array(path), path[0] if stays else end)


def point_of(setting: Experiment) -> Point | None:
    """Where a setting's square dense layers stand; None where its weights are no random ones."""
    width = setting.width
    initializer = setting.initializer
    density = initializer.density(initializer.fans((width, width)))
    if density.mean != 0 or density.std == 0:
        return None
    (variance,) = mlp((width, width), initializer=initializer).weight_variances
    return Point(width * variance, setting.bias_variance)


def moved_to(setting: Experiment, point: Point) -> Experiment:
    """The setting with an initializer and biases that put it there, its law of weights kept."""
    own = setting.initializer
    base = own if isinstance(own, VarianceScaling) else VarianceScaling()
    initializer = replace(base, scale=point.sigma_w2, mode="fan_in")
    return replace(setting, initializer=initializer, bias_variance=point.sigma_b2)


def nearest(sigma_w2: float, sigma_b2: float) -> Point:
    """The middle of the cell that two numbers lie in."""
    return Point(_nearest(sigma_w2, WEIGHTS), _nearest(sigma_b2, BIASES))


def is_on_map(point: Point) -> bool:
    """Whether a point lies within the map's cells."""
    room = STEP / 2
    right, top = WEIGHTS[-1] + room, BIASES[-1] + room
    return WEIGHTS[0] - room <= point.sigma_w2 <= right and point.sigma_b2 <= top


def dense(setting: Experiment) -> Experiment:
    """The setting's network as the map has it: dense layers of one width."""
    square, _ = within_budget(replace(setting.alone, family="dense", taper=1.0))
    return square


def _nearest(value: float, steps: tuple[float, ...]) -> float:
    return min(steps, key=lambda step: abs(step - min(value, steps[-1])))
