"""Our laws against torch.nn.init, PyTorch's layers and jax.nn.initializers: one law each time."""

import math
from collections.abc import Callable

import jax
import numpy as np
import pytest
import torch
from scipy import stats

from vscore.initializers import (
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)

KS_P = 1e-6
SIGMAS = 4.9
"""Both are passed by chance about once in a million; all seeds are fixed."""

WEIGHTS = 576_000
"""Pooled over draws: 1 % of a std is 2 % of a variance, where 1.3 % is allowed for a normal."""

SHAPES = {"dense": (300, 120), "convolution": (3, 5, 40, 120)}
"""Keras' layout; a convolution's fans are 600 and 1800."""

KURTOSIS = {"truncated_normal": 2.3655367, "untruncated_normal": 3.0, "uniform": 1.8}

TorchRule = Callable[[torch.Tensor], object]


def torch_draw(rule: TorchRule, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """PyTorch's weights in Keras' layout: (out, in, ...) turned round."""
    window, (inputs, outputs) = shape[:-2], shape[-2:]
    tensor = torch.empty((outputs, inputs, *window))
    torch.manual_seed(seed)
    rule(tensor)
    order = (*range(2, tensor.ndim), 1, 0)
    return np.asarray(tensor.detach().numpy().transpose(order))


def seeds(shape: tuple[int, ...]) -> range:
    return range(WEIGHTS // math.prod(shape))


def torch_pool(rule: TorchRule, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([torch_draw(rule, shape, seed) for seed in seeds(shape)])


def jax_pool(rule: Callable[..., jax.Array], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([np.asarray(rule(jax.random.key(seed), shape)) for seed in seeds(shape)])


def our_pool(initializer: Initializer, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([initializer.with_seed(100 + seed)(shape) for seed in seeds(shape)])


def assert_one_law(ours: np.ndarray, theirs: np.ndarray, kurtosis: float) -> None:
    """The shape by Kolmogorov and Smirnov, the scale by the variance."""
    assert ours.shape == theirs.shape
    assert stats.ks_2samp(ours.ravel(), theirs.ravel(), method="asymp").pvalue > KS_P
    ratio = float(ours.astype(np.float64).var() / theirs.astype(np.float64).var())
    assert abs(ratio - 1) < SIGMAS * math.sqrt(2 * (kurtosis - 1) / ours.size)


def scaling(scale: float, mode: str, law: str) -> VarianceScaling:
    return VarianceScaling(scale, mode, law)  # type: ignore[arg-type]  # each a mode


NORMAL, CUT, UNIFORM = "untruncated_normal", "truncated_normal", "uniform"

# The same law, as torch.nn.init says it. PyTorch's fan_in is read off (out, in, ...).
IN_TORCH: list[tuple[Initializer, TorchRule, str]] = [
    (scaling(1, "fan_avg", UNIFORM), torch.nn.init.xavier_uniform_, UNIFORM),
    (scaling(1, "fan_avg", NORMAL), torch.nn.init.xavier_normal_, NORMAL),
    (scaling(2, "fan_in", UNIFORM), torch.nn.init.kaiming_uniform_, UNIFORM),
    (scaling(2, "fan_in", NORMAL), torch.nn.init.kaiming_normal_, NORMAL),
    (
        scaling(2, "fan_out", NORMAL),
        lambda w: torch.nn.init.kaiming_normal_(w, mode="fan_out"),
        NORMAL,
    ),
    (
        scaling(2 / (1 + 0.3**2), "fan_out", UNIFORM),
        lambda w: torch.nn.init.kaiming_uniform_(w, a=0.3, mode="fan_out"),
        UNIFORM,
    ),
    (
        INITIALIZERS["torch_default"],
        lambda w: torch.nn.init.kaiming_uniform_(w, a=math.sqrt(5)),
        UNIFORM,
    ),
    (RandomNormal(0.02, 0.05), lambda w: torch.nn.init.normal_(w, 0.02, 0.05), NORMAL),
    (RandomUniform(-0.01, 0.05), lambda w: torch.nn.init.uniform_(w, -0.01, 0.05), UNIFORM),
    # PyTorch's bounds are absolute, not multiples of std.
    (
        TruncatedNormal(0.02, 0.05),
        lambda w: torch.nn.init.trunc_normal_(w, 0.02, 0.05, 0.02 - 0.1, 0.02 + 0.1),
        CUT,
    ),
]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    ("initializer", "rule", "law"), IN_TORCH, ids=[str(row[0]) for row in IN_TORCH]
)
def test_torch_init(
    initializer: Initializer, rule: TorchRule, law: str, shape: tuple[int, ...]
) -> None:
    assert_one_law(our_pool(initializer, shape), torch_pool(rule, shape), KURTOSIS[law])


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_torch_layers_start_with_torch_default(shape: tuple[int, ...]) -> None:
    window, (inputs, outputs) = shape[:-2], shape[-2:]
    kernels = []
    for seed in seeds(shape):
        torch.manual_seed(seed)
        layer: torch.nn.Module = (
            torch.nn.Conv2d(inputs, outputs, window) if window else torch.nn.Linear(inputs, outputs)
        )
        weight = layer.get_parameter("weight").detach().numpy()
        kernels.append(weight.transpose((*range(2, weight.ndim), 1, 0)))
    assert_one_law(our_pool(INITIALIZERS["torch_default"], shape), np.stack(kernels), 1.8)


# As jax.nn.initializers says it: "normal" is untruncated there, fan_geo_avg its own.
initializers = jax.nn.initializers
JAX_LAWS = {"truncated_normal": CUT, "normal": NORMAL, "uniform": UNIFORM}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
@pytest.mark.parametrize("jax_law", JAX_LAWS)
def test_jax_variance_scaling(jax_law: str, mode: str, shape: tuple[int, ...]) -> None:
    law = JAX_LAWS[jax_law]
    rule = initializers.variance_scaling(1.7, mode, jax_law)
    assert_one_law(our_pool(scaling(1.7, mode, law), shape), jax_pool(rule, shape), KURTOSIS[law])


# Constant to 2 stddev each side: JAX's truncated_normal(stddev) corrects nothing either.
IN_JAX: list[tuple[Initializer, Callable[..., jax.Array], str]] = [
    (RandomNormal(0.0, 0.05), initializers.normal(0.05), NORMAL),
    (TruncatedNormal(0.0, 0.05), initializers.truncated_normal(0.05), CUT),
    (RandomUniform(0.0, 0.05), initializers.uniform(0.05), UNIFORM),
]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    ("initializer", "rule", "law"), IN_JAX, ids=[str(row[0]) for row in IN_JAX]
)
def test_jax_laws(
    initializer: Initializer, rule: Callable[..., jax.Array], law: str, shape: tuple[int, ...]
) -> None:
    assert_one_law(our_pool(initializer, shape), jax_pool(rule, shape), KURTOSIS[law])


# Named schemes: what each framework calls the thing that our table calls by that name.
SCHEMES: dict[str, tuple[Callable[..., jax.Array], str]] = {
    "glorot_normal": (initializers.glorot_normal(), CUT),
    "glorot_uniform": (initializers.glorot_uniform(), UNIFORM),
    "xavier_normal": (initializers.xavier_normal(), CUT),
    "xavier_uniform": (initializers.xavier_uniform(), UNIFORM),
    "he_normal": (initializers.he_normal(), CUT),
    "he_uniform": (initializers.he_uniform(), UNIFORM),
    "kaiming_normal": (initializers.kaiming_normal(), CUT),
    "kaiming_uniform": (initializers.kaiming_uniform(), UNIFORM),
    "lecun_normal": (initializers.lecun_normal(), CUT),
    "lecun_uniform": (initializers.lecun_uniform(), UNIFORM),
}

ELSEWHERE = {
    "torch_default",
    "random_normal",
    "truncated_normal",
    "random_uniform",
    "orthogonal",
    "zeros",
}
"""Names whose laws are compared above or below."""


def test_every_name_is_compared() -> None:
    assert set(SCHEMES) | ELSEWHERE == set(INITIALIZERS)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", SCHEMES)
def test_named_schemes_are_jax_s(name: str, shape: tuple[int, ...]) -> None:
    rule, law = SCHEMES[name]
    assert_one_law(our_pool(INITIALIZERS[name], shape), jax_pool(rule, shape), KURTOSIS[law])


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    """Entries of one law, about normal at size 300 and 600, and columns at right angles."""
    ours = our_pool(Orthogonal(1.5), shape)
    theirs = (
        torch_pool(lambda w: torch.nn.init.orthogonal_(w, 1.5), shape),
        np.asarray(initializers.orthogonal(1.5)(jax.random.key(0), shape))[None],
    )
    for drawn in theirs:
        assert stats.ks_2samp(ours.ravel(), drawn.ravel(), method="asymp").pvalue > KS_P
        # PyTorch's matrix is (out, in * window): its rows are our columns.
        for each in (ours, drawn):
            columns = each[0].reshape(-1, 120).astype(np.float64)
            np.testing.assert_allclose(columns.T @ columns, 2.25 * np.eye(120), atol=2e-5)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_constants(shape: tuple[int, ...]) -> None:
    quarter = Constant(0.25)(shape)
    np.testing.assert_array_equal(
        quarter, torch_draw(lambda w: torch.nn.init.constant_(w, 0.25), shape, 0)
    )
    np.testing.assert_array_equal(quarter, initializers.constant(0.25)(jax.random.key(0), shape))
    np.testing.assert_array_equal(Zeros()(shape), torch_draw(torch.nn.init.zeros_, shape, 0))
    np.testing.assert_array_equal(Zeros()(shape), initializers.zeros(jax.random.key(0), shape))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_wrong_laws_are_told_apart(shape: tuple[int, ...]) -> None:
    """The tests above can fail: fans swapped, no correction for the cut, 1 % of gain."""
    wrong = {
        "fans": (scaling(2, "fan_out", CUT), CUT),
        "correction": (scaling(2 * 0.77374, "fan_in", CUT), CUT),
        "shape": (scaling(2, "fan_in", NORMAL), CUT),
        "gain": (scaling(2 * 1.01**2, "fan_in", CUT), CUT),
    }
    theirs = jax_pool(initializers.he_normal(), shape)
    for initializer, law in wrong.values():
        with pytest.raises(AssertionError):
            assert_one_law(our_pool(initializer, shape), theirs, KURTOSIS[law])
