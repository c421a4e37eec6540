"""What a draw of weights looks like, in words and as a formula."""

from collections.abc import Sequence
from math import sqrt

from dashboard.words.numbers import count, figure, plural, times
from dashboard.words.redraws import redrawn_weights_sentence
from vscore.distributions import DISTRIBUTIONS
from vscore.fitting import weights_to_tell
from vscore.initializers import Initializer, RandomInitializer, VarianceScaling
from vscore.sampling import WeightSample

_UNUSUAL = 0.01
_IMPOSSIBLE = 1e-6


def weights_sentence(sample: WeightSample, redraws: Sequence[WeightSample] = ()) -> str:
    """Under the histogram: how many, what std was meant, what came, and in redraws."""
    drawn = f"{plural(sample.count, 'weight')} of shape {times(sample.shape)}"
    if sample.density.std == 0:
        return f"{drawn}, every one {figure(sample.density.mean)}."
    return (
        f"{drawn}: standard deviation {figure(sample.std, 4)} drawn "
        f"(± {figure(sample.std_error, 1)} by chance), {figure(sample.density.std, 4)} meant. "
        f"{fit_words(sample)} {redrawn_weights_sentence(redraws)}"
    ).strip()


def layer_numbers(sample: WeightSample) -> tuple[tuple[str, str, str], ...]:
    """Fans and standard deviations of a draw: a label, the number, what it means."""
    initializer, n = sample.initializer, "–"
    if isinstance(initializer, VarianceScaling):
        n = figure(sample.fans.n(initializer.mode), 4)
    drawn = f"{figure(sample.std, 4)} ± {figure(sample.std_error, 1)}"
    chance = "Of these weights, and the standard error that chance gives it."
    return (
        ("fan_in", count(round(sample.fans.fan_in)), "Products summed into one output."),
        ("fan_out", count(round(sample.fans.fan_out)), "Outputs that one input reaches."),
        ("n", n, "What the variance is divided by."),
        ("std meant", figure(sample.density.std, 4), "Of the exact density, after any cut."),
        ("std drawn", drawn, chance),
    )


def fit_words(sample: WeightSample) -> str:
    """What the tests of fit say, and whether they had enough weights to say it."""
    if sample.fit is None:
        return _no_fit(sample)
    p = sample.fit.p
    if p <= _IMPOSSIBLE:
        return f"The weights do not follow this law (p = {figure(p, 1)})."
    verdict = f"Consistent with the exact density (p = {figure(p, 2)})."
    if p <= _UNUSUAL:
        verdict = f"An unusual draw: one in {count(round(1 / p))} is as far from the density."
    return f"{verdict} {_power(sample)}".strip()


def _power(sample: WeightSample) -> str:
    """Whether another law of the same variance could be told from this one."""
    law = sample.density.distribution.kind
    nearest, needed = weights_to_tell(law)
    if sample.count >= 3 * needed:
        return ""
    return (
        f"You would need about {count(round(needed, -2))} weights to tell it from "
        f"{_article(DISTRIBUTIONS[nearest].label.lower())}."
    )


def _no_fit(sample: WeightSample) -> str:
    if not sample.initializer.independent:
        return "The entries of an orthogonal matrix depend on each other, so no test applies."
    return "Too few weights to test."


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def formula(initializer: Initializer, sample: WeightSample) -> str:
    """LaTeX: the initializer's variance with this layer's numbers in it."""
    std = sample.density.std
    if isinstance(initializer, VarianceScaling):
        return _scaling_formula(initializer, sample)
    match initializer.kind:
        case "TruncatedNormal":
            parent = std / 0.87962566103423978
            return rf"\operatorname{{std}}[w] = 0.8796 \times {_tex(parent)} = {_tex(std)}"
        case "RandomUniform":
            low, high = sample.density.support
            return (
                r"\operatorname{std}[w] = \frac{b - a}{\sqrt{12}} = "
                rf"\frac{{{_tex(high - low)}}}{{\sqrt{{12}}}} = {_tex(std)}"
            )
        case "Orthogonal":
            size = int(max(sample.fans.fan_in, sample.fans.fan_out))
            return (
                r"\operatorname{std}[w] = \frac{g}{\sqrt{\max(\text{rows}, \text{columns})}} = "
                rf"\frac{{{_tex(std * sqrt(size))}}}{{\sqrt{{{size}}}}} = {_tex(std)}"
            )
        case _:
            return rf"\operatorname{{std}}[w] = {_tex(std)}"


def _scaling_formula(initializer: VarianceScaling, sample: WeightSample) -> str:
    n = sample.fans.n(initializer.mode)
    fan_in, fan_out = _tex(sample.fans.fan_in), _tex(sample.fans.fan_out)
    average = {
        "fan_avg": rf" = \tfrac{{{fan_in} + {fan_out}}}{{2}}",
        "fan_geo_avg": rf" = \sqrt{{{fan_in} \times {fan_out}}}",
    }.get(initializer.mode, "")
    name = initializer.mode.replace("_", r"\_")
    scale = _tex(initializer.scale)
    return (
        rf"n = \text{{{name}}}{average} = {_tex(n)}, \quad "
        rf"\operatorname{{Var}}[w] = \frac{{s}}{{n}} = \frac{{{scale}}}{{{_tex(n)}}} = "
        rf"{_tex(sample.density.std**2)}, \quad "
        rf"\operatorname{{std}}[w] = {_tex(sample.density.std)}"
    )


def _tex(value: float) -> str:
    """A number in LaTeX, four digits, powers of ten written out."""
    text = f"{value:.4g}" if value < 1e5 else f"{value:.6g}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def law_name(initializer: Initializer) -> str:
    """The law in two words: "truncated normal", and what Keras' "normal" means."""
    if isinstance(initializer, VarianceScaling):
        return DISTRIBUTIONS[initializer.distribution].label
    return initializer.kind if isinstance(initializer, RandomInitializer) else "Constant"
