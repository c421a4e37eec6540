"""The one formula behind Glorot, He and LeCun: Var[w] = scale / max(1, n)."""

import operator
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import TypeAlias

from vscore._typing import Mode, Shape
from vscore.distributions import DISTRIBUTIONS, Density
from vscore.fans import MODES, Fans, HasFans, compute_fans
from vscore.initializers.base import Initializer, RandomInitializer, check_fields, density_of
from vscore.parameters import check_choice, shown

Axes: TypeAlias = int | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class VarianceScaling(RandomInitializer):
    """Weights of variance scale / max(1, n); a drop-in for `keras.initializers.VarianceScaling`.

    Parameters
    ----------
    scale : float, default 1.0
        The numerator, in (0, inf).
    mode : str, default "fan_in"
        n: fan_in, fan_out, fan_avg = (fan_in + fan_out) / 2, or fan_geo_avg = sqrt(fan_in fan_out).
        The last is JAX's, not Keras'. Case matters, as in Keras.
    distribution : str, default "truncated_normal"
        truncated_normal (N(0, s^2) cut at +-2 s, s chosen so that the variance after the cut is
        right), untruncated_normal or uniform; case does not matter. "normal" is an alias of
        truncated_normal, as in Keras (in JAX it means untruncated).
    seed : int, optional
        In [0, 2**64). Without one, a random seed is settled at the first call.
    input_axes, output_axes : int or tuple of int, optional
        Given both, the fans are the products over these axes (Keras >= 3.15).

    Raises
    ------
    ValueError
        Naming the argument, what is allowed and the value.
    """

    scale: float = 1.0
    mode: Mode = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None
    input_axes: Axes = None
    output_axes: Axes = None
    kind: str = field(default="VarianceScaling", init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self, "scale")
        check_choice("mode", self.mode, MODES)
        law = str(self.distribution).lower()
        law = "truncated_normal" if law == "normal" else law
        check_choice("distribution", law, DISTRIBUTIONS)
        object.__setattr__(self, "distribution", law)
        for name in ("input_axes", "output_axes"):
            object.__setattr__(self, name, _axes(name, getattr(self, name)))

    def fans(self, shape: Shape) -> Fans:
        """The fans of a shape by Keras' rule, with this initializer's axes."""
        return compute_fans(shape, self.input_axes, self.output_axes)

    def variance(self, fans: Fans) -> float:
        """Var[w] = scale / max(1, n)."""
        return self.scale / max(1.0, fans.n(self.mode))

    def density(self, fans: Fans) -> Density:
        """The exact law of one weight, the jumps at its ends included."""
        return density_of(self.distribution, 0.0, sqrt(self.variance(fans)))


def for_kernel(initializer: Initializer, kernel: HasFans) -> Initializer:
    """The initializer with the axes that Keras >= 3.15 gives it for this kernel."""
    if not isinstance(initializer, VarianceScaling):
        return initializer
    return replace(initializer, input_axes=kernel.input_axes, output_axes=kernel.output_axes)


def _axes(argument: str, axes: object) -> tuple[int, ...] | None:
    if axes is None:
        return None
    values = axes if isinstance(axes, list | tuple) else (axes,)
    try:
        found = tuple(operator.index(a) for a in values if not isinstance(a, bool))
    except TypeError:
        found = ()
    if not values or len(found) < len(values):
        raise ValueError(
            f"{argument} must be an axis, a sequence of axes or None; got {shown(axes)}"
        )
    return found
