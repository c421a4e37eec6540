"""The budget: an experiment too dear becomes the nearest that is not, and a notice says so."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.budget import within_budget
from dashboard.experiment import DEFAULT, FAMILIES, STATISTICS, Experiment
from dashboard.notice import Notice
from vscore.fans import Fans
from vscore.initializers import INITIALIZERS, VarianceScaling
from vscore.layers import (
    LAYERS,
    LSTM,
    Conv2D,
    Conv3D,
    Dense,
    Layer,
    MultiHeadAttention,
    SimpleRNN,
)
from vscore.networks import convnet, mlp, recurrent
from vscore.parameters import PARAMETERS
from vscore.propagation import simulate

MOST_WEIGHTS = 67_108_864
MOST_NANOSECONDS = 8e9
SIZES = ("depth", "width", "networks", "batch")


def changed(spec: Any, **values: Any) -> Any:
    """The same with other values, by name."""
    return replace(spec, **values)


def cost(experiment: Experiment) -> float:
    """By hand: 4 ns to draw a weight, 0.08 ns to use it for one input."""
    weights = experiment.networks * experiment.depth * experiment.width * experiment.width
    return weights * 4 + weights * experiment.batch * 0.08


@pytest.mark.parametrize(
    ("asked", "name", "nearest"),
    [
        # 100 x 1024^2 weights at 9.12 ns are 0.956 s: eight networks fit 8 s, nine do not.
        ({"depth": 100, "width": 1024, "networks": 64, "batch": 64}, "networks", 8),
        ({"depth": 100, "width": 1024, "networks": 64, "batch": 512}, "networks", 1),
        ({"depth": 99, "width": 512, "networks": 64, "batch": 256}, "networks", 12),
        # Beyond what controls show: one network of 100 x 4096^2 weights takes 6.7 s to draw.
        ({"depth": 100, "width": 4096, "networks": 1, "batch": 64}, "batch", 9),
        ({"depth": 200, "width": 4096, "networks": 1, "batch": 1}, "depth", 116),
    ],
)
def test_simulation_gives_way_to_the_nearest(
    asked: dict[str, Any], name: str, nearest: int
) -> None:
    experiment = replace(DEFAULT, **asked)
    affordable, notices = within_budget(experiment)
    assert affordable == changed(experiment, **{name: nearest})
    assert notices == (
        Notice(
            name,
            str(asked[name]),
            f"a network this size takes too long; {nearest} is the most that fits",
        ),
    )
    one_more = changed(affordable, **{name: nearest + 1})
    assert cost(affordable) <= MOST_NANOSECONDS < cost(one_more)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        # A layer: 9 x 256^2 x (4 + 0.12 x 64 x 144) ns = 0.6547 s; 10 of them.
        ({"family": "convolutional", "depth": 10, "width": 256, "networks": 64, "batch": 64},
         {"networks": 1}),
        # 9 x 16^2 x (4 + 0.12 x 8 x 1024) ns = 2.274 ms, 20 of them 45.5 ms: 175.9 fit 8 s.
        ({"family": "convolutional", "width": 16, "networks": 500, "batch": 8, "image_size": 32},
         {"networks": 175}),
        # 100 x 9 x 64^2 x (4 + 0.12 b 1024) ns = 14.7 ms + 0.453 s b: 17 inputs take 7.72 s.
        ({"family": "convolutional", "depth": 100, "width": 64, "networks": 1, "batch": 64,
          "image_size": 32}, {"batch": 17}),
        # A step: 1e5 + 512 x 64 x (400 + 256) ns = 21.6 ms, 50 of them 1.0798 s. Drawing two
        # kernels of 512 x 2048, one orthogonal: (4 + 4 + 0.25 x 512) ns a weight, 0.1426 s.
        ({"family": "recurrent", "depth": 50, "width": 512, "networks": 64, "batch": 64},
         {"networks": 6}),
        # 20 x 512^2 x (4 + 0.25 x 512 + 0.08 x 16) ns = 0.6988 s.
        ({"width": 512, "networks": 64, "initializer": INITIALIZERS["orthogonal"]},
         {"networks": 11}),
    ],
)  # fmt: skip
def test_each_family_has_its_own_cost(asked: dict[str, Any], nearest: dict[str, int]) -> None:
    experiment = replace(DEFAULT, **asked)
    affordable, notices = within_budget(experiment)
    assert affordable == changed(experiment, **nearest)
    assert [notice.setting for notice in notices] == [*nearest]


def test_families_start_with_something_to_see_within_a_moment() -> None:
    """By hand; and the dense ones as the page opens."""
    assert {name: dict(family.start) for name, family in FAMILIES.items()} == {
        "dense": {"depth": 20, "width": 128, "networks": 8, "batch": 16},
        "convolutional": {"depth": 20, "width": 16, "networks": 4, "batch": 8},
        "recurrent": {"depth": 50, "width": 64, "networks": 4, "batch": 16},
    }
    assert FAMILIES["dense"].start == {name: getattr(DEFAULT, name) for name in SIZES}
    for name, family in FAMILIES.items():
        started = changed(DEFAULT, family=name, **family.start)
        assert within_budget(started) == (started, ())
        assert started.cost < 3e8


def test_networks_give_way_first_then_inputs_then_layers() -> None:
    asked = replace(DEFAULT, depth=200, width=4096, networks=64, batch=512)
    affordable, notices = within_budget(asked)
    assert (affordable.networks, affordable.batch, affordable.depth) == (1, 1, 116)
    assert affordable.width == 4096
    assert [notice.setting for notice in notices] == ["networks", "batch", "depth"]


@pytest.mark.parametrize(
    ("layer", "kernel", "name", "nearest"),
    [
        (Dense(16384, 16384), "kernel", "input_dim", 4096),
        (Dense(4097, 16384), "kernel", "units", 16380),  # 2^26 / 4097 = 16380.003
        (Conv2D(2048, 2048, (15, 15)), "kernel", "input_channels", 145),
        # Four groups: 2048 filters of (input_channels / 4) channels, so steps of 4.
        (Conv2D(2048, 2048, (15, 15), groups=4), "kernel", "input_channels", 580),
        (Conv3D(1024, 2048, (15, 15, 15)), "kernel", "filters", 19),
        (LSTM(16384, 4096), "kernel", "input_dim", 4096),
        # units^2 and 4 units^2: the input dimension is no part of these kernels.
        (SimpleRNN(16384, 16384), "recurrent_kernel", "units", 8192),
        (LSTM(16384, 16383), "recurrent_kernel", "units", 4096),
        (MultiHeadAttention(16384, 32, 512), "query_kernel", "input_dim", 4096),
    ],
)
def test_kernel_gives_way_to_the_nearest(
    layer: Layer, kernel: str, name: str, nearest: int
) -> None:
    affordable, notices = within_budget(Experiment(layer=layer, kernel=kernel))
    assert affordable.layer == changed(layer, **{name: nearest})
    assert affordable.drawn_kernel.size <= MOST_WEIGHTS
    step = getattr(layer, "groups", 1)
    one_more = replace(affordable, layer=changed(layer, **{name: nearest + step}))
    assert one_more.drawn_kernel.size > MOST_WEIGHTS
    reason = f"the kernel would hold over 67 million weights; {nearest} is the most that fits"
    assert notices == (Notice(name, str(getattr(layer, name)), reason),)


def test_a_batch_is_left_alone_where_it_would_not_help() -> None:
    """Nearly all of the time goes into the weights: 4 + 0.25 x 1024 of 261.28 ns each."""
    asked = replace(DEFAULT, depth=100, width=1024, initializer=INITIALIZERS["orthogonal"])
    affordable, notices = within_budget(asked)
    # 1024^2 x 261.28 ns = 0.27397 s a layer: 29 of them take 7.945 s.
    assert affordable == replace(asked, networks=1, depth=29)
    assert [notice.setting for notice in notices] == ["networks", "depth"]


def test_orthogonal_kernels_give_way_earlier() -> None:
    """A histogram's second: n^2 (16 + 0.25 n) ns for n x n, at most 2^26 x 16 ns."""
    asked = replace(DEFAULT, layer=Dense(4096, 1600), initializer=INITIALIZERS["orthogonal"])
    affordable, notices = within_budget(asked)
    # 1613 x 1600 x (16 + 0.25 x 1600) ns = 1.0736 s; one more row, 1.0743 s, is over 1.07374 s.
    assert affordable.layer == Dense(1613, 1600)
    reason = "an orthogonal kernel this size takes too long; 1613 is the most that fits"
    assert notices == (Notice("input_dim", "4096", reason),)
    assert within_budget(replace(asked, layer=Dense(1600, 1600)))[1] == ()


