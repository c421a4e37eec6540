"""Fan rules against hand-written numbers and what Keras 3.15.1 was seen to answer."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscore.fans import CONVENTIONS, MODES, Fans, compute_fans, fans

EFFECTIVE = Fans(11, 13 / 4)


@dataclass(frozen=True)
class FakeKernel:
    """A kernel for which every convention gives another answer."""

    name: str = "kernel"
    shape: tuple[int, ...] = (2, 3, 5, 7)
    input_axes: tuple[int, ...] | None = (0, 1)
    output_axes: tuple[int, ...] | None = (3,)
    effective: Fans = EFFECTIVE
    torch_shape: tuple[int, ...] | None = (7, 5, 2, 3)
    flax_shape: tuple[int, ...] | None = (2, 5, 7)
    flax_axes: tuple[tuple[int, ...], tuple[int, ...]] = ((-2,), (0,))
    flax_batch_axes: tuple[int, ...] = ()


# By hand. torch: 5 * 6, 7 * 6. jax: 70 / 2, 70 / 5.
CONVENTION_FANS = {
    "keras": (6, 7),
    "keras<3.15": (5 * 6, 7 * 6),
    "torch": (30, 42),
    "jax": (35, 14),
    "effective": (11, 3.25),
}


@pytest.mark.parametrize(
    ("shape", "fan_in", "fan_out"),
    [
        ((), 1, 1),
        ((7,), 7, 7),
        ((300, 120), 300, 120),
        ([5, 16, 32], 80, 160),
        ((3, 5, 64, 128), 960, 1920),
        ((2, 3, 5, 7, 11), 210, 330),
        ((8, 64, 512), 512, 4096),
    ],
)
def test_shape_rule(shape: object, fan_in: int, fan_out: int) -> None:
    result = compute_fans(shape)
    assert (result.fan_in, result.fan_out) == (fan_in, fan_out)
    assert type(result.fan_in) is type(result.fan_out) is int


@pytest.mark.parametrize(
    ("input_axes", "output_axes", "fan_in", "fan_out"),
    [
        ((0, 1), (2,), 512, 512),
        ([-1], [-3], 512, 8),  # negative axes
        ((0, 1), (1, 2), 512, 32768),  # Keras counts a shared axis in both
        ((), (1,), 1, 64),  # the empty product
        ((0,), None, 512, 4096),  # one alone: the shape rule
        (None, (0,), 512, 4096),
    ],
)
def test_axes_as_keras_3_15_1_answers(
    input_axes: object, output_axes: object, fan_in: int, fan_out: int
) -> None:
    result = compute_fans((8, 64, 512), input_axes, output_axes)
    assert (result.fan_in, result.fan_out) == (fan_in, fan_out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0, 3),), r"shape must be a sequence of integers, each at least 1; got \(0, 3\)"),
        ((5,), "shape must be a sequence of integers, each at least 1; got 5"),
        (
            ((8, 64, 512), (5,)),
            r"input_axes must be axes of the shape \(8, 64, 512\), -3 to 2; got 5",
        ),
        (
            ((8, 64, 512), None, (0, -4)),
            r"output_axes must be axes of the shape \(8, 64, 512\), -3 to 2; got -4",
        ),
        (((), (0,)), r"input_axes must be axes of the shape \(\), which has none; got 0"),
        (((3, 4), 0), "input_axes must be a sequence of integers or None; got 0"),
        (((3, 4), (0,), ("a",)), r"output_axes must be a sequence of integers or None; got \('a',"),
        (((3, 4), (0, -2)), r"input_axes must name each axis once; got \(0, -2\)"),
        (((10**60, 10**60, 3, 5),), r"fan_in must be in \[1e-100, 1e\+100\]; got 3000"),
    ],
)
def test_bad_shapes_and_axes(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compute_fans(*arguments)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("fan_in", 300.0),
        ("fan_out", 120.0),
        ("fan_avg", 210.0),
        ("fan_geo_avg", 189.73665961010275),  # sqrt(36000)
    ],
)
def test_denominator_of_each_mode(mode: str, expected: float) -> None:
    n = Fans(300, 120).n(mode)  # type: ignore[arg-type]  # a name from the table
    assert n == pytest.approx(expected, rel=1e-15)
    assert type(n) is float


def test_every_mode_is_an_attribute() -> None:
    for mode in MODES:
        assert getattr(Fans(300, 120), mode) == Fans(300, 120).n(mode)


def test_denominator_is_not_clamped() -> None:
    assert Fans(0.25, 0.5).n("fan_in") == 0.25


@pytest.mark.parametrize("mode", ["fan", "FAN_IN", None])
def test_unknown_mode(mode: object) -> None:
    message = "mode must be one of 'fan_in', 'fan_out', 'fan_avg', 'fan_geo_avg'; got "
    with pytest.raises(ValueError, match=message):
        Fans(300, 120).n(mode)  # type: ignore[arg-type]  # the point


def test_fans_are_whole_where_they_can_be() -> None:
    result = Fans(18 / 2, 9 / 4)
    assert (result.fan_in, result.fan_out) == (9, 2.25)
    assert (type(result.fan_in), type(result.fan_out)) == (int, float)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, True, "3", None, 10**400])
def test_fans_must_be_positive_and_finite(bad: object) -> None:
    with pytest.raises(ValueError, match=r"fan_in must be in \[1e-100, 1e\+100\]; got "):
        Fans(bad, 1)  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match=r"fan_out must be in \[1e-100, 1e\+100\]; got "):
        Fans(1, bad)  # type: ignore[arg-type]  # the point


def test_modes_stay_finite_at_the_ends_of_the_domain() -> None:
    for end in (1e-100, 1e100):
        assert Fans(end, end).fan_geo_avg == pytest.approx(end, rel=1e-15)
        assert Fans(end, end).fan_avg == pytest.approx(end, rel=1e-15)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_each_convention_reads_its_own_tensor(convention: str) -> None:
    result = fans(FakeKernel(), convention)  # type: ignore[arg-type]  # a key of the table
    assert (result.fan_in, result.fan_out) == CONVENTION_FANS[convention]


def test_keras_is_the_default_convention() -> None:
    assert fans(FakeKernel()) == Fans(6, 7)


def test_jax_multiplies_the_axes_that_are_not_named() -> None:
    """`_compute_fans((2, 3, 5, 7), in_axis=(1, 2), out_axis=3)` of JAX 0.10.2 gives 30, 14."""
    kernel = FakeKernel(flax_shape=(2, 3, 5, 7), flax_axes=((1, 2), (3,)))
    assert fans(kernel, "jax") == Fans(30, 14)


def test_jax_leaves_batch_axes_out() -> None:
    """`_compute_fans((2, 3, 5, 7), in_axis=1, out_axis=3, batch_axis=0)` gives 15, 35."""
    kernel = FakeKernel(flax_shape=(2, 3, 5, 7), flax_axes=((1,), (3,)), flax_batch_axes=(0,))
    assert fans(kernel, "jax") == Fans(15, 35)


def test_unknown_convention() -> None:
    message = "convention must be one of 'keras', 'keras<3.15', 'torch', 'jax', 'effective'; got "
    with pytest.raises(ValueError, match=message + "'pytorch'. Did you mean 'torch'"):
        fans(FakeKernel(), "pytorch")  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize(
    ("convention", "framework", "field"),
    [("torch", "PyTorch", "torch_shape"), ("jax", "Flax", "flax_shape")],
)
def test_frameworks_that_refuse(convention: str, framework: str, field: str) -> None:
    absent: dict[str, Any] = {field: None}
    vector: dict[str, Any] = {field: (5,)}
    message = f"kernel 'kernel' has no counterpart in {framework}; use convention 'keras' or "
    with pytest.raises(ValueError, match=message):
        fans(FakeKernel(**absent), convention)  # type: ignore[arg-type]  # a key of the table
    message = rf"kernel 'kernel' must have 2 axes or more for {framework}'s fans; got .* \(5,\)"
    with pytest.raises(ValueError, match=message):
        fans(FakeKernel(**vector), convention)  # type: ignore[arg-type]  # a key of the table


AXES = st.none() | st.integers() | st.text() | st.lists(st.integers(-5, 5) | st.floats())
SHAPES = (
    st.lists(st.integers(1, 2**70), max_size=6)
    | st.lists(st.integers(-3, 2**1030) | st.floats() | st.text() | st.none(), max_size=4)
    | st.none()
    | st.integers()
    | st.text()
)


@given(shape=SHAPES, input_axes=AXES, output_axes=AXES)
def test_any_input_gives_finite_fans_or_names_the_argument(
    shape: object, input_axes: object, output_axes: object
) -> None:
    try:
        result = compute_fans(shape, input_axes, output_axes)
    except ValueError as error:
        message = str(error)
    else:
        assert all(0 < result.n(mode) < math.inf for mode in MODES)
        return
    names = ("shape", "input_axes", "output_axes", "fan_in", "fan_out")
    assert message.startswith(tuple(f"{name} must " for name in names))
