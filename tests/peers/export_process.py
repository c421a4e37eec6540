"""Runs exported programs in one framework, driven by lines of JSON on standard input.

A line is {"code", "builder", "kind", "seed", "inputs", "path"}; weights are saved to path as .npz
in Keras' order of axes and gates, read off the framework's own tensors by the tables below. The
answer is a line {"result": largest correlation of two tensors} or {"error": traceback}.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

PREFIX = 1000
"""Numbers of two tensors that are compared with each other."""

Arrays = dict[str, np.ndarray]


def conv(weight: np.ndarray) -> np.ndarray:
    """(out, in, *window) to (*window, in, out)."""
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def transposed(weight: np.ndarray) -> np.ndarray:
    """PyTorch's (in, out, *window) to Keras' (*window, out, in)."""
    return weight.transpose(2, 3, 1, 0)


def z_r_h(weight: np.ndarray) -> np.ndarray:
    """GRU's blocks from r, z, n to Keras' z, r, h."""
    r, z, n = np.split(weight, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


# PyTorch -----------------------------------------------------------------------------------------


def torch_depthwise(weight: np.ndarray) -> np.ndarray:
    """(C m, 1, *window), the m outputs of a channel side by side, to (*window, C, m)."""
    multiplier = weight.shape[0] // CHANNELS
    return weight.reshape(CHANNELS, multiplier, *weight.shape[2:]).transpose(2, 3, 0, 1)


CHANNELS = 64
"""Input channels of the depthwise layers that are sent here."""
HEADS = 8


def torch_recurrent(state: Arrays, gates: Callable[[np.ndarray], np.ndarray]) -> Arrays:
    first, second = gates(state["bias_ih_l0"]), gates(state["bias_hh_l0"])
    return {
        "kernel": gates(state["weight_ih_l0"].T),
        "recurrent_kernel": gates(state["weight_hh_l0"].T),
        "bias": np.stack([first, second]) if gates is z_r_h else first + second,
    }


def same(weight: np.ndarray) -> np.ndarray:
    return weight


def torch_attention(state: Arrays) -> Arrays:
    found = {
        f"{name}_kernel": state[f"{name}.weight"].T.reshape(
            state[f"{name}.weight"].shape[1], HEADS, -1
        )
        for name in ("query", "key", "value")
    }
    output = state["output.weight"].T
    return {**found, "output_kernel": output.reshape(HEADS, -1, output.shape[1])}


def torch_stack(state: Arrays) -> Arrays:
    count = len(state) // 2
    weights = {f"kernel_{k + 1}": conv(state[f"layers.{k}.weight"]) for k in range(count)}
    return weights | {f"bias_{k + 1}": state[f"layers.{k}.bias"] for k in range(count)}


TORCH: Mapping[str, Callable[[Arrays], Arrays]] = {
    **dict.fromkeys(
        ("Dense", "Conv1D", "Conv2D", "Conv3D"),
        lambda s: {"kernel": conv(s["weight"]), "bias": s["bias"]},
    ),
    "Conv2DTranspose": lambda s: {"kernel": transposed(s["weight"]), "bias": s["bias"]},
    "DepthwiseConv2D": lambda s: {"kernel": torch_depthwise(s["weight"]), "bias": s["bias"]},
    "SeparableConv2D": lambda s: {
        "depthwise_kernel": torch_depthwise(s["0.weight"]),
        "pointwise_kernel": conv(s["1.weight"]),
        "bias": s["1.bias"],
    },
    "Embedding": lambda s: {"embeddings": s["weight"]},
    "SimpleRNN": lambda s: torch_recurrent(s, same),
    "LSTM": lambda s: torch_recurrent(s, same),
    "GRU": lambda s: torch_recurrent(s, z_r_h),
    "MultiHeadAttention": torch_attention,
    "RawKernel": lambda s: {"kernel": conv(s["kernel"]) if s["kernel"].ndim > 1 else s["kernel"]},
    "stack": torch_stack,
}


def torch_weights(built: Any) -> Arrays:
    return {name: weight.detach().numpy() for name, weight in built.named_parameters()}


def torch_outputs(built: Any, inputs: np.ndarray) -> np.ndarray:
    """Channels first where there is an image."""
    import torch

    image = inputs.ndim > 2 and hasattr(built, "layers")
    x = torch.from_numpy(np.moveaxis(inputs, -1, 1).copy() if image else inputs)
    with torch.no_grad():
        found = built(x)
    found = found[0] if isinstance(found, tuple) else found
    return np.moveaxis(found.numpy(), 1, -1) if image else found.numpy()


# Flax --------------------------------------------------------------------------------------------


def jax_recurrent(state: Arrays, gates: Callable[[np.ndarray], np.ndarray]) -> Arrays:
    rows = [gates(state[name]) for name in BIASES if name in state]
    return {
        "kernel": gates(state["cell.dense_i.kernel"]),
        "recurrent_kernel": gates(state["cell.dense_h.kernel"]),
        "bias": np.stack(rows) if len(rows) > 1 else rows[0],
    }


BIASES = ("cell.dense_i.bias", "cell.dense_h.bias")


def jax_depthwise(kernel: np.ndarray) -> np.ndarray:
    """(*window, 1, C m) to (*window, C, m)."""
    return kernel.reshape(*kernel.shape[:2], CHANNELS, -1)


def jax_stack(state: Arrays) -> Arrays:
    return {
        f"{part}_{k + 1}": state[f"layers.{k}.{part}"]
        for part in ("kernel", "bias")
        for k in range(len(state) // 2)
    }


JAX: Mapping[str, Callable[[Arrays], Arrays]] = {
    **dict.fromkeys(("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "RawKernel"), dict),
    "DepthwiseConv2D": lambda s: {"kernel": jax_depthwise(s["kernel"]), "bias": s["bias"]},
    "SeparableConv2D": lambda s: {
        "depthwise_kernel": jax_depthwise(s["layers.0.kernel"]),
        "pointwise_kernel": s["layers.1.kernel"],
        "bias": s["layers.1.bias"],
    },
    "Embedding": lambda s: {"embeddings": s["embedding"]},
    "SimpleRNN": lambda s: jax_recurrent(s, same),
    "LSTM": lambda s: jax_recurrent(s, same),
    "GRU": lambda s: jax_recurrent(s, z_r_h),
    "MultiHeadAttention": lambda s: (
        {
            f"{name}_kernel": s[f"{short}.kernel"]
            for name, short in (("query", "query"), ("key", "key"), ("value", "value"))
        }
        | {"output_kernel": s["out.kernel"]}
    ),
    "stack": jax_stack,
}


def jax_weights(built: Any) -> Arrays:
    from flax import nnx

    state = nnx.to_flat_state(nnx.state(built, nnx.Param))
    return {".".join(map(str, path)): np.asarray(weight[...]) for path, weight in state}


def jax_outputs(built: Any, inputs: np.ndarray) -> np.ndarray:
    return np.asarray(built(inputs))


# Keras -------------------------------------------------------------------------------------------


def by_order(*names: str) -> Callable[[Arrays], Arrays]:
    """Keras' kernels in their order, then its biases."""

    def named(state: Arrays) -> Arrays:
        kernels = [weight for path, weight in state.items() if not path.endswith("bias")]
        biases = [weight for path, weight in state.items() if path.endswith("bias")]
        found = dict(zip(names, kernels, strict=True))
        return found | ({"bias": biases[0]} if len(biases) == 1 else {})

    return named


