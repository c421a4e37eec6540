"""How a framework counts a kernel's fans, what that does to its layer, and what to use instead."""

from dataclasses import replace
from math import sqrt

from dashboard.words.numbers import count, figure, title
from vscore.effects import FRAMEWORK_NAMES, KernelEffect, Measured
from vscore.fans import Fans
from vscore.initializers import VarianceScaling

_SAME = 1e-9

Row = tuple[str, str, str, str]


def fan(value: float) -> str:
    """A fan: in full where it is whole, else four digits."""
    return count(int(value)) if value == int(value) else figure(value, 4)


def fans_rows(effect: KernelEffect) -> tuple[Row, Row]:
    """fan_in and fan_out: as the framework has them, as they are, and by how much it is off."""
    ratios = (effect.fan_in_ratio, effect.fan_out_ratio)
    both = zip(("fan_in", "fan_out"), effect.written, effect.effective_written, ratios, strict=True)
    inward, outward = (
        (name, _product(counted), _product(real), times_too(ratio, "many", "few"))
        for name, counted, real, ratio in both
    )
    return inward, outward


def fans_briefly(effect: KernelEffect) -> str:
    """How right the counts are, to be read aloud: fan_in the same, fan_out 4 times too many."""
    return ", ".join(f"{name} {so}" for name, _, _, so in fans_rows(effect))


def times_too(ratio: float, more: str, less: str) -> str:
    """By how much a number is off: "4 times too many", "the same"."""
    if abs(ratio - 1) < _SAME:
        return "the same"
    return f"{figure(max(ratio, 1 / ratio))} times too {more if ratio > 1 else less}"


def fans_verdict(effect: KernelEffect) -> tuple[str, str]:
    """✓, ↓ or ↑ as the weights are as meant, too small or too large, and why in words.

    Of the initializer that the effect is of, in its mode.
    """
    initializer, ratio = effect.initializer, effect.restoring_scale
    if not isinstance(initializer, VarianceScaling):
        return "✓", (
            f"{title(initializer.kind)} has no scale over a fan, so no count of fans matters; "
            f"{_summed(effect.effective)} into an output."
        )
    said = f"{FRAMEWORK_NAMES[effect.convention]} counts {_n(initializer.mode, effect.fans)}"
    real = f"{said}; {_really(initializer.mode, effect.effective)}"
    if abs(ratio - 1) < _SAME:
        return "✓", f"{real}: weights come out as meant."
    what, measured = _intended(effect)
    return "↓" if ratio > 1 else "↑", (
        f"{real}: weights come out {times_too(sqrt(1 / ratio), 'large', 'small')}, the {what} "
        f"{figure(measured.predicted)} where {figure(measured.predicted * ratio)} is meant. "
        f"Use scale {figure(initializer.scale * ratio, 4)} instead of "
        f"{figure(initializer.scale, 4)}."
    )


def restored(effect: KernelEffect) -> VarianceScaling | None:
    """The initializer with the scale that restores what it means; None where nothing is amiss."""
    initializer, ratio = effect.initializer, effect.restoring_scale
    if not isinstance(initializer, VarianceScaling) or abs(ratio - 1) < _SAME:
        return None
    return replace(initializer, scale=initializer.scale * ratio)


def measured_words(measured: Measured | None) -> tuple[str, str]:
    """What is predicted, and what is measured with its standard error."""
    if measured is None:
        return "–", "–"
    found = f"{figure(measured.value, 3)} ± {figure(measured.error, 1)}"
    return figure(measured.predicted, 4), found


def effect_sentence(effect: KernelEffect) -> str:
    """How the numbers were measured."""
    output = effect.output
    taps = (
        " Both are means over positions, where outputs meet different numbers of taps."
        if effect.taps[0] != effect.taps[1] or effect.gradient_taps[0] != effect.gradient_taps[1]
        else ""
    )
    if effect.gradient is None:
        return f"Measured on {count(output.inputs)} rows looked up; integers get no gradient."
    return (
        f"Measured: the kernel drawn and applied, {count(output.inputs)} inputs from N(0, 1) and "
        f"{count(output.units)} outputs of it, and back from N(0, 1) at the outputs; "
        f"± one standard error.{taps}"
    )


def _product(written: str) -> str:
    """3 x 3 x 64 = 576, with a real times sign."""
    return written.replace(" x ", " × ")


def _intended(effect: KernelEffect) -> tuple[str, Measured]:
    """The variance that the mode is about."""
    if effect.mode == "fan_out" and effect.gradient is not None:
        return "gradient's variance", effect.gradient
    return "output's variance", effect.output


def _n(mode: str, fans: Fans) -> str:
    if mode in ("fan_in", "fan_out"):
        return f"{mode} {fan(fans.n(mode))}"  # type: ignore[arg-type]  # one of MODES
    return (
        f"{mode} {fan(fans.n(mode))} "  # type: ignore[arg-type]  # one of MODES
        f"(fan_in {fan(fans.fan_in)}, fan_out {fan(fans.fan_out)})"
    )


def _really(mode: str, real: Fans) -> str:
    match mode:
        case "fan_in":
            return f"{_summed(real)} into an output"
        case "fan_out":
            verb = "reaches" if real.fan_out == 1 else "reach"
            return f"{_products(real.fan_out)} {verb} an input's gradient"
        case _:
            return f"really it is {_n(mode, real)}"


def _summed(real: Fans) -> str:
    return f"{_products(real.fan_in)} {'is' if real.fan_in == 1 else 'are'} summed"


def _products(number: float) -> str:
    return f"{fan(number)} product{'' if number == 1 else 's'}"
