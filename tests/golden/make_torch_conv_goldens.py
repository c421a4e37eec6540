"""Write torch_convnet.json: signal and gradient in PyTorch's convolutions of weights vscore drew.

Run with torch==2.13.0 installed:

    PYTHONPATH=. python tests/golden/make_torch_conv_goldens.py

vscore gives random numbers only. Convolutions, padding, activations and gradients are PyTorch's,
in float64.
"""

import json
import warnings
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import torch

from vscore._streams import Stream
from vscore.initializers import INITIALIZERS, RandomNormal

torch.set_default_dtype(torch.float64)
warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")

SEED, BATCH = 17, 5

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu}

PADDING_MODES = {"circular": "circular", "same": "zeros"}


def cases() -> Iterator[dict[str, Any]]:
    sizes = (([3, 3], [6, 5]), ([3, 2], [4, 7]), ([4, 1], [4, 3]), ([5], [9]), ([4], [6]))
    for (kernel, image), padding, activation in product(sizes, PADDING_MODES, ("relu", "tanh")):
        yield {
            "channels": [3, 8, 5, 6],
            "kernel_size": kernel,
            "image_size": image,
            "padding": padding,
            "activation": activation,
            "initializer": "he_normal" if activation == "relu" else "glorot_uniform",
            "bias_variance": 0.0 if len(kernel) == 2 else 0.25,
        }
    # A kernel larger than the image: its outer taps only ever meet zeros.
    yield {
        "channels": [2, 30, 4],
        "kernel_size": [5, 8],
        "image_size": [2, 3],
        "padding": "same",
        "activation": "gelu",
        "initializer": "orthogonal",
        "bias_variance": 0.1,
    }


def normal(stream: Stream, *shape: int) -> torch.Tensor:
    return torch.tensor(RandomNormal(0.0, 1.0).draw(shape, stream)).double()


def channels_second(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.movedim(-1, 1)


def convolution(case: dict[str, Any], stream: Stream, layer: int) -> torch.nn.Module:
    """A PyTorch layer, which holds its kernel as (out, in, *taps)."""
    inputs, outputs = case["channels"][layer : layer + 2]
    kind = torch.nn.Conv2d if len(case["kernel_size"]) == 2 else torch.nn.Conv1d
    mode = PADDING_MODES[case["padding"]]
    taps = tuple(case["kernel_size"])
    module = kind(inputs, outputs, taps, padding="same", padding_mode=mode)
    shape = (*taps, inputs, outputs)
    kernel = torch.tensor(INITIALIZERS[case["initializer"]].draw(shape, stream.child(1, layer)))
    assert module.bias is not None
    with torch.no_grad():
        module.weight.copy_(kernel.double().movedim(-1, 0).movedim(-1, 1))
        module.bias.copy_(case["bias_variance"] ** 0.5 * normal(stream.child(2, layer), outputs))
    return module


def correlation(z: torch.Tensor) -> float:
    gram = z.flatten(1) @ z.flatten(1).T
    apart = gram[~torch.eye(len(z), dtype=torch.bool)]
    return float(apart.mean() / gram.diagonal().mean())


def statistics(z: torch.Tensor, h: torch.Tensor) -> dict[str, float]:
    assert z.grad is not None
    return {
        "q": float(z.square().mean()),
        "correlation": correlation(z),
        "unit_variance": float(z.var(dim=0, correction=1).mean()),
        "activation_mean": float(h.mean()),
        "activation_second_moment": float(h.square().mean()),
        "activation_variance": float(h.var(correction=0)),
        "gradient_second_moment": float(z.grad.square().mean()),
    }


def row(case: dict[str, Any]) -> dict[str, Any]:
    """The case and each statistic, first layer to last."""
    stream = Stream(SEED, (0,))
    image, channels = case["image_size"], case["channels"]
    h = channels_second(normal(stream.child(0), BATCH, *image, channels[0]))
    zs, hs = [], []
    for layer in range(len(channels) - 1):
        z = convolution(case, stream, layer)(h)
        z.retain_grad()
        h = ACTIVATIONS[case["activation"]](z)
        zs.append(z)
        hs.append(h)
    cotangent = channels_second(normal(stream.child(3), BATCH, *image, channels[-1]))
    (zs[-1] * cotangent).sum().backward()
    with torch.no_grad():
        layers = [statistics(z, h) for z, h in zip(zs, hs, strict=True)]
    return {**case, **{name: [layer[name] for layer in layers] for name in layers[0]}}


def main() -> None:
    rows = ",\n".join(json.dumps(row(case)) for case in cases())
    head = f'"torch": "{torch.__version__.split("+")[0]}", "seed": {SEED}, "batch": {BATCH}'
    path = Path(__file__).with_name("torch_convnet.json")
    path.write_text(f'{{{head}, "rows": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
