"""The gains of an activation: the sidebar's, or a formula that is typed here."""

import streamlit as st

from dashboard import frames
from dashboard.controls.inspector import type_formula
from dashboard.experiment import Experiment
from dashboard.guide.labels import linked
from dashboard.views.parts import show_data
from dashboard.words.gains import gains_rows, gains_sentence, marked, torch_sentence
from dashboard.words.plain import escaped
from vscore.activations import Activation
from vscore.formulas import FormulaError
from vscore.meanfield import gains


def show_gains(experiment: Experiment) -> None:
    """Moments, gains, scales and the lines to paste."""
    with st.container(key="gains", gap="small"):
        st.subheader("Gains: what an activation takes, and what gives it back", anchor=False)
        type_formula(experiment)
        activation = _activation(experiment)
        if activation is not None:
            _show(activation)
    show_data("Data: gains of all activations", frames.gains_frame, experiment, "gains")


def _show(activation: Activation) -> None:
    found = gains(activation)
    st.markdown(escaped(gains_sentence(activation, found)))
    left, right = st.columns(2, gap="medium")
    with left:
        rows = "\n".join(
            f"| {linked(name, name)} | {' | '.join(cells)} |" for name, *cells in gains_rows(found)
        )
        st.markdown(f"| z from N(0, 1) | value | meaning |\n|:--|--:|:--|\n{rows}")
    with right:
        st.caption("Keeps the signal's second moment")
        st.code(
            found.forward_line or "# no scale does: E φ² is 0", language="python", wrap_lines=True
        )
        st.caption("Keeps the gradient's second moment")
        st.code(
            found.backward_line or "# no scale does: E φ'² is 0", language="python", wrap_lines=True
        )
        st.caption(escaped(torch_sentence(activation, found)))


def _activation(experiment: Experiment) -> Activation | None:
    """The typed one, the sidebar's where nothing is typed, None where it cannot be read."""
    if not experiment.formula:
        return experiment.activation
    try:
        return Activation.from_formula(experiment.formula)
    except FormulaError as error:
        st.error(escaped(error.reason), icon=":material/error:")
        st.code(marked(error), language=None, wrap_lines=False)
        return None
