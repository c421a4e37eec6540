"""The guide: every link opens what its words say, every number agrees with another source."""

import re
from collections.abc import Mapping
from math import log, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from dashboard.figures.glossary import glossary_html
from dashboard.figures.law import law_figure
from dashboard.figures.worked import entropy_figure, shares_by_class_figure
from dashboard.frames import entropy_frame, laws_frame, shares_by_class_frame
from dashboard.guide.example import SCALES, parameters, work
from dashboard.guide.glossary import GLOSSARY, GROUPS
from dashboard.guide.law import COUNTS, densities
from dashboard.guide.references import REFERENCES
from dashboard.guide.sections import CONS, PROS, SECTIONS
from dashboard.links import encode, parse
from dashboard.registry import PAGES
from dashboard.views import guide as view
from dashboard.views import worked as worked_view
from dashboard.words.guide import (
    defaults_table,
    entropy_sentence,
    kernel_sentence,
    law_sentence,
    shares_by_class_sentence,
    summary_table,
)
from vscore.sampling import sample

PROSE = [
    *(text for section in SECTIONS for text in (section.prose, section.briefly)),
    *PROS,
    *CONS,
    worked_view.INTRODUCTION,
    view.DEFAULTS,
]
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
LINKS = [found for text in PROSE for found in LINK.findall(text)]
EXPERIMENTS = {words: address for words, address in LINKS if not address.startswith("#")}

He = {"initializer.scale": 2.0, "initializer.mode": "fan_in", "activation.kind": "relu"}
LECUN = {"initializer.scale": 1.0, "initializer.mode": "fan_in"}

# By hand, from the words alone: the page, how many settings, and what the last of them has.
MEANT: Mapping[str, tuple[str, int, dict[str, Any]]] = {
    "200 704 weights and their exact density": ("", 1, {"drawn_kernel.shape": (784, 256)}),
    "the same with a uniform law": ("", 1, {**He, "initializer.distribution": "uniform"}),
    "the three laws side by side": ("compare", 3, {**He, "initializer.distribution": "uniform"}),
    "PyTorch's own default in a ReLU network": ("", 1, {"initializer.scale": 1 / 3}),
    "an LSTM's fans as PyTorch counts them": (
        "fans",
        1,
        {"layer.kind": "LSTM", "convention": "torch"},
    ),
    "ReLU with scale 2: stable": ("", 1, He),
    "with scale 1: the signal vanishes": ("", 1, {**LECUN, "activation.kind": "relu"}),
    "with scale 4: it explodes": ("", 1, {**He, "initializer.scale": 4.0}),
    "100 layers": ("", 1, {"depth": 100}),
    "one": ("", 1, {"depth": 1}),
    "ten hidden layers trained from He's and from LeCun's start": (
        "train",
        2,
        {**LECUN, "training.hidden": 10},
    ),
    "He, LeCun and Glorot in a ReLU network": ("compare", 3, {"initializer.mode": "fan_avg"}),
    "LeCun with SELU: stable": ("", 1, {**LECUN, "activation.kind": "selu"}),
    "shrinks slowly": ("", 1, {**LECUN, "activation.kind": "tanh"}),
    "no scale keeps its gradient": ("", 1, {"activation.kind": "sigmoid"}),
    "the scale for a function you type": ("fans", 1, {"formula": "x * sigmoid(1.702 * x)"}),
    "fan_in and fan_out where the network narrows": (
        "compare",
        2,
        {"initializer.mode": "fan_out", "taper": 0.125},
    ),
    "for any depth": ("", 1, {"depth": 100}),
    "mean over networks": ("", 1, {"networks": 64, "activation.kind": "relu"}),
    "All its laws do the same": ("compare", 2, {**He, "initializer.distribution": "uniform"}),
    "depthwise": ("fans", 1, {"layer.kind": "DepthwiseConv2D"}),
    "grouped": ("fans", 1, {"layer.kind": "Conv2D", "layer.groups": 4}),
    "transposed": ("fans", 1, {"layer.kind": "Conv2DTranspose"}),
    "embedding": ("fans", 1, {"layer.kind": "Embedding"}),
    "LSTM": ("fans", 1, {"layer.kind": "LSTM"}),
    "no scale suits some": ("", 1, {"activation.kind": "sigmoid"}),
    "One narrow, deep network": ("", 1, {"depth": 100, "width": 16}),
    "become alike": ("", 1, {"statistic": "unit_variance"}),
    "Biases": ("", 1, {"bias_variance": 0.5}),
    "Each layer's fans": ("fans", 1, {}),
}


def test_every_experiment_is_listed_here() -> None:
    assert set(EXPERIMENTS) == set(MEANT)


@pytest.mark.parametrize("words", MEANT)
def test_a_link_opens_what_its_words_say(words: str) -> None:
    page, settings, fields = MEANT[words]
    path, _, query = EXPERIMENTS[words].removeprefix("./").partition("?")
    assert path == page
    assert path in {each.path for each in PAGES}
    experiment, notices = parse(query)
    assert notices == ()
    assert encode(experiment) == query, "the shortest link"
    assert len(experiment.settings) == settings
    for name, value in fields.items():
        found: Any = experiment.settings[-1]
        for part in name.split("."):
            found = getattr(found, part)
        assert found == value, name


