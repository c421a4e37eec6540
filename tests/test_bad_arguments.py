"""Any arguments at all: a ValueError that names one of them, or a sound result.

Each call mixes values that make sense with values that make none.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vscore
from vscore.layers import LAYERS

Strategies = Mapping[str, st.SearchStrategy[Any]]

SIZE = st.integers(1, 12)
SIZES = st.lists(SIZE, min_size=1, max_size=5).map(tuple)
NUMBER = st.floats(1e-3, 1e3)
ACTIVATION = st.sampled_from(sorted(vscore.ACTIVATIONS))
INITIALIZER = st.sampled_from(sorted(vscore.INITIALIZERS))
SEED = st.one_of(st.none(), st.integers(0, 2**64 - 1))
AXES = st.one_of(st.none(), st.lists(st.integers(-5, 5), max_size=3).map(tuple))

NONSENSE = st.one_of(
    st.sampled_from(
        (None, True, False, -1, 0, 1.5, math.nan, math.inf, -math.inf, 10**30, 2**63, -(2**64))
    ),
    st.sampled_from(("", "3", "nan", "relu", "he_normal", "\0", "<b>", "fan_in", "x" * 50, b"x")),
    st.sampled_from(((), (0,), (3, -1), (2.5, 2), [[1]], (3, "x"), (None,), {}, {"a": 1})),
    st.sampled_from((np.int64(3), np.float32(math.nan), np.array([1, 2]), 1j, object, len)),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
)
"""Nothing between what fits into memory and what no machine has."""


def layer_strategies(kind: str) -> Strategies:
    """What makes sense for each field of a layer, by what its default is."""
    layer = LAYERS[kind]()
    return {
        field.name: st.tuples(*[SIZE] * len(default)) if isinstance(default, tuple) else SIZE
        for field in dataclasses.fields(layer)
        if field.init and not isinstance(default := getattr(layer, field.name), bool | str)
    }


def drawn(
    initializer: Callable[..., vscore.Initializer],
) -> Callable[..., Any]:
    """A call that makes an initializer and draws a kernel from it."""

    def draw(shape: Any, **arguments: Any) -> Any:
        return initializer(**arguments)(shape)

    return draw


def sampled(shape: Any, seed: Any, bins: Any) -> Any:
    return vscore.sample(vscore.RandomNormal(0.0, 1.0, seed=seed), shape, bins=bins)


def simulated(widths: Any, activation: Any, initializer: Any, **arguments: Any) -> Any:
    network = vscore.mlp(widths, activation=activation, initializer=initializer)
    return vscore.simulate(network, threads=1, **arguments)


def mapped(activation: Any, sigma_w2: Any, sigma_b2: Any) -> Any:
    found = vscore.phase_map(activation, sigma_w2, sigma_b2)
    return found.q_star, found.chi_1, found.c_star, found.chi_c, found.chi_q, found.xi_c


def lined(activation: Any, sigma_b2: Any) -> Any:
    found = vscore.critical_line(activation, sigma_b2)
    return found.sigma_w2, found.sigma_b2, found.q


LAYER_CASES = {kind: (LAYERS[kind], layer_strategies(kind)) for kind in LAYERS}

CASES: Mapping[str, tuple[Callable[..., Any], Strategies]] = {
    **LAYER_CASES,
    "compute_fans": (
        vscore.compute_fans,
        {"shape": SIZES, "input_axes": AXES, "output_axes": AXES},
    ),
    "VarianceScaling": (
        drawn(vscore.VarianceScaling),
        {
            "shape": SIZES,
            "scale": NUMBER,
            "mode": st.sampled_from(("fan_in", "fan_out", "fan_avg", "fan_geo_avg")),
            "distribution": st.sampled_from(("truncated_normal", "normal", "uniform")),
            "seed": SEED,
            "input_axes": AXES,
            "output_axes": AXES,
        },
    ),
    "RandomNormal": (
        drawn(vscore.RandomNormal),
        {"shape": SIZES, "mean": st.floats(-9, 9), "stddev": NUMBER, "seed": SEED},
    ),
    "TruncatedNormal": (
        drawn(vscore.TruncatedNormal),
        {"shape": SIZES, "mean": st.floats(-9, 9), "stddev": NUMBER, "seed": SEED},
    ),
    "RandomUniform": (
        drawn(vscore.RandomUniform),
        {"shape": SIZES, "minval": st.floats(-9, 0), "maxval": st.floats(1, 9), "seed": SEED},
    ),
    "Orthogonal": (drawn(vscore.Orthogonal), {"shape": SIZES, "gain": NUMBER, "seed": SEED}),
    "Constant": (drawn(vscore.Constant), {"shape": SIZES, "value": NUMBER}),
    "Zeros": (drawn(vscore.Zeros), {"shape": SIZES}),
    "sample": (
        sampled,
        {"shape": SIZES, "seed": SEED, "bins": st.integers(1, 40)},
    ),
    "gains": (vscore.gains, {"activation": ACTIVATION}),
    "mlp": (
        vscore.mlp,
        {
            "widths": st.lists(SIZE, min_size=2, max_size=6).map(tuple),
            "activation": ACTIVATION,
            "initializer": INITIALIZER,
            "bias_variance": NUMBER,
        },
    ),
    "convnet": (
        vscore.convnet,
        {
            "channels": st.lists(SIZE, min_size=2, max_size=4).map(tuple),
            "kernel_size": st.sampled_from((1, 3, 5)),
            "image_size": st.integers(5, 9),
            "padding": st.sampled_from(("circular", "same")),
            "activation": ACTIVATION,
            "initializer": INITIALIZER,
        },
    ),
    "recurrent": (
        vscore.recurrent,
        {
            "kind": st.sampled_from(("simple_rnn", "lstm", "gru")),
            "input_dim": SIZE,
            "units": SIZE,
            "steps": SIZE,
            "kernel_initializer": INITIALIZER,
            "recurrent_initializer": INITIALIZER,
        },
    ),
    "simulate": (
        simulated,
        {
            "widths": st.lists(SIZE, min_size=2, max_size=4).map(tuple),
            "activation": ACTIVATION,
            "initializer": INITIALIZER,
            "networks": st.integers(1, 2),
            "batch": st.integers(2, 4),
            "seed": st.integers(0, 9),
            "engine": st.sampled_from(("auto", "weights")),
        },
    ),
    "q_map": (
        vscore.q_map,
        {"q": NUMBER, "activation": ACTIVATION, "sigma_w2": NUMBER, "sigma_b2": NUMBER},
    ),
    "chi_1": (vscore.chi_1, {"q": NUMBER, "activation": ACTIVATION, "sigma_w2": NUMBER}),
    "c_map": (
        vscore.c_map,
        {
            "c": st.floats(-1, 1),
            "q": NUMBER,
            "activation": ACTIVATION,
            "sigma_w2": NUMBER,
            "sigma_b2": NUMBER,
        },
    ),
    "phase_map": (
        mapped,
        {
            "activation": ACTIVATION,
            "sigma_w2": st.lists(NUMBER, min_size=1, max_size=4),
            "sigma_b2": NUMBER,
        },
    ),
    "critical_line": (lined, {"activation": ACTIVATION, "sigma_b2": NUMBER}),
    "depth_scale": (vscore.depth_scale, {"chi": NUMBER}),
}


def mixed(strategies: Strategies) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of which any may be nonsense, and most make sense."""
    parts = {name: st.one_of(good, good, NONSENSE) for name, good in strategies.items()}
    return st.fixed_dictionaries(parts)


def unsound(value: Any) -> bool:
    """Whether a result holds a NaN, however deep."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc" and bool(np.isnan(value).any())
    if isinstance(value, tuple):
        return any(map(unsound, value))
    return False


def check(name: str, arguments: dict[str, Any]) -> None:
    call, strategies = CASES[name]
    try:
        result = call(**arguments)
    except vscore.FormulaError:
        return  # an activation that is no formula: it shows the place
    except ValueError as error:
        text = str(error)
        words = {part.rstrip("s") for part in strategies}  # one of the widths is a width
        assert any(word in text for word in words), f"names none of {sorted(words)}: {text}"
        return
    assert not unsound(result)


@pytest.mark.parametrize("name", CASES)
def test_a_few_arguments(name: str) -> None:
    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(mixed(CASES[name][1]))
    def run(arguments: dict[str, Any]) -> None:
        check(name, arguments)

    run()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_five_thousand_arguments(name: str) -> None:
    @settings(max_examples=5_000, suppress_health_check=list(HealthCheck))
    @given(mixed(CASES[name][1]))
    def run(arguments: dict[str, Any]) -> None:
        check(name, arguments)

    run()
