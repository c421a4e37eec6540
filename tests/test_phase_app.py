"""The Phase map page as a script: both ends of every control, links, the simulated map."""

import re
import time
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.links import parse
from dashboard.phases import BIASES, QUANTITY_NAMES, WEIGHTS
from tests.sampled import sampled
from vscore.activations import ACTIVATIONS
from vscore.initializers import INITIALIZERS, VarianceScaling

SMALL = "v=1&depth=4&width=16&networks=2&batch=4"

pytestmark = pytest.mark.usefixtures("no_training_left")


def page() -> None:
    from dashboard.controls import experiment
    from dashboard.views.phase import render

    render(experiment()[0])


def opened(query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params = dict(parse_qsl(query))
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """The verdict, without Markdown's escapes."""
    return str(app.markdown[0].value).replace("\\", "")


def captions(app: AppTest) -> str:
    return " ".join(str(caption.value).replace("\\", "") for caption in app.caption)


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


@pytest.mark.parametrize("kind", sampled(5, ACTIVATIONS))
def test_every_activation(kind: str) -> None:
    app = opened(f"{SMALL}&act={kind}&bias_variance=0.3")
    assert charts(app) == 4
    assert f"{ACTIVATIONS[kind].label}, very wide layers" in captions(app)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        # ReLU multiplies q and gradients by sigma_w2 / 2: a signal lasts 1 / ln 2 = 1.4 layers.
        ("act=relu&init=lecun_normal", "Vanishing at σw² = 1, σb² = 0: the length q falls to 0"),
        ("act=relu&init=lecun_normal", "by 0.5 a layer. A signal survives about 1 layer."),
        ("act=relu&init=he_normal", "Critical at σw² = 2"),
        # 77 decades at log10 2 each.
        ("act=relu&init=variance_scaling&scale=4", "by 2 a layer in the end: float32 lasts about"),
        ("act=relu&init=variance_scaling&scale=4", "about 260 layers"),
        # q* = 0.5 / (1 - 0.5).
        ("act=relu&init=lecun_normal&bias_variance=0.5", "Ordered at σw² = 1, σb² = 0.5: q goes"),
        ("act=relu&init=lecun_normal&bias_variance=0.5", "q goes to 1, and all inputs become"),
        ("act=tanh&init=variance_scaling&scale=3", "nearby inputs part until their correlation"),
        ("act=tanh&init=glorot_normal", "q falls to 0, but ever more slowly"),
        ("act=relu&init=he_normal&bias_variance=0.5", "χ₁ = 1: q grows ever more slowly, and"),
        ("act=linear&init=lecun_normal", "χ₁ = 1: q stays, and gradients stay."),
    ],
)
def test_verdicts(query: str, says: str) -> None:
    assert says in said(opened(f"{SMALL}&{query}"))


@pytest.mark.parametrize("quantity", QUANTITY_NAMES)
def test_every_quantity(quantity: str) -> None:
    app = opened(f"{SMALL}&act=tanh")
    sound(app.segmented_control(key="phase_quantity").set_value(quantity).run())
    assert parse(urlencode(app.query_params))[0].phase == quantity
    assert charts(app) == 4
    assert [b.key for b in app.button if b.key == "survey"] == ["survey"] * (quantity != "xi")


@pytest.mark.parametrize("weight", [WEIGHTS[0], WEIGHTS[-1]])
@pytest.mark.parametrize("bias", [BIASES[0], BIASES[-1]])
def test_both_ends_of_the_sliders_are_the_experiment(weight: float, bias: float) -> None:
    app = opened(f"{SMALL}&act=tanh&init=glorot_uniform")
    sound(app.select_slider(key="phase_sigma_w2").set_value(weight).run())
    sound(app.select_slider(key="phase_sigma_b2").set_value(bias).run())
    setting = parse(urlencode(app.query_params))[0]
    assert setting.initializer == VarianceScaling(weight, "fan_in", "uniform")
    assert setting.bias_variance == bias
    assert f"σw² = {weight:g}, σb² = {bias:g}" in said(app)
    assert app.select_slider(key="scale").value == weight
    assert app.slider(key="bias_variance").value == bias


