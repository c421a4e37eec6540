"""The laws against scipy.stats: quantiles bit by bit, densities, supports, golden first draws."""

import hashlib
import math
from typing import Any

import mpmath  # type: ignore[import-untyped]  # published without types
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, special, stats

from vscore._normal_tail import tail_quantile
from vscore._scratch import BLOCK
from vscore._streams import Stream
from vscore.distributions import (
    DISTRIBUTIONS,
    TRUNCATED_STD,
    Density,
    orthogonal_entry,
    toward_zero,
)

# Keras' constant, written by hand: the std of N(0, 1) given |z| <= 2.
CUT_STD = 0.87962566103423978

REFERENCES: dict[str, Any] = {
    "truncated_normal": stats.truncnorm(-2, 2, scale=1 / CUT_STD),
    "untruncated_normal": stats.norm(),
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
}

HALF_WIDTHS = {
    "truncated_normal": 2.273694468677113,
    "untruncated_normal": math.inf,
    "uniform": 1.7320508075688772,
}

# P(|z| <= 2) of a normal; the sampler's two branches meet where |bits| = 2^31 times it.
SEAM = round(2**31 * 0.9544997361036416)

# SHA-256 of the first 1000 float32 weights, little-endian, of std 1 from seed 7 (stream version 1).
GOLDEN = {
    "truncated_normal": "27adf7977724d5629242e04d1f1eaa9d429e4a0bfbe52490c3abd3fc84122003",
    "untruncated_normal": "77647ee25b4c7803be6f4c33d0c724489b645835e519fd4ef6988b6939dd24c8",
    "uniform": "2bd2de26f76ece9b7c90a5f589f9a83bfab53063e27542edc935a943474ea94e",
}


def dense_bits() -> NDArray[np.int32]:
    """130 000 sorted integers: both ends, around 0, around the seam, and an even grid between."""
    near = np.arange(-3000, 3001)
    ends = (2**31 - 5000, 2**31)
    parts = [
        near,
        np.arange(*ends),
        -np.arange(*ends) - 1,
        SEAM + 5 * near,
        -SEAM + 5 * near,
        np.arange(-(2**31), 2**31, 2**15 + 1),
    ]
    return np.unique(np.concatenate(parts)).astype("<i4")


BITS = dense_bits()


def sampled(law: str, std: float = 1.0, bits: NDArray[np.int32] = BITS) -> NDArray[np.float64]:
    """What the sampler makes of some integers, as float64."""
    out = np.empty(len(bits), dtype=np.float32)
    for start in range(0, len(bits), BLOCK):
        part = slice(start, start + BLOCK)
        DISTRIBUTIONS[law].sampler(bits[part], std, out[part])
    return out.astype(np.float64)


def quantiles(law: str) -> NDArray[np.float64]:
    """The exact quantiles at BITS / 2^32 + 1/2, the tails from the near end to lose no digits.

    The normal's tails are at half-integers, (bits + 1/2) / 2^32 + 1/2, which are all in (0, 1).
    """
    bits = BITS.astype(np.float64)
    if law == "uniform":
        exact: NDArray[np.float64] = bits * (math.sqrt(3) / 2**31)
        return exact
    if law == "truncated_normal":
        z = special.ndtri(0.5 + np.abs(bits) * (special.ndtr(2.0) - 0.5) / 2**31) / CUT_STD
        return np.copysign(z, bits)
    middle = np.copysign(-special.ndtri(0.5 - np.abs(bits) / 2**32), bits)
    tails = np.copysign(-special.ndtri((2.0**31 - np.abs(bits + 0.5)) / 2**32), bits)
    return np.where(np.abs(bits) < SEAM, middle, tails)


def test_the_tables_are_complete() -> None:
    assert set(REFERENCES) == set(HALF_WIDTHS) == set(GOLDEN) == set(DISTRIBUTIONS)
    assert all(name == law.kind for name, law in DISTRIBUTIONS.items())
    assert all(law.label for law in DISTRIBUTIONS.values())


def test_the_constant_is_the_std_after_the_cut() -> None:
    with mpmath.workdps(30):
        variance = 1 - 4 * mpmath.npdf(2) / mpmath.erf(mpmath.sqrt(2))
        std = mpmath.sqrt(variance)
    assert float(std) == pytest.approx(TRUNCATED_STD, rel=1e-15)
    assert float(variance) == pytest.approx(0.7737413035499232, rel=1e-15)


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_every_integer_becomes_its_quantile(law: str) -> None:
    """Relative error 5e-7 from the rational approximation; float32's own rounding adds 3e-7.

    It takes 10^12 weights to see an error of 8e-7.
    """
    exact = quantiles(law)
    error = np.abs(sampled(law) - exact)
    assert (error <= 8e-7 * np.abs(exact)).all()


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_a_larger_integer_never_gives_a_smaller_weight(law: str) -> None:
    assert np.diff(BITS.astype(np.int64)).min() == 1
    assert np.diff(sampled(law)).min() >= 0


