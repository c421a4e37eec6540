"""Framework defaults against what fresh layers of Keras, PyTorch and Flax hold."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from vscore.distributions import DISTRIBUTIONS
from vscore.fans import Fans, fans
from vscore.framework_defaults import FRAMEWORKS, default_initializer
from vscore.initializers import INITIALIZERS, Initializer, RandomNormal, VarianceScaling
from vscore.layers import GRU, LAYERS, LSTM, Dense, Kernel, Layer, MultiHeadAttention
from vscore.parameters import PARAMETERS

ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "framework_defaults.json").read_text("utf-8")
)


def row_name(row: dict[str, Any]) -> str:
    return f"{row['layer']}-{row['kernel']}-{row['framework']}"


def layer_of(row: dict[str, Any]) -> Layer:
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in row["sizes"].items()}
    return LAYERS[row["layer"]](**sizes)


def kernel_of(layer: Layer, name: str) -> Kernel:
    return next(kernel for kernel in layer.kernels if kernel.name == name)


def read_fans(initializer: Initializer, kernel: Kernel) -> Fans:
    """Keras 3.15's, but for an orthogonal matrix, whose rows and columns count."""
    if initializer.kind == "Orthogonal":
        return initializer.fans(kernel.shape)
    return fans(kernel, "keras")


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_law_is_the_one_that_the_framework_draws(row: dict[str, Any]) -> None:
    """False alarms: 1e-6 a row for the root mean square, by its standard error."""
    layer = layer_of(row)
    kernel = kernel_of(layer, row["kernel"])
    initializer = default_initializer(layer, kernel, row["framework"])
    density = initializer.density(read_fans(initializer, kernel))
    error = math.sqrt((density.kurtosis - 1) / row["count"]) / 2
    if initializer.kind == "Orthogonal":  # every matrix has the same mean square
        error = 1e-6
    assert row["std"] == pytest.approx(density.std, rel=4.9 * error)
    # The laws' kurtoses are 1.8, 2.366 and 3, an orthogonal entry's 2.8 or more: the fourth
    # moment of 10 000 weights tells them apart, since its relative deviation is below 0.03.
    assert row["kurtosis"] == pytest.approx(density.kurtosis, abs=0.25)
    assert row["largest"] <= density.support[1] * (1 + 1e-6)


def test_goldens_have_every_layer_kernel_and_framework() -> None:
    found = {(row["layer"], row["kernel"], row["framework"]) for row in ROWS}
    wanted = {
        (kind, kernel.name, framework)
        for kind, layer in LAYERS.items()
        for kernel in layer().kernels
        for framework in ("keras", "torch", "jax")
    }
    assert found == wanted
    assert set(FRAMEWORKS) == {"keras", "torch", "jax"}


@pytest.mark.parametrize(
    ("layer", "name", "framework", "variance"),
    [
        (Dense(784, 256), "kernel", "keras", 2 / (784 + 256)),
        (Dense(784, 256), "kernel", "torch", 1 / (3 * 784)),
        (Dense(784, 256), "kernel", "jax", 1 / 784),
        (LSTM(128, 64), "kernel", "torch", 1 / (3 * 64)),
        (LSTM(128, 64), "recurrent_kernel", "torch", 1 / (3 * 64)),
        (LSTM(128, 64), "recurrent_kernel", "keras", 1 / 256),
        (LSTM(128, 64), "recurrent_kernel", "jax", 1 / 64),
        (GRU(128, 64), "recurrent_kernel", "jax", 1 / 64),
        (GRU(128, 64), "kernel", "jax", 1 / 128),
        # xavier_uniform_ on (3 x 512, 512): 2 / (512 + 1536).
        (MultiHeadAttention(512, 8, 64), "key_kernel", "torch", 1 / 1024),
        (MultiHeadAttention(512, 8, 64), "key_kernel", "keras", 1 / 512),
    ],
)
def test_variance_by_hand(layer: Layer, name: str, framework: str, variance: float) -> None:
    kernel = kernel_of(layer, name)
    initializer = default_initializer(layer, kernel, framework)
    assert initializer.variance(read_fans(initializer, kernel)) == pytest.approx(variance, 1e-12)


def test_a_scheme_keeps_its_name() -> None:
    dense = Dense(784, 256)
    (kernel,) = dense.kernels
    found = [default_initializer(dense, kernel, framework) for framework in FRAMEWORKS]
    names = ("glorot_uniform", "torch_default", "lecun_normal")
    assert found == [INITIALIZERS[name] for name in names]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("kind", LAYERS)
def test_numbers_are_those_that_controls_can_show(kind: str, framework: str) -> None:
    layer = LAYERS[kind]()
    for kernel in layer.kernels:
        match default_initializer(layer, kernel, framework):
            case VarianceScaling(scale=scale, distribution=law):
                low, high = PARAMETERS["scale"].shown
                assert low <= scale <= high
                assert law in DISTRIBUTIONS
            case RandomNormal(stddev=stddev):
                assert stddev == 1.0
            case other:
                assert other.kind in {"Orthogonal", "RandomUniform"}


def test_unknown_framework() -> None:
    dense = Dense()
    with pytest.raises(ValueError, match=r"framework must be one of 'keras', 'torch', 'jax'; got"):
        default_initializer(dense, dense.kernels[0], "caffe")


def test_kernel_of_another_layer() -> None:
    with pytest.raises(
        ValueError, match=r"kernel must be one of the kernels of Dense\(.*'kernel'; got 'kernel'"
    ):
        default_initializer(Dense(3, 4), Dense(4, 3).kernels[0], "torch")


def test_no_such_tensor() -> None:
    """PyTorch's attention wants heads times their size to be the input's."""
    odd = MultiHeadAttention(100, 8, 64)
    with pytest.raises(ValueError, match="'query_kernel' has no counterpart in PyTorch"):
        default_initializer(odd, odd.kernels[0], "torch")
