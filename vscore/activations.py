"""Activations: phi, phi', where they break, and what each framework calls them.

An `Activation` holds only its name and its slope, or the text of a formula, so it compares, hashes,
pickles and keys a cache by value; what it does is looked up in `vscore._activation_table`. A new
activation is one entry there and its two formulas in `vscore._activation_formulas`; a formula that
someone typed is read by `vscore.formulas`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vscore._activation_formulas import Formula
from vscore._activation_table import DEFINITIONS, SLOPED, Definition, definition
from vscore._typing import AnyArray
from vscore.parameters import PARAMETERS, Parameter, check_choice, shown

TYPED = "formula"
"""The kind of an activation that someone typed."""

_KINK = Parameter(
    "kinks", "Kinks", "Where a formula or its slope jumps.", 0, -40, 40, (-40, 40), integer=False
)


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function phi.

    Parameters
    ----------
    kind : str
        A key of `ACTIVATIONS`.
    slope : float, optional
        leaky_relu's slope below 0 (default 0.2, as in Keras' function); None for all others.
    formula : str, optional
        Given by `from_formula`, with kind "formula"; None for all others.
    declared_kinks : tuple of float, optional
        A formula's kinks that its structure does not show; None without any.

    Raises
    ------
    ValueError
        If the kind is unknown, or a slope or a formula is given to a kind that has none.
    FormulaError
        If the formula cannot be used; it points at the character.

    Notes
    -----
    At a kink the derivative is the left one for relu, leaky_relu and elu's family at 0, and 0
    at both ends of a clipped activation, as in Keras, PyTorch and JAX.
    """

    kind: str
    slope: float | None = None
    formula: str | None = None
    declared_kinks: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind != TYPED:
            check_choice("activation", self.kind, DEFINITIONS)
        self._check_formula()
        if self.kind == SLOPED:
            slope = PARAMETERS["slope"].default if self.slope is None else self.slope
            object.__setattr__(self, "slope", PARAMETERS["slope"].check(slope))
        elif self.slope is not None:
            raise ValueError(
                f"slope must be None for {self.kind!r}: only {SLOPED!r} has one; "
                f"got {shown(self.slope)}"
            )

    @classmethod
    def from_formula(cls, formula: str, kinks: Iterable[float] = ()) -> Self:
        """The activation that a formula in x describes, such as "x * sigmoid(1.702 * x)".

        Parameters
        ----------
        formula : str
            Numbers, x, pi, e, + - * / **, brackets and the functions of
            `vscore.formulas.functions.FUNCTIONS`; at most 200 characters. It must be finite, with
            a finite slope off its kinks, for x in [-40, 40].
        kinks : iterable of float
            In [-40, 40]: where phi or phi' jumps, if abs, max, relu and their like do not show it.

        Raises
        ------
        FormulaError
            Pointing at the character.

        Notes
        -----
        Further out than the formula is finite in floating point, and than 2^40, its tangent
        takes its place. `kinks` of the result also has points near which the formula is steep,
        for the quadrature's sake.
        """
        return cls(TYPED, None, formula, tuple(kinks) or None)

    def value(self, z: ArrayLike, out: AnyArray | None = None) -> AnyArray:
        """phi(z), in z's float dtype (integers become float64).

        Parameters
        ----------
        z : array_like of float16, float32 or float64
            Pre-activations.
        out : ndarray, optional
            Where to write the result; may be z itself.

        Returns
        -------
        ndarray
            Same shape as z; `out` where that is given. Finite and without warnings for |z|
            up to 1e30 in float32.
        """
        return _apply(self._definition.value, z, out)

    def derivative(self, z: ArrayLike, out: AnyArray | None = None) -> AnyArray:
        """phi'(z), in z's float dtype; parameters as for `value`."""
        return _apply(self._definition.derivative, z, out)

    @property
    def label(self) -> str:
        """The name for a screen: "ReLU", "leaky ReLU (slope 0.2)"."""
        return self._definition.label

    @property
    def kinks(self) -> tuple[float, ...]:
        """The z at which phi or one of its derivatives jumps, ascending."""
        return self._definition.kinks

    @property
    def slopes_at_infinity(self) -> tuple[float, float]:
        """The limits of phi(z) / z as z -> -inf and as z -> +inf."""
        return self._definition.slopes_at_infinity

    @property
    def slopes_at_zero(self) -> tuple[float, float] | None:
        """The limits of phi(z) / z as z -> 0 from below and above; None where phi(0) != 0."""
        return self._definition.slopes_at_zero

    @property
    def homogeneous(self) -> bool:
        """Whether phi(a z) = a phi(z) for all a > 0: linear, relu, leaky_relu."""
        return self.slopes_at_zero == self.slopes_at_infinity and not self._definition.bent

    @property
    def saturation_points(self) -> tuple[float, float] | None:
        """The z at and outside of which a bounded unit is saturated; None where phi is unbounded.

        Smooth activations: where |phi'| falls to 0.05 of its maximum. Piecewise linear ones:
        the ends of the linear part, so relu6 counts as saturated at z <= 0 too.
        """
        return self._definition.saturation_points

    @property
    def names(self) -> Mapping[str, str]:
        """Source of a function of one array, by framework: keras, torch, jax, numpy.

        Each is an expression, given `import keras`, `import torch`, `import jax`, or
        `import numpy as np` and `import scipy`.
        """
        return MappingProxyType(self._definition.expressions)

    def saturated(self, z: ArrayLike) -> NDArray[np.bool_]:
        """Whether each unit is saturated, as `saturation_points` says; False where that is None."""
        z = _floats(z)
        if self.saturation_points is None:
            return np.zeros(z.shape, bool)
        low, high = self.saturation_points
        return (z <= low) | (z >= high)

    def dead(self, z: ArrayLike) -> NDArray[np.bool_]:
        """Whether both phi(z) and phi'(z) are exactly 0, beyond rounding.

        A unit is dead when this holds for all its inputs; that reduction is the caller's.
        """
        z = _floats(z)
        threshold = self._definition.dead_below
        return np.zeros(z.shape, bool) if threshold is None else z <= threshold

    @property
    def _definition(self) -> Definition:
        if self.formula is not None:
            from vscore.formulas.definition import formula_definition

            return formula_definition(self.formula, self.declared_kinks or ())
        return definition(self.kind, self.slope)

    def _check_formula(self) -> None:
        if self.kind == TYPED:
            kinks = sorted({_KINK.check(kink) + 0.0 for kink in self.declared_kinks or ()})
            object.__setattr__(self, "declared_kinks", tuple(kinks) or None)
            from vscore.formulas.definition import formula_definition  # raises for a bad one

            formula_definition(self.formula, tuple(kinks))
        elif self.formula is not None or self.declared_kinks is not None:
            raise ValueError(
                f"formula and declared_kinks must not be given for {self.kind!r}; "
                f"got {shown(self.formula)} and {shown(self.declared_kinks)}. "
                "Use Activation.from_formula(...)"
            )


