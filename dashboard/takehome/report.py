"""The whole page as one HTML file that needs no network: live charts, all numbers.

Plotly's script is written into it. A policy in its head allows that script and one more, by their
hashes, and no request at all; words of a link stand in it as text only.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from html import escape

import numpy as np
from plotly.io.json import to_json_plotly

from dashboard.experiment import LETTERS, Experiment
from dashboard.figures.script import script
from dashboard.figures.theme import CONFIG
from dashboard.frames.tables import Frame
from dashboard.results import Results
from dashboard.takehome.contents import TITLES, Chart, charts
from dashboard.takehome.mathml import mathml
from dashboard.takehome.provenance import link, versions
from dashboard.takehome.source import source
from dashboard.takehome.style import STYLE
from dashboard.words.numbers import figure, times
from dashboard.words.signal import headline, icon
from dashboard.words.weights import formula, layer_numbers
from vscore.verdicts import verdict

_START = """"use strict";
const {figures, config} = JSON.parse(document.getElementById("figures").textContent);
figures.forEach(({data, layout}, place) => {
    if (innerWidth < 480)  // a phone: words above a chart would leave it
        for (const words of layout.annotations || []) words.font = {...words.font, size: 10.5};
    Plotly.newPlot(`chart-${place}`, data, layout, config);
});
"""

_TITLE = "What weight initialization does to a network"


def report(experiment: Experiment, results: Sequence[Results], address: str = "") -> str:
    """The report as text.

    Parameters
    ----------
    experiment : Experiment
        One setting, or several.
    results : sequence of Results
        One for each of `experiment.settings`.
    address : str, optional
        Where the page is served, with http or https; the link is then one to click.
    """
    settings = experiment.settings
    shown = [charts(each, found) for each, found in zip(settings, results, strict=True)]
    title = escape(experiment.handout.title or _TITLE)
    first, body = 0, []
    for letter, setting, found, drawn in zip(LETTERS, settings, results, shown, strict=False):
        heading = f"Setting {letter}" if len(settings) > 1 else ""
        body.append(_setting(heading, setting, found, drawn, first))
        first += len(drawn)
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">{_policy()}',
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{STYLE}</style></head>",
            f"<body><main><header><h1>{title}</h1>",
            f"<p>{escape(experiment.handout.question)}</p>" if experiment.handout.question else "",
            "</header>",
            *body,
            _provenance(experiment, address),
            "</main>",
            f'<script type="application/json" id="figures">{_data(shown)}</script>',
            f"<script>{script()}</script>\n<script>{_START}</script></body></html>\n",
        ]
    )


@cache
def _policy() -> str:
    """Nothing may load; two scripts may run."""
    digests = (hashlib.sha256(text.encode()).digest() for text in (script(), _START))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    content = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{content}">'


def _data(shown: Sequence[Sequence[Chart]]) -> str:
    """The figures as JSON that cannot end its script element: Plotly writes < as \\u003c."""
    figures = [chart.figure for drawn in shown for chart in drawn]
    text: str = to_json_plotly({"figures": figures, "config": CONFIG})
    return text


def _setting(
    heading: str, setting: Experiment, results: Results, drawn: Sequence[Chart], first: int
) -> str:
    judged = verdict(results.measured, results.predicted)
    mark = icon(judged)
    kernel = setting.drawn_kernel
    title = f"{setting.layer.kind}, {kernel.name}: {times(kernel.shape)}"
    return "\n".join(
        [
            f"<section>{f'<h2>{heading}</h2>' if heading else ''}",
            f'<p class="verdict"><b>{mark}</b> {escape(headline(judged, results.measured))}</p>',
            '<div class="charts">',
            *(_figure(chart, place) for place, chart in enumerate(drawn, first)),
            f"</div><h3>{escape(title)}</h3>",
            _list([(label, value) for label, value, _ in layer_numbers(results.sample)], "numbers"),
            f'<div class="scroll">{mathml(formula(setting.initializer, results.sample))}</div>',
            f"<p>{escape(kernel.note)}</p>" if kernel.note else "",
            _list(_specs(setting), "specs"),
            *(_table(TITLES[chart.name], chart.table) for chart in drawn),
            "</section>",
        ]
    )


def _specs(setting: Experiment) -> list[tuple[str, str]]:
    """What was drawn and simulated, as vscore's own expressions."""
    return [
        ("Layer", source(setting.layer)),
        ("Initializer", source(setting.drawn_initializer.with_seed(None))),
        ("Network", source(setting.network)),
        ("Networks, inputs", f"{setting.networks}, {setting.batch}"),
    ]


def _figure(chart: Chart, place: int) -> str:
    sentence = escape(chart.sentence)
    height = chart.figure["layout"]["height"]
    return (
        f'<figure><div id="chart-{place}" role="img" aria-label="{sentence}" '
        f'style="height: {height}px"><noscript>The chart needs JavaScript; its numbers are in the '
        f"tables below.</noscript></div><figcaption>{sentence}</figcaption></figure>"
    )


def _provenance(experiment: Experiment, address: str) -> str:
    words = escape(link(experiment))
    if address.startswith(("http://", "https://")):
        whole = escape(address.partition("?")[0] + link(experiment))
        words = f'<a href="{whole}" rel="noreferrer">{whole}</a>'
    made = [("Seed", str(experiment.seed)), *versions().items()]
    where = f'<dl class="specs"><dt>Link</dt><dd>{words}</dd></dl>'
    return f"<footer>{where}{_list(made, 'specs')}</footer>"


def _list(pairs: Sequence[tuple[str, str]], name: str) -> str:
    items = (f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in pairs)
    return f'<dl class="{name}">{"".join(items)}</dl>'


def _table(title: str, table: Frame) -> str:
    heads = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table)
    rows = (
        f"<tr>{''.join(f'<td>{_written(value)}</td>' for value in row)}</tr>"
        for row in table.itertuples(index=False)
    )
    return (
        f"<details><summary>Data: {escape(title)}</summary>"
        f'<div class="scroll" tabindex="0"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _written(value: float) -> str:
    """Six digits, as a spreadsheet takes them from the clipboard."""
    if np.isnan(value):
        return "–"
    return f"{value:.6g}" if np.isfinite(value) else figure(value)
