"""Sentences: written out by hand for a few results, their numbers worked out elsewhere."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.words.numbers import count, figure, plural, power, superscript, times, title
from dashboard.words.plain import escaped
from dashboard.words.shares import shares_sentence
from dashboard.words.signal import (
    advice,
    chance,
    formats,
    happening,
    headline,
    icon,
    signal_sentence,
)
from dashboard.words.weights import fit_words, formula, law_name, weights_sentence
from vscore.fitting import Fit
from vscore.initializers import (
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.meanfield import predict
from vscore.networks import mlp, recurrent
from vscore.propagation import Propagation, simulate
from vscore.sampling import sample
from vscore.verdicts import Flow, FormatRange, Luck, Suggestion, Verdict, verdict

SPACE = "\u202f"
"""Between groups of three digits: narrow, and no line breaks there."""


# Numbers


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.050507627, 3, "0.0505"),
        (0.050507627, 4, "0.05051"),
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (2.0, 3, "2"),
        (-1.5, 3, "−1.5"),
        (0.0001, 3, "0.0001"),
        (7.4e-05, 1, "7·10⁻⁵"),
        (-1.234e-07, 2, "−1.2·10⁻⁷"),
        (9.9996e-05, 3, "0.0001"),
        (9.9996e-06, 3, "1·10⁻⁵"),
        (999.4, 3, "999"),
        (999.7, 3, f"1{SPACE}000"),
        (-999.7, 3, f"−1{SPACE}000"),
        (12.3, 1, "12"),
        (3967.6, 3, f"3{SPACE}968"),
        (-3967.6, 3, f"−3{SPACE}968"),
        (234567.0, 3, f"234{SPACE}567"),
        (2.5e6, 3, "2.5·10⁶"),
        (1e300, 3, "1·10³⁰⁰"),
        (math.inf, 3, "∞"),
        (-math.inf, 3, "−∞"),
    ],
)
def test_figure(value: float, digits: int, text: str) -> None:
    assert figure(value, digits) == text


def read(text: str) -> float:
    """The number that a reader takes from a text."""
    plain = text.replace("−", "-").replace(SPACE, "")
    mantissa, _, exponent = plain.partition("·10")
    digits = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(mantissa) * 10.0 ** int(digits or "0")


@given(st.floats(-1e200, 1e200).filter(lambda x: abs(x) > 1e-200), st.integers(1, 5))
def test_figure_is_right_to_its_digits(value: float, digits: int) -> None:
    assert read(figure(value, digits)) == pytest.approx(value, rel=0.5001 * 10.0 ** (1 - digits))


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (-math.inf, "0"),
        (0.0, "1"),
        (math.log10(0.744), "0.744"),
        (math.log10(1650.2), f"1{SPACE}650"),
        (4.99, f"97{SPACE}724"),
        (6.2, "10⁶"),
        (-19.4, "10⁻¹⁹"),
        (376.1, "10³⁷⁶"),
    ],
)
def test_power(log10: float, text: str) -> None:
    assert power(log10) == text


def test_small_words() -> None:
    assert count(200704) == f"200{SPACE}704"
    assert plural(1, "layer") == "1 layer"
    assert plural(1000, "network") == f"1{SPACE}000 networks"
    assert superscript(-12) == "⁻¹²"
    assert times((3, 3, 64, 128)) == "3 × 3 × 64 × 128"
    assert times(()) == "scalar"
    assert title("he_normal") == "He normal"
    assert title("LSTM") == "LSTM"


# Weights


def test_weights_sentence() -> None:
    drawn = sample(VarianceScaling(2.0, seed=0), (784, 256), bins=70)
    weights = VarianceScaling(2.0, seed=0)((784, 256)).astype(np.float64)
    meant = math.sqrt(2 / 784)
    # The standard error of a std from n weights of kurtosis 2.3655367.
    error = meant * math.sqrt((2.3655367 - 1) / 200704) / 2
    assert f"{weights.std():.4g} {error:.0e} {meant:.4g}" == "0.05047 7e-05 0.05051"
    assert weights_sentence(drawn).startswith(
        f"200{SPACE}704 weights of shape 784 × 256: standard deviation 0.05047 drawn "
        "(± 7·10⁻⁵ by chance), 0.05051 meant. Consistent with the exact density (p = "
    )


def test_p_value_is_the_smaller_of_two_doubled() -> None:
    drawn = sample(VarianceScaling(2.0, seed=2), (300, 120), bins=70)
    parent = math.sqrt(2 / 300) / 0.87962566103423978
    weights = VarianceScaling(2.0, seed=2)((300, 120)).astype(np.float64).ravel()
    ks = stats.kstest(weights, stats.truncnorm(-2, 2, scale=parent).cdf).pvalue
    (text,) = re.findall(r"\(p = (.+)\)", fit_words(drawn))
    assert read(text) <= min(1, 2 * ks) * 1.05


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.25, "Consistent with the exact density (p = 0.5)."),
        (0.004, "An unusual draw: one in 125 is as far from the density."),
        (4e-8, "The weights do not follow this law (p = 8·10⁻⁸)."),
    ],
)
def test_fit_words(p: float, words: str) -> None:
    drawn = sample(VarianceScaling(2.0, seed=0), (300, 120))
    assert fit_words(replace(drawn, fit=Fit(0.01, p, 50.0, 40, 0.9))) == words


@pytest.mark.parametrize(
    ("law", "words"),
    [
        # Critical values at 5 %: 1.3581 / sqrt(n) equals 0.016665 at 6641, 0.043015 near 997.
        ("truncated_normal", f"about 6{SPACE}600 weights to tell it from a normal."),
        ("untruncated_normal", f"about 6{SPACE}600 weights to tell it from a truncated normal."),
        ("uniform", f"about 1{SPACE}000 weights to tell it from a truncated normal."),
    ],
)
def test_small_draws_say_what_they_cannot_tell(law: str, words: str) -> None:
    sentence = weights_sentence(sample(VarianceScaling(2.0, "fan_in", law, seed=0), (10, 10)))
    assert sentence.endswith(f"You would need {words}")


def test_uniform_is_nearest_to_the_cut_normal() -> None:
    """The 1 000 above: sup-distance of the two cdfs at variance 1, from scipy."""
    x = np.linspace(-2.3, 2.3, 100_001)
    uniform = stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)).cdf(x)
    cut = stats.truncnorm(-2, 2, scale=1 / 0.87962566103423978).cdf(x)
    distance = np.abs(uniform - cut).max()
    assert round((1.3581 / distance) ** 2, -2) == 1000


def test_where_no_test_applies() -> None:
    assert weights_sentence(sample(Zeros(), (3, 4))) == ("12 weights of shape 3 × 4, every one 0.")
    assert weights_sentence(sample(Constant(-0.25), (3, 4))) == (
        "12 weights of shape 3 × 4, every one −0.25."
    )
    assert "so no test applies" in weights_sentence(sample(Orthogonal(seed=0), (8, 8)))
    assert weights_sentence(sample(RandomNormal(seed=0), (2, 3))).endswith(
        "Too few weights to test."
    )


@pytest.mark.parametrize(
    ("initializer", "latex"),
    [
        (
            VarianceScaling(2.0),
            r"n = \text{fan\_in} = 300, \quad \operatorname{Var}[w] = \frac{s}{n} = "
            r"\frac{2}{300} = 0.006667, \quad \operatorname{std}[w] = 0.08165",
        ),
        (
            VarianceScaling(1.0, "fan_avg", "uniform"),
            r"n = \text{fan\_avg} = \tfrac{300 + 120}{2} = 210, \quad "
            r"\operatorname{Var}[w] = \frac{s}{n} = \frac{1}{210} = 0.004762, \quad "
            r"\operatorname{std}[w] = 0.06901",
        ),
        (
            VarianceScaling(1.0, "fan_geo_avg"),
            r"n = \text{fan\_geo\_avg} = \sqrt{300 \times 120} = 189.7, \quad "
            r"\operatorname{Var}[w] = \frac{s}{n} = \frac{1}{189.7} = 0.00527, \quad "
            r"\operatorname{std}[w] = 0.0726",
        ),
        (
            VarianceScaling(0.01, "fan_out"),
            r"n = \text{fan\_out} = 120, \quad \operatorname{Var}[w] = \frac{s}{n} = "
            r"\frac{0.01}{120} = 8.333 \times 10^{-5}, \quad \operatorname{std}[w] = 0.009129",
        ),
        (
            TruncatedNormal(0.0, 0.05),
            r"\operatorname{std}[w] = 0.8796 \times 0.05 = 0.04398",
        ),
        (
            RandomUniform(-0.05, 0.1),
            r"\operatorname{std}[w] = \frac{b - a}{\sqrt{12}} = "
            r"\frac{0.15}{\sqrt{12}} = 0.0433",
        ),
        (
            Orthogonal(2.0),
            r"\operatorname{std}[w] = \frac{g}{\sqrt{\max(\text{rows}, \text{columns})}} = "
            r"\frac{2}{\sqrt{300}} = 0.1155",
        ),
        (RandomNormal(0.0, 0.05), r"\operatorname{std}[w] = 0.05"),
        (Zeros(), r"\operatorname{std}[w] = 0"),
    ],
)
def test_formula(initializer: Initializer, latex: str) -> None:
    assert formula(initializer, sample(initializer.with_seed(0), (300, 120))) == latex


def test_law_names() -> None:
    assert law_name(VarianceScaling(2.0)) == "Truncated normal"
    assert law_name(VarianceScaling(2.0, distribution="untruncated_normal")) == "Normal"
    assert law_name(RandomUniform()) == "RandomUniform"
    assert law_name(Zeros()) == "Constant"


# Signal and gradient


def measured(depth: int = 20) -> Propagation:
    return simulate(mlp((8,) * (depth + 1)), networks=3, batch=2)


def flow(kind: str, factor: float, log10_change: float, steps: int = 19) -> Flow:
    return Flow(kind, kind, factor, factor, True, log10_change, steps)  # type: ignore[arg-type]  # names of kinds


STABLE = flow("stable", 1.0, -0.128427)
VANISHING = flow("vanishing", 0.5, -5.9)
EXPLODING = flow("exploding", 3967.6, 68.4)
DEAD = flow("vanishing", 0.0, -math.inf)


@pytest.mark.parametrize(
    ("judged", "words", "mark"),
    [
        (
            Verdict(STABLE, STABLE, None, None, ""),
            "The signal is stable, × 1 a layer: × 0.744 over 20 layers. "
            "The gradient is stable, × 1 a layer: × 0.744 over 20 layers.",
            "✓",
        ),
        (
            Verdict(VANISHING, STABLE, None, None, ""),
            "The signal vanishes, × 0.5 a layer: × 10⁻⁶ over 20 layers. "
            "The gradient is stable, × 1 a layer: × 0.744 over 20 layers.",
            "↓",
        ),
        (
            Verdict(STABLE, EXPLODING, None, None, ""),
            "The signal is stable, × 1 a layer: × 0.744 over 20 layers. "
            f"The gradient explodes, × 3{SPACE}968 a layer: × 10⁶⁸ over 20 layers.",
            "↑",
        ),
        (
            Verdict(EXPLODING, None, 11, None, ""),
            f"The signal explodes, × 3{SPACE}968 a layer: × 10⁶⁸ over 20 layers. "
            "Float32 overflows at layer 12.",
            "↑",
        ),
        (
            Verdict(DEAD, DEAD, None, None, ""),
            "The signal vanishes: nothing of it is left after 20 layers. "
            "The gradient vanishes: nothing of it is left after 20 layers.",
            "↓",
        ),
    ],
)
def test_happening(judged: Verdict, words: str, mark: str) -> None:
    assert happening(judged, measured()) == words
    assert icon(judged) == mark


def test_a_single_layer_has_nothing_to_judge() -> None:
    single = flow("stable", 1.0, 0.0, steps=0)
    assert happening(Verdict(single, None, None, None, ""), measured(1)) == (
        "The signal passes a single layer."
    )


def test_recurrent_networks_are_judged_by_steps() -> None:
    run = simulate(recurrent("lstm", input_dim=4, units=4, steps=3), networks=2, batch=2)
    assert happening(Verdict(EXPLODING, STABLE, 11, None, ""), run) == (
        f"The signal explodes, × 3{SPACE}968 a step: × 10⁶⁸ over 20 steps. "
        "The gradient is stable, × 1 a step: × 0.744 over 20 steps. "
        "Float32 overflows at step 12."
    )
    single = flow("stable", 1.0, 0.0, steps=0)
    assert happening(Verdict(single, None, None, None, ""), run) == (
        "The signal passes a single step."
    )


def test_advice() -> None:
    he = Suggestion(VarianceScaling(2.0), "he_normal", 0.0, 0.0)
    own = Suggestion(VarianceScaling(1.59), "", 0.0, 0.0)
    assert advice(Verdict(STABLE, STABLE, None, None, "Nothing to change.")) == ""
    assert advice(Verdict(VANISHING, None, None, he, "")) == ("Choose He normal (scale 2, fan_in).")
    assert advice(Verdict(VANISHING, None, None, own, "")) == (
        "Choose VarianceScaling (scale 1.59, fan_in)."
    )
    assert advice(Verdict(VANISHING, None, None, None, "No scale helps.")) == (
        "No scale keeps both: use fewer layers, normalization, skip connections or another "
        "activation."
    )


def test_headline_of_a_network_that_vanishes() -> None:
    """LeCun's rule halves ReLU's second moment a layer: 2^-19 = 10^-5.7 in theory."""
    network = mlp((64,) * 21, initializer=INITIALIZERS["lecun_normal"])
    run = simulate(network, networks=8, batch=16)
    judged = verdict(run, predict(network))
    change = float(np.median(run.log10_q[:, -1] - run.log10_q[:, 0]))
    assert change == pytest.approx(19 * math.log10(0.5), abs=1)
    assert headline(judged, run).startswith(
        f"The signal vanishes, × 0.5 a layer: × {power(change)} over 20 layers. "
        "The gradient vanishes, × 0.5 a layer: × "
    )
    assert headline(judged, run).endswith("Choose He normal (scale 2, fan_in).")


def test_signal_sentence_has_the_numbers() -> None:
    network = mlp((16,) * 6, initializer=VarianceScaling(2.0))
    run = simulate(network, networks=5, batch=4)
    judged = verdict(run, predict(network))
    assert judged.luck is not None
    # In theory q stays at He's 2; the first network's share lies on its own side of the middle.
    ratio = float(run.q[0, -1]) / 2
    far, side = (ratio, "above") if ratio > 1 else (1 / ratio, "below")
    one_in = round(1 / judged.luck.share)
    assert signal_sentence(run, judged) == (
        "Points: mean over 5 networks; bars: lowest to highest. "
        f"The first network's signal ends {far:.2g} times {side} theory, "
        f"as one in {one_in} does by chance. 5 dense layers of 16 units."
    )


def test_signal_sentence_says_why_there_is_no_band() -> None:
    network = mlp((16,) * 3, initializer=Orthogonal())
    run = simulate(network, networks=1, batch=4)
    assert signal_sentence(run, verdict(run, predict(network)), predict(network)) == (
        "Points: mean over 1 network; bars: lowest to highest. 2 dense layers of 16 units. "
        "There is no band for Orthogonal: it takes every weight to be drawn independently of the "
        "others."
    )


@pytest.mark.parametrize(
    ("width", "depth", "batch", "networks", "words"),
    [
        (64, 4, 4, 1, "Light band: 95 % of single networks."),
        (64, 4, 4, 6, "Light band: 95 % of single networks; dark: of means over 6."),
        (8, 4, 64, 6, "No band: The band is made for a batch of at most half the width; with 64"),
    ],
)
def test_signal_sentence_says_what_the_bands_hold(
    width: int, depth: int, batch: int, networks: int, words: str
) -> None:
    network = mlp((width,) * (depth + 1), initializer=VarianceScaling(2.0))
    run = simulate(network, networks=networks, batch=batch)
    predicted = predict(network)
    assert words in signal_sentence(run, verdict(run, predicted), predicted)


def test_signal_sentence_of_a_recurrent_network_counts_steps() -> None:
    """A ramp of weights 2^-12 x 64 = 2^-6 a step would underflow at step 5."""
    run = simulate(recurrent("gru", input_dim=4, units=8, steps=6), networks=2, batch=3)
    sinking = replace(run, log10_peak=np.log10(2.0) * -6 * np.arange(1, 7) * np.ones((2, 1)))
    assert signal_sentence(sinking, verdict(sinking)) == (
        "Points: mean over 2 networks; bars: lowest to highest. "
        "Float16 flushes to zero at step 5. GRU of 8 units over 6 steps."
    )


def test_approximate_engines_are_said_to_be() -> None:
    run = replace(measured(2), approximate=True)
    assert "Approximate, O(1/n): the weights are not Gaussian." in signal_sentence(
        run, verdict(run)
    )
    assert "Approximate" not in signal_sentence(measured(2), verdict(measured(2)))


@pytest.mark.parametrize(
    ("log10_ratio", "share", "words"),
    [
        (0.1760912591, 0.2, "1.5 times above theory, as one in 5 does by chance."),
        (-1.3010299957, 0.004, "20 times below theory, as one in 250 does by chance."),
        (-0.0413926852, 0.5, "1.1 times below theory, as one in 2 does by chance."),
        (3.0, 0.001, f"1{SPACE}000 times above theory, as one in 1{SPACE}000 does by chance."),
        (12.0, 0.0009, "1·10¹² times above theory, as fewer than 1 in 1000 does by chance."),
    ],
)
def test_chance(log10_ratio: float, share: float, words: str) -> None:
    luck = Luck("q", 0, 8, 19, log10_ratio, share)
    assert chance(luck) == f"The first network's signal ends {words}"


def test_chance_says_nothing_where_there_is_nothing_to_compare() -> None:
    assert chance(None) == ""
    assert chance(Luck("q", 0, 8, 19, -math.inf, 0.0)) == ""


NOWHERE = (None, None, None, None)


@pytest.mark.parametrize(
    ("ranges", "unit", "words"),
    [
        ([("float16", *NOWHERE), ("bfloat16", *NOWHERE), ("float32", *NOWHERE)], "layer", ""),
        (
            [("float16", 2, None, None, None), ("bfloat16", *NOWHERE)],
            "layer",
            "Float16 overflows at layer 3.",
        ),
        (
            [
                ("float16", 0, None, None, None),
                ("bfloat16", 21, None, None, None),
                ("float32", 22, None, None, None),
            ],
            "layer",
            "Float16 overflows at layer 1, bfloat16 overflows at layer 22, "
            "float32 overflows at layer 23.",
        ),
        (
            [("float16", *NOWHERE), ("bfloat16", None, 8, None, None)],
            "step",
            "Bfloat16 flushes to zero at step 9.",
        ),
        # The sentence is about the signal alone.
        ([("float16", None, None, 3, None), ("float32", None, None, None, 3)], "layer", ""),
    ],
)
def test_formats(ranges: list[Any], unit: str, words: str) -> None:
    judged = Verdict(
        STABLE, None, None, None, "", formats=tuple(FormatRange(*each) for each in ranges)
    )
    assert formats(judged, unit) == words


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        # 64 inputs of 1: z = 64^l. The formats end at 65504, below 2^128 and below 2^128.
        (
            1.0,
            "Float16 overflows at layer 3, bfloat16 overflows at layer 22, "
            "float32 overflows at layer 22.",
        ),
        # z = 2^(-6 l). The smallest subnormals are 2^-24, 2^-133 and 2^-149.
        (
            2.0**-12,
            "Float16 flushes to zero at layer 5, bfloat16 flushes to zero at layer 23, "
            "float32 flushes to zero at layer 25.",
        ),
    ],
)
def test_formats_end_where_they_really_do(weight: float, words: str) -> None:
    network = mlp((64,) * 31, activation="linear", initializer=Constant(weight))
    run = simulate(network, networks=1, batch=1, inputs=np.ones((1, 64)))
    assert words in signal_sentence(run, verdict(run))


# Units


def test_shares_sentence() -> None:
    run = replace(
        measured(3),
        correlation=np.array([[0.1, 0.5, 0.9], [0.3, 0.5, 0.92], [0.2, 0.5, 0.949]]),
        saturated=np.array([[0.0, 0.5, 0.1], [0.0, 0.3, 0.1], [0.0, 0.1, 0.1]]),
        dead=np.zeros((3, 3)),
    )
    assert shares_sentence(run) == (
        "Two inputs correlate by 0.2 at the first layer and by 0.923 at the last: at 1 the "
        "network cannot tell them apart. Saturated: at most 30 % of the units of a layer. "
        "Dead for the whole batch: none."
    )


def test_shares_sentence_of_one_input_alone() -> None:
    run = simulate(mlp((8, 8, 8)), networks=3, batch=1)
    dead = np.array([[0.25, 0.5], [0.25, 0.5], [0.25, 1.0]])  # 2 / 3 in the mean
    assert shares_sentence(replace(run, dead=dead)) == (
        "One input alone has no correlation. Saturated: none. "
        "Dead for the whole batch: at most 67 % of the units of a layer."
    )


# Plain text


ACTIVE = frozenset("\\`*_{}[]()#+-.!|<>~$:&")
"""What starts markup in CommonMark, in its GitHub extensions, or in Streamlit's own."""


