"""What the Fans page asks for: whose fans, a typed formula, a kernel's axes.

The address holds each, and what is changed here goes there at once.
"""

import re
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.axes import CONVENTION_NAMES
from dashboard.controls.address import go_to, known, query
from dashboard.controls.widgets import unless_empty
from dashboard.experiment import Experiment
from dashboard.guide.labels import explained, linked
from dashboard.handout import LONGEST_TEXT, clean_text
from dashboard.links import parse
from dashboard.tensor import MOST_AXES, PARTS, Tensor, usual_parts
from dashboard.words.plain import escaped
from vscore.formulas.functions import FUNCTIONS

_REFUSED = "tensor_refused"
"""Why the shape last typed could not be used, and that shape."""


def choose_convention(shown: Experiment) -> None:
    """Whose rule counts the fans."""
    key = "fans_convention"
    st.session_state[key] = shown.convention
    st.segmented_control(
        "Fans as counted by",
        tuple(CONVENTION_NAMES),
        key=key,
        required=True,
        format_func=CONVENTION_NAMES.__getitem__,
        label_visibility="collapsed",
        on_change=unless_empty(key, lambda: _go(convention=st.session_state[key])),
    )


def type_formula(shown: Experiment) -> None:
    """An activation as a formula."""
    key = "fans_formula"
    st.session_state[key] = shown.formula
    st.text_input(
        "The sidebar's activation, or a formula in x",
        key=key,
        max_chars=LONGEST_TEXT,
        placeholder="x * sigmoid(1.702 * x)",
        on_change=lambda: _go(formula=clean_text(st.session_state[key])),
        help=explained(
            "formula", f"Numbers, x, pi, e, + - * / **, brackets and {', '.join(FUNCTIONS)}."
        ),
    )


def choose_tensor(shown: Experiment) -> None:
    """A shape, and what each of its axes is."""
    tensor = shown.tensor
    st.session_state["tensor_shape"] = " x ".join(map(str, tensor.shape))
    st.text_input(
        "Shape",
        key="tensor_shape",
        max_chars=60,
        on_change=_type_shape,
        help=explained("tensor", f"1 to {MOST_AXES} whole numbers, such as 3 x 3 x 64 x 128."),
    )
    refused = st.session_state.pop(_REFUSED, "")
    if refused:
        st.warning(escaped(refused), icon=":material/info:")
    for axis, column in enumerate(st.columns(len(tensor.shape), gap="small")):
        key = f"tensor_part_{axis}"
        st.session_state[key] = tensor.parts[axis]
        column.selectbox(
            f"Axis {axis}: {tensor.shape[axis]}",
            tuple(PARTS),
            key=key,
            format_func=PARTS.__getitem__,
            on_change=_choose_part,
            args=(axis,),
            help=linked("tensor"),
        )


def _type_shape() -> None:
    """Use the shape that was typed; the parts stay where there are as many axes as before."""
    opened, _ = parse(known() or query())
    text = st.session_state["tensor_shape"]
    sizes = re.split(r"[x×*,; ]+", text.strip(" ()[]x×*,;"))
    try:
        if not all(re.fullmatch(r"[0-9]{1,9}", size, re.ASCII) for size in sizes):
            raise ValueError(f"shape must be whole numbers such as 3 x 3 x 64 x 128; got {text}")
        same = len(sizes) == len(opened.tensor.shape)
        parts = opened.tensor.parts if same else usual_parts(len(sizes))
        _go(tensor=Tensor(tuple(map(int, sizes)), parts))
    except ValueError as error:
        st.session_state[_REFUSED] = str(error)


def _choose_part(axis: int) -> None:
    opened, _ = parse(known() or query())
    parts = list(opened.tensor.parts)
    parts[axis] = st.session_state[f"tensor_part_{axis}"]
    _go(tensor=replace(opened.tensor, parts="".join(parts)))


def _go(**fields: Any) -> None:
    """What all settings share changes in all of them."""
    opened, _ = parse(known() or query())
    go_to(replace(opened, **fields))
