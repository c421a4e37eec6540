"""What style sheets must not say."""

import re
from pathlib import Path

import pytest

import dashboard

STYLE = (Path(dashboard.__file__).parent / "style.css").read_text("utf-8")


def selectors(sheet: str) -> list[str]:
    bare = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    return [selector.strip() for selector in re.findall(r"([^{}]+)\{", bare)]


def test_no_rule_restyles_the_page_with_each_change_of_a_chart() -> None:
    """Chromium looks through all that a :has() may concern whenever an element comes or goes:
    3 500 elements a slider's move, measured. One of an element's own children concerns only it."""
    assert [each for each in selectors(STYLE) if re.search(r":has\((?!> [^ ]+\) *$)", each)] == []


@pytest.mark.parametrize(
    ("sheet", "found"),
    [("/* :has( */ a { b: c }", ["a"]), ("a:has(b) { c: d } e { f: g }", ["a:has(b)", "e"])],
)
def test_selectors_are_found(sheet: str, found: list[str]) -> None:
    assert selectors(sheet) == found
