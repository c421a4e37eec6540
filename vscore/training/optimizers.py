"""Optimizers with Keras' names, defaults and formulas, each a frozen object.

A step works in place on arrays of any one shape: all weights of all networks lie in one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from vscore._typing import AnyArray
from vscore.parameters import check_choice, shown
from vscore.training.parameters import TRAINING


class Optimizer(ABC):
    """What turns a gradient into a step. Each class is a frozen dataclass.

    Attributes
    ----------
    kind : str
        Its key in `OPTIMIZERS`.
    learning_rate : float
    """

    __slots__ = ()

    kind: str
    learning_rate: float

    @property
    @abstractmethod
    def averages(self) -> int:
        """How many arrays of the weights' shape it keeps from step to step; all 0 at first."""

    @abstractmethod
    def step(
        self, weights: AnyArray, gradient: AnyArray, averages: Sequence[AnyArray], count: int
    ) -> None:
        """Move the weights, in place.

        Parameters
        ----------
        weights, gradient : ndarray, of one shape
            The gradient's array is used up.
        averages : sequence of ndarray
            As many as `averages` says, of the same shape.
        count : int
            The number of this step, from 1.
        """

    def _check(self, *names: str) -> None:
        """Check the named numbers, and keep them as Python's."""
        for name in names:
            object.__setattr__(self, name, TRAINING[name].check(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Gradient descent: w <- w + v, with v <- momentum v - learning_rate g.

    Parameters
    ----------
    learning_rate : float, default 0.01
        In [0, inf).
    momentum : float, default 0.0
        In [0, 1].
    nesterov : bool, default False
        Whether the step looks ahead: w <- w + momentum v - learning_rate g.

    Notes
    -----
    PyTorch keeps v / -learning_rate; at a constant learning rate its steps are the same.
    """

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    kind: str = field(default="sgd", init=False)

    def __post_init__(self) -> None:
        self._check("learning_rate", "momentum")
        if not isinstance(self.nesterov, bool):
            raise ValueError(f"nesterov must be True or False; got {shown(self.nesterov)}")

    @property
    def averages(self) -> int:
        """v, if there is momentum."""
        return int(self.momentum != 0)

    def step(
        self, weights: AnyArray, gradient: AnyArray, averages: Sequence[AnyArray], count: int
    ) -> None:
        """Move the weights, in place."""
        gradient *= self.learning_rate
        if self.momentum == 0:
            weights -= gradient
            return
        (velocity,) = averages
        velocity *= self.momentum
        velocity -= gradient
        if self.nesterov:
            weights += self.momentum * velocity
            weights -= gradient
        else:
            weights += velocity


@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1, in the order of section 2's last paragraph).

    m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v), and
    w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon).

    Parameters
    ----------
    learning_rate : float, default 0.001
        In [0, inf).
    beta_1 : float, default 0.9
        In [0, 1).
    beta_2 : float, default 0.999
        In [0, 1).
    epsilon : float, default 1e-7
        In (0, inf). PyTorch has 1e-8, added after v's correction.
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    kind: str = field(default="adam", init=False)

    def __post_init__(self) -> None:
        self._check("learning_rate", "beta_1", "beta_2", "epsilon")

    @property
    def averages(self) -> int:
        """m and v."""
        return 2

    def step(
        self, weights: AnyArray, gradient: AnyArray, averages: Sequence[AnyArray], count: int
    ) -> None:
        """Move the weights, in place."""
        mean, square = averages
        rate = self.learning_rate * (1 - self.beta_2**count) ** 0.5 / (1 - self.beta_1**count)
        mean *= self.beta_1
        mean += (1 - self.beta_1) * gradient
        gradient *= gradient
        gradient *= 1 - self.beta_2
        square *= self.beta_2
        square += gradient
        np.sqrt(square, out=gradient)
        gradient += self.epsilon
        np.divide(mean, gradient, out=gradient)
        gradient *= rate
        weights -= gradient


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType({"sgd": SGD(), "adam": Adam()})
"""Every optimizer by name, with Keras' defaults."""


def as_optimizer(value: object) -> Optimizer:
    """The optimizer itself, or the one of this name.

    Raises
    ------
    ValueError
        Listing the names.
    """
    if isinstance(value, Optimizer):
        return value
    return OPTIMIZERS[check_choice("optimizer", value, OPTIMIZERS)]
