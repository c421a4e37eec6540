"""Sweeps: each cell is what `simulate` and `predict` say alone, wherever and whenever it runs."""

import functools
import itertools
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vscore
from tests.sampled import sampled
from vscore.initializers import INITIALIZERS, Orthogonal, VarianceScaling
from vscore.meanfield import predict, predict_depths
from vscore.networks import convnet, mlp, recurrent
from vscore.propagation import Propagation, simulate
from vscore.sweeps import (
    MEASURES,
    SETTINGS,
    Axis,
    Experiment,
    Grid,
    Sweep,
    estimate,
    sweep,
)
from vscore.sweeps.settings import changed
from vscore.training import SGD, draw_dataset, train
from vscore.verdicts import name_of

SMALL = Experiment(width=16, depth=4, networks=3, batch=4)

HE = "scale=1:3:3"


class Stop(Exception):
    """What a check raises."""


def test_the_readme_example() -> None:
    found = sweep(["scale=1:2:2", "depth=1:3"], "log10_q", source="predicted")
    # He's ReLU keeps q = scale from layer to layer; scale 1 halves it.
    expected = np.log10(np.array([[1, 1 / 2, 1 / 4], [2, 2, 2]]))
    np.testing.assert_allclose(found.values, expected, atol=1e-12)


# Axes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("scale=0.5:2:3:log", (0.5, 1.0, 2.0)),
        ("scale=1:2:3", (1.0, 1.5, 2.0)),
        ("depth=3:6", (3, 4, 5, 6)),
        ("depth=1:100:3", (1, 50, 100)),  # 50.5 is rounded to even
        ("depth=1:100:3:log", (1, 10, 100)),
        ("depth=1:3:9", (1, 2, 3)),
        ("width = 8, 16", (8, 16)),
        ("seed=7", (7,)),
        ("activation=relu, tanh", ("relu", "tanh")),
        ("activation=x * sigmoid(1.702 * x)", ("x * sigmoid(1.702 * x)",)),
        ("dtype=float32,float64", ("float32", "float64")),
    ],
)
def test_axes_are_read(text: str, values: tuple[object, ...]) -> None:
    found = Axis.parse(text).values
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    assert list(map(type, found)) == list(map(type, values))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale", r"an axis must be NAME=LOW:HIGH:COUNT, such as .*; got 'scale'"),
        ("scale=", r"an axis must be NAME=LOW:HIGH:COUNT"),
        ("scael=1:2:3", r"axis must be one of .*; got 'scael'. Did you mean 'scale'\?"),
        ("scale=1:2", r"axis scale must be LOW:HIGH:COUNT or LOW:HIGH:COUNT:log; got '1:2'"),
        ("depth=1:9:log", r"axis depth must be .*\(or LOW:HIGH for every one\); got '1:9:log'"),
        ("scale=1:2:0", r"axis scale must rise from LOW to HIGH in 1 to 1000000 values"),
        ("scale=2:1:5", r"axis scale must rise from LOW to HIGH"),
        ("scale=1:2:2.5", r"axis scale must rise from LOW to HIGH"),
        ("bias_variance=0:1:5:log", r"axis bias_variance must start above 0 to be log"),
        ("scale=a,b", r"axis scale must have numbers as values; got 'a'"),
        ("scale=0,1", r"scale must be in \(0, inf\); got 0"),
        ("scale=-1:1:3", r"scale must be in \(0, inf\); got -1"),
        ("depth=1:2.5", r"depth must be an integer in \[1, 10000\]; got 2.5"),
        ("depth=1:99999", r"depth must be an integer in \[1, 10000\]; got 99999"),
        ("scale=1,2,1", r"axis scale must have no value twice; got 1.0 twice"),
        ("activation=rleu", r"activation must be one of .*Did you mean 'relu'"),
        ("mode=fan", r"mode must be one of 'fan_in'"),
    ],
)
def test_axes_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Axis.parse(text)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("12", r"axis depth must be given a sequence of values; got '12'"),
        (7, r"axis depth must be given a sequence of values; got 7"),
        ((), r"axis depth must have 1 to 1000000 values; got 0"),
    ],
)
def test_values_of_an_axis(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Axis("depth", values)


def test_an_axis_keeps_pythons_own_numbers() -> None:
    axis = Axis("depth", np.array([1, 2]))  # type: ignore[arg-type]  # as a notebook gives it
    assert [type(value) for value in axis.values] == [int, int]
    assert (axis.label, axis.numeric) == ("Depth", True)
    assert not Axis("activation", ("relu",)).numeric


# Settings

VALUES: dict[str, tuple[Any, Callable[[Experiment], object]]] = {
    "network": ("convnet", lambda e: e.network),
    "activation": ("tanh", lambda e: e.phi.kind),
    "initializer": ("glorot_uniform", lambda e: name_of(e.law)),
    "mode": ("fan_avg", lambda e: e.law.get_config()["mode"]),
    "distribution": ("uniform", lambda e: e.law.get_config()["distribution"]),
    "scale": (3.0, lambda e: e.law.get_config()["scale"]),
    "gain": (3.0, lambda e: math.sqrt(e.law.get_config()["scale"])),
    "depth": (7, lambda e: len(e.widths) - 1),
    "width": (9, lambda e: e.widths[0]),
    "taper": (0.5, lambda e: e.widths[-1] / e.widths[0]),
    **{
        name: (value, lambda e, name=name: getattr(e, name))  # type: ignore[misc]
        for name, value in {
            "bias_variance": 0.5,
            "kernel_size": 5,
            "image_size": 7,
            "networks": 2,
            "batch": 3,
            "seed": 2**64 - 1,
            "points": 100,
            "noise": 0.5,
            "learning_rate": 0.5,
            "epochs": 3,
            "batch_size": 7,
            "padding": "same",
            "cell": "gru",
            "recurrent_initializer": "zeros",
            "dtype": "float64",
            "dataset": "rings",
            "optimizer": "adam",
        }.items()
    },
}
"""By hand: a value of each setting that is not the default, and where it is to be found."""

OF_OTHER_LAWS = {
    "stddev": ("random_normal", 0.1),
    "mean": ("random_normal", 0.1),
    "minval": ("random_uniform", -0.2),
    "maxval": ("random_uniform", 0.2),
}


def test_every_setting_is_here() -> None:
    assert set(VALUES) | set(OF_OTHER_LAWS) == set(SETTINGS) - {"value"}
    assert SETTINGS["value"].check(0.5) == 0.5


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_changes_what_it_says(name: str) -> None:
    value, found = VALUES[name]
    before, after = Experiment(), changed(Experiment(), [name], [value])
    assert found(after) == pytest.approx(value) if isinstance(value, float) else value
    assert found(after) != found(before)
    assert Experiment.from_config(after.to_config()) == after


@pytest.mark.parametrize("name", OF_OTHER_LAWS)
def test_a_field_of_another_law(name: str) -> None:
    law, value = OF_OTHER_LAWS[name]
    for order in ([name, "initializer"], ["initializer", name]):
        values = [law if each == "initializer" else value for each in order]
        assert changed(Experiment(), order, values).law.get_config()[name] == value


def test_gain_is_an_orthogonal_matrix_own() -> None:
    base = Experiment(initializer="orthogonal")
    assert changed(base, ["gain"], [1.5]).law == Orthogonal(1.5)


def test_a_field_that_the_initializer_does_not_have() -> None:
    with pytest.raises(ValueError, match="the initializer Orthogonal has no scale; it has gain"):
        sweep(HE, "log10_q", base=Experiment(initializer="orthogonal"))


@pytest.mark.parametrize(
    ("base", "network"),
    [
        (Experiment(width=8, depth=2), mlp((8, 8, 8))),
        (Experiment(width=8, depth=2, taper=0.25), mlp((8, 4, 2))),
        (
            Experiment(network="convnet", width=4, depth=2, kernel_size=5, padding="same"),
            convnet((4, 4, 4), kernel_size=5, image_size=12, padding="same"),
        ),
        (
            Experiment(
                network="recurrent", cell="gru", width=5, depth=3, initializer="glorot_uniform"
            ),
            recurrent("gru", input_dim=5, units=5, steps=3),
        ),
    ],
)
def test_networks_that_experiments_build(base: Experiment, network: vscore.Network) -> None:
    assert base.build() == network


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"depth": 0}, r"depth must be an integer in \[1, 10000\]; got 0"),
        ({"network": "dense"}, r"network must be one of 'mlp', 'convnet', 'recurrent'"),
        ({"seed": -1}, r"seed must be an integer in"),
        ({"activation": "sine"}, r"activation must be one of"),
        ({"padding": "valid"}, r"padding must be one of 'circular', 'same'"),
    ],
)
def test_experiments_are_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Experiment(), **changes)


