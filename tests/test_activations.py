"""Activations against their definitions in 40-digit arithmetic."""

import ast
import math
import pickle
from collections.abc import Callable
from typing import Any

import mpmath  # type: ignore[import-untyped]  # published without types
import numpy as np
import pytest
import scipy
from mpmath import mp

from vscore._typing import AnyArray
from vscore.activations import ACTIVATIONS, Activation, as_activation, leaky_relu

SCALE, ALPHA = "1.0507009873554805", "1.6732632423543772"

# The definitions as the papers print them. Keras 3: hard_sigmoid is relu6(x + 3) / 6.
DEFINITIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": lambda x: x if x > 0 else mp.mpf(0),
    "relu6": lambda x: min(max(x, mp.mpf(0)), mp.mpf(6)),
    "leaky_relu": lambda x: x if x > 0 else x / 5,
    "elu": lambda x: x if x > 0 else mp.expm1(x),
    "selu": lambda x: mp.mpf(SCALE) * (x if x > 0 else mp.mpf(ALPHA) * mp.expm1(x)),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "gelu_tanh": lambda x: (
        x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)))
    ),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "mish": lambda x: x * mp.tanh(mp.log(1 + mp.exp(x))),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "hard_sigmoid": lambda x: min(max(x + 3, mp.mpf(0)), mp.mpf(6)) / 6,
    "hard_tanh": lambda x: min(max(x, mp.mpf(-1)), mp.mpf(1)),
    "erf": mp.erf,
}

KINKS = {
    "relu": (0,),
    "relu6": (0, 6),
    "leaky_relu": (0,),
    "elu": (0,),
    "selu": (0,),
    "softsign": (0,),
    "hard_sigmoid": (-3, 3),
    "hard_tanh": (-1, 1),
}

# Off every kink, on both sides of each, and far out where cancellation shows.
POINTS = (-9.0, -6.5, -3.25, -2.125, -0.5, -0.0625, 0.0625, 0.375, 1.25, 2.75, 5.5, 6.5, 12.0)

BOUNDED = ("relu6", "softsign", "tanh", "sigmoid", "hard_sigmoid", "hard_tanh", "erf")

every_kind = pytest.mark.parametrize("kind", ACTIVATIONS)


def exact(kind: str, points: tuple[float, ...] = POINTS) -> AnyArray:
    with mp.workdps(60):
        return np.array([float(DEFINITIONS[kind](mp.mpf(x))) for x in points])


def exact_slope(kind: str, x: float) -> float:
    with mp.workdps(60):
        return float(mpmath.diff(DEFINITIONS[kind], mp.mpf(x), h=mp.mpf("1e-20")))


def test_every_activation_has_a_definition_here() -> None:
    assert set(DEFINITIONS) == set(ACTIVATIONS)


# eps is 2.2e-16, 1.2e-7, 9.8e-4. An exponential of an argument u, rounded about three times, has
# a relative error of 3 |u| eps; u is at most 66, in gelu_tanh at z = -9. In float16 such values
# are 0, and 20 eps are left for the others.
PRECISIONS = (
    (np.float64, 200 * 2.3e-16, 0.0),
    (np.float32, 200 * 1.2e-7, 1.2e-38),  # the smallest normal number
    (np.float16, 20 * 9.8e-4, 1e-4),
)


@every_kind
@pytest.mark.parametrize(("dtype", "relative", "absolute"), PRECISIONS)
def test_value(kind: str, dtype: type, relative: float, absolute: float) -> None:
    z: AnyArray = np.array(POINTS, dtype)
    value = ACTIVATIONS[kind].value(z)
    assert value.dtype == dtype
    np.testing.assert_allclose(value.astype(float), exact(kind), rtol=relative, atol=absolute)


@every_kind
@pytest.mark.parametrize(("dtype", "relative", "absolute"), PRECISIONS)
def test_derivative(kind: str, dtype: type, relative: float, absolute: float) -> None:
    z: AnyArray = np.array(POINTS, dtype)
    slope = ACTIVATIONS[kind].derivative(z)
    expected = [exact_slope(kind, x) for x in POINTS]
    assert slope.dtype == dtype
    np.testing.assert_allclose(slope.astype(float), expected, rtol=relative, atol=absolute)


@every_kind
def test_derivative_is_the_central_difference_of_the_value(kind: str) -> None:
    phi, z, h = ACTIVATIONS[kind], np.array(POINTS), 1e-5
    difference = (phi.value(z + h) - phi.value(z - h)) / (2 * h)
    # h^2 phi''' / 6 is below 1e-10; rounding is below eps |phi| / h = 3e-10.
    np.testing.assert_allclose(phi.derivative(z), difference, atol=4e-10)


