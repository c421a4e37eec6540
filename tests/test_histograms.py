"""Activation histograms: the same network as `simulate`'s first, in units of its own rms."""

import pickle

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


# Of a simulation --------------------------------------------------------------------------------


def shares_of(h: np.ndarray) -> np.ndarray:
    """61 bars from -3 to 3 root mean squares; what lies beyond in the outermost."""
    scaled = np.clip(h / np.sqrt((h**2).mean()), -3, 3)
    return np.histogram(scaled, np.linspace(-3, 3, 62))[0] / h.size


def close_to(found: np.ndarray, h: list[np.ndarray]) -> bool:
    """float32 against float64: one in 400 numbers may change sides of an edge."""
    return all(
        np.abs(row - shares_of(layer)).sum() <= 2 / 400 + 4 / layer.size
        for row, layer in zip(found, h, strict=True)
    )


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_simulation_s_histograms_by_hand(given: bool, dtype: str) -> None:
    """tanh layers with biases, from the streams: inputs 0, kernels (1, l), biases (2, l)."""
    network = mlp((40, 50, 30), activation="tanh", initializer=NORMAL, bias_variance=0.5)
    own = Stream(11, (0,))
    drawn = RandomNormal(0.0, 1.0).draw((30, 40), own.child(0)).astype(np.float64)
    x = np.random.default_rng(1).uniform(0, 5, (30, 40)) if given else drawn
    h, expected = x, []
    for layer, shape in enumerate(network.kernel_shapes):
        bias = RandomNormal(0.0, 1.0).draw(shape[1:], own.child(2, layer))
        h = np.tanh(h @ NORMAL.draw(shape, own.child(1, layer)) + np.sqrt(0.5) * bias)
        expected.append(h)
    run = simulate(
        network,
        networks=3,
        batch=30,
        seed=11,
        inputs=x if given else None,
        dtype=dtype,
        engine="weights",
    )
    assert close_to(run.histograms.shares, expected)
    assert (run.histograms.seed, run.histograms.batch, run.histograms.network) == (11, 30, network)
    assert run.histograms is run.histograms


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kind)
@pytest.mark.parametrize("networks", [1, 3])
def test_a_simulation_s_histograms_have_its_moments(network: Network, networks: int) -> None:
    """The mean over bars, in root mean squares, is the simulation's own mean of the first one."""
    run = simulate(network, networks=networks, batch=16, seed=3)
    drawn = run.histograms
    centres = (drawn.edges[:-1] + drawn.edges[1:]) / 2
    mean = drawn.shares @ centres
    # Half a bar of 6 / 61, and what is cut off at 3.
    expected = run.activation_mean[0] / np.sqrt(run.activation_second_moment[0])
    np.testing.assert_allclose(mean, expected, atol=0.06)


def test_histograms_of_the_engine_without_weights() -> None:
    """A linear first layer's h is z = s R Z, R R^T = X X^T: its law given X, and its own q."""
    network = mlp((50, 4000), activation="linear", initializer=NORMAL)
    x = np.random.default_rng(2).standard_normal((150, 50))
    x[128:] *= 1000  # not counted, but drawn with the others
    run = simulate(network, networks=2, seed=4, inputs=x, engine="gram")
    sizes = np.sqrt(2 / 50 * (x[:128] ** 2).sum(axis=1))
    edges = run.histograms.edges * np.sqrt((sizes**2).mean())
    exact = np.diff(stats.norm.cdf(edges[:, None] / sizes), axis=0).mean(axis=1)
    exact[[0, -1]] += stats.norm.cdf(edges[0] / sizes).mean()
    # 128 x 4000 numbers, of which inputs may go together: 50 x 4000 independent ones.
    assert np.abs(run.histograms.shares[0] - exact).max() <= 4.9 * np.sqrt(exact.max() / 200_000)
    alone = simulate(network, networks=1, seed=4, inputs=x[:128], engine="gram")
    drawn = activation_histograms(network, batch=128, seed=4, engine="gram")
    assert not np.array_equal(run.histograms.shares, alone.histograms.shares)
    assert not np.array_equal(drawn.shares, alone.histograms.shares)


def test_histograms_of_gram_are_those_of_its_z() -> None:
    """One input of size |x|: z = s |x| Z with Z from the stream of the kernel, up to its sign."""
    network = mlp((50, 300), activation="tanh", initializer=NORMAL)
    x = np.full((1, 50), 0.3)
    normal = RandomNormal(0.0, 1.0).draw((1, 300), Stream(4, (0,)).child(1, 0)).astype(np.float64)
    expected = shares_of(np.tanh(np.sqrt(2 / 50 * (x**2).sum()) * normal))
    found = simulate(network, seed=4, inputs=x, engine="gram").histograms.shares[0]
    assert min(np.abs(found - row).sum() for row in (expected, expected[::-1])) <= 6 / 300


def test_given_inputs_are_kept_apart() -> None:
    x = np.random.default_rng(3).standard_normal((200, 64))
    run = simulate(NETWORKS[0], networks=1, inputs=x)
    assert run.inputs is not None
    assert run.inputs.shape == (128, 64)
    x[:] = 0
    kept = run.histograms.shares
    assert (kept[:, 30] < 0.5).all()  # the middle bar would hold all
    with pytest.raises(ValueError, match="read-only"):
        run.inputs[0, 0] = 1.0
    assert simulate(NETWORKS[0], networks=1, batch=2).inputs is None


def test_histograms_survive_pickling() -> None:
    run = simulate(NETWORKS[0], networks=1, batch=4)
    shares = run.histograms.shares
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(run)).histograms.shares, shares)


@pytest.mark.parametrize("batch", [4, 16])
def test_the_engine_is_the_one_that_simulate_takes(batch: int) -> None:
    network = mlp((2000, 2000), initializer=NORMAL)
    run = simulate(network, networks=1, batch=batch, seed=1)
    assert run.engine == "gram"
    drawn = activation_histograms(network, batch=batch, seed=1)
    np.testing.assert_array_equal(drawn.shares, run.histograms.shares)
    with pytest.raises(ValueError, match="engine must be one of 'auto', 'weights', 'gram'"):
        activation_histograms(network, engine="none")


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