@pytest.mark.parametrize("kind", LAYERS)
def test_largest_layer_that_controls_show_is_cut_to_fit(kind: str) -> None:
    usual = LAYERS[kind]()
    values: dict[str, Any] = {
        name: int(PARAMETERS[name].shown[1]) for name in PARAMETERS if hasattr(usual, name)
    }
    layer = replace(usual, **{**values, **({"groups": 1} if "groups" in values else {})})
    for kernel in layer.kernels:
        affordable, _ = within_budget(Experiment(layer=layer, kernel=kernel.name))
        assert affordable.drawn_kernel.name == kernel.name
        assert affordable.drawn_kernel.size <= MOST_WEIGHTS


def test_what_fits_is_left_alone() -> None:
    assert within_budget(DEFAULT) == (DEFAULT, ())
    largest = replace(DEFAULT, layer=Dense(8192, 8192))  # 2^26 exactly
    assert within_budget(largest) == (largest, ())


def test_network_is_dense_layers_of_one_width() -> None:
    experiment = Experiment(depth=3, width=32, initializer=VarianceScaling(1.0), bias_variance=0.5)
    network = experiment.network
    assert network == mlp(
        (32, 32, 32, 32),
        activation="relu",
        initializer=VarianceScaling(1.0, "fan_in", "truncated_normal"),
        bias_variance=0.5,
    )
    assert network.effective_fans == (Fans(32, 32),) * 3
    assert network.bias_variance == 0.5
    assert network.weight_variances == (1 / 32,) * 3
    assert network.activation.kind == "relu"