def test_a_config_that_describes_nothing() -> None:
    with pytest.raises(ValueError, match="these settings describe no experiment"):
        Experiment.from_config({})
    with pytest.raises(ValueError, match="this describes no sweep"):
        Grid.from_config({})


# Measures: each is worked out here once more, from what `simulate` and `predict` give.


def pooled(logarithms: np.ndarray) -> float:
    """log10 of the mean of what they stand for, none of it too large here."""
    return float(np.log10(np.mean(10.0**logarithms)))


def first_layer(measured: Propagation, largest: float) -> float:
    over = np.flatnonzero((measured.log10_peak > math.log10(largest)).any(axis=0))
    return over[0] + 1.0 if len(over) else math.inf


MEASURED: dict[str, Callable[[Propagation], float]] = {
    "log10_q": lambda m: pooled(m.log10_q[:, -1]),
    "log10_gradient_ratio": lambda m: (
        pooled(m.log10_gradient[:, 0]) - pooled(m.log10_gradient[:, -1])  # type: ignore[index]
    ),
    "forward_factor": lambda m: float(
        10 ** (np.median(m.log10_q[:, -1] - m.log10_q[:, 0]) / (m.network.depth - 1))
    ),
    "backward_factor": lambda m: float(
        10
        ** (
            np.median(m.log10_gradient[:, 0] - m.log10_gradient[:, -1])  # type: ignore[index]
            / (m.network.depth - 1)
        )
    ),
    "correlation": lambda m: float(m.correlation[:, -1].mean()),
    "saturated": lambda m: float(m.saturated[:, -1].mean()),
    "dead": lambda m: float(m.dead[:, -1].mean()),
    "overflow_layer_float16": lambda m: first_layer(m, 65504),
    "overflow_layer_bfloat16": lambda m: first_layer(m, 3.3895e38),
    "overflow_layer_float32": lambda m: first_layer(m, 3.4028e38),
}
ELSEWHERE = {"band_coverage", "training_loss"}
THEORY_ONLY = {
    "fixed_point",
    "correlation_fixed_point",
    "chi_1",
    "gradient_depth_scale",
    "correlation_depth_scale",
}


