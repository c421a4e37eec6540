"""Write keras_recurrent.npz: states and gradients of Keras' recurrent layers, in float64.

Run with keras==3.15.1 and jax==0.10.2 installed:

    KERAS_BACKEND=jax python tests/golden/make_keras_recurrent_goldens.py

Nothing of vscore is imported. Weights, inputs and the cotangent are `wave`s, which a test writes
down again. States are the layer's own; gradients are JAX's through the layer's own cell, with
respect to a zero that is added to every h_t.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common import dtypes

jax.config.update("jax_enable_x64", True)
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras' ops cut down to float32 otherwise
keras.config.set_floatx("float64")

KINDS: dict[str, Any] = {
    "simple_rnn": keras.layers.SimpleRNN,
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
}
SIZES = {"small": (5, 4, 7, 3), "large": (9, 13, 20, 2)}
"""Inputs, units, steps, batch."""


def wave(shape: tuple[int, ...], number: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers in [-1, 1] that a formula gives: sin(k^2 / 100 + number); of full rank."""
    return np.sin(np.arange(np.prod(shape)) ** 2 / 100 + number).reshape(shape)


def waved(layer: Any) -> Any:
    """The layer with weights from the formula, the bias (whose start is kept) added to its own."""
    kernel, recurrent_kernel, bias = layer.get_weights()
    layer.set_weights(
        [wave(kernel.shape, 1), wave(recurrent_kernel.shape, 2) / 2, bias + wave(bias.shape, 3) / 2]
    )
    return layer


def gradients(layer: Any, x: Any, cotangent: Any) -> Any:
    """dL/dh_t for L = sum(cotangent * h_T), shape (batch, steps, units)."""
    batch, steps, _ = x.shape

    def last_h(nudge: Any) -> Any:
        states = [jnp.zeros((batch, layer.units)) for _ in range(np.size(layer.state_size))]
        for step in range(steps):
            _, after = layer.cell(x[:, step], states)
            states = [after[0] + nudge[:, step], *after[1:]]
        return states[0]

    nothing = jnp.zeros((batch, steps, layer.units))
    if not np.allclose(last_h(nothing), layer(x)[0][:, -1], rtol=1e-12, atol=1e-14):
        raise ValueError(f"{layer.name} is not its cell, step by step")
    return jax.grad(lambda nudge: (last_h(nudge) * cotangent).sum())(nothing)


def row(kind: str, size: str, **options: bool) -> Iterator[tuple[str, Any]]:
    input_dim, units, steps, batch = SIZES[size]
    x = jnp.asarray(wave((batch, steps, input_dim), 4))
    layer = KINDS[kind](units, return_sequences=True, return_state=True, **options)
    layer.build((None, steps, input_dim))
    name = f"{kind}-{size}" + "".join(f"-{option}={value}" for option, value in options.items())
    yield f"{name}/bias", layer.get_weights()[2]
    states, *last = waved(layer)(x)
    cotangent = jnp.asarray(wave((batch, units), 5))
    yield f"{name}/states", np.asarray(states)
    yield f"{name}/last_c", np.asarray(last[-1])  # LSTM's; h again for the others
    yield f"{name}/gradients", np.asarray(gradients(layer, x, cotangent))


def orthogonal(kind: str) -> Iterator[tuple[str, Any]]:
    """The Gram matrix of the recurrent kernel that Keras draws, 6 units."""
    keras.utils.set_random_seed(0)
    layer = KINDS[kind](6)
    layer.build((None, 1, 3))
    recurrent_kernel = layer.get_weights()[1]
    yield f"{kind}/gram", recurrent_kernel @ recurrent_kernel.T


def main() -> None:
    found: dict[str, Any] = {"keras": keras.__version__}
    for size in SIZES:
        for kind in KINDS:
            found.update(row(kind, size))
        found.update(row("lstm", size, unit_forget_bias=False))
    for kind in KINDS:
        found.update(orthogonal(kind))
    np.savez_compressed(Path(__file__).with_name("keras_recurrent.npz"), **found)


if __name__ == "__main__":
    main()
