"""Charts that are redrawn where they stand.

`st.plotly_chart` puts a new element in an old one's place at every change: a blank frame, and a
zoom that is lost. Our server also serves Plotly's own script, so there `show` draws by a small
component that keeps its element and hands it the new figure. Any other server has no such script:
there it is `st.plotly_chart`.
"""

import contextlib
import functools
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.charts import assets
from dashboard.charts.packing import packed
from dashboard.figures.theme import CONFIG, Figure

__all__ = ["clicked", "served", "show"]

# All that a chart's message carries of the program: the module itself is loaded once.
_LOADER = """
const at = path => new URL(path, document.baseURI).href;
const drawing = import(at("{module}"));
export default component => drawing.then(
    module => module.draw(component, at("{plotly}")),
    () => {{ component.parentElement.textContent = component.data[0].alt; }});
"""

_served = threading.Event()


@contextlib.contextmanager
def served() -> Iterator[None]:
    """While this lasts, the server of this process answers for `assets.FILES`."""
    _served.set()
    try:
        yield
    finally:
        _served.clear()


def show(figure: Figure, *, key: str, alt: str, on_click: Callable[[], None] | None = None) -> None:
    """Draw a Plotly figure where the script stands.

    Parameters
    ----------
    figure : dict
        ``data`` and ``layout``, with a ``layout.height`` in pixels, for which room is kept from
        the start; without one, the chart is as tall as the page lets its place be. While
        ``layout.uirevision`` stays the same, so does what the user has zoomed to; without one, a
        zoom ends with the next change.
    key : str
        The chart's name on the page: by it a rerun finds the chart again.
    alt : str
        What the chart shows, in words: for screen readers, and where it cannot be drawn.
    on_click : callable, optional
        Called before the next run when a point of the chart was clicked; `clicked` says which.
    """
    height = figure["layout"].get("height", "stretch")
    if not _served.is_set():
        st.plotly_chart(
            figure,
            key=key,
            theme=None,
            config=CONFIG,
            alt=alt,
            height=height,
            on_select=on_click or "ignore",
            selection_mode="points",
        )
        return
    shown = {"figure": packed(figure), "config": CONFIG, "alt": alt}
    # In a list: Streamlit would load pandas to ask whether a dictionary's values are data frames.
    if on_click is None:
        _component()(key=key, data=[shown], height=height)
    else:
        shown["clicks"] = True
        _component()(key=key, data=[shown], height=height, on_click_change=on_click)


def clicked(key: str) -> tuple[float, float] | None:
    """Where a chart was clicked, by its axes; None where nothing sound was sent.

    Parameters
    ----------
    key : str
        The chart's; for callbacks of `show`.
    """
    found: Any = st.session_state.get(key)
    if found is None:
        return None
    if not _served.is_set():
        points = found.get("selection", {}).get("points", ())
        found = {"click": points[0]} if points else {}
    click = found.get("click")
    try:
        x, y = float(click["x"]), float(click["y"])
    except (TypeError, KeyError, ValueError):
        return None
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


@functools.cache
def _component() -> ComponentRenderer:
    loader = _LOADER.format(module=assets.MODULE, plotly=assets.PLOTLY)
    # Plotly writes its styles into the document, where a shadow root would not see them.
    return st.components.v2.component("vscore.chart", js=loader, isolate_styles=False)
