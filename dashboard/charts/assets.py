"""What the browser loads to draw charts: Plotly's script from its wheel, and our own module."""

import hashlib
from importlib import metadata, util
from pathlib import Path

FOLDER = "_charts"
"""The part of the address below which both are served. Streamlit's own begin with `_stcore`."""


def _plotly_file() -> Path:
    package = util.find_spec("plotly")  # found, not imported: its Python is not needed here
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "package_data" / "plotly.min.js"


_MODULE_FILE = Path(__file__).with_name("chart.js")

# Browsers keep both for a year, so a file's name must change with its text.
MODULE = f"{FOLDER}/chart-{hashlib.sha256(_MODULE_FILE.read_bytes()).hexdigest()[:12]}.js"
"""Our module's path, relative to the page's."""

PLOTLY = f"{FOLDER}/plotly-{metadata.version('plotly')}.min.js"
"""The path of Plotly's script, relative to the page's."""

FILES = {f"/{MODULE}": _MODULE_FILE, f"/{PLOTLY}": _plotly_file()}
"""Each file by its path on the server, without the server's base path."""
