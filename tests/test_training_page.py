"""Figures, sentences and tables of the Train page, as data, from runs whose numbers are by hand."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from dashboard import compute
from dashboard.figures.border import border_figure
from dashboard.figures.training import layers_figure, pace_figure, progress_figure
from dashboard.frames import training_frame
from dashboard.jobs import Task
from dashboard.training import TRAINED, Training
from dashboard.words.training import (
    border_sentence,
    headline,
    layers_sentence,
    pace_sentence,
    progress_sentence,
    results_table,
    training_sentence,
)
from vscore.networks import mlp
from vscore.training import SGD, Adam, TrainingRun, draw_dataset, train

DATA = draw_dataset("xor", points=40)


def run(**changed: Any) -> TrainingRun:
    """Two networks of two layers over epochs 0, 1, 2 of 4, with numbers by hand."""
    trained = train(mlp((2, 4, 2)), DATA, epochs=2, networks=2)
    values = {f.name: getattr(trained, f.name) for f in fields(trained)}
    values |= {
        "epochs": 4,
        "loss": np.array([[1.0, 0.1, 0.01], [1.0, 1.0, 1.0]]),
        "validation_accuracy": np.array([[0.5, 0.9, 1.0], [0.5, 0.5, 0.7]]),
        "gradient_norm": np.array([[[0.01, 1.0], [1.0, 1.0], [10.0, 1.0]]] * 2),
        "activation_variance": np.ones((2, 3, 2)),
    }
    return TrainingRun(**values | changed)


GONE = {
    "loss": np.full((2, 3), np.inf),
    "validation_accuracy": np.zeros((2, 3)),
    "gradient_norm": np.full((2, 3, 2), np.inf),
    "activation_variance": np.full((2, 3, 2), np.inf),
    "diverged_step": np.array([7, 5]),
}


def named(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["name"] == name]


def test_loss_and_accuracy() -> None:
    figure = progress_figure({"A": run()})
    loss, right = named(figure, "A, mean")
    assert loss["x"].tolist() == right["x"].tolist() == [0, 1, 2]
    assert loss["y"] == pytest.approx([0.0, -0.5, -1.0])  # the mean of log10
    assert right["y"] == pytest.approx([0.5, 0.7, 0.85])
    band, band_right = named(figure, "A, lowest to highest")
    assert band["x"].tolist() == [0, 1, 2, 2, 1, 0]
    assert band["y"] == pytest.approx([0, -1, -2, 0, 0, 0])
    assert band_right["y"] == pytest.approx([0.5, 0.5, 0.7, 1.0, 0.9, 0.5])
    low, high = figure["layout"]["xaxis2"]["range"]
    assert low < 0
    assert high > 4  # the axis is as long as all that was asked for


def test_what_diverged_is_not_drawn() -> None:
    figure = progress_figure({"A": run(), "B": run(**GONE)})
    assert len(named(figure, "B, mean")[0]["x"]) == 0
    layers = layers_figure({"A": run(), "B": run(**GONE)})
    assert [len(trace["x"]) for trace in named(layers, "B, mean")] == [0, 0]
    pace = pace_figure({"B": run(**GONE)})
    for each in (figure, layers, pace, progress_figure({"B": run(**GONE)})):
        for name in ("yaxis", "yaxis2"):
            assert np.isfinite(each["layout"][name]["range"]).all()


def test_layers_at_first_and_now() -> None:
    figure = layers_figure({"C": run()})
    now, variance = named(figure, "C, mean")
    first, _ = named(figure, "C, at first")
    assert now["x"].tolist() == [1, 2]
    assert now["y"] == pytest.approx([1.0, 0.0])
    assert first["y"] == pytest.approx([-2.0, 0.0])
    assert variance["y"] == pytest.approx([0.0, 0.0])


def test_gradient_and_activations_as_training_goes() -> None:
    """Layer 1 of two, which is also the last hidden one: its norm by hand, and other variances."""
    variance = np.array([[[0.1, 7.0], [1.0, 7.0], [10.0, 7.0]], [[1.0, 7.0]] * 3])
    figure = pace_figure({"B": run(activation_variance=variance)})
    norm, spread = named(figure, "B, mean")
    assert norm["x"].tolist() == spread["x"].tolist() == [0, 1, 2]
    assert norm["y"] == pytest.approx([-2.0, 0.0, 1.0])
    assert spread["y"] == pytest.approx([-0.5, 0.0, 0.5])
    band = named(figure, "B, lowest to highest")[1]
    assert band["y"] == pytest.approx([-1, 0, 0, 1, 0, 0])
    titles = [note["text"] for note in figure["layout"]["annotations"]]
    assert titles[0].endswith("of layer 1")
    assert titles[1].endswith("of layer 1")


def test_settings_differ_by_colour_and_dashes() -> None:
    figure = progress_figure({letter: run() for letter in "ABCD"})
    lines = [named(figure, f"{letter}, mean")[0]["line"] for letter in "ABCD"]
    assert len({line["color"] for line in lines}) == len({line["dash"] for line in lines}) == 4
    assert sum(a["text"].count("<b>A</b>") for a in figure["layout"]["annotations"]) == 2


def test_the_border_is_what_the_networks_say() -> None:
    """At the middle of each cell: the mean over networks of the probability of class 1."""
    trained = run()
    figure = border_figure("A", trained, DATA)
    picture, empty, full = figure["data"]
    x, y = picture["x"][10], picture["y"][40]
    expected = trained.predict([[x, y]])[:, 0, 1].mean()
    assert picture["z"][40, 10] == pytest.approx(expected, abs=1e-6)
    assert len(empty["x"]) == np.count_nonzero(DATA.targets == 0)
    assert len(full["x"]) == np.count_nonzero(DATA.targets == 1)
    assert np.abs(DATA.inputs).max() < figure["layout"]["xaxis"]["range"][1]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "A after 1 epoch in 1 of 2 networks."),
        ({"validation_accuracy": np.array([[0, 0.9, 1.0], [0, 0, 0.9]])}, "A after 1 to 2 epochs."),
        ({"validation_accuracy": np.array([[0, 0, 0.9]] * 2)}, "A after 2 epochs."),
        ({"validation_accuracy": np.zeros((2, 3))}, "A not yet in 2 epochs."),
        ({"validation_accuracy": np.zeros((2, 3)), "epochs": 2}, "A never in 2 epochs."),
        (GONE, "A never: its loss left float32."),
    ],
)
def test_headline(changed: dict[str, Any], says: str) -> None:
    assert headline({"A": run(**changed)}) == f"90 % of the examples held out are right: {says}"


def test_table() -> None:
    runs = {"A": run(), "B": run(**GONE)}
    rows = results_table(runs, {"A": "He | normal", "B": "zeros"}).splitlines()[2:]
    assert rows[0] == "| **A** | He \\| normal | 1, – | 85 % | 0.505 | no |"
    assert rows[1] == "| **B** | zeros | –, – | 0 % | ∞ | 2 of 2, at step 5 |"


def test_sentences() -> None:
    assert progress_sentence({"A": run()}) == (
        "After epoch 2: A 85 % right, loss 0.505. Lines are means over 2 networks, bands go from "
        "the lowest to the highest."
    )
    zero = {"gradient_norm": np.zeros((2, 3, 2))}
    said = layers_sentence({"A": run(), "B": run(**zero), "C": run(**GONE)})
    assert "A 0.01, B – (one of them is 0), C –." in said
    assert pace_sentence({"A": run(), "C": run(**GONE)}) == (
        "From the start to epoch 2: gradient norm of layer 1, A 0.01 to 10; C ∞ to ∞. "
        "Activation variance of layer 1, the last before the answer, A 1 to 1; C ∞ to ∞."
    )
    assert border_sentence("A", run()).endswith("Right of the examples held out: 85 %.")


def test_frame() -> None:
    frame = training_frame({"A": run(), "B": run()})
    assert len(frame) == 2 * 2 * 3
    assert frame["setting"].tolist() == ["A"] * 6 + ["B"] * 6
    assert frame["network"].tolist()[:6] == [1, 1, 1, 2, 2, 2]
    assert frame["epoch"].tolist()[:6] == [0, 1, 2] * 2
    assert frame["loss"].tolist()[:6] == [1.0, 0.1, 0.01, 1.0, 1.0, 1.0]
    assert frame["right held out"].tolist()[:3] == [0.5, 0.9, 1.0]
    assert frame["gradient norm, layer 1"].tolist()[:3] == [0.01, 1.0, 10.0]
    assert frame["variance, layer 2"].tolist()[:3] == [1.0, 1.0, 1.0]


def test_what_is_said_of_the_examples() -> None:
    """512 of them: a fifth is 102, and 410 by 32 are 13 steps an epoch, the last of 26."""
    assert training_sentence().endswith(
        "All learn from the same 410 examples in the same order, 32 a step; 102 are held out."
    )
    training = Training("xor", epochs=1, hidden=1, neurons=2)
    seen: list[TrainingRun] = []
    network = mlp(training.widths)
    Task(network, training, 0).run(None, lambda: None, seen.append)
    assert seen[-1].batch_size == 32
    assert seen[-1].step_loss.shape == (3, 13)
    lesson = compute.trained(network, training, 0)
    np.testing.assert_array_equal(lesson.step_loss, seen[-1].step_loss)


def test_a_training_by_hand() -> None:
    training = Training("digits", "adam", 0.5, 10, 2, 16)
    assert training.widths == (64, 16, 16, 10)
    assert training.steps_by == Adam(0.5)
    assert Training(rate=0.2).steps_by == SGD(0.2)
    assert len(training.examples(3)) == 512
    assert training.examples(3) is Training("digits").examples(3)


@pytest.mark.parametrize("name", TRAINED)
def test_defaults_are_said_once(name: str) -> None:
    assert getattr(Training(), name) == TRAINED[name].default
    assert TRAINED[name].name == name


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"data": "moons"}, "data must be one of"),
        ({"optimizer": "lion"}, "optimizer must be one of"),
        ({"rate": -1.0}, "rate must be in"),
        ({"epochs": 0}, "epochs must be an integer"),
        ({"hidden": 13}, r"hidden must be an integer in \[1, 12\]; got 13"),
        ({"neurons": 1}, r"neurons must be an integer in \[2, 64\]; got 1"),
    ],
)
def test_errors(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Training(**changed)
