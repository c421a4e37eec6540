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
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vscore.activations import ACTIVATIONS
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
from vscore.networks import Network, convnet, mlp, recurrent

HERE = Path(__file__).parent
KS_P = 1e-6
SIGMAS = 4.9
"""Both are passed by chance about once in a million; all seeds are fixed."""

FEWEST = 100_000

# Sizes that tell fan_in from fan_out, and each rule from the others; 100 000 weights a kernel.
CASES: dict[str, Layer] = {
    "Dense": Dense(400, 260),
    "Conv1D": Conv1D(100, 840, (5,), groups=4),
    "Conv2D": Conv2D(64, 440, (3, 5), (2, 2), groups=4),
    "Conv3D": Conv3D(40, 148, (2, 3, 3), (1, 2, 1)),
    "Conv2DTranspose": Conv2DTranspose(90, 80, (3, 5), (2, 2)),
    "DepthwiseConv2D": DepthwiseConv2D(64, (15, 9), (2, 2), 12),
    "SeparableConv2D": SeparableConv2D(64, 130, (9, 11), (1, 1), 16),
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
NAMES = {initializer: name for name, initializer in reversed(list(INITIALIZERS.items()))}
STARTS: dict[str, Initializer] = {name: start for start, name in NAMES.items()} | BESIDE
"""Every initializer once: tests/test_export.py holds that names of one rule give one program."""


# Every program is compiled and then run once: XLA's optimizer would take longer than it saves.
ENVIRONMENT = {"KERAS_BACKEND": "torch", "XLA_FLAGS": "--xla_backend_optimization_level=0"}


class Programs:
    """Exported programs, run in a process of one framework."""

    def __init__(self, framework: str, folder: Path) -> None:
        self.framework = framework
        self._path = folder / f"{framework}.npz"
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "export_process.py"), framework],
            env={**os.environ, **ENVIRONMENT},
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


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "LSTM", "SeparableConv2D"])
def test_each_kernel_by_an_initializer_of_its_own(programs: Programs, kind: str) -> None:
    """What no framework's layer has arguments for."""
    layer = CASES[kind]
    ways = [
        RandomNormal(0.02, 0.05),
        INITIALIZERS["orthogonal"],
        VarianceScaling(2.0),
        RandomUniform(-0.01, 0.05),
    ]
    starts = {kernel.name: way for kernel, way in zip(layer.kernels, ways, strict=False)}
    weights = programs(export_code((layer, starts), programs.framework), kind)
    for kernel in layer.kernels:
        start = starts[kernel.name]
        axes = isinstance(start, VarianceScaling)
        assert_one_law(weights[kernel.name], start_of(kernel, start) if axes else start)


# Networks: every layer's weights, and what becomes of a signal --------------------------------

BIAS_VARIANCE = 0.25

STACKS: dict[str, Network] = {
    "mlp": mlp((300, 350, 400), initializer="he_normal", bias_variance=BIAS_VARIANCE),
    "geometric": mlp((300, 350), initializer=VarianceScaling(1.5, "fan_geo_avg")),
    "circular": convnet((50, 60, 70), kernel_size=(6, 7), image_size=(8, 9), bias_variance=0.25),
    "same": convnet((80, 90), kernel_size=(4, 5), image_size=(6, 7), padding="same"),
    "one axis": convnet((90, 140), kernel_size=8, image_size=(9,), initializer="lecun_uniform"),
    "axes": convnet(
        (60, 90),
        kernel_size=(4, 5),
        image_size=8,
        initializer=VarianceScaling(2.0, input_axes=(-2,), output_axes=(-1,)),
    ),
}


def numpy_names(network: Network) -> dict[str, Any]:
    """NumPy's program, whose forward pass tests/test_export.py checks by loops."""
    names: dict[str, Any] = {"__name__": "exported"}
    code = export_code(network, "numpy")
    exec(compile(code, "exported", "exec"), names)
    return names | {"code": code}


def signal(network: Network, batch: int = 3) -> np.ndarray:
    shape = (batch, *network.input_shape)
    return np.random.default_rng(7).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", STACKS)
