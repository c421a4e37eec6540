"""The laws that a tensor may have been drawn from: every framework's, with this tensor's fans."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vscore._typing import Shape
from vscore.audit.roles import Role
from vscore.distributions import DISTRIBUTIONS, TRUNCATED_STD, Density
from vscore.fans import Fans
from vscore.initializers import CUSTOM_OBJECTS, INITIALIZERS, VarianceScaling

_NAMED = tuple(
    name
    for name, each in INITIALIZERS.items()
    if isinstance(each, VarianceScaling) and not name.startswith(("xavier", "kaiming"))
)
"""Each law once: the xavier_ and kaiming_ names are Glorot's and He's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An initializer's name, and one weight's exact law; its std is 0 for a constant."""

    name: str
    density: Density


def candidates(role: Role, shape: Shape) -> tuple[Candidate, ...]:
    """What the tensor is compared with; first what its own file or its framework says."""
    own = list(_configured(role))
    listed = [each for each in _usual(role, shape) if each.density not in [o.density for o in own]]
    first = {name: place for place, name in enumerate(expected(role))}
    return tuple(sorted([*own, *listed], key=lambda each: first.get(each.name, len(first))))


def _usual(role: Role, shape: Shape) -> Iterator[Candidate]:
    if role.hidden:
        yield _uniform("torch_recurrent", 1 / math.sqrt(role.hidden))
    if role.fans is not None:
        yield from _scaled(role, shape)
    if len(shape) >= 2:
        yield from _fixed()


def expected(role: Role) -> tuple[str, ...]:
    """Names of what the tensor was started with: as its own file says, else by default."""
    said = role.config.get(f"{role.part}_initializer")
    kind = said.get("class_name") if isinstance(said, dict) else None
    if role.layer == "LSTM" and role.part == "bias" and kind == "Zeros":
        return role.defaults  # unit_forget_bias is a switch of its own
    if kind in _KERAS_NAMES:
        return (_KERAS_NAMES[str(kind)],)
    return tuple(each.name for each in _configured(role)) or role.defaults


def _law(name: str, law: str, std: float, mean: float = 0.0) -> Candidate:
    return Candidate(name, Density(DISTRIBUTIONS[law], mean, std))


def _uniform(name: str, limit: float) -> Candidate:
    return _law(name, "uniform", limit / math.sqrt(3))


def _scaled(role: Role, shape: Shape) -> Iterator[Candidate]:
    """What divides by a fan."""
    fans = role.fans
    assert fans is not None
    if len(shape) < 2:  # PyTorch's bias, drawn with its weight's fan_in
        yield _uniform("torch_default", 1 / math.sqrt(fans.fan_in))
        return
    yield from _schemes(fans, "")
    yield _law("xavier_normal_ (PyTorch)", "untruncated_normal", math.sqrt(1 / fans.fan_avg))
    yield _law("kaiming_normal_ (PyTorch)", "untruncated_normal", math.sqrt(2 / fans.fan_in))
    out = math.sqrt(2 / fans.fan_out)
    yield _law("kaiming_normal_ fan_out (PyTorch)", "untruncated_normal", out)
    yield _uniform("kaiming_uniform_ fan_out (PyTorch)", math.sqrt(3) * out)
    yield _law("flax_embedding", "untruncated_normal", math.sqrt(1 / shape[-1]))
    if role.older_fans is not None and role.older_fans != fans:
        yield from _schemes(role.older_fans, " (Keras < 3.15)")


def _schemes(fans: Fans, suffix: str) -> Iterator[Candidate]:
    for name in _NAMED:
        yield Candidate(f"{name}{suffix}", INITIALIZERS[name].density(fans))


def _fixed() -> Iterator[Candidate]:
    """What looks at no fan."""
    yield _law("torch_embedding", "untruncated_normal", 1.0)
    yield _law("random_normal", "untruncated_normal", 0.05)
    yield _law("normal 0.02", "untruncated_normal", 0.02)  # GPT-2, BERT in PyTorch
    yield _law("truncated_normal", "truncated_normal", 0.05 * TRUNCATED_STD)
    yield _law("truncated_normal 0.02", "truncated_normal", 0.02 * TRUNCATED_STD)  # BERT, ViT
    yield _uniform("random_uniform", 0.05)


_KERAS_NAMES = {
    "GlorotUniform": "glorot_uniform",
    "GlorotNormal": "glorot_normal",
    "HeUniform": "he_uniform",
    "HeNormal": "he_normal",
    "LecunUniform": "lecun_uniform",
    "LecunNormal": "lecun_normal",
    "Orthogonal": "orthogonal",
    "Ones": "ones",
    "Zeros": "zeros",
}


def _configured(role: Role) -> Iterator[Candidate]:
    """The initializer in the layer's own configuration, if it has fields of its own."""
    said = role.config.get(f"{role.part}_initializer")
    if not isinstance(said, dict):
        return
    kind, config = said.get("class_name"), said.get("config")
    if kind in ("RandomNormal", "RandomUniform", "TruncatedNormal", "Constant", "VarianceScaling"):
        yield from _built(str(kind), config if isinstance(config, dict) else {}, role.fans)


def _built(kind: str, config: dict[str, Any], fans: Fans | None) -> Iterator[Candidate]:
    """An initializer of ours with Keras' own fields; none where a field is wrong."""
    fields = {k: v for k, v in config.items() if k not in ("seed", "input_axes", "output_axes")}
    try:
        initializer = CUSTOM_OBJECTS[kind](**fields)
        density = initializer.density(fans or Fans(1, 1))
    except (TypeError, ValueError):
        return
    shown = ", ".join(f"{k}={v}" for k, v in fields.items())
    yield Candidate(f"{kind}({shown})", density)
