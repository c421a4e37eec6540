"""`vscore sweep`: its table, its files, its errors."""

import csv
import re
import shlex
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests import ctrl_c
from tests.patience import until
from vscore.cli import main
from vscore.sweeps import MEASURES, SETTINGS, Sweep

Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, line: str, code: int = 0) -> tuple[str, str]:
    assert main(["sweep", *shlex.split(line)]) == code
    captured = capsys.readouterr()
    assert captured.out.isascii()
    assert "Traceback" not in captured.err
    return captured.out, captured.err


def facts(output: str) -> dict[str, str]:
    """The names and values before the table."""
    pairs = re.findall(r"^(\S+(?: \S+)*)  +(.*)$", output, re.MULTILINE)
    return dict(reversed(pairs))  # the first of a name counts


def test_a_table_by_hand(capsys: Capture) -> None:
    """ReLU of scale s: q = s (s / 2)^(depth - 1)."""
    out, err = run(capsys, "--axis scale=1,4 --axis depth=1:3 --measure log10_q --predicted")
    assert err == ""
    assert out.endswith(
        "scale  depth 1   depth 2   depth 3\n"
        "-----  -------  --------  --------\n"
        "    1        0  -0.30103  -0.60206\n"
        "    4  0.60206   0.90309    1.2041\n"
    )
    found = facts(out)
    assert found["measure"] == "log10_q: log10 of q at the last layer"
    assert found["source"] == "predicted"
    assert (found["scale"], found["depth"], found["cells"]) == ("1 to 4 (2)", "1 to 3 (3)", "6")
    assert found["otherwise"].startswith("network mlp, width 128, bias_variance 0, ReLU, he_normal")
    assert found["runs on"] == "this process"
    assert found["takes"] == "a moment; the longest cell a moment"
    assert found["holds"] == "about 1 MB, and 1 MB a worker"
    assert found["smallest"] == "-0.60206 at scale 1, depth 3"
    assert found["largest"] == "1.20412 at scale 4, depth 3"


def test_settings_of_the_base(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    out, _ = run(
        capsys,
        "--axis activation=relu,tanh --measure log10_gradient_ratio --width 16 --depth 3 --seed 5 "
        f"--networks 2 --initializer lecun_uniform --bias-variance 0.5 --workers 1 --out {path}",
    )
    base = Sweep.read(path).base
    assert (base.width, base.depth, base.seed, base.networks) == (16, 3, 5, 2)
    assert base.bias_variance == 0.5
    assert base.law.get_config()["distribution"] == "uniform"
    assert facts(out)["activation"] == "relu, tanh (2)"
    assert "networks 2, batch 16, seed 5" in facts(out)["otherwise"]


def test_a_csv_of_every_cell(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    line = f"--axis scale=0.5:4:50:log --measure fixed_point --out {path}"
    out, _ = run(capsys, line)
    assert "scale  fixed_point" not in out  # too long for a screen
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["scale"]) for row in rows] == np.geomspace(0.5, 4, 50).tolist()
    before = path.read_bytes()
    assert run(capsys, line)[0] == out
    assert path.read_bytes() == before
    _, err = run(capsys, f"{line} --bias-variance 1", 2)
    assert "is there already, and not of this sweep. Choose another file" in err


def test_failures_are_named_and_exit_with_1(capsys: Capture) -> None:
    line = "--network recurrent --axis cell=lstm,simple_rnn --measure log10_q --predicted"
    out, err = run(capsys, line, 1)
    first, second = err.splitlines()
    assert first.startswith("failed: cell=lstm: ")
    assert second == "vscore sweep: error: 1 cell failed"
    assert facts(out)["failed"] == "1 of 2 cells"
    many = line.replace("--axis cell=lstm,simple_rnn", "--axis depth=1:30")
    _, err = run(capsys, many, 1)
    assert len(err.splitlines()) == 11
    assert err.endswith("30 cells failed; 10 of them are named above\n")


def test_where_there_is_no_such_quantity(capsys: Capture) -> None:
    out, _ = run(capsys, "--axis batch=1,2 --measure correlation --depth 2 --width 8")
    assert facts(out)["no such quantity"] == "1 of 2 cells"
    assert re.search(r"^ +1 +-$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--axis scale=1,2 --measure q", "measure must be one of .*; got 'q'"),
        ("--axis scale=1:2 --measure dead", "axis scale must be LOW:HIGH:COUNT"),
        ("--axis scale=1 --measure dead --predicted", "source must be 'simulated' for"),
        ("--axis scale=1 --measure dead --scale 2", "give --axis scale=... or --scale, not both"),
        ("--axis scale=1 --measure dead --depth 0", r"depth must be an integer in \[1, 10000\]"),
        ("--axis scale=1 --measure dead --workers 0", r"workers must be an integer in \[1, 1024\]"),
        (
            "--axis scale=1 --measure dead --workers 2 --scheduler tcp://a:1",
            "give --workers or --scheduler, not both",
        ),
        ("--axis scale=1 --measure dead --scheduler here", "executor must be one of 'serial'"),
        ("--axis scale=1 --measure dead --out a.txt", "out must end in .csv, .npz, .parquet"),
    ],
)
def test_wrong_usage(capsys: Capture, line: str, message: str) -> None:
    _, err = run(capsys, line, 2)
    assert re.search(f"vscore sweep: error: .*{message}", err)


def test_a_folder_that_is_not_there(capsys: Capture, tmp_path: Path) -> None:
    _, err = run(capsys, f"--axis scale=1 --measure dead --out {tmp_path}/none/a.csv", 1)
    assert "error: cannot write" in err


def test_every_setting_and_measure_is_in_the_help(capsys: Capture) -> None:
    assert main(["sweep", "--help"]) == 0
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    for name in SETTINGS:
        assert f"--{name.replace('_', '-')} " in text
    for name in MEASURES:
        assert name in text


def test_ctrl_c_leaves_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    line = f"--axis seed=0:99999 --measure log10_q --width 32 --workers 2 --out {path}"
    with subprocess.Popen(
        ctrl_c.command("sweep", *line.split()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            part = tmp_path / "table.csv.part"
            until(lambda: part.exists() and bool((Sweep.read(part).status == 1).any()), 60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err == (
        f"{part} keeps what is done: the same command takes up from there\n"
        "vscore sweep: interrupted\n"
    )
    assert "smallest" not in out
