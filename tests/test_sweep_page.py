"""What the Sweep page asks, costs, draws and says: by hand and in closed form."""

import math
import shlex
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dashboard.experiment import DEFAULT, Experiment
from dashboard.figures.swept import lines_figure, map_figure
from dashboard.frames.sweep import sweep_frame
from dashboard.links import parse
from dashboard.readings import READINGS
from dashboard.sweep_axes import nearest, place_of
from dashboard.sweep_budget import LARGEST_SWEEP, affordable
from dashboard.sweep_code import program, shell
from dashboard.sweeping import Swept, moved_to, present, task_of
from dashboard.sweeps import BOUNDS, OFFERED, USUAL, Choice, Plan, Range
from dashboard.training import Training
from dashboard.words.sweep import briefly, headline, otherwise, sentence
from vscore.cli import main
from vscore.initializers import INITIALIZERS, VarianceScaling
from vscore.propagation import simulate
from vscore.sweeps import MEASURES, SETTINGS, Sweep
from vscore.sweeps.settings import changed

SMALL = "v=1&depth=6&width=16&networks=2&batch=4"


def setting(query: str) -> Experiment:
    experiment, notices = parse(f"{SMALL}&{query}")
    assert notices == ()
    return experiment


def swept(query: str) -> tuple[Experiment, Swept]:
    asked = setting(query)
    found: list[Swept] = []
    task_of(asked).run(None, lambda: None, found.append)
    assert found[-1].finished
    return asked, found[-1]


def traces(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in figure["data"]}


