"""Goodness of fit against scipy.stats, and against laws that are right and wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from vscore.distributions import DISTRIBUTIONS, TRUNCATED_STD, Density, Distribution
from vscore.fitting import FEWEST, Fit, fit, ks_p, sup_distance, weights_to_tell
from vscore.initializers import (
    INITIALIZERS,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)
from vscore.sampling import sample

NORMAL = Density(DISTRIBUTIONS["untruncated_normal"], 0.0, 1.0)
GRID = np.linspace(-5.0, 5.0, 16_385)


def cells_of(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """Weights below GRID, in each of its cells, above it."""
    edges = np.concatenate([[-np.inf], GRID, [np.inf]])
    return np.histogram(weights, edges)[0]


def normal_weights(count: int, seed: int = 1) -> NDArray[np.float32]:
    """Weights from a generator that is not ours."""
    return np.random.default_rng(seed).standard_normal(count).astype(np.float32)


@pytest.mark.parametrize("count", [20, 57, 1000, 50_000])
@pytest.mark.parametrize("std", [1.0, 1.1])
def test_the_held_distance_is_scipy_s(count: int, std: float) -> None:
    weights = (std * normal_weights(count)).astype(np.float32)
    result = fit(NORMAL, GRID, cells_of(weights), weights)
    expected = stats.kstest(weights.astype(np.float64), stats.norm.cdf)
    assert result.ks == pytest.approx(float(expected.statistic), rel=1e-12)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shift", [0.0, 0.003, 0.1])
def test_looking_where_it_may_be_finds_the_largest_distance(seed: int, shift: float) -> None:
    """Far more weights than are sorted whole; where the law is wrong, the distance is elsewhere."""
    weights = (normal_weights(200_000, seed) * (1 + shift) + shift).astype(np.float32)
    result = fit(NORMAL, GRID, cells_of(weights), weights)
    shares = special.ndtr(np.sort(weights).astype(np.float64))
    steps = np.arange(weights.size + 1) / weights.size
    assert result.ks == max((steps[1:] - shares).max(), (shares - steps[:-1]).max())


@pytest.mark.parametrize("edge", range(5000, 6000, 50))
def test_equal_weights_beside_an_edge_count_where_they_are(edge: int) -> None:
    """The distance is largest just below the edge; rounding may move all of them across."""
    weights = np.maximum(
        normal_weights(50_000), np.nextafter(np.float32(GRID[edge]), np.float32(-9))
    )
    result = fit(NORMAL, GRID, cells_of(weights), weights)
    expected = stats.kstest(weights.astype(np.float64), stats.norm.cdf)
    assert result.ks == pytest.approx(float(expected.statistic), rel=1e-12)


@pytest.mark.parametrize("std", [1e-36, 1e-20, 1e20])
def test_the_largest_distance_is_found_at_any_scale(std: float) -> None:
    """A law is followed down to where its weights have few digits in float32."""
    density = Density(DISTRIBUTIONS["untruncated_normal"], 0.0, std)
    weights = (1.003 * std * normal_weights(50_000).astype(np.float64)).astype(np.float32)
    edges = np.concatenate([[-np.inf], std * GRID, [np.inf]])
    result = fit(density, std * GRID, np.histogram(weights, edges)[0], weights)
    expected = stats.kstest(weights.astype(np.float64) / std, stats.norm.cdf)
    assert result.ks == pytest.approx(float(expected.statistic), rel=1e-9)


@pytest.mark.parametrize("count", [1000, 50_000])
def test_the_histogram_s_distance_is_short_by_a_cell_at_most(count: int) -> None:
    """The likeliest cell holds pdf(0) 10 / 16384 = 2.44e-4; float32's ties add nothing."""
    weights = normal_weights(count)
    held = fit(NORMAL, GRID, cells_of(weights), weights)
    binned = fit(NORMAL, GRID, cells_of(weights))
    assert held.ks - 2.44e-4 <= binned.ks <= held.ks
    assert (binned.chi2, binned.chi2_p) == (held.chi2, held.chi2_p)


