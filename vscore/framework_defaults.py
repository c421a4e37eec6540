"""What Keras, PyTorch and Flax start a layer with when nothing is said, as initializers here.

Frameworks count fans differently, so a scheme of the same name means another variance. Each
default is rewritten so that on the fans that Keras 3.15 counts for the kernel it gives the law and
the variance that the framework itself draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import log, sqrt
from types import MappingProxyType

from vscore._typing import Convention, Mode
from vscore.fans import fans
from vscore.initializers import (
    INITIALIZERS,
    Initializer,
    Orthogonal,
    RandomNormal,
    VarianceScaling,
)
from vscore.layers import Kernel, Layer, SimpleRNN
from vscore.parameters import check_choice


def default_initializer(layer: Layer, kernel: Kernel, framework: str = "keras") -> Initializer:
    """What a framework draws a layer's kernel from, for `VarianceScaling` on Keras' fans.

    Parameters
    ----------
    layer : Layer
    kernel : Kernel
        One of the layer's `kernels`.
    framework : {"keras", "torch", "jax"}
        Keras 3.15, PyTorch 2, Flax 0.12 on JAX.

    Returns
    -------
    Initializer
        Unseeded. Its law and `variance(fans(kernel, "keras"))` are those of the framework's own
        layer. Flax draws each gate's recurrent matrix as an orthogonal one by itself: here all
        gates are one matrix of the same variance, so a gate's block is only nearly orthogonal.

    Raises
    ------
    ValueError
        If the framework is unknown, if the kernel is not the layer's, or if the framework has no
        such tensor.

    Notes
    -----
    Keras: the kernel's `default_initializer`. PyTorch: U(+-1/sqrt(fan_in)) for linear layers and
    convolutions, `kaiming_uniform_(a=sqrt(5))`; U(+-1/sqrt(units)) for recurrent ones; N(0, 1) for
    embeddings; `xavier_uniform_` on attention's stacked matrix (3 d, d). Flax: `lecun_normal`;
    N(0, 1/output_dim) for embeddings; orthogonal recurrent kernels, a gate at a time.

    Examples
    --------
    >>> from vscore import Dense
    >>> layer = Dense(784, 256)
    >>> default_initializer(layer, layer.kernels[0], "torch") == INITIALIZERS["torch_default"]
    True
    """
    rule = _RULES[check_choice("framework", framework, _RULES)]
    if kernel not in layer.kernels:
        names = ", ".join(repr(each.name) for each in layer.kernels)
        raise ValueError(
            f"kernel must be one of the kernels of {layer}, {names}; got {kernel.name!r}"
        )
    return rule(layer, kernel)


def _keras(layer: Layer, kernel: Kernel) -> Initializer:
    return INITIALIZERS[kernel.default_initializer]


def _torch(layer: Layer, kernel: Kernel) -> Initializer:
    if layer.kind == "Embedding":
        return RandomNormal(0.0, 1.0)
    if isinstance(layer, SimpleRNN):
        # Var[w] = 1 / (3 units) for both kernels, and Keras' fan_out is gates * units.
        return VarianceScaling(len(layer.gates) / 3, "fan_out", "uniform")
    if layer.kind == "MultiHeadAttention" and kernel.name != "output_kernel":
        return _on_keras_fans(VarianceScaling(1.0, "fan_avg", "uniform"), kernel, "torch")
    return _on_keras_fans(VarianceScaling(1 / 3, "fan_in", "uniform"), kernel, "torch")


def _jax(layer: Layer, kernel: Kernel) -> Initializer:
    if layer.kind == "Embedding":
        law = VarianceScaling(1.0, "fan_in", "untruncated_normal")  # JAX's "normal"
        return _on_keras_fans(law, kernel, "jax")
    if isinstance(layer, SimpleRNN) and kernel.name == "recurrent_kernel":
        return Orthogonal(sqrt(len(layer.gates)))
    return _on_keras_fans(VarianceScaling(1.0, "fan_in", "truncated_normal"), kernel, "jax")


_RULES: Mapping[str, Callable[[Layer, Kernel], Initializer]] = MappingProxyType(
    {"keras": _keras, "torch": _torch, "jax": _jax}
)

FRAMEWORKS: Mapping[str, str] = MappingProxyType(
    {"keras": "Keras", "torch": "PyTorch", "jax": "JAX (Flax)"}
)
"""Names to show, by the names that `default_initializer` takes."""


def _on_keras_fans(
    theirs: VarianceScaling, kernel: Kernel, convention: Convention
) -> VarianceScaling:
    """The same variance from Keras' fans: in the mode that changes the scale least."""
    keras = fans(kernel, "keras")
    divisor = fans(kernel, convention).n(theirs.mode)
    modes: tuple[Mode, ...] = (theirs.mode, "fan_in", "fan_out")
    ratios = [(keras.n(mode) / divisor, mode) for mode in modes]
    ratio, mode = min(ratios, key=lambda found: abs(log(found[0])))
    return replace(theirs, scale=theirs.scale * ratio, mode=mode)
