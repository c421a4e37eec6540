"""Figures as JSON: what arrays become, and that Plotly's own encoder says the same."""

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn
from numpy.typing import NDArray
from plotly.graph_objects import Figure
from plotly.io import to_json

from dashboard.charts.packing import TYPES, packed
from dashboard.figures.ridge import ridge_figure
from dashboard.figures.shares import shares_figure
from dashboard.figures.signal import signal_figure
from dashboard.figures.weights import weights_figure
from vscore.initializers import VarianceScaling, Zeros
from vscore.meanfield import predict
from vscore.networks import mlp
from vscore.propagation import activation_histograms, simulate
from vscore.sampling import sample

Array = NDArray[Any]


def spec(dtype: str, hexadecimal: str, **shape: str) -> dict[str, str]:
    """A typed-array spec from its bytes, low byte first."""
    return {"dtype": dtype, "bdata": b64encode(bytes.fromhex(hexadecimal)).decode(), **shape}


# IEEE 754 and two's complement by hand: 1.0f is 3f800000, 2.0 is 4000000000000000, -2 is ...fe.
BY_HAND: Mapping[str, tuple[Array, object]] = {
    "float32": (np.array([1.0, -2.0], np.float32), spec("f4", "0000803f 000000c0")),
    "float64": (np.array([2.0]), spec("f8", "0000000000000040")),
    "int16": (np.array([258, -2], np.int16), spec("i2", "0201 feff")),
    "uint8": (np.array([255], np.uint8), spec("u1", "ff")),
    "big-endian": (np.array([258], ">i2"), spec("i2", "0201")),
    "every other": (np.arange(6, dtype=np.uint8)[::2], spec("u1", "00 02 04")),
    "matrix": (
        np.arange(6, dtype=np.uint8).reshape(2, 3),
        spec("u1", "000102030405", shape="2, 3"),
    ),
    "by columns": (
        np.asfortranarray(np.arange(4, dtype=np.uint8).reshape(2, 2)),
        spec("u1", "00010203", shape="2, 2"),
    ),
    "int64, 8 bits": (np.array([-128, 127]), spec("i1", "80 7f")),
    "int64, 16 bits": (np.array([0, 128]), spec("i2", "0000 8000")),
    "int64, 32 bits": (np.array([32768]), spec("i4", "00800000")),
    "int64, more": (np.array([2**31]), [2**31]),
    "uint64, 32 bits": (np.array([2**32 - 1], np.uint64), spec("u4", "ffffffff")),
    "not finite": (np.array([np.inf, np.nan], np.float32), spec("f4", "0000807f 0000c07f")),
    "float16": (np.array([0.5, np.nan], np.float16), [0.5, None]),
    "bool": (np.array([True, False]), [True, False]),
    "words": (np.array(["a", "b"]), ["a", "b"]),
    "empty": (np.array([], np.float32), []),
    "empty integers": (np.array([], np.int64), []),
    "number": (np.array(3.5), 3.5),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_arrays_by_hand(case: str) -> None:
    array, expected = BY_HAND[case]
    assert packed({"x": array}) == {"x": expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (math.inf, None),
        (np.float64("-inf"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        ("10<sup>3</sup>", "10<sup>3</sup>"),
        (None, None),
        ((1, [2.5, math.nan]), [1, [2.5, None]]),
        ({1: {"a": (np.int8(1),)}}, {"1": {"a": [1]}}),
    ],
)
def test_single_values(value: object, expected: object) -> None:
    result = packed(value)
    assert result == expected
    assert type(result) is type(expected)
    json.dumps(result, allow_nan=False)


def test_the_figure_itself_is_left_alone() -> None:
    x = np.array([1.0])
    figure = {"data": [{"x": x}], "layout": {"range": (0, np.nan)}}
    packed(figure)
    assert figure["data"] == [{"x": x}]
    assert isinstance(figure["layout"], dict)


SORTS = st.sampled_from([np.dtype(f"{order}{name}") for name in TYPES for order in "<>"])


@given(hn.arrays(SORTS, hn.array_shapes(max_dims=3)))
def test_every_number_arrives(array: Array) -> None:
    """Read back as a browser does: little-endian numbers in the order of the rows."""
    result = packed(array)
    read = np.frombuffer(b64decode(result["bdata"]), f"<{result['dtype']}")
    shape = [int(size) for size in result.get("shape", str(array.size)).split(",")]
    assert result["dtype"] == array.dtype.str[1:]
    np.testing.assert_array_equal(read.reshape(shape), array)


def figures() -> dict[str, dict[str, Any]]:
    network = mlp((32,) * 6, activation="tanh", initializer="glorot_normal")
    measured = simulate(network, networks=3, batch=4, seed=1)
    predicted = predict(network)
    return {
        "weights": weights_figure(sample(VarianceScaling(2.0, seed=1), (30, 12))),
        "constant": weights_figure(sample(Zeros(), (30, 12))),
        "signal": signal_figure(measured, predicted),
        "shares": shares_figure(measured, predicted),
        "ridge": ridge_figure(activation_histograms(network, batch=4, seed=1)),
    }


@pytest.mark.parametrize("name", figures())
def test_figures_travel_as_plotly_sends_them(name: str) -> None:
    """Their traces; its layout Plotly's Python would fill with 7 kB of template."""
    figure = figures()[name]
    assert packed(figure)["data"] == json.loads(to_json(Figure(figure), validate=False))["data"]
    assert packed(figure)["layout"] == json.loads(json.dumps(figure["layout"], allow_nan=False))
