"""The Explore page as a script: every control at both ends, links in and out, notices."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from dashboard import budget as limits
from dashboard import controls as sidebar
from dashboard.controls.widgets import nice_numbers
from dashboard.experiment import DEFAULT, Experiment
from dashboard.links.setting import INITIALIZER_NAMES
from dashboard.together import sent_together
from dashboard.views.parts import Progress
from dashboard.words.plain import escaped
from tests.sampled import sampled
from vscore.activations import ACTIVATIONS
from vscore.layers import LAYERS
from vscore.parameters import PARAMETERS
from vscore.propagation import simulate

APP = Path(__file__).resolve().parent.parent / "dashboard" / "app.py"

MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
LAWS = ("truncated_normal", "untruncated_normal", "uniform")

# By hand: the sizes that each layer's controls ask for, in Keras' words.
SIZES: Mapping[str, tuple[str, ...]] = {
    "Dense": ("input_dim", "units"),
    "Conv1D": ("input_channels", "filters", "kernel_size", "strides"),
    "Conv2D": ("input_channels", "filters", "kernel_size", "strides"),
    "Conv3D": ("input_channels", "filters", "kernel_size", "strides"),
    "Conv2DTranspose": ("input_channels", "filters", "kernel_size", "strides"),
    "DepthwiseConv2D": ("input_channels", "kernel_size", "strides", "depth_multiplier"),
    "SeparableConv2D": (
        "input_channels",
        "filters",
        "kernel_size",
        "strides",
        "depth_multiplier",
    ),
    "Embedding": ("input_dim", "output_dim"),
    "SimpleRNN": ("input_dim", "units"),
    "LSTM": ("input_dim", "units"),
    "GRU": ("input_dim", "units"),
    "MultiHeadAttention": ("input_dim", "num_heads", "key_dim"),
}
SLIDERS: Mapping[str, tuple[str, ...]] = {
    "random_normal": ("mean", "stddev"),
    "truncated_normal": ("mean", "stddev"),
    "random_uniform": ("minval", "maxval"),
    "orthogonal": ("gain",),
    "zeros": (),
}
"""Of the initializers that are no VarianceScaling; the others have a scale, a mode and a law."""

NETWORK = ("depth", "width", "networks", "batch", "bias_variance", "seed")
SMALL = "v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4"
"""Where sizes do not matter: quick to compute."""


def opened(query: str = "") -> AppTest:
    """The page that a link opens."""
    page = AppTest.from_file(str(APP), default_timeout=30)
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    return page.run()


def verdicts(page: AppTest) -> list[str]:
    boxes = (*page.success, *page.warning, *page.error)
    return [box.value for box in boxes if box.value.startswith("**")]


def notices(page: AppTest) -> list[str]:
    return [box.value for box in page.warning if not box.value.startswith("**")]


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def metrics(page: AppTest) -> dict[str, str]:
    bodies = "".join(element.proto.body for element in page.get("html"))
    return dict(re.findall(r"<dt><a [^>]*>(.*?)</a></dt><dd><b>(.*?)</b>", bodies))


def heading(page: AppTest) -> str:
    """What the numbers are of."""
    bodies = "".join(element.proto.body for element in page.get("html"))
    (title,) = re.findall(r'class="facts"><h2>(.*?)</h2>', bodies)
    return str(title)


def shown(page: AppTest) -> tuple[Any, ...]:
    """All the numbers on the page."""
    return verdicts(page), charts(page), metrics(page), [tex.value for tex in page.latex]


def link(page: AppTest) -> dict[str, str]:
    return {name: "".join(text) for name, text in page.query_params.items()}


def widget(page: AppTest, key: str) -> Any:
    """The control of this key, of whatever kind."""
    return next(element for element in controls(page) if element.key == key)


def controls(page: AppTest) -> Iterator[Any]:
    for kind in ("number_input", "slider", "select_slider", "selectbox", "button_group"):
        yield from page.get(kind)


def assert_complete(page: AppTest, units: int = 0) -> None:
    """Verdict, charts (two, or the units' too) with descriptions and marks, numbers, formula."""
    assert [error.value for error in page.exception] == []
    (verdict,) = verdicts(page)
    assert verdict.startswith(("**✓** ", "**↓** ", "**↑** "))
    drawn = page.get("plotly_chart")
    assert len(drawn) == 2 + 2 * units
    for chart in drawn:
        assert_finite(json.loads(chart.proto.spec))
        assert len(chart.proto.alt) > 20
        said = escaped(chart.proto.alt)
        assert any(caption.value.startswith(f"{said} [") for caption in page.caption), "and words"
    series = [[trace["name"] for trace in figure["data"]] for figure in charts(page)]
    assert series[0] in (["drawn", "exact density"], ["drawn"])
    half = len(series[1]) // 2
    if link(page).get("statistic", "q") == "q":
        assert series[1][:half] == series[1][half:]
    assert split(series[1]) <= PANELS
    assert list(metrics(page)) == ["fan_in", "fan_out", "n", "std meant", "std drawn"]
    assert all(metrics(page).values())
    assert "std" in page.latex[0].value


def assert_finite(part: Any) -> None:
    """No null and no number that is infinite or nan, in lists and in encoded arrays."""
    match part:
        case {"bdata": bdata, "dtype": dtype}:
            assert np.isfinite(np.frombuffer(b64decode(bdata), dtype)).all()
        case dict():
            assert_finite(list(part.values()))
        case list():
            for value in part:
                assert_finite(value)
        case bool() | str():
            pass
        case _:
            assert part is not None
            assert np.isfinite(part)


BANDS = ("band, low", "band, high", "mean's band, low", "mean's band, high")
PANELS = {
    (*BANDS, "theory", "measured"),
    ("band, low", "band, high", "theory", "measured"),
    ("theory", "measured"),
    ("measured",),
}
"""What one panel of the signal chart may hold, from the back to the front."""


def split(series: list[str]) -> set[tuple[str, ...]]:
    """The upper and the lower panel's series: each ends with what was measured."""
    end = series.index("measured") + 1
    return {tuple(series[:end]), tuple(series[end:])}


def panels(page: AppTest) -> list[str]:
    """The signal chart's series."""
    return [trace["name"] for trace in charts(page)[1]["data"]]


def captions(page: AppTest) -> list[str]:
    """The sentences under the charts, as they are read."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


@cache
def default_page() -> AppTest:
    return opened()


def test_first_page() -> None:
    page = default_page()
    assert_complete(page)
    assert notices(page) == []
    # He's rule on 784 inputs: sqrt(2 / 784) = 0.0505.
    assert metrics(page)["fan_in"] == metrics(page)["n"] == "784"
    assert metrics(page)["fan_out"] == "256"
    assert metrics(page)["std meant"] == "0.05051"
    assert verdicts(page)[0].startswith("**✓** The signal is stable, × 1 a layer")
    assert r"\frac{2}{784}" in page.latex[0].value
    assert panels(page) == [*BANDS, "theory", "measured"] * 2


@pytest.mark.parametrize(
    ("query", "series"),
    [
        ("init=he_uniform", [*BANDS, "theory", "measured"]),
        ("init=orthogonal", ["theory", "measured"]),  # its weights are not independent
        ("init=random_normal&mean=0.5", ["measured"]),
        ("family=convolutional&image_size=4&batch=2", ["theory", "measured"]),
        ("family=recurrent&cell=simple_rnn", ["theory", "measured"]),
        ("family=recurrent&cell=lstm", ["measured"]),
    ],
)
def test_theory_and_band_are_drawn_where_there_are_any(query: str, series: list[str]) -> None:
    page = opened(f"{query}&depth=3&width=64&networks=2")
    assert_complete(page)
    assert panels(page) == series * 2
    says_why = "here is" in captions(page)[1]
    assert says_why == (series == ["theory", "measured"])


# Both ends of every control


@pytest.mark.parametrize("kind", sampled(6, LAYERS))
def test_layer_sizes(kind: str) -> None:
    page = opened(f"layer={kind}&depth=2&width=16&networks=2&batch=4")
    assert_complete(page)
    every = [box.key or "" for box in page.number_input]
    keys = [key for key in every if key.startswith(f"{kind}_")]
    names = {key.removeprefix(f"{kind}_").rpartition("_")[0] for key in keys}
    assert names == set(SIZES[kind])
    for key in keys:
        name = key.removeprefix(f"{kind}_").rpartition("_")[0]
        usual = widget(page, key).value
        low, high = map(int, PARAMETERS[name].shown)
        assert (widget(page, key).min, widget(page, key).max) == (low, high)
        for end in (low, high):
            widget(page, key).set_value(end).run()
            assert_complete(page)
            assert str(end) in link(page).get(name, str(usual)).split("x")
        widget(page, key).set_value(usual).run()


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_by_hand(kind: str) -> None:
    """Another one first: its sizes are not known to the session yet."""
    other = "LSTM" if kind == "Dense" else "Dense"
    page = opened(f"layer={other}&depth=2&width=16&networks=2&batch=4")
    widget(page, "layer").select(kind).run()
    assert_complete(page)
    assert link(page).get("layer", "Dense") == kind
    widget(page, "depth").set_value(3).run()
    assert_complete(page)
    assert link(page).get("layer", "Dense") == kind


@pytest.mark.parametrize(("kind", "kernels"), [
    ("SeparableConv2D", ("depthwise_kernel", "pointwise_kernel")),
    ("SimpleRNN", ("kernel", "recurrent_kernel")),
    ("LSTM", ("kernel", "recurrent_kernel")),
    ("GRU", ("kernel", "recurrent_kernel")),
    ("MultiHeadAttention", ("query_kernel", "key_kernel", "value_kernel", "output_kernel")),
])  # fmt: skip
def test_kernels(kind: str, kernels: tuple[str, ...]) -> None:
    page = opened(f"layer={kind}&depth=2&width=16&networks=2&batch=4")
    for kernel in kernels:
        widget(page, "kernel").select(kernel).run()
        assert_complete(page)
        assert heading(page).startswith(f"{kind}, {kernel}: ")
        assert link(page).get("kernel", kernels[0]) == kernel


@pytest.mark.parametrize("kind", ["Conv1D", "Conv2D", "Conv3D"])
def test_groups_offer_only_what_divides_both(kind: str) -> None:
    page = opened(f"layer={kind}&input_channels=12&filters=18&depth=2&width=16")
    groups = f"{kind}_groups_0"
    assert widget(page, groups).options == ["1", "2", "3", "6"]
    widget(page, groups).select(6).run()
    assert_complete(page)
    assert link(page)["groups"] == "6"
    widget(page, f"{kind}_filters_0").set_value(16).run()  # gcd 4: 6 falls to 4
    assert_complete(page)
    assert widget(page, groups).value == 4


def test_largest_groups() -> None:
    page = opened("layer=Conv2D&groups=64&depth=2&width=16")
    assert_complete(page)
    assert metrics(page)["fan_in"] == "9"  # 3 x 3 taps of 64 / 64 channels


@pytest.mark.parametrize("name", sampled(8, INITIALIZER_NAMES))
def test_initializers(name: str) -> None:
    page = opened(SMALL)
    widget(page, "init").select(name).run()
    assert_complete(page)
    sliders = SLIDERS.get(name, ("scale",))
    assert [key for key in ("scale", "mean", "stddev", "minval", "maxval", "gain")
            if key in [slider.key for slider in page.select_slider]] == list(sliders)  # fmt: skip
    for slider in sliders:
        usual = widget(page, slider).value
        for end in PARAMETERS[slider].shown:
            widget(page, slider).set_value(end).run()
            assert_complete(page)
            # Where minval is above maxval, the link names them in order.
            assert end in [float(link(page).get(key, "nan")) for key in sliders]
        widget(page, slider).set_value(usual).run()


@pytest.mark.parametrize("kind", sampled(6, ACTIVATIONS))
def test_activations(kind: str) -> None:
    page = opened(SMALL)
    widget(page, "act").select(kind).run()
    assert_complete(page)
    assert link(page).get("act", "relu") == kind
    has_slope = "slope" in [slider.key for slider in page.slider]
    assert has_slope == (kind == "leaky_relu")
    if has_slope:
        for end in PARAMETERS["slope"].shown:
            widget(page, "slope").set_value(end).run()
            assert_complete(page)
            assert float(link(page)["slope"]) == end


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("law", LAWS)
def test_modes_and_laws(mode: str, law: str) -> None:
    page = opened(f"{SMALL}&init=variance_scaling&scale=3")
    widget(page, "mode").set_value(mode).run()
    widget(page, "distribution").set_value(law).run()
    assert_complete(page)
    # 30 inputs, 20 outputs; sqrt(600) = 24.49.
    n = {"fan_in": "30", "fan_out": "20", "fan_avg": "25", "fan_geo_avg": "24.49"}[mode]
    assert metrics(page)["n"] == n
    assert (link(page).get("mode", "fan_in"), link(page).get("distribution", LAWS[0])) == (
        mode,
        law,
    )


@pytest.mark.parametrize("name", NETWORK)
def test_network(name: str) -> None:
    page = opened("width=64&depth=8&networks=4&batch=8")
    for end in PARAMETERS[name].shown:
        widget(page, name).set_value(end).run()
        assert_complete(page)
        assert notices(page) == []
        opened_value = link(page).get(name)
        assert opened_value is None or float(opened_value) == end


# Families


TINY = "depth=2&width=8&networks=1&batch=2"

# By hand: what each family asks for besides the layer and the initializer.
EVERY = ("family", "depth", "width", "networks", "batch", "bias_variance", "statistic")
OWN: Mapping[str, tuple[str, ...]] = {
    "dense": ("act",),
    "convolutional": ("act", "padding", "image_size"),
    "recurrent": ("cell", "recurrent"),
}
DESCRIPTIONS = {
    "dense": "2 dense layers of 8 units.",
    "convolutional": "2 convolutional layers, 3 x 3, 8 channels, on 12 x 12 circular.",
    "recurrent": "LSTM of 8 units over 2 steps.",
}


@pytest.mark.parametrize("family", OWN)
def test_family_asks_for_its_own_sizes(family: str) -> None:
    page = opened(f"family={family}&{TINY}")
    assert_complete(page)
    every = {name for names in OWN.values() for name in names} | set(EVERY)
    keys = {element.key for element in controls(page)} & every
    assert keys == {*EVERY, *OWN[family]}
    assert DESCRIPTIONS[family] in captions(page)[1]
    unit = "step" if family == "recurrent" else "layer"
    assert f"a {unit}" in verdicts(page)[0]
    assert f"over 2 {unit}s" in verdicts(page)[0]
    title = charts(page)[1]["layout"]["xaxis2"]["title"]["text"]
    assert title == ("time step t" if family == "recurrent" else "layer l")


@pytest.mark.parametrize("family", ["convolutional", "recurrent"])
@pytest.mark.parametrize("name", ["depth", "width", "networks", "batch", "bias_variance"])
def test_family_sizes(family: str, name: str) -> None:
    page = opened(f"family={family}&image_size=3&{TINY}")
    for end in PARAMETERS[name].shown:
        widget(page, name).set_value(end).run()
        assert_complete(page)
        assert notices(page) == []
        assert float(link(page).get(name, DEFAULTS[name])) == end


DEFAULTS = {"depth": "20", "width": "128", "networks": "8", "batch": "16", "bias_variance": "0"}


@pytest.mark.parametrize("padding", ["circular", "same"])
def test_image(padding: str) -> None:
    page = opened(f"family=convolutional&{TINY}")
    widget(page, "padding").set_value(padding).run()
    words = {"circular": "circular", "same": "zero-padded"}[padding]
    for end in (3, 32):
        widget(page, "image_size").set_value(end).run()
        assert_complete(page)
        assert link(page)["image_size"] == str(end)
        assert link(page).get("padding", "circular") == padding
        assert f"on {end} x {end} {words}." in captions(page)[1]


@pytest.mark.parametrize(
    ("cell", "name"), [("simple_rnn", "SimpleRNN"), ("lstm", "LSTM"), ("gru", "GRU")]
)
def test_cells(cell: str, name: str) -> None:
    page = opened(f"family=recurrent&{TINY}")
    widget(page, "cell").set_value(cell).run()
    assert_complete(page)
    assert link(page).get("cell", "lstm") == cell
    assert f"{name} of 8 units over 2 steps." in captions(page)[1]
    assert panels(page) == (["theory", "measured"] if cell == "simple_rnn" else ["measured"]) * 2
    before = charts(page)[1]["data"]
    for initializer in INITIALIZER_NAMES[:-1]:
        widget(page, "recurrent").select(initializer).run()
        assert_complete(page)
        assert link(page).get("recurrent", "orthogonal") == initializer
    assert charts(page)[1]["data"] != before
    assert widget(page, "recurrent").options[-1] == "Zeros"


def test_lstm_has_steps_and_no_theory() -> None:
    page = opened("family=recurrent&depth=50&width=16&networks=2&batch=4")
    assert_complete(page)
    assert panels(page) == ["measured", "measured"]
    assert " a step" in verdicts(page)[0]
    assert "over 50 steps" in verdicts(page)[0]
    assert "layer" not in verdicts(page)[0]
    assert "theory" not in captions(page)[1]
    below = charts(page)[1]["layout"]["annotations"][1]["text"]
    assert "gradient: mean (∂L/∂h)²" in below


STARTS = {
    "dense": {"depth": 20, "width": 128, "networks": 8, "batch": 16},
    "convolutional": {"depth": 20, "width": 16, "networks": 4, "batch": 8},
    "recurrent": {"depth": 50, "width": 64, "networks": 4, "batch": 16},
}


@pytest.mark.parametrize("before", STARTS)
@pytest.mark.parametrize("after", STARTS)
def test_family_sets_its_starting_sizes(before: str, after: str) -> None:
    page = opened(f"family={before}&{TINY}")
    if after != before:
        widget(page, "family").set_value(after).run()
    else:  # chosen already: sizes stay as they were set
        page.run()
    assert_complete(page)
    assert notices(page) == []
    small = {"depth": 2, "width": 8, "networks": 1, "batch": 2}
    expected = STARTS[after] if after != before else small
    assert {name: widget(page, name).value for name in small} == expected
    written = {name: float(link(page).get(name, DEFAULTS[name])) for name in small}
    assert written == expected
    assert link(page).get("family", "dense") == after


def test_what_another_family_asked_is_there_again() -> None:
    page = opened(f"act=leaky_relu&slope=0.4&{TINY}")
    widget(page, "family").set_value("recurrent").run()
    widget(page, "cell").set_value("gru").run()
    widget(page, "recurrent").select("he_normal").run()
    assert "act" not in link(page)
    widget(page, "family").set_value("convolutional").run()
    widget(page, "image_size").set_value(5).run()
    widget(page, "padding").set_value("same").run()
    assert (widget(page, "act").value, widget(page, "slope").value) == ("leaky_relu", 0.4)
    assert (link(page)["act"], link(page)["slope"]) == ("leaky_relu", "0.4")
    widget(page, "family").set_value("recurrent").run()
    assert (widget(page, "cell").value, widget(page, "recurrent").value) == ("gru", "he_normal")
    widget(page, "family").set_value("convolutional").run()
    assert (widget(page, "image_size").value, widget(page, "padding").value) == (5, "same")
    assert_complete(page)


# What is followed


TITLES = {
    "q": "signal: mean z²",
    "unit_variance": "signal: variance of one unit's z over inputs",
    "activation_second_moment": "signal: mean h²",
    "activation_variance": "signal: pooled variance of h",
    "activation_mean": "signal: mean h",
    "correlation": "correlation of two inputs' z",
    "saturated": "share of saturated units",
    "dead": "share of dead units",
}


@pytest.mark.parametrize("family", OWN)
def test_statistics(family: str) -> None:
    page = opened(f"family={family}&image_size=4&depth=4&width=8&networks=2&batch=4")
    before = charts(page)[1]["data"]
    gradient = [trace for trace in before if trace["xaxis"] == "x2"]
    for statistic, title in TITLES.items():
        widget(page, "statistic").select(statistic).run()
        assert_complete(page)
        assert link(page).get("statistic", "q") == statistic
        figure = charts(page)[1]
        assert f"<b>{title}</b>" in figure["layout"]["annotations"][0]["text"]
        assert (figure["data"] == before) == (statistic == "q")
        below = [trace for trace in figure["data"] if trace["xaxis"] == "x2"]
        assert below == gradient, "what is followed forward leaves the gradient alone"
    assert len(widget(page, "statistic").options) == len(TITLES)


# Units


@pytest.mark.parametrize("family", OWN)
def test_units_are_drawn_when_they_are_opened(family: str) -> None:
    page = opened(f"family={family}&image_size=4&depth=4&width=8&networks=2&batch=4")
    assert len(page.get("plotly_chart")) == 2
    page.session_state["units"] = True
    page.run()
    assert_complete(page, units=1)
    names = [trace["name"] for trace in charts(page)[3]["data"]]
    measured = [name for name in names if not name.endswith("theory")]
    assert measured == ["correlation", "saturated", "dead"]
    assert len(names) == (3 if family == "recurrent" else 5)
    assert captions(page)[3].startswith("Two inputs correlate by ")
    assert ": at 1 the network cannot tell them apart. Saturated: " in captions(page)[3]
    widget(page, "depth").set_value(6).run()
    assert_complete(page, units=1)
    for trace in charts(page)[3]["data"]:
        layers = np.frombuffer(b64decode(trace["x"]["bdata"]), trace["x"]["dtype"])
        assert layers.tolist() == [1, 2, 3, 4, 5, 6]
    page.session_state["units"] = False
    page.run()
    assert len(page.get("plotly_chart")) == 2


def test_units_of_one_input() -> None:
    page = opened("depth=3&width=8&networks=2&batch=1")
    page.session_state["units"] = True
    page.run()
    assert_complete(page, units=1)
    assert captions(page)[3].startswith("One input alone has no correlation.")


# Progress


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Place:
    """Where a bar would be: what was shown there."""

    def __init__(self) -> None:
        self.shown: list[tuple[float, str]] = []

    def progress(self, value: float, text: str) -> None:
        self.shown.append((value, text))


def test_progress_appears_after_a_while_and_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, place = Clock(), Place()
    monkeypatch.setattr("time.monotonic", clock)
    report = Progress(place, "20 layers: [a]")  # type: ignore[arg-type]  # all that it uses
    for clock.now, done in ((100.0, 1), (100.2, 2), (100.29, 3)):
        report(done, 20)
    assert place.shown == []
    for clock.now, done in ((100.31, 4), (100.35, 5), (100.4, 6), (100.42, 7), (101.0, 20)):
        report(done, 20)
    text = r"Simulating 20 layers\: \[a\]"
    assert place.shown == [(0.2, text), (0.35, text), (1.0, text)]


def test_slow_work_shows_a_bar_where_the_verdict_will_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes it on by 0.2 s: the bar is there, then the verdict instead."""
    monkeypatch.setattr("dashboard.gathering._AT_ONCE", 0)  # all work counts as slow
    bars: list[str] = []
    seconds = iter(range(10**6))
    monkeypatch.setattr("dashboard.views.parts.time.monotonic", lambda: next(seconds) / 5)
    monkeypatch.setattr(DeltaGenerator, "progress", lambda place, value, text: bars.append(text))
    page = opened("depth=7&width=24&networks=3&batch=5&seed=77")
    assert_complete(page)
    assert bars
    assert set(bars) == {"Simulating 7 dense layers of 24 units"}
    bars.clear()
    opened("depth=7&width=24&networks=3&batch=5&seed=77")
    assert bars == [], "what is known already needs no bar"


def test_quick_work_is_done_before_the_page_says_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls say what will be shown before they are drawn: the charts find it done."""
    done: list[str] = []

    def noted(what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            done.append(what)
            return call(*args, **kwargs)

        return noting

    monkeypatch.setattr("dashboard.compute.simulate", noted("simulated", simulate))
    monkeypatch.setattr("streamlit.slider", noted("drawn", st.slider))
    page = opened("depth=6&width=23&networks=3&batch=5&seed=78")
    assert done[0] == "simulated"
    assert done.count("simulated") == 1
    done.clear()
    page.slider(key="depth").set_value(9).run()
    assert_complete(page)
    assert done[0] == "simulated"
    assert done.count("simulated") == 1


def test_a_quick_move_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what takes long is not kept back: its bar would come too late."""
    kept: list[int] = []

    @contextmanager
    def noted() -> Iterator[None]:
        kept.append(len(kept))
        with sent_together():
            yield

    monkeypatch.setattr("dashboard.together.sent_together", noted)
    page = opened("depth=6&width=22&networks=3&batch=5&seed=79")
    assert kept == []
    page.slider(key="depth").set_value(9).run()
    assert_complete(page)
    assert kept == [0]
    monkeypatch.setattr("dashboard.gathering._AT_ONCE", 0)
    page.slider(key="depth").set_value(10).run()
    assert_complete(page)
    assert kept == [0]


def test_a_page_foreseen_wrongly_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("depth=4&width=16")
    widget(page, "depth").set_value(6)
    wrong = [replace(DEFAULT, depth=5, width=16)]
    foresee = sidebar.foreseen

    def foreseen() -> tuple[Experiment, bool]:
        return (wrong.pop(), True) if wrong else foresee()

    monkeypatch.setattr(sidebar, "foreseen", foreseen)
    page.run()
    assert wrong == []
    assert link(page)["depth"] == "6"
    assert "6 dense layers" in captions(page)[1]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_s_slider_has_nice_numbers(name: str) -> None:
    parameter = PARAMETERS[name]
    offered = nice_numbers(parameter)
    assert len(set(offered)) == len(offered) > 1
    assert parameter.shown[0] <= min(offered) < max(offered) <= parameter.shown[1]


# Presets


@pytest.mark.parametrize(
    ("name", "scale", "mode", "law"),
    [
        ("glorot_normal", 1.0, "fan_avg", "truncated_normal"),
        ("glorot_uniform", 1.0, "fan_avg", "uniform"),
        ("he_uniform", 2.0, "fan_in", "uniform"),
        ("lecun_normal", 1.0, "fan_in", "truncated_normal"),
        ("torch_default", 1 / 3, "fan_in", "uniform"),
    ],
)
def test_preset_sets_scale_mode_and_law(name: str, scale: float, mode: str, law: str) -> None:
    page = opened(SMALL)
    widget(page, "init").select(name).run()
    found = tuple(widget(page, key).value for key in ("scale", "mode", "distribution"))
    assert found == (scale, mode, law)
    assert link(page)["init"] == name


def test_three_controls_give_a_scheme_its_name_back() -> None:
    page = opened(SMALL)
    assert widget(page, "init").value == "he_normal"
    for key, value, name in (
        ("scale", 1.0, "lecun_normal"),
        ("mode", "fan_avg", "glorot_normal"),
        ("distribution", "uniform", "glorot_uniform"),
        ("scale", 3.0, "variance_scaling"),
        ("mode", "fan_in", "variance_scaling"),
        ("scale", 2.0, "he_uniform"),
    ):
        widget(page, key).set_value(value).run()
        assert widget(page, "init").value == name
        assert link(page).get("init", "he_normal") == name
        assert_complete(page)


def test_own_scale_stays_when_nothing_is_chosen() -> None:
    page = opened(f"{SMALL}&init=he_uniform")
    widget(page, "init").select("variance_scaling").run()
    assert_complete(page)
    assert widget(page, "scale").value == 2.0


def test_crossed_limits_still_name_two_ends() -> None:
    page = opened(f"{SMALL}&init=random_uniform")
    widget(page, "minval").set_value(1.0).run()
    assert_complete(page)
    assert (link(page)["minval"], link(page)["maxval"]) == ("0.05", "1")


# Redraw


def test_redraw_takes_the_next_seed() -> None:
    page = opened(SMALL)
    before = shown(page)
    redraw = next(button for button in page.button if button.label == "Redraw")
    redraw.click().run()
    assert_complete(page)
    assert widget(page, "seed").value == 1
    assert link(page)["seed"] == "1"
    for old, new in zip(before[1], charts(page), strict=True):
        assert [t["y"] for t in old["data"]] != [t["y"] for t in new["data"]]
    assert metrics(page)["std drawn"] != before[2]["std drawn"]
    assert metrics(page)["std meant"] == before[2]["std meant"]


def test_redraw_starts_again_after_the_last_seed() -> None:
    page = opened(f"{SMALL}&seed=9999")
    next(button for button in page.button if button.label == "Redraw").click().run()
    assert widget(page, "seed").value == 0
    assert "seed" not in link(page)


# Links


LINKS = (
    SMALL,
    f"{SMALL}&init=variance_scaling&scale=1.2345&mode=fan_geo_avg&distribution=uniform&seed=7",
    "layer=Conv2D&input_channels=8&filters=12&kernel_size=3x5&strides=2x1&groups=4&depth=3&width=16",
    "layer=LSTM&units=20&kernel=recurrent_kernel&init=orthogonal&gain=0.5&depth=3&width=16",
    "act=leaky_relu&slope=0.37&bias_variance=0.11&depth=3&width=17&networks=3&batch=5",
    "init=random_normal&mean=0.013&stddev=0.0777&depth=3&width=16",
    "layer=MultiHeadAttention&kernel=output_kernel&num_heads=3&key_dim=7&depth=3&width=16",
    "family=convolutional&padding=same&image_size=5&depth=3&width=12&networks=2&statistic=correlation",
)
STEPS = "family=recurrent&cell=gru&recurrent=he_normal&depth=5&width=12&networks=2&statistic=dead"
"""Without an activation to choose."""


@pytest.mark.parametrize("query", [*LINKS, STEPS])
def test_link_is_shown_and_kept(query: str) -> None:
    page = opened(query)
    assert_complete(page)
    assert notices(page) == []
    state = dict(parse_qsl(query))
    assert link(page) == state, "a link that is whole is left alone"
    widget(page, "seed").set_value(5).run()
    assert link(page) == {"v": "1", **state, "seed": "5"}


@pytest.mark.parametrize("query", LINKS)
def test_link_of_a_page_shows_the_same_numbers(query: str) -> None:
    page = opened(query)
    widget(page, "seed").set_value(6).run()
    widget(page, "act").select("tanh").run()
    again = opened(urlencode(link(page)))
    assert shown(again) == shown(page)
    assert {c.key: c.value for c in controls(again)} == {c.key: c.value for c in controls(page)}


def test_link_of_a_recurrent_page_shows_the_same_numbers() -> None:
    page = opened(STEPS)
    widget(page, "cell").set_value("simple_rnn").run()
    again = opened(urlencode(link(page)))
    assert shown(again) == shown(page)
    assert {c.key: c.value for c in controls(again)} == {c.key: c.value for c in controls(page)}


def test_changing_back_to_the_default_leaves_only_the_version() -> None:
    page = opened("seed=3")
    widget(page, "seed").set_value(0).run()
    assert link(page) == {"v": "1"}
    assert shown(page) == shown(default_page())


def test_another_link_in_the_same_session_is_opened() -> None:
    """Back and Forward change only the URL."""
    page = opened(SMALL)
    first = shown(page)
    widget(page, "seed").set_value(3).run()
    second, there = shown(page), link(page)
    page.query_params.clear()
    for name, text in parse_qsl(SMALL):
        page.query_params[name] = text
    page.run()
    assert (shown(page), widget(page, "seed").value) == (first, 0)
    page.query_params.clear()
    for name, text in there.items():
        page.query_params[name] = text
    page.run()
    assert (shown(page), widget(page, "seed").value) == (second, 3)


# Notices


def test_one_bad_value_is_named() -> None:
    page = opened(f"{SMALL}&seed=abc")
    assert_complete(page)
    assert notices(page) == [r"Not used: seed = abc\: must be a whole number\."]


@pytest.mark.parametrize(
    "text",
    [
        "<img src=//host/x onerror=alert(1)>",
        "[a](https://host)",
        "![a](//host/x.png)",
        "**b** :red[c] $x$",
    ],
)
def test_bad_values_are_shown_as_plain_text(text: str) -> None:
    page = opened(f"{SMALL}&{urlencode({'seed': text, 'lesson': text})}")
    assert_complete(page)
    (notice,) = notices(page)
    first, *lines = notice.split("  \n")
    assert first == "2 values could not be used:"
    assert [escaped(text[:32]) in line for line in lines] == [True, True]


def test_notice_goes_with_the_first_change() -> None:
    page = opened(f"{SMALL}&seed=abc")
    widget(page, "seed").set_value(2).run()
    assert_complete(page)
    assert notices(page) == []
    assert link(page)["seed"] == "2"


def test_many_bad_values_are_not_a_wall() -> None:
    page = opened("&".join(f"a{n}=1" for n in range(60)) + "&width=16")
    assert_complete(page)
    (notice,) = notices(page)
    assert notice.startswith("60 values could not be used:")
    assert len(notice.splitlines()) == 7


def test_network_over_budget_shows_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    # 10 x 64^2 weights at 9.12 ns: 26.8 such networks take 10 ms.
    monkeypatch.setattr(limits, "LARGEST_SIMULATION", 1e7)
    page = opened("depth=10&width=64&networks=64&batch=64")
    assert_complete(page)
    assert notices(page) == [
        "Not used: "
        + escaped("networks = 64: a network this size takes too long; 26 is the most that fits.")
    ]
    assert "mean over 26 networks;" in page.get("plotly_chart")[1].proto.alt


def test_controls_over_budget_show_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LARGEST_KERNEL", 1 << 16)
    page = opened("depth=2&width=16&input_dim=512&units=128")
    assert notices(page) == []
    widget(page, "Dense_units_0").set_value(129).run()
    assert_complete(page)
    (notice,) = notices(page)
    assert "508 is the most that fits" in notice  # 2^16 / 129 = 508.03
    assert link(page)["input_dim"] == "508"
    assert heading(page) == "Dense, kernel: 508 × 129"
    widget(page, "Dense_units_0").set_value(8).run()
    assert_complete(page)
    assert notices(page) == []
    assert heading(page) == "Dense, kernel: 512 × 8"


def test_kernel_that_cannot_be_orthogonal_is_said_to_be() -> None:
    """A 1 x 1 rotation is a sign: it has no density."""
    page = opened("init=orthogonal&input_dim=1&units=1&depth=2&width=16")
    assert_complete(page)
    (notice,) = notices(page)
    assert "matrix larger than 1 x 1" in notice


# The address


def address(page: AppTest, query: str) -> None:
    """What the browser sends as its address with the next run."""
    page.query_params.clear()
    for name, text in parse_qsl(query):
        page.query_params[name] = text


def test_a_control_that_moves_before_the_browser_knows_its_address_is_kept() -> None:
    """A quick second step is sent with the address from before the first one."""
    page = opened(f"{SMALL}&init=variance_scaling&scale=2")
    before = urlencode(link(page))
    widget(page, "scale").set_value(3.0).run()
    address(page, before)
    widget(page, "scale").set_value(4.0).run()
    assert_complete(page)
    assert link(page)["scale"] == "4"
    assert r"\frac{4}{30}" in page.latex[0].value


def test_an_address_that_lags_is_written_again() -> None:
    """The browser was late with the first step's address, and ends with it after the second's."""
    page = opened(f"{SMALL}&init=variance_scaling&scale=2")
    widget(page, "scale").set_value(3.0).run()
    address(page, f"{SMALL}&init=variance_scaling&scale=4")
    widget(page, "scale").set_value(4.0).run()
    assert link(page)["scale"] == "4"
    assert widget(page, "scale").value == 4.0


def test_back_is_an_address_alone() -> None:
    page = opened(f"{SMALL}&init=variance_scaling&scale=2")
    before, numbers = urlencode(link(page)), shown(page)
    widget(page, "scale").set_value(3.0).run()
    address(page, before)
    page.run()
    assert widget(page, "scale").value == 2.0
    assert shown(page) == numbers


# Data


def test_data_are_made_when_they_are_opened() -> None:
    page = opened(SMALL)
    assert [section.label for section in page.expander] == [
        "Units: activations by layer, correlation, saturated and dead",
        "Code: Keras 3, PyTorch, JAX with Flax (nnx), NumPy",
        "Data: weights",
        "Data: signal and gradient",
    ]
    assert len(page.dataframe) == 0
    page.session_state["data_weights"] = True
    page.session_state["data_signal"] = True
    page.run()
    assert_complete(page)
    weights, signal = (table.value for table in page.dataframe)
    assert weights["weights"].sum() == 600
    assert list(signal["layer"]) == [1, 2, 3, 4]
    buttons: list[Any] = list(page.get("download_button"))
    csv = [button for button in buttons if button.label == "Download as CSV"]
    assert len(csv) == 2
    # The table goes with the page.
    widget(page, "depth").set_value(6).run()
    assert len(page.dataframe[1].value) == 6
