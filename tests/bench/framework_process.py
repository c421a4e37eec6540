"""What PyTorch, JAX and Keras do for `tests.bench`, timed in their own process."""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

Work = Callable[[], object]


@cache
def torch_draw(law: str, size: int) -> Work:
    import torch

    std = size**-0.5
    fill: dict[str, Callable[[torch.Tensor], object]] = {
        "truncated": lambda w: torch.nn.init.trunc_normal_(w, 0.0, std, -2 * std, 2 * std),
        "normal": lambda w: w.normal_(0.0, std),
        "uniform": lambda w: w.uniform_(-std, std),
    }
    return lambda: fill[law](torch.empty(size, size))


@cache
def jax_draw(law: str, size: int) -> Work:
    import jax

    std, shape = size**-0.5, (size, size)
    draw: dict[str, Callable[[jax.Array], jax.Array]] = {
        "truncated": lambda key: std * jax.random.truncated_normal(key, -2.0, 2.0, shape),
        "normal": lambda key: std * jax.random.normal(key, shape),
        "uniform": lambda key: jax.random.uniform(key, shape, minval=-std, maxval=std),
    }
    jitted, key = jax.jit(draw[law]), jax.random.key(0)
    return lambda: jitted(key).block_until_ready()


@cache
def keras_draw(law: str, size: int) -> Work:
    import keras

    name = {"truncated": "truncated_normal", "normal": "untruncated_normal"}.get(law, law)
    initializer = keras.initializers.VarianceScaling(1.0, "fan_in", name, seed=0)

    def work() -> None:
        weights = initializer((size, size), dtype="float32")
        if hasattr(weights, "block_until_ready"):
            weights.block_until_ready()

    return work


@cache
def torch_simulate(law: str, width: int, depth: int, batch: int) -> Work:
    import torch

    std = (2 / width) ** 0.5
    uncut = std / 0.87962566103423978
    draw: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "truncated": lambda w: torch.nn.init.trunc_normal_(w, 0.0, uncut, -2 * uncut, 2 * uncut),
        "normal": torch.nn.init.kaiming_normal_,
    }

    def network() -> None:
        h = torch.empty(batch, width).normal_()
        kernels, kept, found = [], [], []
        for _ in range(depth):
            kernel = draw[law](torch.empty(width, width))
            z = h @ kernel
            h = torch.relu(z)
            found.append(statistics_of(z, h))
            kernels.append(kernel)
            kept.append(z)
        g = torch.empty(batch, width).normal_()
        moments = [g.double().square().mean()]
        for layer in range(depth - 2, -1, -1):
            g = (g @ kernels[layer + 1].T) * (kept[layer] > 0)
            moments.append(g.double().square().mean())

    def work() -> None:
        with torch.no_grad():
            network()

    return work


def statistics_of(z: Any, h: Any) -> list[Any]:
    """What `vscore.simulate` measures of a layer, sums in float64."""
    z64, h64 = z.double(), h.double()
    squares = z64.square().sum()
    sums = z64.sum(dim=0)
    pairs = ((sums * sums).sum() - squares) / ((len(z) - 1) * squares)
    q = squares / z.numel()
    mean, second = h64.mean(), h64.square().mean()
    dead = (z <= 0).all(dim=0).double().mean()
    return [q, pairs, q * (1 - pairs), mean, second, second - mean * mean, z.abs().max(), dead]


TASKS: dict[str, Callable[..., Work]] = {
    "torch_draw": torch_draw,
    "jax_draw": jax_draw,
    "keras_draw": keras_draw,
    "torch_simulate": torch_simulate,
}


def main() -> None:
    # Frameworks print; the answers go where nothing else is written.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        task, arguments = json.loads(line)
        work = TASKS[task](**arguments)
        start = time.perf_counter()
        work()
        print(time.perf_counter() - start, file=answers, flush=True)


if __name__ == "__main__":
    main()
