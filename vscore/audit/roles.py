"""What a tensor is, guessed from its name, its shape and its neighbours; or known from Keras."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from vscore._typing import Shape
from vscore.audit.stored import Contents, Stored
from vscore.fans import Fans, compute_fans


@dataclass(frozen=True, slots=True)
class Role:
    """What a tensor is for.

    Attributes
    ----------
    layer : str
        Such as "Dense", "LSTM", "Conv2d"; "?" where nothing tells.
    part : str
        Such as "kernel", "recurrent_kernel", "bias".
    layout : str
        "in, out" or "out, in": which way round; empty for vectors.
    fans : Fans or None
    defaults : tuple of str
        Names of what frameworks start it with, the likeliest first.
    hidden : int
        A recurrent layer's units; 0 elsewhere.
    older_fans : Fans or None
        Keras' before 3.15, where they differ.
    config : mapping
        A Keras layer's own, where the file has it.
    """

    layer: str
    part: str
    layout: str = ""
    fans: Fans | None = None
    defaults: tuple[str, ...] = ()
    hidden: int = 0
    older_fans: Fans | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


KERAS, TORCH = "in, out", "out, in"

_RNN_GATES = {1: "RNN", 3: "GRU", 4: "LSTM"}
_EMBEDDING = re.compile(r"emb|wte|wpe|lookup", re.IGNORECASE)
_TORCH_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(_l\d+)?(_reverse)?")
_NUMBERED = re.compile(r"_\d+$")


def roles_of(contents: Contents) -> dict[str, Role]:
    """Each tensor's role, by its name."""
    shapes = {tensor.name: tensor.shape for tensor in contents.tensors}
    if contents.format in ("keras", "hdf5"):
        return {tensor.name: _keras(tensor, contents, shapes) for tensor in contents.tensors}
    return {name: _named(name, shape, shapes) for name, shape in shapes.items()}


# Names, as PyTorch's state_dict and Flax's and Keras' variables have them ------------------------