@every_kind
def test_kinks_are_declared_where_the_definition_breaks(kind: str) -> None:
    assert ACTIVATIONS[kind].kinks == KINKS.get(kind, ())


@every_kind
@pytest.mark.parametrize(
    ("dtype", "far"), [(np.float16, 6e4), (np.float32, 1e30), (np.float64, 1e200)]
)
def test_no_overflow_far_out(kind: str, dtype: type, far: float) -> None:
    phi = ACTIVATIONS[kind]
    z: AnyArray = np.array([-far, -100, -90, 0, 90, 100, far], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, slope = phi.value(z), phi.derivative(z)
    left, right = phi.slopes_at_infinity
    np.testing.assert_allclose(slope[[0, -1]], [left, right], atol=1e-3)
    np.testing.assert_allclose(value[[0, -1]] / z[[0, -1]], [left, right], rtol=1e-3, atol=1e-3)


@every_kind
def test_slopes_at_infinity(kind: str) -> None:
    left, right = exact(kind, (-1e20, 1e20)) / (-1e20, 1e20)
    assert ACTIVATIONS[kind].slopes_at_infinity == pytest.approx((left, right), abs=1e-15)


@every_kind
def test_slopes_at_zero(kind: str) -> None:
    slopes = ACTIVATIONS[kind].slopes_at_zero
    if exact(kind, (0.0,))[0] != 0:
        assert slopes is None
    else:
        left, right = exact(kind, (-1e-20, 1e-20)) / (-1e-20, 1e-20)
        assert slopes == pytest.approx((left, right), abs=1e-15)


def test_homogeneous() -> None:
    homogeneous = {kind for kind, phi in ACTIVATIONS.items() if phi.homogeneous}
    assert homogeneous == {"linear", "relu", "leaky_relu"}


@every_kind
def test_value_and_derivative_write_in_place(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    for function in (phi.value, phi.derivative):
        z = np.linspace(-7, 7, 101, dtype=np.float32)
        expected = function(z)
        assert function(z, out=z) is z
        np.testing.assert_array_equal(z, expected)


@every_kind
def test_scalars_and_integers(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    expected = exact(kind, (2.0,))[0]
    assert float(phi.value(2.0)) == pytest.approx(expected, rel=1e-14)
    assert phi.value(2).dtype == np.float64
    assert phi.value(np.float32(2)).dtype == np.float32
    assert phi.value([[2, 2]]) == pytest.approx(np.full((1, 2), expected), rel=1e-14)
    assert phi.derivative(2.0).shape == ()


def test_scalar_out() -> None:
    z = np.array(-3.0)
    ACTIVATIONS["relu"].value(z, out=z)
    assert z == 0


def test_derivative_at_kinks() -> None:
    at_kinks = {kind: ACTIVATIONS[kind].derivative(kinks) for kind, kinks in KINKS.items()}
    expected = {
        "relu": [0],
        "relu6": [0, 0],
        "leaky_relu": [0.2],
        "elu": [1],
        "selu": [float(SCALE) * float(ALPHA)],
        "softsign": [1],
        "hard_sigmoid": [0, 0],
        "hard_tanh": [0, 0],
    }
    assert {kind: list(slopes) for kind, slopes in at_kinks.items()} == expected


@pytest.mark.parametrize("kind", ["softsign", "tanh", "sigmoid", "erf"])
def test_saturation_begins_where_the_slope_is_a_twentieth(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    assert phi.saturation_points is not None
    low, high = phi.saturation_points
    assert low == -high
    assert exact_slope(kind, high) == pytest.approx(0.05 * exact_slope(kind, 0), rel=1e-12)
    points = np.array([-1.001 * high, -0.999 * high, 0, 0.999 * high, 1.001 * high])
    assert phi.saturated(points).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("relu6", 0, 6), ("hard_sigmoid", -3, 3), ("hard_tanh", -1, 1)]
)
def test_saturation_of_clipped_activations(kind: str, low: float, high: float) -> None:
    z = np.array([low - 1, low, low + 0.01, high - 0.01, high, high + 1])
    assert ACTIVATIONS[kind].saturated(z).tolist() == [True, True, False, False, True, True]


@every_kind
def test_only_bounded_activations_saturate(kind: str) -> None:
    far = np.array([-1e4, 1e4], np.float32)
    assert ACTIVATIONS[kind].saturated(far).tolist() == [kind in BOUNDED] * 2


@every_kind
def test_dead(kind: str) -> None:
    z = np.array([-200.0, -3.0, -2.9, -0.1, 0.0, 0.1, 200.0])
    expected = {
        "relu": [True, True, True, True, True, False, False],
        "relu6": [True, True, True, True, True, False, False],
        "hard_sigmoid": [True, True, False, False, False, False, False],
    }
    assert ACTIVATIONS[kind].dead(z).tolist() == expected.get(kind, [False] * 7)


def test_leaky_relu_of_slope_0_dies() -> None:
    assert leaky_relu(0.0).dead([-1.0, 0.0, 1.0]).tolist() == [True, True, False]


@pytest.mark.parametrize("slope", [-1.5, 0.0, 0.01, 0.3, 1.0, 2.5])
def test_leaky_relu_slopes(slope: float) -> None:
    phi = leaky_relu(slope)
    assert phi.value([-2.0, 0.0, 3.0]).tolist() == [-2 * slope, 0, 3]
    assert phi.derivative([-2.0, 3.0]).tolist() == [slope, 1]
    assert phi.slopes_at_zero == phi.slopes_at_infinity == (slope, 1)


def test_default_slope_is_keras_functions() -> None:
    assert ACTIVATIONS["leaky_relu"] == Activation("leaky_relu") == leaky_relu(0.2)
    assert ACTIVATIONS["leaky_relu"].slope == 0.2
    assert ACTIVATIONS["leaky_relu"].label == "leaky ReLU (slope 0.2)"


@every_kind
def test_equal_hash_pickle(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    copy = pickle.loads(pickle.dumps(phi))
    assert copy == phi == Activation(kind)
    assert hash(copy) == hash(phi)
    assert phi.kind == kind


def test_activations_differ_by_kind_and_slope() -> None:
    assert len({*ACTIVATIONS.values(), leaky_relu(0.3), leaky_relu(0.01)}) == len(ACTIVATIONS) + 2


@every_kind
def test_labels_and_names(kind: str) -> None:
    phi = ACTIVATIONS[kind]
    assert phi.label
    assert set(phi.names) == {"keras", "torch", "jax", "numpy"}
    for framework in ("keras", "torch", "jax"):
        tree = ast.parse(phi.names[framework], mode="eval")
        assert framework in phi.names[framework] or phi.names[framework] == "lambda x: x"
        assert isinstance(tree.body, ast.Lambda | ast.Call | ast.Attribute)


@every_kind
def test_numpy_spelling_is_the_activation(kind: str) -> None:
    function = eval(ACTIVATIONS[kind].names["numpy"], {"np": np, "scipy": scipy})
    # tanh forms cancel for very negative z, so the bound is absolute.
    np.testing.assert_allclose(function(np.array(POINTS)), exact(kind), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("phi", "framework", "spelling"),
    [
        (ACTIVATIONS["relu"], "keras", "keras.activations.relu"),
        (ACTIVATIONS["relu"], "torch", "torch.nn.ReLU()"),
        (ACTIVATIONS["gelu"], "keras", "lambda x: keras.activations.gelu(x, approximate=False)"),
        (ACTIVATIONS["gelu"], "torch", "torch.nn.GELU()"),
        (ACTIVATIONS["gelu"], "jax", "lambda x: jax.nn.gelu(x, approximate=False)"),
        (ACTIVATIONS["gelu_tanh"], "torch", 'torch.nn.GELU(approximate="tanh")'),
        (leaky_relu(0.3), "torch", "torch.nn.LeakyReLU(0.3)"),
        (
            leaky_relu(0.3),
            "keras",
            "lambda x: keras.activations.leaky_relu(x, negative_slope=0.3)",
        ),
        (ACTIVATIONS["softsign"], "jax", "jax.nn.soft_sign"),
    ],
)
def test_spellings(phi: Activation, framework: str, spelling: str) -> None:
    assert phi.names[framework] == spelling


def test_as_activation() -> None:
    assert as_activation("tanh") is ACTIVATIONS["tanh"]
    assert as_activation(leaky_relu(0.3)) == leaky_relu(0.3)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"activation must be one of 'linear', .* 'geglu'\. Did"):
        as_activation("geglu")
    with pytest.raises(ValueError, match=r"phi must be one of 'linear', .*; got None"):
        as_activation(None, "phi")
    with pytest.raises(ValueError, match=r"activation must be one of 'linear', .*; got 'Relu'"):
        Activation("Relu")


@pytest.mark.parametrize("slope", [math.inf, math.nan, "steep", True])
def test_bad_slopes_are_refused(slope: Any) -> None:
    with pytest.raises(ValueError, match=r"slope must be in \(-inf, inf\); got "):
        leaky_relu(slope)


def test_a_slope_needs_leaky_relu() -> None:
    with pytest.raises(
        ValueError, match=r"slope must be None for 'relu': only 'leaky_relu' has one; got 0\.1"
    ):
        Activation("relu", 0.1)


def test_tables_are_read_only() -> None:
    with pytest.raises(TypeError, match="does not support item assignment"):
        ACTIVATIONS["relu"] = leaky_relu(0.1)  # type: ignore[index]  # the point