def test_every_measure_is_here() -> None:
    assert set(MEASURED) | ELSEWHERE | THEORY_ONLY == set(MEASURES)
    for name, measure in MEASURES.items():
        assert (measure.simulated is None) == (name in THEORY_ONLY)
        assert measure.title


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("base", [SMALL, replace(SMALL, activation="tanh", depth=60)])
def test_a_simulated_measure(name: str, base: Experiment) -> None:
    found = sweep("scale=0.5,2,900", name, base=base)
    for scale, value in zip((0.5, 2, 900), found.values, strict=True):
        network = replace(base, initializer=VarianceScaling(scale)).build()
        alone = simulate(network, networks=3, batch=4, seed=0)
        assert value == pytest.approx(MEASURED[name](alone), rel=1e-9, abs=1e-9)
    assert (found.status == 1).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # tanh at 100 layers of scale 1.7: theory's own numbers, from `predict`.
        ("log10_q", lambda p: p.log10_q[-1]),
        ("log10_gradient_ratio", lambda p: p.log10_gradient[0]),
        ("forward_factor", lambda p: 10 ** ((p.log10_q[-1] - p.log10_q[0]) / 29)),
        ("backward_factor", lambda p: 10 ** (p.log10_gradient[0] / 29)),
        ("correlation", lambda p: p.correlation[-1]),
        ("saturated", lambda p: p.saturated[-1]),
    ],
)
def test_a_predicted_measure(name: str, expected: Callable[[Any], float]) -> None:
    base = replace(SMALL, activation="tanh", depth=30, bias_variance=0.05)
    found = sweep("scale=1.7,3", name, source="predicted", base=base)
    for scale, value in zip((1.7, 3), found.values, strict=True):
        network = replace(base, initializer=VarianceScaling(scale)).build()
        assert value == pytest.approx(expected(predict(network)), rel=1e-12)


