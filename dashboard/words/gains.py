"""What an activation does to the variance of its input, and what makes up for it, in words."""

from dashboard.words.numbers import figure
from vscore.activations import Activation
from vscore.formulas import FormulaError
from vscore.meanfield import Gains

_NONE = "–"
_ROUNDING = 1e-15
"""A mean below it is 0."""

Row = tuple[str, str, str]


def gains_rows(found: Gains) -> tuple[Row, ...]:
    """A symbol, its number and what it is for: what the page lists, z ~ N(0, 1)."""
    mean = found.mean if abs(found.mean) > _ROUNDING else 0.0
    return (
        ("E φ(z)", figure(mean, 5), "mean"),
        ("E φ(z)²", figure(found.second_moment, 5), "second moment"),
        ("E φ'(z)²", figure(found.derivative_second_moment, 5), "what a gradient is multiplied by"),
        ("rms gain", _gain(found.rms_gain), "1/√E φ²: keeps the second moment (He)"),
        ("std gain", _gain(found.std_gain), "1/std φ: keeps the variance about the mean"),
        ("backward gain", _gain(found.backward_gain), "1/√E φ'²: keeps the gradient"),
        ("forward scale", _gain(found.forward_scale), "1/E φ², for mode fan_in"),
        ("backward scale", _gain(found.backward_scale), "1/E φ'², for mode fan_out"),
        (
            "PyTorch's gain",
            _NONE if found.torch_gain is None else figure(found.torch_gain, 5),
            "torch.nn.init.calculate_gain",
        ),
    )


def gains_sentence(activation: Activation, found: Gains) -> str:
    """One sentence: how much of N(0, 1) is left behind the activation, and the scales for it."""
    signal, gradient = found.second_moment, found.derivative_second_moment
    left = f"{activation.label} leaves {_percent(signal)} of a unit input's second moment and "
    left += f"{_percent(gradient)} of the gradient's"
    if not found.forward_line:
        return f"{left}: no scale makes up for that."
    scales = f"scale {figure(found.forward_scale, 4)} in mode fan_in keeps the signal"
    if not found.backward_line:
        return f"{left}: {scales}; no scale keeps the gradient."
    if abs(found.forward_scale / found.backward_scale - 1) < 1e-9:
        return f"{left}: {scales}, and in mode fan_out the gradient."
    backward = figure(found.backward_scale, 4)
    return f"{left}: {scales}, scale {backward} in mode fan_out the gradient."


def torch_sentence(activation: Activation, found: Gains) -> str:
    """PyTorch's gain beside He's, and why they differ; that there is none otherwise."""
    if found.torch_gain is None:
        return "PyTorch's calculate_gain knows no such activation."
    name = activation.kind if activation.slope is None else f"{activation.kind}, {activation.slope}"
    return (
        f"PyTorch's calculate_gain({name}) is {figure(found.torch_gain, 5)}, "
        f"the rms gain {figure(found.rms_gain, 5)}. {found.torch_note}"
    )


def marked(error: FormulaError) -> str:
    """The formula with a caret under what is wrong: two lines of plain text."""
    printable = "".join(c if c.isprintable() else "?" for c in error.formula)
    return f"{printable}\n{' ' * error.position}^"


def _gain(value: float) -> str:
    return figure(value, 5)


def _percent(share: float) -> str:
    return f"{figure(100 * share, 4)} %"
