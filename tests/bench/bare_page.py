"""The page that latency is measured against: the same two charts, drawn without computing.

A Streamlit script. The file named in VSCORE_BENCH_FIGURES holds the figures of each slider value,
pickled, as `latency.prepare` writes them; VSCORE_BENCH_CHARTS says by what they are drawn.
"""

import os
import pickle
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import charts
from dashboard.figures.theme import CONFIG

DRAW: Mapping[str, Callable[..., object]] = {
    "ours": charts.show,
    "streamlit": partial(st.plotly_chart, theme=None, config=CONFIG),
}


@st.cache_resource
def figures() -> list[tuple[float, dict[str, Any], dict[str, Any]]]:
    """The slider's values, each with its two figures."""
    loaded: list[tuple[float, dict[str, Any], dict[str, Any]]] = pickle.loads(
        Path(os.environ["VSCORE_BENCH_FIGURES"]).read_bytes()
    )
    return loaded


st.set_page_config("bare", layout="wide")
scales = [scale for scale, _, _ in figures()]
with st.sidebar:
    chosen = st.select_slider("Scale", scales, format_func=lambda scale: f"{scale:.4g}")
_, weights, signal = figures()[scales.index(chosen)]
draw = DRAW[os.environ["VSCORE_BENCH_CHARTS"]]
left, right = st.columns(2, gap="medium")
with left:
    draw(weights, key="weights", alt="weights")
with right:
    draw(signal, key="signal", alt="signal")
