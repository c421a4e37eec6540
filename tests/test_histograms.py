"""Activation histograms: the same network as `simulate`'s first, in units of its own rms."""

import numpy as np
import pytest
from scipy import stats

from dashboard.figures.ridge import ridge_figure, shown_layers
from dashboard.words.shares import ridge_sentence
from vscore._streams import Stream
from vscore.initializers import RandomNormal, VarianceScaling
from vscore.networks import Network, convnet, mlp, recurrent
from vscore.propagation import activation_histograms, simulate

NORMAL = VarianceScaling(2.0, "fan_in", "untruncated_normal")

NETWORKS = (
    mlp((64,) * 7, activation="tanh"),
    convnet((4, 8, 8), image_size=6),
    recurrent("gru", input_dim=8, units=8, steps=5),
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kind)
def test_shares_sum_to_one(network: Network) -> None:
    drawn = activation_histograms(network, batch=16, seed=3)
    assert drawn.shares.shape == (network.depth, 61)
    assert drawn.shares.sum(axis=1) == pytest.approx(np.ones(network.depth), rel=1e-12)


def test_first_layer_by_hand() -> None:
    """z = x W from the streams themselves: inputs are step 0 of the path, kernels step 1."""
    network = mlp((40, 50), activation="linear", initializer=NORMAL)
    own = Stream(11, (0,))
    inputs = RandomNormal(0.0, 1.0).draw((30, 40), own.child(0))
    z = inputs.astype(np.float64) @ NORMAL.draw((40, 50), own.child(1, 0)).astype(np.float64)
    counts, _ = np.histogram(np.clip(z / np.sqrt((z**2).mean()), -3, 3), np.linspace(-3, 3, 22))
    drawn = activation_histograms(network, batch=30, seed=11, bins=21)
    # float32 against float64: at most a few weights change sides of an edge.
    assert np.abs(drawn.shares[0] - counts / z.size).sum() <= 6 / z.size


def test_wide_linear_layer_is_normal() -> None:
    drawn = activation_histograms(
        mlp((400, 400), activation="linear", initializer=NORMAL), batch=64, seed=1
    )
    exact = np.diff(stats.norm.cdf(drawn.edges))
    exact[[0, -1]] += stats.norm.cdf(-3)
    # 25 600 numbers, correlated over rows: five standard errors of an independent share, doubled.
    assert np.abs(drawn.shares[0] - exact).max() <= 10 * np.sqrt(exact.max() / 25_600)


def test_relu_is_half_zero() -> None:
    drawn = activation_histograms(mlp((256, 256), initializer=NORMAL), batch=64)
    assert drawn.shares[0, 30] >= 0.45  # the middle bar holds 0
    assert drawn.shares[0, :30].sum() == 0


def test_exploding_and_dead_networks_have_histograms() -> None:
    for initializer in (RandomNormal(0.0, 1e4), RandomNormal(0.0, 1e-4), RandomNormal(0.0, 0.0)):
        drawn = activation_histograms(mlp((32,) * 60, initializer=initializer), batch=4)
        assert np.isfinite(drawn.shares).all()
        assert drawn.shares.sum(axis=1) == pytest.approx(np.ones(59), rel=1e-12)


def test_same_seed_same_shares_and_the_batch_is_checked() -> None:
    first, again, other = (activation_histograms(NETWORKS[0], seed=s).shares for s in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(ValueError, match=r"batch must be an integer in \[1, 1e\+07\]; got 0"):
        activation_histograms(NETWORKS[0], batch=0)
    with pytest.raises(ValueError, match=r"bins must be an integer in \[3, 1001\]; got 2"):
        activation_histograms(NETWORKS[0], bins=2)


def test_check_cancels() -> None:
    class Stop(Exception):
        pass

    def check() -> None:
        raise Stop

    with pytest.raises(Stop):
        activation_histograms(NETWORKS[0], check=check)


@pytest.mark.parametrize(
    ("depth", "layers"),
    [(1, [0]), (3, [0, 1, 2]), (8, list(range(8))), (15, [0, 2, 4, 6, 8, 10, 12, 14])],
)
def test_shown_layers(depth: int, layers: list[int]) -> None:
    assert shown_layers(depth) == layers


def test_ridge_stands_on_its_floors() -> None:
    drawn = activation_histograms(NETWORKS[0], batch=16)
    figure = ridge_figure(drawn)
    floors, outlines = figure["data"][::2], figure["data"][1::2]
    assert [trace["name"] for trace in outlines] == [f"layer {n}" for n in range(1, 7)]
    for place, (floor, outline) in enumerate(zip(floors, outlines, strict=True)):
        base = 5 - place
        assert floor["y"].tolist() == [base, base]
        assert outline["y"].max() == pytest.approx(base + 0.9, abs=1e-6)
        assert outline["y"].min() >= base
        assert outline["customdata"] == pytest.approx(drawn.shares[place], abs=1e-7)
    assert figure["layout"]["yaxis"]["ticktext"][0] == "layer 6"
    assert figure["layout"]["xaxis"]["title"]["text"]


def test_ridge_sentence_counts_the_middle() -> None:
    drawn = activation_histograms(mlp((256, 256), initializer=NORMAL), batch=64)
    # 61 bars over 6: bars 29 to 31 have centres within 0.15 of 0.
    share = 100 * drawn.shares[0, 29:32].sum()
    assert f"Within 0.15 of 0 lie {share:.2g} % at the first layer" in ridge_sentence(drawn)
    assert "step" in ridge_sentence(activation_histograms(NETWORKS[2]))


def test_a_layer_of_the_histogram_is_the_simulation_s() -> None:
    """tanh saturated at scale 25: the share beyond the saturation points is simulate's."""
    network = mlp((64,) * 4, activation="tanh", initializer=VarianceScaling(25.0))
    drawn = activation_histograms(network, batch=16, seed=2, bins=1001)
    measured = simulate(network, networks=1, batch=16, seed=2)
    centres = (drawn.edges[:-1] + drawn.edges[1:]) / 2
    rms = np.sqrt(measured.activation_second_moment[0])
    # |tanh(z)| >= sqrt(0.95) is where tanh' falls to 0.05.
    saturated = [
        row[np.abs(centres * size) >= np.sqrt(0.95)].sum()
        for row, size in zip(drawn.shares, rms, strict=True)
    ]
    assert saturated == pytest.approx(measured.saturated[0], abs=0.02)