def test_every_measure_is_read_and_every_axis_offered() -> None:
    """What links have no word for is left to the shell."""
    assert set(READINGS) == set(MEASURES)
    assert set(USUAL) == {*BOUNDS, *OFFERED}
    in_the_shell = {"kernel_size", "points", "noise", "batch_size", "dtype"}
    assert set(SETTINGS) - set(USUAL) == in_the_shell


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Range("scale", 2.0, 2.0, 5), "must rise, within 0.01 to 100"),
        (lambda: Range("scale", 0.001, 2.0, 5), "must rise, within 0.01 to 100"),
        (lambda: Range("depth", 1, 9, 1), r"points must be an integer in \[2, 60\]; got 1"),
        (lambda: Range("bias_variance", 0.0, 1.0, 5, log=True), "must start above 0"),
        (lambda: Choice("mode", ()), "at least one name"),
        (lambda: Choice("mode", ("fan",)), "Did you mean 'fan_in'"),
        (lambda: Plan(y=Range("scale", 1.0, 2.0, 5)), "must differ from the first axis"),
        (lambda: Plan(measure="chi_1"), "source must be 'predicted'"),
    ],
)
def test_what_does_not_go_together(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_relu_s_theory_in_closed_form() -> None:
    """q at layer L is scale (scale / 2)^(L - 1): first theory, then networks beside it."""
    asked, found = swept("x_from=1&x_to=4&x_points=3")
    assert found.theory is not None
    expected = [math.log10(scale * (scale / 2) ** 5) for scale in (1.0, 2.0, 4.0)]
    np.testing.assert_allclose(found.theory.values, expected)
    # By hand, with the networks themselves.
    alone = simulate(
        moved_to(asked, ["scale"], [4.0]).network, networks=2, batch=4, seed=0, backward=False
    )
    assert found.found.values[2] == pytest.approx(math.log10(np.mean(10 ** alone.log10_q[:, -1])))
    figure = lines_figure(found, asked.sweep, place_of(asked.sweep.x, 2.0))
    named = traces(figure)
    np.testing.assert_allclose(named["theory"]["y"], expected)
    np.testing.assert_allclose(named["simulated"]["x"], np.log10([1, 2, 4]))
    np.testing.assert_allclose(named["simulated"]["y"], found.found.values)
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [0, math.log10(2)]


def test_what_the_axis_changes_is_no_part_of_the_question() -> None:
    """So a click, which makes a cell the setting, works on nothing anew."""
    one, other = (task_of(setting(f"init=variance_scaling&scale={scale}")) for scale in (1, 7))
    assert one == other
    assert task_of(setting("init=variance_scaling&scale=7&x=depth")) != task_of(setting("x=depth"))


def test_other_seeds_stand_behind_one_axis() -> None:
    asked, found = swept("x_points=2&redraws=on&seed=5")
    assert found.redraws is not None
    assert found.redraws.axes[1].values == tuple(range(6, 16))
    named = traces(lines_figure(found, asked.sweep))
    assert len(named["redraws"]["y"]) == 20
    every = np.column_stack([found.found.values, found.redraws.values])
    bars = np.reshape(named["lowest to highest"]["y"], (2, 3))
    np.testing.assert_array_equal(bars[:, :2], np.column_stack([every.min(1), every.max(1)]))
    frame = sweep_frame(found, ["", ""])
    np.testing.assert_array_equal(frame["redraws, highest"], found.redraws.values.max(axis=1))
    assert "Faint points are seeds 6 to 15" in sentence(found, asked.sweep, "")


def test_lines_by_name_and_cells_that_fail() -> None:
    """Orthogonal matrices have a gain, and no scale: five cells of that line fail, by name."""
    asked, found = swept("x_points=5&y=initializer&y_names=he_normal.orthogonal")
    named = traces(lines_figure(found, asked.sweep))
    assert len(named["He normal simulated"]["x"]) == 5
    assert len(named["Orthogonal simulated"]["x"]) == 0
    assert named["Orthogonal failed"]["marker"]["symbol"] == "x"
    assert "no scale; it has gain" in named["Orthogonal failed"]["text"][0]
    said = sentence(found, asked.sweep, "In every cell: x")
    assert "✕: 5 cells failed, at scale 0.5, initializer Orthogonal; " in said
    assert "and 2 more: the initializer Orthogonal has no scale; it has gain." in said
    frame = sweep_frame(found, [""] * 10)
    assert list(frame["status"]) == ["done", "failed"] * 5
    assert frame["log10_q"].isna().sum() == 5


def test_a_map_with_overflow() -> None:
    """Linear layers of scale 100: z is about 10^L, and 3.4e38 the end of float32."""
    asked, found = swept(
        "act=linear&x=scale&x_from=1&x_to=100&x_points=2&y=depth&y_from=2&y_to=60&y_points=2"
        "&measure=overflow_layer_float32"
    )
    assert found.found.values[0].tolist() == [math.inf, math.inf]
    assert found.found.values[1, 0] == math.inf
    assert 37 <= found.found.values[1, 1] <= 41
    named = traces(map_figure(found, asked.sweep, (0.0, 2.0)))
    cells, endless = named["cells"]["z"], named["∞"]["z"]
    assert np.isfinite(cells).tolist() == [[False, False], [False, True]]  # a row a depth
    assert np.isfinite(endless).tolist() == [[True, True], [True, False]]
    assert named["now"]["x"] == [0.0]
    assert "∞: no layer leaves float32" in named["cells"]["text"][0][0]
    said = sentence(found, asked.sweep, "")
    assert "Grey: ∞, no layer leaves float32, at scale 1, depth 2; scale 1, depth 60; " in said
    layer = int(found.found.values[1, 1])
    assert headline(found, asked.sweep) == (
        f"First layer beyond float32 is least at scale 100, depth 60: {layer}."
    )


def test_the_colours_of_a_map_are_even_about_1() -> None:
    """chi_1 of ReLU is scale / 2, from 0.5 to 4: log10 4 on both sides, He's column in between."""
    asked, found = swept("x_from=1&x_to=8&x_points=4&y=bias_variance&y_points=2&measure=chi_1")
    figure = map_figure(found, asked.sweep)
    assert figure["layout"]["coloraxis"]["cmin"] == pytest.approx(-math.log10(4))
    assert figure["layout"]["coloraxis"]["cmax"] == pytest.approx(math.log10(4))
    z = traces(figure)["cells"]["z"]
    np.testing.assert_allclose(z, [np.log10([0.5, 1, 2, 4])] * 2, atol=1e-6)
    assert headline(found, asked.sweep).startswith(
        "Gradient factor χ₁ a layer is nearest to 1 at scale 2, bias variance 0: 1."
    )
    assert briefly(found, asked.sweep) == "gradient factor χ₁ a layer 0.5 to 4"


def test_before_the_first_cell() -> None:
    asked = setting("y=depth")
    nothing = task_of(asked).nothing
    assert "no cell has a number yet" in headline(nothing, asked.sweep)
    assert "0 of 221 cells" in sentence(nothing, asked.sweep, "")
    map_figure(nothing, asked.sweep)


def test_what_does_not_change_in_words() -> None:
    asked = setting("x=depth&act=tanh&bias_variance=0.1")
    assert otherwise(asked, task_of(asked).grid) == (
        "In every cell: dense layers, width 16, tanh, He normal, bias variance 0.1, "
        "2 networks a cell, seed 0"
    )


# By hand: an axis, a value, and where the setting then has it.
MOVED = [
    ("scale", 3.0, {"initializer": VarianceScaling(3.0)}),
    ("gain", 2.0, {"initializer": VarianceScaling(4.0)}),
    ("mode", "fan_out", {"initializer": VarianceScaling(2.0, "fan_out")}),
    ("initializer", "orthogonal", {"initializer": INITIALIZERS["orthogonal"]}),
    ("network", "convnet", {"family": "convolutional"}),
    ("recurrent_initializer", "he_normal", {"recurrent": "he_normal"}),
    ("depth", 9, {"depth": 9}),
    ("bias_variance", 0.5, {"bias_variance": 0.5}),
    ("seed", 12, {"seed": 12}),
    ("learning_rate", 0.5, {"training": Training(rate=0.5)}),
    ("dataset", "xor", {"training": Training(data="xor")}),
]


@pytest.mark.parametrize(("name", "value", "fields"), MOVED)
def test_a_cell_is_a_setting_of_its_own(name: str, value: Any, fields: dict[str, Any]) -> None:
    moved = moved_to(DEFAULT, [name], [value])
    assert moved == replace(DEFAULT, **fields)
    trained = replace(moved, sweep=Plan(measure="training_loss"))
    shown = trained if "training" in fields else moved
    span = USUAL[name]
    if value in span.axis.values:
        assert present(shown, span) == value


def test_the_train_page_s_networks_are_trained() -> None:
    asked = setting("measure=training_loss&hidden=3&neurons=8&x=depth")
    grid = task_of(asked).grid
    assert (grid.base.width, grid.base.networks, grid.base.dataset) == (8, 3, "rings")
    assert moved_to(asked, ["depth"], [5]).training.hidden == 4
    with pytest.raises(ValueError, match="hidden"):
        moved_to(asked, ["depth"], [49])  # no such setting: the table has no link


def test_the_nearest_value_to_a_click() -> None:
    assert nearest(USUAL["scale"], math.log10(2.1)) == pytest.approx(2.0)
    assert nearest(USUAL["mode"], 1.4) == "fan_out"


def test_what_is_too_dear_gives_way() -> None:
    asked = parse("x=scale&y=depth&x_points=60&y_points=60")[0]
    fitted, notices = affordable(asked)
    assert task_of(asked).seconds > LARGEST_SWEEP >= task_of(fitted).seconds
    (notice,) = notices
    assert (notice.setting, notice.value) == ("y_points", "60")
    most = fitted.sweep.y
    assert isinstance(most, Range)
    assert notice.reason == f"a sweep this size takes too long; {most.points} is the most that fits"
    one_more = replace(fitted, sweep=replace(fitted.sweep, y=replace(most, points=most.points + 1)))
    assert task_of(one_more).seconds > LARGEST_SWEEP
    assert affordable(DEFAULT) == (DEFAULT, ())


@pytest.mark.parametrize(
    "query",
    [
        "measure=training_loss&x=width&x_to=1024",
        "init=orthogonal&width=1024&depth=100&x=gain&networks=64&batch=512",
        "family=convolutional&width=1024&depth=100&x=image_size&networks=64&batch=512",
    ],
)
def test_whatever_is_asked_is_affordable_in_the_end(query: str) -> None:
    fitted, notices = affordable(parse(query)[0])
    assert task_of(fitted).seconds <= LARGEST_SWEEP
    assert notices


@pytest.mark.parametrize(
    "query",
    [
        "",
        "x=depth&y=activation&measure=chi_1&init=lecun_uniform",
        "init=variance_scaling&scale=3&mode=fan_out&x=bias_variance&source=predicted",
        "init=random_normal&stddev=0.3&x=width&measure=dead&seed=7",
        "init=orthogonal&gain=1.5&x=gain&y=initializer&act=tanh",
        "measure=training_loss&x=learning_rate&optimizer=adam&data=xor",
        "family=recurrent&cell=gru&recurrent=he_normal&x=depth",
    ],
)
def test_the_shell_and_python_ask_the_same(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell of theirs is the page's."""
    asked = setting(query)
    grid = task_of(asked).grid
    heard: list[Any] = []

    class Heard(Exception):
        pass

    def hear(axes: Any, measure: str, **keywords: Any) -> None:
        heard.append((axes, measure, keywords["base"], keywords["source"]))
        raise Heard

    monkeypatch.setattr("vscore.cli.sweep.sweep", hear)
    line = shlex.split(shell(asked.sweep, grid))
    with pytest.raises(Heard):
        main(line[1:])
    monkeypatch.setattr("vscore.sweep", hear, raising=False)
    with pytest.raises(Heard):
        exec(program(asked.sweep, grid), {})
    for axes, measure, base, source in heard:
        assert (measure, source) == (grid.measure, grid.source)
        assert [str(each) for each in axes] == [str(each) for each in grid.axes] or axes == [
            span.text for span in asked.sweep.spans
        ]
        for number in (0, len(grid) - 1):
            values = grid.values_at(number)
            try:
                expected = changed(grid.base, grid.names, values)
            except ValueError:
                continue  # a cell that fails here and there
            assert changed(base, grid.names, values) == expected


def test_a_slope_of_its_own_is_a_formula_in_a_shell() -> None:
    asked = setting("act=leaky_relu&slope=0.1&x=depth")
    grid = task_of(asked).grid
    assert "'relu(x) - 0.1 * relu(-x)'" in shell(asked.sweep, grid)
    assert 'vscore.Activation("leaky_relu", 0.1)' in program(asked.sweep, grid)


class Enough(Exception):
    pass


def test_a_sweep_goes_on_where_it_was_left() -> None:
    """What was done is not worked on again, of theory or of networks."""
    asked = setting("x_points=9")
    seen: list[Swept] = []

    def until_half(found: Swept) -> None:
        seen.append(found)
        if found.found.status.any():
            raise Enough

    with pytest.raises(Enough):
        task_of(asked).run(None, lambda: None, until_half)
    before = seen[-1]
    assert before.theory is not None
    assert before.theory.finished
    assert 0 < before.done - 9 < 9
    marked = replace(before, found=with_value(before.found, -7.0))
    found: list[Swept] = []
    task_of(asked).run(marked, lambda: None, found.append)
    done = before.found.status == 1
    assert (found[-1].found.values[done] == -7.0).all()
    assert found[-1].finished
    assert found[-1].theory is before.theory


def with_value(found: Sweep, value: float) -> Sweep:
    values = np.where(found.status == 1, value, found.values)
    return replace(found, values=values)
