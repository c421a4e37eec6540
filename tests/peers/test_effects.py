"""The linear maps whose effect is measured, against the layers of Keras and PyTorch themselves."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import torch

from vscore.effects import apply, geometry, gradient
from vscore.fans import fans
from vscore.layers import (
    GRU,
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

KerasProcess = Callable[..., Any]

CLOSE = 1e-5
"""Of sums of at most 200 products of N(0, 1) float32 numbers, relative to the largest."""

BATCH = 3

WINDOWED: tuple[Layer, ...] = (
    Conv1D(4, 6, (5,), (2,)),
    Conv2D(4, 6, (3, 5)),
    Conv2D(8, 12, (3, 5), (2, 2), groups=4),
    Conv3D(3, 2, (2, 3, 1), (1, 1, 1)),
    DepthwiseConv2D(4, (3, 5), (2, 2), 3),
)
SPREAD: tuple[Layer, ...] = (
    Conv2DTranspose(4, 6, (3, 5)),
    Conv2DTranspose(4, 6, (3, 5), (2, 2)),
    Conv2DTranspose(4, 6, (1, 3), (2, 2)),
)


def drawn(kernel: Kernel, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(kernel.shape, dtype=np.float32)


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(9).standard_normal(shape, dtype=np.float32)


def to_blocks(x: np.ndarray, blocks: int) -> np.ndarray:
    """Channels last, blocks side by side -> (block, batch, *image, channels of one block)."""
    split = x.reshape(*x.shape[:-1], blocks, x.shape[-1] // blocks)
    return np.moveaxis(split, -2, 0)


def from_blocks(y: np.ndarray) -> np.ndarray:
    moved = np.moveaxis(y, 0, -2)
    return moved.reshape(*moved.shape[:-2], -1)


def ours(layer: Layer, kernel: Kernel, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    plan = geometry(layer, kernel)
    return from_blocks(apply(plan, plan.blocks(weights), to_blocks(x, plan.count("block"))))


def image_of(layer: Any) -> tuple[int, ...]:
    """Positions that come in: at least the window's, two strides and more."""
    extent = zip(layer.kernel_size, layer.strides, strict=True)
    if isinstance(layer, Conv2DTranspose):
        return tuple(max(k, 3) for k, _ in extent)
    return tuple(s * max(k, 3) for k, s in extent)


def circular(x: np.ndarray, window: tuple[int, ...]) -> np.ndarray:
    """Continued past its end, so that no position of the valid outputs is at a border."""
    return np.pad(x, [(0, 0), *((0, k - 1) for k in window), (0, 0)], mode="wrap")


def folded(y: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """What went past the end, added at the start."""
    for axis, n in enumerate(size, 1):
        head, tail = np.split(y, [n], axis)
        place = [(0, 0)] * y.ndim
        place[axis] = (0, n - tail.shape[axis])
        y = head + np.pad(tail, place)
    return y


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE * np.abs(expected).max())


def in_keras(
    keras: KerasProcess, path: Path, layer: Any, sizes: dict[str, Any], **arrays: np.ndarray
) -> dict[str, np.ndarray]:
    np.savez(path / "layer.npz", **arrays)  # type: ignore[arg-type]  # no name is allow_pickle
    keras("layer_output", kind=layer.kind, sizes=sizes, path=str(path / "layer.npz"))
    return dict(np.load(path / "layer.npz"))


def keras_sizes(layer: Any) -> dict[str, Any]:
    sizes = {"kernel_size": layer.kernel_size, "strides": layer.strides, "use_bias": False}
    names = ("filters", "groups", "depth_multiplier")
    return sizes | {name: getattr(layer, name) for name in names if hasattr(layer, name)}


@pytest.mark.parametrize("layer", WINDOWED, ids=repr)
def test_convolutions_are_keras_s(keras: KerasProcess, tmp_path: Path, layer: Any) -> None:
    (kernel,) = layer.kernels
    weights, x = drawn(kernel, 1), normal(BATCH, *image_of(layer), layer.input_channels)
    padded = circular(x, layer.kernel_size)
    found = in_keras(keras, tmp_path, layer, keras_sizes(layer), x=padded, kernel=weights)["y"]
    assert_close(ours(layer, kernel, weights, x), found)


