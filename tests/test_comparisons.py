"""Ready comparisons: what each differs in, by hand, and that links can hold all of it."""

from dataclasses import fields, replace
from math import sqrt
from typing import Any

import pytest

from dashboard.comparisons import COMPARISONS, copied, moved, removed, shown_settings
from dashboard.experiment import DEFAULT, Experiment
from dashboard.links import encode, parse
from dashboard.links.setting import INITIALIZER_NAMES
from vscore.activations import ACTIVATIONS
from vscore.initializers import (
    INITIALIZERS,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.layers import LAYERS, LSTM, DepthwiseConv2D, Embedding, MultiHeadAttention

SETTINGS = [
    *(replace(DEFAULT, layer=LAYERS[kind](), kernel=kernel.name)
      for kind in LAYERS for kernel in LAYERS[kind]().kernels),
    *(replace(DEFAULT, initializer=INITIALIZERS.get(name, VarianceScaling(3.0, "fan_out")))
      for name in INITIALIZER_NAMES),
    *(replace(DEFAULT, activation=activation) for activation in ACTIVATIONS.values()),
    replace(DEFAULT, family="recurrent", cell="gru", depth=30, width=32),
    replace(DEFAULT, family="convolutional", width=8, networks=2, batch=4),
    replace(DEFAULT, initializer=RandomNormal(0.5, 10.0)),
    replace(DEFAULT, initializer=RandomUniform(0.25, 0.25)),
    replace(DEFAULT, layer=DepthwiseConv2D(2048)),
]  # fmt: skip


def changed(first: Experiment, other: Experiment) -> set[str]:
    """The fields in which two settings differ."""
    return {f.name for f in fields(first) if getattr(first, f.name) != getattr(other, f.name)}


def initializers(name: str, setting: Experiment) -> list[Initializer]:
    return [each.initializer for each in COMPARISONS[name].settings(setting)]


def test_names_and_labels() -> None:
    assert list(COMPARISONS) == ["modes", "distributions", "schemes", "frameworks", "activations"]
    assert all(each.label and each.help.endswith(".") for each in COMPARISONS.values())


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda e: encode(e)[:60])
@pytest.mark.parametrize("name", COMPARISONS)
def test_two_to_four_settings_that_a_link_can_hold(name: str, setting: Experiment) -> None:
    settings = COMPARISONS[name].settings(setting)
    assert 2 <= len(settings) <= 4
    assert len(set(map(encode, settings))) == len(settings) or name == "frameworks"
    whole = setting.with_settings(settings)
    opened, notices = parse(encode(whole))
    assert (opened, notices) == (whole, ())


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("modes", "initializer"),
        ("distributions", "initializer"),
        ("schemes", "initializer"),
        ("frameworks", "initializer"),
        ("activations", "activation"),
    ],
)
def test_one_thing_differs(name: str, field: str) -> None:
    first, *others = COMPARISONS[name].settings(DEFAULT)
    assert [changed(first, other) for other in others] == [{field}] * len(others)


def test_modes_on_a_funnel() -> None:
    settings = COMPARISONS["modes"].settings(DEFAULT)
    assert [each.initializer for each in settings] == [
        VarianceScaling(2.0, mode, "truncated_normal")
        for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
    ]
    assert {each.taper for each in settings} == {0.25}
    # 784 -> 256: 2 / 784, 2 / 256, 2 / 520, 2 / 448.
    variances = [
        each.drawn_initializer.variance(each.drawn_initializer.fans((784, 256)))
        for each in settings
    ]
    assert variances == pytest.approx([2 / 784, 2 / 256, 2 / 520, 2 / 448], rel=1e-12)
    wider = replace(DEFAULT, taper=4.0)
    assert {each.taper for each in COMPARISONS["modes"].settings(wider)} == {4.0}


def test_distributions_keep_the_formula() -> None:
    setting = replace(DEFAULT, initializer=VarianceScaling(0.7, "fan_out", "uniform"))
    assert initializers("distributions", setting) == [
        VarianceScaling(0.7, "fan_out", law)
        for law in ("truncated_normal", "untruncated_normal", "uniform")
    ]


@pytest.mark.parametrize(
    ("initializer", "mean", "std"),
    [
        (RandomNormal(0.5, 0.2), 0.5, 0.2),
        (TruncatedNormal(-0.5, 0.2), -0.5, 0.2 * 0.87962566103423978),
        (RandomUniform(-1.0, 2.0), 0.5, 3 / sqrt(12)),
        (Orthogonal(2.0), 0.0, 2 / sqrt(784)),
    ],
)
def test_other_laws_get_the_same_mean_and_variance(
    initializer: Initializer, mean: float, std: float
) -> None:
    found = initializers("distributions", replace(DEFAULT, initializer=initializer))
    assert [each.kind for each in found] == ["TruncatedNormal", "RandomNormal", "RandomUniform"]
    for each in found:
        density = each.density(each.fans((784, 256)))
        assert density.mean == pytest.approx(mean, abs=1e-12)
        assert density.std == pytest.approx(std, rel=1e-12)


def test_zeros_have_no_law_to_compare() -> None:
    assert initializers("distributions", replace(DEFAULT, initializer=Zeros())) == [
        VarianceScaling(2.0, "fan_in", law)
        for law in ("truncated_normal", "untruncated_normal", "uniform")
    ]


@pytest.mark.parametrize(
    ("own", "suffix"),
    [("he_normal", "normal"), ("lecun_uniform", "uniform"), ("torch_default", "uniform"),
     ("orthogonal", "normal")],
)  # fmt: skip
def test_schemes_come_in_the_law_of_a(own: str, suffix: str) -> None:
    setting = replace(DEFAULT, initializer=INITIALIZERS[own])
    names = (f"glorot_{suffix}", f"he_{suffix}", f"lecun_{suffix}", "torch_default")
    assert initializers("schemes", setting) == [INITIALIZERS[name] for name in names]


