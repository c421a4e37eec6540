"""A typed formula's spellings in PyTorch and JAX, and its slope by their differentiation."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
import torch

from vscore.activations import Activation
from vscore.meanfield import gains

FORMULAS = (
    "x * sigmoid(1.702 * x)",
    "clip(x + 0.3, -1, 2) / 3 + max(x, 0.5) * min(2, x)",
    "where(x - 0.2, tanh(x), expm1(x)) + relu(x)**2",
    "softplus(x) - log1p(x**2) + sqrt(1 + x * x) + atan(x)",
    "abs(x) + sign(x + 1.01) + step(x - 1.01) * erf(x)",
    "sin(pi * x) * cos(x) * exp(-x**2) - log(1 + e**x)",
)

POINTS = np.linspace(-3, 3, 61) + 0.0123

every_formula = pytest.mark.parametrize("formula", FORMULAS)


@every_formula
def test_torch(formula: str) -> None:
    phi = Activation.from_formula(formula)
    function = eval(phi.names["torch"], {"torch": torch})
    x = torch.tensor(POINTS, requires_grad=True)
    y = function(x)
    y.sum().backward()
    np.testing.assert_allclose(phi.value(POINTS), y.detach().numpy(), rtol=1e-12, atol=1e-13)
    assert x.grad is not None
    np.testing.assert_allclose(phi.derivative(POINTS), x.grad.numpy(), rtol=1e-11, atol=1e-12)


@every_formula
def test_jax(formula: str) -> None:
    phi = Activation.from_formula(formula)
    function = eval(phi.names["jax"], {"jax": jax})
    x = POINTS.astype(np.float32)
    # float32's rounding, a few operations of it.
    np.testing.assert_allclose(phi.value(x), np.asarray(function(x)), rtol=2e-5, atol=2e-6)
    slopes = jax.vmap(jax.grad(function))(x)
    np.testing.assert_allclose(phi.derivative(x), np.asarray(slopes), rtol=2e-4, atol=2e-5)


@every_formula
def test_keras(formula: str, keras: Callable[..., Any]) -> None:
    phi = Activation.from_formula(formula)
    x = POINTS.astype(np.float32)
    y = keras("spelled", source=phi.names["keras"], points=x.tolist())
    np.testing.assert_allclose(phi.value(x), y, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("kind", ["linear", "sigmoid", "tanh", "relu", "selu"])
def test_calculate_gain(kind: str) -> None:
    assert gains(kind).torch_gain == pytest.approx(torch.nn.init.calculate_gain(kind), rel=1e-15)
