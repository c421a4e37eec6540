"""The command line: its numbers, its files, its errors."""

import csv
import io
import json
import math
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import ctrl_c
from vscore import __version__
from vscore.cli import main
from vscore.cli.histogram import bars, chart
from vscore.cli.output import power, table
from vscore.cli.progress import ProgressBar
from vscore.cli.series import mean_and_error
from vscore.fitting import Fit
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.layers import LAYERS
from vscore.networks import mlp
from vscore.parameters import PARAMETERS
from vscore.propagation import simulate
from vscore.sampling import sample

Capture = pytest.CaptureFixture[str]


def facts(output: str) -> dict[str, str]:
    """The names and values before the first empty line."""
    lines = output.split("\n\n", maxsplit=1)[0].splitlines()
    return dict(re.findall(r"^(\S+(?: \S+)*)  +(.*)$", "\n".join(lines), re.MULTILINE))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(capsys: Capture, *arguments: str) -> str:
    code = main(arguments)
    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert captured.out.isascii()
    return captured.out


def fails(capsys: Capture, code: int, *arguments: str) -> str:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err


def test_draw_prints_the_kernel_by_hand(capsys: Capture) -> None:
    """Glorot, 784 -> 256: n = 520, std sqrt(1 / 520), limit sqrt(3 / 520)."""
    found = facts(run(capsys, "draw"))
    assert found["shape"] == "784,256 (200 704 weights)"
    assert (found["fan_in"], found["fan_out"], found["n"]) == ("784", "256", "520")
    assert found["target std"] == "0.0438529"
    assert found["limits"] == "-0.0759555, 0.0759555"
    assert found["initializer"].startswith("glorot_uniform: ")
    drawn, error = map(float, found["drawn std"].split(" +- "))
    # sqrt((1.8 - 1) / 200704) / 2 = 0.000998 relative.
    assert error == pytest.approx(0.0438529 * 0.000998238, rel=0.02)
    assert abs(drawn - 0.0438529) < 5 * error


@pytest.mark.parametrize(
    ("arguments", "fan_in", "fan_out", "n", "std"),
    [
        ("--units 64 --input-dim 100", 100, 64, "82", math.sqrt(1 / 82)),
        ("--layer Conv2D --initializer he_normal", 576, 1152, "576", math.sqrt(2 / 576)),
        ("--layer Conv2D --groups 4 --scale 2", 144, 1152, "144", math.sqrt(2 / 144)),
        (
            "--layer Conv2D --kernel-size 3,5 --mode fan_out --scale 1",
            960,
            1920,
            "1920",
            math.sqrt(1 / 1920),
        ),
        ("--layer DepthwiseConv2D --scale 1", 576, 9, "576", 1 / 24),
        ("--layer MultiHeadAttention --scale 1", 512, 512, "512", math.sqrt(1 / 512)),
        ("--layer LSTM --kernel recurrent_kernel", 64, 256, "-", 1 / 16),
        ("--shape 3,3,64,128 --initializer lecun_uniform", 576, 1152, "576", 1 / 24),
        ("--shape 8,64,512 --input-axes 0,1 --output-axes 2 --scale 2", 512, 512, "512", 1 / 16),
        ("--shape 8,64,512 --scale 4", 512, 4096, "512", math.sqrt(4 / 512)),
        ("--initializer truncated_normal", 784, 256, "-", 0.05 * 0.8796256610342398),
        ("--initializer random_normal --stddev 0.2 --mean 1", 784, 256, "-", 0.2),
        ("--initializer he_normal --scale 3", 784, 256, "784", math.sqrt(3 / 784)),
    ],
)
def test_draw_reads_layers_and_initializers(
    capsys: Capture, arguments: str, fan_in: int, fan_out: int, n: str, std: float
) -> None:
    found = facts(run(capsys, "draw", *arguments.split()))
    assert (found["fan_in"], found["fan_out"], found["n"]) == (str(fan_in), str(fan_out), n)
    assert float(found["target std"]) == pytest.approx(std, rel=1e-5)
    assert float(found["drawn std"].split()[0]) == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "consistent with the law (p = "),
        (
            "--shape 10,10 --initializer he_normal",
            "consistent with the law, but too few weights to tell truncated normal from normal: "
            "it takes about 6 641",
        ),
        ("--shape 4,4", "not tested: fewer than 20 weights"),
        ("--initializer zeros --seed 3", "not tested: every weight is the same"),
        (
            "--initializer orthogonal --shape 30,20",
            "not tested: entries of one matrix depend on each other",
        ),
    ],
)
def test_draw_judges_the_fit(capsys: Capture, arguments: str, expected: str) -> None:
    assert facts(run(capsys, "draw", *arguments.split()))["fit"].startswith(expected)


