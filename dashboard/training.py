"""What the Train page trains on, with what, and how long. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from vscore.activations import Activation
from vscore.initializers import Initializer
from vscore.networks import DenseNetwork, mlp
from vscore.parameters import Parameter, check_choice
from vscore.training import DATASETS, OPTIMIZERS, TRAINING, Dataset, Optimizer, draw_dataset

POINTS = 512
"""Examples of each set: enough to learn from, few enough to watch."""

NOISE = 0.05
"""Of their inputs, in units of their root mean square."""

REPLICAS = 3
"""Networks of each setting."""

BATCH = 32
"""Examples a step."""

HELD_OUT = 0.2
"""The share of the examples that is not learned."""

TRAINED: Mapping[str, Parameter] = MappingProxyType(
    {
        "rate": replace(TRAINING["learning_rate"], name="rate", default=0.1, shown=(1e-4, 10.0)),
        "epochs": replace(TRAINING["epochs"], default=40, shown=(5, 100), step=5),
        "hidden": Parameter(
            "hidden",
            "Hidden layers",
            "Layers of units before the one that answers. The deeper, the more it matters how "
            "they start.",
            10,
            1,
            12,
            (1, 12),
        ),
        "neurons": Parameter(
            "neurons",
            "Units a layer",
            "Of each hidden layer.",
            32,
            2,
            64,
            (2, 64),
            log=True,
        ),
    }
)
"""Numbers of a training: what its controls offer is what one class on one machine can afford."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training: the same for all settings of a comparison.

    Attributes
    ----------
    data : str
        A key of `DATASETS`.
    optimizer : str
        A key of `OPTIMIZERS`.
    rate : float
        The learning rate.
    epochs : int
    hidden, neurons : int
        Hidden layers, and the units of each.

    Raises
    ------
    ValueError
        Naming what is allowed.
    """

    data: str = "rings"
    optimizer: str = "sgd"
    rate: float = 0.1
    epochs: int = 40
    hidden: int = 10
    neurons: int = 32

    def __post_init__(self) -> None:
        check_choice("data", self.data, DATASETS)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        for name, parameter in TRAINED.items():
            parameter.check(getattr(self, name))

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden units, classes."""
        source = DATASETS[self.data]
        return (source.features, *(self.neurons,) * self.hidden, source.classes)

    def network(
        self, activation: Activation, initializer: Initializer, bias_variance: float
    ) -> DenseNetwork:
        """What is trained, with a setting's activation and initializer."""
        return mlp(
            self.widths, activation=activation, initializer=initializer, bias_variance=bias_variance
        )

    @property
    def steps_by(self) -> Optimizer:
        """The optimizer at this learning rate, all else as in Keras."""
        usual = OPTIMIZERS[self.optimizer]
        return replace(usual, learning_rate=self.rate)  # type: ignore[type-var]  # each is a dataclass

    def examples(self, seed: int) -> Dataset:
        """What is learned, the same for all who ask."""
        return _examples(self.data, seed)


@lru_cache(32)
def _examples(name: str, seed: int) -> Dataset:
    return draw_dataset(name, points=POINTS, noise=NOISE, seed=seed)
