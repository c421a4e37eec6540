"""Tables: what a chart shows, by name and by number."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from dashboard.frames import signal_frame, weights_frame
from dashboard.settings import PACKAGE
from vscore.initializers import Orthogonal, RandomNormal, VarianceScaling, Zeros
from vscore.meanfield import predict
from vscore.networks import mlp
from vscore.propagation import simulate
from vscore.sampling import sample

SIGNAL = "log10 signal: mean z²"
GRADIENT = "log10 gradient: mean (∂L/∂z)²"


def test_weights_frame() -> None:
    initializer = VarianceScaling(1.0, "fan_avg", "uniform", seed=5)
    table = weights_frame(sample(initializer, (300, 120), bins=40))
    assert list(table) == ["from", "to", "weights", "density drawn", "density exact"]
    limit = math.sqrt(3 / 210)
    np.testing.assert_allclose(table["from"], np.linspace(-limit, limit, 41)[:-1])
    np.testing.assert_allclose(table["to"], np.linspace(-limit, limit, 41)[1:])
    counts, _ = np.histogram(initializer((300, 120)), np.linspace(-limit, limit, 41))
    np.testing.assert_allclose(table["weights"], counts, atol=1.01)  # rounding at an edge
    assert table["weights"].sum() == 36_000
    np.testing.assert_allclose(table["density drawn"], table["weights"] / 36_000 / (limit / 20))
    np.testing.assert_allclose(table["density exact"], 1 / (2 * limit))


def test_exact_density_is_the_mean_over_a_bar() -> None:
    table = weights_frame(sample(RandomNormal(0.5, 0.1, seed=0), (200, 100), bins=10))
    law = stats.norm(0.5, 0.1)
    share = law.cdf(table["to"]) - law.cdf(table["from"])
    np.testing.assert_allclose(table["density exact"], share / 0.1, rtol=1e-9)  # +-5 std in 10


def test_constant_has_no_exact_density() -> None:
    table = weights_frame(sample(Zeros(), (3, 4)))
    assert table["density exact"].isna().all()
    assert table["weights"].sum() == 12


def test_signal_frame() -> None:
    network = mlp((32,) * 6, initializer=VarianceScaling(1.5))
    measured = simulate(network, networks=5, batch=8, seed=1)
    table = signal_frame(measured, predict(network))
    assert list(table) == [
        "layer",
        "log10 signal: mean z², mean",
        "log10 signal: mean z², lowest",
        "log10 signal: mean z², highest",
        "log10 signal: mean z², theory",
        "log10 signal: mean z², band low",
        "log10 signal: mean z², band high",
        "log10 signal: mean z², mean's band low",
        "log10 signal: mean z², mean's band high",
        "log10 gradient: mean (∂L/∂z)², mean",
        "log10 gradient: mean (∂L/∂z)², lowest",
        "log10 gradient: mean (∂L/∂z)², highest",
        "log10 gradient: mean (∂L/∂z)², theory",
        "log10 gradient: mean (∂L/∂z)², band low",
        "log10 gradient: mean (∂L/∂z)², band high",
        "log10 gradient: mean (∂L/∂z)², mean's band low",
        "log10 gradient: mean (∂L/∂z)², mean's band high",
        "correlation",
        "activation mean",
        "saturated",
        "dead",
    ]
    assert table["layer"].tolist() == [1, 2, 3, 4, 5]
    gradient = measured.gradient_second_moment
    assert gradient is not None
    for name, moments in ((SIGNAL, measured.q), (GRADIENT, gradient)):
        for column, of_networks in (("mean", np.mean), ("lowest", np.min), ("highest", np.max)):
            expected = np.log10(of_networks(moments, axis=0))
            np.testing.assert_allclose(table[f"{name}, {column}"], expected, atol=1e-12)
        assert (table[f"{name}, band low"] <= table[f"{name}, theory"]).all()
        assert (table[f"{name}, theory"] <= table[f"{name}, band high"]).all()
    steps = np.arange(5) * math.log10(0.75)
    np.testing.assert_allclose(table[f"{SIGNAL}, theory"], math.log10(1.5) + steps, atol=1e-9)
    np.testing.assert_allclose(table[f"{GRADIENT}, theory"], steps[::-1], atol=1e-9)
    for column, statistic in (
        ("correlation", measured.correlation),
        ("activation mean", measured.activation_mean),
        ("saturated", measured.saturated),
        ("dead", measured.dead),
    ):
        np.testing.assert_allclose(table[column], statistic.mean(axis=0))


def test_signal_frame_without_theory() -> None:
    network = mlp((8, 8, 8), initializer=RandomNormal(0.5, 0.1))
    table = signal_frame(simulate(network, networks=2, batch=2), None)
    assert [name for name in map(str, table) if "theory" in name or "band" in name] == []
    assert len(table) == 2


def test_theory_without_a_band_has_no_columns_for_it() -> None:
    """An orthogonal matrix's weights depend on one another."""
    network = mlp((8, 8, 8), initializer=Orthogonal())
    table = signal_frame(simulate(network, networks=2, batch=2), predict(network))
    assert [name for name in map(str, table) if "band" in name] == []
    assert [name for name in map(str, table) if "theory" in name] == [
        f"{SIGNAL}, theory",
        f"{GRADIENT}, theory",
    ]


def test_followed_statistic_comes_first_and_once() -> None:
    """A statistic that is no magnitude is not a logarithm, and is not told twice."""
    network = mlp((32,) * 6)
    measured = simulate(network, networks=5, batch=8)
    table = signal_frame(measured, predict(network), "correlation")
    name = "correlation of two inputs' z"
    assert list(table)[:5] == [
        "layer",
        f"{name}, mean",
        f"{name}, lowest",
        f"{name}, highest",
        f"{name}, theory",
    ]
    assert list(table)[-3:] == ["activation mean", "saturated", "dead"]
    assert "correlation" not in table
    np.testing.assert_allclose(table[f"{name}, mean"], measured.correlation.mean(axis=0))
    # Independent inputs; then ReLU's arc-cosine kernel at a right angle (Cho and Saul 2009).
    np.testing.assert_allclose(table[f"{name}, theory"][:2], [0, 1 / math.pi], atol=1e-9)


@pytest.mark.parametrize("stddev", [1e-4, 10.0])
def test_magnitudes_past_any_float_stay_finite(stddev: float) -> None:
    network = mlp((32,) * 101, activation="linear", initializer=RandomNormal(0.0, stddev))
    table = signal_frame(simulate(network, networks=2, batch=2), predict(network))
    assert np.isfinite(table.to_numpy(float)).all()
    # In the mean each layer multiplies q by 32 var.
    last = 100 * math.log10(32 * stddev**2)
    assert table[f"{SIGNAL}, theory"].iloc[-1] == pytest.approx(last)
    assert table[f"{SIGNAL}, mean"].iloc[-1] == pytest.approx(last, abs=10)


WITHOUT_TABLES = """
import sys
from streamlit.testing.v1 import AppTest
from dashboard import charts
with charts.served():
    page = AppTest.from_file(sys.argv[1], default_timeout=60).run()
assert not page.exception
print(len(page.get("bidi_component")), "pandas" in sys.modules, "pyarrow" in sys.modules)
"""


def test_pandas_waits_for_a_table() -> None:
    """It takes a quarter of a server's start to import: no first page should need it."""
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_TABLES, str(PACKAGE / "app.py")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["3", "False", "False"], "two charts and the status line"
