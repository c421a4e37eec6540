"""The page that latency is measured against: the same two charts, drawn without computing.

A Streamlit script. The file named in VSCORE_BENCH_FIGURES holds the figures of each slider value,
pickled, as `latency.prepare` writes them.
"""

import os
import pickle
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.figures.theme import CONFIG


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
left, right = st.columns(2, gap="medium")
left.plotly_chart(weights, key="weights", theme=None, config=CONFIG, alt="weights")
right.plotly_chart(signal, key="signal", theme=None, config=CONFIG, alt="signal")