@pytest.mark.parametrize("layer", SPREAD, ids=repr)
def test_transposed_convolutions_are_keras_s(
    keras: KerasProcess, tmp_path: Path, layer: Any
) -> None:
    (kernel,) = layer.kernels
    weights, x = drawn(kernel, 1), normal(BATCH, *image_of(layer), layer.input_channels)
    found = in_keras(keras, tmp_path, layer, keras_sizes(layer), x=x, kernel=weights)["y"]
    mine = ours(layer, kernel, weights, x)
    assert_close(mine, folded(found, mine.shape[1:-1]))


def test_both_steps_of_a_separable_one(keras: KerasProcess, tmp_path: Path) -> None:
    layer = SeparableConv2D(4, 6, (3, 5), (2, 2), 2)
    depthwise, pointwise = layer.kernels
    first, second = drawn(depthwise, 1), drawn(pointwise, 2)
    x = normal(BATCH, *image_of(layer), 4)
    padded = circular(x, layer.kernel_size)
    found = in_keras(
        keras, tmp_path, layer, keras_sizes(layer), x=padded, depthwise=first, pointwise=second
    )["y"]
    between = ours(layer, depthwise, first, x)
    assert_close(ours(layer, pointwise, second, between), found)


def test_dense_and_embedding(keras: KerasProcess, tmp_path: Path) -> None:
    dense, table = Dense(30, 12), Embedding(20, 8)
    weights, x = drawn(dense.kernels[0], 1), normal(BATCH, 30)
    sizes = {"units": 12, "use_bias": False}
    found = in_keras(keras, tmp_path, dense, sizes, x=x, kernel=weights)["y"]
    assert_close(ours(dense, dense.kernels[0], weights, x), found)
    rows, looked_up = drawn(table.kernels[0], 1), np.array([3, 19, 3])
    sizes = {"input_dim": 20, "output_dim": 8}
    found = in_keras(keras, tmp_path, table, sizes, x=looked_up, kernel=rows)["y"]
    one_hot = np.eye(20, dtype=np.float32)[looked_up]
    assert_close(ours(table, table.kernels[0], rows, one_hot), found)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def simple(inputs: np.ndarray, recurrent: np.ndarray, state: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(inputs[0] + recurrent[0]))


def lstm(inputs: np.ndarray, recurrent: np.ndarray, state: np.ndarray) -> np.ndarray:
    """From c = 0; gates i, f, c, o."""
    i, _, c, o = inputs + recurrent
    return np.asarray(sigmoid(o) * np.tanh(sigmoid(i) * np.tanh(c)))


