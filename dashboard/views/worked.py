"""The worked example: two Dense layers, their kernels, their softmax, and the Keras code."""

import streamlit as st

from dashboard import compute, frames
from dashboard.experiment import Experiment
from dashboard.figures.weights import weights_figure
from dashboard.figures.worked import entropy_figure, shares_by_class_figure
from dashboard.guide.example import LAYERS, SCALES, work
from dashboard.guide.labels import linked
from dashboard.views.parts import Progress, show_chart, show_data
from dashboard.words.guide import (
    entropy_sentence,
    kernel_sentence,
    shares_by_class_sentence,
    summary_table,
)

INTRODUCTION = (
    "A network of two layers on 100 inputs: 64 units with ReLU, then 10 with a "
    "[softmax](#term-softmax). Both kernels come from VarianceScaling in mode fan_in with the "
    "cut normal law, biases are 0. At scale 1 the ten shares are near alike: the network has no "
    "opinion yet. Move the scale and watch the [entropy](#term-entropy)."
)


def show_worked(experiment: Experiment) -> None:
    """Summary, slider, four charts and the program."""
    st.markdown(INTRODUCTION)
    with st.container(key="guide_parameters"):
        st.markdown(summary_table())
    scale = st.select_slider(
        "Scale of both kernels",
        SCALES,
        value=1.0,
        key="guide_scale",
        help=linked("guide_scale"),
        format_func=lambda value: f"{value:g}",
    )
    worked = work(scale, experiment.seed)
    place = st.empty()
    waiting = Progress(place).waiting
    for index, column in enumerate(st.columns(2, gap="medium")):
        with column:
            shape = LAYERS[index].kernels[0].shape
            sample = compute.weights(worked.starts[index], shape, waiting=waiting)
            show_chart(
                weights_figure(sample), kernel_sentence(sample, index + 1), f"worked_kernel:{index}"
            )
    left, right = st.columns(2, gap="medium")
    with left:
        show_chart(
            shares_by_class_figure(worked), shares_by_class_sentence(worked), "worked_shares"
        )
    with right:
        show_chart(entropy_figure(worked), entropy_sentence(worked), "worked_entropy")
    st.markdown("The same in Keras; its random numbers are its own.")
    st.code(worked.code, language="python")
    show_data("Data: softmax", lambda: frames.shares_by_class_frame(worked), experiment, "softmax")
    show_data("Data: entropy", lambda: frames.entropy_frame(worked), experiment, "entropy")
