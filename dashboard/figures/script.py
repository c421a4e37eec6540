"""Plotly's script, which draws the figures: in the app, and in reports.

It is `plotly.js-cartesian-dist-min` from npm as its makers publish it (MIT, its head says so): the
charts on two axes. The whole script, in the wheel of Plotly's Python package, has maps and solids
too, and is three times as large; phones wait for that. Whoever replaces it takes the version that
the wheel has.
"""

from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("plotly-cartesian.min.js")


@cache
def script() -> str:
    """The script's text."""
    return FILE.read_text("utf-8")
