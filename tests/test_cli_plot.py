"""The page that `vscore simulate --plot` writes: read as XML, and points where numbers say."""

import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from vscore._typing import FloatArray
from vscore.cli import main
from vscore.cli.plot import page
from vscore.cli.series import Series, Statistic
from vscore.cli.svg import BOTTOM, HEIGHT, LEFT, MOST_POINTS, RIGHT, TOP, WIDTH, chart, ticks

LOG, LINEAR = Statistic("second moment"), Statistic("share <of> units", logarithmic=False)


def series(
    networks: object,
    predicted: object = None,
    band: object = None,
    statistic: Statistic = LOG,
    name: str = "q",
) -> Series:
    values = np.array(networks, np.float64)
    mean = values.mean(axis=0)
    theory = None if predicted is None else np.array(predicted, np.float64)
    ends: tuple[FloatArray, FloatArray] | None = None
    if band is not None:
        low, high = np.array(band, np.float64)
        ends = low, high
    return Series(name, statistic, values, mean, np.full(len(mean), np.nan), theory, ends)


def drawn(each: Series) -> ET.Element:
    texts = [f"layer {n}" for n in range(len(each.measured))]
    return ET.fromstring(chart(each, "layer", "what it shows", texts))


def places(svg: ET.Element) -> list[tuple[float, float]]:
    """Where the points stand, but for the key's."""
    groups = [g for g in svg.findall("g[@class='point']") if "transform" in g.attrib]
    return [numbers(g.attrib["transform"]) for g in groups]  # type: ignore[misc]  # pairs


def numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, re.findall(r"-?\d+\.?\d*", text)))


def path(svg: ET.Element, name: str) -> str:
    found = svg.find(f"path[@class='{name}']")
    assert found is not None
    return found.attrib["d"]


def test_points_whiskers_theory_and_band_stand_where_they_should() -> None:
    """Four layers from 10^-1 to 10^3, so the axis is 10^-1.2 to 10^3.2."""
    each = series([[-1, 0, 1, 2], [0, 1, 2, 3]], [0, 0, 1, 2], [[-0.5, 0, 1, 2], [0.5, 1, 2, 3]])
    svg = drawn(each)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(layer: int) -> float:
        return LEFT + wide * (2 * layer + 1) / 8

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - high * (value + 1.2) / 4.4

    expected = [(x(n), y(value)) for n, value in enumerate([-0.5, 0.5, 1.5, 2.5])]
    np.testing.assert_allclose(places(svg), expected, atol=0.051)
    theory = np.reshape(numbers(path(svg, "theory")), (4, 2))
    np.testing.assert_allclose(
        theory, [(x(n), y(v)) for n, v in enumerate([0, 0, 1, 2])], atol=0.051
    )
    whiskers = np.reshape(numbers(path(svg, "whiskers")), (4, 3))
    ends = [(x(n), y(n - 1), y(n)) for n in range(4)]
    np.testing.assert_allclose(whiskers, ends, atol=0.051)
    band = np.reshape(numbers(path(svg, "band")), (8, 2))
    there = [(x(n), y(v)) for n, v in enumerate([0.5, 1, 2, 3])]
    back = [(x(n), y(v)) for n, v in enumerate([-0.5, 0, 1, 2])][::-1]
    np.testing.assert_allclose(band, there + back, atol=0.051)
    labels = {text.text: numbers(text.attrib.get("y", "0"))[0] for text in svg.findall("text")}
    assert labels["100"] == pytest.approx(y(2) + 4, abs=0.051)
    assert {"1", "2", "3", "4", "layer", "q"} <= set(labels)


def test_the_band_and_theory_of_one_layer_have_a_width() -> None:
    svg = drawn(series([[0.0]], [0.0], [[-0.1], [0.1]]))
    middle = (LEFT + WIDTH - RIGHT) / 2
    corners = np.reshape(numbers(path(svg, "band")), (4, 2))
    assert corners[:, 0].tolist() == [middle - 40, middle + 40, middle + 40, middle - 40]
    assert corners[0, 1] < corners[3, 1]  # the upper end first; y grows downwards
    assert svg.find("path[@class='whiskers']") is None  # one network has no spread


def test_what_has_no_logarithm_is_left_out() -> None:
    """Nothing is left at layer 2 of one network: its whisker ends at the frame."""
    svg = drawn(series([[0, -math.inf, 1], [0, 0, 1]], [0, -math.inf, -math.inf]))
    assert [place[0] for place in places(svg)] == pytest.approx([199.3, 684.7], abs=0.1)
    assert numbers(path(svg, "whiskers"))[3:6] == pytest.approx(
        (442.0, HEIGHT - BOTTOM, HEIGHT - BOTTOM - 318 * 0.05 / 1.1), abs=0.1
    )
    empty = drawn(series([[-math.inf, -math.inf]], [-math.inf, -math.inf]))
    assert places(empty) == []
    assert empty.find("path[@class='theory']") is None


