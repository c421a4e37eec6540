"""How long work goes on that nobody wants any more, at the largest settings of the page."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dashboard.budget import within_budget
from dashboard.experiment import DEFAULT, Experiment
from tests.sampled import sampled
from vscore._typing import Check
from vscore.effects import layer_effect
from vscore.initializers import INITIALIZERS, Orthogonal, VarianceScaling
from vscore.initializers.orthogonal import orthonormal
from vscore.layers import LSTM, Conv1D, Dense
from vscore.meanfield import predict
from vscore.networks import mlp
from vscore.propagation import Propagation, simulate
from vscore.sampling import sample

pytestmark = pytest.mark.alone

LONGEST = 0.3
"""Seconds from the wish to stop to the end."""

ORTHOGONAL = INITIALIZERS["orthogonal"]
GAUSSIAN = VarianceScaling(2.0, "fan_in", "untruncated_normal")

NETWORKS: dict[str, dict[str, Any]] = {
    "dense": {"depth": 100, "width": 1024, "networks": 64, "batch": 512},
    "dense, widening": {"depth": 10, "width": 1024, "taper": 8.0, "networks": 1, "batch": 64},
    "dense, orthogonal": {"depth": 100, "width": 1024, "initializer": ORTHOGONAL},
    "dense, widening, orthogonal": {
        **{"depth": 10, "width": 512, "taper": 8.0, "networks": 1, "batch": 4},
        "initializer": ORTHOGONAL,
    },
    "gram": {"depth": 100, "width": 1024, "batch": 512, "initializer": GAUSSIAN},
    "convolutional": {"family": "convolutional", "depth": 20, "width": 128, "image_size": 32},
    "convolutional, wide": {"family": "convolutional", "depth": 1, "width": 1024, "image_size": 32},
    "convolutional, orthogonal": {
        **{"family": "convolutional", "depth": 4, "width": 512, "image_size": 8},
        "initializer": ORTHOGONAL,
    },
    "lstm": {"family": "recurrent", "depth": 100, "width": 1024, "batch": 85, "networks": 1},
    "gru": {"family": "recurrent", "cell": "gru", "depth": 100, "width": 1024, "batch": 512},
}


class Stopped(Exception):
    """Nobody wants it any more."""


def largest(name: str) -> Experiment:
    return within_budget(replace(DEFAULT, **NETWORKS[name]))[0]


def overrun(work: Callable[[Check], object], after: float) -> float:
    """Seconds that work goes on after a wish to stop; 0 if it was done before."""
    wish = time.perf_counter() + after

    def check() -> None:
        if time.perf_counter() >= wish:
            raise Stopped

    try:
        work(check)
    except Stopped:
        return time.perf_counter() - wish
    return 0.0


def worst(work: Callable[[Check], object], *after: float) -> float:
    return max(overrun(work, each) for each in after)


@pytest.mark.parametrize("name", sampled(4, NETWORKS))
def test_simulations_stop(name: str) -> None:
    e = largest(name)

    def work(check: Check) -> object:
        return simulate(
            e.network, networks=e.networks, batch=e.batch, seed=0, threads=2, check=check
        )

    assert worst(work, 0.05, 0.25, 0.6) < LONGEST


@pytest.mark.parametrize("name", sampled(2, NETWORKS))
def test_histograms_of_activations_stop(name: str) -> None:
    e = largest(name)
    few = simulate(e.network, networks=1, batch=1, backward=False)

    def work(check: Check) -> object:
        return replaced(few, e.batch).count_activations(check)

    assert worst(work, 0.05, 0.3) < LONGEST


def replaced(measured: Propagation, batch: int) -> Propagation:
    """The same with nothing counted yet, of a larger batch."""
    return replace(measured, batch=batch)


@pytest.mark.parametrize(
    ("layer", "kernel"),
    [
        (Dense(8192, 8192), "kernel"),
        (Dense(1600, 1600), "kernel"),
        (Dense(16384, 64), "kernel"),
        (LSTM(256, 1024), "recurrent_kernel"),
    ],
)
@pytest.mark.parametrize("initializer", [ORTHOGONAL, INITIALIZERS["he_normal"]])
def test_draws_stop(layer: Any, kernel: str, initializer: Any) -> None:
    asked = replace(DEFAULT, layer=layer, kernel=kernel, initializer=initializer)
    e = within_budget(asked)[0]

    def work(check: Check) -> object:
        return sample(e.drawn_initializer, e.drawn_kernel.shape, threads=2, check=check)

    assert worst(work, 0.02, 0.1, 0.3) < LONGEST


@pytest.mark.parametrize("initializer", [None, Orthogonal()])
def test_effects_stop(initializer: Any) -> None:
    layer = Conv1D(2048, 2048, (15,))
    assert worst(lambda c: layer_effect(layer, initializer, check=c), 0.01, 0.2) < LONGEST


def test_theory_of_two_inputs_stops() -> None:
    predicted = predict(mlp((128,) * 101, activation="selu"))
    assert overrun(predicted.follow_inputs, 0.02) < LONGEST


def test_bands_take_less_than_that() -> None:
    """Nothing looks whether they are wanted while they are made; nobody has asked for these."""
    spent = []
    for width in (900, 901, 902):
        predicted = predict(mlp((width,) * 101, activation="gelu"))
        start = time.perf_counter()
        predicted.log10_band(networks=8)
        spent.append(time.perf_counter() - start)
    assert min(spent) < LONGEST


# Orthogonal matrices, panel by panel


@pytest.mark.parametrize("shape", [(300, 300), (700, 130), (65, 65), (40, 7), (20_000, 70)])
def test_panels_make_the_one_qr_of_positive_diagonal(shape: tuple[int, int]) -> None:
    normal = np.random.default_rng(5).standard_normal(shape)
    q, r = np.linalg.qr(normal)
    expected = q * np.sign(np.diag(r))
    found = orthonormal(normal.astype(np.float32))
    gram = found.T.astype(float) @ found
    np.testing.assert_allclose(gram, np.eye(shape[1]), atol=20 * 2.0**-23)
    # The last column of a square one hangs on a small rest: it is off by as much more.
    np.testing.assert_allclose(found, expected, atol=3e-4)


def test_panels_are_checked() -> None:
    looks = []
    orthonormal(np.eye(640, dtype=np.float32), lambda: looks.append(1))
    assert len(looks) == 10 + 4 * 9  # one for each panel of 64, four more for all but the first
