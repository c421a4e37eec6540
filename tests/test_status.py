"""The line for screen readers: every control's value in words, and what a page has to say."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.experiment import DEFAULT
from dashboard.links import parse
from dashboard.registry import PAGES, Page
from dashboard.status import settings_in_words
from tests.test_explore_app import opened

SMALL = "v=1&networks=2&batch=4&depth=4&width=16"

# By hand: a link, and what the line says of it; the labels are those on screen.
SAID = [
    ("layer=Conv2D", "Layer", "Conv2D"),
    ("layer=LSTM&kernel=recurrent_kernel", "Kernel", "recurrent_kernel"),
    ("units=300", "Units", "300"),
    ("layer=Conv2D&kernel_size=3x5", "Kernel size", "3x5"),
    ("layer=Conv2D&groups=4", "Groups", "4"),
    ("init=lecun_uniform", "Initializer", "LeCun uniform"),
    ("init=variance_scaling&scale=1.5", "Scale", "1.5"),
    ("init=variance_scaling&mode=fan_out", "Mode", "fan_out"),
    ("init=variance_scaling&distribution=uniform", "Distribution", "Uniform"),
    ("init=random_uniform&minval=-0.1", "Lower limit", "-0.1"),
    ("seed=7", "Seed", "7"),
    ("redraws=on", "Ten redraws", "on"),
    ("family=recurrent", "Layers", "Recurrent"),
    ("act=tanh", "Activation", "tanh"),
    ("act=leaky_relu&slope=0.05", "Negative slope", "0.05"),
    ("family=recurrent&cell=gru", "Cell", "gru"),
    ("family=recurrent&recurrent=he_normal", "Recurrent kernel", "He normal"),
    ("family=convolutional&padding=same", "Padding", "same"),
    ("family=convolutional&image_size=6", "Image size", "6"),
    ("depth=5", "Depth", "5"),
    ("width=24", "Width", "24"),
    ("taper=0.5", "Last width", "0.5"),
    ("networks=3", "Networks", "3"),
    ("batch=6", "Batch", "6"),
    ("bias_variance=0.1", "Bias variance", "0.1"),
    ("statistic=dead", "Follow forward", "Share of dead units"),
    ("convention=torch", "Fans as counted by", "PyTorch"),
    ("phase=xi", "Phase map of", "Depth scale ξ"),
    ("formula=x%2A%2A2", "Formula", "x**2"),
    ("tensor=3i5o", "Shape", "3 in × 5 out"),
    ("optimizer=adam", "Optimizer", "Adam"),
    ("rate=0.5", "Learning rate", "0.5"),
    ("epochs=20", "Epochs", "20"),
    ("hidden=4", "Hidden layers", "4"),
    ("neurons=16", "Units a layer", "16"),
    ("x=depth", "First axis", "Depth"),
    ("x_from=0.25", "First axis from", "0.25"),
    ("x_to=4", "First axis to", "4"),
    ("x_points=9", "First axis points", "9"),
    ("x_spacing=linear", "First axis spacing", "linear"),
    ("x=activation&x_names=tanh.relu", "First axis names", "relu, tanh"),
    ("y=width", "Second axis", "Width"),
    ("y=mode", "Second axis names", "fan_in, fan_out, fan_avg, fan_geo_avg"),
    ("measure=chi_1", "Measure", "gradient factor χ₁ a layer"),
    ("source=predicted", "Found by", "theory"),
    ("settings=3&b.seed=1", "Settings", "A to C"),
    ("settings=2&setting=b", "Edited setting", "B"),
]


@pytest.mark.parametrize(("query", "label", "value"), SAID)
def test_settings_in_words(query: str, label: str, value: str) -> None:
    said = settings_in_words(parse(query)[0])
    assert said[label] == value
    assert settings_in_words(DEFAULT).get(label) != value


def line(page: AppTest) -> dict[str, Any]:
    """What the line is told."""
    assert not page.exception
    (found,) = [c.proto for c in page.get("bidi_component") if c.proto.component_name == NAME]
    told: list[dict[str, Any]] = json.loads(found.json)
    return told[0]


NAME = "vscore.status"
OTHERS = [
    "", "layer=Conv2D&filters=64&groups=2", "layer=LSTM", "init=orthogonal", "init=random_uniform",
    "act=leaky_relu", "family=convolutional", "family=recurrent",
]  # fmt: skip


KINDS = ("number_input", "slider", "select_slider", "selectbox", "toggle", "button_group")

# By hand: another value of each control, by its key; a number that is typed is one more.
ANOTHER = {
    "layer": "GRU", "kernel": "recurrent_kernel", "Conv2D_groups_0": 1, "init": "zeros",
    "scale": 3.0, "mode": "fan_out", "distribution": "uniform", "gain": 3.0, "minval": -0.1,
    "maxval": 0.1, "redraws": True, "family": "dense", "act": "tanh", "slope": 0.05,
    "padding": "same", "image_size": 6, "cell": "gru", "recurrent": "he_normal", "depth": 5,
    "width": 32, "taper": 0.5, "networks": 4, "batch": 8, "bias_variance": 0.1,
    "statistic": "dead",
}  # fmt: skip


@pytest.mark.parametrize(
    "query", [OTHERS[0], *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS[1:])]
)
def test_every_control_of_the_sidebar_changes_the_line(query: str) -> None:
    page = opened(f"{SMALL}&{query}")
    told = line(page)
    widgets: list[Any] = [widget for kind in KINDS for widget in page.sidebar.get(kind)]
    assert len(widgets) > 10
    for widget in widgets:
        key = str(widget.key)
        value = widget.value + 1 if widget.type == "number_input" else ANOTHER[key]
        if key == "family" and widget.value == "dense":
            value = "recurrent"
        changed = opened(f"{SMALL}&{query}")
        changed.session_state[key] = value
        changed.run()
        assert line(changed)["settings"] != told["settings"], key


def test_redraw_changes_the_line() -> None:
    page = opened(SMALL)
    next(button for button in page.sidebar.button if button.label == "Redraw").click().run()
    assert ["Seed", "1"] in line(page)["settings"]


# What came of it


def test_what_comes_of_the_settings_is_said() -> None:
    told = line(opened("v=1&depth=20&width=128&act=linear&init=variance_scaling&scale=0.5"))
    # A linear layer multiplies both by the scale, at any width.
    assert told["page"] == "Explore"
    assert told["result"] == (
        "signal vanishing, 0.5 times a layer, gradient vanishing, 0.5 times a layer"
    )


def test_a_presentation_has_no_line() -> None:
    page = opened(f"{SMALL}&present=signal")
    assert not [c for c in page.get("bidi_component") if c.proto.component_name == NAME]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_every_page_has_one_line(page: Page) -> None:
    script = f"""
import streamlit as st
from dashboard.links import parse
from dashboard.registry import PAGES, Page
from dashboard.status import show_status
shown, _ = parse({SMALL!r})
(page,) = [page for page in PAGES if page.path == {page.path!r}]
st.navigation([st.Page(lambda: None, title="p")], position="hidden")
show_status(page.title, shown, page.render(shown) or "")
"""
    told = line(AppTest.from_string(script, default_timeout=30).run())
    assert told["page"] == page.title


def test_what_is_typed_travels_as_text() -> None:
    """The browser writes it as text; Markdown and HTML mean nothing there."""
    told = line(opened(f"{SMALL}&formula=%3Cimg+src%3Dx%3E"))
    assert ["Formula", "<img src=x>"] in told["settings"]
