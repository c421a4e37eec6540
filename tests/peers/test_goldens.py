"""The goldens are what today's frameworks give: their scripts, run again."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"


def made_again(script: str, golden: str, folder: Path) -> tuple[Any, Any]:
    """What a script writes now, and what it once wrote; it writes beside itself."""
    copy = shutil.copy(GOLDEN / script, folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, copy], env=environment, cwd=folder, check=True)
    return json.loads((folder / golden).read_text()), json.loads((GOLDEN / golden).read_text())


def test_fans_of_every_layer(tmp_path: Path) -> None:
    found, kept = made_again("make_keras_fans.py", "keras_fans.json", tmp_path)
    assert found["rows"] == kept["rows"]
    assert found["biases"] == kept["biases"]


def test_defaults_of_every_layer(tmp_path: Path) -> None:
    """Fresh draws: a std of n weights within 4.9 standard errors of two draws."""
    script, golden = "make_framework_defaults.py", "framework_defaults.json"
    found, kept = made_again(script, golden, tmp_path)
    assert len(found) == len(kept)
    for now, once in zip(found, kept, strict=True):
        std, before = now.pop("std"), once.pop("std")
        kurtosis, count = once.pop("kurtosis"), once["count"]
        now.pop("kurtosis")
        assert now.pop("largest") == pytest.approx(once.pop("largest"), rel=0.5)
        assert now == once
        error = math.sqrt(max(kurtosis - 1, 0) / count) / 2
        assert std == pytest.approx(before, rel=4.9 * math.sqrt(2) * error + 1e-6)


def test_trained_networks(tmp_path: Path) -> None:
    """float32 sums may be taken in another order on another processor."""
    script, golden = "make_torch_training_goldens.py", "torch_training.json"
    found, kept = made_again(script, golden, tmp_path)
    assert len(found["rows"]) == len(kept["rows"])
    for now, once in zip(found["rows"], kept["rows"], strict=True):
        rel = {"float64": 1e-10, "float32": 1e-5}[once["dtype"]]
        assert now["step_loss"] == pytest.approx(once.pop("step_loss"), rel=rel)
        for later, before in zip(now["epochs"], once["epochs"], strict=True):
            for name, value in before.items():
                assert later[name] == pytest.approx(value, rel=10 * rel)
        assert {**now, "epochs": 0, "last_layer": 0, "step_loss": 0} == {
            **once,
            "epochs": 0,
            "last_layer": 0,
            "step_loss": 0,
        }


def test_steps_of_optimizers(tmp_path: Path) -> None:
    script, golden = "make_keras_optimizers.py", "keras_optimizers.json"
    found, kept = made_again(script, golden, tmp_path)
    for now, once in zip(found["rows"], kept["rows"], strict=True):
        assert np.array(now.pop("path")) == pytest.approx(np.array(once.pop("path")), rel=1e-6)
        assert now == once
