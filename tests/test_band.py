"""The band of finite networks against networks drawn here, weight by weight, and closed forms."""

import itertools
import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy import special, stats

from vscore.activations import ACTIVATIONS
from vscore.initializers import (
    INITIALIZERS,
    Initializer,
    Orthogonal,
    RandomNormal,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.meanfield import Prediction, predict
from vscore.meanfield._noise import PATHS
from vscore.meanfield._paths import _followed, paths
from vscore.networks import DenseNetwork, convnet, mlp, recurrent
from vscore.propagation import mean_log10, simulate

NETWORKS = 2000
"""The standard error of a share of 0.95 is 0.5 %."""

# A 95 % band may hold 92 to 98 % of networks in any layer, and chance may take a share 1 %, two of
# its standard errors, further.
LEAST, MOST = 0.91, 0.99

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def normal_pdf(z: np.ndarray) -> np.ndarray:
    density: np.ndarray = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return density


Formula = Callable[[np.ndarray], np.ndarray]

FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "linear": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "gelu": (
        lambda z: z * special.ndtr(z),
        lambda z: special.ndtr(z) + z * normal_pdf(z),
    ),
    "selu": (
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z: SELU_SCALE * np.where(z > 0, 1, SELU_ALPHA * np.exp(np.minimum(z, 0))),
    ),
}

SCALES = {"relu": 2.0, "tanh": 1.6, "gelu": 2.35, "selu": 1.0}
"""Near where signals are kept; GELU's second moments move most by chance there."""


