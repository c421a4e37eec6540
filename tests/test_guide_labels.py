"""Every label has a term: of controls, of numbers, of charts. And what is linked is a term."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.controls.phase import CHART as MAP
from dashboard.experiment import FAMILIES, STATISTICS
from dashboard.figures.facts import facts_html
from dashboard.guide.glossary import GLOSSARY
from dashboard.guide.labels import (
    CHARTS,
    DIFFERENCES,
    LABELS,
    address_of,
    explained,
    linked,
    term_of,
    terms_line,
)
from dashboard.handout import CONTROLS
from dashboard.links.setting import INITIALIZER_NAMES
from dashboard.registry import PAGES
from dashboard.training import TRAINED
from dashboard.words.gains import gains_rows
from vscore.activations import ACTIVATIONS
from vscore.layers import LAYERS
from vscore.meanfield import gains
from vscore.parameters import PARAMETERS

SMALL = "v=1&width=16&depth=3&networks=2&batch=4"
VIEWS = Path(__file__).parent.parent / "dashboard" / "views"

# Controls that have no help because their label is not seen: the heading over them has it.
UNDER_A_HEADING = {"layer", "init", "fans_convention", "code_part"}

NAMES = {
    "controls": CONTROLS,
    "parameters": PARAMETERS,
    "training": TRAINED,
    "statistics": STATISTICS,
    "gains": [name for name, *_ in gains_rows(gains(ACTIVATIONS["relu"]))],
}


@pytest.mark.parametrize(
    "name", sorted({name for names in NAMES.values() for name in names}), ids=str
)
def test_every_name_has_a_term(name: str) -> None:
    assert term_of(name) in GLOSSARY


def test_every_entry_leads_to_a_term_and_says_something() -> None:
    assert set(LABELS.values()) <= set(GLOSSARY)
    assert not [name for name in LABELS if name in GLOSSARY], "a slug needs no entry"
    assert {slug for slugs in CHARTS.values() for slug in slugs} <= set(GLOSSARY)
    assert set(DIFFERENCES) <= set(GLOSSARY)
    with pytest.raises(KeyError):
        term_of("no such name")


def test_how_a_label_is_linked() -> None:
    assert address_of("fan_in") == "guide?term=fan_in"
    assert linked("init") == "[initializer](guide?term=initializer)"
    assert linked("stddev", "its width") == "[its width](guide?term=std)"
    assert explained("n", "A number.") == "A number. [n](guide?term=n)"
    assert explained("n") == "[n](guide?term=n)"
    assert terms_line(("std", "stddev", "n")) == "[std](guide?term=std) · [n](guide?term=n)"


def test_a_fact_s_name_opens_its_term_in_another_tab() -> None:
    html = facts_html("Dense", [("std drawn", "<1>", "Of these.")])
    assert '<dt><a href="guide?term=std" target="_blank">std drawn</a></dt>' in html
    assert "<b>&lt;1&gt;</b>" in html


def chart_keys() -> Iterator[str]:
    """The third argument of every `show_chart`, as far as its colon."""
    for path in VIEWS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "show_chart":
                key = node.args[2]
                if isinstance(key, ast.Name):
                    continue  # a presentation's, which is one of the page's own; the map's
                text = ast.literal_eval(key) if isinstance(key, ast.Constant) else ast.unparse(key)
                yield re.sub("^f['\"]|['\"]$", "", text).partition(":")[0]


def test_every_chart_has_its_terms() -> None:
    assert {*chart_keys(), MAP} == set(CHARTS)


def opened(path: str, query: str) -> AppTest:
    (page,) = [each for each in PAGES if each.path == path]
    app = AppTest.from_string(
        "from dashboard.controls import experiment\n"
        "from dashboard.registry import PAGES\n"
        f"(page,) = [page for page in PAGES if page.path == {page.path!r}]\n"
        "page.render(experiment()[0])\n",
        default_timeout=60,
    )
    app.session_state["custom_kernel"] = True
    for name, text in parse_qsl(query):
        app.query_params[name] = text
    app.run()
    assert [error.value for error in app.exception] == []
    return app


KINDS = (
    "slider", "select_slider", "number_input", "selectbox", "button_group", "toggle", "text_input",
)  # fmt: skip


def without_term(app: AppTest) -> list[str]:
    """Keys of controls whose help does not end with a link to a term."""
    missing = []
    for kind in KINDS:
        for control in app.get(kind):
            found = re.search(r"\[\w+\]\(guide\?term=(\w+)\)$", control.proto.help)
            if found is None:
                missing.append(str(control.key))
            else:
                assert found[1] in GLOSSARY
    return missing


QUERIES = [
    *(f"{SMALL}&family={family}" for family in FAMILIES),
    *(f"{SMALL}&layer={kind}" for kind in LAYERS),
    *(f"{SMALL}&init={name}" for name in INITIALIZER_NAMES),
    f"{SMALL}&act=leaky_relu",
    f"{SMALL}&settings=2",
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_control_of_explore_links_to_its_term(query: str) -> None:
    assert set(without_term(opened("", query))) <= UNDER_A_HEADING


@pytest.mark.parametrize("path", ["fans", "train", "guide", "phase", "sweep"])
def test_every_control_of_other_pages_links_to_its_term(path: str) -> None:
    small = f"{SMALL}&epochs=5&hidden=1&neurons=2"
    assert {re.sub(r"\d", "0", key) for key in without_term(opened(path, small))} <= UNDER_A_HEADING


def test_headings_of_the_sidebar_link_to_their_terms() -> None:
    helps = [head.proto.help for head in opened("", SMALL).sidebar.subheader]
    assert helps == [linked("Layer"), linked("Initializer"), linked("Deep network")]
