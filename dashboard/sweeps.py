"""What the Sweep page asks: one or two settings that change, and what is measured. Pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from dashboard.training import TRAINED
from vscore.activations import ACTIVATIONS
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES
from vscore.initializers import INITIALIZERS
from vscore.networks import CELLS, PADDINGS
from vscore.parameters import PARAMETERS, Parameter, check_choice
from vscore.sweeps import MEASURES, SETTINGS, Axis
from vscore.training import DATASETS, OPTIMIZERS

POINTS = Parameter(
    "sweep_points",
    "Points",
    "How many values, both ends included; fewer where whole numbers would come twice.",
    10,
    2,
    60,
    (2, 60),
)
"""On one axis: two of the longest are as many cells as a map can show."""

MOST_LINES = 4
"""Names that have a line each; more are the rows of a map."""

_LAWS = tuple(name for name in INITIALIZERS if not name.startswith(("xavier", "kaiming")))


@dataclass(frozen=True, slots=True)
class Range:
    """A number that goes from one end to the other.

    Parameters
    ----------
    name : str
        A key of `BOUNDS`.
    low, high : float
        Both included.
    points : int
        From 2 to 60; fewer values where whole numbers would come twice.
    log : bool
        Whether it goes by even factors.

    Raises
    ------
    ValueError
        Naming what is allowed.
    """

    name: str
    low: float
    high: float
    points: int
    log: bool = False

    def __post_init__(self) -> None:
        bottom, top = BOUNDS[check_choice("axis", self.name, BOUNDS)]
        if not bottom <= self.low < self.high <= top:
            raise ValueError(f"must rise, within {bottom:g} to {top:g}")
        POINTS.check(self.points, "points")
        if self.log and self.low <= 0:
            raise ValueError("must start above 0 to go by even factors")

    @property
    def text(self) -> str:
        """The axis as a shell is given it: "scale=0.5:8:17:log"."""
        ends = f"{plain(self.low)}:{plain(self.high)}"
        return f"{self.name}={ends}:{self.points}{':log' * self.log}"

    @property
    def axis(self) -> Axis:
        """The core's own."""
        return Axis.parse(self.text)


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting that takes one name after another.

    Parameters
    ----------
    name : str
        A key of `OFFERED`.
    names : tuple of str
        At least one; put in the order in which they are offered.

    Raises
    ------
    ValueError
        Naming what is allowed.
    """

    name: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        offered = OFFERED[check_choice("axis", self.name, OFFERED)]
        asked = {check_choice(self.name, name, offered) for name in self.names}
        if not asked:
            raise ValueError("must have at least one name")
        object.__setattr__(self, "names", tuple(name for name in offered if name in asked))

    @property
    def text(self) -> str:
        """The axis as a shell is given it: "activation=relu,tanh"."""
        return f"{self.name}={','.join(self.names)}"

    @property
    def axis(self) -> Axis:
        """The core's own."""
        return Axis(self.name, self.names)


Span: TypeAlias = Range | Choice
"""What one axis of a sweep goes over."""

BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        **{
            name: PARAMETERS[name].shown
            for name in (
                *("scale", "gain", "stddev", "mean", "minval", "maxval", "value"),
                *("bias_variance", "depth", "width", "taper", "image_size"),
                *("networks", "batch", "seed"),
            )
        },
        "learning_rate": TRAINED["rate"].shown,
        "epochs": TRAINED["epochs"].shown,
    }
)
"""Numbers that an axis may be, and how far: what a link, and so every cell's own, can hold."""

OFFERED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "activation": tuple(ACTIVATIONS),
        "initializer": _LAWS,
        "mode": MODES,
        "distribution": tuple(DISTRIBUTIONS),
        "network": ("mlp", "convnet", "recurrent"),
        "padding": PADDINGS,
        "cell": CELLS,
        "recurrent_initializer": _LAWS,
        "dataset": tuple(DATASETS),
        "optimizer": tuple(OPTIMIZERS),
    }
)
"""Names that an axis may go over."""

