"""The guide's page as a script: its controls at both ends, a term asked for, a hostile one."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.guide.glossary import GLOSSARY
from dashboard.guide.sections import SECTIONS

SCRIPT = """
import streamlit as st
from dashboard.controls import experiment, show_notices
from dashboard.views.guide import render
shown, notices = experiment()
show_notices(notices)
st.caption(f"said: {render(shown)}")
"""


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, text in query.items():
        app.query_params[name] = text
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    assert [error.value for error in app.exception] == []
    return app


def captions(app: AppTest) -> str:
    """All captions, with what Markdown escapes put back."""
    return re.sub(r"\\(.)", r"\1", "\n".join(caption.value for caption in app.caption))


def marked(app: AppTest) -> list[str]:
    bodies = "".join(element.proto.body for element in app.get("html"))
    return re.findall(r'id="term-(\w+)" class="asked"', bodies)


def test_every_question_has_its_heading_and_its_row() -> None:
    app = opened(v="1")
    headings = [heading.value for heading in app.main.subheader]
    assert headings[: len(SECTIONS)] == [section.question for section in SECTIONS]
    assert headings[len(SECTIONS) :] == [
        *("Pros and cons", "A law and its scaling", "A worked example"),
        *("Defaults", "References", "Glossary"),
    ]
    table = app.main.markdown[0].value
    assert table.count("\n") == 1 + len(SECTIONS) + 2
    assert len(app.get("plotly_chart")) == 5
    assert marked(app) == []
    assert "said: guide" in captions(app).splitlines()


@pytest.mark.parametrize(("n", "std"), [(1, "= 1."), (64, "= 0.125.")])
def test_the_law_at_both_ends(n: int, std: str) -> None:
    app = opened(v="1")
    app.select_slider(key="guide_n").set_value(n)
    sound(app.run())
    assert f"n = {n} at scale 1: all three laws have standard deviation 1/√{n} {std}" in (
        captions(app)
    )


# By hand: log 10 = 2.3026 where classes are alike; std 0.1 √scale and 0.125 √scale.
@pytest.mark.parametrize(
    ("scale", "entropy", "stds", "code"),
    [
        (0.01, "Entropy 2.30", ("0.01 meant", "0.0125 meant"), "VarianceScaling(0.01, "),
        (100.0, "Entropy ", ("1 meant", "1.25 meant"), "VarianceScaling(100.0, "),
    ],
)
def test_the_example_at_both_ends(
    scale: float, entropy: str, stds: tuple[str, str], code: str
) -> None:
    app = opened(v="1")
    app.select_slider(key="guide_scale").set_value(scale)
    said = captions(sound(app.run()))
    assert entropy in said
    assert all(f", {std}." in said for std in stds)
    assert code in app.code[0].value
    share = re.search(r"= 2\.303: (\S+) %", said)
    assert share is not None
    assert (share[1] == "100") == (scale < 1)


def test_the_seed_draws_the_example_anew() -> None:
    first, second = (captions(opened(v="1", seed=seed)) for seed in ("1", "2"))
    assert first != second
    assert captions(opened(v="1", seed="1")) == first


@pytest.mark.parametrize("slug", ["fan_in", "weight", "residual"])
def test_a_term_is_marked_and_the_address_is_left_alone(slug: str) -> None:
    app = opened(term=slug)
    assert marked(app) == [slug]
    assert app.query_params == {"term": slug}
    assert len(app.warning) == 0
    assert f"said: guide, {GLOSSARY[slug].name}" in captions(app).splitlines()


@pytest.mark.parametrize("term", ["fan", "<img src=x onerror=alert(1)>", "a" * 9000, "\0"])
def test_an_unknown_term_is_said_and_not_shown(term: str) -> None:
    app = opened(term=term)
    assert [box.value for box in app.info] == ["The glossary has no such term."]
    assert marked(app) == []
    assert len(app.warning) == 0
    bodies = "".join(element.proto.body for element in app.get("html"))
    assert "onerror" not in bodies


def test_a_change_of_a_control_takes_the_term_out_of_the_address() -> None:
    app = opened(term="scale")
    app.number_input(key="seed").set_value(5)
    sound(app.run())
    assert marked(app) == []
    assert app.query_params == {"v": "1", "seed": "5"}