def test_anchors_lead_somewhere() -> None:
    here = {f"#{section.anchor}" for section in SECTIONS}
    here |= {f"#{anchor}" for anchor, _ in view.CONTENTS}
    here |= {f"#term-{slug}" for slug in GLOSSARY}
    anchors = {address for _, address in LINKS if address.startswith("#")}
    assert anchors <= here
    assert len(here) == len(SECTIONS) + len(view.CONTENTS) + len(GLOSSARY)


# The glossary.


def test_no_slug_stands_twice() -> None:
    assert len(GLOSSARY) == sum(map(len, GROUPS.values()))


@pytest.mark.parametrize("slug", GLOSSARY)
def test_a_term_is_short_plain_and_leads_on(slug: str) -> None:
    term = GLOSSARY[slug]
    assert re.fullmatch("[a-z_]+", slug)
    assert term.meaning.endswith(".")
    assert len(term.meaning) <= 220
    assert not re.search(r"[\[\]`*]|\bvery\b|\bsimply\b|--", term.meaning)
    assert slug not in term.see
    assert set(term.see) <= set(GLOSSARY)


@pytest.mark.parametrize("slug", GLOSSARY)
def test_a_source_is_among_the_references(slug: str) -> None:
    names = [reference.name for reference in REFERENCES]
    cited = re.findall(r"[A-Z]\w+(?: and [A-Z]\w+| et al\.)+ \d{4}", GLOSSARY[slug].source)
    assert set(cited) <= set(names)
    assert bool(cited) == bool(GLOSSARY[slug].source), "a source names its reference"


def test_references_are_in_the_order_of_years_and_can_be_read() -> None:
    *papers, documentation = REFERENCES
    years = [int(each.name[-4:]) for each in papers]
    assert years == sorted(years)
    assert documentation.name == "Keras"
    assert all(each.address.startswith("https://") for each in REFERENCES)


def test_only_the_asked_term_is_marked() -> None:
    page = glossary_html(GROUPS, "fan_in")
    assert re.findall(r'id="term-(\w+)" class="asked"', page) == ["fan_in"]
    assert 'class="asked"' not in glossary_html(GROUPS)
    assert re.findall(r'id="term-(\w+)"', page) == list(GLOSSARY)


# The law's figure.


def scipy_density(law: str, std: float, x: np.ndarray) -> np.ndarray:
    if law == "uniform":
        return np.asarray(stats.uniform(-sqrt(3) * std, 2 * sqrt(3) * std).pdf(x))
    if law == "untruncated_normal":
        return np.asarray(stats.norm(0, std).pdf(x))
    parent = std / stats.truncnorm(-2, 2).std()
    return np.asarray(stats.truncnorm(-2, 2, scale=parent).pdf(x))


@pytest.mark.parametrize("n", COUNTS)
def test_the_law_s_lines_are_scipy_s_densities(n: int) -> None:
    drawing = law_figure(densities(n))
    unit, *lines = drawing["data"]
    np.testing.assert_allclose(unit["y"], stats.norm.pdf(unit["x"]), rtol=1e-5)
    for law, line in zip(("truncated_normal", "untruncated_normal", "uniform"), lines, strict=True):
        inside = slice(2, -2)  # float32 may carry the ends past the cut
        x = line["x"][inside].astype(np.float64)
        np.testing.assert_allclose(line["y"][inside], scipy_density(law, n**-0.5, x), rtol=1e-4)
        assert line["y"].max() < drawing["layout"]["yaxis"]["range"][1]


@pytest.mark.parametrize(
    ("n", "numbers"), [(1, ("1", "2.274", "1.732")), (64, ("0.125", "0.2842", "0.2165"))]
)
def test_law_sentence(n: int, numbers: tuple[str, str, str]) -> None:
    std, cut, limit = numbers
    text = law_sentence(n)
    assert f"standard deviation 1/√{n} = {std}." in text
    assert f"cut normal ends at ± {cut}, the uniform law at ± {limit}," in text


def test_laws_frame() -> None:
    table = laws_frame(densities(4))
    assert list(table) == ["weight", "Truncated normal", "Normal", "Uniform"]
    for law, name in (("untruncated_normal", "Normal"), ("uniform", "Uniform")):
        np.testing.assert_allclose(table[name], scipy_density(law, 0.5, table["weight"].to_numpy()))


# The worked example.


