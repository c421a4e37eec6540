"""Specs as Python: the text is what a person would write, and evaluates to an equal spec."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vscore
from dashboard.experiment import DEFAULT, FAMILIES, Experiment
from dashboard.takehome.source import names_in, source
from vscore.activations import ACTIVATIONS, Activation
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
)
from vscore.layers import LAYERS, LSTM, Conv2D, Dense, RawKernel
from vscore.networks import convnet, mlp, recurrent

PUBLIC = {name: getattr(vscore, name) for name in vscore.__all__}


def read(text: str) -> Any:
    """What the text evaluates to, given vscore's public names and nothing else."""
    return eval(text, {"__builtins__": {}}, dict(PUBLIC))


# By hand.
@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (Dense(300, 120), "Dense(input_dim=300, units=120)"),
        (
            Conv2D(64, 128, (3, 5)),
            "Conv2D(input_channels=64, filters=128, kernel_size=(3, 5), strides=(1, 1), groups=1)",
        ),
        (LSTM(128, 64), "LSTM(input_dim=128, units=64)"),
        (Zeros(), "Zeros()"),
        (Constant(0.5), "Constant(value=0.5)"),
        (RandomNormal(0.0, 1e-7, seed=3), "RandomNormal(mean=0.0, stddev=1e-07, seed=3)"),
        (
            VarianceScaling(2.0),
            'VarianceScaling(scale=2.0, mode="fan_in", distribution="truncated_normal")',
        ),
        (Activation("tanh"), 'Activation(kind="tanh")'),
        (Activation("leaky_relu", 0.1), 'Activation(kind="leaky_relu", slope=0.1)'),
        (Activation.from_formula("x*x"), 'Activation(kind="formula", formula="x*x")'),
        (
            mlp((64, 32, 10), activation="tanh", initializer=Zeros()),
            'mlp(widths=(64, 32, 10), activation="tanh", initializer=Zeros(), bias_variance=0.0)',
        ),
        (
            mlp((128,) * 21, activation="relu", initializer="orthogonal"),
            "mlp(\n"
            "    widths=(128,) * 21,\n"
            '    activation="relu",\n'
            "    initializer=Orthogonal(gain=1.0),\n"
            "    bias_variance=0.0,\n"
            ")",
        ),
    ],
)
def test_source(spec: Any, text: str) -> None:
    assert source(spec) == text
    assert read(text) == spec


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_comes_back(kind: str) -> None:
    assert read(source(LAYERS[kind]())) == LAYERS[kind]()


def test_raw_kernel_comes_back() -> None:
    assert read(source(RawKernel((3, 5, 16, 32)))) == RawKernel((3, 5, 16, 32))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_named_initializer_comes_back(name: str) -> None:
    assert read(source(INITIALIZERS[name])) == INITIALIZERS[name]


NUMBERS = st.floats(1e-6, 1e6)
SEEDS = st.none() | st.integers(0, 2**64 - 1)
SPECS: dict[str, st.SearchStrategy[Initializer]] = {
    "VarianceScaling": st.builds(
        VarianceScaling,
        NUMBERS,
        st.sampled_from(["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]),
        st.sampled_from(["truncated_normal", "untruncated_normal", "uniform"]),
        SEEDS,
        st.sampled_from([None, 0, (0, 1)]),
        st.sampled_from([None, -1, (2, 3)]),
    ),
    "RandomNormal": st.builds(RandomNormal, st.floats(-10, 10), NUMBERS, SEEDS),
    "TruncatedNormal": st.builds(TruncatedNormal, st.floats(-10, 10), NUMBERS, SEEDS),
    "RandomUniform": st.builds(RandomUniform, st.floats(-9, -1), st.floats(-1, 9), SEEDS),
    "Orthogonal": st.builds(Orthogonal, NUMBERS, SEEDS),
    "Constant": st.builds(Constant, st.floats(-10, 10)),
    "Zeros": st.builds(Zeros),
}


def test_every_initializer_class_is_tried() -> None:
    assert set(SPECS) == set(CUSTOM_OBJECTS)


@given(st.one_of(*SPECS.values()))
def test_every_initializer_comes_back_to_its_last_digit(initializer: Initializer) -> None:
    assert read(source(initializer)) == initializer


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_activation_comes_back(kind: str) -> None:
    assert read(source(ACTIVATIONS[kind])) == ACTIVATIONS[kind]
    network = mlp((8, 8), activation=kind)
    assert read(source(network)) == network


@pytest.mark.parametrize(
    "network",
    [
        mlp((784, 512, 256, 10), activation=Activation("leaky_relu", 0.3), bias_variance=0.05),
        mlp((64, 64), activation=Activation.from_formula("abs(x)", kinks=(1, -2))),
        mlp((7,) * 100, initializer=VarianceScaling(1 / 3, "fan_geo_avg", "uniform")),
        convnet((3, 64, 32), kernel_size=(3, 5), image_size=(8, 12), padding="same"),
        convnet((16,) * 5, kernel_size=5, image_size=(64,)),
        recurrent("gru", input_dim=5, units=4, steps=7, bias_variance=0.1),
        recurrent("lstm", unit_forget_bias=False, recurrent_initializer=Orthogonal(1.1)),
        *(family.build(DEFAULT) for family in FAMILIES.values()),
        Experiment(taper=0.125, depth=30).network,
    ],
)
def test_every_network_comes_back(network: Any) -> None:
    assert read(source(network)) == network


@pytest.mark.parametrize(
    "activation",
    [
        Activation.from_formula("x * sigmoid(1.702 * x)"),
        Activation.from_formula("max(x, 0.1 * x)", kinks=[0.5]),
    ],
)
def test_formulas_come_back(activation: Activation) -> None:
    assert read(source(activation)) == activation
    network = mlp((8, 8), activation=activation)
    assert read(source(network)) == network


def test_names_in_code_are_vscore_s_own() -> None:
    code = ["x = Dense(3, 4)\nfor y in x: print(mlp)", "VarianceScaling(2.0).Zeros"]
    assert names_in(code) == ("Dense", "VarianceScaling", "mlp")


def test_what_is_no_spec_is_refused() -> None:
    with pytest.raises(ValueError, match=r"spec must be a layer, .* got int"):
        source(3)
