"""`vscore simulate` for every kind of network, engine and statistic; what it says of chance."""

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from vscore.cli import main
from vscore.cli.series import STATISTICS, gradient_series, series_of
from vscore.cli.words import verdict_lines
from vscore.initializers import VarianceScaling
from vscore.meanfield import predict
from vscore.networks import convnet, mlp, recurrent
from vscore.propagation import Propagation, simulate
from vscore.verdicts import Flow, FormatRange, Luck, Verdict

Capture = pytest.CaptureFixture[str]

SMALL = ("simulate", "--networks", "2", "--batch", "3", "--seed", "4")


def run(capsys: Capture, *arguments: str) -> str:
    code = main(arguments)
    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert captured.out.isascii()
    return captured.out


def one_line(text: str) -> str:
    return " ".join(text.split())


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


NETWORKS = {
    "--network convnet --channels 3,8,5 --kernel-size 3,2 --image-size 6,7 --padding same": convnet(
        (3, 8, 5), kernel_size=(3, 2), image_size=(6, 7), padding="same"
    ),
    "--network convnet --depth 2 --width 6 --image-size 9, --kernel-size 5 --scale 1.5": convnet(
        (6, 6, 6), kernel_size=5, image_size=(9,), initializer=VarianceScaling(1.5)
    ),
    "--network convnet --channels 2,4 --image-size 4 --activation elu --bias-variance 1": convnet(
        (2, 4), image_size=4, activation="elu", bias_variance=1.0
    ),
    "--network recurrent --units 7 --input-dim 5 --steps 4": recurrent(
        "lstm", units=7, input_dim=5, steps=4
    ),
    "--network recurrent --cell gru --steps 3 --recurrent-initializer he_normal": recurrent(
        "gru", steps=3, recurrent_initializer="he_normal"
    ),
    "--network recurrent --cell simple_rnn --steps 3 --initializer lecun_normal": recurrent(
        "simple_rnn", steps=3, kernel_initializer="lecun_normal"
    ),
    "--network recurrent --steps 3 --no-forget-bias --bias-variance 0.1": recurrent(
        "lstm", steps=3, unit_forget_bias=False, bias_variance=0.1
    ),
    "--network mlp --widths 5,6,7": mlp((5, 6, 7)),
}
"""Options, and the network that the library makes of the same words."""


@pytest.mark.parametrize("line", NETWORKS)
def test_every_kind_of_network(capsys: Capture, tmp_path: Path, line: str) -> None:
    path = tmp_path / "layers.csv"
    output = run(capsys, *SMALL, *line.split(), "--csv", str(path))
    network = NETWORKS[line]
    measured = simulate(network, networks=2, batch=3, seed=4)
    unit = "step" if "recurrent" in line else "layer"
    rows = read_csv(path)
    assert [row[unit] for row in rows] == [str(n + 1) for n in range(network.depth)]
    found = [float(row["q_measured"]) for row in rows]
    assert found == pytest.approx(measured.q.mean(axis=0), rel=1e-9)
    assert f"all {unit}s together" in one_line(output) or f"one {unit}, so" in output
    assert network.description in output


