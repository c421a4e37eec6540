"""Guide: what VarianceScaling is, for whom and against what; its words; a worked example."""

import streamlit as st

from dashboard import frames
from dashboard.experiment import Experiment
from dashboard.figures.glossary import glossary_html
from dashboard.figures.law import law_figure
from dashboard.guide.glossary import GLOSSARY, GROUPS
from dashboard.guide.labels import linked
from dashboard.guide.law import COUNTS, densities
from dashboard.guide.references import REFERENCES, Reference
from dashboard.guide.sections import AGAINST, CONS, IN_FAVOUR, PROS, SECTIONS
from dashboard.views.parts import show_chart, show_data
from dashboard.views.pointing import point_at
from dashboard.views.worked import show_worked
from dashboard.words.guide import defaults_table, law_sentence
from dashboard.words.plain import escaped

CONTENTS = (
    ("pros", "Pros and cons"),
    ("law", "A law and its scaling"),
    ("example", "A worked example"),
    ("defaults", "Defaults"),
    ("references", "References"),
    ("glossary", "Glossary"),
)
"""What comes behind the questions: anchor and heading."""

DEFAULTS = (
    "What each framework draws a kernel from when nothing is said, and the standard deviation "
    "that this comes to at these sizes. Biases start at 0, but most of PyTorch's have their "
    "layer's own law, and in Keras an LSTM's forget gate starts at 1. "
    "[Each layer's fans](./fans?v=1) say why they differ."
)


def render(experiment: Experiment) -> str:
    """Draw the page; of the settings only the seed matters, for the worked example."""
    term = _asked()
    with st.container(key="guide"):
        _questions()
        _pros_and_cons()
        _heading("law")
        _law(experiment)
        _heading("example")
        show_worked(experiment)
        _heading("defaults")
        _defaults()
        _heading("references")
        st.markdown("\n".join(map(_reference, REFERENCES)))
        _heading("glossary")
        st.html(glossary_html(GROUPS, term))
        point_at(term)
    return f"guide, {GLOSSARY[term].name}" if term else "guide"


def _asked() -> str:
    """The term that the address names; nothing where there is none of that name."""
    asked = st.query_params.get("term", "")
    if asked and asked not in GLOSSARY:
        st.info("The glossary has no such term.", icon=":material/info:")
    return asked if asked in GLOSSARY else ""


def _heading(anchor: str) -> None:
    st.subheader(dict(CONTENTS)[anchor], anchor=anchor)


def _questions() -> None:
    """Six questions: a table, ways to everything else on the page, and the answers in full."""
    rows = "\n".join(f"| [{s.question}](#{s.anchor}) | {s.briefly} |" for s in SECTIONS)
    rows += f"\n| [Pros](#pros) | {IN_FAVOUR} |\n| [Cons](#pros) | {AGAINST} |"
    with st.container(key="guide_short"):
        st.markdown(f"| VarianceScaling | in short |\n|:--|:--|\n{rows}")
    ways = " · ".join(f"[{heading}](#{anchor})" for anchor, heading in CONTENTS)
    st.markdown(
        f"{ways}\n\nLinks to experiments open in a tab of their own; change anything there."
    )
    for section in SECTIONS:
        st.subheader(section.question, anchor=section.anchor)
        st.markdown(section.prose)


def _pros_and_cons() -> None:
    _heading("pros")
    left, right = st.columns(2, gap="medium")
    for column, word, lines in ((left, "For it", PROS), (right, "Against it", CONS)):
        listed = "\n".join(f"- {line}" for line in lines)
        column.markdown(f"**{word}**\n\n{listed}")


def _law(experiment: Experiment) -> None:
    st.markdown(
        "The law that weights come from is one shape, N(0, 1) or its like, multiplied by a "
        "standard deviation: √(scale / n). Move n, and it narrows and rises; the area stays 1."
    )
    n = st.select_slider(
        "n, the number of products in a sum",
        COUNTS,
        value=16,
        key="guide_n",
        help=linked("guide_n"),
    )
    laws = densities(n)
    show_chart(law_figure(laws), law_sentence(n), "law")
    show_data("Data: the three laws", lambda: frames.laws_frame(laws), experiment, "laws")


def _defaults() -> None:
    st.markdown(DEFAULTS)
    with st.container(key="guide_defaults"):
        st.markdown(defaults_table())


def _reference(work: Reference) -> str:
    title = f"[{escaped(work.title)}]({work.address})" if work.address else escaped(work.title)
    return f"- **{work.name}.** {title}. {escaped(work.place)}. Gives {escaped(work.gives)}."