def test_network_of_convolutions() -> None:
    experiment = Experiment(
        family="convolutional", depth=2, width=8, image_size=5, padding="same", bias_variance=0.5
    )
    assert experiment.network == convnet(
        (8, 8, 8), kernel_size=(3, 3), image_size=(5, 5), padding="same", bias_variance=0.5
    )
    assert experiment.network.input_shape == (5, 5, 8)
    assert experiment.network.description == (
        "2 convolutional layers, 3 x 3, 8 channels, on 5 x 5 zero-padded"
    )
    assert changed(experiment, padding="circular").network != experiment.network


def test_network_over_time() -> None:
    experiment = Experiment(
        family="recurrent",
        depth=7,
        width=8,
        cell="gru",
        initializer=VarianceScaling(1.0),
        recurrent="he_normal",
        bias_variance=0.5,
    )
    assert experiment.network == recurrent(
        "gru",
        input_dim=8,
        units=8,
        steps=7,
        kernel_initializer=VarianceScaling(1.0),
        recurrent_initializer="he_normal",
        bias_variance=0.5,
    )
    assert experiment.network.description == "GRU of 8 units over 7 steps"
    assert changed(experiment, recurrent="orthogonal").network != experiment.network
    assert changed(experiment, cell="lstm").network.description == "LSTM of 8 units over 7 steps"


@pytest.mark.parametrize("statistic", STATISTICS)
def test_what_is_followed_is_the_simulation_s_own(statistic: str) -> None:
    measured = simulate(mlp((8, 8, 8)), networks=2, batch=2)
    assert getattr(measured, statistic).shape == (2, 2)


def test_default_is_a_deep_relu_network_started_as_he_says() -> None:
    assert DEFAULT.initializer == INITIALIZERS["he_normal"]
    assert DEFAULT.drawn_kernel.shape == (784, 256)
    assert (DEFAULT.activation.kind, DEFAULT.depth, DEFAULT.width) == ("relu", 20, 128)


def test_unknown_kernel_means_the_first() -> None:
    assert Experiment(layer=LSTM(), kernel="bias").drawn_kernel.name == "kernel"
    recurrent = Experiment(layer=LSTM(), kernel="recurrent_kernel").drawn_kernel
    assert recurrent.shape == (64, 256)


def test_attention_is_drawn_with_the_fans_that_keras_counts() -> None:
    """Keras 3.15 counts 512 inputs and 512 outputs for (512, 8, 64), whatever the shape rule."""
    setting = replace(DEFAULT, layer=MultiHeadAttention(512, 8, 64), kernel="key_kernel", seed=3)
    drawn = setting.drawn_initializer
    assert drawn.fans(setting.drawn_kernel.shape) == Fans(512, 512)
    assert drawn == replace(setting.initializer, seed=3, input_axes=(0,), output_axes=(1, 2))  # type: ignore[type-var]
    dense = replace(DEFAULT, seed=3)
    assert dense.drawn_initializer == dense.initializer.with_seed(3)


def test_a_kernel_gives_way_in_every_dimension_that_it_must() -> None:
    """Three settings, eleven draws each: 2^26 / 33 = 2 033 601 weights, and 3 375 taps."""
    layer = Conv3D(2048, 2048, (15, 15, 15))
    setting = Experiment(layer=layer, redraws=True)
    affordable, notices = within_budget(replace(setting, others=(setting, setting)))
    assert all(each.layer == Conv3D(1, 602, (15, 15, 15)) for each in affordable.settings)
    assert [notice.setting for notice in notices[:2]] == ["input_channels", "filters"]
    assert within_budget(affordable) == (affordable, ())


def test_width_gives_way_last() -> None:
    """One layer of 1024 x 8192 weights, 9 taps, one input of 32 x 32, ten redraws, four settings.

    11 x 9 x 8 w^2 x (4 + 0.12 x 1024) ns are 2 s at w = 141.2.
    """
    setting = Experiment(family="convolutional", depth=1, width=1024, taper=8.0, networks=1,
                         batch=1, image_size=32, redraws=True)  # fmt: skip
    affordable, notices = within_budget(replace(setting, others=(setting,) * 3))
    assert [each.width for each in affordable.settings] == [141] * 4
    assert {notice.setting for notice in notices} == {"width", "b.width", "c.width", "d.width"}