@pytest.mark.parametrize("count", [20, 35, 100, 1000, 10**5])
@pytest.mark.parametrize("root_distance", [0.4, 0.8, 1.2, 1.6, 2.0])
def test_p_is_close_to_the_exact_one(count: int, root_distance: float) -> None:
    """Stephens' correction: within 0.02 from 20 weights on, 0.004 from 1000."""
    distance = root_distance / math.sqrt(count)
    exact = float(stats.kstwo.sf(distance, count))
    assert ks_p(distance, count) == pytest.approx(exact, abs=0.02 if count < 1000 else 0.004)


def test_p_at_the_five_percent_point() -> None:
    """1.3581 / sqrt(n), the textbook's critical value."""
    assert ks_p(1.3581 / math.sqrt(1e8), 10**8) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("count", "bins"), [(20, 2), (99, 9), (1000, 100), (10**5, 100)])
def test_chi_square_is_scipy_s_on_bins_of_equal_probability(count: int, bins: int) -> None:
    """Our bins end on GRID; scipy is given bins at the edges of GRID nearest above k / bins."""
    weights = normal_weights(count)
    result = fit(NORMAL, GRID, cells_of(weights))
    edges = GRID[np.searchsorted(GRID, stats.norm.ppf(np.arange(1, bins) / bins))]
    ends = np.concatenate([[-np.inf], edges, [np.inf]])
    observed = np.histogram(weights, ends)[0]
    expected = stats.chisquare(observed, count * np.diff(stats.norm.cdf(ends)))
    assert result.chi2_bins == bins
    assert result.chi2 == pytest.approx(expected.statistic, rel=1e-9)
    assert result.chi2_p == pytest.approx(expected.pvalue, rel=1e-9)


def test_p_is_doubled_for_two_looks() -> None:
    assert Fit(0.0, 0.3, 0.0, 2, 0.02).p == 0.04
    assert Fit(0.0, 0.3, 0.0, 2, 0.9).p == 0.6
    assert Fit(0.0, 0.8, 0.0, 2, 0.9).p == 1.0


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_p_values_of_a_right_law_are_uniform(law: str) -> None:
    """200 seeds; KS of the p-values against U(0, 1) at p = 1e-6, for each of two tests.

    chi2_p is all but uniform with 99 degrees of freedom; ks_p is with 10 000 weights.
    """
    rule = VarianceScaling(1.0, "fan_in", law)
    fits = [sample(rule.with_seed(seed), (100, 100), threads=1).fit for seed in range(200)]
    for name in ("ks_p", "chi2_p"):
        values = [getattr(one, name) for one in fits]
        assert stats.kstest(values, "uniform").pvalue > 1e-6
    # Bonferroni's bound: p is below 5 % in 5 % of draws at most; 4.9 standard errors above.
    small = np.mean([one is not None and one.p < 0.05 for one in fits])
    assert small < 0.05 + 4.9 * math.sqrt(0.05 * 0.95 / 200)


# (drawn, claimed): the weights that tell them apart three times over, by facts of the laws.
WRONG = [
    (VarianceScaling(1.0, "fan_in", "untruncated_normal", 3), "truncated_normal", 1.0, 4 * 6641),
    (TruncatedNormal(0.0, 1.0, 3), "truncated_normal", 1.0, 4 * 1749),
    (VarianceScaling(1.0, "fan_in", "uniform", 3), "untruncated_normal", 1.0, 4 * 564),
    (RandomNormal(0.0, 1.01, 3), "untruncated_normal", 1.0, 10**6),
]


@pytest.mark.parametrize(("drawn", "claimed", "std", "count"), WRONG)
def test_a_wrong_law_gets_a_small_p(
    drawn: RandomNormal | TruncatedNormal | VarianceScaling, claimed: str, std: float, count: int
) -> None:
    shape = (1, count)
    density = Density(DISTRIBUTIONS[claimed], 0.0, std)
    weights = drawn(shape).ravel()
    half = min(5.0, density.support[1])
    grid = np.linspace(-half, half, 16_385)
    edges = np.concatenate([[-np.inf], grid, [np.inf]])
    result = fit(density, grid, np.histogram(weights, edges)[0], weights)
    assert result.p < 0.01


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_weights_are_not_taken_for_another_law_s(law: str) -> None:
    """A hundred times the weights that it takes: p is as good as 0 for every other law."""
    weights = VarianceScaling(1.0, "fan_in", law, 3)((1, 700_000)).ravel().astype(np.float64)
    for other, wrong in DISTRIBUTIONS.items():
        density = Density(wrong, 0.0, 1.0)
        half = min(5.0, density.support[1])
        grid = np.linspace(-half, half, 16_385)
        inside = np.clip(weights, -half, half)
        cells = np.histogram(inside, np.concatenate([[-np.inf], grid, [np.inf]]))[0]
        result = fit(density, grid, cells)
        assert (result.p > 1e-6) == (other == law)


