"""The Train page as a script: results, both ends of every control, stopping, links."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.links import parse
from dashboard.training import TRAINED, Training
from vscore.training import DATASETS, OPTIMIZERS

SMALL = "epochs=5&hidden=2&neurons=8"

pytestmark = pytest.mark.usefixtures("no_training_left")


def page() -> None:
    from dashboard.controls import experiment
    from dashboard.views.train import render

    render(experiment()[0])


def opened(query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params = dict(parse_qsl(query))
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def trained(app: AppTest) -> AppTest:
    """The page once all is done."""
    end = time.monotonic() + 25
    while not any(m.value.startswith("Done") for m in app.markdown):
        assert time.monotonic() < end
        app = sound(app.run())
    return app


def link(app: AppTest) -> str:
    return urlencode(app.query_params)


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def table(app: AppTest) -> list[list[str]]:
    (found,) = (m.value for m in app.markdown if m.value.startswith("| Letter | Setting"))
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in found.splitlines()[2:]]


def test_he_s_scale_learns_and_a_tiny_one_does_not() -> None:
    query = (
        "v=1&data=xor&hidden=6&epochs=15&settings=2&init=he_normal"
        "&b.init=variance_scaling&b.scale=0.1"
    )
    app = trained(opened(query))
    he, tiny = table(app)
    assert he[0] == "**A**"
    assert he[1].startswith("He normal")
    assert re.fullmatch(r"\d+, \d+, \d+", he[2])
    assert tiny[2] == "–, –, –"
    assert he[5] == tiny[5] == "no"
    says = next(m.value for m in app.markdown if "held out are right" in m.value)
    assert "A after" in says
    assert "B never in 15 epochs" in says
    assert charts(app) == 3 + 2


def test_one_setting_alone_is_shown_beside_the_schemes() -> None:
    app = trained(opened(f"v=1&{SMALL}"))
    assert [row[0] for row in table(app)] == ["**A**", "**B**", "**C**", "**D**"]


@pytest.mark.parametrize("data", DATASETS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_set_and_optimizer(data: str, optimizer: str) -> None:
    app = trained(opened(f"v=1&{SMALL}&data={data}&optimizer={optimizer}&settings=2&rate=0.01"))
    borders = 0 if data == "digits" else 2
    assert charts(app) == 3 + borders
    for caption in app.caption:
        assert caption.value


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("end", [0, 1])
def test_both_ends_of_every_number(name: str, end: int) -> None:
    """Every one small but for the one at hand; a rate of 10 may leave float32, which is said."""
    small: dict[str, Any] = {"epochs": 5, "hidden": 2, "neurons": 8, "rate": 0.1}
    values = {**small, name: TRAINED[name].shown[end]}
    app = trained(opened("v=1&settings=2&" + urlencode(values)))
    shown = parse(link(app))[0].training
    assert getattr(shown, name) == values[name]


def test_controls_write_the_link() -> None:
    app = opened(f"v=1&{SMALL}&settings=2")
    sound(app.selectbox(key="train_data").set_value("digits").run())
    assert parse(link(app))[0].training == Training("digits", epochs=5, hidden=2, neurons=8)
    sound(app.select_slider(key="train_rate").set_value(0.01).run())
    assert parse(link(app))[0].training.rate == 0.01
    sound(app.select_slider(key="train_hidden").set_value(3).run())
    assert parse(link(app))[0].training.hidden == 3
    assert [r[0] for r in table(trained(app))] == ["**A**", "**B**"]


def test_divergence_is_told() -> None:
    query = f"v=1&{SMALL}&settings=2&act=linear&init=variance_scaling&scale=100&rate=10&data=digits"
    app = trained(opened(query + "&hidden=12"))
    row = table(app)[0]
    assert re.match(r"\d of 3, at step \d+", row[5]), row
    assert "∞" in row[4]


def test_stop_and_go_on() -> None:
    app = opened("v=1&data=spirals&epochs=100&hidden=12&neurons=64&settings=2&seed=77")
    sound(app.button(key="train_stop").click().run())
    (said,) = (m.value for m in app.markdown if m.value.startswith("Stopped at epoch"))
    assert said.endswith("of 200, of all settings.")
    sound(app.button(key="train_go").click().run())
    # Another task is another training: it is not stopped.
    sound(app.button(key="train_stop").click().run())
    sound(app.select_slider(key="train_epochs").set_value(5).run())
    assert not any(m.value.startswith("Stopped") for m in app.markdown)


def test_it_stays_where_it_was_stopped_though_others_look_on() -> None:
    query = "v=1&data=spirals&epochs=100&hidden=12&neurons=64&settings=2&seed=78"
    app = opened(query)
    sound(app.button(key="train_stop").click().run())
    (said,) = (m.value for m in app.markdown if m.value.startswith("Stopped at epoch"))
    shown = table(app)
    other, end = opened(query), time.monotonic() + 25
    while table(other) == shown:
        assert time.monotonic() < end
        sound(other.run())
    sound(app.run())
    assert said in [m.value for m in app.markdown]
    assert table(app) == shown


def test_a_link_can_lock_and_hide_the_controls() -> None:
    locked = opened(f"v=1&{SMALL}&settings=2&lock=training")
    assert locked.selectbox(key="train_data").disabled
    hidden = opened(f"v=1&{SMALL}&settings=2&hide=training")
    assert not [box for box in hidden.selectbox if box.key == "train_data"]


@pytest.mark.parametrize("query", ["init=zeros", "init=orthogonal", "init=ones", "act=sigmoid"])
def test_what_learns_nothing_is_shown_too(query: str) -> None:
    app = trained(opened(f"v=1&{SMALL}&settings=2&{query}"))
    assert charts(app) == 3 + 2
