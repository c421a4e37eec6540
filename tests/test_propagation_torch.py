"""The same networks in PyTorch: signal, and gradient by autograd.

The numbers are golden/torch_mlp.json's, which golden/make_torch_goldens.py wrote with PyTorch's
layers and activations in float64, from weights that vscore drew.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vscore.activations import ACTIVATIONS
from vscore.networks import mlp
from vscore.propagation import Propagation, simulate

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "torch_mlp.json").read_text("utf-8")
)
ROWS = GOLDEN["rows"]
STATISTICS = (
    "q",
    "correlation",
    "unit_variance",
    "activation_mean",
    "activation_second_moment",
    "activation_variance",
    "gradient_second_moment",
)

every_row = pytest.mark.parametrize(
    "row", ROWS, ids=[f"{r['activation']}-{r['initializer']}-{r['bias_variance']}" for r in ROWS]
)


def simulated(row: dict[str, Any], dtype: str) -> Propagation:
    network = mlp(
        tuple(row["widths"]),
        activation=row["activation"],
        initializer=row["initializer"],
        bias_variance=row["bias_variance"],
    )
    return simulate(network, networks=1, batch=GOLDEN["batch"], seed=GOLDEN["seed"], dtype=dtype)


@every_row
def test_float64_agrees_to_ten_digits(row: dict[str, Any]) -> None:
    result = simulated(row, "float64")
    for name in STATISTICS:
        assert getattr(result, name)[0] == pytest.approx(row[name], rel=1e-10, abs=1e-13), name


@every_row
def test_float32_agrees_to_four_digits(row: dict[str, Any]) -> None:
    result = simulated(row, "float32")
    for name in STATISTICS:
        assert getattr(result, name)[0] == pytest.approx(row[name], rel=1e-4, abs=1e-5), name


def test_every_activation_is_among_them() -> None:
    assert {row["activation"] for row in ROWS} == set(ACTIVATIONS)


def test_the_statistics_tell_the_networks_apart() -> None:
    # Were any of them constant, agreeing on it would mean little.
    for name in STATISTICS:
        last = [row[name][0] for row in ROWS]
        assert np.ptp(last) > 0.1, name