def test_limits_in_closed_form() -> None:
    """ReLU with biases: q* = b / (1 - s / 2), chi_1 = s / 2, c* = 1 below s = 2."""

    def at(name: str, **changes: Any) -> list[float]:
        base = replace(SMALL, bias_variance=0.3, **changes)
        return list(map(float, sweep("scale=0.5,1", name, base=base).values))

    assert at("fixed_point") == pytest.approx([0.4, 0.6])
    assert at("chi_1") == pytest.approx([0.25, 0.5])
    assert at("correlation_fixed_point") == [1, 1]
    expected = [1 / math.log(4), 1 / math.log(2)]
    assert at("gradient_depth_scale") == pytest.approx(expected)
    assert at("correlation_depth_scale") == pytest.approx(expected)


def test_the_depth_scale_of_chaos() -> None:
    """tanh at scale 4 with biases: the distance of correlations to c*, layer by layer."""
    base = replace(SMALL, activation="tanh", bias_variance=0.05, depth=30)
    (scale,) = sweep("scale=4", "correlation_depth_scale", base=base).values
    (limit,) = sweep("scale=4", "correlation_fixed_point", base=base).values
    assert 0 < limit < 1
    network = replace(base, initializer=VarianceScaling(4.0)).build()
    distance = np.abs(predict(network).correlation - limit)
    assert math.exp(-1 / scale) == pytest.approx(distance[20] / distance[19], rel=1e-3)


def test_he_is_at_the_edge() -> None:
    """chi_1 = 1 for ReLU at scale 2: no depth is too large, and every q stays."""
    assert sweep("scale=2", "gradient_depth_scale").values.tolist() == [math.inf]
    assert sweep("scale=2", "fixed_point").values.tolist() == pytest.approx([2])
    assert sweep("scale=3", "fixed_point").values.tolist() == [math.inf]
    assert sweep("scale=3", "chi_1").values.tolist() == pytest.approx([1.5])


@pytest.mark.parametrize(
    ("axis", "measure", "base"),
    [
        ("batch=1", "correlation", SMALL),
        ("depth=1", "forward_factor", SMALL),
        ("scale=2", "band_coverage", replace(SMALL, network="convnet", image_size=4)),
        ("taper=0.5", "fixed_point", replace(SMALL, initializer="glorot_normal")),
        ("cell=lstm", "fixed_point", replace(SMALL, network="recurrent")),
        ("scale=1", "correlation_depth_scale", SMALL),  # q vanishes
        ("scale=2", "correlation_fixed_point", replace(SMALL, activation="linear")),
    ],
)
def test_where_there_is_no_such_quantity(axis: str, measure: str, base: Experiment) -> None:
    found = sweep(axis, measure, base=base)
    assert found.status.tolist() == [3]
    assert np.isnan(found.values).all()
    assert found.failures == ()


def test_coverage_counts_networks_inside() -> None:
    base = Experiment(width=64, depth=5, networks=40, batch=4)
    (share,) = sweep("scale=2", "band_coverage", base=base).values
    network = base.build()
    low, high = predict(network).log10_band(0.95, batch=4)
    measured = simulate(network, networks=40, batch=4).log10_q[:, -1]
    assert share == sum(low[-1] <= q <= high[-1] for q in measured) / 40


def test_training_is_that_of_train() -> None:
    base = Experiment(width=8, depth=3, networks=3, points=60, epochs=2, learning_rate=0.1)
    found = sweep("scale=1,1e30", "training_loss", base=base)
    data = draw_dataset("spirals", points=60, noise=0.1, seed=0)
    run = train(mlp((2, 8, 8, 2), initializer=VarianceScaling(1.0)), data, optimizer=SGD(0.1),
                epochs=2, networks=3)  # fmt: skip
    assert found.values[0] == sorted(run.loss[:, -1])[1]
    assert found.values[1] == math.inf