@pytest.mark.parametrize(
    ("layer", "kernel", "found"),
    [
        (DEFAULT.layer, "kernel", ["glorot_uniform", "torch_default", "lecun_normal"]),
        (
            Embedding(1000, 64),
            "embeddings",
            [
                RandomUniform(-0.05, 0.05),
                RandomNormal(0.0, 1.0),
                VarianceScaling(1.0, "fan_out", "untruncated_normal"),
            ],
        ),
        (
            LSTM(128, 64),
            "recurrent_kernel",
            ["orthogonal", VarianceScaling(4 / 3, "fan_out", "uniform"), Orthogonal(2.0)],
        ),
        (MultiHeadAttention(100, 8, 64), "query_kernel", ["glorot_uniform", "lecun_normal"]),
    ],
)
def test_framework_defaults(layer: Any, kernel: str, found: list[Any]) -> None:
    setting = replace(DEFAULT, layer=layer, kernel=kernel)
    wanted = [INITIALIZERS[each] if isinstance(each, str) else each for each in found]
    assert initializers("frameworks", setting) == wanted


def test_recurrent_networks_take_each_framework_s_recurrent_kernel() -> None:
    """PyTorch: U(+-1/sqrt(units)), which is its default on a fan_in of `units`."""
    setting = replace(DEFAULT, family="recurrent", depth=5, width=16)
    found = [each.recurrent for each in COMPARISONS["frameworks"].settings(setting)]
    assert found == ["orthogonal", "torch_default", "orthogonal"]


def test_activations_start_with_a() -> None:
    def kinds(setting: Experiment) -> list[str]:
        return [each.activation.kind for each in COMPARISONS["activations"].settings(setting)]

    assert kinds(DEFAULT) == ["relu", "tanh", "gelu", "sigmoid"]
    selu = replace(DEFAULT, activation=ACTIVATIONS["selu"])
    assert kinds(selu) == ["selu", "relu", "tanh", "gelu"]


def test_activations_of_cells_are_shown_in_a_dense_network() -> None:
    setting = replace(DEFAULT, family="recurrent", depth=50, width=64)
    found = COMPARISONS["activations"].settings(setting)
    assert {(each.family, each.depth, each.width) for each in found} == {("dense", 20, 128)}


# What the page shows


def test_alone_a_is_shown_beside_the_other_schemes() -> None:
    shown, notices = shown_settings(replace(DEFAULT, seed=5))
    names = ("he_normal", "glorot_normal", "lecun_normal", "torch_default")
    assert [each.initializer for each in shown.settings] == [INITIALIZERS[n] for n in names]
    assert {each.seed for each in shown.settings} == {5}
    assert notices == ()


def test_four_schemes_at_most_are_beside() -> None:
    own = replace(DEFAULT, initializer=Orthogonal())
    shown, _ = shown_settings(own)
    assert len(shown.settings) == 4
    assert shown.settings[0] == own


def test_a_comparison_of_one_s_own_is_shown_as_it_is() -> None:
    own = DEFAULT.with_settings((DEFAULT, replace(DEFAULT, depth=7)), 1)
    assert shown_settings(own) == (own, ())


def test_four_share_the_budget_of_one() -> None:
    """64 networks of 100 x 256^2 weights, 512 inputs: 18.9 s of a core, cut to 2 s for each."""
    dear = replace(DEFAULT, depth=100, width=256, networks=64, batch=64)
    shown, notices = shown_settings(dear)
    # 100 x 65536 x 9.12 ns = 59.8 ms: 33 networks take 1.97 s.
    assert {each.networks for each in shown.settings} == {33}
    assert {notice.setting for notice in notices} == {"networks", "b.networks", "c.networks",
                                                      "d.networks"}  # fmt: skip


# Columns

FOUR = DEFAULT.with_settings(tuple(replace(DEFAULT, depth=depth) for depth in (1, 2, 3, 4)), 2)


def depths(experiment: Experiment) -> tuple[list[int], int]:
    return [each.depth for each in experiment.settings], experiment.chosen.depth


def test_copy_stands_beside_and_is_selected() -> None:
    three = removed(FOUR, 3)
    assert depths(copied(three, 0)) == ([1, 1, 2, 3], 1)
    assert copied(three, 0).selected == 1
    assert depths(copied(three, 2)) == ([1, 2, 3, 3], 3)
    with pytest.raises(ValueError, match="others must be at most 3 settings; got 4"):
        copied(FOUR, 0)


@pytest.mark.parametrize(
    ("index", "left", "chosen"),
    [(0, [2, 3, 4], 3), (1, [1, 3, 4], 3), (2, [1, 2, 4], 4), (3, [1, 2, 3], 3)],
)
def test_remove(index: int, left: list[int], chosen: int) -> None:
    assert depths(removed(FOUR, index)) == (left, chosen)


def test_removing_the_last_one_that_is_selected_selects_its_neighbour() -> None:
    assert depths(removed(replace(FOUR, selected=3), 3)) == ([1, 2, 3], 3)


@pytest.mark.parametrize(
    ("index", "step", "order"),
    [(0, 1, [2, 1, 3, 4]), (2, 1, [1, 2, 4, 3]), (3, -1, [1, 2, 4, 3]), (2, -1, [1, 3, 2, 4])],
)
def test_move_swaps_neighbours_and_keeps_the_selected_one(
    index: int, step: int, order: list[int]
) -> None:
    assert depths(moved(FOUR, index, step)) == (order, 3)
    assert moved(moved(FOUR, index, step), index + step, -step) == FOUR
