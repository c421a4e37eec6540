"""Write framework_defaults.json: what fresh layers of Keras, PyTorch and Flax hold.

Run with keras==3.15.1, torch==2.13.0, flax==0.12.8, jax==0.10.2 installed:

    PYTHONPATH=. KERAS_BACKEND=jax python tests/golden/make_framework_defaults.py

vscore gives the layers' sizes only. Of each tensor: how many weights were drawn over all fresh
layers, their root mean square, their kurtosis, and the largest magnitude.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import keras
import numpy as np
import torch

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
    Layer,
    MultiHeadAttention,
    SeparableConv2D,
    SimpleRNN,
)

FRESH = 12

LAYERS: tuple[Layer, ...] = (
    Dense(300, 120),
    Conv1D(16, 32, (5,)),
    Conv2D(24, 40, (3, 5), (2, 1), 4),
    Conv3D(8, 16, (3, 2, 3)),
    Conv2DTranspose(12, 40, (3, 5), (2, 2)),
    DepthwiseConv2D(64, (3, 5), (1, 1), 2),
    SeparableConv2D(40, 30, (3, 5), (1, 1), 2),
    Embedding(300, 48),
    SimpleRNN(72, 40),
    LSTM(72, 40),
    GRU(72, 40),
    MultiHeadAttention(48, 4, 12),
)

Tensors = dict[str, Any]


def _keras(layer: Any, seed: int) -> Tensors:
    keras.utils.set_random_seed(seed)
    name = type(layer).__name__
    if name == "MultiHeadAttention":
        made = keras.layers.MultiHeadAttention(layer.num_heads, layer.key_dim)
        made.build(*[(None, 5, layer.input_dim)] * 2)
        parts = ("query", "key", "value", "output")
        return {f"{part}_kernel": getattr(made, f"_{part}_dense").kernel for part in parts}
    sizes = {f.name: getattr(layer, f.name) for f in fields(layer) if f.init}
    inputs = sizes.pop("input_channels", sizes.get("input_dim"))
    if name == "Embedding":
        made = getattr(keras.layers, name)(**sizes)
        made.build((None, 3))
        return {"embeddings": made.embeddings}
    sizes.pop("input_dim", None)
    made = getattr(keras.layers, name)(**sizes)
    made.build((None, *[9] * (len(sizes.get("kernel_size", ())) or 0), inputs)
               if "kernel_size" in sizes else (None, 7, inputs)
               if "RNN" in name or name in ("LSTM", "GRU") else (None, inputs))  # fmt: skip
    if hasattr(made, "cell"):
        made = made.cell
    return {each.name: getattr(made, each.name) for each in layer.kernels}


def _torch(layer: Any, seed: int) -> Tensors:
    torch.manual_seed(seed)
    return TORCH[type(layer).__name__](layer)


def _torch_conv(kind: Any) -> Callable[[Any], Tensors]:
    def weights(layer: Any) -> Tensors:
        sizes = (layer.input_channels, layer.filters, layer.kernel_size)
        groups = {"groups": layer.groups} if hasattr(layer, "groups") else {}
        return {"kernel": kind(*sizes, stride=layer.strides, **groups).weight}

    return weights


def _torch_depthwise(layer: Any) -> torch.Tensor:
    inputs = layer.input_channels
    outputs = inputs * layer.depth_multiplier
    return torch.nn.Conv2d(inputs, outputs, layer.kernel_size, groups=inputs).weight


def _torch_separable(layer: Any) -> Tensors:
    between = layer.input_channels * layer.depth_multiplier
    pointwise = torch.nn.Conv2d(between, layer.filters, 1).weight
    return {"depthwise_kernel": _torch_depthwise(layer), "pointwise_kernel": pointwise}


def _torch_recurrent(kind: Any) -> Callable[[Any], Tensors]:
    def weights(layer: Any) -> Tensors:
        made = kind(layer.input_dim, layer.units)
        return {"kernel": made.weight_ih_l0, "recurrent_kernel": made.weight_hh_l0}

    return weights


def _torch_attention(layer: Any) -> Tensors:
    made = torch.nn.MultiheadAttention(layer.input_dim, layer.num_heads)
    parts = zip(("query", "key", "value"), made.in_proj_weight.chunk(3), strict=True)
    return {f"{p}_kernel": w for p, w in parts} | {"output_kernel": made.out_proj.weight}


TORCH: Mapping[str, Callable[[Any], Tensors]] = {
    "Dense": lambda x: {"kernel": torch.nn.Linear(x.input_dim, x.units).weight},
    "Conv1D": _torch_conv(torch.nn.Conv1d),
    "Conv2D": _torch_conv(torch.nn.Conv2d),
    "Conv3D": _torch_conv(torch.nn.Conv3d),
    "Conv2DTranspose": _torch_conv(torch.nn.ConvTranspose2d),
    "DepthwiseConv2D": lambda x: {"kernel": _torch_depthwise(x)},
    "SeparableConv2D": _torch_separable,
    "Embedding": lambda x: {"embeddings": torch.nn.Embedding(x.input_dim, x.output_dim).weight},
    "SimpleRNN": _torch_recurrent(torch.nn.RNN),
    "LSTM": _torch_recurrent(torch.nn.LSTM),
    "GRU": _torch_recurrent(torch.nn.GRU),
    "MultiHeadAttention": _torch_attention,
}


def _flax(layer: Any, seed: int) -> Tensors:
    return FLAX[type(layer).__name__](layer, jax.random.key(seed))


def _flax_conv(layer: Any, key: Any) -> Tensors:
    groups = {"feature_group_count": layer.groups} if hasattr(layer, "groups") else {}
    kind = nn.ConvTranspose if type(layer).__name__ == "Conv2DTranspose" else nn.Conv
    made = kind(layer.filters, layer.kernel_size, layer.strides, **groups)
    inputs = np.zeros((1, *[9] * len(layer.kernel_size), layer.input_channels))
    return {"kernel": made.init(key, inputs)["params"]["kernel"]}


def _flax_depthwise(layer: Any, key: Any) -> Any:
    inputs = layer.input_channels
    made = nn.Conv(inputs * layer.depth_multiplier, layer.kernel_size, feature_group_count=inputs)
    return made.init(key, np.zeros((1, 9, 9, inputs)))["params"]["kernel"]


def _flax_separable(layer: Any, key: Any) -> Tensors:
    between = layer.input_channels * layer.depth_multiplier
    pointwise = nn.Conv(layer.filters, (1, 1)).init(key, np.zeros((1, 9, 9, between)))
    depthwise = _flax_depthwise(layer, key)
    return {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise["params"]["kernel"]}


def _flax_recurrent(kind: Any) -> Callable[[Any, Any], Tensors]:
    def weights(layer: Any, key: Any) -> Tensors:
        made = kind(layer.units)
        inputs = np.zeros((1, layer.input_dim))
        params = made.init(key, made.initialize_carry(key, inputs.shape), inputs)["params"]
        of = {"kernel": "i", "recurrent_kernel": "h"}  # Flax's names: ii, if, hi, hf; i, h; ...
        return {
            name: np.concatenate([np.ravel(p["kernel"]) for k, p in params.items() if k[0] == one])
            for name, one in of.items()
        }

    return weights


def _flax_attention(layer: Any, key: Any) -> Tensors:
    made = nn.MultiHeadDotProductAttention(
        layer.num_heads, qkv_features=layer.num_heads * layer.key_dim
    )
    params = made.init(key, np.zeros((1, 5, layer.input_dim)))["params"]
    flax_names = {"query": "query", "key": "key", "value": "value", "output": "out"}
    return {f"{ours}_kernel": params[theirs]["kernel"] for ours, theirs in flax_names.items()}


FLAX: Mapping[str, Callable[[Any, Any], Tensors]] = {
    "Dense": lambda x, key: {
        "kernel": nn.Dense(x.units).init(key, np.zeros((1, x.input_dim)))["params"]["kernel"]
    },
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"), _flax_conv),
    "DepthwiseConv2D": lambda x, key: {"kernel": _flax_depthwise(x, key)},
    "SeparableConv2D": _flax_separable,
    "Embedding": lambda x, key: {
        "embeddings": nn.Embed(x.input_dim, x.output_dim).init(key, np.zeros(1, int))["params"][
            "embedding"
        ]
    },
    "SimpleRNN": _flax_recurrent(nn.SimpleCell),
    "LSTM": _flax_recurrent(nn.OptimizedLSTMCell),
    "GRU": _flax_recurrent(nn.GRUCell),
    "MultiHeadAttention": _flax_attention,
}

FRAMEWORKS = {"keras": _keras, "torch": _torch, "jax": _flax}


def rows() -> Iterator[dict[str, Any]]:
    for layer in LAYERS:
        for framework, tensors in FRAMEWORKS.items():
            drawn = [tensors(layer, seed) for seed in range(FRESH)]
            for name in drawn[0]:
                parts = [part[name] for part in drawn]
                weights = np.concatenate([_array(part).ravel() for part in parts])
                yield _row(layer, name, framework, weights)


def _array(tensor: Any) -> Any:
    return np.asarray(tensor.detach() if isinstance(tensor, torch.Tensor) else tensor, float)


def _row(layer: Layer, name: str, framework: str, weights: Any) -> dict[str, Any]:
    second = float(np.mean(weights**2))
    return {
        "layer": type(layer).__name__,
        "sizes": {f.name: getattr(layer, f.name) for f in fields(layer) if f.init},
        "kernel": name,
        "framework": framework,
        "count": len(weights),
        "std": second**0.5,
        "kurtosis": float(np.mean(weights**4)) / second**2,
        "largest": float(np.abs(weights).max()),
    }


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(row) for row in rows())
    Path(__file__).with_name("framework_defaults.json").write_text(f"[\n{lines}\n]\n")