def test_the_normal_s_branches_meet() -> None:
    """No step at the seam: neighbours 5 integers apart are 5 float32 spacings apart at most."""
    near = (np.abs(np.abs(BITS.astype(np.int64)) - SEAM) < 10_000) & (BITS > 0)
    assert np.diff(sampled("untruncated_normal")[near]).max() <= 5 * 2.0**-22


def test_the_normal_s_tail_is_scipy_s_and_exact() -> None:
    # From the outermost of the 2^32 integers to the cut at two standard deviations.
    shares = np.geomspace(2.0**-33, 0.0227501319481792, 20_000)
    quantiles = tail_quantile(shares)
    np.testing.assert_allclose(quantiles, -special.ndtri(shares), rtol=2e-15)
    for share, quantile in zip(shares[::1000], quantiles[::1000], strict=True):
        with mpmath.workdps(40):
            exact = mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * mpmath.mpf(share))
        assert quantile == pytest.approx(float(exact), rel=2e-15)


def test_extremes() -> None:
    extremes = np.array([-(2**31), 2**31 - 1, 0], dtype="<i4")
    # -ndtri(2^-33): the outermost half-integer of 2^32.
    tail = -float(special.ndtri(2.0**-33))
    expected = {
        "truncated_normal": 2.273694468677113,
        "untruncated_normal": tail,
        "uniform": math.sqrt(3),
    }
    for law, end in expected.items():
        low, high, middle = sampled(law, 1.0, extremes)
        assert (low, high, middle) == pytest.approx((-end, end, 0), rel=2e-7, abs=0)


@pytest.mark.parametrize("law", ["truncated_normal", "uniform"])
def test_no_weight_lies_beyond_the_support(law: str) -> None:
    """In float64, where float32's rounding of the limit would show."""
    reached = 0
    for std in np.concatenate([np.geomspace(1e-30, 1e30, 301), np.sqrt(1 / np.arange(1, 300))]):
        weights = sampled(law, float(std), np.array([-(2**31), 2**31 - 1], dtype="<i4"))
        limit = HALF_WIDTHS[law] * float(std) * (1 + 1e-15)
        assert np.abs(weights).max() <= limit
        reached += np.abs(weights).max() > limit * (1 - 2e-7)
    assert reached == 600  # and the ends are reached: nothing is clipped too soon


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_no_integer_is_special(law: str) -> None:
    weights = sampled(law, 1e-3)
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() <= 1e-3 * min(HALF_WIDTHS[law], 6.34)


@pytest.mark.parametrize("number", [0.1, -0.1, 2.273694468677113, 1e-50, -1e30, 1.0, 0.0])
def test_toward_zero(number: float) -> None:
    """The largest float32 that is no larger, found by going through its neighbours."""
    result = toward_zero(number)
    outward = np.nextafter(result, np.float32(math.copysign(math.inf, number)))
    assert abs(float(result)) <= abs(number) < abs(float(outward))


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_golden_draws(law: str) -> None:
    weights = np.empty(1000, dtype=np.float32)
    DISTRIBUTIONS[law].sampler(Stream(7).bits(0, 1000), 1.0, weights)
    assert hashlib.sha256(weights.astype("<f4").tobytes()).hexdigest() == GOLDEN[law]


