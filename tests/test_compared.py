"""Compared settings as figures, sentences and tables: what is shared, swapped, exactly 0."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from dashboard import compute, frames
from dashboard.comparisons import COMPARISONS, shown_settings
from dashboard.experiment import DEFAULT, LETTERS, Experiment
from dashboard.figures.compared import column_figures, overlaid_signal, overlaid_weights
from dashboard.figures.marks import MARKS
from dashboard.figures.theme import THEORY
from dashboard.outcomes import QUANTITIES, Outcome, difference
from dashboard.words.compared import (
    column_sentence,
    described,
    difference_table,
    headline,
    initializer_words,
    signal_sentence,
    weights_sentence,
)
from dashboard.words.plain import escaped
from vscore.activations import ACTIVATIONS
from vscore.initializers import INITIALIZERS, RandomNormal, VarianceScaling, Zeros
from vscore.layers import LSTM, Dense
from vscore.propagation import simulate
from vscore.propagation.engines import common_engine

SMALL = replace(DEFAULT, layer=Dense(30, 20), depth=5, width=16, networks=3, batch=4)


def changed(setting: Experiment, **values: Any) -> Experiment:
    return replace(setting, **values)


def named(name: str, **values: Any) -> Experiment:
    return changed(SMALL, initializer=INITIALIZERS[name], **values)


HE, GLOROT = named("he_normal"), named("glorot_uniform")
ZEROS, LOUD = named("zeros"), changed(SMALL, initializer=RandomNormal(0.25, 9.0), depth=60)
RECURRENT = changed(SMALL, family="recurrent", layer=LSTM(20, 10), kernel="recurrent_kernel")
CASES: Mapping[str, tuple[Experiment, ...]] = {
    "two": (HE, GLOROT),
    "four": (HE, GLOROT, named("torch_default"), named("orthogonal")),
    "equal": (GLOROT, GLOROT),
    "zeros": (HE, ZEROS, GLOROT),
    "only zeros": (ZEROS, ZEROS),
    "exploding": (HE, LOUD),
    "families": (HE, RECURRENT, changed(HE, family="convolutional", image_size=4)),
    "depths": (changed(HE, depth=1), changed(HE, depth=33)),
}
STATISTICS = ("q", "unit_variance", "activation_mean", "correlation", "dead")


@cache
def outcomes(*settings: Experiment) -> tuple[Outcome, ...]:
    engine = common_engine((each.network for each in settings), settings[0].batch)
    found = []
    for letter, each in zip(LETTERS, settings, strict=False):
        sample = compute.weights(each.drawn_initializer, each.drawn_kernel.shape)
        measured = compute.signal(each.network, each.networks, each.batch, each.seed, engine=engine)
        found.append(Outcome(letter, each, sample, measured, compute.theory(measured)))
    return tuple(found)


def series(figure: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What is drawn, by name: places alone, no colours and no marks."""
    found: dict[str, list[Any]] = {}
    for trace in figure["data"]:
        panel = trace.get("yaxis", "y")
        found[f"{trace['name']}, {panel}"] = [list(map(float, trace[k])) for k in ("x", "y")]
    return found


def finite(part: Any) -> bool:
    match part:
        case dict():
            return all(map(finite, part.values()))
        case list() | tuple():
            return all(map(finite, part))
        case np.ndarray():
            return bool(np.isfinite(part).all())
        case float():
            return math.isfinite(part)
        case _:
            return True


def figures(found: tuple[Outcome, ...], statistic: str = "q") -> list[dict[str, Any]]:
    columns = column_figures(found, statistic)
    return [overlaid_weights(found), overlaid_signal(found, statistic), *columns]


# Figures


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("statistic", STATISTICS)
def test_figures_hold_finite_numbers_of_every_setting(case: str, statistic: str) -> None:
    found = outcomes(*CASES[case])
    weights, signal, *columns = figures(found, statistic)
    for figure in (weights, signal, *columns):
        assert finite(figure)
    assert {trace["name"][0] for trace in weights["data"]} == {each.letter for each in found}
    assert {trace["name"][0] for trace in signal["data"]} == {each.letter for each in found}
    for outcome, column in zip(found, columns, strict=True):
        assert {trace["name"][0] for trace in column["data"]} == {outcome.letter}


@pytest.mark.parametrize("case", CASES)
def test_axes_are_shared(case: str) -> None:
    found = outcomes(*CASES[case])
    weights, signal, *columns = (figure["layout"] for figure in figures(found))
    for column in columns:
        assert column["xaxis3"]["range"] == weights["xaxis"]["range"]
        assert column["yaxis3"]["range"] == weights["yaxis"]["range"]
        for name in ("xaxis", "xaxis2", "yaxis", "yaxis2"):
            assert column[name]["range"] == signal[name]["range"]