@pytest.mark.parametrize(
    ("measure", "source", "message"),
    [
        ("dead", "predicted", "source must be 'simulated' for 'share of dead units at the last"),
        ("chi_1", "simulated", "source must be 'predicted' for"),
        ("log10_q", "guessed", "source must be one of 'simulated', 'predicted'; got 'guessed'"),
        ("log10q", None, "measure must be one of .*; got 'log10q'. Did you mean 'log10_q'"),
    ],
)
def test_sources_and_measures_are_checked(measure: str, source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep(HE, measure, source=source, base=SMALL)


# A cell by itself

GRID = ["activation=relu,tanh,gelu", "scale=0.5:3:4"]


@pytest.mark.parametrize("axes", [GRID, GRID[::-1], ["depth=1:4", HE], [HE, "depth=1:4"]])
@pytest.mark.parametrize("source", ["simulated", "predicted"])
def test_a_cell_depends_on_itself_alone(axes: list[str], source: str) -> None:
    """Bit for bit what the same experiment gives by itself, wherever it stands."""
    found = sweep(axes, "log10_gradient_ratio", source=source, base=SMALL)
    for index in itertools.product(*(range(size) for size in found.values.shape)):
        experiment = found.experiment(*index)
        alone = sweep(
            "seed=0", "log10_gradient_ratio", source=source, base=experiment
        ).values.item()
        assert found.values[index] == alone
        if source == "predicted":
            assert alone == predict(experiment.build()).log10_gradient[0]


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_executors_give_the_same_bits(executor: str) -> None:
    axes = ["scale=0.25:4:12:log", "depth=1:5"]
    serial = sweep(axes, "log10_gradient_ratio", base=SMALL)
    other = sweep(axes, "log10_gradient_ratio", base=SMALL, executor=executor, workers=2)
    assert other.values.tobytes() == serial.values.tobytes()
    assert other.status.tobytes() == serial.status.tobytes()


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid"])
@pytest.mark.parametrize(("scale", "bias"), [(2.0, 0.0), (0.3, 0.1), (900.0, 0.0)])
def test_many_depths_are_predicted_as_each_alone(
    activation: str, scale: float, bias: float
) -> None:
    """Bit for bit, in any order of depths."""
    network = mlp(
        (9,) * 31, activation=activation, initializer=VarianceScaling(scale), bias_variance=bias
    )
    depths = (30, 1, 2, 17)
    for depth, found in zip(depths, predict_depths(network, depths), strict=True):
        alone = predict(replace(network, widths=network.widths[: depth + 1]))
        assert found.network == alone.network
        for name in (
            *("log10_q", "log10_gradient", "chi"),
            *("activation_mean", "activation_second_moment", "activation_variance"),
        ):
            assert getattr(found, name).tobytes() == getattr(alone, name).tobytes()


# Failures


def test_cells_that_fail_are_named_and_the_others_done() -> None:
    found = sweep(["cell=simple_rnn,lstm", "depth=2,3"], "log10_q", source="predicted",
                  base=replace(SMALL, network="recurrent"))  # fmt: skip
    assert found.status.tolist() == [[1, 1], [2, 2]]
    assert np.isfinite(found.values[0]).all()
    assert np.isnan(found.values[1]).all()
    first, second = found.failures
    assert (first.index, second.index) == ((1, 0), (1, 1))
    assert first.settings == (("cell", "lstm"), ("depth", 2))
    assert str(first).startswith("cell=lstm, depth=2: ")
    assert "lstm" in first.error.lower()


def test_a_field_that_some_initializers_have() -> None:
    found = sweep(["initializer=orthogonal,he_normal", "scale=1,2"], "log10_q", base=SMALL)
    assert found.status.tolist() == [[2, 2], [1, 1]]
    assert found.failures[0].error == "the initializer Orthogonal has no scale; it has gain"


# Watching and calling off


@pytest.mark.parametrize("executor", [None, "threads", "processes"])
def test_progress_ends_at_the_total(executor: str | None) -> None:
    seen: list[tuple[int, int]] = []
    sweep("scale=1:2:40", "log10_q", base=SMALL, executor=executor, workers=2,
          progress=lambda done, total: seen.append((done, total)))  # fmt: skip
    assert seen == sorted(seen)
    assert seen[-1] == (40, 40)


@pytest.mark.parametrize("axes", [["scale=1,2,3", "depth=1:4"], ["depth=1:4", "scale=1,2,3"]])
def test_a_sweep_is_seen_as_it_comes_and_goes_on_from_there(axes: list[str]) -> None:
    """Each chunk is given as it is then; what is done is not worked on again, also what failed."""
    seen: list[Sweep] = []
    whole = sweep(axes, "log10_q", base=SMALL, on_chunk=seen.append)
    counts = [int((each.status > 0).sum()) for each in seen]
    assert counts == sorted(set(counts))
    assert counts[-1] == 12
    assert len(counts) > 2
    part = seen[0]
    assert not part.finished
    values, status = np.where(part.status == 1, -7.0, np.nan), part.status.copy()
    values[-1, -1], status[-1, -1] = np.nan, 2
    earlier = replace(part, values=values, status=status, errors={11: "a reason"})
    found = sweep(axes, "log10_q", base=SMALL, earlier=earlier)
    expected = np.where(part.status == 1, -7.0, whole.values)
    expected[-1, -1] = np.nan
    np.testing.assert_array_equal(found.values, expected)
    assert [str(each) for each in found.failures] == [
        f"{', '.join(f'{axis.name}={axis.values[-1]}' for axis in found.axes)}: a reason"
    ]


def test_what_came_earlier_must_be_of_this_sweep() -> None:
    earlier = sweep("scale=1,2", "log10_q", base=SMALL)
    with pytest.raises(ValueError, match=r"earlier must be of this sweep; .* measure 'log10_q'"):
        sweep("scale=1,2", "dead", base=SMALL, earlier=earlier)


@pytest.mark.parametrize("executor", [None, "threads", "processes"])
def test_a_check_calls_off_within_a_cell(executor: str | None) -> None:
    """Of cells of minutes each."""
    base = Experiment(width=512, depth=400, networks=64, batch=64)
    calls = itertools.count()

    def check() -> None:
        if next(calls) == 20:
            raise Stop

    start = time.monotonic()
    with pytest.raises(Stop):
        sweep("seed=0:3", "log10_q", base=base, executor=executor, workers=2, check=check)
    assert time.monotonic() - start < 15


# Arguments


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"executor": "gpu"}, "executor must be one of 'serial', .* scheduler's address, such as"),
        ({"workers": 0}, r"workers must be an integer in \[1, 1024\]; got 0"),
        ({"workers": True}, r"workers must be an integer in \[1, 1024\]; got True"),
        ({"out": "table.xlsx"}, "out must end in .csv, .npz, .parquet; got 'table.xlsx'"),
    ],
)
def test_arguments_are_checked(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep(HE, "log10_q", base=SMALL, **keywords)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ([], "axes must be one or two; got 0"),
        ([HE, "depth=1:2", "width=8"], "axes must be one or two; got 3"),
        ([HE, HE], "axes must differ; got scale twice"),
        ([3], "axes must be Axis objects or text; got 3"),
        (["seed=0:99999", "depth=1:9999"], "axes must make at most 10000000 cells; got 999900000"),
    ],
)
def test_axes_are_checked_together(axes: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sweep(axes, "log10_q", base=SMALL)


# Files


@functools.cache
def mixed() -> Sweep:
    """Cells that are done, infinite, failed and without such a quantity."""
    return sweep(
        ["initializer=he_normal,orthogonal,zeros", "gain=1,2"],
        "correlation_depth_scale",
        base=replace(SMALL, bias_variance=0.1),
    )


@pytest.mark.parametrize("ending", ["npz", "parquet"])
@pytest.mark.parametrize("axes", [["scale=1,2", "seed=18446744073709551615"], ["depth=1:3", HE]])
def test_files_bring_back_the_same(tmp_path: Path, ending: str, axes: list[str]) -> None:
    path = tmp_path / f"table.{ending}"
    for found in (sweep(axes, "log10_q", base=SMALL), mixed()):
        found.write(path)
        again = Sweep.read(path)
        assert again.grid == found.grid
        assert again.values.tobytes() == found.values.tobytes()
        assert again.status.tobytes() == found.status.tobytes()
        assert again.failures == found.failures


def test_a_csv_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    found = sweep(["activation=relu,linear", "scale=1,2"], "fixed_point", base=SMALL)
    found.to_csv(path)
    mark = found.grid.fingerprint
    assert path.read_text("utf-8").splitlines() == [
        "activation,scale,fixed_point,status,error,sweep",
        f"relu,1.0,0.0,done,,{mark}",
        f"relu,2.0,{float(found.values[0, 1])!r},done,,{mark}",
        f"linear,1.0,{float(found.values[1, 0])!r},done,,{mark}",
        f"linear,2.0,inf,done,,{mark}",
    ]
    assert len(mark) == 10


def test_parquet_for_pandas(tmp_path: Path) -> None:
    import pandas as pd

    mixed().to_parquet(tmp_path / "table.parquet")
    frame = pd.read_parquet(tmp_path / "table.parquet")
    assert list(frame.columns) == [
        "initializer", "gain", "correlation_depth_scale", "status", "error",
    ]  # fmt: skip
    assert len(frame) == 6
    assert set(frame["status"]) <= {"done", "failed", "none"}


def test_the_fingerprint_tells_sweeps_apart() -> None:
    first = sweep(HE, "log10_q", base=SMALL).grid
    others = [
        replace(first, measure="dead"),
        replace(first, source="predicted"),
        replace(first, base=replace(SMALL, seed=1)),
        replace(first, axes=(Axis.parse("scale=1:3:4"),)),
        replace(first, base=replace(SMALL, initializer=INITIALIZERS["glorot_normal"])),
    ]
    assert len({grid.fingerprint for grid in [first, *others]}) == 6
    assert Grid.from_config(first.to_config()).fingerprint == first.fingerprint


@pytest.mark.parametrize("name", ["x.npz", "x.parquet", "x.part"])
def test_files_that_hold_no_sweep(tmp_path: Path, name: str) -> None:
    for content in (b"", b"nonsense\n", b"PK\x03\x04"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=r"holds no sweep|is no partial sweep"):
            Sweep.read(tmp_path / name)


def test_a_csv_does_not_hold_the_question() -> None:
    with pytest.raises(ValueError, match=r"path must end in .npz, .parquet, .part to be read"):
        Sweep.read("table.csv")


# Cost


@pytest.mark.alone
@pytest.mark.parametrize(
    "base",
    sampled(
        2,
        [
            Experiment(width=64, depth=20),
            Experiment(width=512, depth=20, networks=4),
            Experiment(width=128, depth=20, batch=256),
            Experiment(width=16, depth=4, network="convnet", networks=4),
            Experiment(width=64, depth=40, network="recurrent", networks=4),
            Experiment(width=128, depth=5, networks=2, initializer="orthogonal"),
        ],
    ),
)
def test_the_estimate_of_a_simulation(base: Experiment) -> None:
    check_estimate("seed=1:4", "log10_gradient_ratio", base)


@pytest.mark.slow  # of a machine, as much as of the code
@pytest.mark.alone
@pytest.mark.parametrize(
    ("measure", "axis", "base"),
    [
        ("log10_q", "scale=1:3:10", Experiment(depth=100)),
        ("log10_q", "scale=1.5:3:10", Experiment(depth=50, activation="tanh", bias_variance=0.1)),
        ("log10_q", "depth=1:400", Experiment(activation="gelu", bias_variance=0.2)),
        ("correlation", "scale=1:3:10", Experiment(activation="gelu")),
        ("fixed_point", "scale=1.1:3:20", Experiment(activation="tanh", bias_variance=0.1)),
        ("correlation_depth_scale", "scale=1.1:3:20", Experiment(activation="tanh")),
    ],
)
def test_the_estimate_of_theory(measure: str, axis: str, base: Experiment) -> None:
    check_estimate(axis, measure, base, "predicted")


@pytest.mark.alone
def test_the_estimate_of_training() -> None:
    check_estimate("learning_rate=0.1,0.2", "training_loss", Experiment(width=32, depth=6))


def check_estimate(axis: str, measure: str, base: Experiment, source: str | None = None) -> None:
    """Within a factor of 3 of processor time, and 4 for what a busy machine adds to it."""
    source = source or MEASURES[measure].source
    grid = Grid((Axis.parse(axis),), measure, source, base)
    taken = []
    for turn in range(3):  # other numbers at each turn, since moments of phi are kept
        fresh = replace(base, bias_variance=base.bias_variance + 0.01 * turn)
        start = time.thread_time()
        sweep(axis, measure, source=source, base=fresh)
        taken.append(time.thread_time() - start)
    assert min(taken) / 4 < estimate(grid).seconds < min(taken) * 3