def test_parameters_as_keras_sums_them_up() -> None:
    assert parameters() == (6464, 650)  # 100 * 64 + 64, 64 * 10 + 10
    lines = summary_table().splitlines()
    assert "| Dense 64, relu | (None, 64) | 100 × 64 + 64 | 6\u202f464 |" in lines
    assert "| Dense 10, softmax | (None, 10) | 64 × 10 + 10 | 650 |" in lines
    assert "| **Total** | | | **7\u202f114** |" in lines


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_softmax_is_scipy_s_from_the_kernels_that_are_shown(scale: float) -> None:
    worked = work(scale, 3)
    first, second = (
        sample(start, shape, bins=70)
        for start, shape in zip(worked.starts, ((100, 64), (64, 10)), strict=True)
    )
    inputs = np.random.default_rng(np.random.SeedSequence(3).spawn(3)[2]).standard_normal(100)
    hidden = inputs @ worked.starts[0]((100, 64)).astype(np.float64)
    logits = np.where(hidden > 0, hidden, 0) @ worked.starts[1]((64, 10)).astype(np.float64)
    shares = special.softmax(logits)
    np.testing.assert_allclose(worked.shares, shares, rtol=1e-9, atol=1e-300)
    assert worked.entropy == pytest.approx(stats.entropy(shares), abs=1e-9)
    # 4.9 standard errors of a std: sqrt((2.3655 - 1) / 4 / N), N = 6400 and 640.
    assert first.std == pytest.approx(0.1 * sqrt(scale), rel=4.9 * sqrt(1.3655 / 4 / 6400))
    assert second.std == pytest.approx(0.125 * sqrt(scale), rel=4.9 * sqrt(1.3655 / 4 / 640))
    assert f"{0.1 * sqrt(scale):.4g} meant" in kernel_sentence(first, 1)


def test_both_kernels_and_the_input_are_different_numbers() -> None:
    starts = work(1.0, 0).starts
    first, second = starts[0]((100, 64)).ravel()[:640], starts[1]((64, 10)).ravel()
    assert abs(np.corrcoef(first, second)[0, 1]) < 4.9 / sqrt(640)


def test_logits_have_the_variance_that_he_s_argument_gives() -> None:
    """E over 400 seeds of z^2: 100 inputs of second moment 1, halved by ReLU; 1/2 at scale 1."""
    moments = [np.mean(work(1.0, seed).logits ** 2) for seed in range(400)]
    error = np.std(moments) / sqrt(len(moments))
    assert np.mean(moments) == pytest.approx(0.5, abs=4.9 * error)
    assert 4.9 * error < 0.1


@pytest.mark.parametrize("scale", SCALES)
def test_entropy_at_another_scale_is_what_that_scale_gives(scale: float) -> None:
    """The closed form, logits times a factor, against kernels drawn anew: float32 apart."""
    assert work(1.0, 0).entropy_at(scale) == pytest.approx(work(scale, 0).entropy, abs=2e-5)


def test_entropy_falls_from_log_10_to_nothing() -> None:
    found = entropy_frame(work(1.0, 0))
    assert list(found["scale"]) == list(SCALES)
    assert found["entropy"].iloc[0] == pytest.approx(log(10), abs=1e-4)
    assert found["entropy"].iloc[-1] < 1e-6
    assert (np.diff(found["entropy"]) <= 0).all()


def test_figures_and_tables_of_the_example_hold_its_numbers() -> None:
    worked = work(1.0, 0)
    bars = shares_by_class_figure(worked)["data"][0]
    table = shares_by_class_frame(worked)
    np.testing.assert_allclose(bars["y"], special.softmax(table["logit"]), rtol=1e-6)
    assert table["share"].sum() == pytest.approx(1)
    curve, here = entropy_figure(worked)["data"]
    assert here["y"][0] == pytest.approx(stats.entropy(table["share"]), rel=1e-6)
    assert np.interp(0, np.log10(curve["x"]), curve["y"]) == pytest.approx(here["y"][0], rel=1e-5)


def test_sentences_of_the_example_hold_its_numbers() -> None:
    worked = work(1.0, 0)
    shares = special.softmax(worked.logits)
    entropy = stats.entropy(shares)
    assert f"The likeliest class, {np.argmax(shares) + 1}, has {shares.max():.3g};" in (
        shares_by_class_sentence(worked)
    )
    assert f"Entropy {entropy:.4g} of at most log 10 = 2.303: {100 * entropy / log(10):.3g} %" in (
        entropy_sentence(worked)
    )


# Defaults.


def test_defaults_of_each_framework() -> None:
    """By hand: sqrt(2 / 1040), 1 / sqrt(3 * 784), 1 / sqrt(784); 0.05 / sqrt(3); 1/sqrt(4 * 64)."""
    rows = defaults_table().splitlines()
    assert rows[0] == "| Layer, kernel | Keras | PyTorch | JAX (Flax) |"
    text = defaults_table().replace("\\", "")
    assert (
        "| Dense, kernel, 784 × 256 | glorot_uniform; 0.0439 | U(±1/√fan_in); 0.0206 "
        "| lecun_normal; 0.0357 |"
    ) in text
    assert "random_uniform; 0.0289 | N(0, 1); 1 | N(0, 1/output_dim); 0.0884 |" in text
    assert "| LSTM, recurrent_kernel, 64 × 256 | orthogonal; 0.0625 |" in text
    assert len(rows) == 2 + 19  # kernels of all layers: 6 + 2 + 1 + 3 * 2 + 4