def uncorrected() -> Distribution:
    """The cut normal whose std someone forgot to correct, as a law of nominal variance 1."""
    cut = DISTRIBUTIONS["truncated_normal"]
    density = Density(cut, 0.0, TRUNCATED_STD)
    return Distribution(
        "uncorrected",
        "",
        2.3655367,
        2.0,
        cut.quantiles,
        cut.stretch,
        density.pdf,
        density.cdf,
        density.ppf,
    )


# From the laws' closed forms: the sup of |F - G| over x, and (1.3581 / distance)^2.
DISTANCES = [
    ("truncated_normal", DISTRIBUTIONS["untruncated_normal"], 0.016665, 6641),
    ("truncated_normal", uncorrected(), 0.032470, 1749),
    ("uniform", DISTRIBUTIONS["untruncated_normal"], 0.057207, 564),
]


@pytest.mark.parametrize(("law", "other", "distance", "count"), DISTANCES)
def test_distances_between_laws(law: str, other: Distribution, distance: float, count: int) -> None:
    found = sup_distance(DISTRIBUTIONS[law], other)
    assert found == pytest.approx(distance, abs=5.1e-7)
    assert round((float(special.kolmogi(0.05)) / found) ** 2) == count


def test_weights_that_tell_a_law_from_its_nearest() -> None:
    assert weights_to_tell("truncated_normal") == ("untruncated_normal", 6641)
    assert weights_to_tell("untruncated_normal") == ("truncated_normal", 6641)
    # Uniform's nearest is the cut normal: the distance by scipy's cdfs on a grid.
    x = np.linspace(-2.4, 2.4, 480_001)
    cut = stats.truncnorm(-2, 2, scale=1 / 0.87962566103423978)
    distance = np.abs(stats.uniform(-(3**0.5), 2 * 3**0.5).cdf(x) - cut.cdf(x)).max()
    nearest, count = weights_to_tell("uniform")
    assert nearest == "truncated_normal"
    assert count == pytest.approx((1.3580986 / float(distance)) ** 2, abs=1)


@pytest.mark.parametrize(("count", "fewest", "most"), [(6641, 80, 100), (3320, 42, 89)])
def test_what_the_advice_is_worth(count: int, fewest: int, most: int) -> None:
    """How many of 100 draws of normals are told from cut ones at 5 %.

    19 in 20 at the advised number and 2 in 3 at half of it, by 400 draws each; the limits are
    4.9 standard errors of 100. (Better than even: two places are as far apart as that, and two
    more nearly so.)
    """
    told = 0
    for seed in range(100):
        weights = RandomNormal(0.0, 1.0, seed)((count,)).astype(np.float64)
        cut = stats.norm.cdf(np.clip(weights * 0.87962566103423978, -2, 2))
        shares = (cut - stats.norm.cdf(-2)) / 0.9544997361036416
        told += float(stats.kstest(shares, "uniform").pvalue) < 0.05
    assert fewest <= told <= most


def test_only_known_laws_have_a_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"^law must be one of .*; got 'unifrom'\. Did you mean 'uniform'\?$"
    ):
        weights_to_tell("unifrom")


@pytest.mark.parametrize("name", INITIALIZERS)
def test_fewer_than_twenty_weights_are_not_tested(name: str) -> None:
    assert FEWEST == 20
    assert sample(INITIALIZERS[name].with_seed(1), (19, 1)).fit is None


@given(
    count=st.integers(FEWEST, 3000),
    mean=st.floats(-10, 10),
    std=st.floats(1e-3, 1e3),
    seed=st.integers(0, 99),
)
def test_any_sample_has_finite_distances(count: int, mean: float, std: float, seed: int) -> None:
    result = sample(RandomUniform(mean - std, mean + std, seed), (count,), threads=1).fit
    assert result is not None
    assert 0 < result.ks <= 1
    assert 0 <= result.p <= 1
    assert 2 <= result.chi2_bins <= 100
    assert math.isfinite(result.chi2)
