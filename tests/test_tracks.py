"""Tracks: one quantity by layer, its theory and its band, as logarithms where it is a magnitude."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from dashboard.experiment import STATISTICS
from dashboard.tracks import Track, forward_track, gradient_track
from vscore.initializers import Orthogonal, RandomNormal, VarianceScaling, Zeros
from vscore.meanfield import predict
from vscore.networks import Network, convnet, mlp, recurrent
from vscore.propagation import Propagation, simulate

HE = mlp((32,) * 4, activation="relu", initializer=VarianceScaling(2.0))

# By hand: what is shown as it is; the others are magnitudes, shown as log10.
LINEAR = {"activation_mean", "correlation", "saturated", "dead"}

VALUES = np.array([[1.0, 0.1, 0.01], [3.0, 0.3, 0.07]])
MEANS = (2.0, 0.2, 0.04)


def measured(network: Network = HE, batch: int = 8) -> Propagation:
    return simulate(network, networks=2, batch=batch, seed=1)


def given(statistic: str) -> Propagation:
    """A simulation that found `VALUES`."""
    name, values = ("log10_q", np.log10(VALUES)) if statistic == "q" else (statistic, VALUES)
    return replace(measured(), **{name: values})  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("statistic", STATISTICS)
def test_values(statistic: str) -> None:
    track = forward_track(given(statistic), None, statistic)
    assert track.logarithmic == (statistic not in LINEAR)
    shown = 10**track.measured if track.logarithmic else track.measured
    np.testing.assert_allclose(shown, VALUES)
    centre = 10**track.centre if track.logarithmic else track.centre
    np.testing.assert_allclose(centre, MEANS)
    assert (track.theory, track.band) == (None, None)


def test_gradient_values() -> None:
    run = replace(measured(), log10_gradient=np.log10(VALUES))
    track = gradient_track(run, None)
    assert track.logarithmic
    np.testing.assert_allclose(10**track.measured, VALUES)
    np.testing.assert_allclose(10**track.centre, MEANS)
    assert (track.theory, track.band) == (None, None)


# By hand, He's rule with ReLU: z ~ N(0, 2) at every layer, so E[relu(z)] = sqrt(2 / (2 pi)) and
# E[relu(z)^2] = 1. Two independent inputs correlate by 0, then as the arc-cosine kernel says.
ANGLE = math.acos(1 / math.pi)
CORRELATION = np.array([0, 1 / math.pi, (math.sin(ANGLE) + (math.pi - ANGLE) / math.pi) / math.pi])
THEORY: Mapping[str, np.ndarray] = {
    "q": np.log10([2.0, 2.0, 2.0]),
    "unit_variance": np.log10(2 * (1 - CORRELATION)),
    "activation_second_moment": np.zeros(3),
    "activation_variance": np.log10([1 - 1 / math.pi] * 3),
    "activation_mean": np.array([math.sqrt(1 / math.pi)] * 3),
    "correlation": CORRELATION,
    "saturated": np.zeros(3),  # ReLU is unbounded
}


@pytest.mark.parametrize("statistic", sorted(set(STATISTICS) - {"dead"}))
def test_theory(statistic: str) -> None:
    theory = forward_track(measured(), predict(HE), statistic).theory
    assert theory is not None
    np.testing.assert_allclose(theory, THEORY[statistic], atol=1e-9)


def test_theory_of_saturation() -> None:
    """A hard tanh is saturated where |z| is 1 or more; here q stays at 9 at the first layer."""
    network = mlp((32, 32), activation="hard_tanh", initializer=VarianceScaling(9.0))
    theory = forward_track(measured(network), predict(network), "saturated").theory
    assert theory is not None
    assert theory[0] == pytest.approx(2 * stats.norm.sf(1 / 3))


def test_theory_of_the_gradient() -> None:
    """ReLU passes half of s: g_l = (s / 2)^(L - l)."""
    network = mlp((32,) * 4, initializer=VarianceScaling(1.0))
    theory = gradient_track(measured(network), predict(network)).theory
    assert theory is not None
    np.testing.assert_allclose(theory, np.log10([0.25, 0.5, 1.0]), atol=1e-12)


def test_dead_units_have_no_theory() -> None:
    assert forward_track(measured(), predict(HE), "dead").theory is None


@pytest.mark.parametrize("statistic", STATISTICS)
def test_no_theory_where_position_matters(statistic: str) -> None:
    """Around an image padded with zeros, what two inputs share depends on the position."""
    network = convnet((4, 4, 4), image_size=4, padding="same")
    theory = forward_track(measured(network), predict(network), statistic).theory
    assert (theory is None) == (statistic in {"correlation", "unit_variance", "dead"})


@pytest.mark.parametrize("batch", [2, 8])
def test_band_is_for_one_network_and_this_batch(batch: int) -> None:
    run, predicted = measured(batch=batch), predict(HE)
    for track, of in (
        (forward_track(run, predicted, "q"), "q"),
        (gradient_track(run, predicted), "gradient"),
    ):
        assert track.band is not None
        expected = predicted.log10_band(0.95, of=of, batch=batch, networks=1)
        np.testing.assert_array_equal(track.band, expected)


def test_band_of_one_linear_layer_is_a_chi_square() -> None:
    """One input, n = 32 normal weights of variance 1 / 32: q is |x|^2 / 32 of mean 1 times the
    mean of 32 squares of N(0, 1), so a product of two independent chi-squares over 32.
    """
    network = mlp(
        (32, 32),
        activation="linear",
        initializer=VarianceScaling(1.0, distribution="untruncated_normal"),
    )
    band = forward_track(measured(network, batch=1), predict(network), "q").band
    assert band is not None
    random = np.random.default_rng(0)
    draws = np.log10(random.chisquare(32, (2, 400_000)) / 32).sum(axis=0)
    # The band is read from 4096 paths: a quantile's standard error is sqrt(p (1 - p) / 4096) over
    # the density there, 0.0024 / 0.37 a decade, and its theory is of first order in 1 / n.
    low, high = np.quantile(draws, (0.025, 0.975))
    assert band[0][0] == pytest.approx(low, abs=0.04)
    assert band[1][0] == pytest.approx(high, abs=0.04)


@pytest.mark.parametrize(
    "network",
    [
        mlp((8, 8, 8), initializer=Orthogonal()),
        convnet((4, 4, 4), image_size=4),
        recurrent("simple_rnn", input_dim=4, units=4, steps=3),
    ],
    ids=lambda network: network.kind,
)
def test_no_band_where_there_is_a_warning(network: Network) -> None:
    run, predicted = measured(network), predict(network)
    for track in (forward_track(run, predicted, "q"), gradient_track(run, predicted)):
        assert track.theory is not None
        assert track.band is None


@pytest.mark.parametrize("statistic", sorted(set(STATISTICS) - {"q"}))
def test_only_second_moments_of_z_have_a_band(statistic: str) -> None:
    assert forward_track(measured(), predict(HE), statistic).band is None


@pytest.mark.parametrize(
    ("network", "of"),
    [(HE, "z"), (recurrent("lstm", input_dim=4, units=4, steps=3), "h")],
    ids=["dense", "recurrent"],
)
def test_gradient_says_with_respect_to_what(network: Network, of: str) -> None:
    title = gradient_track(measured(network), None).title
    assert title == f"gradient: mean (∂L/∂{of})²"


def test_titles() -> None:
    titles = {name: forward_track(measured(), None, name).title for name in STATISTICS}
    assert titles == {
        "q": "signal: mean z²",
        "unit_variance": "signal: variance of one unit's z over inputs",
        "activation_second_moment": "signal: mean h²",
        "activation_variance": "signal: pooled variance of h",
        "activation_mean": "signal: mean h",
        "correlation": "correlation of two inputs' z",
        "saturated": "share of saturated units",
        "dead": "share of dead units",
    }


# Magnitudes


def test_centre_of_logarithms_neither_overflows_nor_is_drawn_down() -> None:
    """The mean of 10^400 and 3 x 10^400 is 2 x 10^400; a network with nothing left counts as 0."""
    logarithms = np.array([[400.0, -400.0, -np.inf], [400.0 + math.log10(3), -np.inf, -np.inf]])
    centre = Track("", True, logarithms).centre
    expected = [400 + math.log10(2), -400 - math.log10(2), -np.inf]
    np.testing.assert_allclose(centre, expected, rtol=1e-12)


@pytest.mark.parametrize("stddev", [1e-4, 10.0])
def test_q_of_any_magnitude_is_finite(stddev: float) -> None:
    network = mlp((32,) * 101, activation="linear", initializer=RandomNormal(0.0, stddev))
    run, predicted = simulate(network, networks=2, batch=2), predict(network)
    for track in (forward_track(run, predicted, "q"), gradient_track(run, predicted)):
        assert track.theory is not None
        for values in (track.measured, track.centre, track.theory, *(track.band or ())):
            assert np.isfinite(values).all()


@pytest.mark.parametrize("statistic", STATISTICS)
def test_what_is_exactly_zero_is_minus_infinity_or_zero(statistic: str) -> None:
    """Without a warning: zeros are a scheme like any other."""
    network = mlp((8, 8, 8), initializer=Zeros())
    track = forward_track(measured(network), None, statistic)
    if statistic == "correlation":
        np.testing.assert_array_equal(track.measured, 1.0)  # all outputs are alike
    elif statistic == "dead":
        np.testing.assert_array_equal(track.centre, 1.0)
    else:
        np.testing.assert_array_equal(track.centre, -np.inf if track.logarithmic else 0.0)
