"""In Keras' hands: ours builds, trains, saves and loads, and draws from Keras' own laws."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import vscore
from vscore.fans import compute_fans
from vscore.initializers import Initializer

KerasProcess = Callable[..., Any]

MODES = ("fan_in", "fan_out", "fan_avg")
"""Keras has no fan_geo_avg."""
LAWS = ("truncated_normal", "untruncated_normal", "uniform", "normal")

KS_P = 1e-6
SIGMAS = 4.9
"""Both are passed by chance about once in a million; all seeds are fixed."""


def test_it_is_the_backend_asked_for(keras: KerasProcess, request: pytest.FixtureRequest) -> None:
    backend, version = keras("backend")
    assert f"[{backend}]" in request.node.name
    assert tuple(int(part) for part in version.split(".")[:2]) >= (3, 15)


def test_example_builds(keras: KerasProcess) -> None:
    """Dense(64) on 100 inputs and Dense(10): 100 * 64 + 64 and 64 * 10 + 10 parameters."""
    built = keras("build_example")
    assert built["parameters"] == [6464, 650]
    assert sum(built["parameters"]) == 7114
    assert built["shape"] == [256, 10]
    np.testing.assert_allclose(built["sums"], 1, atol=1e-5)  # ten float32 numbers below 1
    ours = vscore.VarianceScaling(1.0, "fan_in", "truncated_normal", seed=5)((100, 64))
    np.testing.assert_array_equal(np.array(built["kernel"], np.float32), ours)
    assert built["dtype"] == "float32"


def test_other_dtypes(keras: KerasProcess) -> None:
    for dtype in ("float16", "float32", "float64"):
        assert dtype in keras("dense_in", dtype=dtype)


def test_example_trains(keras: KerasProcess) -> None:
    if keras("backend")[0] == "numpy":  # it has no gradients
        with pytest.raises(AssertionError, match="NotImplementedError"):
            keras("train_example")
        return
    losses = keras("train_example")
    assert losses[0] > 1.5  # ln 10 = 2.3 is chance
    assert losses[-1] < 0.6 * losses[0]


def test_model_saves_and_loads(keras: KerasProcess, tmp_path: Path) -> None:
    loaded = keras("save_and_load", path=str(tmp_path / "model.keras"))
    assert loaded["difference"] == 0
    assert loaded["module"] == "vscore"
    assert loaded["config"] == {
        "scale": 1.0,
        "mode": "fan_in",
        "distribution": "truncated_normal",
        "seed": 5,
        "input_axes": None,
        "output_axes": None,
    }


def test_layer_config_goes_round(keras: KerasProcess) -> None:
    assert keras("layer_config") == {"mean": 0.0, "stddev": 0.2, "seed": 3}


# One law --------------------------------------------------------------------------------------

DENSE, CONVOLUTION = (300, 1200), (3, 5, 60, 400)
"""360 000 weights each: 1 % of a std is 2 % of a variance, where chance leaves 1.2 %."""

# The variance of each law in each mode, scale 1.7, by hand; fans of the kernel 900 and 6000.
DENOMINATORS = {
    (DENSE, "fan_in"): 300,
    (DENSE, "fan_out"): 1200,
    (DENSE, "fan_avg"): 750,
    (CONVOLUTION, "fan_in"): 900,
    (CONVOLUTION, "fan_out"): 6000,
    (CONVOLUTION, "fan_avg"): 3450,
}
KURTOSIS = {
    "truncated_normal": 2.3655367,
    "normal": 2.3655367,
    "untruncated_normal": 3,
    "uniform": 1.8,
}

ENDS = {
    "truncated_normal": 2.273694468677113,
    "normal": 2.273694468677113,
    "untruncated_normal": math.inf,
    "uniform": math.sqrt(3),
}
"""Largest weight, in units of the std."""


def assert_one_law(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert ours.shape == theirs.shape
    assert stats.ks_2samp(ours.ravel(), theirs.ravel(), method="asymp").pvalue > KS_P


def assert_variance(drawn: np.ndarray, variance: float, kurtosis: float) -> None:
    relative = float(np.mean(drawn.astype(np.float64) ** 2)) / variance - 1
    assert abs(relative) < SIGMAS * math.sqrt((kurtosis - 1) / drawn.size)


@pytest.fixture
def draw(keras: KerasProcess, tmp_path: Path) -> Callable[..., np.ndarray]:
    """Keras' own weights."""

    def draw(kind: str, config: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
        path = tmp_path / "weights.npy"
        keras("weights", kind=kind, config=config, shape=shape, path=str(path))
        return np.asarray(np.load(path))

    return draw


@pytest.mark.parametrize("shape", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("law", LAWS)
def test_variance_scaling_is_keras_law(
    draw: Callable[..., np.ndarray], law: str, mode: str, shape: tuple[int, ...]
) -> None:
    config = {"scale": 1.7, "mode": mode, "distribution": law, "seed": 7}
    ours = vscore.VarianceScaling.from_config(config)(shape)
    theirs = draw("VarianceScaling", config, shape)
    assert_one_law(ours, theirs)
    for drawn in (ours, theirs):
        assert_variance(drawn, 1.7 / DENOMINATORS[shape, mode], KURTOSIS[law])
    end = ENDS[law] * math.sqrt(1.7 / DENOMINATORS[shape, mode])
    assert np.abs(ours).max() <= end
    # On torch Keras takes the first of four draws inside the cut, and the first where none is: a
    # share 0.0455^4 = 4.3e-6 passes the cut. Ten of 360 000 do with a chance of 5e-6.
    assert np.count_nonzero(np.abs(theirs) > end * (1 + 1e-6)) < 10
    if end < math.inf:  # the largest of 360 000 weights comes near the end
        assert np.abs(ours).max() == pytest.approx(end, rel=1e-4)


OTHERS: dict[str, tuple[Initializer, str, dict[str, Any]]] = {
    "RandomNormal": (
        vscore.RandomNormal(0.02, 0.05, seed=3),
        "RandomNormal",
        {"mean": 0.02, "stddev": 0.05, "seed": 3},
    ),
    "TruncatedNormal": (
        vscore.TruncatedNormal(0.02, 0.05, seed=3),
        "TruncatedNormal",
        {"mean": 0.02, "stddev": 0.05, "seed": 3},
    ),
    "RandomUniform": (
        vscore.RandomUniform(-0.01, 0.05, seed=3),
        "RandomUniform",
        {"minval": -0.01, "maxval": 0.05, "seed": 3},
    ),
    "Orthogonal": (vscore.Orthogonal(1.5, seed=3), "Orthogonal", {"gain": 1.5, "seed": 3}),
    "Constant": (vscore.Constant(0.25), "Constant", {"value": 0.25}),
    "Zeros": (vscore.Zeros(), "Zeros", {}),
}


def test_every_class_is_compared() -> None:
    assert set(OTHERS) | {"VarianceScaling"} == set(vscore.CUSTOM_OBJECTS)


@pytest.mark.parametrize("shape", [(3, 5, 40, 120), (300, 120)], ids=["convolution", "dense"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_laws_are_keras_own(
    draw: Callable[..., np.ndarray], name: str, shape: tuple[int, ...]
) -> None:
    initializer, kind, config = OTHERS[name]
    ours, theirs = initializer(shape), draw(kind, config, shape)
    if name in {"Constant", "Zeros"}:
        np.testing.assert_array_equal(ours, theirs)
        return
    assert_one_law(ours, theirs)
    if name == "Orthogonal":
        for drawn in (ours, theirs):  # columns, of norm gain, each at right angles to the others
            columns = drawn.reshape(-1, 120).astype(np.float64)
            np.testing.assert_allclose(columns.T @ columns, 2.25 * np.eye(120), atol=2e-5)


# One construction -----------------------------------------------------------------------------

# Values of each argument; those on which we differ are named below.
CANDIDATES: list[dict[str, Any]] = [
    *({"scale": scale} for scale in (1, 2.5, 1e-30, 1e30, 0, 0.0, -1, -1e-30, "1", None)),
    *({"mode": mode} for mode in (*MODES, "FAN_IN", "Fan_in", "fan", "", None, 3)),
    *({"distribution": law} for law in (*LAWS, "NORMAL", "Uniform", "gaussian", "", "truncated")),
    *({"distribution": law} for law in (None, 3)),
    *({"seed": seed} for seed in (None, 0, 1, 2**31, 2**32 - 1, 1.5, "1", [1])),
    *({"input_axes": axes, "output_axes": [1]} for axes in (None, [0], [0, 1])),
    {"scale": 2.0, "mode": "fan_out", "distribution": "uniform", "seed": 3},
    {"gain": 1.0},
]

OURS_ONLY: list[dict[str, Any]] = [{"mode": "fan_geo_avg"}]
"""JAX's mode."""

KERAS_ONLY: list[dict[str, Any]] = [
    {"scale": math.inf},  # every weight would be infinite
    {"scale": math.nan},  # and nan
    {"scale": True},  # a slip of the arguments' order
    {"seed": -1},  # both fail when Keras draws, on jax and numpy
    {"seed": 2**64},
]


def constructed(config: dict[str, Any]) -> bool:
    try:
        vscore.VarianceScaling(**config)
    except (TypeError, ValueError):
        return False
    return True


def test_validation_agrees(keras: KerasProcess) -> None:
    theirs = keras("accepts", configs=CANDIDATES)
    differ = [
        config
        for config, accepted in zip(CANDIDATES, theirs, strict=True)
        if accepted != constructed(config)
    ]
    assert differ == []
    assert {True, False} == set(theirs)


def test_where_validation_differs(keras: KerasProcess) -> None:
    assert keras("accepts", configs=OURS_ONLY + KERAS_ONLY) == [False] + [True] * len(KERAS_ONLY)
    assert [constructed(config) for config in OURS_ONLY] == [True]
    assert [constructed(config) for config in KERAS_ONLY] == [False] * len(KERAS_ONLY)


CONFIGS = [
    vscore.VarianceScaling(1.7, mode, law, seed=seed)  # type: ignore[arg-type]  # one of MODES
    for mode, law, seed in itertools.product(MODES, LAWS, (None, 4))
] + [vscore.VarianceScaling(input_axes=(0, 1), output_axes=(2,))]


def test_configs_agree(keras: KerasProcess) -> None:
    """Ours to Keras and back, for every mode and law, and the other classes."""
    pairs: list[tuple[str, Initializer]] = [("VarianceScaling", each) for each in CONFIGS]
    pairs += [(kind, initializer) for initializer, kind, _ in OTHERS.values()]
    for kind, ours in pairs:
        theirs = keras("config_of", kind=kind, config=ours.get_config())
        again = type(ours).from_config(theirs)
        assert again == ours
        assert set(theirs) == set(ours.get_config())


def test_fan_geo_avg_is_refused_by_keras(keras: KerasProcess) -> None:
    config = vscore.VarianceScaling(mode="fan_geo_avg").get_config()
    with pytest.raises(AssertionError, match="Invalid `mode` argument: fan_geo_avg"):
        keras("config_of", kind="VarianceScaling", config=config)


@pytest.mark.parametrize(
    "shape", [(), (7,), (300, 120), (5, 16, 32), (3, 5, 16, 32), (2, 3, 5, 8, 16)], ids=str
)
def test_fans_agree(keras: KerasProcess, shape: tuple[int, ...]) -> None:
    ours = compute_fans(shape)
    assert [ours.fan_in, ours.fan_out] == keras("fans", shape=shape)
    for inputs, outputs in (((0,), (1, 2)), ((0, 1), (2,)), ((-3, -2), (-1,))):
        if len(shape) == 3:
            with_axes = compute_fans(shape, inputs, outputs)
            theirs = keras("fans", shape=shape, input_axes=inputs, output_axes=outputs)
            assert [with_axes.fan_in, with_axes.fan_out] == theirs
