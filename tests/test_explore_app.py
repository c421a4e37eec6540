"""The Explore page as a script: every control at both ends, links in and out, notices."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import experiment as limits
from dashboard.controls.widgets import nice_numbers
from dashboard.links import INITIALIZER_NAMES
from dashboard.words.plain import escaped
from vscore.activations import ACTIVATIONS
from vscore.layers import LAYERS
from vscore.parameters import PARAMETERS

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
    return {metric.label: metric.value for metric in page.metric}


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


def assert_complete(page: AppTest) -> None:
    """Verdict, two charts with descriptions and marks, five numbers and the formula."""
    assert [error.value for error in page.exception] == []
    (verdict,) = verdicts(page)
    assert verdict.startswith(("**✓** ", "**↓** ", "**↑** "))
    weights, signal = page.get("plotly_chart")
    for chart in (weights, signal):
        assert "null" not in chart.proto.spec
        assert "NaN" not in chart.proto.spec
        assert len(chart.proto.alt) > 20
        assert escaped(chart.proto.alt) in [caption.value for caption in page.caption]
    series = [[trace["name"] for trace in figure["data"]] for figure in charts(page)]
    assert series[0] in (["drawn", "exact density"], ["drawn"])
    assert series[1] in (["theory", "measured"] * 2, ["measured"] * 2)
    assert list(metrics(page)) == ["fan_in", "fan_out", "n", "std meant", "std drawn"]
    assert all(metrics(page).values())
    assert "std" in page.latex[0].value


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


# Both ends of every control


@pytest.mark.parametrize("kind", LAYERS)
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
        assert page.main.subheader[0].value.startswith(f"{kind}, {kernel}: ")
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


@pytest.mark.parametrize("name", INITIALIZER_NAMES)
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


@pytest.mark.parametrize("kind", ACTIVATIONS)
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
)


@pytest.mark.parametrize("query", LINKS)
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
    assert page.main.subheader[0].value == "Dense, kernel: 508 × 129"
    widget(page, "Dense_units_0").set_value(8).run()
    assert_complete(page)
    assert notices(page) == []
    assert page.main.subheader[0].value == "Dense, kernel: 512 × 8"


def test_kernel_that_cannot_be_orthogonal_is_said_to_be() -> None:
    """A 1 x 1 rotation is a sign: it has no density."""
    page = opened("init=orthogonal&input_dim=1&units=1&depth=2&width=16")
    assert_complete(page)
    (notice,) = notices(page)
    assert "matrix larger than 1 x 1" in notice


# Data


def test_data_are_made_when_they_are_opened() -> None:
    page = opened(SMALL)
    assert [section.label for section in page.expander] == [
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
    assert [button.label for button in buttons] == ["Download as CSV"] * 2
    # The table goes with the page.
    widget(page, "depth").set_value(6).run()
    assert len(page.dataframe[1].value) == 6
