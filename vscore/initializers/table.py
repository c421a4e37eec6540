"""The well-known schemes by name, and the classes by the names that saved models hold."""

from collections.abc import Mapping
from types import MappingProxyType

from vscore._typing import Mode
from vscore.initializers.base import Initializer
from vscore.initializers.constant import Constant, Zeros
from vscore.initializers.laws import RandomNormal, RandomUniform, TruncatedNormal
from vscore.initializers.orthogonal import Orthogonal
from vscore.initializers.variance_scaling import VarianceScaling
from vscore.parameters import check_choice


def _schemes() -> dict[str, Initializer]:
    """Glorot, He and LeCun by law, under each of their names."""
    rules: tuple[tuple[tuple[str, ...], float, Mode], ...] = (
        (("glorot", "xavier"), 1.0, "fan_avg"),
        (("he", "kaiming"), 2.0, "fan_in"),
        (("lecun",), 1.0, "fan_in"),
    )
    laws = (("normal", "truncated_normal"), ("uniform", "uniform"))
    return {
        f"{name}_{suffix}": VarianceScaling(scale, mode, law)
        for names, scale, mode in rules
        for name in names
        for suffix, law in laws
    }


INITIALIZERS: Mapping[str, Initializer] = MappingProxyType(
    {
        **_schemes(),
        # kaiming_uniform_(a=sqrt(5)): U(+-1/sqrt(fan_in)), variance 1 / (3 fan_in).
        "torch_default": VarianceScaling(1 / 3, "fan_in", "uniform"),
        "random_normal": RandomNormal(),
        "truncated_normal": TruncatedNormal(),
        "random_uniform": RandomUniform(),
        "orthogonal": Orthogonal(),
        "zeros": Zeros(),
    }
)
"""Initializers by name, unseeded. Keras' laws under each name: the xavier_ and kaiming_ normals
are truncated here, where PyTorch's are not."""

CUSTOM_OBJECTS: Mapping[str, type[Initializer]] = MappingProxyType(
    {
        cls.__name__: cls
        for cls in (
            VarianceScaling,
            RandomNormal,
            TruncatedNormal,
            RandomUniform,
            Orthogonal,
            Constant,
            Zeros,
        )
    }
)
"""For `keras.models.load_model(path, custom_objects=dict(CUSTOM_OBJECTS))`."""


def as_initializer(value: object, argument: str = "initializer") -> Initializer:
    """The initializer itself, or the one of that name.

    Raises
    ------
    ValueError
        If it is neither; the error lists the names.
    """
    if isinstance(value, Initializer):
        return value
    return INITIALIZERS[check_choice(argument, value, INITIALIZERS)]
