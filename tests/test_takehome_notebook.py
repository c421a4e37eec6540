"""The notebook: valid, run in a process of its own, and its numbers are the page's, bit for bit."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from dashboard import compute, gathering
from dashboard.experiment import Experiment
from dashboard.links import parse
from dashboard.results import Results
from dashboard.takehome.notebook import notebook
from dashboard.tracks import forward_track, gradient_track
from tests.sampled import sampled
from vscore import __version__

# Runs a notebook's code cells in order, as Jupyter would, then writes down what they left behind.
# A kernel and its client would be thirty packages more for the same answer.
RUNNER = """
import json, sys, warnings
warnings.simplefilter("error")
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
names, left = {}, []
for cell in cells:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
        if "here" in names:
            here = names.pop("here")
            redraws = [list(map(repr, r.tolist())) for r in names.pop("redraws", [])]
            left.append({
                "std": repr(here["std drawn"]),
                "signal": list(map(repr, here["signal"].tolist())),
                "gradient": list(map(repr, here["gradient"].tolist())),
                "seed": names["drawn"].seed,
                "count": names["drawn"].count,
                "redraws": redraws,
                "traces": [trace.name for trace in names["figure"].data],
            })
assert not {"streamlit", "dashboard"} & set(sys.modules)
print("\\n" + json.dumps(left))
"""

LINKS: Mapping[str, str] = {
    "default": "v=1",
    "redraws": "v=1&depth=5&redraws=on&seed=3",
    "comparison": "v=1&depth=6&width=32&settings=3&b.init=glorot_uniform"
    "&c.act=leaky_relu&c.slope=0.1",
    "convolutional": "v=1&family=convolutional&image_size=5&padding=same&depth=3&width=8"
    "&layer=SeparableConv2D&kernel=pointwise_kernel",
    "recurrent": "v=1&family=recurrent&cell=lstm&depth=4&width=8&statistic=correlation"
    "&layer=LSTM&kernel=recurrent_kernel&init=orthogonal&gain=1.1",
    "attention": "v=1&layer=MultiHeadAttention&kernel=output_kernel&depth=3&width=16",
    # A normal and a cut law on the same random numbers: the first alone would need no weights.
    "two engines": "v=1&depth=2&width=1024&networks=1&batch=1&settings=2&init=variance_scaling"
    "&distribution=untruncated_normal&b.distribution=truncated_normal",
    "exploding": "v=1&depth=100&width=32&init=random_normal&stddev=10&mean=0.5&networks=2",
    "nothing left": "v=1&init=zeros&depth=3&width=16&statistic=activation_second_moment",
    "one input": "v=1&batch=1&statistic=correlation&depth=3&width=16&taper=0.25",
    "variance": "v=1&statistic=unit_variance&depth=4&width=16&bias_variance=0.1&act=tanh",
}


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "pause", lambda: None)


def computed(experiment: Experiment) -> tuple[Results, ...]:
    return gathering.results(experiment)


def run(text: str, folder: Path) -> tuple[str, list[dict[str, Any]]]:
    """What a notebook prints, and what each setting of it leaves behind."""
    file = folder / "experiment.ipynb"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-c", RUNNER, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    printed, left = done.stdout.rstrip().rsplit("\n", 1)
    return printed, json.loads(left)


@pytest.mark.parametrize("name", sampled(3, LINKS))
def test_notebook_shows_the_page_s_numbers(name: str, tmp_path: Path) -> None:
    experiment, notices = parse(LINKS[name])
    assert notices == ()
    results = computed(experiment)
    text = notebook(experiment, results)
    nbformat.validate(nbformat.reads(text, 4))  # type: ignore[no-untyped-call]  # nbformat has no types
    printed, left = run(text, tmp_path)
    for setting, found, theirs in zip(experiment.settings, results, left, strict=True):
        forward = forward_track(found.measured, None, setting.statistic).centre
        assert theirs["std"] == repr(found.sample.std)
        assert theirs["signal"] == list(map(repr, forward.tolist()))
        gradient = gradient_track(found.measured, None).centre
        assert theirs["gradient"] == list(map(repr, gradient.tolist()))
        assert theirs["count"] == found.sample.count
        assert theirs["seed"] == found.sample.seed
        assert len(theirs["redraws"]) == 10 * setting.redraws
        for other, mine in zip(theirs["redraws"], found.redrawn_signals, strict=True):
            ends = forward_track(mine, None, setting.statistic).centre
            assert other == list(map(repr, ends.tolist()))
        assert ("gradient_theory" in theirs["traces"]) == (found.predicted is not None)
        assert f"std drawn {found.sample.std!r} +-" in printed
    assert printed.count("as on the page") == 3 * len(left)
    assert "differs" not in printed


def test_last_cell_sees_a_difference(tmp_path: Path) -> None:
    """As after a change of the network's code."""
    experiment, _ = parse("v=1&depth=3&width=16&networks=2&batch=4")
    text = notebook(experiment, computed(experiment)).replace("batch=4", "batch=5")
    printed, _ = run(text, tmp_path)
    assert printed.count("differs from the page") == 2
    assert printed.count("as on the page") == 1


def test_notebook_says_where_it_comes_from() -> None:
    experiment, _ = parse("v=1&depth=3&width=16&seed=5&title=Week+3&question=Why%3F")
    made = json.loads(notebook(experiment, computed(experiment), "http://host:8501/?old=1"))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert made["metadata"]["vscore"] == {
        "link": "?v=1&depth=3&width=16&seed=5&title=Week+3&question=Why%3F",
        "seed": 5,
        "vscore": __version__,
        "numpy": np.__version__,
    }
    heading = "".join(made["cells"][0]["source"])
    assert heading.startswith("# Week 3\n\nWhy?\n\nMade with vscore ")
    assert "seed 5" in heading
    assert "host\\:8501/?v=1\\&depth=3" in heading
    assert "old" not in heading
    assert all(cell["outputs"] == [] for cell in made["cells"] if cell["cell_type"] == "code")


def test_teacher_s_words_are_neither_markup_nor_code() -> None:
    hostile = "<img src=x onerror=alert(1)> $x$ [a](javascript:alert(1))"
    experiment, _ = parse("v=1&depth=3&width=16")
    marked = Experiment(depth=3, width=16, handout=type(experiment.handout)(title=hostile))
    cells = json.loads(notebook(marked, computed(marked)))["cells"]
    heading = "".join(cells[0]["source"])
    assert "\\<img src=x onerror=alert\\(1\\)\\> \\$x\\$ \\[a\\]" in heading
    assert not any("onerror" in "".join(cell["source"]) for cell in cells[1:])


def test_the_same_experiment_is_the_same_notebook() -> None:
    experiment, _ = parse("v=1&depth=3&width=16")
    assert notebook(experiment, computed(experiment)) == notebook(experiment, computed(experiment))