@pytest.mark.parametrize("law", DISTRIBUTIONS)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (-0.3, 0.02)])
class TestDensity:
    def test_agrees_with_scipy(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        reference = REFERENCES[law]
        y = np.linspace(-7, 7, 1402)  # no point at an end, where scipy's rounding may differ
        x = mean + std * y
        assert density.pdf(x) == pytest.approx(reference.pdf(y) / std, rel=1e-12, abs=1e-300)
        assert density.cdf(x) == pytest.approx(reference.cdf(y), rel=1e-12, abs=1e-15)
        p = np.concatenate([[1e-9], np.linspace(0.001, 0.999, 999), [1 - 1e-9]])
        assert density.ppf(p) == pytest.approx(mean + std * reference.ppf(p), rel=1e-10, abs=1e-12)

    def test_cdf_and_ppf_are_inverse(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        p = np.linspace(0, 1, 1001)
        assert density.cdf(density.ppf(p)) == pytest.approx(p, abs=1e-13)

    def test_pdf_integrates_to_one(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        half = min(HALF_WIDTHS[law], 12.0) * std
        total, _ = integrate.quad(
            lambda x: float(density.pdf(x)), mean - half, mean + half, epsabs=1e-12
        )
        square, _ = integrate.quad(
            lambda x: (x - mean) ** 2 * float(density.pdf(x)),
            mean - half,
            mean + half,
            epsabs=1e-14,
        )
        assert total == pytest.approx(1, abs=1e-9)
        assert square == pytest.approx(std**2, rel=1e-9)

    def test_support_and_kurtosis(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        half = HALF_WIDTHS[law] * std
        assert density.support == pytest.approx((mean - half, mean + half), rel=1e-14)
        kurtosis = REFERENCES[law].stats(moments="k") + 3
        assert density.kurtosis == pytest.approx(float(kurtosis), abs=1e-7)

    def test_the_pdf_jumps_at_a_cut(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        # By hand: pdf(2) 0.8796257 / 0.9544997 = 0.0497557 and 1 / (2 sqrt 3).
        ends = {"truncated_normal": 0.0497557, "uniform": 0.2886751}
        if law not in ends:
            assert density.support == (-math.inf, math.inf)
            return
        for end, outward in zip(density.support, (-1, 1), strict=True):
            assert density.pdf(end) == pytest.approx(ends[law] / std, rel=1e-6)
            assert density.pdf(end + outward * 1e-9 * std) == 0
            assert density.cdf(end) == pytest.approx((1 + outward) / 2, abs=1e-15)
            assert density.cdf(end + outward * std) == (1 + outward) / 2

    def test_ends_of_the_ppf(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        assert density.ppf([0, 1]) == pytest.approx(density.support, rel=1e-14)

    def test_shapes(self, law: str, mean: float, std: float) -> None:
        density = Density(DISTRIBUTIONS[law], mean, std)
        assert density.pdf(0.0).shape == density.cdf(0).shape == density.ppf(0.5).shape == ()
        assert density.pdf([[0.0, 1.0]]).shape == density.ppf([[0.1, 0.2]]).shape == (1, 2)
        assert density.cdf([0, 1]).dtype == np.float64


@pytest.mark.parametrize("size", [2, 3, 4, 5, 64, 4096])
def test_an_orthogonal_entry_is_a_beta_law(size: int) -> None:
    """(x / g + 1) / 2 ~ Beta((n - 1)/2, (n - 1)/2): a coordinate of a uniform point of a sphere."""
    density = Density(orthogonal_entry(size), 0.0, 1 / math.sqrt(size))
    beta = stats.beta((size - 1) / 2, (size - 1) / 2, loc=-1, scale=2)
    x = np.linspace(-0.999, 0.999, 501)
    assert density.pdf(x) == pytest.approx(beta.pdf(x), rel=1e-10, abs=1e-290)
    assert density.cdf(x) == pytest.approx(beta.cdf(x), rel=1e-9, abs=1e-13)
    p = np.linspace(0.001, 0.999, 401)
    assert density.ppf(p) == pytest.approx(beta.ppf(p), rel=1e-8, abs=1e-9)
    assert density.std == pytest.approx(float(beta.std()), rel=1e-12)
    assert density.kurtosis == pytest.approx(float(beta.stats(moments="k")) + 3, rel=1e-9)
    assert density.support == pytest.approx((-1.0, 1.0), rel=1e-15)


def test_an_entry_of_a_2_x_2_rotation_is_a_cosine() -> None:
    """cos of a uniform angle: the arcsine law, with poles at +-1."""
    density = Density(orthogonal_entry(2), 0.0, 1 / math.sqrt(2))
    assert density.pdf(0.0) == pytest.approx(1 / math.pi)
    assert density.cdf(0.5) == pytest.approx(2 / 3)
    assert density.pdf(1.0) == math.inf


def test_orthogonal_entries_are_not_drawn_alone() -> None:
    with pytest.raises(TypeError, match=r"drawn together, by Orthogonal$"):
        orthogonal_entry(4).sampler(BITS[:4], 1.0, np.empty(4, dtype=np.float32))


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, [0.5, 2.0]])
def test_a_share_beyond_0_and_1_has_no_quantile(p: Any) -> None:
    with pytest.raises(ValueError, match=r"^p must be in \[0, 1\]; got "):
        Density(DISTRIBUTIONS["uniform"], 0.0, 1.0).ppf(p)


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1e300), (1e39, 0.0), (3e38, 1e38)])
def test_weights_that_float32_cannot_hold(mean: float, std: float) -> None:
    with pytest.raises(ValueError, match=r"^mean and std must keep the weights within \+-3\.4e38"):
        Density(DISTRIBUTIONS["untruncated_normal"], mean, std)


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_the_largest_weights_that_float32_can_hold(law: str) -> None:
    std = 3.4e38 / min(HALF_WIDTHS[law], 6.34)
    assert Density(DISTRIBUTIONS[law], 0.0, std).std == std
    assert np.isfinite(sampled(law, std)).all()


@given(
    law=st.sampled_from(sorted(DISTRIBUTIONS)),
    mean=st.floats(-1e6, 1e6),
    std=st.floats(1e-6, 1e6),
    x=st.floats(allow_nan=False),
)
def test_any_point_has_a_density_and_a_share(law: str, mean: float, std: float, x: float) -> None:
    density = Density(DISTRIBUTIONS[law], mean, std)
    assert 0 <= float(density.cdf(x)) <= 1
    assert 0 <= float(density.pdf(x)) < math.inf
