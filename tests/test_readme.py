"""The README's lines do what they say: they are run here as they stand."""

import re
import shlex
from pathlib import Path

import pytest

from vscore.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def block(name: str) -> str:
    """The fenced block after a mark."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no block marked {name!r}"
    return found.group(1)


SHELL_LINES = (block("run: shell") + block("run: sweep shell")).splitlines()


@pytest.mark.parametrize("line", SHELL_LINES)
def test_shell_lines_run(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(line)
    assert program == "vscore"
    assert not main(arguments)
    assert len(capsys.readouterr().out.splitlines()) >= 5


def test_export_lines_write_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in block("run: export shell").splitlines():
        assert not main(shlex.split(line)[1:])
    programs = [capsys.readouterr().out, (tmp_path / "lstm.py").read_text("utf-8")]
    exec(compile(block("run: export python"), "README", "exec"), {})
    first, keras, rest = re.split(r'(?=^"""\w)', capsys.readouterr().out, flags=re.MULTILINE)
    assert not first
    for program in (*programs, keras, rest):
        compile(program, "README", "exec")
    assert "PyTorch would count 9 and 576" in keras + rest
    assert rest.count("def build_") == 2


def test_python_lines_run_and_print_the_promised_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exec(compile(block("run: python"), "README", "exec"), {})
    weights, layers = capsys.readouterr().out.splitlines()
    drawn, exact, p = map(float, weights.split())
    # sqrt(2 / 784), and the drawn std within 4.9 standard errors: sqrt(1.3655 / 200704) / 2 each.
    assert exact == pytest.approx(0.050507627, rel=1e-7)
    assert drawn == pytest.approx(exact, rel=4.9 * 0.0013042)
    assert 1e-6 < p <= 1
    measured, predicted, *overflow = layers.replace("[", "").replace("]", "").split()
    # He keeps q at 2. One network's spread at depth 20 is sqrt((1 + 5/256)^20 - 1) = 0.69.
    assert float(predicted) == pytest.approx(2, rel=1e-12)
    assert float(measured) == pytest.approx(2, rel=4.9 * 0.69 / 8**0.5)
    assert overflow == ["-1"] * 8


def test_formulas_and_audits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block("run: formulas and audits"), "README", "exec"), {})
    line, weight, bias = capsys.readouterr().out.splitlines()
    # 1 / E[z^2 sigmoid(1.702 z)^2] = 2.36993, by scipy.integrate.quad.
    assert line.startswith("VarianceScaling(scale=2.36993")
    assert weight.startswith(
        "fc.weight Linear Fans(fan_in=300, fan_out=120) consistent with torch_d"
    )
    assert bias.startswith("fc.bias Linear Fans(fan_in=300, fan_out=120) consistent with zeros")


def test_ten_lines_each() -> None:
    assert len(block("run: shell").splitlines()) <= 10
    assert len([line for line in block("run: python").splitlines() if line]) <= 10


def test_the_pictures_are_there() -> None:
    names = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert len(names) >= 4
    for name in names:
        assert (ROOT / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_effects(capsys: pytest.CaptureFixture[str]) -> None:
    """1152 counted, 144 summed: an eighth of the variance that was meant."""
    exec(compile(block("run: effects"), "README", "exec"), {})
    counts, variances, causes = capsys.readouterr().out.splitlines()
    assert counts == "3 x 3 x 128 = 1152 | 3 x 3 x 64 / 4 = 144"
    value, error, predicted = map(float, variances.split())
    assert predicted == pytest.approx(1 / 8)
    assert value == pytest.approx(predicted, abs=4.9 * error)
    assert causes.startswith("Transposed: ")
    assert causes.endswith("counts all. 8.0")


def test_training(capsys: pytest.CaptureFixture[str]) -> None:
    """He's scale learns XOR; a twentieth of it, over six layers, does not."""
    exec(compile(block("run: training"), "README", "exec"), {})
    he, _, small, _ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\(\d+, \d+, \d+\)", he)
    assert small == "(None, None, None)"


def test_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block("run: sweep"), "README", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "(5, 3) ()\n"
    assert [each.name for each in tmp_path.iterdir()] == ["map.npz"]
