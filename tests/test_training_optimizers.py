"""Optimizers: single steps by hand, and Keras' own over several steps."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vscore.training import OPTIMIZERS, SGD, Adam, Optimizer
from vscore.training.optimizers import as_optimizer

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "keras_optimizers.json").read_text("utf-8")
)
NOT_A_BOOLEAN: dict[str, Any] = {"nesterov": 1}
CLASSES: dict[str, type[SGD] | type[Adam]] = {"SGD": SGD, "Adam": Adam}


def steps(optimizer: Optimizer, start: list[float], gradients: list[list[float]]) -> Any:
    """The weights after each step, float64."""
    weights = np.array([start])
    averages = [np.zeros_like(weights) for _ in range(optimizer.averages)]
    path = []
    for count, gradient in enumerate(gradients, 1):
        optimizer.step(weights, np.array([gradient]), averages, count)
        path.append(weights[0].copy())
    return np.array(path)


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=lambda r: f"{r['optimizer']}-{r['settings']}")
def test_steps_are_keras(row: dict[str, Any]) -> None:
    optimizer = CLASSES[row["optimizer"]](**row["settings"])
    found = steps(optimizer, GOLDEN["start"], GOLDEN["gradients"])
    # Keras keeps the learning rate, and Adam the betas' powers, in float32.
    np.testing.assert_allclose(found, row["path"], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("row", GOLDEN["rows"], ids=lambda r: f"{r['optimizer']}-{r['settings']}")
def test_names_and_defaults_are_keras(row: dict[str, Any]) -> None:
    optimizer = CLASSES[row["optimizer"]](**row["settings"])
    for name, value in row["all"].items():
        assert getattr(optimizer, name) == pytest.approx(value, rel=1e-7), name


def test_gradient_descent_by_hand() -> None:
    assert steps(SGD(0.5), [1.0], [[2.0], [4.0]]).tolist() == [[0.0], [-2.0]]


def test_momentum_by_hand() -> None:
    # v = -1, then 0.5 x -1 - 2 = -2.5.
    path = steps(SGD(0.5, momentum=0.5), [1.0], [[2.0], [4.0]])
    assert path.tolist() == [[0.0], [-2.5]]


def test_nesterov_by_hand() -> None:
    # v = -1: w = 1 + 0.5 x -1 - 1 = -0.5; v = -2.5: w = -0.5 - 1.25 - 2 = -3.75.
    path = steps(SGD(0.5, momentum=0.5, nesterov=True), [1.0], [[2.0], [4.0]])
    assert path.tolist() == [[-0.5], [-3.75]]


def test_adam_by_hand() -> None:
    # m = sqrt(3) / 2, v = 0.75, rate = 0.1 sqrt(0.25) / 0.5 = 0.1; then, with no gradient,
    # m = sqrt(3) / 4, v = 0.5625, rate = 0.1 sqrt(1 - 0.75^2) / (1 - 0.5^2).
    adam = Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=1.0)
    path = steps(adam, [0.0], [[3**0.5], [0.0]])
    first = -0.1 * (3**0.5 / 2) / (0.75**0.5 + 1)
    second = first - 0.1 * 0.4375**0.5 / 0.75 * (3**0.5 / 4) / (0.5625**0.5 + 1)
    assert path[:, 0] == pytest.approx([first, second], rel=1e-14)


def test_adam_s_first_step_is_the_learning_rate_whatever_the_gradient() -> None:
    path = steps(Adam(0.1, epsilon=1e-12), [0.0, 0.0, 0.0], [[5.0, -1e-3, 0.0]])
    assert path[0] == pytest.approx([-0.1, 0.1, 0.0], rel=1e-7)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=str)
def test_float32_stays_float32(optimizer: Optimizer) -> None:
    weights, gradient = np.ones((2, 3), np.float32), np.ones((2, 3), np.float32)
    averages = [np.zeros_like(weights) for _ in range(optimizer.averages)]
    optimizer.step(weights, gradient, averages, 1)
    assert weights.dtype == np.float32
    assert (weights < 1).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_table(name: str) -> None:
    assert OPTIMIZERS[name].kind == name
    assert as_optimizer(name) is OPTIMIZERS[name]
    assert as_optimizer(OPTIMIZERS[name]) is OPTIMIZERS[name]
    assert hash(OPTIMIZERS[name]) == hash(type(OPTIMIZERS[name])())  # keys a cache by value


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(-1.0), r"learning_rate must be in \[0, inf\); got -1.0"),
        (lambda: SGD(0.1, momentum=1.5), r"momentum must be in \[0, 1\]; got 1.5"),
        (lambda: SGD(**NOT_A_BOOLEAN), "nesterov must be True or False; got 1"),
        (lambda: Adam(beta_1=1.0), r"beta_1 must be in \[0, 0.999999\]; got 1.0"),
        (lambda: Adam(beta_2=-0.1), r"beta_2 must be in \[0, 0.999999\]; got -0.1"),
        (lambda: Adam(epsilon=0.0), r"epsilon must be in \(0, inf\); got 0.0"),
        (lambda: as_optimizer("adams"), "one of 'sgd', 'adam'; got 'adams'. Did you mean 'adam'"),
        (lambda: as_optimizer(0.1), "optimizer must be one of 'sgd', 'adam'; got 0.1"),
    ],
)
def test_errors(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
