"""A printable HTML page of one simulation: charts, table and verdict, from no other source.

The page is well-formed XML, has no script and asks for nothing: a chart is SVG text, a point's
numbers are its tooltip, and light and dark follow the reader's system.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

from vscore.cli.output import plain, power
from vscore.cli.series import LEVEL, Series
from vscore.cli.svg import chart

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --faint: #808489; --grid: #80848947;
  --paper: #ffffff; --signal: #0072b2; --gradient: #d55e00; --theory: #009e73; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --faint: #9aa0a6; --paper: #14171a;
  --signal: #56b4e9; --gradient: #f08a3c; --theory: #2cc295; } }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 1.6rem 0 0.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 36rem; height: auto;
  font: 13px system-ui, sans-serif; }
svg text { fill: var(--ink); } .grid { stroke: var(--grid); } .frame { stroke: var(--faint); }
.signal { --own: var(--signal); } .gradient { --own: var(--gradient); }
.point path { fill: var(--own); stroke: var(--paper); stroke-width: 0.7; }
.point:hover path { stroke: var(--ink); stroke-width: 2; }
.whiskers { stroke: var(--own); stroke-width: 1.2; fill: none; opacity: 0.75; }
.theory { stroke: var(--theory); stroke-width: 2; fill: none; }
.band { fill: var(--theory); opacity: 0.18; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.15rem 0.7rem; text-align: right; border-bottom: 1px solid var(--grid);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { :root { --ink: #000; --paper: #fff; --signal: #0072b2; --gradient: #d55e00;
  --theory: #009e73; } body { margin: 0; max-width: none; font-size: 11pt; }
  svg { min-width: 0; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
  * { print-color-adjust: exact; } }
"""


def page(
    title: str,
    facts: Sequence[tuple[str, str]],
    shown: Sequence[Series],
    sentences: Sequence[str],
    unit: str = "layer",
) -> str:
    """The page as text.

    Parameters
    ----------
    title : str
    facts : sequence of (name, value)
        What was simulated.
    shown : sequence of Series
        One chart each; the first is the signal's.
    sentences : sequence of str
        Notes and verdict, a paragraph each.
    unit : {"layer", "step"}
        What the network's depth counts.
    """
    name = escape(title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"/><title>{name}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>',
            f"<style>{_STYLE}</style></head>",
            f"<body><main><h1>{name}</h1>",
            "<dl>",
            *(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts),
            "</dl>",
            *(_figure(each, unit) for each in shown),
            "<h2>What happens</h2>",
            *(f"<p>{escape(sentence)}</p>" for sentence in sentences),
            "<h2>Numbers</h2>",
            f'<div class="scroll">{_table(shown, unit)}</div>',
            "</main></body></html>\n",
        ]
    )


def _figure(each: Series, unit: str) -> str:
    heading = escape(each.statistic.label[0].upper() + each.statistic.label[1:])
    texts = [
        f"{unit} {layer + 1}: {each.name} {_written(values[0], each)}"
        + (f", theory {_written(values[2], each)}" if np.isfinite(values[2]) else "")
        for layer, values in enumerate(zip(*each.columns, strict=True))
    ]
    return (
        f"<h2>{heading} by {unit}</h2>"
        f"<figure>{chart(each, unit, _description(each, unit), texts)}</figure>"
    )


def _description(each: Series, unit: str) -> str:
    """What a reader who does not see the chart would want from it."""
    first, last = (_written(each.measured[index], each) for index in (0, -1))
    count = len(each.networks)
    who = f"Mean over {count} networks" if count > 1 else "The network"
    text = f"{who}: {first} at the first {unit}, {last} at the last, {unit} {len(each.measured)}."
    if each.predicted is not None:
        ends = (_written(each.predicted[index], each) for index in (0, -1))
        text += " Theory: {} and {}.".format(*ends)
    if each.band is not None:
        ends = (_written(end[-1], each) for end in each.band)
        text += " {:.0%} band at the last: {} to {}.".format(LEVEL, *ends)
    return text


def _table(shown: Sequence[Series], unit: str) -> str:
    """Every layer's numbers."""
    header, columns = [unit], []
    for each in shown:
        names = (each.name, "+-", "theory", f"{LEVEL:.0%} from", "to")
        for name, column in zip(names, each.columns, strict=True):
            if not np.isnan(column).all():
                header.append(name.replace("+-", "±"))
                columns.append([_written(value, each) for value in column])
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    rows = (
        f'<tr><th scope="row">{layer}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for layer, cells in enumerate(zip(*columns, strict=True), start=1)
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _written(value: float, each: Series) -> str:
    if np.isnan(value):
        return "-"
    return (power if each.statistic.logarithmic else plain)(float(value), 4)
