"""The Sweep page as a script: every control at both ends, links, refusals, stopping, the table."""

import time
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard.links import parse
from dashboard.readings import READINGS
from dashboard.sweeps import USUAL, Choice, Plan, Range
from tests.patience import until
from vscore.sweeps import MEASURES

TINY = "v=1&depth=4&width=16&networks=2&batch=4"
SMALL = f"{TINY}&x_points=3"

pytestmark = pytest.mark.usefixtures("no_training_left")


def page() -> None:
    from dashboard.controls import experiment
    from dashboard.views.sweep import render

    render(experiment()[0])


def opened(query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = dict(parse_qsl(query))
    return done(app.run())


def sound(app: AppTest) -> AppTest:
    assert [error.value for error in app.exception] == []
    return app


def done(app: AppTest) -> AppTest:
    """The page once all cells are there."""
    end = time.monotonic() + 60
    while [button for button in sound(app).button if button.key == "sweep_stop"]:
        assert time.monotonic() < end
        app = app.run()
    return app


def plan(app: AppTest) -> Plan:
    experiment, notices = parse(urlencode(app.query_params))
    assert notices == ()
    return experiment.sweep


def said(app: AppTest) -> str:
    return " ".join(str(m.value).replace("\\", "") for m in (*app.markdown, *app.caption))


def warned(app: AppTest) -> str:
    return " ".join(str(m.value).replace("\\", "") for m in (*app.warning, *app.info))


def charts(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_every_measure() -> None:
    app = opened(f"{SMALL}&x_points=2&act=tanh&epochs=5&hidden=2&neurons=8")
    for measure in MEASURES:
        app = done(app.selectbox(key="sweep_measure").set_value(measure).run())
        assert plan(app).measure == measure
        assert plan(app).source == MEASURES[measure].source
        assert charts(app) == 1
        title = READINGS[measure].title
        assert f"{title[0].upper()}{title[1:]} " in said(app)


def test_every_axis_as_the_first_and_the_second() -> None:
    """Whatever the initializer has no field for is told."""
    app = opened(f"{TINY}&init=variance_scaling&measure=chi_1&y=bias_variance&y_points=2")
    for name in [each for each in USUAL if each not in ("bias_variance", "width", "epochs")]:
        app = done(app.selectbox(key="sweep_x").set_value(name).run())
        assert plan(app) == Plan(USUAL[name], plan(app).y, "chi_1", "predicted")
        known = name not in {"stddev", "mean", "minval", "maxval", "value"}
        assert charts(app) == known
        assert known or f"has no {name}; it has" in warned(app)
    app = done(app.selectbox(key="sweep_y").set_value("none").run())
    assert plan(app).y is None
    assert charts(app) == 1


@pytest.mark.parametrize("name", ["scale", "depth"])
def test_both_ends_of_a_range(name: str) -> None:
    app = opened(f"{SMALL}&x={name}&measure=chi_1")
    usual = USUAL[name]
    assert isinstance(usual, Range)
    low, high = {"scale": (0.01, 100.0), "depth": (1, 100)}[name]
    app = done(app.number_input(key="sweep_x_from").set_value(low).run())
    app = done(app.number_input(key="sweep_x_to").set_value(high).run())
    app = done(app.number_input(key="sweep_x_points").set_value(60).run())
    assert plan(app).x == Range(name, low, high, 60, usual.log)
    app = done(app.number_input(key="sweep_x_points").set_value(2).run())
    row = app.get("button_group")
    (spacing,) = [each for each in row if each.key == "sweep_x_spacing"]
    app = done(spacing.set_value(not usual.log).run())  # type: ignore[union-attr]  # no block
    assert plan(app).x == Range(name, low, high, 2, not usual.log)
    assert charts(app) == 1


def test_what_does_not_go_together_is_refused_in_words() -> None:
    app = opened(f"{SMALL}&x_points=2&measure=chi_1")
    app = done(app.number_input(key="sweep_x_from").set_value(9.0).run())
    assert "Not used: an axis must rise, within 0.01 to 100." in warned(app)
    assert plan(app).x == Range("scale", 0.5, 8.0, 2, log=True)
    assert app.number_input(key="sweep_x_from").value == 0.5
    app = done(app.number_input(key="sweep_x_from").set_value(1.0).run())
    assert warned(app) == ""
    app = done(
        opened(f"{TINY}&x=mode&measure=chi_1").multiselect(key="sweep_x_names").set_value([]).run()
    )
    assert "at least one name" in warned(app)
    assert plan(app).x == USUAL["mode"]


def test_names_and_lines() -> None:
    app = opened(f"{SMALL}&y=activation&measure=chi_1")
    app = done(app.multiselect(key="sweep_y_names").set_value(["tanh", "relu"]).run())
    assert plan(app).y == Choice("activation", ("relu", "tanh"))
    assert "activation ReLU, tanh: 6 cells" in said(app)


def test_the_source() -> None:
    app = opened(SMALL)
    assert "simulated, over scale 0.5 to 8: 3 cells" in said(app)
    assert "Done: 3 cells, beside theory." in said(app)
    (source,) = [each for each in app.get("button_group") if each.key == "sweep_source"]
    app = done(source.set_value("predicted").run())  # type: ignore[union-attr]  # no block
    assert plan(app).source == "predicted"
    assert "predicted, over scale 0.5 to 8: 3 cells" in said(app)


def test_the_sidebar_is_the_base() -> None:
    """ReLU's q at the last layer, theory: scale (scale / 2)^(L - 1), at scale 8 and L = 2."""
    app = opened(f"{SMALL}&source=predicted")
    app = done(app.slider(key="depth").set_value(2).run())
    assert "the most 32 at scale 8" in said(app)
    assert plan(app) == Plan(Range("scale", 0.5, 8.0, 3, log=True), None, "log10_q", "predicted")


def test_a_sweep_that_is_too_dear_is_told() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = dict(parse_qsl("v=1&depth=100&width=512&networks=32&batch=64&x_points=60"))
    app = sound(app.run())
    assert "x_points = 60: a sweep this size takes too long; 5 is the most that fits." in warned(
        app
    )
    assert "networks = 32: a sweep this size takes too long; " in warned(app)
    sound(app.button(key="sweep_stop").click().run())


def place_of_state(app: AppTest) -> list[int]:
    """Which child of which child of the page is what says how far the sweep is."""

    def place(block: Block, name: str) -> list[int] | None:
        for number, child in block.children.items():
            if getattr(child, "key", None) == name:
                return []
            below = place(child, name) if isinstance(child, Block) else None
            if below is not None:
                return [number, *below]
        return None

    (button,) = (each.key for each in app.button if each.key in {"sweep_stop", "sweep_go"})
    found = place(app.main, str(button))
    assert found is not None
    return found


def test_stop_go_on_and_the_next_change_ends_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once: not because nobody looks any more."""
    from dashboard import jobs
    from dashboard.sweep_budget import affordable
    from dashboard.sweeping import task_of

    query = "v=1&depth=60&width=256&networks=16&x_points=9"
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = dict(parse_qsl(query))
    app = sound(app.run())
    work = jobs.swept(task_of(affordable(parse(query)[0])[0]))
    monkeypatch.setattr(jobs, "_PATIENCE", 1e9)
    assert work.is_at_work
    place = place_of_state(app)
    app = sound(app.button(key="sweep_stop").click().run())
    assert "Stopped at" in said(app)
    assert place_of_state(app) == place, "else the old one stands beside it until the run's end"
    until(lambda: not work.is_at_work)
    app = sound(app.button(key="sweep_go").click().run())
    until(lambda: work.is_at_work)
    sound(app.selectbox(key="sweep_measure").set_value("chi_1").run())
    until(lambda: not work.is_at_work)
    assert not work.finished


def test_the_table_the_csv_and_the_code() -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params = dict(parse_qsl(SMALL))
    app.session_state["data_sweep"] = True
    app.session_state["code"] = True
    app = done(app.run())
    (table,) = (each.value for each in app.dataframe)
    assert list(table.columns) == ["scale", "log10_q", "status", "error", "theory", "open"]
    for row in table.to_dict("records"):
        path, _, query = row["open"].partition("?")
        shown, notices = parse(query)
        assert (path, notices) == ("./", ())
        assert shown.initializer.scale == row["scale"]  # type: ignore[attr-defined]  # it has one
    shell, python = (each.value for each in app.code)
    assert shell == (
        "vscore sweep --axis scale=0.5:8:3:log --measure log10_q --depth 4 --width 16 "
        "--networks 2 --batch 4 --out sweep.csv"
    )
    assert "vscore.Experiment(depth=4, width=16, networks=2, batch=4)" in python


@pytest.mark.parametrize(("words", "hidden"), [("lock=sweep", False), ("hide=sweep", True)])
def test_a_link_can_lock_and_hide_the_controls(words: str, hidden: bool) -> None:
    app = opened(f"{SMALL}&{words}")
    boxes: list[Any] = [box for box in app.selectbox if str(box.key).startswith("sweep_")]
    assert len(boxes) == (0 if hidden else 3)
    assert all(box.disabled for box in boxes)
    assert charts(app) == 1
