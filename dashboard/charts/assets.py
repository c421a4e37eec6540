"""What the browser loads to draw charts: Plotly's script, and our own module."""

import hashlib
from pathlib import Path

from dashboard.figures import script

FOLDER = "_charts"
"""The part of the address below which both are served. Streamlit's own begin with `_stcore`."""

_MODULE_FILE = Path(__file__).with_name("chart.js")


def _path(name: str, file: Path) -> str:
    """Browsers keep a file for a year, so its name changes with its text."""
    return f"{FOLDER}/{name}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


MODULE = f"{_path('chart', _MODULE_FILE)}.js"
"""Our module's path, relative to the page's."""

PLOTLY = f"{_path('plotly', script.FILE)}.min.js"
"""The path of Plotly's script, relative to the page's."""

FILES = {f"/{MODULE}": _MODULE_FILE, f"/{PLOTLY}": script.FILE}
"""Each file by its path on the server, without the server's base path."""