def test_words_of_time_speak_of_steps(capsys: Capture) -> None:
    output = one_line(run(capsys, *SMALL, "--network", "recurrent", "--steps", "30"))
    verdict = output[output.index("forward: ") :]
    assert "A step multiplies q by" in verdict
    assert "layer" not in verdict
    assert "suggestion: LSTM's memory passes through its forget gate" in verdict


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--network cnn", "network must be one of 'mlp', 'convnet', 'recurrent'; got 'cnn'"),
        ("--units 7", "a network of kind mlp has no --units; it takes --widths, --depth, --width"),
        ("--network convnet --widths 3,4", "of kind convnet has no --widths; it takes --channels"),
        ("--network recurrent --depth 3", "of kind recurrent has no --depth; it takes --cell"),
        ("--network recurrent --activation relu", "of kind recurrent has no --activation"),
        ("--network convnet --channels 3,4 --width 2", "give --channels or --width, not both"),
        ("--network convnet --padding valid", "padding must be one of 'circular', 'same'"),
        ("--network convnet --image-size 2", "kernel_size must be at most image_size (2, 2)"),
        ("--network convnet --image-size 0", "image_size must be an integer in [1, 10000]; got 0"),
        ("--network recurrent --cell rnn", "kind must be one of 'simple_rnn', 'lstm', 'gru'"),
        ("--network recurrent --steps 0", "steps must be an integer in [1, 10000]; got 0"),
        ("--network recurrent --engine gram", "engine must be 'auto' or 'weights' for a network"),
        ("--engine fast", "engine must be one of 'auto', 'weights', 'gram'; got 'fast'"),
        ("--statistic variance", "statistic must be one of 'q', 'unit_variance'"),
    ],
)
def test_options_that_do_not_go_together(capsys: Capture, line: str, message: str) -> None:
    assert main(["simulate", *line.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "engine"),
    [
        ("--engine gram", "gram: approximate, O(1/n), because the weights are not Gaussian"),
        ("--engine gram --scale 2 --distribution untruncated_normal", "gram"),
        ("--engine weights", "weights"),
        ("--scale 2 --distribution untruncated_normal --widths 2000,2000,2000", "gram"),
    ],
)
def test_engines(capsys: Capture, line: str, engine: str) -> None:
    sizes = () if "--widths" in line else ("--depth", "2", "--width", "8")
    output = run(capsys, *SMALL, *sizes, *line.split())
    assert re.search(rf"^engine +{re.escape(engine)}$", output, re.MULTILINE)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_every_statistic_beside_the_gradient(
    capsys: Capture, tmp_path: Path, statistic: str
) -> None:
    path = tmp_path / "layers.csv"
    size = ("--depth", "4", "--width", "30", "--activation", "tanh")
    output = run(capsys, *SMALL, *size, "--statistic", statistic, "--csv", str(path))
    measured = simulate(mlp((30,) * 5, activation="tanh"), networks=2, batch=3, seed=4)
    rows = read_csv(path)
    values = getattr(measured, statistic)
    found = [float(row[f"{statistic}_measured"]) for row in rows]
    assert found == pytest.approx(values.mean(axis=0), rel=1e-9, abs=1e-15)
    errors = [float(row[f"{statistic}_error"]) for row in rows]
    # Of two networks: |a - b| / 2.
    assert errors == pytest.approx(np.abs(values[0] - values[1]) / 2, rel=1e-6, abs=1e-15)
    header = output.split("\n\n")[1].splitlines()[0].split()
    assert (header[1], "gradient" in header) == (statistic, True)


def test_the_band_of_linear_layers(capsys: Capture, tmp_path: Path) -> None:
    """One Gaussian linear layer and one input: n q is sigma_w^2 |x|^2 / m chi^2_n, so at n = m =
    400 q's variance is (1 + 2/n)(1 + 2/m) - 1 = 0.010025; of a mean of 4, a quarter."""
    path = tmp_path / "layers.csv"
    output = run(
        capsys,
        *("simulate", "--widths", "400,400,400", "--activation", "linear", "--networks", "4"),
        *("--batch", "1", "--scale", "1", "--distribution", "untruncated_normal"),
        *("--csv", str(path)),
    )
    row = read_csv(path)[0]
    low, high = float(row["q_low"]), float(row["q_high"])
    assert low == pytest.approx(1 - 1.96 * 0.0501, abs=0.012)
    assert high == pytest.approx(1 + 1.96 * 0.0501, abs=0.012)
    assert "95% band" in output
    assert f"{float(f'{low:.3g}'):g} .. {float(f'{high:.3g}'):g}" in output
    assert "The band holds 95% of means over 4 networks of this width." in one_line(output)


def test_no_band_is_said(capsys: Capture) -> None:
    small = ("--network", "convnet", "--depth", "2", "--width", "4", "--image-size", "4")
    output = run(capsys, *SMALL, *small)
    assert "There is a band for dense layers only" in one_line(output)
    assert "95% band" not in output
    assert "+-" in output.split("\n\n")[1].splitlines()[0]


