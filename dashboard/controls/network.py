"""Which deep network, its sizes, and what is followed through it."""

from typing import Any

import streamlit as st

from dashboard.controls.memory import fill_gaps, moved
from dashboard.controls.widgets import choice_slider, segments, select, set_unlocked, slider
from dashboard.experiment import FAMILIES, STATISTICS
from dashboard.links.setting import INITIALIZER_NAMES
from vscore.activations import ACTIVATIONS, Activation
from vscore.networks import PADDINGS

_CELL_NAMES = {"simple_rnn": "Simple RNN", "lstm": "LSTM", "gru": "GRU"}
_TAPERS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
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
    fields["width"] = choice_slider("width")
    if family != "recurrent":
        fields["taper"] = choice_slider("taper", numbers=_TAPERS)
    for name in ("networks", "batch"):
        fields[name] = choice_slider(name)
    fields["bias_variance"] = slider("bias_variance")
    fields["statistic"] = select("statistic", "Follow forward", STATISTICS, STATISTICS.__getitem__)
    return fields


def _family_chosen() -> None:
    """Sizes at which the family shows something within a moment."""
    fill_gaps()
    if "family" in moved():
        set_unlocked(FAMILIES[st.session_state["family"]].start)


def _keep_what_is_out_of_sight() -> None:
    """Set again what the family in sight may not ask for: Streamlit forgets hidden widgets."""
    for key in ("act", "slope", "padding", "image_size", "cell", "recurrent", "taper"):
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _activation() -> Activation:
    kind = select("act", "Activation", ACTIVATIONS, lambda kind: ACTIVATIONS[kind].label)
    if ACTIVATIONS[kind].slope is None:
        return ACTIVATIONS[kind]
    st.session_state.setdefault("slope", ACTIVATIONS[kind].slope)
    return Activation(kind, slider("slope", control="act"))
