"""Write torch_training.json: PyTorch networks trained from weights that vscore drew.

Run with torch==2.13.0 installed:

    PYTHONPATH=. python tests/golden/make_torch_training_goldens.py

vscore gives random numbers only: weights, examples and their order. Networks, losses, gradients
and optimizers are PyTorch's, in float64 and in float32.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from vscore._streams import Stream
from vscore.initializers import INITIALIZERS, RandomNormal
from vscore.training.chance import ORDER, SPLIT, permutation, shared

SEED, EXAMPLES, BATCH, EPOCHS = 5, 23, 6, 3  # the last batch has 5

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh,
    "relu": functional.relu,
    "gelu": functional.gelu,
}

OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {"lr": 0.1}),
    "momentum": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    # So small that it does not matter that PyTorch adds epsilon in another place than Keras.
    "adam": (torch.optim.Adam, {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-14}),
}


def cases() -> Iterator[dict[str, Any]]:
    for dtype in ("float64", "float32"):
        for activation in ACTIVATIONS:
            for optimizer in OPTIMIZERS:
                for task, outputs in (("classes", 4), ("values", 2)):
                    yield {
                        "dtype": dtype,
                        "activation": activation,
                        "optimizer": optimizer,
                        "task": task,
                        "widths": [5, 12, 7, outputs],
                        "initializer": "he_normal",
                        "bias_variance": 0.04,
                    }


def normal(stream: Stream, *shape: int) -> torch.Tensor:
    return torch.tensor(RandomNormal(0.0, 1.0).draw(shape, stream)).double()


def examples(task: str) -> tuple[torch.Tensor, torch.Tensor]:
    inputs = normal(Stream(SEED, (7,)), EXAMPLES, 5)
    if task == "classes":
        return inputs, torch.arange(EXAMPLES) % 4
    return inputs, normal(Stream(SEED, (8,)), EXAMPLES, 2)


def linear(case: dict[str, Any], layer: int, dtype: torch.dtype) -> torch.nn.Linear:
    """A PyTorch layer, which holds its kernel as (out, in)."""
    shape = tuple(case["widths"][layer : layer + 2])
    module = torch.nn.Linear(*shape, dtype=dtype)
    stream = Stream(SEED, (0,))
    kernel = INITIALIZERS[case["initializer"]].draw(shape, stream.child(1, layer))
    std = torch.tensor(case["bias_variance"] ** 0.5, dtype=dtype)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(kernel).T)
        module.bias.copy_(std * normal(stream.child(2, layer), shape[1]).to(dtype))
    return module


def loss_of(case: dict[str, Any], outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if case["task"] == "classes":
        return functional.cross_entropy(outputs, targets)
    return functional.mse_loss(outputs, targets)


def passed(
    case: dict[str, Any], layers: list[torch.nn.Linear], inputs: torch.Tensor
) -> list[torch.Tensor]:
    """Each layer's activations; the last layer is linear."""
    found, h = [], inputs
    for layer in layers:
        z = layer(h)
        h = z if layer is layers[-1] else ACTIVATIONS[case["activation"]](z)
        found.append(h)
    return found


def measured(
    case: dict[str, Any], layers: list[torch.nn.Linear], inputs: torch.Tensor, targets: torch.Tensor
) -> dict[str, Any]:
    """Over all examples."""
    hs = passed(case, layers, inputs)
    loss = loss_of(case, hs[-1], targets)
    gradients = torch.autograd.grad(loss, [layer.weight for layer in layers])
    right = hs[-1].argmax(dim=1) == targets if case["task"] == "classes" else torch.zeros(1)
    return {
        "loss": loss.item(),
        "accuracy": float(right.double().mean()),
        "gradient_norm": [float(g.double().norm()) for g in gradients],
        "activation_variance": [h.double().var(correction=0).item() for h in hs],
    }


def row(case: dict[str, Any]) -> dict[str, Any]:
    """The case, every step's loss, what is measured after every epoch, and the last weights."""
    dtype = getattr(torch, case["dtype"])
    inputs, targets = examples(case["task"])
    split = torch.tensor(permutation(shared(SEED, SPLIT), EXAMPLES))
    inputs, targets = inputs[split].to(dtype), targets[split]
    targets = targets if case["task"] == "classes" else targets.to(dtype)
    layers = [linear(case, layer, dtype) for layer in range(len(case["widths"]) - 1)]
    kind, settings = OPTIMIZERS[case["optimizer"]]
    optimizer = kind([p for layer in layers for p in layer.parameters()], **settings)
    steps, epochs = [], [measured(case, layers, inputs, targets)]
    for epoch in range(1, EPOCHS + 1):
        order = torch.tensor(permutation(Stream(SEED, (0, ORDER, epoch)), EXAMPLES))
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            loss = loss_of(case, passed(case, layers, inputs[batch])[-1], targets[batch])
            loss.backward()
            optimizer.step()
            steps.append(loss.item())
        epochs.append(measured(case, layers, inputs, targets))
    last = {
        "kernel": layers[-1].weight.T.tolist(),
        "bias": layers[-1].bias.tolist(),
    }
    return {**case, "step_loss": steps, "epochs": epochs, "last_layer": last}


def main() -> None:
    rows = ",\n".join(json.dumps(row(case)) for case in cases())
    sizes = f'"seed": {SEED}, "examples": {EXAMPLES}, "batch": {BATCH}, "last": {EPOCHS}'
    head = f'"torch": "{torch.__version__.split("+")[0]}", {sizes}'
    path = Path(__file__).with_name("torch_training.json")
    path.write_text(f'{{{head}, "rows": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    main()
