"""A chart's data as CSV: what a spreadsheet and pandas read, and where it says it comes from."""

import csv as reader
import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.experiment import DEFAULT, Experiment
from dashboard.frames import ridge_frame, shares_frame
from dashboard.frames.tables import table
from dashboard.handout import Handout
from dashboard.links import parse
from dashboard.takehome.provenance import digest, file_name, link, versions
from dashboard.takehome.table import csv
from vscore import __version__
from vscore.meanfield import predict
from vscore.networks import mlp, recurrent
from vscore.propagation import activation_histograms, simulate

SETTING = replace(DEFAULT, seed=7, depth=50)
TABLE = table({"layer": [1, 2, 3], "mean z²": [0.1 + 0.2, -np.inf, np.nan]})


def test_pandas_reads_back_the_very_numbers_without_being_told_how() -> None:
    read = pd.read_csv(io.BytesIO(csv(TABLE, SETTING)))
    assert list(read) == ["layer", "mean z²", "link", "seed", "vscore", "numpy"]
    assert read["layer"].tolist() == [1, 2, 3]
    assert read["mean z²"][0] == 0.30000000000000004
    assert read["mean z²"][1] == -np.inf
    assert np.isnan(read["mean z²"][2])


def test_every_row_says_where_it_comes_from() -> None:
    read = pd.read_csv(io.BytesIO(csv(TABLE, SETTING)), dtype=str)
    assert set(read["link"]) == {"?v=1&depth=50&seed=7"}
    assert set(read["seed"]) == {"7"}
    assert set(read["vscore"]) == {__version__}
    assert set(read["numpy"]) == {np.__version__}
    assert parse(read["link"][0].removeprefix("?")) == (SETTING, ())


def test_a_spreadsheet_finds_the_header_in_the_first_line_and_reads_its_letters() -> None:
    body = csv(TABLE, SETTING)
    assert body.startswith(b"\xef\xbb\xbflayer,mean z\xc2\xb2,link,seed,vscore,numpy\n")
    assert b"\r" not in body
    lines = list(reader.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert [len(line) for line in lines] == [6] * 4


def test_link_is_of_the_numbers() -> None:
    """A teacher's words, and which setting the controls change, are no part of them."""
    words = Handout(title="=cmd|'/c calc'!A1")
    assert csv(TABLE, replace(SETTING, handout=words)) == csv(TABLE, SETTING)
    both = replace(SETTING, others=(DEFAULT,))
    assert csv(TABLE, replace(both, selected=1, handout=words)) == csv(TABLE, both)
    read = pd.read_csv(io.BytesIO(csv(TABLE, both)))
    assert set(read["link"]) == {"?v=1&depth=50&seed=7&settings=2&b.depth=20"}


def test_names_tell_experiments_apart() -> None:
    name = file_name("weights", SETTING, "csv")
    assert re.fullmatch(r"weights-[0-9a-f]{10}\.csv", name)
    others = [DEFAULT, replace(SETTING, seed=8), replace(SETTING, redraws=True)]
    assert len({digest(each) for each in (SETTING, *others)}) == 4
    # printf 'v=1&depth=50&seed=7' | sha256sum
    assert digest(Experiment(seed=7, depth=50)) == "a64c6e9e77"


def test_link_and_versions() -> None:
    assert link(DEFAULT) == "?v=1"
    assert versions() == {"vscore": __version__, "numpy": np.__version__}


def test_ridge_frame() -> None:
    network = mlp((32,) * 4)
    drawn = activation_histograms(network, batch=8, seed=1)
    table = ridge_frame(drawn)
    assert list(table) == ["from", "to", "share, layer 1", "share, layer 2", "share, layer 3"]
    np.testing.assert_allclose(table["from"], np.linspace(-3, 3, 62)[:-1], atol=1e-12)
    np.testing.assert_allclose(table["to"], np.linspace(-3, 3, 62)[1:], atol=1e-12)
    for layer in (1, 2, 3):
        column = table[f"share, layer {layer}"]
        assert column.sum() == pytest.approx(1)
        # Half of ReLU's activations are 0, in the middle bar; none are below.
        assert column[:30].sum() == 0
        assert 0.3 < column[30] < 0.8
        np.testing.assert_array_equal(column, drawn.shares[layer - 1])
    assert list(ridge_frame(drawn, [0, 2])) == ["from", "to", "share, layer 1", "share, layer 3"]


def test_shares_frame() -> None:
    network = mlp((32,) * 4)
    measured = simulate(network, networks=3, batch=8, seed=1)
    table = shares_frame(measured, predict(network))
    assert list(table)[:5] == [
        "layer",
        "correlation, mean",
        "correlation, lowest",
        "correlation, highest",
        "correlation, theory",
    ]
    assert "dead, theory" not in table
    for name in ("correlation", "saturated", "dead"):
        values = getattr(measured, name)
        np.testing.assert_allclose(table[f"{name}, mean"], values.mean(axis=0))
        np.testing.assert_allclose(table[f"{name}, highest"], values.max(axis=0))
    # Independent inputs; then ReLU's arc-cosine kernel at a right angle (Cho and Saul 2009).
    np.testing.assert_allclose(table["correlation, theory"][:2], [0, 1 / np.pi], atol=1e-9)


def test_recurrent_tables_count_steps() -> None:
    cells = recurrent("lstm", input_dim=4, units=4, steps=3)
    assert list(ridge_frame(activation_histograms(cells, batch=2)))[2:] == [
        f"share, step {step}" for step in (1, 2, 3)
    ]
    table = shares_frame(simulate(cells, networks=2, batch=2), None)
    assert table["step"].tolist() == [1, 2, 3]
