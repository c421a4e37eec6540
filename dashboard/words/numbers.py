"""How numbers read in a sentence."""

import math

_PROPER = {"lecun": "LeCun", "torch": "PyTorch"}
"""Names that begin otherwise than with one capital."""


def figure(value: float, digits: int = 3) -> str:
    """Three significant digits, with a proper minus and power of ten: 0.0505, −1.2·10⁻⁷."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ("∞" if value > 0 else "−∞")
    rounded = f"{value:.{digits}g}"
    if not 1e-4 <= abs(float(rounded)) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{float(mantissa):g}".replace("-", "−") + f"·10{superscript(int(exponent))}"
    in_full = abs(value) >= 1000 or "e" in rounded  # 999.7 rounds to 1e+03
    return (count(round(value)) if in_full else rounded).replace("-", "−")


def power(log10: float) -> str:
    """The number whose log10 this is: in full where it is handy, else as a power of ten."""
    if log10 == -math.inf:
        return "0"
    return figure(10.0**log10) if abs(log10) < 5 else f"10{superscript(round(log10))}"


def count(value: int) -> str:
    """A whole number in groups of three: 200 704."""
    return f"{value:,}".replace(",", "\u202f")


def plural(value: int, noun: str) -> str:
    """1 layer, 20 layers."""
    return f"{count(value)} {noun}{'' if value == 1 else 's'}"


def superscript(value: int) -> str:
    """An exponent: ⁻¹²."""
    return str(value).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def times(sizes: tuple[int, ...]) -> str:
    """A shape: 784 × 256."""
    return " × ".join(map(str, sizes)) or "scalar"


def title(name: str) -> str:
    """he_normal -> He normal; lecun_uniform -> LeCun uniform."""
    first, *rest = name.split("_")
    return " ".join([_PROPER.get(first, first[:1].upper() + first[1:]), *rest])