def _named(name: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
    prefix, last = _split(name)
    found = _TORCH_RECURRENT.fullmatch(last)
    if found is not None:
        return _torch_recurrent(found, prefix, shape, shapes)
    if last in _TORCH_PARTS:
        return _TORCH_PARTS[last](prefix, shape, shapes)
    part = last.removesuffix(":0")
    if part in _VARIABLES:
        return _variable(part, shape)
    if len(shape) < 2:
        return Role("?", last)
    return Role("?", last, KERAS, _fans(shape))


def _split(name: str) -> tuple[str, str]:
    """What stands before the last dot or slash, with it, and what after."""
    place = max(name.rfind("."), name.rfind("/")) + 1
    return name[:place], name[place:]


def _torch_fans(shape: Shape) -> Fans | None:
    """torch.nn.init._calculate_fan_in_and_fan_out."""
    if len(shape) < 2 or 0 in shape:
        return None
    window = math.prod(shape[2:])
    return Fans(shape[1] * window, shape[0] * window)


def _torch_recurrent(
    found: re.Match[str], prefix: str, shape: Shape, shapes: Mapping[str, Shape]
) -> Role:
    kind, source, layer, reverse = (each or "" for each in found.groups())
    beside = shapes.get(f"{prefix}weight_hh{layer}{reverse}", shape)
    hidden = beside[1] if len(beside) == 2 else 0
    gates = beside[0] // hidden if hidden else 0
    # With a projection weight_hh has its size, and all start from the units': a quarter of rows.
    if f"{prefix}weight_hr{layer}{reverse}" in shapes:
        hidden, gates = beside[0] // 4, 4
    part = f"{kind}_{source}"
    fans = _torch_fans(shape)
    name = _RNN_GATES.get(gates, "RNN")
    return Role(name, part, TORCH if fans else "", fans, ("torch_recurrent",), hidden)


def _torch_weight(prefix: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
    fans = _torch_fans(shape)
    if fans is None:
        return Role("normalization", "weight", defaults=("ones",))
    if len(shape) == 2 and _EMBEDDING.search(prefix):
        return Role("Embedding", "weight", TORCH, fans, ("torch_embedding",))
    layer = "Linear" if len(shape) == 2 else f"Conv{len(shape) - 2}d"
    return Role(layer, "weight", TORCH, fans, ("torch_default",))


def _torch_bias(prefix: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
    """Drawn with its weight's fan_in; 0 in normalizations and behind attention."""
    weight = shapes.get(f"{prefix}weight")
    parent = prefix[: -len("out_proj.")] if prefix.endswith("out_proj.") else None
    if parent is not None and f"{parent}in_proj_weight" in shapes:
        return Role("MultiheadAttention", "bias", defaults=("zeros",))
    if weight is not None and (fans := _torch_fans(weight)) is not None:
        layer = "Linear" if len(weight) == 2 else f"Conv{len(weight) - 2}d"
        return Role(layer, "bias", "", fans, ("torch_default",))
    if weight is None and f"{prefix}kernel" in shapes:
        return Role("Dense", "bias", defaults=("zeros",))
    return Role("normalization", "bias", defaults=("zeros",))


def _torch_in_projection(prefix: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
    fans = _torch_fans(shape)
    return Role("MultiheadAttention", "in_proj", TORCH, fans, ("glorot_uniform",))


def _torch_zeros(prefix: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
    return Role("MultiheadAttention", "bias", defaults=("zeros",))


_Rule: TypeAlias = Callable[[str, Shape, Mapping[str, Shape]], Role]


def _statistic(value: str) -> _Rule:
    def role(prefix: str, shape: Shape, shapes: Mapping[str, Shape]) -> Role:
        return Role("normalization", "running statistic", defaults=(value,))

    return role


_TORCH_PARTS: Mapping[str, _Rule] = MappingProxyType(
    {
        "weight": _torch_weight,
        "bias": _torch_bias,
        "in_proj_weight": _torch_in_projection,
        "q_proj_weight": _torch_in_projection,
        "k_proj_weight": _torch_in_projection,
        "v_proj_weight": _torch_in_projection,
        "in_proj_bias": _torch_zeros,
        "running_mean": _statistic("zeros"),
        "running_var": _statistic("ones"),
    }
)
"""PyTorch's parameters by the last part of their names."""

_VARIABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kernel": ("glorot_uniform", "lecun_normal"),
        "depthwise_kernel": ("glorot_uniform",),
        "pointwise_kernel": ("glorot_uniform",),
        "recurrent_kernel": ("orthogonal",),
        "embeddings": ("random_uniform",),
        "embedding": ("flax_embedding", "random_uniform"),
        "bias": ("zeros",),
        "beta": ("zeros",),
        "gamma": ("ones",),
        "scale": ("ones",),
        "moving_mean": ("zeros",),
        "moving_variance": ("ones",),
        "mean": ("zeros",),
        "var": ("ones",),
    }
)
"""Keras' and Flax's variables, and what they start from."""


def _variable(part: str, shape: Shape) -> Role:
    defaults = _VARIABLES[part]
    if len(shape) < 2:
        layer = "Dense" if part == "bias" else "normalization"
        return Role(layer if part != "kernel" else "?", part, defaults=defaults)
    layer = "Embedding" if part.startswith("emb") else _by_rank(len(shape))
    return Role(layer, part, KERAS, _fans(shape), defaults)


def _by_rank(rank: int) -> str:
    return "Dense" if rank == 2 else f"Conv{rank - 2}D"


def _fans(shape: Shape) -> Fans | None:
    return None if 0 in shape else compute_fans(shape)


# Keras' files: variables have numbers, the groups around them the layers' names ------------------

_KERNEL = ("kernel", "bias")
_CELL = ("kernel", "recurrent_kernel", "bias")
_NORMALIZATION = ("gamma", "beta", "moving_mean", "moving_variance")
_ORDER: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "dense": ("Dense", _KERNEL),
        "conv1d": ("Conv1D", _KERNEL),
        "conv2d": ("Conv2D", _KERNEL),
        "conv3d": ("Conv3D", _KERNEL),
        "conv1d_transpose": ("Conv1DTranspose", _KERNEL),
        "conv2d_transpose": ("Conv2DTranspose", _KERNEL),
        "conv3d_transpose": ("Conv3DTranspose", _KERNEL),
        "depthwise_conv1d": ("DepthwiseConv1D", _KERNEL),
        "depthwise_conv2d": ("DepthwiseConv2D", _KERNEL),
        "separable_conv1d": ("SeparableConv1D", ("depthwise_kernel", "pointwise_kernel", "bias")),
        "separable_conv2d": ("SeparableConv2D", ("depthwise_kernel", "pointwise_kernel", "bias")),
        "embedding": ("Embedding", ("embeddings",)),
        "einsum_dense": ("EinsumDense", _KERNEL),
        "query_dense": ("MultiHeadAttention", _KERNEL),
        "key_dense": ("MultiHeadAttention", _KERNEL),
        "value_dense": ("MultiHeadAttention", _KERNEL),
        "output_dense": ("MultiHeadAttention", _KERNEL),
        "cell": ("RNN", _CELL),
        "batch_normalization": ("BatchNormalization", _NORMALIZATION),
        "layer_normalization": ("LayerNormalization", _NORMALIZATION),
        "group_normalization": ("GroupNormalization", _NORMALIZATION),
        "unit_normalization": ("UnitNormalization", _NORMALIZATION),
    }
)
"""Keras' class and the order of its variables, by the group that it saves them in."""

_RECURRENT = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}


