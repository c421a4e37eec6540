"""Initializers: laws against scipy.stats, Keras' conventions, reproducibility, messages."""

import hashlib
import json
import math
import pickle
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats
from threadpoolctl import threadpool_limits

from vscore._blas import one_blas_thread
from vscore._scratch import BLOCK
from vscore._streams import Stream
from vscore.distributions import DISTRIBUTIONS
from vscore.fans import MODES, Fans
from vscore.initializers import (
    CUSTOM_OBJECTS,
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
    as_initializer,
)
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Layer,
    MultiHeadAttention,
    SeparableConv2D,
    SimpleRNN,
)

CUT_STD = 0.87962566103423978
CUT_VARIANCE = 0.7737413035499232
FANS = Fans(300, 120)

# The laws at variance 1, independent of the code under test.
REFERENCES: dict[str, Any] = {
    "truncated_normal": stats.truncnorm(-2, 2, scale=1 / CUT_STD),
    "untruncated_normal": stats.norm(),
    "uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)),
}


def fast_cdf(law: str, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cdf at variance 1; `truncnorm.cdf` takes a second for 10^6 points."""
    if law != "truncated_normal":
        share: NDArray[np.float64] = REFERENCES[law].cdf(y)
        return share
    tail = special.ndtr(-2.0)
    return np.clip((special.ndtr(y * CUT_STD) - tail) / (1 - 2 * tail), 0, 1)


@cache
def moment(law: str, order: int) -> float:
    return float(REFERENCES[law].moment(order))


def problems(weights: NDArray[np.float32], law: str, std: float) -> list[str]:
    """Which tests of a law weights fail.

    Kolmogorov-Smirnov at p = 1e-6, and raw moments 1 to 4 within 4.9 standard errors, which the
    law's own moments give (two-sided, 1e-6 each): 5e-6 false alarms a call. Seeds are fixed, so a
    right sampler passes for good.
    """
    scaled = np.sort(weights, axis=None) / np.float64(std)
    found = []
    cdf: Any = lambda y: fast_cdf(law, y)  # noqa: E731  # typed, as scipy's stubs want it
    if stats.ks_1samp(scaled, cdf, method="asymp").pvalue < 1e-6:
        found.append("ks")
    power = np.ones_like(scaled)
    for order in (1, 2, 3, 4):
        power *= scaled
        expected = moment(law, order)
        error = math.sqrt((moment(law, 2 * order) - expected**2) / scaled.size)
        if abs(float(power.mean()) - expected) > 4.9 * error:
            found.append(f"moment {order}")
    return found


def test_the_fast_cdf_is_scipy_s() -> None:
    y = np.linspace(-4, 4, 801)
    expected = REFERENCES["truncated_normal"].cdf(y)
    assert fast_cdf("truncated_normal", y) == pytest.approx(expected, abs=1e-14)


# A million weights on which no two modes agree: n = 2500, 400, 1450 and 1000.
MILLION = (2500, 400)
DENOMINATORS = {"fan_in": 2500, "fan_out": 400, "fan_avg": 1450, "fan_geo_avg": 1000}


@pytest.mark.parametrize("law", DISTRIBUTIONS)
@pytest.mark.parametrize("mode", MODES)
def test_a_million_weights_follow_their_law(law: str, mode: Any) -> None:
    weights = VarianceScaling(1.7, mode, law, seed=11)(MILLION)
    assert problems(weights, law, math.sqrt(1.7 / DENOMINATORS[mode])) == []


STD = math.sqrt(1.7 / 2500)
WRONG: dict[str, Initializer] = {
    "fans swapped": VarianceScaling(1.7, "fan_out", seed=11),
    "averaged fans": VarianceScaling(1.7, "fan_avg", seed=11),
    "cut not corrected": TruncatedNormal(0.0, STD, seed=11),
    "not cut": VarianceScaling(1.7, "fan_in", "untruncated_normal", seed=11),
    "uniform": VarianceScaling(1.7, "fan_in", "uniform", seed=11),
    "scale 1 % high": VarianceScaling(1.7 * 1.01, seed=11),
    "scale 1 % low": VarianceScaling(1.7 * 0.99, seed=11),
    "gain 1 % high": VarianceScaling(1.7 * 1.01**2, seed=11),
    "JAX's complex constant": VarianceScaling(1.7 * 1.0185, seed=11),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_law_is_seen(wrong: str) -> None:
    """1 % of variance is 8.6 standard errors of a million cut normals."""
    assert problems(WRONG[wrong](MILLION), "truncated_normal", STD) != []


@pytest.mark.parametrize("law", DISTRIBUTIONS)
@pytest.mark.parametrize("scale", [1.7 * 1.01, 1.7 / 1.01])
def test_one_percent_is_seen_for_every_law(law: str, scale: float) -> None:
    weights = VarianceScaling(scale, "fan_in", law, seed=11)(MILLION)
    assert "moment 2" in problems(weights, law, STD)


def test_a_shifted_law_is_seen() -> None:
    weights = RandomNormal(0.01 * STD, STD, seed=11)(MILLION)
    assert "moment 1" in problems(weights, "untruncated_normal", STD)


class LayerRow(NamedTuple):
    """A layer and, by hand, what Keras 3.15 takes for the fans of its kernels."""

    layer: Layer
    fans: dict[str, tuple[int, int]]


LAYER_ROWS = [
    LayerRow(Dense(300, 120), {"kernel": (300, 120)}),
    LayerRow(Conv1D(40, 70, (7,)), {"kernel": (280, 490)}),
    LayerRow(Conv2D(64, 128, (3, 5)), {"kernel": (960, 1920)}),
    LayerRow(Conv2D(64, 128, (3, 3), groups=4), {"kernel": (144, 1152)}),
    LayerRow(Conv3D(20, 30, (2, 3, 4)), {"kernel": (480, 720)}),
    LayerRow(Conv2DTranspose(64, 128, (3, 3)), {"kernel": (1152, 576)}),
    LayerRow(DepthwiseConv2D(640, (3, 5), depth_multiplier=2), {"kernel": (9600, 30)}),
    LayerRow(
        SeparableConv2D(640, 128, (3, 3), depth_multiplier=2),
        {"depthwise_kernel": (5760, 18), "pointwise_kernel": (1280, 128)},
    ),
    LayerRow(Embedding(1000, 128), {"embeddings": (1000, 128)}),
    LayerRow(SimpleRNN(128, 64), {"kernel": (128, 64), "recurrent_kernel": (64, 64)}),
    LayerRow(LSTM(128, 64), {"kernel": (128, 256), "recurrent_kernel": (64, 256)}),
    LayerRow(GRU(128, 64), {"kernel": (128, 192), "recurrent_kernel": (64, 192)}),
    LayerRow(
        MultiHeadAttention(300, 8, 64),
        {
            "query_kernel": (300, 512),
            "key_kernel": (300, 512),
            "value_kernel": (300, 512),
            "output_kernel": (512, 300),
        },
    ),
]

LAWS_AND_MODES: list[tuple[str, Any, Callable[[int, int], float]]] = [
    ("truncated_normal", "fan_in", lambda fan_in, fan_out: fan_in),
    ("untruncated_normal", "fan_out", lambda fan_in, fan_out: fan_out),
    ("uniform", "fan_avg", lambda fan_in, fan_out: (fan_in + fan_out) / 2),
]


@pytest.mark.parametrize("row", LAYER_ROWS, ids=lambda row: type(row.layer).__name__)
@pytest.mark.parametrize(("law", "mode", "n"), LAWS_AND_MODES, ids=DISTRIBUTIONS)
def test_every_layer_s_kernels_follow_the_law(
    row: LayerRow, law: str, mode: Any, n: Callable[[int, int], float]
) -> None:
    """A million weights a layer, over seeds and kernels, each in units of its expected std."""
    assert {kernel.name for kernel in row.layer.kernels} == set(row.fans)
    pooled = []
    for kernel in row.layer.kernels:
        draws = math.ceil(1e6 / len(row.layer.kernels) / math.prod(kernel.shape))
        rule = VarianceScaling(1.0, mode, law, None, kernel.input_axes, kernel.output_axes)
        scale = np.float32(math.sqrt(n(*row.fans[kernel.name])))
        pooled += [rule.with_seed(seed)(kernel.shape).ravel() * scale for seed in range(draws)]
    assert problems(np.concatenate(pooled), law, 1.0) == []


def test_every_layer_is_tested() -> None:
    assert {type(row.layer).__name__ for row in LAYER_ROWS} == set(LAYERS)


@pytest.mark.parametrize("scale", [1e-12, 0.01, 1 / 3, 1.0, 2.0, 1e12])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_weights_stay_within_the_cut(scale: float, rows: int) -> None:
    """|w| <= 2.2737 sqrt(scale / n) and sqrt(3 scale / n), compared in float64."""
    for law, half in (("truncated_normal", 2.273694468677113), ("uniform", math.sqrt(3))):
        weights = VarianceScaling(scale, "fan_in", law, seed=5)((rows, 512)).astype(np.float64)
        assert np.abs(weights).max() <= half * math.sqrt(scale / rows) * (1 + 1e-15)


def test_a_mean_costs_at_most_one_rounding() -> None:
    """Weights about a mean are rounded to float32 once more: 2^-24 of their size."""
    weights = RandomUniform(0.1, 0.3, seed=5)((1000, 1000)).astype(np.float64)
    assert weights.min() >= 0.1 * (1 - 2**-23)
    assert weights.max() <= 0.3 * (1 + 2**-23)
    assert problems((weights - 0.2).astype(np.float32), "uniform", 0.2 / math.sqrt(12)) == []


# name -> (law, variance of a (300, 120) kernel), by hand.
TABLE = {
    "glorot_normal": ("truncated_normal", 1 / 210),
    "glorot_uniform": ("uniform", 1 / 210),
    "xavier_normal": ("truncated_normal", 1 / 210),
    "xavier_uniform": ("uniform", 1 / 210),
    "he_normal": ("truncated_normal", 2 / 300),
    "he_uniform": ("uniform", 2 / 300),
    "kaiming_normal": ("truncated_normal", 2 / 300),
    "kaiming_uniform": ("uniform", 2 / 300),
    "lecun_normal": ("truncated_normal", 1 / 300),
    "lecun_uniform": ("uniform", 1 / 300),
    "torch_default": ("uniform", 1 / 900),
    "random_normal": ("untruncated_normal", 0.0025),
    "truncated_normal": ("truncated_normal", 0.0025 * CUT_VARIANCE),
    "random_uniform": ("uniform", 0.01 / 12),
    "orthogonal": ("orthogonal_entry", 1 / 300),
    "zeros": ("uniform", 0.0),
}
KURTOSIS = {"truncated_normal": 2.3655367, "untruncated_normal": 3.0, "uniform": 1.8}


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(INITIALIZERS)
    assert set(KURTOSIS) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_named_initializers(name: str) -> None:
    law, variance = TABLE[name]
    initializer = INITIALIZERS[name]
    density = initializer.density(initializer.fans((300, 120)))
    assert initializer.variance(initializer.fans((300, 120))) == pytest.approx(variance, rel=1e-12)
    assert density.std == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert density.distribution.kind == law
    assert initializer.settled_seed() == 0 or getattr(initializer, "seed", None) is None
    weights = initializer.with_seed(3)((300, 120)).astype(np.float64)
    # 4.9 standard errors of a variance; an orthogonal matrix has its mean square exactly.
    chance = 4.9 * math.sqrt((KURTOSIS[law] - 1) / 36_000) if law in KURTOSIS else 1e-5
    assert np.mean(weights**2) == pytest.approx(variance, rel=chance)


def test_the_scale_sets_the_variance_not_the_std() -> None:
    assert VarianceScaling(4.0).variance(FANS) == pytest.approx(4 / 300)
    assert VarianceScaling(4.0).density(FANS).support == pytest.approx(
        (-2.273694468677113 * 2 / math.sqrt(300), 2.273694468677113 * 2 / math.sqrt(300))
    )


def test_a_fan_below_one_counts_as_one() -> None:
    assert VarianceScaling(2.0).variance(Fans(0.25, 9)) == 2.0


def test_axes_replace_the_shape_rule_only_together() -> None:
    shape = (512, 8, 64)
    assert VarianceScaling(input_axes=0, output_axes=(1, 2)).fans(shape) == Fans(512, 512)
    assert VarianceScaling(input_axes=(0,)).fans(shape) == Fans(4096, 32768)


def test_truncated_normal_is_not_corrected() -> None:
    assert TruncatedNormal(0.0, 0.1).density(FANS).std == pytest.approx(0.1 * CUT_STD, rel=1e-15)
    assert TruncatedNormal(0.5, 0.1).density(FANS).support == pytest.approx((0.3, 0.7), rel=1e-14)


def test_uniform_limits_are_the_support() -> None:
    assert RandomUniform(-1.0, 3.0).density(FANS).support == pytest.approx((-1.0, 3.0), rel=1e-14)
    assert RandomUniform(-1.0, 3.0).variance(FANS) == pytest.approx(16 / 12)
    assert (RandomUniform(0.25, 0.25, seed=1)((5,)) == 0.25).all()


def test_keras_defaults() -> None:
    assert VarianceScaling().get_config() == {
        "scale": 1.0,
        "mode": "fan_in",
        "distribution": "truncated_normal",
        "seed": None,
        "input_axes": None,
        "output_axes": None,
    }
    assert RandomNormal().get_config() == {"mean": 0.0, "stddev": 0.05, "seed": None}
    assert TruncatedNormal().get_config() == {"mean": 0.0, "stddev": 0.05, "seed": None}
    assert RandomUniform().get_config() == {"minval": -0.05, "maxval": 0.05, "seed": None}
    assert Orthogonal().get_config() == {"gain": 1.0, "seed": None}
    assert Constant().get_config() == {"value": 0.0}
    assert Zeros().get_config() == {}


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("normal", "truncated_normal"),
        ("Normal", "truncated_normal"),
        ("UNIFORM", "uniform"),
        ("Untruncated_Normal", "untruncated_normal"),
    ],
)
def test_names_of_laws_as_keras_reads_them(name: str, law: str) -> None:
    assert VarianceScaling(distribution=name).distribution == law
    assert VarianceScaling(distribution=name) == VarianceScaling(distribution=law)


def test_constants() -> None:
    assert (Constant(0.1)((2, 3)) == np.float32(0.1)).all()
    assert (Zeros()((2, 3), "float64") == 0).all()
    assert Constant(0.1).variance(FANS) == Zeros().variance(FANS) == 0
    assert Constant(0.1).with_seed(3) == Constant(0.1)
    assert not Constant.independent


# One of every class, no argument at its default.
ONE_OF_EACH: list[Initializer] = [
    VarianceScaling(2.5, "fan_geo_avg", "uniform", 7, (0,), (1, 2)),
    RandomNormal(0.5, 0.25, 7),
    TruncatedNormal(0.5, 0.25, 7),
    RandomUniform(-0.5, 0.25, 7),
    Orthogonal(1.5, 7),
    Constant(0.5),
    Zeros(),
]
EVERY = [*INITIALIZERS.values(), *ONE_OF_EACH]


def test_every_class_has_a_name_for_saved_models() -> None:
    assert {type(one).__name__: type(one) for one in ONE_OF_EACH} == dict(CUSTOM_OBJECTS)
    assert [one.kind for one in ONE_OF_EACH] == list(CUSTOM_OBJECTS)


@pytest.mark.parametrize("initializer", EVERY, ids=repr)
def test_an_initializer_is_a_value(initializer: Initializer) -> None:
    config = json.loads(json.dumps(initializer.get_config()))
    for copy in (
        type(initializer).from_config(config),
        pickle.loads(pickle.dumps(initializer)),
        eval(repr(initializer), dict(CUSTOM_OBJECTS)),  # our own repr
    ):
        assert copy == initializer
        assert hash(copy) == hash(initializer)
        assert copy.kind == initializer.kind == type(initializer).__name__
    with pytest.raises(FrozenInstanceError):
        initializer.kind = "other"  # type: ignore[misc]  # that it fails is the test


def test_classes_differ_in_what_a_cache_hashes() -> None:
    assert RandomNormal().get_config() == TruncatedNormal().get_config()
    normal: Initializer = RandomNormal()
    assert normal != TruncatedNormal()
    assert RandomNormal().kind != TruncatedNormal().kind


def test_numpy_numbers_are_kept_as_python_s() -> None:
    initializer = VarianceScaling(np.float32(0.5), seed=np.int64(3), input_axes=np.int8(1))  # type: ignore[arg-type]  # what users pass
    assert json.dumps(initializer.get_config()).count("null") == 1
    assert json.dumps(Constant(np.float16(0.5)).get_config()) == '{"value": 0.5}'  # type: ignore[arg-type]  # likewise


MESSAGES: list[tuple[Callable[[], object], str]] = [
    (lambda: VarianceScaling(-1.0), r"^scale must be in \(0, inf\); got -1\.0$"),
    (lambda: VarianceScaling(0), r"^scale must be in \(0, inf\); got 0$"),
    (
        lambda: VarianceScaling(mode="fan"),  # type: ignore[arg-type]  # that it fails is the test
        r"^mode must be one of 'fan_in', 'fan_out', 'fan_avg', 'fan_geo_avg'; got 'fan'\. "
        r"Did you mean 'fan_in'\?$",
    ),
    (lambda: VarianceScaling(mode="FAN_IN"), r"^mode must be one of .*; got 'FAN_IN'"),  # type: ignore[arg-type]  # likewise
    (
        lambda: VarianceScaling(distribution="truncated"),
        r"^distribution must be one of 'truncated_normal', 'untruncated_normal', 'uniform'; "
        r"got 'truncated'\. Did you mean 'truncated_normal'\?$",
    ),
    (lambda: VarianceScaling(seed=-1), r"^seed must be an integer in \[0, .*\]; got -1$"),
    (lambda: VarianceScaling(seed=1.0), r"^seed must be .*; got 1\.0$"),  # type: ignore[arg-type]  # likewise
    (lambda: Orthogonal(seed=2**64), r"^seed must be .*; got 18446744073709551616$"),
    (
        lambda: VarianceScaling(input_axes="0"),  # type: ignore[arg-type]  # likewise
        r"^input_axes must be an axis, a sequence of axes or None; got '0'$",
    ),
    (lambda: VarianceScaling(output_axes=()), r"^output_axes must be an axis, .*; got \(\)$"),
    (lambda: VarianceScaling(output_axes=True), r"^output_axes must be an axis, .*; got True$"),
    (lambda: VarianceScaling(input_axes=(0.5,)), r"^input_axes .*; got \(0\.5,\)$"),  # type: ignore[arg-type]  # likewise
    (
        lambda: VarianceScaling(input_axes=0, output_axes=2)((3, 4)),
        r"^output_axes must be axes of the shape \(3, 4\), -2 to 1; got 2$",
    ),
    (lambda: RandomNormal(math.nan), r"^mean must be in \(-inf, inf\); got nan$"),
    (lambda: RandomNormal(stddev=-0.1), r"^stddev must be in \[0, inf\); got -0\.1$"),
    (lambda: TruncatedNormal(stddev=math.inf), r"^stddev must be in \[0, inf\); got inf$"),
    (lambda: RandomUniform(1.0, 0.5), r"^maxval must be at least minval, 1\.0; got 0\.5$"),
    (
        lambda: RandomUniform(0.0, 3.41e38),
        r"^maxval must be within \+-3\.4e\+38, float32's range; got 3\.41e\+38$",
    ),
    (
        lambda: RandomUniform(-1e39, 0.0),
        r"^minval must be within \+-3\.4e\+38, float32's range; got -1e\+39$",
    ),
    (lambda: RandomUniform(minval="a"), r"^minval must be in \(-inf, inf\); got 'a'$"),  # type: ignore[arg-type]  # likewise
    (lambda: Orthogonal(math.nan), r"^gain must be in \[-1e\+30, 1e\+30\]; got nan$"),
    (
        lambda: Constant(-3.41e38),
        r"^value must be within \+-3\.4e\+38, float32's range; got -3\.41e\+38$",
    ),
    (lambda: Constant(None), r"^value must be in \(-inf, inf\); got None$"),  # type: ignore[arg-type]  # likewise
    (
        lambda: Zeros()((3, 0)),
        r"^shape must be a sequence of integers, each at least 1; got \(3, 0\)$",
    ),
    (lambda: Orthogonal()((3,)), r"^shape must have at least 2 axes for Orthogonal; got \(3,\)$"),
    (lambda: Orthogonal().density(Fans(1, 1)), r"^density needs a matrix larger than 1 x 1"),
    (
        lambda: Zeros()((3,), "int32"),
        r"^dtype must be a float dtype such as 'float32', 'float64' or 'float16'; got 'int32'$",
    ),
    (lambda: Zeros()((3,), "float33"), r"^dtype must be a float dtype .*; got 'float33'$"),
    (lambda: Zeros()((3,), np.complex64), r"^dtype must be a float dtype "),
    (
        lambda: as_initializer("he_norml", "kernel_initializer"),
        r"^kernel_initializer must be one of .*; got 'he_norml'\. Did you mean 'he_normal'\?$",
    ),
    (lambda: as_initializer(3), r"^initializer must be one of .*; got 3$"),
    (
        lambda: VarianceScaling(1e100)((1, 1)),
        r"^mean and std must keep the weights within \+-3\.4e38, .*; got 0 and 1e\+50$",
    ),
]


@pytest.mark.parametrize(("build", "message"), MESSAGES, ids=[text for _, text in MESSAGES])
def test_messages(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_initializers_by_name() -> None:
    assert as_initializer("he_normal") == VarianceScaling(2.0)
    assert as_initializer(Zeros()) == Zeros()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", np.float64, np.dtype("f4")])
def test_dtypes(dtype: Any) -> None:
    """Drawn in float32 and cast, so that a dtype does not change the numbers."""
    weights = VarianceScaling(seed=3)((4, 5), dtype)
    assert weights.dtype == np.dtype(dtype)
    assert np.array_equal(weights, VarianceScaling(seed=3)((4, 5)).astype(dtype))


def test_no_dtype_is_float32() -> None:
    assert Zeros()((2,), None).dtype == np.float32


def test_a_narrow_dtype_overflows_to_infinity() -> None:
    assert np.isinf(Constant(1e6)((2,), "float16")).all()


def test_bfloat16_needs_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(
        ValueError,
        match=r"^dtype 'bfloat16' needs a package that is not installed: pip install ml_dtypes$",
    ):
        Zeros()((2,), "bfloat16")


def test_bfloat16_comes_from_that_package(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(bfloat16=np.float16)
    monkeypatch.setitem(sys.modules, "ml_dtypes", stand_in)
    assert Zeros()((2,), "bfloat16").dtype == np.float16


# SHA-256 of the first 1000 weights of std sqrt(2 / 1000), float32 little-endian, from seed 2024.
GOLDEN = {
    "truncated_normal": "b5b848b75990a33abc70a9b23edf012ffa348795e76fdca6d264ca47e38379b8",
    "untruncated_normal": "3f346307621a7c6b75bb89374ebd11613af5204eba038bba721ce819b9be4b89",
    "uniform": "a1b2274b8e0803673b32ad87ad300cfbd8fe747772cf862d6d3754839bc9de21",
}


def test_every_law_has_a_golden_draw() -> None:
    assert set(GOLDEN) == set(DISTRIBUTIONS)


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_golden_weights(law: str) -> None:
    weights = VarianceScaling(2.0, "fan_in", law, seed=2024)((1000,))
    assert hashlib.sha256(weights.astype("<f4").tobytes()).hexdigest() == GOLDEN[law]


RANDOM = [one for one in ONE_OF_EACH if "seed" in one.get_config()]


@pytest.mark.parametrize("initializer", RANDOM, ids=lambda one: one.kind)
class TestSeeds:
    def test_a_seed_gives_the_same_array_at_each_call(self, initializer: Initializer) -> None:
        assert np.array_equal(initializer((3, 4, 5)), initializer((3, 4, 5)))

    def test_so_does_no_seed(self, initializer: Initializer) -> None:
        unseeded = initializer.with_seed(None)
        assert np.array_equal(unseeded((3, 4, 5)), unseeded((3, 4, 5)))
        assert unseeded.get_config()["seed"] is None

    def test_unseeded_objects_differ(self, initializer: Initializer) -> None:
        first, second = initializer.with_seed(None), initializer.with_seed(None)
        assert not np.array_equal(first((3, 4, 5)), second((3, 4, 5)))

    def test_other_seeds_differ(self, initializer: Initializer) -> None:
        other = initializer.with_seed(8)
        assert other.get_config() == {**initializer.get_config(), "seed": 8}
        assert not np.array_equal(initializer((3, 4, 5)), other((3, 4, 5)))


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_threads_do_not_change_the_numbers(law: str) -> None:
    shape, stream = (3 * BLOCK + 17,), Stream(5, (1, 2))
    initializer = VarianceScaling(1.0, "fan_in", law)
    alone = initializer.draw(shape, stream, threads=1)
    for threads in (2, 3, 8, None):
        assert np.array_equal(initializer.draw(shape, stream, threads=threads), alone)


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_fewer_weights_are_a_prefix_of_more(law: str) -> None:
    by_seed = {"truncated_normal": TruncatedNormal, "untruncated_normal": RandomNormal}
    initializer = by_seed.get(law, RandomUniform)(seed=5)
    many = initializer((BLOCK + 100,))
    for count in (1, 2, 1001, BLOCK, BLOCK + 1):
        assert np.array_equal(initializer((count,)), many[:count])


def test_laws_are_coupled() -> None:
    """One integer is one quantile in every law: ranks agree over laws."""
    normal, uniform = RandomNormal(seed=5)((1000,)), RandomUniform(seed=5)((1000,))
    assert np.array_equal(np.argsort(normal), np.argsort(uniform))


def test_seeds_and_paths_are_uncorrelated() -> None:
    """|r| sqrt(n) < 5 for 6 pairs: 4e-6 false alarms."""
    rule = RandomNormal()
    streams = [Stream(0), Stream(1), Stream(0, (1,)), Stream(0, (1, 0))]
    draws = np.array([rule.draw((100_000,), stream) for stream in streams])
    correlation = np.asarray(np.corrcoef(draws.astype(np.float64)))[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() < 5 / math.sqrt(100_000)


class Stop(Exception):
    """What a cancelling check raises."""


def test_a_check_that_raises_cancels_a_draw() -> None:
    def check() -> None:
        raise Stop

    with pytest.raises(Stop):
        RandomNormal(seed=1).draw((50 * BLOCK,), Stream(1), check=check)


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [
        ((64, 64), 64, 64),
        ((30, 70), 30, 70),
        ((70, 30), 70, 30),
        ((3, 5, 8, 16), 120, 16),
        ((2, 2, 100), 4, 100),
        ((1, 9), 1, 9),
        ((1, 1), 1, 1),
    ],
)
@pytest.mark.parametrize("gain", [1.0, -0.5, 1.4142135, 0.0])
def test_orthogonal_matrices(shape: tuple[int, ...], rows: int, columns: int, gain: float) -> None:
    """Products of the short side are gain^2 I; float32's QR leaves about 1e-6."""
    kernel = Orthogonal(gain, seed=4)(shape)
    assert kernel.shape == shape
    matrix = kernel.reshape(rows, columns).astype(np.float64)
    product = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    assert product == pytest.approx(gain**2 * np.eye(min(rows, columns)), abs=2e-6)


def test_orthogonal_fans_are_the_matrix_that_is_drawn() -> None:
    assert Orthogonal().fans((3, 5, 8, 16)) == Fans(120, 16)
    assert Orthogonal(2.0).variance(Orthogonal().fans((3, 5, 8, 16))) == pytest.approx(4 / 120)


def test_orthogonal_entries_follow_the_sphere_s_law() -> None:
    """(w + 1) / 2 of a 4 x 3 matrix is Beta(3/2, 3/2): one entry of each of 1500 matrices.

    KS at p = 1e-6. The first entry: QR without the signs of R would make it negative always.
    """
    rule = Orthogonal()
    for place in ((0, 0), (3, 2)):
        entries = [rule.draw((4, 3), Stream(6, (n,)))[place] for n in range(1500)]
        assert stats.kstest(entries, stats.beta(1.5, 1.5, -1, 2).cdf).pvalue > 1e-6


def test_orthogonal_matrices_turn_both_ways() -> None:
    """Determinant +1 as often as -1: 400 tosses, within 4.9 standard errors of a half."""
    matrices = [Orthogonal(seed=seed)((3, 3)).astype(np.float64) for seed in range(400)]
    signs = np.sign(np.linalg.det(matrices))
    assert abs(float(signs.mean())) < 4.9 / math.sqrt(400)


def test_lstm_s_recurrent_kernel_is_one_matrix() -> None:
    """R R^T = I, so that each gate's block has mean squared singular value 1/4, not 1.

    A block's mean square is a mean of u^2 dependent squares: relative error below sqrt(2) / u.
    """
    units = 256
    kernel = Orthogonal(seed=9)((units, 4 * units)).astype(np.float64)
    assert kernel @ kernel.T == pytest.approx(np.eye(units), abs=2e-6)
    for gate in np.split(kernel, 4, axis=1):
        squares = np.linalg.svd(gate, compute_uv=False) ** 2
        assert squares.mean() == pytest.approx(0.25, rel=4.9 * math.sqrt(2) / units)
    assert kernel.std() == pytest.approx(1 / math.sqrt(4 * units), rel=1e-3)


def test_orthogonal_draws_do_not_depend_on_threads() -> None:
    first = Orthogonal().draw((600, 500), Stream(1), threads=1)
    assert np.array_equal(Orthogonal().draw((600, 500), Stream(1), threads=3), first)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_orthogonal_draws_do_not_depend_on_blas_s_threads(threads: int) -> None:
    with one_blas_thread():
        alone = Orthogonal().draw((512, 512), Stream(1))
    with threadpool_limits(limits=threads, user_api="blas"):
        assert np.array_equal(Orthogonal().draw((512, 512), Stream(1)), alone)


NUMBERS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just(1e200)
)
SHAPES = st.one_of(st.none(), st.integers(), st.lists(st.integers(-1, 6), max_size=4))
BUILDERS: list[tuple[type[Initializer], str]] = [
    (VarianceScaling, "scale"),
    (VarianceScaling, "mode"),
    (VarianceScaling, "distribution"),
    (VarianceScaling, "seed"),
    (VarianceScaling, "input_axes"),
    (RandomNormal, "mean"),
    (RandomNormal, "stddev"),
    (TruncatedNormal, "mean"),
    (TruncatedNormal, "stddev"),
    (RandomUniform, "minval"),
    (RandomUniform, "maxval"),
    (Orthogonal, "gain"),
    (Orthogonal, "seed"),
    (Constant, "value"),
]


@given(builder=st.sampled_from(BUILDERS), value=NUMBERS, shape=SHAPES)
def test_anything_gives_finite_weights_or_a_named_argument(
    builder: tuple[type[Initializer], str], value: Any, shape: Any
) -> None:
    kind, argument = builder
    try:
        weights = kind(**{argument: value})(shape)
    except ValueError as error:
        named = (argument, "shape", "mean and std", "maxval")
        assert str(error).startswith(named)  # noqa: PT017
    else:
        assert np.isfinite(weights).all()
        assert weights.shape == tuple(shape)