def weights_of(law: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Weights of variance 1."""
    if law == "uniform":
        return (rng.random(shape, np.float32) * 2 - 1) * np.float32(math.sqrt(3))
    z = rng.standard_normal(shape, np.float32)
    if law == "truncated_normal":
        while (far := np.abs(z) > 2).any():
            z[far] = rng.standard_normal(int(far.sum()), np.float32)
        z /= np.float32(0.8796256610342398)
    return z


@cache
def drawn(
    kind: str,
    widths: tuple[int, ...],
    batch: int,
    scale: float,
    law: str = "untruncated_normal",
    bias: float = 0.0,
    networks: int = NETWORKS,
) -> tuple[np.ndarray, np.ndarray]:
    """log10 of q and of the gradient's second moment of networks, each (networks, depth).

    Weights have variance scale / fan_in.
    """
    rng = np.random.default_rng(20)
    parts = [
        _drawn(kind, widths, batch, scale, law, bias, size, rng)
        for size in [250] * (networks // 250)
    ]
    q, gradient = (np.concatenate(part) for part in zip(*parts, strict=True))
    return np.log10(q), np.log10(gradient)


def _drawn(
    kind: str,
    widths: tuple[int, ...],
    batch: int,
    scale: float,
    law: str,
    bias: float,
    networks: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    phi, slope = FORMULAS[kind]
    h = rng.standard_normal((networks, batch, widths[0]), np.float32)
    kernels, lengths, slopes = [], [], []
    for fan_in, width in itertools.pairwise(widths):
        kernel = weights_of(law, (networks, fan_in, width), rng)
        kernel *= np.float32(math.sqrt(scale / fan_in))
        z = h @ kernel
        if bias:
            shift = rng.standard_normal((networks, 1, width), np.float32)
            z = z + np.float32(math.sqrt(bias)) * shift
        kernels.append(kernel)
        lengths.append(np.mean(z**2, axis=(1, 2), dtype=np.float64))
        slopes.append(slope(z))
        h = phi(z)
    g = rng.standard_normal((networks, batch, widths[-1]), np.float32)
    gradients = [np.mean(g**2, axis=(1, 2), dtype=np.float64)]
    for layer in range(len(kernels) - 1, 0, -1):
        g = (g @ kernels[layer].swapaxes(1, 2)) * slopes[layer - 1]
        gradients.append(np.mean(g**2, axis=(1, 2), dtype=np.float64))
    return np.stack(lengths, axis=1), np.stack(gradients[::-1], axis=1)


def prediction(
    kind: str,
    widths: tuple[int, ...],
    scale: float,
    law: str = "untruncated_normal",
    bias: float = 0.0,
) -> Prediction:
    initializer = VarianceScaling(scale, "fan_in", law)
    return predict(mlp(widths, activation=kind, initializer=initializer, bias_variance=bias))


def shares(
    found: np.ndarray,
    theory: Prediction,
    of: str,
    batch: int,
    networks: int = 1,
    means_of: int | None = None,
) -> np.ndarray:
    """Of means over so many networks, the share inside the band, by layer."""
    low, high = theory.log10_band(of=of, batch=batch, networks=means_of or networks)
    if networks > 1:
        groups = found.reshape(-1, networks, found.shape[1])
        found = np.stack([mean_log10(group) for group in groups])
    inside: np.ndarray = ((low <= found) & (found <= high)).mean(axis=0)
    return inside


def assert_covered(
    found: tuple[np.ndarray, np.ndarray], theory: Prediction, batch: int, networks: int = 1
) -> None:
    assert theory.band_warning(batch, networks) == ""
    for of, moments in zip(("q", "gradient"), found, strict=True):
        held = shares(moments, theory, of, batch, networks)
        assert held.min() >= LEAST, (of, held)
        assert held.max() <= MOST, (of, held)


# How many networks lie inside ------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("kind", SCALES)
def test_coverage(kind: str, batch: int) -> None:
    widths = (64,) * 11
    found = drawn(kind, widths, batch, SCALES[kind])
    assert_covered(found, prediction(kind, widths, SCALES[kind]), batch)


BEYOND = {("gelu", 64, 64, 1), ("gelu", 64, 64, 16), ("gelu", 256, 64, 16)}
"""(activation, width, networks, batch) where first order leaves out too much of a mean."""


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize(("width", "depth", "networks"), [(64, 10, 8000), (256, 30, 6000)])
@pytest.mark.parametrize("kind", SCALES)
def test_coverage_of_one_network_and_of_means(
    kind: str, width: int, depth: int, networks: int, batch: int
) -> None:
    """2 000 means of random ones of the networks.

    Chance takes the mean of all of them by 0.1 standard errors of a mean of 64, and their spread
    by 1 %.
    """
    theory = prediction(kind, (width,) * (depth + 1), SCALES[kind])
    run = simulate(theory.network, networks=networks, batch=batch, seed=5, engine="weights")
    assert run.log10_gradient is not None
    rng = np.random.default_rng(6)
    for size in (1, 8, 64):
        beyond = (kind, width, size, batch) in BEYOND
        assert bool(theory.band_warning(batch, size)) == beyond
        if beyond:
            continue
        picked = rng.integers(0, networks, (NETWORKS, size))
        for of, moments in (("q", run.log10_q), ("gradient", run.log10_gradient)):
            means = moments if size == 1 else mean_log10(moments[picked].swapaxes(0, 1))
            held = shares(means, theory, of, batch, means_of=size)
            assert held.min() >= LEAST, (of, size, held)
            assert held.max() <= MOST, (of, size, held)


@pytest.mark.parametrize("law", ["truncated_normal", "uniform"])
@pytest.mark.parametrize("kind", ["relu", "tanh"])
def test_coverage_of_other_laws(kind: str, law: str) -> None:
    widths = (24, 32, 48, 64, 32)
    found = drawn(kind, widths, 4, 1.5, law)
    assert_covered(found, prediction(kind, widths, 1.5, law), 4)


@pytest.mark.parametrize("kind", ["gelu", "tanh"])
def test_coverage_of_unequal_widths_with_biases(kind: str) -> None:
    widths = (64, 128, 32, 96, 48, 10)
    found = drawn(kind, widths, 8, 1.5, "uniform", 0.3)
    assert_covered(found, prediction(kind, widths, 1.5, "uniform", 0.3), 8)


@pytest.mark.parametrize("kind", ["relu", "tanh", "selu"])
def test_coverage_of_means(kind: str) -> None:
    """Of 8 networks each; 1 000 means, so a share's standard error is 0.7 %."""
    widths = (32,) * 6
    found = drawn(kind, widths, 4, SCALES[kind], networks=8000)
    assert_covered(found, prediction(kind, widths, SCALES[kind]), 4, networks=8)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
def test_coverage_at_other_levels(level: float) -> None:
    found, _ = drawn("relu", (64,) * 11, 16, 2.0)
    low, high = prediction("relu", (64,) * 11, 2.0).log10_band(level, batch=16)
    held = ((low <= found) & (found <= high)).mean(axis=0)
    # 3.5 standard errors of a share, of networks and of paths, and 0.02 for the band itself.
    error = math.sqrt(level * (1 - level) * (1 / NETWORKS + 1 / PATHS))
    allowed = 3.5 * error + 0.02 * (level < 0.9)
    np.testing.assert_allclose(held, level, atol=allowed)


def test_a_width_ten_percent_off_is_seen() -> None:
    """A band made for half the width holds nearly all, for twice the width too few."""
    found, _ = drawn("relu", (64,) * 11, 1, 2.0)
    narrow, wide = prediction("relu", (32,) * 11, 2.0), prediction("relu", (128,) * 11, 2.0)
    assert shares(found, narrow, "q", 1).min() > MOST
    assert shares(found, wide, "q", 1).max() < LEAST


@pytest.mark.parametrize("kind", ["tanh", "selu"])
def test_means_of_narrow_networks(kind: str) -> None:
    """The mean over networks is 1 / n off the length map's; the paths' is 1 / n^2 off.

    The paths' own noise is smaller still: in every layer the steps' mean is exact.
    """
    widths, networks = (16,) * 6, 20_000
    found = drawn(kind, widths, 4, SCALES[kind], networks=networks)
    theory = prediction(kind, widths, SCALES[kind])
    held = paths(theory.network, 0.0, 4)
    for drawn_log10, path_log10 in zip(found, (held.q.log10, held.gradient.log10), strict=True):
        moments = 10**drawn_log10
        mean, error = moments.mean(axis=0), moments.std(axis=0) / math.sqrt(networks)
        ratio = (10**path_log10).mean(axis=1) / mean
        assert (np.abs(ratio - 1) < 4.9 * error / mean + 2 / 16**2).all(), ratio
    assert np.abs(theory.q / (10 ** found[0]).mean(axis=0) - 1).max() > 8 / 16**2


# Exact laws ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "depth"), [(256, 5), (100, 8), (1000, 40)])
def test_variance_of_relu_is_that_of_hanin_and_nica(width: int, depth: int) -> None:
    """(1 + 5/n)^L - 1 for ||h_L||^2, seen through the last layer's z: 1 + 2/n there and below."""
    theory = prediction("relu", (width,) * (depth + 2), 2.0)
    moments = 10 ** paths(theory.network, 0.0, 1).q.log10[-1] / 2
    exact = (1 + 5 / width) ** depth * (1 + 2 / width) ** 2 - 1
    assert moments.mean() == pytest.approx(1, abs=4 * math.sqrt(exact / 4096))
    # 4 096 paths of a log-normal law, whose kurtosis is 3 + 16 v and more.
    assert moments.var() == pytest.approx(exact, rel=0.03 + 2 * math.sqrt(exact) / 10)


@pytest.mark.parametrize("widths", [(50, 20), (30, 80, 20, 60)])
def test_linear_network_of_one_input_is_a_product_of_chi_squares(widths: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    expected = np.sum([np.log10(rng.chisquare(n, 200_000) / n) for n in widths], axis=0)
    theory = prediction("linear", widths, 1.0)
    found = paths(theory.network, 0.0, 1).q.log10[-1]
    assert stats.ks_2samp(found, expected).pvalue > 1e-3


def test_gradient_of_a_linear_network_is_a_product_of_chi_squares() -> None:
    rng = np.random.default_rng(2)
    expected = np.sum([np.log10(rng.chisquare(n, 200_000) / n) for n in (40, 25, 60)], axis=0)
    theory = prediction("linear", (30, 40, 25, 60), 1.0)
    shift = math.log10(25 / 40) + math.log10(60 / 25)  # fan_out / fan_in of two kernels
    found = paths(theory.network, 0.0, 1).gradient.log10[0] - shift
    assert stats.ks_2samp(found, expected).pvalue > 1e-3


@pytest.mark.parametrize(("law", "kurtosis"), [("uniform", 1.8), ("truncated_normal", 2.3655367)])
def test_kurtosis_of_the_weights_counts(law: str, kurtosis: float) -> None:
    """E z^4 = 3 E |x|^4 + (kurtosis - 3) E sum x^4. The same paths, so their noise cancels."""
    inputs, units = 20, 30

    def exact(kurtosis: float) -> float:
        length = 1 + 2 / inputs
        fourth = 3 * length + (kurtosis - 3) * 3 / inputs
        return (fourth - length) / units + length - 1

    def variance(law: str) -> float:
        network = prediction("linear", (inputs, units), 1.0, law).network
        return float((10 ** paths(network, 0.0, 1).q.log10[-1]).var())

    ratio = exact(kurtosis) / exact(3.0)
    assert ratio < 0.985
    assert variance(law) / variance("untruncated_normal") == pytest.approx(ratio, abs=0.005)


def test_share_below_is_the_law() -> None:
    theory = prediction("linear", (10**9, 30), 1.0)
    for share in (0.05, 0.5, 0.9):
        value = math.log10(stats.chi2.ppf(share, 30) / 30)
        assert theory.share_below(value, batch=1)[0] == pytest.approx(share, abs=0.02)


def test_share_below_takes_a_value_for_each_layer() -> None:
    theory = prediction("relu", (64,) * 4, 2.0)
    low, high = theory.log10_band(0.9, of="gradient", batch=2)
    np.testing.assert_allclose(theory.share_below(low, of="gradient", batch=2), 0.05, atol=1e-3)
    np.testing.assert_allclose(theory.share_below(high, of="gradient", batch=2), 0.95, atol=1e-3)
    assert list(theory.share_below(-math.inf)) == [0, 0, 0]
    assert list(theory.share_below(math.inf)) == [1, 1, 1]


def test_mean_of_networks_has_a_narrower_band() -> None:
    """By 1 / sqrt(R), where the law is narrow."""
    theory = prediction("tanh", (1000,) * 6, 1.6)
    low, high = theory.log10_band(batch=4)
    for networks in (4, 64):
        inner_low, inner_high = theory.log10_band(batch=4, networks=networks)
        ratio = (inner_high - inner_low) / (high - low) * math.sqrt(networks)
        np.testing.assert_allclose(ratio, 1, atol=0.15)
    np.testing.assert_array_equal(
        theory.log10_band(networks=64), theory.log10_band(networks=1_000_000)
    )


# Any magnitude ---------------------------------------------------------------------------------


def test_band_is_the_power_of_its_logarithm() -> None:
    theory = prediction("gelu", (128,) * 5, 2.0)
    for of in ("q", "gradient"):
        for power, logarithm in zip(theory.band(of=of), theory.log10_band(of=of), strict=True):
            np.testing.assert_allclose(power, 10**logarithm, rtol=1e-13)
    assert (theory.band()[0] < theory.q).all()
    assert (theory.q < theory.band()[1]).all()


@pytest.mark.parametrize("kind", ACTIVATIONS)
@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize("networks", [1, 8])
def test_band_of_any_magnitude(kind: str, scale: float, networks: int) -> None:
    theory = prediction(kind, (100,) * 61, scale)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for of, middle in (("q", theory.log10_q), ("gradient", theory.log10_gradient)):
            low, high = theory.log10_band(of=of, networks=networks)
            assert (low <= high).all()
            # A gain of 1 +- 5 sqrt(5 / n) a layer at most: 1 decade in 60 layers.
            inside = np.isfinite(middle)
            assert inside.any()
            if of == "q":
                np.testing.assert_allclose(low[inside], middle[inside], atol=4)
                np.testing.assert_allclose(high[inside], middle[inside], atol=4)
            assert not np.isnan(theory.band(of=of, networks=networks)).any()


def test_no_signal_has_a_band_of_zeros() -> None:
    theory = predict(mlp((100,) * 4, activation="tanh"), inputs_second_moment=0.0)
    with np.errstate(invalid="raise", divide="raise"):
        for networks in (1, 8):
            np.testing.assert_array_equal(theory.band(networks=networks), np.zeros((2, 3)))


def test_scale_only_shifts_the_band_of_relu() -> None:
    """By layer: relu is homogeneous, however small its signal."""
    shift = 8 * np.arange(1, 9)
    for of, step in (("q", shift), ("gradient", shift[::-1] - 8)):
        expected = prediction("relu", (64,) * 9, 2.0).log10_band(of=of, batch=8)
        found = prediction("relu", (64,) * 9, 2e-8).log10_band(of=of, batch=8)
        np.testing.assert_allclose(np.add(found, step), expected, atol=1e-4)


def test_inputs_second_moment_scales_the_band() -> None:
    network = mlp((64,) * 4)
    twice = predict(network, inputs_second_moment=2.0)
    assert twice.inputs_second_moment == 2.0
    low, high = predict(network).band()
    np.testing.assert_allclose(twice.band(), (2 * low, 2 * high), rtol=1e-9)


# Where there is none, and where it does not hold -------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "sentence"),
    [
        (
            predict(convnet((3, 8, 8), image_size=8)),
            r"^There is a band for dense layers only, not for 2 convolutional layers.*simulate it",
        ),
        (
            predict(
                recurrent("simple_rnn", steps=3, recurrent_initializer=INITIALIZERS["he_normal"])
            ),
            r"^There is a band for dense layers only, not for SimpleRNN of 64 units",
        ),
        (
            predict(mlp((64, 64), initializer=Orthogonal())),
            r"^There is no band for Orthogonal: it takes every weight to be drawn independently",
        ),
        (predict(mlp((64, 64), initializer=Zeros())), r"^There is no band for Zeros"),
        (
            predict(mlp((8,) * 1002)),
            r"^There is no band for more than 1000 layers; this network has 1001\.$",
        ),
    ],
    ids=["convnet", "recurrent", "orthogonal", "zeros", "deep"],
)
def test_networks_without_a_band(theory: Prediction, sentence: str) -> None:
    for call in (theory.band, theory.log10_band, lambda: theory.share_below(0.0)):
        with pytest.raises(ValueError, match=sentence) as error:
            call()
        assert str(error.value) == theory.band_warning()


@pytest.mark.parametrize(
    ("widths", "batch", "warning"),
    [
        ((64,) * 11, 16, ""),
        ((784, 512, 256, 10), 64, ""),
        ((64,) * 3, 32, ""),
        ((64,) * 3, 33, "at most half the width; with 33 inputs at width 64"),
        ((64, 32, 64, 64), 17, "with 17 inputs at width 32"),
        ((10,) * 6, 1, "too narrow for the band: one of them alone moves a moment by 71 %"),
        ((64,) * 22, 2, ""),
        ((64,) * 22, 16, ""),
        ((64,) * 24, 16, "For a batch of 16, 23 layers are too deep for the band at width 64"),
        ((64,) * 24, 2, "For a batch of 2, 23 layers are too deep for the band at width 64"),
        ((64,) * 101, 1, ""),
    ],
)
def test_warnings(widths: tuple[int, ...], batch: int, warning: str) -> None:
    found = prediction("relu", widths, 2.0).band_warning(batch)
    assert warning in found
    assert bool(found) == bool(warning)
    assert found.count(".") == bool(found)


@pytest.mark.parametrize(
    ("scale", "batch", "networks", "words"),
    [
        (1.5, 4, 1, "too much beside the .* % by which networks scatter"),
        pytest.param(
            *(2.35, 16, 64, "leaves out about 8.3 % of the gradient's mean: .* over 64 networks"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_where_it_warns_coverage_fails(scale: float, batch: int, networks: int, words: str) -> None:
    widths = (64,) * 11
    _, found = drawn("gelu", widths, batch, scale, networks=8000 if networks > 1 else NETWORKS)
    theory = prediction("gelu", widths, scale)
    assert re.search(words, theory.band_warning(batch, networks))
    assert shares(found, theory, "gradient", batch, networks).min() < LEAST


def test_warning_of_a_mean_asks_more() -> None:
    """Its standard error falls as 1 / sqrt(R); beyond 64 networks neither it nor the band does."""
    theory = prediction("gelu", (64,) * 11, 2.35)
    assert theory.band_warning(16) == theory.band_warning(16, 8) == ""
    assert theory.band_warning(16, 64) != ""
    assert theory.band_warning(16, 1000) == theory.band_warning(16, 64)
    assert prediction("relu", (64,) * 11, 2.0).band_warning(16, 64) == ""


# What is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 0.0}, r"^level must be in \(0, 0\.99\]; got 0\.0"),
        ({"level": 1}, r"^level must be in \(0, 0\.99\]; got 1"),
        ({"level": "0.9"}, r"^level must be in \(0, 0\.99\]; got '0\.9'"),
        ({"of": "gradients"}, r"^of must be one of 'q', 'gradient'; got 'gradients'\. Did you"),
        ({"batch": 0}, r"^batch must be an integer in \[1, 1e\+07\]; got 0"),
        ({"networks": 0.5}, r"^networks must be an integer in \[1, 1e\+06\]; got 0\.5"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, object], message: str) -> None:
    theory = predict(mlp((32, 32)))
    for call in (theory.band, theory.log10_band):
        with pytest.raises(ValueError, match=message):
            call(**arguments)  # type: ignore[arg-type]  # refused
    if "level" not in arguments and "networks" not in arguments:
        with pytest.raises(ValueError, match=message):
            theory.share_below(0.0, **arguments)  # type: ignore[arg-type]  # refused


@pytest.mark.parametrize("values", [math.nan, [0.0, 1.0, 2.0], [[0.0]]])
def test_log10_values_are_checked(values: object) -> None:
    message = r"^log10_values must be a number, or one for each of the 2 layers; got "
    with pytest.raises(ValueError, match=message):
        predict(mlp((32, 32, 32))).share_below(values)  # type: ignore[arg-type]  # refused


def test_batch_of_a_warning_is_checked() -> None:
    with pytest.raises(ValueError, match=r"^batch must be an integer in \[1, 1e\+07\]; got 0"):
        predict(mlp((32, 32))).band_warning(0)


def test_normal_weights_of_any_class_have_a_band() -> None:
    same = predict(mlp((64,) * 4, initializer=RandomNormal(0.0, math.sqrt(2 / 64))))
    np.testing.assert_allclose(same.band(), prediction("relu", (64,) * 4, 2.0).band(), rtol=1e-12)


@pytest.mark.parametrize("of", ["q", "gradient"])
@pytest.mark.parametrize("activation", ["linear", "relu", "leaky_relu"])
@pytest.mark.parametrize("initializer", [VarianceScaling(7.0), TruncatedNormal(0.0, 0.3)])
def test_paths_that_differ_by_scale_alone_are_followed_once(
    of: str, activation: str, initializer: Initializer
) -> None:
    """What is followed for the network itself, and what is taken from another scale's paths."""
    network = mlp((24, 48, 16, 32, 40), activation=activation, initializer=initializer)
    assert isinstance(network, DenseNetwork)
    shared = getattr(paths(network, 0.4, 3), of)
    own = getattr(_followed(network, 0.4, 3), of)
    np.testing.assert_allclose(shared.centre, own.centre, atol=1e-9)
    np.testing.assert_allclose(shared.spread.deviations, own.spread.deviations, atol=2e-6)
    louder = mlp((24, 48, 16, 32, 40), activation=activation, initializer=VarianceScaling(0.2))
    assert isinstance(louder, DenseNetwork)
    assert getattr(paths(louder, 0.4, 3), of).spread is shared.spread


def test_biases_and_bent_activations_have_paths_of_their_own() -> None:
    for changes in ({"bias_variance": 0.1}, {"activation": "tanh"}):
        quiet, loud = (
            mlp((16,) * 4, initializer=VarianceScaling(scale), **changes) for scale in (1.0, 3.0)
        )
        assert isinstance(quiet, DenseNetwork)
        assert isinstance(loud, DenseNetwork)
        assert paths(quiet, 0.0, 4).q.spread is not paths(loud, 0.0, 4).q.spread
