"""The glossary as one list of terms: HTML of our own words only, each term with its address."""

from collections.abc import Mapping, Sequence
from html import escape

from dashboard.guide.glossary import GLOSSARY
from dashboard.guide.term import Term


def glossary_html(groups: Mapping[str, Sequence[Term]], asked: str = "") -> str:
    """A heading and a list for each subject; the term that was asked for is marked.

    Parameters
    ----------
    groups : mapping
        A subject's terms.
    asked : str
        A slug, or nothing.
    """
    parts = [
        f"<h4>{escape(subject)}</h4><dl>{''.join(_entry(term, asked) for term in terms)}</dl>"
        for subject, terms in groups.items()
    ]
    return f'<div class="glossary">{"".join(parts)}</div>'


def _entry(term: Term, asked: str) -> str:
    symbol = f" <i>{escape(term.symbol)}</i>" if term.symbol not in ("", term.name) else ""
    marked = ' class="asked"' if term.slug == asked else ""
    return (
        f'<div id="term-{term.slug}"{marked} tabindex="-1"><dt>{escape(term.name)}{symbol}</dt>'
        f"<dd>{escape(term.meaning)}{_formula(term)}{_further(term)}</dd></div>"
    )


def _formula(term: Term) -> str:
    return f"<br><code>{escape(term.formula)}</code>" if term.formula else ""


def _further(term: Term) -> str:
    """Terms to read next, and the source: small."""
    links = [f'<a href="#term-{slug}">{escape(GLOSSARY[slug].name)}</a>' for slug in term.see]
    parts = [f"See {', '.join(links)}." if links else "", escape(term.source)]
    return f"<small>{' '.join(filter(None, parts))}</small>"
