"""The worked example: 100 inputs, Dense 64 relu, Dense 10 softmax, from VarianceScaling.

Both layers are linear in their kernel and ReLU in its input, and biases are 0. So the numbers
before the softmax grow as the product of both standard deviations: as the scale itself.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vscore._typing import FloatArray
from vscore.initializers import VarianceScaling
from vscore.layers import Dense

LAYERS = (Dense(100, 64), Dense(64, 10))
"""The example's layers; the first has a ReLU behind it, the second a softmax."""

SCALES = (
    *(float(f"{nice}e{decade}") for decade in range(-2, 2) for nice in (1, 2, 3, 5)),
    100.0,
)
"""What the example's slider offers."""

CODE = """import keras

keras.utils.set_random_seed({seed})


def start():
    # A new one for each layer: a Keras initializer draws the same numbers at every call.
    return keras.initializers.VarianceScaling({scale}, mode="fan_in", distribution="normal")


model = keras.Sequential(
    [
        keras.Input((100,)),
        keras.layers.Dense(64, activation="relu", kernel_initializer=start()),
        keras.layers.Dense(10, activation="softmax", kernel_initializer=start()),
    ]
)
model.summary()
inputs = keras.random.normal((1, 100))
print(model(inputs))
"""
"""The same in Keras 3."""


@dataclass(frozen=True, slots=True, eq=False)
class Worked:
    """What the example comes to.

    Attributes
    ----------
    scale : float
    seed : int
    starts : tuple of VarianceScaling
        Each layer's, seeded.
    logits : ndarray, shape (10,)
        Before the softmax.
    """

    scale: float
    seed: int
    starts: tuple[VarianceScaling, ...]
    logits: FloatArray

    @property
    def shares(self) -> FloatArray:
        """The softmax, shape (10,): they sum to 1."""
        return softmax(self.logits)

    @property
    def entropy(self) -> float:
        """In nats: log 10 where all classes have the same share."""
        return float(entropy(self.shares))

    def entropy_at(self, scale: float) -> float:
        """The entropy that another scale gives with the same random numbers."""
        return float(entropy(softmax(self.logits * (scale / self.scale))))

    @property
    def code(self) -> str:
        """The program in Keras."""
        return CODE.format(seed=self.seed, scale=self.scale)


def parameters() -> tuple[int, ...]:
    """Weights and biases of each layer."""
    return tuple((layer.input_dim + 1) * layer.units for layer in LAYERS)


@lru_cache(256)
def work(scale: float, seed: int) -> Worked:
    """Draw both kernels and send one input from N(0, 1) through them.

    Parameters
    ----------
    scale : float
        In (0, inf).
    seed : int
        The same random numbers at any scale.
    """
    streams = np.random.SeedSequence(seed).spawn(len(LAYERS) + 1)
    starts = tuple(
        VarianceScaling(scale, "fan_in", "normal", seed=int(stream.generate_state(1, np.uint64)[0]))
        for stream in streams[:-1]
    )
    signal = np.random.default_rng(streams[-1]).standard_normal(LAYERS[0].input_dim)
    first, second = (
        start(layer.kernels[0].shape).astype(np.float64)
        for start, layer in zip(starts, LAYERS, strict=True)
    )
    return Worked(scale, seed, starts, np.maximum(signal @ first, 0) @ second)


def softmax(logits: FloatArray) -> FloatArray:
    """exp z over its sum; the largest is taken away first, so that nothing overflows."""
    powers = np.exp(logits - logits.max())
    shares: FloatArray = powers / powers.sum()
    return shares


def entropy(shares: FloatArray) -> FloatArray:
    """-sum p log p in nats, where 0 log 0 is 0."""
    positive = np.maximum(shares, np.finfo(np.float64).tiny)
    total: FloatArray = -(shares * np.log(positive)).sum()
    return total
