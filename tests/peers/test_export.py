"""Exported programs run in their frameworks: the weights' law is ours, whatever the layer.

One process a framework. NumPy's programs need none: they are run by tests/test_export.py, and
here send a signal through what the others have drawn.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from vscore.export import EXPORTERS, export_code
from vscore.initializers import (
    INITIALIZERS,
    Constant,
    Initializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Kernel,
    Layer,
    MultiHeadAttention,
    RawKernel,
    SeparableConv2D,
    SimpleRNN,
)

HERE = Path(__file__).parent
KS_P = 1e-6
SIGMAS = 4.9
"""Both are passed by chance about once in a million; all seeds are fixed."""

FEWEST = 100_000

# Sizes that tell fan_in from fan_out, and each rule from the others; 100 000 weights a kernel.
CASES: dict[str, Layer] = {
    "Dense": Dense(400, 260),
    "Conv1D": Conv1D(100, 840, 5, groups=4),
    "Conv2D": Conv2D(64, 440, (3, 5), 2, groups=4),
    "Conv3D": Conv3D(40, 148, (2, 3, 3), (1, 2, 1)),
    "Conv2DTranspose": Conv2DTranspose(90, 80, (3, 5), 2),
    "DepthwiseConv2D": DepthwiseConv2D(64, (15, 9), 2, 12),
    "SeparableConv2D": SeparableConv2D(64, 130, (9, 11), 1, 16),
    "Embedding": Embedding(800, 130),
    "SimpleRNN": SimpleRNN(330, 320),
    "LSTM": LSTM(200, 160),
    "GRU": GRU(200, 190),
    "MultiHeadAttention": MultiHeadAttention(200, 8, 64),
    "raw": RawKernel((3, 5, 50, 140)),
    "raw with axes": RawKernel((200, 8, 66), (0,), (1, 2)),
}

BESIDE: dict[str, Initializer] = {
    "geometric": VarianceScaling(1.7, "fan_geo_avg", "untruncated_normal"),
    "fan_out": VarianceScaling(1.7, "fan_out", "truncated_normal"),
    "untruncated": VarianceScaling(2.0, "fan_in", "untruncated_normal"),
    "normal off centre": RandomNormal(0.02, 0.05),
    "cut off centre": TruncatedNormal(0.02, 0.05),
    "uniform off centre": RandomUniform(-0.01, 0.05),
    "constant": Constant(0.25),
}
DISTINCT: dict[str, Initializer] = {
    **{initializer: name for name, initializer in reversed(INITIALIZERS.items())},  # type: ignore[dict-item]  # turned round below
}
STARTS: dict[str, Initializer] = {
    **{name: initializer for initializer, name in DISTINCT.items()},  # type: ignore[misc]  # turned round
    **BESIDE,
}
"""Every initializer once: tests/test_export.py holds that names of one rule give one program."""


class Programs:
    """Exported programs, run in a process of one framework."""

    def __init__(self, framework: str, folder: Path) -> None:
        self.framework = framework
        self._path = folder / f"{framework}.npz"
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "export_process.py"), framework],
            env={**os.environ, "KERAS_BACKEND": "torch"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self,
        code: str,
        kind: str,
        inputs: np.ndarray | None = None,
        seed: int = 3,
        builder: str = "build",
    ) -> dict[str, np.ndarray]:
        """The weights by Keras' names, no two alike; "outputs" for inputs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {
            **{"code": code, "kind": kind, "seed": seed, "builder": builder},
            **{"inputs": None if inputs is None else inputs.tolist(), "path": str(self._path)},
        }
        print(json.dumps(job), file=self._process.stdin, flush=True)
        reply = json.loads(self._process.stdout.readline())
        assert "error" not in reply, f"{reply['error']}\n{code}"
        # The correlation of two independent tensors has a std of 0.032 at 1000 numbers.
        assert reply["result"] < 0.8, f"two tensors are alike:\n{code}"
        with np.load(self._path) as found:
            weights = dict(found)
        self._path.unlink()
        return weights

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module", params=sorted(set(EXPORTERS) - {"numpy"}))
def programs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Programs]:
    process = Programs(request.param, tmp_path_factory.mktemp("weights"))
    yield process
    process.close()


@cache
def ours(initializer: Initializer, shape: tuple[int, ...]) -> np.ndarray:
    """Our own draw."""
    return initializer.with_seed(11)(shape).astype(np.float64)


def start_of(kernel: Kernel, initializer: Initializer) -> Initializer:
    """What a kernel is drawn from: in Keras a recurrent one by its own, some by their axes."""
    if kernel.name == "recurrent_kernel":
        return INITIALIZERS["orthogonal"]
    if isinstance(initializer, VarianceScaling):
        return VarianceScaling(
            initializer.scale,
            initializer.mode,
            initializer.distribution,
            input_axes=kernel.input_axes,
            output_axes=kernel.output_axes,
        )
    return initializer


def assert_one_law(drawn: np.ndarray, initializer: Initializer) -> None:
    """Shape by Kolmogorov and Smirnov, mean and std each within 4.9 standard errors."""
    expected = ours(initializer, drawn.shape)
    assert drawn.dtype == np.float32
    if initializer.kind in {"Zeros", "Constant"}:
        np.testing.assert_array_equal(drawn, expected)
        return
    weights = drawn.astype(np.float64)
    assert weights.size >= FEWEST
    density = initializer.density(initializer.fans(drawn.shape))
    assert abs(weights.mean() - density.mean) < SIGMAS * density.std / math.sqrt(weights.size)
    error = math.sqrt((density.kurtosis - 1) / weights.size) / 2
    assert abs(weights.std() / density.std - 1) < SIGMAS * error
    pair = weights.ravel(), expected.ravel()
    assert stats.ks_2samp(*pair, method="asymp").pvalue > KS_P
    if initializer.kind == "Orthogonal":
        matrix = weights.reshape(-1, drawn.shape[-1])
        gram = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
        np.testing.assert_allclose(gram, np.eye(len(gram)), atol=2e-5)


def test_every_layer_has_a_case() -> None:
    assert set(LAYERS) <= set(CASES)
    assert {type(layer).__name__ for layer in CASES.values()} == {*LAYERS, "RawKernel"}
    sizes = [kernel.size for layer in CASES.values() for kernel in layer.kernels]
    assert min(sizes) >= FEWEST


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("case", CASES)
def test_weights_have_our_law(programs: Programs, case: str, start: str) -> None:
    layer, initializer = CASES[case], STARTS[start]
    weights = programs(export_code((layer, initializer), programs.framework), layer.kind)
    for kernel in layer.kernels:
        drawn = weights[kernel.name]
        assert drawn.shape == kernel.shape
        assert_one_law(drawn, start_of(kernel, initializer))
    if len(layer.biases) == 1:
        np.testing.assert_array_equal(weights["bias"], layer.biases[0].values())