def gru(inputs: np.ndarray, recurrent: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Gates z, r, h, reset after the product."""
    z, r = sigmoid(inputs[:2] + recurrent[:2])
    return np.asarray(z * state + (1 - z) * np.tanh(inputs[2] + r * recurrent[2]))


@pytest.mark.parametrize(
    ("layer", "step"), [(SimpleRNN(9, 7), simple), (LSTM(9, 7), lstm), (GRU(9, 7), gru)], ids=repr
)
def test_a_recurrent_step_from_its_gates_products(
    keras: KerasProcess, tmp_path: Path, layer: Any, step: Callable[..., np.ndarray]
) -> None:
    kernels = [drawn(kernel, seed) / 3 for seed, kernel in enumerate(layer.kernels)]
    x, state = normal(BATCH, 9), normal(BATCH, 16)[:, :7].copy()
    products = []
    for kernel, weights, inputs in zip(layer.kernels, kernels, (x, state), strict=True):
        plan = geometry(layer, kernel)
        shared = np.broadcast_to(inputs, (len(layer.gates), *inputs.shape))
        products.append(apply(plan, plan.blocks(weights), shared))
    found = in_keras(
        keras,
        tmp_path,
        layer,
        {"units": 7, "use_bias": False},
        **{"x": x, "state": state, "kernel": kernels[0], "recurrent": kernels[1]},
    )["y"]
    assert_close(step(*products, state), found)


def test_attention_s_projections(keras: KerasProcess, tmp_path: Path) -> None:
    layer = MultiHeadAttention(20, 3, 4)
    kernels = {kernel.name: drawn(kernel, seed) for seed, kernel in enumerate(layer.kernels)}
    x, heads = normal(2, 5, 20), normal(2, 5, 3, 4)
    sizes = {"num_heads": 3, "key_dim": 4, "use_bias": False}
    found = in_keras(keras, tmp_path, layer, sizes, x=x, state=heads, **kernels)
    for kernel in layer.kernels:
        name = kernel.name.removesuffix("_kernel")
        inputs = (heads if name == "output" else x).reshape(10, -1)
        mine = ours(layer, kernel, kernels[kernel.name], inputs)
        assert_close(mine, found[name].reshape(10, -1))


# PyTorch, forward and backward. ------------------------------------------------------------------


def torch_output(layer: Any, weights: np.ndarray, x: torch.Tensor) -> torch.Tensor:
    """PyTorch's layer on a circular image, channels first."""
    if isinstance(layer, DepthwiseConv2D):
        groups, kernel = layer.input_channels, weights.reshape(*layer.kernel_size, 1, -1)
    else:
        groups, kernel = layer.groups, weights
    w = torch.from_numpy(np.moveaxis(kernel, (-1, -2), (0, 1)).copy())
    for axis, k in enumerate(layer.kernel_size, 2):
        x = torch.cat([x, x.narrow(axis, 0, k - 1)], axis)
    convolve = getattr(torch.nn.functional, f"conv{len(layer.kernel_size)}d")
    return convolve(x, w, stride=layer.strides, groups=groups)


def torch_spread(layer: Any, weights: np.ndarray, x: torch.Tensor) -> torch.Tensor:
    """PyTorch's transposed one, what goes past the end added at the start."""
    w = torch.from_numpy(np.moveaxis(weights, (-1, -2), (0, 1)).copy())
    y = torch.nn.functional.conv_transpose2d(x, w, stride=layer.strides)
    for axis, (n, s) in enumerate(zip(x.shape[2:], layer.strides, strict=True), 2):
        size = n * s
        if y.shape[axis] < size:  # a window smaller than the stride leaves the last targets out
            missing = list(y.shape)
            missing[axis] = size - y.shape[axis]
            y = torch.cat([y, torch.zeros(missing)], axis)
        tail = y.narrow(axis, size, y.shape[axis] - size)
        rest = list(tail.shape)
        rest[axis] = size - tail.shape[axis]
        y = y.narrow(axis, 0, size) + torch.cat([tail, torch.zeros(rest)], axis)
    return y


@pytest.mark.parametrize("layer", [*WINDOWED, *SPREAD], ids=repr)
def test_outputs_and_gradients_are_torch_s(layer: Any) -> None:
    (kernel,) = layer.kernels
    plan = geometry(layer, kernel)
    weights, x = drawn(kernel, 1), normal(BATCH, *image_of(layer), layer.input_channels)
    theirs = torch.from_numpy(np.moveaxis(x, -1, 1).copy()).requires_grad_()
    output = (torch_spread if plan.transposed else torch_output)(layer, weights, theirs)
    expected = np.moveaxis(output.detach().numpy(), 1, -1)
    assert_close(ours(layer, kernel, weights, x), expected)
    cotangent = normal(*expected.shape)
    output.backward(torch.from_numpy(np.moveaxis(cotangent, -1, 1).copy()))
    assert theirs.grad is not None
    back = gradient(plan, plan.blocks(weights), to_blocks(cotangent, plan.count("block")))
    assert_close(from_blocks(back), np.moveaxis(theirs.grad.numpy(), 1, -1))


# JAX's batch axes. -------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [((2,), (3,), (0,)), ((0, 2), (3,), (1,)), ((1,), (3,), (0, 2))])
def test_fans_with_batch_axes_are_jax_s(axes: tuple[tuple[int, ...], ...]) -> None:
    """A uniform law's limit is sqrt(3 / fan); of 960 weights the largest is close to it."""
    shape = (6, 5, 8, 4)
    (kernel,) = RawKernel(shape, *axes).kernels
    counted = fans(kernel, "jax")
    for mode, fan in (("fan_in", counted.fan_in), ("fan_out", counted.fan_out)):
        rule = jax.nn.initializers.variance_scaling(1.0, mode, "uniform", *axes[:2], axes[2])
        largest = float(np.abs(rule(jax.random.key(0), shape)).max())
        assert 0.97 < largest / math.sqrt(3 / fan) <= 1 + 1e-6