def plain(text: str) -> str | None:
    """What is shown of a text; None where something active in it is not escaped.

    CommonMark 2.4: a backslash before any ASCII punctuation makes it an ordinary character.
    What GitHub's extension takes for an address becomes a link even then.
    """
    rest = re.sub(r"\\[!-/:-@\[-`{-~]", "", text)
    if ACTIVE & set(rest):
        return None
    words = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)
    if re.search(r"https?://|www\.|[-.\w+]@[-\w]", words, re.IGNORECASE):
        return None
    return words.replace("\u2060", "")


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://host)",
        "![a](https://host/x.png)",
        "<img src=x onerror=alert(1)>",
        "**bold** _it_ `code` ~~no~~",
        "$x^2$",
        ":red[danger] :material/home:",
        "&lt;b&gt;",
        "https://host/path",
        "WWW.host and a.b@host.example",
        "a\\",
    ],
)
def test_escaped_text_is_read_as_it_is_written(text: str) -> None:
    assert plain(escaped(text)) == text


@given(st.text(max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    assert plain(escaped(text)) == text.replace("\u2060", "")


def test_streamlit_s_own_markup_is_escaped_too() -> None:
    assert escaped(":red[x] $y$ :a:") == r"\:red\[x\] \$y\$ \:a\:"