def test_stacks_draw_and_pass_the_signal_alike(programs: Programs, name: str) -> None:
    network = STACKS[name]
    x = signal(network)
    weights = programs(export_code(network, programs.framework), "stack", x)
    outputs = weights.pop("outputs")
    for layer, shape in enumerate(network.kernel_shapes, start=1):
        assert weights[f"kernel_{layer}"].shape == shape
        assert_one_law(weights[f"kernel_{layer}"], network.initializer)
        bias = weights[f"bias_{layer}"]
        assert bias.shape == shape[-1:]
        error = SIGMAS * math.sqrt(2 / bias.size)
        assert abs(bias.var() - network.bias_variance) <= network.bias_variance * error
    names = numpy_names(network)
    call = names["code"].split("# To send x through: ")[1].split("\n")[0]
    expected = eval(call, {**names, "weights": weights, "x": x})
    np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_ours(programs: Programs, activation: str) -> None:
    network = mlp((60, 70), activation=activation, bias_variance=1.0)
    x = signal(network)
    weights = programs(export_code(network, programs.framework), "stack", x)
    z = x @ weights["kernel_1"].astype(np.float64) + weights["bias_1"]
    expected = ACTIVATIONS[activation].value(z)
    np.testing.assert_allclose(weights["outputs"], expected, rtol=1e-4, atol=1e-5)


CELLS = {"simple_rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}


@pytest.mark.parametrize("forget", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_networks_run_alike(programs: Programs, cell: str, forget: bool) -> None:
    """Gates, states and biases: the forget gate's exactly 1, the others of their variance."""
    network = recurrent(
        cell,
        input_dim=120,
        units=300,
        steps=4,
        bias_variance=BIAS_VARIANCE,
        unit_forget_bias=forget,
    )
    x = signal(network)
    weights = programs(export_code(network, programs.framework), CELLS[cell], x)
    bias = weights["bias"]
    assert bias.shape == {"simple_rnn": (300,), "lstm": (1200,), "gru": (2, 900)}[cell]
    if cell == "lstm" and forget:
        np.testing.assert_array_equal(bias[300:600], 1)
        bias = np.concatenate([bias[:300], bias[600:]])
        assert abs(np.corrcoef(bias[:300], bias[300:600])[0, 1]) < SIGMAS / math.sqrt(300)
    assert abs(bias.mean()) < SIGMAS * math.sqrt(BIAS_VARIANCE / bias.size)
    assert abs(bias.var() / BIAS_VARIANCE - 1) < SIGMAS * math.sqrt(2 / bias.size)
    expected = numpy_names(network)[cell](weights, x)
    np.testing.assert_allclose(weights["outputs"], expected, rtol=1e-3, atol=1e-4)


def test_comparisons_build_apart(programs: Programs) -> None:
    pair = [(CASES["Dense"], "he_normal"), STACKS["mlp"]]
    code = export_code(pair, programs.framework)  # type: ignore[arg-type]  # experiments
    first = programs(code, "Dense", builder="build_a")["kernel"]
    second = programs(code, "stack", builder="build_b")["kernel_1"]
    assert_one_law(first, INITIALIZERS["he_normal"])
    assert_one_law(second, INITIALIZERS["he_normal"])


def test_a_seed_is_an_experiment(programs: Programs) -> None:
    """The same seed gives the same weights, another gives others."""
    code = export_code((CASES["MultiHeadAttention"], "he_normal"), programs.framework)
    one, same, other = (
        programs(code, "MultiHeadAttention", seed=seed)["key_kernel"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


# These tests can fail ------------------------------------------------------------------------

WRONG = {
    "no correction for the cut": (" / 0.8796256610342398", "", "torch"),
    "PyTorch's fans": ("/ 8640)", "/ 135)", "torch"),
    "JAX's fans": ("/ 8640)", "/ 135)", "jax"),
    "Keras' normal, not cut": ("HeNormal()", "RandomNormal(stddev=0.01521)", "keras"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_programs_are_seen(programs: Programs, name: str) -> None:
    right, wrong, framework = WRONG[name]
    if programs.framework != framework:
        return
    layer, start = CASES["DepthwiseConv2D"], INITIALIZERS["he_normal"]
    code = export_code((layer, start), framework)
    assert right in code
    with pytest.raises(AssertionError):
        assert_one_law(programs(code.replace(right, wrong), layer.kind)["kernel"], start)


def test_one_seed_for_all_is_seen(programs: Programs) -> None:
    """Keras' trap: an initializer with a seed makes query, key and value alike."""
    if programs.framework != "keras":
        return
    code = export_code((CASES["MultiHeadAttention"], "he_normal"), "keras")
    with pytest.raises(AssertionError, match="two tensors are alike"):
        programs(code.replace("HeNormal()", "HeNormal(seed=7)"), "MultiHeadAttention")
