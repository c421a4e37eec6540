"""Write keras_fans.json: the fans that Keras, PyTorch and JAX really compute for real layers.

Run with keras==3.15.1, torch==2.13.0, jax==0.10.2 and flax==0.12.8 installed:

    KERAS_BACKEND=torch python tests/golden/make_keras_fans.py

Nothing of vscore is imported. Each framework's own rule is called, on tensors of its own layers.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import flax  # type: ignore[import-not-found, unused-ignore]  # only here
import jax
import jax.numpy as jnp
import keras
import numpy as np
import torch
from flax import linen  # type: ignore[import-not-found, unused-ignore]
from jax._src.nn import initializers as jax_initializers
from keras.src.initializers.random_initializers import compute_fans

Row = dict[str, Any]

KERNELS = {
    "SeparableConv2D": ("depthwise_kernel", "pointwise_kernel"),
    "Embedding": ("embeddings",),
    "SimpleRNN": ("kernel", "recurrent_kernel"),
    "LSTM": ("kernel", "recurrent_kernel"),
    "GRU": ("kernel", "recurrent_kernel"),
    "MultiHeadAttention": ("query_kernel", "key_kernel", "value_kernel", "output_kernel"),
}

# Sizes that tell conventions apart: no square windows, no equal channels.
CASES: list[tuple[str, Row]] = [
    ("Dense", {"input_dim": 300, "units": 120}),
    ("Conv1D", {"input_channels": 16, "filters": 32, "kernel_size": [5], "strides": [2]}),
    ("Conv2D", {"input_channels": 64, "filters": 128, "kernel_size": [3, 5], "groups": 4}),
    ("Conv3D", {"input_channels": 8, "filters": 16, "kernel_size": [2, 3, 5]}),
    ("Conv2DTranspose", {"input_channels": 64, "filters": 128, "kernel_size": [3, 5]}),
    ("DepthwiseConv2D", {"input_channels": 64, "kernel_size": [3, 5], "depth_multiplier": 2}),
    (
        "SeparableConv2D",
        {"input_channels": 64, "filters": 128, "kernel_size": [3, 5], "depth_multiplier": 2},
    ),
    ("Embedding", {"input_dim": 300, "output_dim": 120}),
    ("SimpleRNN", {"input_dim": 30, "units": 12}),
    ("LSTM", {"input_dim": 30, "units": 12}),
    ("GRU", {"input_dim": 30, "units": 12}),
    ("MultiHeadAttention", {"input_dim": 40, "num_heads": 5, "key_dim": 8}),
    ("MultiHeadAttention", {"input_dim": 36, "num_heads": 5, "key_dim": 8}),
]


def kernel_names(layer: str) -> tuple[str, ...]:
    return KERNELS.get(layer, ("kernel",))


def row(case: tuple[str, str, Row], name: str, shape: Any, fans: Any) -> Row:
    """One kernel's row; the case is (framework, layer, arguments)."""
    framework, layer, arguments = case
    return {
        "framework": framework,
        "layer": layer,
        "arguments": arguments,
        "kernel": name,
        "shape": list(shape),
        "fans": list(fans),
    }