def test_the_sidebar_moves_the_point() -> None:
    app = opened(f"{SMALL}&act=tanh&init=lecun_normal")
    assert "σw² = 1," in said(app)
    sound(app.select_slider(key="scale").set_value(3.0).run())
    assert "σw² = 3," in said(app)
    assert app.select_slider(key="phase_sigma_w2").value == 3.0


@pytest.mark.parametrize(
    "name", sampled(5, (n for n in INITIALIZERS if not n.startswith(("xav", "kai"))))
)
def test_every_initializer(name: str) -> None:
    app = opened(f"{SMALL}&init={name}")
    without = name in {"zeros", "ones", "constant"}
    assert charts(app) == (1 if without else 4)
    assert len(app.info) == without


def test_pytorch_s_default_is_a_third() -> None:
    assert "σw² = 0.3333" in said(opened(f"{SMALL}&init=torch_default"))


def test_a_point_off_the_map_is_told() -> None:
    """tanh at sigma_w2 = 50."""
    app = opened(f"{SMALL}&act=tanh&init=variance_scaling&scale=50")
    assert said(app).startswith("Chaotic at σw² = 50")
    assert "The present setting, (50, 0), lies off this map." in captions(app)
    assert charts(app) == 4


@pytest.mark.parametrize("family", ["convolutional", "recurrent"])
def test_other_networks_are_shown_as_dense_ones(family: str) -> None:
    app = opened(f"v=1&family={family}&width=16&depth=5&networks=2&taper=0.5")
    assert "2 networks of 5 dense layers of 16 units" in captions(app)


def test_a_setting_of_a_comparison() -> None:
    """The controls change the selected one; so does the map."""
    app = opened(f"{SMALL}&settings=2&setting=b&b.init=lecun_normal&b.act=tanh")
    assert "σw² = 1," in said(app)
    sound(app.select_slider(key="phase_sigma_w2").set_value(2.5).run())
    shown = parse(urlencode(app.query_params))[0]
    assert shown.settings[0].initializer == INITIALIZERS["he_normal"]
    assert shown.settings[1].initializer == VarianceScaling(2.5)


@pytest.mark.parametrize("words", ["lock=scale", "hide=bias_variance", "lock=all"])
def test_a_locked_point_stays(words: str) -> None:
    app = opened(f"{SMALL}&{words}")
    assert app.select_slider(key="phase_sigma_w2").disabled
    assert app.select_slider(key="phase_sigma_b2").disabled


def button(app: AppTest, key: str) -> AppTest:
    return sound(app.button(key=key).click().run())


def test_the_simulated_map() -> None:
    app = button(opened(f"{SMALL}&act=tanh&seed=3"), "survey")
    end = time.monotonic() + 120
    while not [b for b in app.button if b.key == "survey_hide"]:
        assert time.monotonic() < end
        app = sound(app.run())
    assert "91 of 91 points simulated" in captions(app)
    found = re.search(r"at (\d+) of 91", captions(app))
    assert found is not None
    assert int(found[1]) >= 79  # of 95 %: below it with 1 in 30 000
    app = button(app, "survey_hide")
    assert "points simulated" not in captions(app)
    # Who asks again finds it.
    assert "91 of 91" in captions(button(app, "survey"))


def test_stop_and_go_on() -> None:
    app = button(opened(f"{SMALL}&act=softsign&seed=4"), "survey")
    app = button(app, "survey_stop")
    (stopped,) = (m.value for m in app.markdown if str(m.value).startswith("Stopped at"))
    assert re.fullmatch(r"Stopped at \d+ of 91 points\.", str(stopped))
    assert [b.key for b in app.button if b.key == "survey_stop"] == []
    button(app, "survey_go")
    # Another seed is another map, which nobody has asked for.
    sound(app.number_input(key="seed").set_value(5).run())
    assert [b.key for b in app.button if b.key == "survey"] == ["survey"]