@pytest.mark.parametrize("case", CASES)
def test_axes_hold_all_that_is_drawn(case: str) -> None:
    for figure in figures(outcomes(*CASES[case])):
        layout = figure["layout"]
        for trace in figure["data"]:
            for way in "xy":
                axis = layout[trace.get(f"{way}axis", way).replace(way, f"{way}axis", 1)]
                low, high = axis["range"]
                values = np.asarray(trace[way], float)
                assert (values >= low - 1e-9).all()
                assert (values <= high + 1e-9).all()


@pytest.mark.parametrize("case", ["two", "zeros", "exploding", "families", "depths"])
def test_swapping_a_and_b_swaps_the_pictures_and_nothing_else(case: str) -> None:
    first, second, *rest = CASES[case]
    before = figures(outcomes(first, second, *rest))
    after = figures(outcomes(second, first, *rest))
    swap = str.maketrans("AB", "BA")
    order = [0, 1, 3, 2, *range(4, len(before))]
    for one, other in zip(before, (after[place] for place in order), strict=True):
        swapped = {name[0].translate(swap) + name[1:]: xy for name, xy in series(other).items()}
        assert series(one) == swapped
        for axis in ("xaxis", "yaxis", "xaxis2", "yaxis2", "xaxis3", "yaxis3"):
            assert one["layout"].get(axis) == other["layout"].get(axis)


def test_swapped_settings_have_the_same_colours_by_place() -> None:
    for pair in ((HE, GLOROT), (GLOROT, HE)):
        for figure in figures(outcomes(*pair))[:2]:
            colours = {
                trace["name"][0]: trace["marker"]["color"]
                for trace in figure["data"]
                if "marker" in trace
            }
            assert colours == {"A": "#0072B2", "B": "#D55E00"}


@pytest.mark.parametrize("setting", [HE, ZEROS, RECURRENT, LOUD])
def test_equal_settings_differ_by_exactly_0(setting: Experiment) -> None:
    pair = outcomes(setting, setting)
    frame = frames.differences_frame(pair)
    assert (frame["B − A"] == 0).all()
    for figure in figures(pair)[:2]:
        drawn = series(figure)
        assert all(drawn[name] == drawn["B" + name[1:]] for name in drawn)
    assert "A and B are the same setting" in headline(pair)
    assert difference_table(pair).count("(0)") == len(QUANTITIES)


def test_weights_are_those_of_the_setting_alone() -> None:
    """Drawn with the same seed: a comparison changes nobody's weights."""
    for outcome in outcomes(*CASES["four"]):
        setting = outcome.setting
        drawn = setting.initializer.with_seed(setting.seed)((30, 20))
        assert outcome.sample.mean == pytest.approx(float(drawn.mean(dtype=float)), abs=1e-9)
        assert outcome.sample.maximum == float(drawn.max())


def test_settings_share_an_engine() -> None:
    """Wide networks of normal weights need no weights drawn; beside others they are drawn too."""
    normal = VarianceScaling(2.0, "fan_in", "untruncated_normal")
    wide = changed(DEFAULT, width=1024, initializer=normal, depth=2)
    truncated = named("he_normal", width=1024, depth=2)
    assert common_engine([wide.network, wide.network], 16) == "gram"
    assert common_engine([wide.network, truncated.network], 16) == "weights"


@pytest.mark.parametrize("case", ["four", "equal", "depths"])
def test_letters_stand_apart(case: str) -> None:
    _, signal, *_ = figures(outcomes(*CASES[case]))
    words = signal["layout"]["annotations"]
    for way in ("y", "y2"):
        low, high = signal["layout"][way.replace("y", "yaxis")]["range"]
        places = [(word["x"], word["y"]) for word in words if word["yref"] == way]
        assert len(places) == len(CASES[case])
        assert all(low < y < high for _, y in places)
        for (x, y), (other_x, other_y) in combinations(places, 2):
            assert x != other_x or abs(y - other_y) > 0.12 * (high - low)


def test_a_constant_is_a_spike() -> None:
    (spike,) = (t for t in overlaid_weights(outcomes(HE, ZEROS))["data"] if t["name"][0] == "B")
    assert spike["x"].tolist() == [0, 0]
    low, high = overlaid_weights(outcomes(HE, ZEROS))["layout"]["xaxis"]["range"]
    # Truncated at 2.2737 std, std = sqrt(2 / 30); 6 % of the span on either side.
    end = 2.273694468677113 * math.sqrt(2 / 30)
    assert (low, high) == pytest.approx((-1.12 * end, 1.12 * end), rel=1e-6)


def test_overflow_is_marked_in_the_setting_s_colour() -> None:
    found = outcomes(HE, LOUD)
    (line,) = overlaid_signal(found)["layout"]["shapes"]
    assert line["line"]["color"] == MARKS["B"].colour
    layers = found[1].measured.overflow_layer
    assert line["x0"] == layers.min() + 1


