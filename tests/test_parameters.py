"""The declared numbers: domains, defaults, and errors that name argument, domain and value."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vscore.parameters import PARAMETERS, Parameter, check_choice, check_shape, shown

POSITIVE = Parameter("rate", "Rate", "", 1.0, 0, math.inf, (0.1, 2), open_low=True, integer=False)
COUNT = Parameter("taps", "Taps", "", 3, 1, 64, (1, 9))

# By hand: what Keras' documentation and the field's papers say, and what PARAMETERS must declare.
DEFAULTS = {
    "scale": 1.0,
    "stddev": 0.05,
    "mean": 0.0,
    "gain": 1.0,
    "minval": -0.05,
    "maxval": 0.05,
    "value": 0.0,
    "bias_variance": 0.0,
    "slope": 0.2,
    "depth_multiplier": 1,
    "kernel_size": 3,
    "strides": 1,
    "groups": 1,
    "seed": 0,
}


@pytest.mark.parametrize(
    ("parameter", "value", "kept"),
    [
        (POSITIVE, 2, 2.0),
        (POSITIVE, 5e-324, 5e-324),
        (POSITIVE, np.float32(0.5), 0.5),
        (COUNT, 1, 1),
        (COUNT, 64, 64),
        (COUNT, np.int8(7), 7),
    ],
)
def test_values_in_the_domain_are_kept(parameter: Parameter, value: Any, kept: float) -> None:
    result = parameter.check(value)
    assert result == kept
    assert type(result) is type(kept)


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        (POSITIVE, -1.0, r"^rate must be in \(0, inf\); got -1\.0$"),
        (POSITIVE, 0, r"^rate must be in \(0, inf\); got 0$"),
        (POSITIVE, math.inf, r"^rate must be in \(0, inf\); got inf$"),
        (POSITIVE, math.nan, r"^rate must be in \(0, inf\); got nan$"),
        (POSITIVE, 10**400, r"^rate must be in \(0, inf\); got 10{56}\.\.\.$"),
        (POSITIVE, True, r"^rate must be in \(0, inf\); got True$"),
        (POSITIVE, "1", r"^rate must be in \(0, inf\); got '1'$"),
        (POSITIVE, b"1", r"^rate must be in \(0, inf\); got b'1'$"),
        (POSITIVE, None, r"^rate must be in \(0, inf\); got None$"),
        (POSITIVE, 1j, r"^rate must be in \(0, inf\); got 1j$"),
        (COUNT, 0, r"^taps must be an integer in \[1, 64\]; got 0$"),
        (COUNT, 65, r"^taps must be an integer in \[1, 64\]; got 65$"),
        (COUNT, 3.0, r"^taps must be an integer in \[1, 64\]; got 3\.0$"),
        (COUNT, True, r"^taps must be an integer in \[1, 64\]; got True$"),
    ],
)
def test_messages(parameter: Parameter, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parameter.check(value)


def test_a_message_can_name_another_argument() -> None:
    with pytest.raises(ValueError, match=r"^size\[1\] must be an integer in \[1, 64\]; got -2$"):
        COUNT.check_int(-2, "size[1]")


def test_a_whole_number_comes_back_as_an_int() -> None:
    assert type(COUNT.check_int(np.int64(5))) is int


def test_a_seed_may_use_all_64_bits() -> None:
    assert PARAMETERS["seed"].check_int(2**64 - 1) == 18446744073709551615
    with pytest.raises(ValueError, match="seed must be an integer"):
        PARAMETERS["seed"].check_int(2**64)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_usable(name: str) -> None:
    parameter = PARAMETERS[name]
    low, high = parameter.shown
    assert parameter.name == name
    assert parameter.label
    assert parameter.help.endswith(".")
    assert parameter.step > 0
    assert low < high
    assert low <= parameter.default <= high
    for value in (parameter.default, low, high):
        assert parameter.check(value) == value
    if parameter.log:
        assert low > 0, "a log scale cannot show 0"
    if parameter.integer:
        assert all(isinstance(n, int) for n in (parameter.default, low, high, parameter.step))


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_end_of_a_domain(name: str) -> None:
    parameter = PARAMETERS[name]
    for end, outward in ((parameter.low, -1), (parameter.high, 1)):
        excluded = math.isinf(end) or (end == parameter.low and parameter.open_low)
        beyond: float = (
            int(end) + outward if parameter.integer else np.nextafter(end, outward * math.inf)
        )
        if not excluded:
            assert parameter.check(end) == end
        for value in (beyond, end) if excluded else (beyond,):
            with pytest.raises(ValueError, match=f"^{name} must be "):
                parameter.check(value)


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_defaults(name: str, default: float) -> None:
    assert PARAMETERS[name].default == default


def test_the_table_is_read_only() -> None:
    with pytest.raises(TypeError):
        PARAMETERS["scale"] = POSITIVE  # type: ignore[index]  # that it fails is the test
    with pytest.raises(FrozenInstanceError):
        PARAMETERS["scale"].default = 2.0  # type: ignore[misc]  # likewise


def test_choices() -> None:
    names = ("fan_in", "fan_out")
    assert check_choice("mode", "fan_out", names) == "fan_out"
    with pytest.raises(
        ValueError,
        match=r"^mode must be one of 'fan_in', 'fan_out'; got 'fan_inn'\. Did you mean 'fan_in'\?$",
    ):
        check_choice("mode", "fan_inn", names)
    with pytest.raises(ValueError, match=r"^mode must be one of 'fan_in', 'fan_out'; got 7$"):
        check_choice("mode", 7, names)


def test_an_unhashable_choice_is_refused_like_any_other() -> None:
    with pytest.raises(ValueError, match=r"^mode must be one of 'a'; got \['a'\]"):
        check_choice("mode", ["a"], {"a": 1})


@pytest.mark.parametrize(
    ("shape", "sizes"), [((), ()), ([3, 4], (3, 4)), ((np.int64(5),), (5,)), (range(1, 3), (1, 2))]
)
def test_shapes(shape: Any, sizes: tuple[int, ...]) -> None:
    result = check_shape(shape)
    assert result == sizes
    assert all(type(size) is int for size in result)


@pytest.mark.parametrize("shape", [3, None, (0,), (3, -1), (2.0, 3), "ab", (True, "x"), ((2, 3),)])
def test_bad_shapes(shape: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^kernel must be a sequence of integers, each at least 1; got "
    ):
        check_shape(shape, "kernel")


def test_long_values_are_cut() -> None:
    assert shown("x" * 57) == "'" + "x" * 57 + "'"
    assert shown("x" * 60) == "'" + "x" * 56 + "..."
    assert len(shown("x" * 1000)) == 60


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.lists(st.integers(-2, 5), max_size=4),
)


@given(name=st.sampled_from(sorted(PARAMETERS)), value=ANYTHING)
def test_anything_is_in_the_domain_or_named(name: str, value: Any) -> None:
    parameter = PARAMETERS[name]
    try:
        number = parameter.check(value)
    except ValueError as error:
        assert str(error).startswith(f"{name} must be {parameter.domain}; got ")  # noqa: PT017
    else:
        assert math.isfinite(number)
        assert parameter.low <= number <= parameter.high


@given(shape=ANYTHING)
def test_any_shape_is_valid_or_named(shape: Any) -> None:
    try:
        sizes = check_shape(shape)
    except ValueError as error:
        assert str(error).startswith("shape must be ")  # noqa: PT017
    else:
        assert all(size >= 1 for size in sizes)