USUAL: Mapping[str, Span] = MappingProxyType(
    {
        span.name: span
        for span in (
            Range("scale", 0.5, 8.0, 17, log=True),
            Range("gain", 0.5, 4.0, 13, log=True),
            Range("stddev", 0.01, 1.0, 13, log=True),
            Range("bias_variance", 0.0, 1.0, 11),
            Range("depth", 1, 49, 13),
            Range("width", 8, 512, 7, log=True),
            Range("taper", 0.25, 4.0, 9, log=True),
            Choice("activation", ("relu", "gelu", "tanh", "selu")),
            Choice("initializer", ("glorot_normal", "he_normal", "lecun_normal", "orthogonal")),
            Choice("mode", tuple(MODES)),
            Choice("distribution", tuple(DISTRIBUTIONS)),
            Range("seed", 0, 19, 20),
            Range("networks", 1, 64, 7, log=True),
            Range("batch", 2, 256, 8, log=True),
            Choice("network", ("mlp", "convnet", "recurrent")),
            Range("image_size", 3, 24, 8),
            Choice("padding", tuple(PADDINGS)),
            Choice("cell", tuple(CELLS)),
            Choice("recurrent_initializer", ("glorot_uniform", "orthogonal")),
            Range("mean", -0.1, 0.1, 9),
            Range("minval", -0.5, -0.05, 10),
            Range("maxval", 0.05, 0.5, 10),
            Range("value", -0.1, 0.1, 9),
            Range("learning_rate", 0.001, 1.0, 7, log=True),
            Range("epochs", 10, 100, 10),
            Choice("dataset", tuple(DATASETS)),
            Choice("optimizer", tuple(OPTIMIZERS)),
        )
    }
)
"""What an axis goes over where nothing is said, in the order in which axes are offered."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep asks.

    Parameters
    ----------
    x : Range or Choice
    y : Range or Choice, optional
        The second axis.
    measure : str
        A key of `vscore.sweeps.MEASURES`.
    source : str
        "simulated" or "predicted"; one that the measure has.

    Raises
    ------
    ValueError
        If both axes are of the same setting, or the measure has no such source.
    """

    x: Span = USUAL["scale"]
    y: Span | None = None
    measure: str = "log10_q"
    source: str = "simulated"

    def __post_init__(self) -> None:
        MEASURES[check_choice("measure", self.measure, MEASURES)].ask(self.source)
        if self.y is not None and self.y.name == self.x.name:
            raise ValueError("must differ from the first axis")

    @property
    def spans(self) -> tuple[Span, ...]:
        """One or two."""
        return (self.x,) if self.y is None else (self.x, self.y)

    @property
    def across(self) -> Span:
        """What a chart of lines has to the right: numbers, where there are any."""
        return next((span for span in self.spans if isinstance(span, Range)), self.x)

    @property
    def lines(self) -> bool:
        """Whether it is shown by lines: of one axis, or one for each of a few names.

        Else it is a map.
        """
        names = [len(span.names) for span in self.spans if isinstance(span, Choice)]
        return self.y is None or (len(names) == 1 and names[0] <= MOST_LINES)


def parameter_of(name: str) -> Parameter:
    """A number that an axis may be, with the bounds that it has there."""
    parameter = SETTINGS[name].parameter
    assert parameter is not None, "it is no choice"
    return replace(parameter, shown=BOUNDS[name])


def sources(measure: str) -> tuple[str, ...]:
    """How a measure can be had."""
    found = MEASURES[measure]
    known = {"simulated": found.simulated, "predicted": found.predicted}
    return tuple(name for name, ask in known.items() if ask is not None)


def plain(value: float) -> str:
    """A number as links and the shell hold it, which reads back to the same one: 2, 0.5."""
    return repr(value + 0.0).removesuffix(".0") if isinstance(value, float) else str(value)
