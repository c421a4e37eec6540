"""Networks as data: what they are made of, and what they refuse."""

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from vscore.activations import ACTIVATIONS, leaky_relu
from vscore.fans import Fans
from vscore.initializers import Orthogonal, RandomNormal, VarianceScaling
from vscore.networks import mlp


def test_depth_shapes_and_fans_by_hand() -> None:
    network = mlp((300, 120, 7))
    assert network.depth == 2
    assert network.kernel_shapes == ((300, 120), (120, 7))
    assert network.effective_fans == (Fans(300, 120), Fans(120, 7))
    assert (network.kind, network.bias_variance) == ("mlp", 0.0)


def test_defaults_are_a_classifier_of_mnist() -> None:
    network = mlp()
    assert network.widths == (784, 512, 256, 10)
    assert network.activation.kind == "relu"
    assert network.initializer == VarianceScaling(2.0, "fan_in", "truncated_normal")


@pytest.mark.parametrize(
    ("initializer", "variances"),
    [
        ("he_normal", (2 / 300, 2 / 120)),
        ("glorot_uniform", (2 / 420, 2 / 127)),
        ("torch_default", (1 / 900, 1 / 360)),
        (VarianceScaling(3.0, "fan_out"), (3 / 120, 3 / 7)),
        (RandomNormal(0.0, 0.1), (0.01, 0.01)),
        (Orthogonal(2.0), (4 / 300, 4 / 120)),
        ("zeros", (0.0, 0.0)),
    ],
)
def test_weight_variances_by_hand(initializer: Any, variances: tuple[float, ...]) -> None:
    network = mlp((300, 120, 7), initializer=initializer)
    assert network.weight_variances == pytest.approx(variances, rel=1e-14)


def test_names_and_objects_give_equal_networks() -> None:
    by_name = mlp((4, 3), activation="tanh", initializer="lecun_uniform", bias_variance=1)
    by_object = mlp(
        [4, 3],  # type: ignore[arg-type]  # lists are taken too
        activation=ACTIVATIONS["tanh"],
        initializer=VarianceScaling(1.0, "fan_in", "uniform"),
        bias_variance=1.0,
    )
    assert by_name == by_object
    assert hash(by_name) == hash(by_object)
    assert pickle.loads(pickle.dumps(by_name)) == by_name


@pytest.mark.parametrize(
    "change",
    [
        {"widths": (4, 2)},
        {"activation": leaky_relu(0.3)},
        {"initializer": "he_uniform"},
        {"bias_variance": 0.1},
    ],
)
def test_networks_that_differ_are_not_equal(change: dict[str, Any]) -> None:
    base: dict[str, Any] = {"widths": (4, 3), "activation": "leaky_relu", "bias_variance": 0.2}
    assert mlp(**base) != mlp(**(base | change))


def test_a_network_is_frozen() -> None:
    network = mlp()
    with pytest.raises(FrozenInstanceError):
        network.widths = (1, 2)  # type: ignore[misc]  # what is tested


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": (4,)}, r"widths must be at least two widths, inputs first.*; got \(4,\)"),
        ({"widths": 4}, r"widths must be at least two widths, .* such as \(784, 10\); got 4"),
        ({"widths": "44"}, "widths must be at least two widths, .*; got '44'"),
        ({"widths": (4, 0)}, r"every one of widths must be an integer in \[1, 1e\+09\]; got 0"),
        ({"widths": (4, 2.5)}, "every one of widths must be an integer .*; got 2.5"),
        ({"widths": (4, True)}, "every one of widths must be an integer .*; got True"),
        ({"widths": (1,) * 10_002}, r"depth \(the number of widths less one\) must .*; got 10001"),
        ({"activation": "rel"}, "activation must be one of .*'rel'. Did you mean 'relu'?"),
        ({"activation": None}, "activation must be one of 'linear', .*; got None"),
        ({"initializer": "he_norm"}, "initializer must be one of .*. Did you mean 'he_normal'?"),
        ({"initializer": 2.0}, "initializer must be one of 'glorot_normal', .*; got 2.0"),
        ({"bias_variance": -1.0}, r"bias_variance must be in \[0, inf\); got -1.0"),
        ({"bias_variance": float("inf")}, r"bias_variance must be in \[0, inf\); got inf"),
    ],
)
def test_messages(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mlp(**arguments)