# Marks

OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}


def test_marks_differ_by_more_than_colour() -> None:
    assert tuple(MARKS) == tuple(LETTERS)
    for name in ("colour", "symbol", "glyph", "dash"):
        assert len({getattr(mark, name) for mark in MARKS.values()}) == 4
    assert {mark.colour for letter, mark in MARKS.items() if letter != "D"} <= OKABE_ITO - {THEORY}


# Words


def test_what_differs_is_bold() -> None:
    deep = changed(GLOROT, depth=7)
    assert described((HE, deep)) == (
        f"**He normal** · {escaped('Dense 30 × 20')} · ReLU · **5 dense layers of 16 units**",
        f"**Glorot uniform** · {escaped('Dense 30 × 20')} · ReLU · **7 dense layers of 16 units**",
    )
    assert "**" not in described((HE, HE))[0]


def test_a_cell_is_named_where_there_is_one() -> None:
    recurrent, dense = described((RECURRENT, HE))
    assert "**LSTM, orthogonal**" in recurrent
    assert "**LSTM 10 × 40, recurrent\\_kernel**" in recurrent
    assert "**ReLU**" in dense
    leaky = changed(HE, activation=ACTIVATIONS["leaky_relu"], bias_variance=0.1)
    assert "**leaky ReLU \\(slope 0\\.2\\)**" in described((leaky, HE))[0]
    assert "**bias variance 0\\.1**" in described((leaky, HE))[0]


@pytest.mark.parametrize(
    ("initializer", "words"),
    [
        (INITIALIZERS["he_normal"], "He normal"),
        (VarianceScaling(1.5, "fan_out", "untruncated_normal"), "scale 1.5, fan_out, normal"),
        (RandomNormal(0.5, 0.2), "Random normal, mean 0.5, stddev 0.2"),
        (Zeros(), "Zeros"),
    ],
)
def test_initializers_in_words(initializer: Any, words: str) -> None:
    assert initializer_words(initializer) == words


def test_headline_names_the_largest_difference() -> None:
    """A linear network of one layer: q is the weights' second moment times fan_in."""
    quiet, loud = (
        changed(SMALL, initializer=VarianceScaling(scale), activation=ACTIVATIONS["linear"])
        for scale in (1.0, 4.0)
    )
    # Each of 5 layers multiplies by 4; so do 4 on the way back.
    text = headline(outcomes(quiet, loud))
    assert text == (
        "The gradient at the first layer is 256 times larger in B than in A. "
        f"The signal at the last layer is {1024:,} times larger in B than in A.".replace(
            ",", "\u202f"
        )
    )


def test_headline_does_not_depend_on_the_order() -> None:
    texts = set()
    for order in permutations(range(3)):
        found = outcomes(*(CASES["four"][place] for place in order))
        text = headline(found)
        for letter, place in zip("ABC", order, strict=False):
            text = text.replace(f"in {letter} ", f"in {place} ").replace(
                f"in {letter}.", f"in {place}."
            )
        texts.add(text)
    assert len(texts) == 1


def test_nothing_left_is_said() -> None:
    text = headline(outcomes(HE, ZEROS, GLOROT))
    assert text == (
        "The gradient at the first layer is exactly 0 in B. "
        "The signal at the last layer is exactly 0 in B."
    )


@pytest.mark.parametrize("case", CASES)
def test_sentences_name_every_setting(case: str) -> None:
    found = outcomes(*CASES[case])
    for text in (weights_sentence(found), signal_sentence(found)):
        assert text.endswith(".")
        assert all(f"{each.letter}" in text for each in found)
    for each in found:
        assert column_sentence(each).startswith(f"{each.letter}: standard deviation ")


def test_std_is_said_as_a_multiple() -> None:
    one = changed(SMALL, initializer=RandomNormal(0.0, 0.1))
    double = changed(SMALL, initializer=RandomNormal(0.0, 0.2))
    assert "(× 2)" in weights_sentence(outcomes(one, double))
    assert "(×" not in weights_sentence(outcomes(ZEROS, double))


def test_table_has_a_row_a_quantity() -> None:
    rows = [row.split(" | ") for row in difference_table(outcomes(HE, GLOROT, ZEROS)).split("\n")]
    assert len(rows) == 2 + 2 + len(QUANTITIES)
    assert {len(row) for row in rows} == {4}
    std = next(row for row in rows if "std meant" in row[0])
    # sqrt(2 / 30) = 0.2582, sqrt(2 / 50) = 0.2: 0.0582 less.
    assert std[1:] == ["0.2582", "0.2 (−0.0582)", "0 (−0.258) |"]


