"""Code tabs on the pages: what is shown is what `export_code` writes, for every framework."""

import ast
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from vscore import convnet, mlp, recurrent
from vscore.export import EXPORTERS, export_code
from vscore.initializers import INITIALIZERS
from vscore.layers import LSTM, Conv2D, Dense, MultiHeadAttention

SMALL = "v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4"

# By hand: the labels of the tabs.
TABS = {
    "keras": "Keras 3",
    "torch": "PyTorch",
    "jax": "JAX with Flax (nnx)",
    "numpy": "NumPy",
}


def script() -> None:
    """The app with the page that the address' last word names."""
    import streamlit as st

    from dashboard.controls import experiment
    from dashboard.views import compare, explore

    page = st.session_state["page"]
    shown, _ = experiment()
    {"explore": explore, "compare": compare}[page].render(shown)


def opened(page: str, query: str, framework: str = "keras", part: str = "layer") -> AppTest:
    """A page with its code section open at one framework's tab."""
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["page"] = page
    app.session_state["code"] = True
    app.session_state["code_framework"] = TABS[framework]
    app.session_state["code_part"] = part
    for name, text in parse_qsl(query):
        app.query_params[name] = text
    app.run()
    assert [error.value for error in app.exception] == []
    return app


def shown(app: AppTest) -> str:
    """The program; Streamlit takes the last line's end off."""
    (code,) = app.code
    assert code.language == "python"
    return f"{code.value}\n"


def test_every_framework_has_a_tab() -> None:
    assert {name: exporter.label for name, exporter in EXPORTERS.items()} == TABS


@pytest.mark.parametrize("framework", EXPORTERS)
@pytest.mark.parametrize("part", ["layer", "network"])
def test_explore_shows_the_selected_setting(framework: str, part: str) -> None:
    app = opened("explore", f"{SMALL}&init=glorot_uniform&act=tanh", framework, part)
    meant = {
        "layer": (Dense(30, 20), "glorot_uniform"),
        "network": mlp((16,) * 5, activation="tanh", initializer="glorot_uniform"),
    }[part]
    assert shown(app) == export_code(meant, framework)  # type: ignore[arg-type]  # either of them


@pytest.mark.parametrize("framework", EXPORTERS)
@pytest.mark.parametrize("part", ["layer", "network"])
def test_compare_shows_all_settings(framework: str, part: str) -> None:
    query = f"{SMALL}&settings=3&b.init=zeros&c.layer=Conv2D&c.family=convolutional&c.depth=2"
    app = opened("compare", query, framework, part)
    he = INITIALIZERS["he_normal"]
    sizes = {"initializer": he, "activation": "relu"}
    meant = {
        "layer": [(Dense(30, 20), he), (Dense(30, 20), "zeros"), (Conv2D(), he)],
        "network": [
            mlp((16,) * 5, **sizes),  # type: ignore[arg-type]  # by name
            mlp((16,) * 5, activation="relu", initializer="zeros"),
            convnet((16,) * 3, image_size=12, **sizes),  # type: ignore[arg-type]  # by name
        ],
    }[part]
    text = shown(app)
    assert text == export_code(meant, framework)  # type: ignore[arg-type]  # either of them
    names = {each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)}
    assert {"build_a", "build_b", "build_c"} <= names


@pytest.mark.parametrize("framework", EXPORTERS)
def test_the_drawn_kernel_starts_as_chosen_and_the_others_as_in_keras(framework: str) -> None:
    app = opened("explore", "v=1&layer=LSTM&kernel=recurrent_kernel&init=lecun_normal", framework)
    meant = (LSTM(128, 64), {"recurrent_kernel": "lecun_normal"})
    assert shown(app) == export_code(meant, framework)


def test_the_first_kernel_s_initializer_is_the_layer_s() -> None:
    app = opened("explore", "v=1&layer=MultiHeadAttention&init=he_uniform")
    assert shown(app) == export_code((MultiHeadAttention(), "he_uniform"))


def test_a_recurrent_network_is_written_with_its_steps() -> None:
    query = "v=1&family=recurrent&cell=gru&depth=3&width=16&networks=2&batch=4&recurrent=he_normal"
    app = opened("explore", query, "torch", "network")
    meant = recurrent(
        "gru",
        input_dim=16,
        units=16,
        steps=3,
        kernel_initializer="he_normal",
        recurrent_initializer="he_normal",
    )
    assert shown(app) == export_code(meant, "torch")


def test_what_cannot_be_written_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise ValueError("there is no such *law* in Keras")

    monkeypatch.setattr("dashboard.views.code.export_code", refuse)
    app = opened("explore", SMALL)
    assert len(app.code) == 0
    assert [box.value for box in app.warning if "law" in box.value] == [
        r"there is no such \*law\* in Keras"
    ]


@pytest.mark.parametrize("page", ["explore", "compare"])
def test_nothing_is_written_until_it_is_asked_for(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["page"] = page
    for name, text in parse_qsl(SMALL):
        app.query_params[name] = text
    calls: list[object] = []
    monkeypatch.setattr("dashboard.views.code.export_code", lambda *given: calls.append(given))
    app.run()
    assert len(app.code) == 0
    assert calls == []
