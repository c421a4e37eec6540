"""Recurrent layers unrolled in time: the weights are drawn once and act at every step."""

from collections.abc import Iterator

import numpy as np

from vscore._streams import Stream
from vscore._typing import AnyArray, Shape
from vscore._workers import ALONE, Team, Tick
from vscore.initializers import Initializer
from vscore.networks import RecurrentNetwork
from vscore.propagation.cells import CELLS, CellWeights, settled
from vscore.propagation.run import BIAS, COTANGENT, INPUTS, KERNEL, Run
from vscore.propagation.scaled import Scaled, scaled
from vscore.propagation.statistics import log10_second_moment, moments, second_moment


class RecurrentRun(Run[RecurrentNetwork]):
    """One drawn recurrent layer and a batch of sequences on its way through time.

    Every pre-activation and state is kept for the way back: 4 bytes x steps x batch x units x
    (gates + parts of a state), so 6 numbers a unit and step for an LSTM.
    """

    def __init__(
        self,
        network: RecurrentNetwork,
        stream: Stream,
        dtype: str,
        tick: Tick,
        team: Team = ALONE,
    ) -> None:
        super().__init__(network, stream, dtype, tick, team)
        self.weights = self._drawn_weights()
        self._cell = CELLS[network.cell]
        self._pre_activations: list[AnyArray] = []
        self._states: list[AnyArray] = []

    def draw_inputs(self, batch: int) -> AnyArray:
        """iid N(0, 1) inputs, shape (batch, steps, input_dim); each step has its own stream."""
        steps, input_dim = self.network.input_shape
        inputs = np.empty((batch, steps, input_dim), self._dtype)
        for step in range(steps):
            inputs[:, step] = self._standard_normal((batch, input_dim), INPUTS, step)
        return inputs

    def forward(self, inputs: AnyArray) -> list[dict[str, float]]:
        """The statistics of each step, first to last, for inputs (batch, steps, input_dim)."""
        state = self._cell.start(len(inputs), self.network.units, self._dtype)
        self._states.append(state)
        rows = []
        for step in range(self.network.steps):
            x = scaled(inputs[:, step])
            z = self._cell.pre_activations(self.weights, x, state)
            self._pre_activations.append(settled(z))
            state = self._cell.state(self._pre_activations[-1], state)
            self._states.append(state)
            rows.append(self._statistics(z, state))
            self._tick()
        return rows

    def activations(self, inputs: AnyArray) -> Iterator[AnyArray]:
        self.forward(inputs)
        for state in self._states[1:]:
            yield state[0]

    def backward(self) -> list[float]:
        """log10 of the gradient's second moment at each step's h, first to last."""
        at_state = np.zeros_like(self._states[-1])
        at_state[0] = self._standard_normal(at_state.shape[1:], COTANGENT)
        g = scaled(at_state)
        rows = [self._log10_at_h(g)]
        self._tick()
        for step in range(self.network.steps - 1, 0, -1):
            before, z = self._states[step], self._pre_activations[step]
            back = self._cell.pulled_back(self.weights, z, before, g.values)
            g = scaled(back, g.exponent)
            rows.append(self._log10_at_h(g))
            self._tick()
        return rows[::-1]

    def _drawn_weights(self) -> CellWeights:
        network = self.network
        initializers = (network.initializer, network.recurrent_initializer)
        kernel, recurrent_kernel = (
            self._drawn(initializer, shape, place)
            for place, (initializer, shape) in enumerate(
                zip(initializers, network.kernel_shapes, strict=True)
            )
        )
        start, std = network.start_of_bias()
        bias = start.astype(self._dtype)
        if std.any():
            bias += std.astype(self._dtype) * self._standard_normal(bias.shape, BIAS)
        return CellWeights(kernel, recurrent_kernel, bias)

    def _drawn(self, initializer: Initializer, shape: Shape, place: int) -> AnyArray:
        """One of the two matrices."""
        stream, check = self._stream.child(KERNEL, place), self._team.stop_if_cancelled
        drawn = initializer.draw(shape, stream, threads=1, check=check)
        return drawn.astype(self._dtype, copy=False)

    def _statistics(self, z: Scaled, state: AnyArray) -> dict[str, float]:
        row = moments(z, Scaled(state[0], 0))
        row["saturated"] = self._cell.saturated(self._pre_activations[-1])
        row["dead"] = 0.0  # sigmoid and tanh have a slope everywhere
        if self._cell.parts == 2:
            row["cell_second_moment"] = second_moment(state[1])
        return row

    def _log10_at_h(self, gradient: Scaled) -> float:
        return log10_second_moment(Scaled(gradient.values[0], gradient.exponent))
