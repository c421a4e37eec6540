"""Write torch_mlp.json: signal and gradient in PyTorch networks whose weights vscore drew.

Run with torch==2.13.0 installed:

    PYTHONPATH=. python tests/golden/make_torch_goldens.py

vscore gives random numbers only. Networks, activations and gradients are PyTorch's, in float64.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from vscore._streams import Stream
from vscore.initializers import INITIALIZERS, RandomNormal

torch.set_default_dtype(torch.float64)

SEED, BATCH = 11, 6

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda z: z,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.2),
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda z: functional.gelu(z, approximate="tanh"),
    "silu": functional.silu,
    "mish": functional.mish,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    # functional.hardsigmoid's backward pass has 1 / 6 in float32 only.
    "hard_sigmoid": lambda z: functional.relu6(z + 3) / 6,
    "hard_tanh": functional.hardtanh,
    "erf": torch.erf,
}


def cases() -> Iterator[dict[str, Any]]:
    for activation in ACTIVATIONS:
        for bias_variance in (0.0, 0.25):
            yield {
                "widths": [7, 24, 9, 16, 5],
                "activation": activation,
                "initializer": "he_normal",
                "bias_variance": bias_variance,
            }
    for initializer in ("glorot_uniform", "torch_default", "orthogonal"):
        yield {
            "widths": [40, 10, 30],
            "activation": "tanh",
            "initializer": initializer,
            "bias_variance": 0.1,
        }
    yield {
        "widths": [16] * 31,
        "activation": "selu",
        "initializer": "lecun_normal",
        "bias_variance": 0.0,
    }


def normal(stream: Stream, *shape: int) -> torch.Tensor:
    return torch.tensor(RandomNormal(0.0, 1.0).draw(shape, stream)).double()


def linear(case: dict[str, Any], stream: Stream, layer: int) -> torch.nn.Linear:
    """A PyTorch layer, which holds its kernel as (out, in)."""
    shape = tuple(case["widths"][layer : layer + 2])
    module = torch.nn.Linear(*shape)
    kernel = INITIALIZERS[case["initializer"]].draw(shape, stream.child(1, layer))
    with torch.no_grad():
        module.weight.copy_(torch.tensor(kernel).double().T)
        module.bias.copy_(case["bias_variance"] ** 0.5 * normal(stream.child(2, layer), shape[1]))
    return module


def correlation(z: torch.Tensor) -> float:
    gram = z @ z.T
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
    h = normal(stream.child(0), BATCH, case["widths"][0])
    zs, hs = [], []
    for layer in range(len(case["widths"]) - 1):
        z = linear(case, stream, layer)(h)
        z.retain_grad()
        h = ACTIVATIONS[case["activation"]](z)
        zs.append(z)
        hs.append(h)
    (zs[-1] * normal(stream.child(3), *zs[-1].shape)).sum().backward()
    with torch.no_grad():
        layers = [statistics(z, h) for z, h in zip(zs, hs, strict=True)]
    return {**case, **{name: [layer[name] for layer in layers] for name in layers[0]}}


def main() -> None:
    rows = ",\n".join(json.dumps(row(case)) for case in cases())
    head = f'"torch": "{torch.__version__.split("+")[0]}", "seed": {SEED}, "batch": {BATCH}'
    Path(__file__).with_name("torch_mlp.json").write_text(f'{{{head}, "rows": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
