"""Which deep network, its sizes, and what is followed through it."""

from typing import Any

import streamlit as st

from dashboard.controls.widgets import choice_slider, segments, select, slider
from dashboard.experiment import FAMILIES, STATISTICS
from dashboard.links import INITIALIZER_NAMES
from vscore.activations import ACTIVATIONS, Activation
from vscore.networks import PADDINGS

_CELL_NAMES = {"simple_rnn": "Simple RNN", "lstm": "LSTM", "gru": "GRU"}
_PADDING_HELP = "What lies around the image: itself again, or zeros, as Keras' same has it."


def choose_network() -> dict[str, Any]:
    """The deep network's fields; those of another family keep what they had."""
    _keep_what_is_out_of_sight()
    family = segments(
        "family", "Layers", {k: f.label for k, f in FAMILIES.items()}, on_change=_family_chosen
    )
    fields: dict[str, Any] = {"family": family}
    if family == "recurrent":
        fields["cell"] = segments("cell", "Cell", _CELL_NAMES)
        fields["recurrent"] = select("recurrent", "Recurrent kernel", INITIALIZER_NAMES[:-1])
    else:
        fields["activation"] = _activation()
    if family == "convolutional":
        fields["padding"] = segments("padding", "Padding", {p: p for p in PADDINGS}, _PADDING_HELP)
        fields["image_size"] = slider("image_size")
    fields["depth"] = slider("depth")
    for name in ("width", "networks", "batch"):
        fields[name] = choice_slider(name)
    fields["bias_variance"] = slider("bias_variance")
    fields["statistic"] = select("statistic", "Follow forward", STATISTICS, STATISTICS.__getitem__)
    return fields


def _family_chosen() -> None:
    """Sizes at which the family shows something within a moment."""
    for name, size in FAMILIES[st.session_state["family"]].start.items():
        st.session_state[name] = size


def _keep_what_is_out_of_sight() -> None:
    """Set again what the family in sight may not ask for: Streamlit forgets hidden widgets."""
    for key in ("act", "slope", "padding", "image_size", "cell", "recurrent"):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _activation() -> Activation:
    kind = st.selectbox(
        "Activation", tuple(ACTIVATIONS), key="act", format_func=lambda k: ACTIVATIONS[k].label
    )
    if ACTIVATIONS[kind].slope is None:
        return ACTIVATIONS[kind]
    st.session_state.setdefault("slope", ACTIVATIONS[kind].slope)
    return Activation(kind, slider("slope"))
