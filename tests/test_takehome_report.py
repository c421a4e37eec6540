"""The report as text: one file, nothing to fetch, a link's words as text only, all the numbers."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from math import sqrt

import pytest

from dashboard import compute, gathering
from dashboard.experiment import Experiment
from dashboard.figures.weights import weights_figure
from dashboard.handout import Handout
from dashboard.links import parse
from dashboard.results import Results
from dashboard.takehome.mathml import mathml
from dashboard.takehome.report import report
from dashboard.words.weights import formula
from vscore import __version__
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.layers import Dense
from vscore.sampling import sample

SMALL = Experiment(layer=Dense(30, 20), depth=4, width=16, networks=2, batch=4, seed=6)
HOSTILE = "</script><script>alert(1)</script><img src=//host.example/x onerror='alert(2)'>\"&amp;"


class Page(HTMLParser):
    """The elements of a page: tags with their attributes, and what stands in each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", lambda: None)


def computed(experiment: Experiment) -> tuple[Results, ...]:
    return gathering.results(experiment)


def made(experiment: Experiment, address: str = "") -> str:
    return report(experiment, computed(experiment), address)


@cache
def page() -> Page:
    return Page(made(SMALL))


def test_nothing_is_asked_for_and_only_two_scripts_may_run() -> None:
    policy = next(a["content"] for t, a in page().tags if a.get("http-equiv"))
    assert policy is not None
    data, *scripts = page().scripts
    assert len(scripts) == 2
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    assert policy == (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    assert scripts[0].startswith("/**\n* plotly.js (cartesian")
    assert "<" not in data  # nothing in it can end its element
    assert json.loads(data)["config"]["displayModeBar"] is False
    for _, attributes in page().tags:
        assert not {"src", "srcset", "data", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)


def test_charts_are_the_page_s_figures() -> None:
    figures = json.loads(page().scripts[0])["figures"]
    names = [[trace["name"] for trace in figure["data"]] for figure in figures]
    assert names[0] == ["drawn", "exact density"]
    bands = [f"{name}, {end}" for name in ("band", "mean's band") for end in ("low", "high")]
    assert names[1] == [*bands, "theory", "measured"] * 2
    assert names[2] == [n for layer in (1, 2, 3, 4) for n in ("floor", f"layer {layer}")]
    assert names[3][-1] == "dead"
    (found,) = computed(SMALL)
    expected = weights_figure(found.sample)["data"][0]
    assert figures[0]["data"][0]["y"] == pytest.approx(expected["y"].tolist())
    places = [a["id"] for _, a in page().tags if (a.get("id") or "").startswith("chart-")]
    assert places == ["chart-0", "chart-1", "chart-2", "chart-3"]
    described = [a["aria-label"] for _, a in page().tags if a.get("role") == "img"]
    assert all(text and " ".join(text.split()) in page().text for text in described)
    assert (described[0] or "").startswith("600 weights of shape 30 × 20: standard deviation")


def test_numbers_and_where_they_come_from() -> None:
    text = page().text
    drawn = INITIALIZERS["he_normal"].with_seed(6)((30, 20)).astype(float).std()
    assert f"std drawn {drawn:.4g} ±" in text
    assert "fan_in 30 fan_out 20 n 30 std meant 0.2582" in text  # sqrt(2 / 30)
    assert "Layer Dense(input_dim=30, units=20) Initializer VarianceScaling(scale=2.0" in text
    assert "mlp( widths=(16,) * 5" in text
    assert "Link ?v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4&seed=6" in text
    assert f"Seed 6 vscore {__version__} numpy " in text
    tables = [name for name, _ in page().tags if name == "table"]
    assert len(tables) == 4
    assert "✓" in text or "↓" in text or "↑" in text
    assert "<math" in made(SMALL)


def test_words_of_a_link_are_text_only() -> None:
    hostile = replace(SMALL, handout=Handout(title=HOSTILE, question=HOSTILE))
    found = Page(made(hostile, "http://host:1/"))
    assert [t for t, _ in found.tags if t == "script"] == ["script"] * 3
    assert "img" not in [t for t, _ in found.tags]
    assert found.text.count(HOSTILE) == 3  # title, heading, question
    plain = [tag for tag, _ in page().tags]
    # The question's paragraph and the link are all that is new.
    assert sorted(t for t, _ in found.tags) == sorted([*plain, "p", "a"])


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://host.example:8501/?seed=1", "https://host.example:8501/?v=1&input_dim=30"),
        ("javascript:alert(1)//", None),
        ("", None),
    ],
)
def test_link_is_one_to_click_where_the_address_is_a_page(address: str, target: str | None) -> None:
    links = [a["href"] for tag, a in Page(made(SMALL, address)).tags if tag == "a"]
    assert len(links) == (target is not None)
    assert all(link is not None and link.startswith(target or "") for link in links)


