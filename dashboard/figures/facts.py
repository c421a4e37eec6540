"""Numbers in a row, each with its name and what it means: HTML of our own words and numbers only.

One element of the page, where a row of metrics is a dozen: the browser goes over each element of
the page whenever a control moves.
"""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from dashboard.guide.labels import address_of, term_of

Fact: TypeAlias = tuple[str, str, str]
"""A name that a term explains, a number, what it means."""


def facts_html(title: str, facts: Iterable[Fact]) -> str:
    """A heading, and a list of names, numbers and meanings."""
    return (
        f'<section class="facts"><h2>{escape(title)}</h2><dl>'
        f"{''.join(map(_fact, facts))}</dl></section>"
    )


def _fact(fact: Fact) -> str:
    name, number, meaning = map(escape, fact)
    address = address_of(term_of(fact[0]))
    return (
        f'<div><dt><a href="{address}" target="_blank">{name}</a></dt>'
        f"<dd><b>{number}</b><small>{meaning}</small></dd></div>"
    )
