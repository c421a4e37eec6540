"""What a question asks of the simulator, as data: an experiment, and what is read off its result.

`read` gives one number a network, or a row of them a network; `theory` gives what infinite width,
or an exact law, predicts. Both are functions of a result, so that a lesson holds no number that
can be measured. Since each is asked of an experiment, a link opens just what was measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from dashboard.experiment import Experiment
from vscore._typing import FloatArray
from vscore.effects import KernelEffect
from vscore.meanfield import Prediction
from vscore.propagation import Propagation
from vscore.sampling import WeightSample
from vscore.training import TrainingRun

Read: TypeAlias = FloatArray | float


@dataclass(frozen=True, slots=True)
class Simulated:
    """Read off the experiment's deep network.

    Attributes
    ----------
    experiment : Experiment
    read : callable
        Propagation to shape (networks,) or (networks, points).
    theory : callable, optional
        Prediction to a number or shape (points,); left out where there is no theory.
    """

    page: ClassVar[str] = ""
    experiment: Experiment
    read: Callable[[Propagation], FloatArray]
    theory: Callable[[Prediction], Read] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """Read off one draw of the experiment's kernel.

    Attributes
    ----------
    experiment : Experiment
    read, theory : callable
        WeightSample to a number; theory reads its `density`, the exact law.
    """

    page: ClassVar[str] = ""
    experiment: Experiment
    read: Callable[[WeightSample], float]
    theory: Callable[[WeightSample], float]


@dataclass(frozen=True, slots=True)
class Applied:
    """Read off the experiment's layer, its kernel applied to N(0, 1) input.

    Attributes
    ----------
    experiment : Experiment
    read, theory : callable
        KernelEffect to a number.
    """

    page: ClassVar[str] = "fans"
    experiment: Experiment
    read: Callable[[KernelEffect], float]
    theory: Callable[[KernelEffect], float]


@dataclass(frozen=True, slots=True)
class Trained:
    """Read off three networks that the experiment's training makes.

    Attributes
    ----------
    experiment : Experiment
    read : callable
        TrainingRun to shape (networks,).
    theory : float
        What must come out, for the reason that the explanation gives.
    """

    page: ClassVar[str] = "train"
    experiment: Experiment
    read: Callable[[TrainingRun], FloatArray]
    theory: float


Measure: TypeAlias = Simulated | Drawn | Applied | Trained


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What a measure came to.

    Attributes
    ----------
    values : ndarray, shape (networks, points)
        One point where a single number is asked for.
    theory : ndarray, shape (points,), or None
    shown : object
        What a chart can be drawn of: (Propagation, Prediction or None), or a WeightSample; or None.
    """

    values: FloatArray
    theory: FloatArray | None
    shown: tuple[Propagation, Prediction | None] | WeightSample | None = None

    @property
    def mean(self) -> FloatArray:
        """Over networks, shape (points,)."""
        mean: FloatArray = self.values.mean(axis=0)
        return mean