def test_a_band_that_does_not_hold_is_hidden(capsys: Capture) -> None:
    narrow = run(capsys, "simulate", "--depth", "3", "--width", "6", "--batch", "1")
    assert "No band: The layers are too narrow for the band" in one_line(narrow)
    assert "95% band" not in narrow
    few = ("simulate", "--depth", "10", "--width", "64", "--activation", "gelu", "--batch", "16")
    law = ("--scale", "2.35", "--distribution", "untruncated_normal")
    assert "95% band" in run(capsys, *few, *law, "--networks", "2")
    many = run(capsys, *few, *law, "--networks", "64")
    assert "No band: The band is of first order in 1 / width" in one_line(many)
    assert "95% band" not in many


def test_without_theory_there_is_no_column_of_it(capsys: Capture) -> None:
    output = run(capsys, *SMALL, "--network", "recurrent", "--steps", "2")
    assert "theory" not in output.split("\n\n")[1]
    assert "No theory: network must be one with a closed theory" in one_line(output)


def propagation(log10_q: object, log10_gradient: object = None) -> Propagation:
    q = np.array(log10_q, np.float64)
    empty = np.zeros_like(q)
    gradient = None if log10_gradient is None else np.array(log10_gradient, np.float64)
    network = mlp((4,) * (q.shape[1] + 1))
    return Propagation(network, q, *(empty,) * 8, gradient, "weights", 0, 1)


def test_a_series_beyond_float64() -> None:
    found = series_of("q", propagation([[400.0], [400 + math.log10(3)]]), None)
    assert found.measured == pytest.approx([400 + math.log10(2)])
    assert found.error == pytest.approx([400.0])
    assert (found.predicted, found.band) == (None, None)
    assert gradient_series(propagation([[0.0]]), None) is None


def test_a_statistic_that_theory_does_not_know() -> None:
    network = convnet((2, 4), image_size=4, padding="same")
    measured = simulate(network, networks=2, batch=3)
    assert series_of("correlation", measured, predict(network)).predicted is None
    assert series_of("dead", measured, predict(network)).predicted is None


FLOW = Flow("stable", "stable", 1.0, 1.0, True, 0.0, 5)


def words(**fields: object) -> str:
    found = Verdict(FLOW, FLOW, None, None, "Why not.", **fields)  # type: ignore[arg-type]  # by the tests
    return "\n".join(verdict_lines(found))


@pytest.mark.parametrize(
    ("ratio", "share", "expected"),
    [
        (-math.log10(1.8), 0.2, "is 1.8 times below theory, which happens to one network in 5 at"),
        (math.log10(25), 0.0101, "is 25 times above theory, which happens to one network in 99 "),
        (math.log10(1.05), 0.4, "is 5 % above theory, which happens to one network in 2 at"),
        (math.log10(0.96), 0.62, "is 4 % below theory, which happens to 62 % of networks at"),
        (-40.0, 0.0, "is 1e+40 times below theory, which happens to fewer than one network in 1"),
        (-math.inf, 0.0, "is 0 instead of theory, which happens to fewer than one"),
    ],
)
def test_luck_in_words(ratio: float, share: float, expected: str) -> None:
    text = words(luck=Luck("q", 0, 8, 5, ratio, share))
    assert f"chance: At the last layer q of network 1 of 8 {expected}" in text
    backward = words(gradient_luck=Luck("gradient", 0, 1, 0, ratio, share))
    assert f"chance: At the first layer the gradient of the network {expected}" in backward


def test_formats_in_words() -> None:
    formats = (
        FormatRange("float16", 8, None, None, 3),
        FormatRange("bfloat16", 36, None, None, None),
        FormatRange("float32", 36, None, None, None),
    )
    assert (
        "formats: float16 would overflow at layer 9; bfloat16 and float32 would overflow at layer "
        "37; the gradient's root mean square would be below all of float16 at layer 4."
    ) in words(formats=formats)
    fine = tuple(FormatRange(name, None, None, None, None) for name in ("bfloat16", "float32"))
    small = FormatRange("float16", None, 1, 2, None)
    assert (
        "formats: every z would be 0 in float16 at layer 2; the gradient would overflow in float16 "
        "at layer 3; bfloat16 and float32 hold all of it."
    ) in words(formats=(small, *fine))