def recorded(owner: Any, name: str, record: Callable[..., None], work: Callable[[], Any]) -> None:
    """Do the work while every call of owner.name is also reported to `record`."""
    original = getattr(owner, name)

    def spy(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        record(result, *args, **kwargs)
        return result

    setattr(owner, name, spy)
    try:
        work()
    finally:
        setattr(owner, name, original)


def keras_layer(layer: str, arguments: Row) -> Callable[[], Any]:
    """What builds the Keras layer, and so draws its weights."""
    a = dict(arguments)
    window = (None,) * len(a.get("kernel_size", ()))
    if layer == "MultiHeadAttention":
        shape = (None, 7, a.pop("input_dim"))
        return lambda: keras.layers.MultiHeadAttention(**a).build(shape, shape)
    if layer == "Embedding":
        return lambda: keras.layers.Embedding(**a).build((None, 7))
    channels = a.pop("input_channels", None) or a.pop("input_dim")
    steps = (None,) if layer in ("SimpleRNN", "LSTM", "GRU") else ()
    return lambda: getattr(keras.layers, layer)(**a).build((None, *steps, *window, channels))


def keras_rows(layer: str, arguments: Row) -> tuple[list[Row], Row]:
    """Rows for the kernels, and one for the biases, of one Keras layer."""
    weights: list[tuple[Any, Any]] = []

    def record(variable: Any, *_: Any, **kwargs: Any) -> None:
        if variable.trainable:
            weights.append((variable, kwargs["initializer"]))

    keras.utils.set_random_seed(0)
    recorded(keras.layers.Layer, "add_weight", record, keras_layer(layer, arguments))
    is_bias = ["bias" in variable.name for variable, _ in weights]
    kernels = [weight for weight, bias in zip(weights, is_bias, strict=True) if not bias]
    biases = [weight for weight, bias in zip(weights, is_bias, strict=True) if bias]
    rows = []
    for name, (variable, initializer) in zip(kernel_names(layer), kernels, strict=True):
        axes = (getattr(initializer, f"{end}_axes", None) for end in ("input", "output"))
        values = np.asarray(keras.ops.convert_to_numpy(variable), np.float64)
        rows.append(
            row(
                ("keras", layer, arguments), name, variable.shape, compute_fans(values.shape, *axes)
            )
            | {
                "initializer": type(initializer).__name__,
                "mean_square": float(np.mean(values**2)),
            }
        )
    starts = [keras.ops.convert_to_numpy(variable).ravel() for variable, _ in biases]
    if not all(np.isin(flat, (0, 1)).all() for flat in starts):
        raise ValueError(f"{layer} starts a bias at other values than 0 and 1")
    bias_row = {
        "layer": layer,
        "arguments": arguments,
        "shapes": [list(variable.shape) for variable, _ in biases],
        "ones": [np.flatnonzero(flat == 1).tolist() for flat in starts],
    }
    return rows, bias_row


def torch_parameters(layer: str, a: Row) -> tuple[torch.Tensor, ...]:
    """The PyTorch tensors that hold each kernel; fewer where PyTorch has none."""
    nn, window = torch.nn, tuple(a.get("kernel_size", ()))
    match layer:
        case "Dense":
            return (nn.Linear(a["input_dim"], a["units"]).weight,)
        case "Conv1D" | "Conv2D" | "Conv3D":
            module = getattr(nn, f"Conv{layer[4:].lower()}")
            groups = a.get("groups", 1)
            return (module(a["input_channels"], a["filters"], window, groups=groups).weight,)
        case "Conv2DTranspose":
            return (nn.ConvTranspose2d(a["input_channels"], a["filters"], window).weight,)
        case "DepthwiseConv2D" | "SeparableConv2D":
            channels, between = a["input_channels"], a["input_channels"] * a["depth_multiplier"]
            first = nn.Conv2d(channels, between, window, groups=channels).weight
            if layer == "DepthwiseConv2D":
                return (first,)
            return (first, nn.Conv2d(between, a["filters"], 1).weight)
        case "Embedding":
            return (nn.Embedding(a["input_dim"], a["output_dim"]).weight,)
        case "SimpleRNN" | "LSTM" | "GRU":
            module = nn.RNN if layer == "SimpleRNN" else getattr(nn, layer)
            cell = module(a["input_dim"], a["units"])
            return (cell.weight_ih_l0, cell.weight_hh_l0)
        case _ if a["input_dim"] == a["num_heads"] * a["key_dim"]:
            attention = nn.MultiheadAttention(a["input_dim"], a["num_heads"])
            return (attention.in_proj_weight,) * 3 + (attention.out_proj.weight,)
    return ()


def torch_rows(layer: str, arguments: Row) -> Iterator[Row]:
    parameters = torch_parameters(layer, arguments)
    for name, tensor in zip(kernel_names(layer), parameters, strict=False):
        fans = torch.nn.init._calculate_fan_in_and_fan_out(tensor)
        yield row(("torch", layer, arguments), name, tensor.shape, fans)


def flax_module(layer: str, a: Row) -> tuple[tuple[linen.Module, Any], ...]:
    """The Flax modules for each kernel, each with an input; recurrent kernels too are lecun."""
    window = tuple(a.get("kernel_size", ()))
    image = jnp.ones((1, *(8 for _ in window), a.get("input_channels", 1)))
    lecun = linen.initializers.lecun_normal()
    match layer:
        case "Dense":
            return ((linen.Dense(a["units"]), jnp.ones((1, a["input_dim"]))),)
        case "Conv1D" | "Conv2D" | "Conv3D":
            groups = a.get("groups", 1)
            return ((linen.Conv(a["filters"], window, feature_group_count=groups), image),)
        case "Conv2DTranspose":
            return ((linen.ConvTranspose(a["filters"], window), image),)
        case "DepthwiseConv2D" | "SeparableConv2D":
            channels, between = a["input_channels"], a["input_channels"] * a["depth_multiplier"]
            first = (linen.Conv(between, window, feature_group_count=channels), image)
            if layer == "DepthwiseConv2D":
                return (first,)
            return (first, (linen.Conv(a["filters"], (1, 1)), jnp.ones((1, 8, 8, between))))
        case "Embedding":
            return ((linen.Embed(a["input_dim"], a["output_dim"]), jnp.zeros((1,), int)),)
        case "MultiHeadAttention":
            size = a["num_heads"] * a["key_dim"]
            module = linen.MultiHeadDotProductAttention(a["num_heads"], qkv_features=size)
            return ((module, jnp.ones((1, 7, a["input_dim"]))),)
    name = {"SimpleRNN": "SimpleCell"}.get(layer, f"{layer}Cell")
    cell = getattr(linen, name)(a["units"], recurrent_kernel_init=lecun)
    return ((linen.RNN(cell), jnp.ones((1, 7, a["input_dim"]))),)


def jax_rows(layer: str, arguments: Row) -> Iterator[Row]:
    """One row per kernel; gates and heads that Flax draws alike are merged by their shape."""
    calls: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def record(fans: Any, shape: Any, *_: Any, **__: Any) -> None:
        call = (tuple(shape), tuple(int(fan) for fan in fans))
        if call not in calls:
            calls.append(call)

    for module, inputs in flax_module(layer, arguments):

        def work(module: Any = module, inputs: Any = inputs) -> None:
            module.init(jax.random.key(0), inputs)

        recorded(jax_initializers, "_compute_fans", record, work)
    if layer == "MultiHeadAttention":
        calls = [calls[0]] * 3 + [calls[-1]]
    if layer in ("SimpleRNN", "LSTM", "GRU"):
        calls.sort(key=lambda call: call[0] == (arguments["units"],) * 2)
    for name, (shape, fans) in zip(kernel_names(layer), calls, strict=True):
        yield row(("jax", layer, arguments), name, shape, fans)


def main() -> None:
    rows: list[Row] = []
    biases: list[Row] = []
    for layer, arguments in CASES:
        kernels, bias = keras_rows(layer, arguments)
        rows += [*kernels, *torch_rows(layer, arguments), *jax_rows(layer, arguments)]
        biases.append(bias)
    versions = {
        module.__name__: module.__version__.split("+")[0] for module in (keras, torch, jax, flax)
    }
    lines = ",\n".join(json.dumps(row) for row in rows)
    bias_lines = ",\n".join(json.dumps(row) for row in biases)
    text = (
        f'{{"versions": {json.dumps(versions)},\n'
        f'"rows": [\n{lines}\n],\n"biases": [\n{bias_lines}\n]}}\n'
    )
    Path(__file__).with_name("keras_fans.json").write_text(text)


if __name__ == "__main__":
    main()
