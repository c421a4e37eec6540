"""What a training gives back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._typing import AnyArray, FloatArray
from vscore.networks import DenseNetwork
from vscore.parameters import shown
from vscore.training.losses import LOSSES
from vscore.training.measure import rows_of
from vscore.training.optimizers import Optimizer
from vscore.training.passes import Pass
from vscore.training.weights import weights_in


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRun:
    """What independent networks became as they were trained.

    Every array is float64 and has networks as its first axis. Layers count from 0; "recorded"
    epochs count from 0 too, which is before the first step.

    Attributes
    ----------
    network : DenseNetwork
    task : str
        "classes" or "values".
    optimizer : Optimizer
    seed, batch_size, epochs : int
        As asked for.
    dtype : str
    target : float
        The accuracy that `epochs_to_target` waits for.
    recorded : tuple of int
        The epochs measured so far, the last one the latest.
    step_loss : ndarray, shape (networks, steps)
        Of each step's batch, before the step; infinite from divergence on.
    loss, accuracy : ndarray, shape (networks, recorded)
        On all examples trained on. The accuracy of values is None.
    validation_loss, validation_accuracy : ndarray, shape (networks, recorded), or None
        On the examples held out, if any.
    gradient_norm : ndarray, shape (networks, recorded, depth)
        Euclidean norm of the gradient of `loss` with respect to each layer's kernel.
    activation_variance : ndarray, shape (networks, recorded, depth)
        Of each layer's h over its units and all examples trained on; of the last layer's z.
    diverged_step : ndarray of int, shape (networks,)
        How many steps a network had made when its loss left the dtype; -1 where it never did.
        From there on its losses, norms and variances are infinite, its accuracy is 0, and its
        weights stay.
    weights : ndarray, shape (networks, weights), of the dtype
        At the last recorded epoch; see `kernels` and `biases`.
    """

    network: DenseNetwork
    task: str
    optimizer: Optimizer
    seed: int
    batch_size: int
    epochs: int
    dtype: str
    target: float
    recorded: tuple[int, ...]
    step_loss: FloatArray
    loss: FloatArray
    accuracy: FloatArray | None
    validation_loss: FloatArray | None
    validation_accuracy: FloatArray | None
    gradient_norm: FloatArray
    activation_variance: FloatArray
    diverged_step: NDArray[np.int64]
    weights: AnyArray

    @property
    def finished(self) -> bool:
        """Whether all epochs asked for are done."""
        return self.recorded[-1] == self.epochs

    @property
    def loss_name(self) -> str:
        """ "softmax cross-entropy" or "mse"."""
        return LOSSES[self.task].name

    @property
    def kernels(self) -> tuple[AnyArray, ...]:
        """Each layer's kernels, shape (networks, in, out); views of `weights`."""
        return weights_in(self.weights, self.network).kernels

    @property
    def biases(self) -> tuple[AnyArray, ...]:
        """Each layer's biases, shape (networks, out); views of `weights`."""
        return weights_in(self.weights, self.network).biases

    @property
    def epochs_to_target(self) -> tuple[int | None, ...]:
        """Each network's first recorded epoch whose accuracy is at least `target`, else None.

        On the examples held out, or on those trained on where none are. Values have no accuracy.
        """
        held_out = self.validation_accuracy
        accuracy = self.accuracy if held_out is None else held_out
        if accuracy is None:
            return (None,) * len(self.weights)
        # A share of examples is a ratio of integers: 0.9 of 10 is 9 of them, whatever rounding.
        reached = accuracy >= self.target - 1e-12
        return tuple(self.recorded[int(row.argmax())] if row.any() else None for row in reached)

    def predict(self, inputs: ArrayLike) -> FloatArray:
        """What every network says to some inputs.

        Parameters
        ----------
        inputs : array_like, shape (examples, features)

        Returns
        -------
        ndarray, shape (networks, examples, outputs)
            The probability of each class, or the values; nan where a network that diverged has
            nothing to say.

        Raises
        ------
        ValueError
            If the inputs are no numbers of that shape.
        """
        given = self._checked(inputs)
        weights = weights_in(self.weights, self.network)
        rows, count = rows_of(self.network), len(self.weights)
        forward = Pass(self.network, count, min(rows, len(given)), self.dtype).forward
        answers = np.empty((count, len(given), self.network.widths[-1]))
        with np.errstate(all="ignore"):
            for start in range(0, len(given), rows):
                outputs = forward(weights, given[None, start : start + rows])[-1]
                part = LOSSES[self.task].answers(outputs.astype(np.float64))
                answers[:, start : start + rows] = part
        return answers

    def _checked(self, inputs: ArrayLike) -> AnyArray:
        features = self.network.widths[0]
        try:
            array: AnyArray = np.asarray(inputs, self.dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"inputs must be an array of numbers; got {shown(inputs)}") from error
        if array.ndim != 2 or array.shape[1] != features or not len(array):
            raise ValueError(
                f"inputs must have shape (examples, {features}), as the network's widths say; "
                f"got {array.shape}"
            )
        return array