def leaky_relu(slope: float) -> Activation:
    """Return leaky ReLU with this slope below 0.

    Keras' function has 0.2, its layer 0.3, PyTorch and JAX 0.01.
    """
    return Activation(SLOPED, slope)


def as_activation(value: object, argument: str = "activation") -> Activation:
    """The activation itself, the one of this name, or the one of this formula.

    Raises
    ------
    ValueError
        Listing the names, if the value is neither an `Activation` nor one of them.
    FormulaError
        If it is text that can be no name, and no formula either.
    """
    if isinstance(value, Activation):
        return value
    if isinstance(value, str) and not value.isidentifier():
        return Activation.from_formula(value)
    return ACTIVATIONS[check_choice(argument, value, ACTIVATIONS)]


def _apply(formula: Formula, z: ArrayLike, out: AnyArray | None) -> AnyArray:
    array = _floats(z)
    if array.ndim:
        return formula(array, out)
    # On 0-d arrays ufuncs return scalars, which the formulas could not write into.
    return formula(array[None], None if out is None else out[None]).reshape(())


def _floats(z: ArrayLike) -> AnyArray:
    array: AnyArray = np.asarray(z)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {kind: Activation(kind) for kind in DEFINITIONS}
)
"""Every activation by name, leaky_relu with its default slope."""
