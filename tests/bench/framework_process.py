"""What PyTorch, JAX and Keras do for `tests.bench`, timed in their own process.

A network is written once, in the names that the three share.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

Work = Callable[[], object]

CUT = 0.87962566103423978
"""Std of N(0, 1) given |z| <= 2."""


@dataclass(frozen=True, slots=True)
class Library:
    """A framework's way of drawing and computing.

    Attributes
    ----------
    xp : module
        With `sum`, `mean`, `square`, `abs`, `max`, `all`.
    draw : mapping of str to callable
        Weights of a law: shape and std of the law before any cut.
    relu, double : callable
        The latter gives float64, for sums.
    run : callable
        Runs something to its end, compiled if that is the framework's way.
    """

    xp: Any
    draw: dict[str, Callable[[tuple[int, int], float], Any]]
    relu: Callable[[Any], Any]
    double: Callable[[Any], Any]
    run: Callable[[Callable[[], Any]], Work]


def torch_library() -> Library:
    import torch

    def run(work: Callable[[], Any]) -> Work:
        without: Work = torch.no_grad()(work)
        return without

    return Library(
        torch,
        {
            "truncated": lambda shape, std: torch.nn.init.trunc_normal_(
                torch.empty(shape), 0.0, std, -2 * std, 2 * std
            ),
            "normal": lambda shape, std: torch.empty(shape).normal_(0.0, std),
            "uniform": lambda shape, std: torch.empty(shape).uniform_(-std, std),
        },
        torch.relu,
        lambda x: x.double(),
        run,
    )


def jax_library() -> Library:
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)
    state = {"key": jax.random.key(0)}

    def key() -> Any:
        state["key"], fresh = jax.random.split(state["key"])
        return fresh

    def run(work: Callable[[], Any]) -> Work:
        def from_key(start: Any) -> Any:
            state["key"] = start
            return work()

        compiled, start = jax.jit(from_key), jax.random.key(0)
        return lambda: jax.block_until_ready(compiled(start))

    single = jnp.float32
    return Library(
        jnp,
        {
            "truncated": lambda shape, std: (
                single(std) * jax.random.truncated_normal(key(), -2, 2, shape, single)
            ),
            "normal": lambda shape, std: single(std) * jax.random.normal(key(), shape, single),
            "uniform": lambda shape, std: jax.random.uniform(key(), shape, single, -std, std),
        },
        jax.nn.relu,
        lambda x: x.astype(jnp.float64),
        run,
    )


def keras_library() -> Library:
    """Operations one by one, as Keras runs them outside of a model."""
    import keras
    from keras import ops

    seeds = keras.random.SeedGenerator(0)
    initializers = keras.initializers
    kinds: dict[str, Callable[[float], Any]] = {
        "truncated": lambda std: initializers.TruncatedNormal(0.0, std, seed=seeds),
        "normal": lambda std: initializers.RandomNormal(0.0, std, seed=seeds),
        "uniform": lambda std: initializers.RandomUniform(-std, std, seed=seeds),
    }

    def drawing(law: str) -> Callable[[tuple[int, int], float], Any]:
        return lambda shape, std: kinds[law](std)(shape, dtype="float32")

    def run(work: Callable[[], Any]) -> Work:
        if keras.backend.backend() == "torch":
            return torch_library().run(work)
        if keras.backend.backend() == "numpy":
            return work
        import jax

        return lambda: jax.block_until_ready(work())

    # JAX in Keras has no float64, and sums in float32: that is less work, not more.
    draw = {law: drawing(law) for law in kinds}
    return Library(ops, draw, ops.relu, lambda x: ops.cast(x, "float64"), run)


LIBRARIES: dict[str, Callable[[], Library]] = {
    "torch": cache(torch_library),
    "jax": cache(jax_library),
    "keras": cache(keras_library),
}


@cache
def draw(library: str, law: str, size: int) -> Work:
    """Weights of one square kernel."""
    its = LIBRARIES[library]()
    return its.run(lambda: its.draw[law]((size, size), size**-0.5))


@cache
def simulate(library: str, law: str, width: int, depth: int, batch: int) -> Work:
    """Draws, forward, backward and what `vscore.simulate` measures of each layer."""
    its = LIBRARIES[library]()
    std = (2 / width) ** 0.5 / (CUT if law == "truncated" else 1.0)

    def network() -> list[Any]:
        h = its.draw["normal"]((batch, width), 1.0)
        kernels, kept, found = [], [], []
        for _ in range(depth):
            kernel = its.draw[law]((width, width), std)
            z = h @ kernel
            h = its.relu(z)
            found += statistics_of(its, z, h)
            kernels.append(kernel)
            kept.append(z)
        g = its.draw["normal"]((batch, width), 1.0)
        found.append(second_moment(its, g))
        for layer in range(depth - 2, -1, -1):
            g = (g @ kernels[layer + 1].T) * (kept[layer] > 0)
            found.append(second_moment(its, g))
        return found

    return its.run(network)


def second_moment(its: Library, values: Any) -> Any:
    return its.xp.mean(its.xp.square(its.double(values)))


def statistics_of(its: Library, z: Any, h: Any) -> list[Any]:
    """What `vscore.simulate` measures of a layer, sums in float64."""
    xp = its.xp
    z64, h64 = its.double(z), its.double(h)
    squares = xp.sum(xp.square(z64))
    pairs = (xp.sum(xp.square(xp.sum(z64, 0))) - squares) / ((z.shape[0] - 1) * squares)
    q = squares / (z.shape[0] * z.shape[1])
    mean, second = xp.mean(h64), xp.mean(xp.square(h64))
    dead = xp.mean(its.double(xp.all(z <= 0, 0)))
    return [q, pairs, q * (1 - pairs), mean, second, second - mean * mean, xp.max(xp.abs(z)), dead]


TASKS: dict[str, Callable[..., Work]] = {"draw": draw, "simulate": simulate}


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