def keras_stack(state: Arrays) -> Arrays:
    kernels = [weight for path, weight in state.items() if path.endswith("kernel")]
    biases = [weight for path, weight in state.items() if path.endswith("bias")]
    found = {f"kernel_{k}": weight for k, weight in enumerate(kernels, 1)}
    return found | {f"bias_{k}": weight for k, weight in enumerate(biases, 1)}


KERAS: Mapping[str, Callable[[Arrays], Arrays]] = {
    **dict.fromkeys(
        (
            *("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"),
            *("DepthwiseConv2D", "RawKernel"),
        ),
        by_order("kernel"),
    ),
    "SeparableConv2D": by_order("depthwise_kernel", "pointwise_kernel"),
    "Embedding": by_order("embeddings"),
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU"), by_order("kernel", "recurrent_kernel")),
    "MultiHeadAttention": by_order("query_kernel", "key_kernel", "value_kernel", "output_kernel"),
    "stack": keras_stack,
}


def keras_weights(built: Any) -> Arrays:
    import keras

    found = {
        f"{place} {weight.path}": keras.ops.convert_to_numpy(weight)
        for place, weight in enumerate(built.weights)
    }
    if len(found) == 8:  # attention: the paths say which is which, whatever their order
        order = ("query", "key", "value", "output")
        found = dict(
            sorted(
                found.items(), key=lambda item: [name in item[0] for name in order], reverse=True
            )
        )
    return found


def keras_outputs(built: Any, inputs: np.ndarray) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(built(inputs)))


# NumPy -------------------------------------------------------------------------------------------

FRAMEWORKS: Mapping[str, tuple[Any, Any, Any]] = {
    "torch": (TORCH, torch_weights, torch_outputs),
    "jax": (JAX, jax_weights, jax_outputs),
    "keras": (KERAS, keras_weights, keras_outputs),
}


def alike(weights: Arrays) -> float:
    """The largest correlation between the first numbers of two tensors, as they lie in memory."""
    starts = [np.ravel(weight)[:PREFIX].astype(float) for weight in weights.values()]
    starts = [start for start in starts if len(start) > 50 and start.std() > 0]
    return max(
        (
            abs(np.corrcoef(a[: len(b)], b[: len(a)])[0, 1])
            for place, a in enumerate(starts)
            for b in starts[:place]
        ),
        default=0.0,
    )


def run(framework: str, job: dict[str, Any]) -> float:
    table, weights_of, outputs_of = FRAMEWORKS[framework]
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(job["code"], "exported", "exec"), namespace)
    built = namespace[job["builder"]](job["seed"])
    weights = weights_of(built)
    found = dict(table[job["kind"]](weights))
    if job["inputs"] is not None:
        found["outputs"] = outputs_of(built, np.array(job["inputs"], np.float32))
    np.savez(job["path"], **found)
    return alike(weights)


def main() -> None:
    # Frameworks print; the answers go where nothing else is written.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            reply: dict[str, Any] = {"result": run(sys.argv[1], json.loads(line))}
        except Exception:
            reply = {"error": traceback.format_exc()}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