def test_comparison_has_a_section_a_setting() -> None:
    others = (replace(SMALL, initializer=INITIALIZERS["glorot_uniform"], depth=3),)
    found = Page(made(replace(SMALL, others=others, redraws=True)))
    assert [tag for tag, _ in found.tags].count("section") == 2
    assert "Setting A" in found.text
    assert "Setting B" in found.text
    figures = json.loads(found.scripts[0])["figures"]
    assert len(figures) == 8
    assert [t["name"] for t in figures[4]["data"]][:10] == [
        f"redraw, seed {n}" for n in range(7, 17)
    ]
    places = [a["id"] for _, a in found.tags if (a.get("id") or "").startswith("chart-")]
    assert places == [f"chart-{place}" for place in range(8)]


@pytest.mark.parametrize(
    "link",
    [
        "init=zeros&depth=3&width=16",
        "init=random_normal&stddev=100&depth=100&width=32&networks=2",
        "family=recurrent&cell=gru&width=8&depth=5",
        "layer=DepthwiseConv2D&batch=1&depth=3&width=16",
        "init=orthogonal&depth=100&width=8",
    ],
)
def test_every_kind_of_experiment_has_a_report(link: str) -> None:
    experiment, _ = parse(f"v=1&{link}")
    found = Page(made(experiment))
    assert len(json.loads(found.scripts[0])["figures"]) == 4
    assert "−∞" in found.text or "zeros" not in link  # log10 of nothing
    assert not re.search(r"\b(nan|inf|NaN|Infinity|None)\b", found.text)


def test_the_same_experiment_is_the_same_report() -> None:
    assert made(SMALL) == made(SMALL)


# Formulas

# By hand.
FORMULAS: Mapping[str, str] = {
    r"x = \frac{1}{25}": "<mi>x</mi><mo>=</mo><mfrac><mrow><mn>1</mn></mrow>"
    "<mrow><mn>25</mn></mrow></mfrac>",
    r"2.5 \times 10^{-7}": "<mn>2.5</mn><mo>×</mo><msup><mn>10</mn>"
    "<mrow><mo>−</mo><mn>7</mn></mrow></msup>",
    r"n = \text{fan\_in}, \quad w": "<mi>n</mi><mo>=</mo><mtext>fan_in</mtext><mo>,</mo>"
    '<mspace width="1em"></mspace><mi>w</mi>',
    r"\operatorname{std}[w]": "<mi>std</mi><mo>[</mo><mi>w</mi><mo>]</mo>",
    r"\sqrt{\max(3, 4)}": "<msqrt><mrow><mo>max</mo><mo>(</mo><mn>3</mn><mo>,</mo><mn>4</mn>"
    "<mo>)</mo></mrow></msqrt>",
}


@pytest.mark.parametrize("latex", FORMULAS)
def test_mathml(latex: str) -> None:
    assert mathml(latex) == f'<math display="block">{FORMULAS[latex]}</math>'


EVERY: tuple[Initializer, ...] = (
    *INITIALIZERS.values(),
    *(VarianceScaling(0.1, mode) for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")),
)


@pytest.mark.parametrize("initializer", EVERY, ids=str)
@pytest.mark.parametrize("shape", [(300, 120), (3, 5, 7, 20_000)])
def test_every_formula_of_the_page_is_known(
    initializer: Initializer, shape: tuple[int, ...]
) -> None:
    small = sample(initializer.with_seed(0), (30, 20))
    drawn = replace(
        small, fans=initializer.fans(shape), density=initializer.density(initializer.fans(shape))
    )
    element = mathml(formula(initializer, drawn))
    root = ET.fromstring(element)
    assert {child.tag for child in root.iter()} <= {
        "math", "mrow", "mi", "mn", "mo", "mfrac", "msqrt", "msup", "mtext", "mspace",
    }  # fmt: skip
    assert "\\" not in element
    assert all(len(list(child)) == 2 for child in root.iter() if child.tag in ("mfrac", "msup"))


def test_formula_keeps_its_numbers() -> None:
    initializer = INITIALIZERS["he_normal"]
    element = mathml(formula(initializer, sample(initializer.with_seed(0), (30, 20))))
    numbers = [float(number) for number in re.findall(r"<mn>([^<]+)</mn>", element)]
    assert numbers == [
        30,
        2,
        30,
        pytest.approx(2 / 30, rel=1e-3),
        pytest.approx(sqrt(2 / 30), rel=1e-3),
    ]


@pytest.mark.parametrize("latex", [r"\alpha", r"\frac12"])
def test_unknown_latex_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match="latex must"):
        mathml(latex)