def test_draw_calls_a_misfit_one(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    right = sample(INITIALIZERS["he_normal"].with_seed(0), (784, 256))
    wrong = replace(right, fit=Fit(ks=0.012, ks_p=1e-20, chi2=400.0, chi2_bins=100, chi2_p=0.3))
    monkeypatch.setattr("vscore.cli.draw.sample", lambda *_, **__: wrong)
    found = facts(run(capsys, "draw"))
    assert found["fit"] == "not consistent with the law (p = 2e-20 for both tests)"
    assert found["KS"] == "distance 0.012, p = 1e-20"
    assert found["chi-square"] == "400 in 100 bins, p = 0.3"


def test_draw_writes_its_histogram(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    output = run(
        capsys,
        *("draw", "--shape", "300,120", "--initializer", "glorot_uniform"),
        *("--seed", "5", "--bins", "17", "--csv", str(path)),
    )
    rows = read_csv(path)
    assert list(rows[0]) == ["left", "right", "count", "density_measured", "density_exact"]
    drawn = sample(INITIALIZERS["glorot_uniform"].with_seed(5), (300, 120), bins=17)
    assert [int(row["count"]) for row in rows] == drawn.counts.tolist()
    assert [float(row["left"]) for row in rows] == drawn.edges[:-1].tolist()
    assert [float(row["right"]) for row in rows] == drawn.edges[1:].tolist()
    assert [float(row["density_measured"]) for row in rows] == drawn.heights.tolist()
    # Uniform on +-sqrt(6 / 420).
    height = 1 / (2 * math.sqrt(6 / 420))
    assert [float(row["density_exact"]) for row in rows] == pytest.approx([height] * 17, rel=1e-9)
    assert facts(output)["drawn std"].startswith(f"{drawn.std:.6g} ")


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("name", ["he_normal", "random_normal", "orthogonal", "zeros"])
def test_draw_writes_the_weights_that_the_library_draws(
    capsys: Capture, tmp_path: Path, name: str, threads: str
) -> None:
    """300 000 weights are more than one block of 2^18."""
    path = tmp_path / "weights.npy"
    run(
        capsys,
        *("draw", "--shape", "3,100000", "--initializer", name),
        *("--seed", "7", "--threads", threads, "--npy", str(path)),
    )
    written = np.load(path, allow_pickle=False)
    initializer: Initializer = INITIALIZERS[name]
    expected = initializer if name == "zeros" else initializer.with_seed(7)
    assert written.dtype == np.float32
    np.testing.assert_array_equal(written, expected((3, 100_000)))


def test_an_unfinished_npy_is_removed(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vscore.cli.draw.fill_block", full)
    path = tmp_path / "weights.npy"
    message = fails(capsys, 1, "draw", "--npy", str(path), "--shape", "10,10")
    assert message == "vscore draw: error: cannot write: No space left on device\n"
    assert not path.exists()


def test_the_chart_marks_the_exact_density() -> None:
    """Two thirds below 0 where the law says half: columns of 10 and 5 rows, marks at 7.5."""
    drawn = sample(INITIALIZERS["random_uniform"].with_seed(0), (100, 100), bins=2)
    skewed = replace(drawn, counts=np.array([6667, 3333]))
    lines = chart(skewed, unicode=False).splitlines()[1:11]
    assert lines == ["|#", "|#", "|oo", *["|#"] * 2, *["|##"] * 5]
    unicode = chart(skewed, unicode=True).splitlines()[1:11]
    assert unicode[0] == "|\u2588"
    assert unicode[2] == "|\u2501\u2501"
    assert chart(drawn, unicode=False).isascii()


def test_many_bars_are_added_up() -> None:
    drawn = sample(INITIALIZERS["random_uniform"].with_seed(0), (100, 100), bins=400)
    assert max(map(len, chart(drawn, unicode=False).splitlines()[1:11])) <= 73


def test_bars_of_a_constant_have_no_exact_density() -> None:
    drawn = sample(INITIALIZERS["zeros"], (5, 5), bins=4)
    assert np.isnan(bars(drawn)[2]).all()
    assert "exact" not in chart(drawn, unicode=False)


def test_fans_of_every_layer(capsys: Capture, tmp_path: Path) -> None:
    """By hand from Keras', PyTorch's and Flax's kernels; see the layers' defaults."""
    path = tmp_path / "fans.csv"
    output = run(capsys, "fans", "--csv", str(path))
    rows = {(row["layer"], row["kernel"]): row for row in read_csv(path)}
    assert {layer for layer, _ in rows} == set(LAYERS)
    by_hand = {
        ("Conv2DTranspose", "kernel"): ("1152", "576", "1152", "576", "576", "1152", "0.0340207"),
        ("DepthwiseConv2D", "kernel"): ("576", "9", "576", "9", "9", "9", "0.0584705"),
        ("LSTM", "kernel"): ("128", "256", "128", "256", "128", "64", "0.0721688"),
        ("LSTM", "recurrent_kernel"): ("64", "256", "64", "256", "64", "64", "0.0625"),
        ("MultiHeadAttention", "query_kernel"): (
            *("512", "512", "4096", "32768", "512", "512"),
            "0.0441942",
        ),
    }
    names = ("keras", "keras<3.15", "effective")
    columns = [f"{name} {way}" for name in names for way in ("in", "out")]
    for key, expected in by_hand.items():
        assert tuple(rows[key][column] for column in (*columns, "std")) == expected
    assert "64 times too many" in rows["DepthwiseConv2D", "kernel"]["note"]
    assert "DepthwiseConv2D kernel: An output sums the taps of one channel" in " ".join(
        output.split()
    )


def test_fans_of_one_layer_by_one_convention(capsys: Capture) -> None:
    output = run(
        capsys,
        *("fans", "--layer", "Conv2D", "--kernel-size", "3,5", "--strides", "2"),
        *("--convention", "effective"),
    )
    header, _, row = output.splitlines()[:3]
    assert " ".join(header.split()) == "layer kernel shape effective default std output variance"
    # 15 taps x 64 in; 15 x 128 / 4 gradients a position.
    assert row.split()[2:5] == ["3,5,64,128", "960,", "480"]
    # Glorot on 960 and 1920: 960 products of variance 2 / 2880.
    assert row.split()[5:] == ["glorot_uniform", "0.0263523", "0.666667"]


def test_defaults_of_every_framework(capsys: Capture, tmp_path: Path) -> None:
    """By hand: Keras 2 / 585, PyTorch 1 / (3 x 9), Flax 1 / 9, each times 9 products."""
    path = tmp_path / "fans.csv"
    run(capsys, "fans", "--layer", "DepthwiseConv2D", "--csv", str(path))
    (row,) = read_csv(path)
    assert row["output variance"] == row["keras<3.15 output variance"] == "0.0307692"
    assert row["std"] == "0.0584705"
    assert (row["torch std"], row["torch output variance"]) == ("0.19245", "0.333333")
    assert (row["jax std"], row["jax output variance"]) == ("0.333333", "1")
    assert (row["default"], row["jax default"][:32]) == (
        "glorot_uniform",
        "VarianceScaling(scale=1.0, mode=",
    )
    output = run(capsys, "fans", "--layer", "Dense", "--convention", "torch")
    assert output.splitlines()[2].split()[-3:] == ["torch_default", "0.0206197", "0.333333"]


def test_batch_axes_of_a_shape(capsys: Capture) -> None:
    """5 kernels of (3, 64, 32): 3 x 64 products an output, of variance 2 / (64 + 32) in Keras."""
    axes = ("--input-axes", "2", "--output-axes", "3", "--batch-axes", "0")
    output = run(capsys, "fans", "--shape", "5,3,64,32", *axes)
    cells = output.splitlines()[2].replace(",", "").split()
    assert cells[3:5] == ["64", "32"]
    assert cells[9:13] == ["192", "96", "192", "96"]
    assert cells[-1] == "4"


def test_sizes_without_a_layer_are_a_dense_one(capsys: Capture) -> None:
    output = run(capsys, "fans", "--units", "64", "--input-dim", "100")
    (row,) = output.split("\n\n")[0].splitlines()[2:]
    assert row.split()[:5] == ["Dense", "kernel", "100,64", "100,", "64"]


def test_fans_of_a_shape(capsys: Capture) -> None:
    output = run(capsys, "fans", "--shape", "8,64,512", "--input-axes", "0,1", "--output-axes", "2")
    assert output.splitlines()[2].split()[3:7] == ["512,", "512", "512,", "4096"]


def test_a_missing_tensor_is_a_dash(capsys: Capture, tmp_path: Path) -> None:
    """PyTorch stacks Q, K and V only where heads x size is the input's size."""
    path = tmp_path / "fans.csv"
    output = run(
        capsys, "fans", "--layer", "MultiHeadAttention", "--num-heads", "3", "--csv", str(path)
    )
    assert re.search(r"query_kernel +512,3,64 .* - ", output)
    assert (read_csv(path)[0]["torch in"], read_csv(path)[0]["torch out"]) == ("-", "-")


def test_simulate_prints_what_the_library_gives(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "layers.csv"
    output = run(
        capsys,
        *("simulate", "--widths", "48,32,24", "--activation", "tanh", "--scale", "1.5"),
        *("--bias-variance", "0.1", "--networks", "5", "--batch", "6", "--seed", "9"),
        *("--dtype", "float64", "--csv", str(path)),
    )
    network = mlp(
        (48, 32, 24), activation="tanh", initializer=VarianceScaling(1.5), bias_variance=0.1
    )
    measured = simulate(network, networks=5, batch=6, seed=9, dtype="float64")
    rows = read_csv(path)
    assert [row["layer"] for row in rows] == ["1", "2"]
    gradients = measured.gradient_second_moment
    assert gradients is not None
    for name, values in (("q", measured.q), ("gradient", gradients)):
        for layer, row in enumerate(rows):
            column = values[:, layer]
            assert float(row[f"{name}_measured"]) == pytest.approx(column.mean(), rel=1e-12)
            error = column.std(ddof=1) / math.sqrt(5)
            assert float(row[f"{name}_error"]) == pytest.approx(error, rel=1e-9)
    # q_1 = 1.5 + 0.1; g_2 = 1.
    assert float(rows[0]["q_predicted"]) == pytest.approx(1.6, rel=1e-12)
    assert float(rows[1]["gradient_predicted"]) == 1.0
    assert "squared norm by the layer's width" in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "forward: stable. A layer multiplies q by 1 in theory"),
        ("--scale 1", "forward: vanishing. A layer multiplies q by 0.5 in theory"),
        ("--scale 1", "A change by 1000 takes 9.97 layers."),
        ("--scale 1", "suggestion: he_normal: VarianceScaling(scale=2.0, mode='fan_in',"),
        ("--scale 8", "backward: exploding. A layer multiplies the gradient's squared norm by 4 "),
        ("--scale 1e6", "formats: float16 would overflow at layer 2; bfloat16 and float32 would o"),
        ("--scale 1e6", "the gradient would overflow in float16 at layer 18;"),
        ("", "formats: float16, bfloat16 and float32 hold all of it."),
        ("--scale 1e-6", "every z would be 0 in float16 at layer 3;"),
        ("--scale 1e-6", "gradient's root mean square would be below all of float16 at layer 17;"),
        ("--activation sigmoid", "suggestion: none. No scale from 0.1 to 20 keeps both"),
        ("--activation leaky_relu --slope 0.3", "activation leaky ReLU (slope 0.3)"),
        ("--initializer random_normal --mean 0.1", "No theory: initializer must give weights of"),
        ("--depth 1", "forward: one layer, so nothing to compare it with."),
        ("--initializer zeros", "forward: vanishing. A layer multiplies q by 0 in theory"),
    ],
)
def test_simulate_says_what_happens(capsys: Capture, arguments: str, expected: str) -> None:
    options = ["simulate", "--depth", "20", "--width", "128", "--networks", "3", "--batch", "4"]
    output = run(capsys, *options, *arguments.split())
    assert expected in " ".join(output.split())


def test_simulate_without_a_gradient(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "layers.csv"
    output = run(
        capsys,
        *("simulate", "--depth", "3", "--width", "8", "--no-backward", "--networks", "1"),
        *("--csv", str(path)),
    )
    assert "backward" not in output
    row = read_csv(path)[0]
    assert (row["gradient_measured"], row["q_error"]) == ("", "")  # one network has no spread


def test_deep_networks_are_thinned_on_screen_only(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "layers.csv"
    output = run(
        capsys,
        *("simulate", "--depth", "120", "--width", "8", "--networks", "2", "--batch", "2"),
        *("--csv", str(path)),
    )
    assert len(read_csv(path)) == 120
    assert "50 of 120 layers shown" in output
    shown = [line.split()[0] for line in output.split("\n\n")[1].splitlines()[2:]]
    assert (len(shown), shown[0], shown[-1]) == (50, "1", "120")


def test_numbers_beyond_float64(capsys: Capture) -> None:
    """A linear network of scale 1e6, 60 layers: q = 10^(6 x 60)."""
    output = run(
        capsys,
        *("simulate", "--depth", "60", "--width", "16", "--networks", "2", "--batch", "2"),
        *("--activation", "linear", "--scale", "1e6"),
    )
    assert re.search(r"^ +60 .* 1e\+360 ", output, re.MULTILINE)


def test_means_and_errors_in_the_log_domain() -> None:
    logarithms = np.array([[0.0, 300.0], [math.log10(3), 300 + math.log10(3)]])
    mean, error = mean_and_error(logarithms)
    # Mean 2, std sqrt(2), standard error 1.
    np.testing.assert_allclose(mean, [math.log10(2), 300 + math.log10(2)], atol=1e-12)
    np.testing.assert_allclose(error, [0, 300], atol=1e-12)
    empty, _ = mean_and_error(np.full((2, 1), -np.inf))
    assert empty[0] == -np.inf


@pytest.mark.parametrize(
    ("logarithm", "text"),
    [
        (0.0, "1"),
        (math.log10(0.25), "0.25"),
        (400.5, "3.162e+400"),
        (-400.5, "3.162e-401"),
        (-math.inf, "0"),
        (math.inf, "inf"),
    ],
)
def test_powers_of_any_magnitude(logarithm: float, text: str) -> None:
    assert power(logarithm) == text


def test_tables_align() -> None:
    assert table(("name", "n"), [("a", "100"), ("longer", "2")]) == (
        "name      n\n------  ---\na       100\nlonger    2"
    )


USAGE_ERRORS = [
    ("draw --scale -1.0", "scale must be in (0, inf); got -1.0"),
    ("draw --scale two", "scale must be in (0, inf); got 'two'"),
    ("draw --seed 1.5", "seed must be an integer in [0, 1.84467e+19]; got 1.5"),
    ("draw --bins 1", "bins must be an integer in [2, 4096]; got 1"),
    ("draw --threads 0", "threads must be an integer, at least 1, or None; got 0"),
    ("draw --mode fan", "mode must be one of 'fan_in'"),
    ("draw --distribution cauchy", "distribution must be one of 'truncated_normal'"),
    ("draw --initializer he_norml", "Did you mean 'he_normal'?"),
    ("draw --layer Dens", "Did you mean 'Dense'?"),
    ("draw --layer Dense --kernel-size 3", "Dense has no --kernel-size; it takes --input-dim"),
    ("draw --layer Dense --units 0", "units must be an integer in [1, 1e+09]; got 0"),
    ("draw --layer Conv2D --kernel-size 3,3,3", "kernel_size must be an integer or 2 integers"),
    ("draw --layer Conv2D --groups 5", "groups must divide"),
    ("draw --layer LSTM --kernel bias", "kernel must be one of 'kernel', 'recurrent_kernel'"),
    (
        "draw --filters 7",
        "Dense, the layer without --layer, has no --filters; it takes --input-dim",
    ),
    ("draw --shape 3,4 --layer Dense", "give --shape or --layer, not both"),
    ("draw --shape 3,4 --units 4", "give --shape or --units, not both"),
    ("draw --shape 3,0", "shape must be a sequence of integers, each at least 1; got (3, 0)"),
    ("draw --input-axes 0", "--input-axes needs --shape"),
    ("fans --batch-axes 0", "--batch-axes needs --shape"),
    ("fans --shape 3,4,5 --batch-axes 1", "batch_axes must be none of the input axes"),
    ("draw --shape 3,4 --input-axes 2 --output-axes 1", "input_axes must be axes of the shape"),
    ("draw --initializer orthogonal --scale 2", "orthogonal has no --scale; it takes --gain"),
    ("draw --initializer zeros --scale 2", "zeros has no --scale; it takes no options"),
    ("fans --convention pytorch", "convention must be one of 'keras', 'keras<3.15', 'torch'"),
    (
        "fans --key-dim 7",
        "Dense, the layer without --layer, has no --key-dim; it takes --input-dim",
    ),
    ("simulate --widths 784", "widths must be at least two widths"),
    ("simulate --widths 784,0", "every one of widths must be an integer in [1, 1e+09]; got 0"),
    ("simulate --widths 3,4 --depth 2", "give --widths or --depth, not both"),
    ("simulate --depth 0", "depth must be an integer in [1, 10000]; got 0"),
    ("simulate --networks 0", "networks must be an integer in [1, 1e+06]; got 0"),
    ("simulate --batch 0", "batch must be an integer in [1, 1e+07]; got 0"),
    ("simulate --dtype float16", "dtype must be one of 'float32', 'float64'; got 'float16'"),
    ("simulate --activation relo", "Did you mean 'relu'?"),
    ("simulate --activation relu --slope 0.1", "slope must be None for 'relu'"),
    ("simulate --bias-variance -1", "bias_variance must be in [0, inf); got -1"),
]


@pytest.mark.parametrize(("line", "message"), USAGE_ERRORS)
def test_wrong_usage_is_one_line_and_code_2(capsys: Capture, line: str, message: str) -> None:
    error = fails(capsys, 2, *line.split())
    assert error.startswith(f"vscore {line.split(maxsplit=1)[0]}: error: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("line", ["", "paint", "draw --colour red", "draw --sca 2"])
def test_unknown_words_are_refused_by_argparse(capsys: Capture, line: str) -> None:
    assert main(line.split()) == 2
    assert "usage: vscore" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["draw", "fans", "simulate --depth 2 --width 4"])
def test_an_unwritable_file_is_code_1(capsys: Capture, tmp_path: Path, command: str) -> None:
    path = str(tmp_path / "no folder" / "file.csv")
    error = fails(capsys, 1, *command.split(), "--csv", path)
    name = command.split(maxsplit=1)[0]
    assert error == f"vscore {name}: error: cannot write {path}: No such file or directory\n"


def test_no_memory_is_code_1(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("vscore.cli.draw.sample", no_memory)
    assert fails(capsys, 1, "draw") == "vscore draw: error: not enough memory\n"


def test_version(capsys: Capture) -> None:
    assert run(capsys, "--version") == f"vscore {__version__}\n"


@pytest.mark.parametrize("command", ["draw", "fans", "simulate", "export"])
def test_help_comes_from_the_parameters(capsys: Capture, command: str) -> None:
    text = " ".join(run(capsys, command, "--help").split()).replace("- ", "-")
    named = {name for name in PARAMETERS if f"--{name.replace('_', '-')} " in text}
    assert (
        named
        >= {
            "draw": {"scale", "gain", "stddev", "seed", "groups", "key_dim"},
            "fans": {"units", "filters", "output_dim"},
            "simulate": {"depth", "width", "networks", "batch", "image_size", "units", "slope"},
            "export": {"depth", "units", "kernel_size", "scale", "bias_variance", "strides"},
        }[command]
    )
    for name in named:
        assert PARAMETERS[name].help.split(". ")[0].rstrip(".").split(" -")[0] in text


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_python_m_vscore(capsys: Capture) -> None:
    found = command("-m", "vscore", "fans", "--layer", "Dense")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == run(capsys, "fans", "--layer", "Dense")
    wrong = command("-m", "vscore", "draw", "--scale", "-1.0")
    assert wrong.returncode == 2
    assert wrong.stderr == "vscore draw: error: scale must be in (0, inf); got -1.0\n"


def test_help_starts_without_scipy() -> None:
    found = command(
        "-c",
        "import json, sys; from vscore.cli import main; main(['draw', '--help']); "
        "print(); print(json.dumps([m for m in sys.modules if m.split('.')[0] == 'scipy']))",
    )
    assert json.loads(found.stdout.splitlines()[-1]) == []


def test_a_closed_pipe_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "vscore", "fans"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # before Python has even started
        assert (process.stderr.read(), process.wait(30)) == ("", 0)


def test_ctrl_c_is_code_130() -> None:
    long = ["simulate", "--depth", "5000", "--width", "600", "--networks", "50", "--no-backward"]
    with subprocess.Popen(
        ctrl_c.command(*long), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == ctrl_c.BEGUN
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            output, error = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, output, error) == (130, "", "vscore simulate: interrupted\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the bar sees, in seconds; set by tests."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_bar_waits_half_a_second_and_cleans_up(
    monkeypatch: pytest.MonkeyPatch, clock: list[float]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar("working", quiet=False) as bar:
        clock[0] = 0.4
        bar.step(1, 4)
        assert terminal.getvalue() == ""
        clock[0] = 0.6
        bar.step(2, 4)
        assert terminal.getvalue() == f"\rworking [{'#' * 15}{'.' * 15}]  50 %\r"
        clock[0] = 0.65  # too soon after the last
        bar.step(3, 4)
        clock[0] = 2.0
        bar.tick()
    lines = terminal.getvalue().split("\r")
    assert [line.strip() for line in lines[3:]] == ["working ... 2 s", "", "", ""]
    assert len(lines[3]) == len(lines[1])  # blanks over the longer line


@pytest.mark.parametrize(("quiet", "stream"), [(True, Terminal()), (False, io.StringIO())])
def test_no_bar_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, clock: list[float], quiet: bool, stream: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with ProgressBar("working", quiet) as bar:
        clock[0] = 9.0
        bar.step(1, 2)
    assert stream.getvalue() == ""
