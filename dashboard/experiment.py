"""One experiment: what a link names, what the controls show, what the pages compute. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dashboard.costs import network_cost
from dashboard.course.state import Coursework
from dashboard.handout import Handout
from dashboard.kernels import kernels_of
from dashboard.sweeps import Plan
from dashboard.tensor import Tensor
from dashboard.training import Training
from vscore.activations import ACTIVATIONS, Activation
from vscore.initializers import INITIALIZERS, Initializer, for_kernel
from vscore.layers import Dense, Kernel, Layer
from vscore.networks import Network, convnet, mlp, recurrent

REDRAWS = 10
"""Other draws that are shown behind the charts: of the seeds after the experiment's own."""

LETTERS = "ABCD"
"""Names of the settings of a comparison; as many as there may be."""

SHARED = (
    "networks", "batch", "seed", "statistic", "redraws", "convention", "phase",
    "formula", "tensor", "training", "sweep",
)  # fmt: skip
"""What the settings of a comparison have in common: the same random numbers, the same question."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A layer and its initializer, and a deep network started the same way; and what is beside it.

    Attributes
    ----------
    layer : Layer
    kernel : str
        Which of its kernels is drawn.
    initializer : Initializer
        Unseeded; of the drawn kernel and of every layer of the network.
    activation : Activation
    depth, width : int
        The network: `depth` layers of `width` units or channels, on as many inputs; or `depth`
        time steps of a recurrent layer of `width` units.
    networks, batch, seed : int
    bias_variance : float
    family : str
        A key of `FAMILIES`.
    image_size, padding : int, str
        Of a convolutional network: its image's side, and "circular" or "same".
    cell : str
        Of a recurrent network: "simple_rnn", "lstm" or "gru".
    recurrent : str
        The recurrent kernel's initializer, a key of `INITIALIZERS`.
    statistic : str
        What is followed forward: a key of `STATISTICS`.
    taper : float
        Width of the last layer, as a multiple of `width`; layers between narrow or widen evenly.
        Not of a recurrent network.
    redraws : bool
        Whether other draws of the same law are shown behind the charts.
    convention : str
        Whose fans are looked at: a key of `dashboard.axes.CONVENTION_NAMES`.
    phase : str
        What the phase map shows: a key of `dashboard.phases.QUANTITY_NAMES`.
    formula : str
        An activation that someone typed, at most 200 characters, not checked; or nothing.
    tensor : Tensor
        A kernel's shape that someone typed.
    training : Training
    sweep : Plan
        What the Train and Sweep pages ask.
    others : tuple of Experiment
        Settings B to D of a comparison, of which this is A. What is `SHARED` they take from A.
    selected : int
        Which of the settings the controls change, from 0.
    handout : Handout
        What a teacher's link says and locks.
    coursework : Coursework
        How far someone is in the lessons; no number depends on it.
    """

    layer: Layer = Dense()  # noqa: RUF009  # frozen
    kernel: str = "kernel"
    initializer: Initializer = INITIALIZERS["he_normal"]
    activation: Activation = ACTIVATIONS["relu"]
    depth: int = 20
    width: int = 128
    networks: int = 8
    batch: int = 16
    seed: int = 0
    bias_variance: float = 0.0
    family: str = "dense"
    image_size: int = 12
    padding: str = "circular"
    cell: str = "lstm"
    recurrent: str = "orthogonal"
    statistic: str = "q"
    taper: float = 1.0
    redraws: bool = False
    convention: str = "keras"
    phase: str = "chi_1"
    formula: str = ""
    tensor: Tensor = Tensor()  # noqa: RUF009  # frozen
    training: Training = Training()  # noqa: RUF009  # frozen
    sweep: Plan = Plan()  # noqa: RUF009  # frozen
    others: tuple["Experiment", ...] = ()
    selected: int = 0
    handout: Handout = Handout()  # noqa: RUF009  # frozen
    coursework: Coursework = Coursework()  # noqa: RUF009  # frozen

    def __post_init__(self) -> None:
        if len(self.others) >= len(LETTERS):
            raise ValueError(
                f"others must be at most {len(LETTERS) - 1} settings; got {len(self.others)}"
            )
        if not 0 <= self.selected <= len(self.others):
            raise ValueError(
                f"selected must be in [0, {len(self.others)}], one of the settings; "
                f"got {self.selected}"
            )
        shared: dict[str, Any] = {name: getattr(self, name) for name in SHARED}
        others = tuple(replace(other.alone, **shared) for other in self.others)
        object.__setattr__(self, "others", others)

    @property
    def alone(self) -> "Experiment":
        """Setting A with nothing beside it."""
        beside = self.handout, self.coursework
        if not self.others and beside == (Handout(), Coursework()):
            return self
        return replace(self, others=(), selected=0, handout=Handout(), coursework=Coursework())

    @property
    def settings(self) -> tuple["Experiment", ...]:
        """Settings A to D, each alone."""
        return (self.alone, *self.others)

    @property
    def chosen(self) -> "Experiment":
        """The setting that the controls change, alone."""
        return self.settings[self.selected]

    def with_settings(
        self, settings: tuple["Experiment", ...], selected: int | None = None
    ) -> "Experiment":
        """The same handout and coursework over other settings; what is shared is the first one's.

        Parameters
        ----------
        settings : tuple of Experiment
            One to four.
        selected : int, optional
            The setting that is then selected; as before where it is still there.
        """
        first, *others = settings
        index = min(self.selected, len(others)) if selected is None else selected
        return replace(
            first,
            others=tuple(others),
            selected=index,
            handout=self.handout,
            coursework=self.coursework,
        )

    def with_chosen(self, setting: "Experiment") -> "Experiment":
        """The same with another selected setting; what is shared changes in all."""
        shared: dict[str, Any] = {name: getattr(setting, name) for name in SHARED}
        settings = tuple(replace(each, **shared) for each in self.settings)
        before, after = settings[: self.selected], settings[self.selected + 1 :]
        return self.with_settings((*before, setting.alone, *after))

    @property
    def drawn_kernel(self) -> Kernel:
        """The kernel whose weights are drawn."""
        by_name = {kernel.name: kernel for kernel in kernels_of(self.layer)}
        return by_name.get(self.kernel, kernels_of(self.layer)[0])

    @property
    def drawn_initializer(self) -> Initializer:
        """What draws that kernel: seeded, and with the axes that Keras gives it for the fans."""
        return for_kernel(self.initializer.with_seed(self.seed), self.drawn_kernel)

    @property
    def network(self) -> Network:
        """The deep network."""
        return FAMILIES[self.family].build(self)

    @property
    def cost(self) -> float:
        """Nanoseconds of one core that the simulation takes, and its redraws."""
        return self.draws * self.networks * network_cost(self.network, self.batch)

    @property
    def redraw_seeds(self) -> tuple[int, ...]:
        """The seeds that are shown behind the charts: what pressing Redraw ten times would show."""
        return tuple(range(self.seed + 1, self.seed + 1 + REDRAWS)) if self.redraws else ()

    @property
    def draws(self) -> int:
        """How often everything is drawn: once, or eleven times."""
        return 1 + len(self.redraw_seeds)


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of deep network: its name, and how it is built.

    Attributes
    ----------
    label : str
    build : callable
        Experiment to Network.
    start : mapping
        Sizes that show something within a moment, when the family is chosen.
    """

    label: str
    build: Callable[[Experiment], Network]
    start: Mapping[str, int]


def widths(experiment: Experiment) -> tuple[int, ...]:
    """Units or channels of the inputs and of each layer, shape (depth + 1,): a geometric series."""
    width, depth, taper = experiment.width, experiment.depth, experiment.taper
    if taper == 1:
        return (width,) * (depth + 1)
    return tuple(max(1, round(width * taper ** (step / depth))) for step in range(depth + 1))


def _dense(experiment: Experiment) -> Network:
    return mlp(
        widths(experiment),
        activation=experiment.activation,
        initializer=experiment.initializer,
        bias_variance=experiment.bias_variance,
    )


def _convolutional(experiment: Experiment) -> Network:
    return convnet(
        widths(experiment),
        image_size=experiment.image_size,
        padding=experiment.padding,
        activation=experiment.activation,
        initializer=experiment.initializer,
        bias_variance=experiment.bias_variance,
    )


def _recurrent(experiment: Experiment) -> Network:
    return recurrent(
        experiment.cell,
        input_dim=experiment.width,
        units=experiment.width,
        steps=experiment.depth,
        kernel_initializer=experiment.initializer,
        recurrent_initializer=experiment.recurrent,
        bias_variance=experiment.bias_variance,
    )


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "dense": Family(
            "Dense",
            _dense,
            {"depth": 20, "width": 128, "networks": 8, "batch": 16},
        ),
        "convolutional": Family(
            "Convolutional",
            _convolutional,
            {"depth": 20, "width": 16, "networks": 4, "batch": 8},
        ),
        "recurrent": Family(
            "Recurrent",
            _recurrent,
            {"depth": 50, "width": 64, "networks": 4, "batch": 16},
        ),
    }
)

STATISTICS: Mapping[str, str] = MappingProxyType(
    {
        "q": "Mean z² (He's)",
        "unit_variance": "Variance of one unit over inputs",
        "activation_second_moment": "Mean h²",
        "activation_variance": "Pooled variance of h",
        "activation_mean": "Mean h",
        "correlation": "Correlation of two inputs",
        "saturated": "Share of saturated units",
        "dead": "Share of dead units",
    }
)
"""What can be followed forward, by its name in `Propagation`."""

DEFAULT = Experiment()