@pytest.mark.parametrize(
    ("value", "first", "expected"),
    [(3.0, 1.0, 2.0), (math.nan, math.nan, 0.0), (math.inf, math.inf, 0.0),
     (-math.inf, -math.inf, 0.0), (1.0, math.inf, -math.inf)],
)  # fmt: skip
def test_difference(value: float, first: float, expected: float) -> None:
    assert difference(value, first) == expected


def test_difference_of_what_only_one_has() -> None:
    assert math.isnan(difference(1.0, math.nan))
    assert math.isnan(difference(math.nan, 1.0))


# Tables


def row(found: tuple[Outcome, ...], name: str) -> list[float]:
    """A quantity's numbers: each setting's, then the differences."""
    frame = frames.differences_frame(found)
    place = frame["quantity"].to_list().index(name)
    return [float(frame[column].to_list()[place]) for column in list(frame)[1:]]


def test_differences_frame() -> None:
    found = outcomes(HE, GLOROT)
    assert list(frames.differences_frame(found)) == ["quantity", "A", "B", "B − A"]
    assert row(found, "fan_in") == [30, 30, 0]
    # fan_in, and (30 + 20) / 2.
    assert row(found, "n, what the variance is divided by") == [30, 25, -5]
    # Width 16: He keeps, Glorot's 1 / 16 halves.
    factors = row(found, "signal: factor a layer")
    assert factors == pytest.approx([1.0, 0.5, -0.5], rel=1e-6)
    span = row(found, "signal: layers for a factor of 1000")[1]
    assert span == pytest.approx(3 / math.log10(2), rel=1e-6)


def test_formats_end_at_the_layer_that_the_simulation_says() -> None:
    found = outcomes(HE, LOUD)
    forward = row(found, "signal: layer at which float32 ends")
    assert forward[1] == found[1].measured.first_overflow("float32").min() + 1
    assert math.isnan(forward[0])
    back = found[1].measured.first_gradient_overflow("float16")
    assert back is not None
    assert row(found, "gradient: layer at which float16 ends")[1] == back.max() + 1


def test_frames_stack_the_settings() -> None:
    found = outcomes(*CASES["depths"])
    signal = frames.compared_signal_frame(found)
    assert signal.groupby("setting").size().to_dict() == {"A": 1, "B": 33}
    weights = frames.compared_weights_frame(found)
    assert weights.groupby("setting").size().to_dict() == {"A": 70, "B": 70}
    assert weights.groupby("setting")["weights"].sum().to_dict() == {"A": 600, "B": 600}


@pytest.mark.parametrize("name", COMPARISONS)
def test_ready_comparisons_can_be_drawn(name: str) -> None:
    found = outcomes(*COMPARISONS[name].settings(SMALL))
    assert all(map(finite, figures(found)))
    json.dumps(described([each.setting for each in found]))
    assert headline(found)


def test_default_comparison_can_be_drawn() -> None:
    shown, _ = shown_settings(SMALL)
    assert len(figures(outcomes(*shown.settings))) == 6


# Redraws


def test_redraws_stand_behind_every_setting() -> None:
    """Ten faint lines a panel and setting, and ten outlines, each what its own seed gives."""
    settings = tuple(replace(each, redraws=True) for each in (HE, GLOROT))
    first, second = (
        replace(
            outcome,
            redrawn_weights=compute.redrawn_weights(
                each.drawn_initializer, each.drawn_kernel.shape, each.redraw_seeds
            ),
            redrawn_signals=compute.redrawn_signals(
                each.network, each.networks, each.batch, each.redraw_seeds
            ),
        )
        for outcome, each in zip(outcomes(*settings), settings, strict=True)
    )
    lines = [t for t in overlaid_signal((first, second))["data"] if "redraw" in t["name"]]
    assert len(lines) == 2 * 2 * 10
    network = second.setting.network
    again = simulate(network, networks=HE.networks, batch=HE.batch, seed=HE.seed + 3)
    (line,) = (
        t["y"] for t in lines if t["name"] == f"B, redraw, seed {HE.seed + 3}" and t["yaxis"] == "y"
    )
    np.testing.assert_allclose(line, np.log10(again.q.mean(axis=0)), atol=1e-9)
    column = column_figures((first, second))[1]["data"]
    outlines = [t for t in column if t["name"] == f"redraw, seed {HE.seed + 3}"]
    kernel = second.setting.drawn_initializer.with_seed(HE.seed + 3)
    drawn = np.histogram(kernel(second.sample.shape), second.sample.edges)[0]
    heights = drawn / (second.sample.count * np.diff(second.sample.edges))
    np.testing.assert_allclose(outlines[0]["y"], heights, rtol=0.05)
    assert "Faint: 10 redraws of each." in signal_sentence((first, second))
    assert "Faint" not in signal_sentence(outcomes(*settings))