def _keras(tensor: Stored, contents: Contents, shapes: Mapping[str, Shape]) -> Role:
    groups = tensor.name.split("/")
    if len(groups) < 3 or groups[-2] != "vars" or not groups[-1].isdigit():
        return _named(tensor.name, tensor.shape, shapes)  # Keras 2: layer/layer/kernel:0
    base, place = _NUMBERED.sub("", groups[-3]), int(groups[-1])
    layer, parts = _ORDER.get(base, ("?", ()))
    part = parts[place] if place < len(parts) else groups[-1]
    if base == "cell":
        layer = _cell_kind("/".join(groups[:-1]), shapes)
    group = "/".join(groups[:-2])
    kind, config = _configured(contents, contents.owners.get(group, ()))
    role = _keras_part(layer if layer != "?" else kind, part, base, tensor.shape)
    return replace(role, config=config)


def _cell_kind(group: str, shapes: Mapping[str, Shape]) -> str:
    recurrent = shapes.get(f"{group}/1", ())
    gates = recurrent[1] // recurrent[0] if len(recurrent) == 2 and recurrent[0] else 0
    return _RECURRENT.get(gates, "RNN")


def _configured(contents: Contents, owners: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """The class and configuration of the innermost layer that config.json knows."""
    for owner in owners:
        plain = re.sub(r"^(forward|backward)_", "", owner)
        for name in (owner, plain):
            if name in contents.layers:
                return contents.layers[name]
    return "?", MappingProxyType({})


def _keras_part(layer: str, part: str, base: str, shape: Shape) -> Role:
    defaults = _VARIABLES.get(part, ())[:1]
    if part == "bias" and layer == "LSTM":
        defaults = ("unit_forget_bias", "zeros")
    if len(shape) < 2 or part == "bias":  # a GRU's bias is (2, 3u), attention's (heads, size)
        return Role(layer, part, defaults=defaults)
    fans = _fans(shape)
    if base in ("query_dense", "key_dense", "value_dense", "output_dense") and fans is not None:
        inner, outer = ((0, 1), (2,)) if base == "output_dense" else ((0,), (1, 2))
        newer = compute_fans(shape, inner, outer) if len(shape) == 3 else fans
        return Role(layer, part, KERAS, newer, defaults, older_fans=fans)
    return Role(layer, part, KERAS, fans, defaults)