def test_a_share_has_no_room_below_zero() -> None:
    svg = drawn(series([[0.0, 0.5], [0.0, 1.0]], statistic=LINEAR, name="dead"))
    written = [text.text for text in svg.findall("text")]
    assert [t for t in written if t and t.startswith("-")] == []
    assert {"0", "0.2", "1"} <= set(written)


def test_deep_networks_show_fewer_points() -> None:
    svg = drawn(series([np.arange(1000.0)], np.arange(1000.0)))
    assert len(places(svg)) == MOST_POINTS
    assert len(numbers(path(svg, "theory"))) == 2000


@pytest.mark.parametrize(
    ("low", "high", "logarithmic", "expected"),
    [
        (-0.3, 0.8, True, [(-0.30103, "0.5"), (0, "1"), (0.30103, "2"), (0.69897, "5")][1:]),
        (
            -7.1,
            -5.9,
            True,
            [(-7, "10⁻⁷"), (-6.69897, "2×10⁻⁷"), (-6.30103, "5×10⁻⁷"), (-6, "10⁻⁶")],
        ),
        (
            -12,
            400,
            True,
            [(0, "1"), (100, "10¹⁰⁰"), (200, "10²⁰⁰"), (300, "10³⁰⁰"), (400, "10⁴⁰⁰")],
        ),
        (-1.5, 3.2, True, [(-1, "0.1"), (0, "1"), (1, "10"), (2, "100"), (3, "1000")]),
        (0, 1, False, [(0, "0"), (0.2, "0.2"), (0.4, "0.4"), (0.6, "0.6"), (0.8, "0.8"), (1, "1")]),
    ],
)
def test_ticks(
    low: float, high: float, logarithmic: bool, expected: list[tuple[float, str]]
) -> None:
    found = ticks(low, high, logarithmic)
    assert [text for _, text in found] == [text for _, text in expected]
    assert [place for place, _ in found] == pytest.approx([p for p, _ in expected], abs=1e-5)


def test_charts_can_be_heard() -> None:
    svg = drawn(series([[0, 1]], statistic=LINEAR, name="dead"))
    assert (svg.attrib["role"], svg.attrib["class"]) == ("img", "signal")
    assert svg.attrib["aria-labelledby"] == "dead-title dead-description"
    title, description = svg.find("title"), svg.find("desc")
    assert title is not None
    assert description is not None
    assert (title.attrib["id"], title.text) == ("dead-title", "share <of> units by layer")
    assert (description.attrib["id"], description.text) == ("dead-description", "what it shows")
    tips = [g.findtext("title") for g in svg.findall("g[@class='point']") if g.attrib]
    assert tips == ["layer 0", "layer 1"]


def test_the_page_says_the_numbers() -> None:
    signal = series([[0, 2], [0, 2]], [0, 1], [[-1, 0], [1, 2]])
    gradient = series([[3, 0]], name="gradient")
    text = page("5 <layers>", [("seed", "7 & 8")], [signal, gradient], ["a < b"], "step")
    root = ET.fromstring(text)
    assert root.findtext("body/main/h1") == "5 <layers>"
    assert [e.text for e in root.iter("dd")] == ["7 & 8"]
    assert [e.text for e in root.iter("p")] == ["a < b"]
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]
    assert rows == [
        ["step", "q", "theory", "95% from", "to", "gradient"],
        ["1", "1", "1", "0.1", "10", "1000"],
        ["2", "100", "10", "1", "100", "1"],
    ]
    descriptions = [e.text for e in root.iter("desc")]
    assert descriptions == [
        "Mean over 2 networks: 1 at the first step, 100 at the last, step 2. Theory: 1 and 10. "
        "95% band at the last: 1 to 100.",
        "The network: 1000 at the first step, 1 at the last, step 2.",
    ]
    assert [e.attrib["class"] for e in root.iter("svg")] == ["signal", "gradient"]


@pytest.mark.parametrize(
    "line",
    [
        "--depth 3 --width 8",
        "--network recurrent --steps 3 --statistic saturated",
        "--network convnet --channels 2,3 --image-size 4 --no-backward --networks 1",
        "--depth 400 --width 4 --scale 1e9",
        "--depth 3 --width 8 --initializer zeros",
    ],
)
def test_the_file_asks_for_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, line: str
) -> None:
    file = tmp_path / "page.html"
    assert main(["simulate", "--batch", "2", *line.split(), "--plot", str(file)]) == 0
    assert capsys.readouterr().err == ""
    text = file.read_text("utf-8")
    root = ET.fromstring(text)
    assert len(list(root.iter("svg"))) == (1 if "--no-backward" in line else 2)
    assert not re.search(r"https?:|<script|url\(|@import|src=|href=|nan|inf\b", text)
    assert "forward: " in text


def test_an_unwritable_page_is_code_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    where = str(tmp_path / "no folder" / "page.html")
    assert main(["simulate", "--depth", "2", "--width", "4", "--plot", where]) == 1
    assert capsys.readouterr().err == (
        f"vscore simulate: error: cannot write {where}: No such file or directory\n"
    )
