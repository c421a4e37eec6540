"""What a number may be, and the errors that say so: argument, domain, value, remedy."""

import difflib
import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass

from vscore._typing import Shape


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number: what it means, what it may be, what a control offers.

    Attributes
    ----------
    name : str
        The argument's name, as in Keras where Keras has it.
    symbol : str
        The letter used in formulas; empty where there is none.
    label : str
        A few words for a control.
    help : str
        One or two sentences for a tooltip or `--help`.
    default : float
    low, high : float
        The domain. `low` is excluded where `open_low` is true; an infinite end is always excluded.
    shown : tuple of float
        The range a control offers; within the domain, and where the work stays affordable.
    step : float
        A control's step.
    integer : bool
        Whether only whole numbers are allowed.
    log : bool
        Whether a control should move on a log scale.
    """

    name: str
    label: str
    help: str
    default: float
    low: float
    high: float
    shown: tuple[float, float]
    step: float = 1
    symbol: str = ""
    open_low: bool = False
    integer: bool = True
    log: bool = False

    @property
    def domain(self) -> str:
        """The domain in words, as errors print it: "(0, inf)" or "an integer in [1, 64]"."""
        left = "(" if self.open_low or math.isinf(self.low) else "["
        right = ")" if math.isinf(self.high) else "]"
        interval = f"{left}{self.low:g}, {self.high:g}{right}"
        return f"an integer in {interval}" if self.integer else f"in {interval}"

    def check(self, value: object, argument: str | None = None) -> float:
        """The value, as float or int, if it lies in the domain.

        Parameters
        ----------
        value : object
            What the caller gave. Booleans and strings are refused.
        argument : str, optional
            The name to print in the error, where it differs from the parameter's own.

        Raises
        ------
        ValueError
            Naming the argument, the domain and the value.
        """
        number = self._number(value)
        if number is None or not self._contains(number):
            raise ValueError(f"{argument or self.name} must be {self.domain}; got {shown(value)}")
        return number

    def check_int(self, value: object, argument: str | None = None) -> int:
        """Like `check`, for a whole number."""
        return int(self.check(value, argument))

    def _number(self, value: object) -> float | None:
        if isinstance(value, bool | str | bytes):
            return None
        try:
            return operator.index(value) if self.integer else float(value)  # type: ignore[arg-type]  # tried
        except (TypeError, ValueError, OverflowError):
            return None

    def _contains(self, number: float) -> bool:
        if isinstance(number, float) and not math.isfinite(number):
            return False
        above = number > self.low if self.open_low else number >= self.low
        return above and number <= self.high


def shown(value: object) -> str:
    """A value as an error prints it: its repr, cut at 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_choice(argument: str, value: object, allowed: Iterable[str]) -> str:
    """The value, if it is one of the allowed names.

    Raises
    ------
    ValueError
        Listing what is allowed, and the nearest name where one is near.
    """
    names = tuple(allowed)
    if isinstance(value, str) and value in names:
        return value
    listing = ", ".join(repr(name) for name in names)
    near = difflib.get_close_matches(str(value), names, n=1)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{argument} must be one of {listing}; got {shown(value)}{hint}")


def check_shape(shape: object, argument: str = "shape") -> Shape:
    """The shape as a tuple of ints, each at least 1; () is a scalar.

    Raises
    ------
    ValueError
        If it is no sequence of positive integers.
    """
    try:
        sizes = tuple(operator.index(size) for size in shape)  # type: ignore[attr-defined]  # tried
    except TypeError:
        sizes = (0,)
    if any(size < 1 for size in sizes):
        raise ValueError(
            f"{argument} must be a sequence of integers, each at least 1; got {shown(shape)}"
        )
    return sizes
