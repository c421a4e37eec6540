"""What is handed out of an experiment: its absolute link, a QR code of it, a frame that holds it.

Pure text; what a person wrote is escaped for the place where it stands.
"""

from html import escape
from urllib.parse import urlsplit

import segno

from dashboard.experiment import Experiment
from dashboard.links import encode

UNTITLED = "Weight initialization"
"""What a frame is called to those who do not see it, where the teacher gave no title."""

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

_QUIET_ZONE = 4
"""Light modules that must surround the code (ISO/IEC 18004)."""


def absolute_link(address: str, experiment: Experiment) -> str:
    """The link that opens an experiment from anywhere.

    Parameters
    ----------
    address : str
        Of the page, as the browser sees it, without a query.
    experiment : Experiment
    """
    return f"{address}?{encode(experiment)}"


def is_local(address: str) -> bool:
    """Whether only this computer can open the address."""
    return urlsplit(address).hostname in _HERE


def embed_snippet(link: str, title: str) -> str:
    """HTML for a course's page: the experiment in a frame.

    Parameters
    ----------
    link : str
        From `absolute_link`.
    title : str
        Read aloud in place of the frame's content; any text.
    """
    return (
        f'<iframe src="{escape(link)}&amp;embed=true" title="{escape(title or UNTITLED)}"\n'
        '  loading="lazy" allow="clipboard-write" width="100%" height="900"\n'
        '  style="border: 0"></iframe>'
    )


def qr_svg(link: str) -> str | None:
    """The link as a QR code, an SVG element as wide as its place; None where it is too long.

    Black on white in any theme, since many readers cannot read an inverted code. The error level
    is the highest that needs no more modules, so the modules are as large as can be.
    """
    try:
        code = segno.make_qr(link, error="l")
    except segno.DataOverflowError:
        return None
    drawn = code.svg_inline(border=_QUIET_ZONE, dark="#000", light="#fff", omitsize=True)
    # Without this the edges between modules are blurred where a module is no whole pixel.
    return str(drawn).replace("<svg ", '<svg shape-rendering="crispEdges" ', 1)
