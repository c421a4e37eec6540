"""The same networks trained in PyTorch, step by step.

The numbers are golden/torch_training.json's, which golden/make_torch_training_goldens.py wrote
with PyTorch's layers, losses, autograd and optimizers, from weights and examples that vscore drew.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vscore._streams import Stream
from vscore.initializers import RandomNormal
from vscore.networks import mlp
from vscore.training import SGD, Adam, Optimizer, TrainingRun, train

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "torch_training.json").read_text("utf-8")
)
ROWS = GOLDEN["rows"]
SEED, EXAMPLES = GOLDEN["seed"], GOLDEN["examples"]

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": SGD(0.1),
    "momentum": SGD(0.05, momentum=0.9),
    "nesterov": SGD(0.05, momentum=0.9, nesterov=True),
    "adam": Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-14),
}

# float64: rounding of sums of 20 terms over 12 steps. float32: the same, times 6e-8; Adam divides
# by the gradient's own size, so that a gradient's relative rounding counts.
RELATIVE = {"float64": 1e-10, "float32": 1e-5}

every_row = pytest.mark.parametrize(
    "index",
    range(len(ROWS)),
    ids=["-".join(r[k] for k in ("dtype", "activation", "optimizer", "task")) for r in ROWS],
)


def normal(path: int, *shape: int) -> Any:
    return RandomNormal(0.0, 1.0).draw(shape, Stream(SEED, (path,)))


@cache
def trained(index: int) -> TrainingRun:
    row = ROWS[index]
    targets = np.arange(EXAMPLES) % 4 if row["task"] == "classes" else normal(8, EXAMPLES, 2)
    network = mlp(
        tuple(row["widths"]),
        activation=row["activation"],
        initializer=row["initializer"],
        bias_variance=row["bias_variance"],
    )
    return train(
        network,
        (normal(7, EXAMPLES, 5), targets),
        optimizer=OPTIMIZERS[row["optimizer"]],
        epochs=GOLDEN["last"],
        batch_size=GOLDEN["batch"],
        networks=2,
        seed=SEED,
        validation=0,
        dtype=row["dtype"],
    )


@every_row
def test_the_loss_of_every_step(index: int) -> None:
    rel = RELATIVE[ROWS[index]["dtype"]]
    assert trained(index).step_loss[0] == pytest.approx(ROWS[index]["step_loss"], rel=rel)


@every_row
def test_what_is_measured_after_every_epoch(index: int) -> None:
    row, run = ROWS[index], trained(index)
    rel = 10 * RELATIVE[row["dtype"]]  # a norm is of a gradient that may nearly have vanished
    for epoch, found in enumerate(row["epochs"]):
        assert run.loss[0, epoch] == pytest.approx(found["loss"], rel=rel)
        assert run.gradient_norm[0, epoch] == pytest.approx(found["gradient_norm"], rel=rel)
        variance = found["activation_variance"]
        assert run.activation_variance[0, epoch] == pytest.approx(variance, rel=rel)
        if run.accuracy is not None:
            assert run.accuracy[0, epoch] == pytest.approx(found["accuracy"], rel=1e-12)


@every_row
def test_the_last_weights(index: int) -> None:
    row, run = ROWS[index], trained(index)
    error = 10 * RELATIVE[row["dtype"]]
    np.testing.assert_allclose(run.kernels[-1][0], row["last_layer"]["kernel"], error, error)
    np.testing.assert_allclose(run.biases[-1][0], row["last_layer"]["bias"], error, error)


def test_training_did_something() -> None:
    # Were nothing learned, agreeing on it would mean little.
    for row in ROWS:
        losses = [epoch["loss"] for epoch in row["epochs"]]
        assert losses[-1] < 0.95 * losses[0]
    assert len({row["step_loss"][0] for row in ROWS}) == 12  # two dtypes, 3 activations, 2 tasks
    assert len({row["step_loss"][-1] for row in ROWS}) == 48
