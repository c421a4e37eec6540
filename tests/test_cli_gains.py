"""`vscore gains`: gains, scales and PyTorch's numbers, by hand."""

import csv
import math
from pathlib import Path

import pytest

from vscore.activations import ACTIVATIONS, leaky_relu
from vscore.cli import main
from vscore.meanfield import gains

Capture = pytest.CaptureFixture[str]

# torch.nn.init.calculate_gain, its documentation's table.
TORCH = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / 1.04),
    "selu": 0.75,
}


def run(capsys: Capture, *arguments: str) -> str:
    assert main(["gains", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.isascii()
    return captured.out


def fails(capsys: Capture, *arguments: str) -> str:
    assert main(["gains", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_torch_gains(kind: str) -> None:
    found = gains(kind)
    assert found.torch_gain == TORCH.get(kind)
    assert bool(found.torch_note) == (kind in TORCH)
    if found.torch_gain is not None:
        same = math.isclose(found.torch_gain, found.rms_gain, rel_tol=1e-9)
        assert found.torch_note.startswith("The same") == same


def test_torchs_slope() -> None:
    assert gains(leaky_relu(0.01)).torch_gain == pytest.approx(math.sqrt(2 / 1.0001), rel=1e-15)


def test_the_lines_to_paste() -> None:
    # E tanh'^2 = 0.4644029: facts of the trade, and 1 / 0.46440290 = 2.1533026.
    assert gains("relu").forward_line == (
        'VarianceScaling(scale=2, mode="fan_in", distribution="truncated_normal")'
    )
    assert gains("tanh").backward_scale == pytest.approx(2.1533026, abs=1e-7)
    assert 'mode="fan_out"' in gains("tanh").backward_line
    assert gains("step(x)").backward_line == ""
    assert gains("step(x)").backward_gain == math.inf
    assert gains("0 * x + 3").std_gain == math.inf


def test_one_activation(capsys: Capture) -> None:
    out = run(capsys, "selu")
    assert "rms gain       1 (keeps the second moment)\n" in out
    assert "PyTorch gain   0.75\n" in out
    assert "E phi          0\n" in out
    assert 'forward        VarianceScaling(scale=1, mode="fan_in",' in out
    assert "PyTorch: 3/4 was found by trial" in out


def test_a_formula(capsys: Capture) -> None:
    # E relu(z)^4 = 3/2 and E (2 relu(z))^2 = 2.
    out = run(capsys, "--formula", "relu(x)**2")
    assert "E phi^2        1.5\n" in out
    assert "kinks          0\n" in out
    assert 'backward       VarianceScaling(scale=0.5, mode="fan_out",' in out
    assert "PyTorch gain   -\n" in out
    assert "kinks          -1.5, 2\n" in run(capsys, "--formula", "x", "--kinks=-1.5,2")


def test_a_slope(capsys: Capture) -> None:
    out = run(capsys, "leaky_relu", "--slope", "0.01")
    assert "activation     leaky ReLU (slope 0.01)\n" in out
    assert "E phi^2        0.50005\n" in out


def test_all(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "gains.csv"
    out = run(capsys, "--csv", str(path))
    assert [line.split()[0] for line in out.splitlines()[2:]] == list(ACTIVATIONS)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["activation"] for row in rows] == [phi.label for phi in ACTIVATIONS.values()]
    relu = rows[1]
    assert float(relu["forward_scale"]) == pytest.approx(2, rel=1e-12)
    assert float(relu["mean"]) == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-12)
    assert rows[2]["torch_gain"] == ""


def test_errors(capsys: Capture) -> None:
    err = fails(capsys, "--formula", "x * sigmod(x)")
    assert err.startswith("vscore gains: error: 'sigmod' must be one of x, e, pi, abs")
    assert err.endswith("Did you mean 'sigmoid'?\n  x * sigmod(x)\n      ^\n")
    assert "activation must be one of 'linear'" in fails(capsys, "geglu")
    assert "give ACTIVATION or --formula, not both" in fails(capsys, "relu", "--formula", "x")
    assert "give --slope or --formula, not both" in fails(capsys, "--slope", "1", "--formula", "x")
    assert "--kinks needs --formula" in fails(capsys, "relu", "--kinks", "1")
    assert "--slope needs an activation: leaky_relu" in fails(capsys, "--slope", "1")
    assert "kinks must be in [-40, 40]; got 'a'" in fails(capsys, "--formula", "x", "--kinks", "a")
