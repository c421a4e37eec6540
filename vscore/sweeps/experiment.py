"""One experiment as plain settings: what a sweep's axes change, one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Self

from vscore._streams import check_seed
from vscore.activations import Activation, as_activation
from vscore.initializers import CUSTOM_OBJECTS, INITIALIZERS, Initializer, as_initializer
from vscore.networks import CELLS, PADDINGS, Network, convnet, mlp, recurrent
from vscore.parameters import PARAMETERS, check_choice
from vscore.training import DATASETS, OPTIMIZERS, TRAINING

NUMBERS = {
    **{
        name: PARAMETERS[name]
        for name in (
            *("depth", "width", "taper", "bias_variance", "kernel_size", "image_size"),
            *("networks", "batch"),
        )
    },
    **{name: TRAINING[name] for name in ("points", "noise", "learning_rate", "epochs")},
    "batch_size": TRAINING["batch_size"],
}
"""The fields of an experiment that are numbers, but for its seed."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "padding": PADDINGS,
        "cell": CELLS,
        "recurrent_initializer": tuple(INITIALIZERS),
        "dtype": ("float32", "float64"),
        "dataset": tuple(DATASETS),
        "optimizer": tuple(OPTIMIZERS),
    }
)
"""The fields that are names."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A network of a few numbers, how it is drawn, and how it is trained if it is.

    Parameters
    ----------
    network : {"mlp", "convnet", "recurrent"}
    depth, width : int
        Layers, and units or channels of each, inputs included; of a recurrent network its steps,
        and its inputs and units.
    taper : float
        Width of the last layer as a multiple of `width`; those between follow geometrically. Not
        of a recurrent network.
    activation : Activation or str
        Not of a recurrent network.
    initializer : Initializer or str
        Of every kernel; of a recurrent network, of the inputs'.
    bias_variance : float
    kernel_size, image_size : int
        Of a convnet, along both axes.
    padding : {"circular", "same"}
        Of a convnet.
    cell : {"simple_rnn", "lstm", "gru"}
        Of a recurrent network.
    recurrent_initializer : str
        Of a recurrent network's kernel from state to state.
    networks, batch, seed : int
        Networks drawn, or trained; inputs that each is given; and the seed of both.
    dtype : {"float32", "float64"}
    dataset : str
        What networks are trained on: a key of `vscore.training.DATASETS`.
    points : int
        Examples drawn, a fifth of which is held out.
    noise : float
    optimizer : {"sgd", "adam"}
    learning_rate : float
    epochs, batch_size : int

    Raises
    ------
    ValueError
        Naming the setting, what is allowed and the value.
    """

    network: str = "mlp"
    depth: int = 20
    width: int = 128
    taper: float = 1.0
    activation: Activation | str = "relu"
    initializer: Initializer | str = "he_normal"
    bias_variance: float = 0.0
    kernel_size: int = 3
    image_size: int = 12
    padding: str = "circular"
    cell: str = "lstm"
    recurrent_initializer: str = "orthogonal"
    networks: int = 8
    batch: int = 16
    seed: int = 0
    dtype: str = "float32"
    dataset: str = "spirals"
    points: int = 512
    noise: float = 0.1
    optimizer: str = "sgd"
    learning_rate: float = 0.01
    epochs: int = 10
    batch_size: int = 32

    def __post_init__(self) -> None:
        check_choice("network", self.network, NETWORKS)
        for name, parameter in NUMBERS.items():
            object.__setattr__(self, name, parameter.check(getattr(self, name)))
        for name, names in CHOICES.items():
            check_choice(name, getattr(self, name), names)
        object.__setattr__(self, "seed", check_seed(self.seed))
        object.__setattr__(self, "activation", as_activation(self.activation))
        object.__setattr__(self, "initializer", as_initializer(self.initializer))

    @property
    def phi(self) -> Activation:
        """The activation, as an object."""
        return as_activation(self.activation)

    @property
    def law(self) -> Initializer:
        """The initializer, as an object."""
        return as_initializer(self.initializer)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units or channels of the inputs and of each layer: a geometric series."""
        if self.taper == 1:
            return (self.width,) * (self.depth + 1)
        steps = (step / self.depth for step in range(self.depth + 1))
        return tuple(max(1, round(self.width * self.taper**step)) for step in steps)

    def build(self) -> Network:
        """The network that these settings describe."""
        return NETWORKS[self.network](self)

    def to_config(self) -> dict[str, Any]:
        """Every setting, as JSON holds it."""
        config = {each.name: getattr(self, each.name) for each in fields(self)}
        phi, law = self.phi, self.law
        config["activation"] = {each.name: getattr(phi, each.name) for each in fields(phi)}
        config["initializer"] = {"kind": law.kind, **law.get_config()}
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The experiment that a `to_config` describes.

        Raises
        ------
        ValueError
            If it describes none.
        """
        given = dict(config)
        try:
            phi, law = dict(given.pop("activation")), dict(given.pop("initializer"))
            kinks = phi.pop("declared_kinks")
            activation = Activation(**phi, declared_kinks=tuple(kinks) if kinks else None)
            initializer = CUSTOM_OBJECTS[law.pop("kind")].from_config(law)
            return cls(activation=activation, initializer=initializer, **given)
        except (KeyError, TypeError) as error:
            raise ValueError(f"these settings describe no experiment: {error}") from error


def _mlp(experiment: Experiment) -> Network:
    return mlp(
        experiment.widths,
        activation=experiment.phi,
        initializer=experiment.law,
        bias_variance=experiment.bias_variance,
    )


def _convnet(experiment: Experiment) -> Network:
    return convnet(
        experiment.widths,
        kernel_size=experiment.kernel_size,
        image_size=experiment.image_size,
        padding=experiment.padding,
        activation=experiment.phi,
        initializer=experiment.law,
        bias_variance=experiment.bias_variance,
    )


def _recurrent(experiment: Experiment) -> Network:
    return recurrent(
        experiment.cell,
        input_dim=experiment.width,
        units=experiment.width,
        steps=experiment.depth,
        kernel_initializer=experiment.law,
        recurrent_initializer=experiment.recurrent_initializer,
        bias_variance=experiment.bias_variance,
    )


NETWORKS: Mapping[str, Callable[[Experiment], Network]] = MappingProxyType(
    {"mlp": _mlp, "convnet": _convnet, "recurrent": _recurrent}
)
"""Builders by the kind of network."""
