"""The Fans page as a script: every layer by every convention, custom kernels, formulas, links."""

import re
import time
from collections.abc import Iterator, Mapping
from operator import truediv
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.axes import CONVENTION_NAMES
from dashboard.links import parse
from dashboard.tensor import Tensor
from dashboard.words.plain import escaped
from tests.sampled import sampled
from vscore.activations import ACTIVATIONS
from vscore.layers import LAYERS

CONVENTIONS = ("keras", "keras<3.15", "torch", "jax")

# By hand (facts.md, and PyTorch's and Flax's tensors): shape, counted fans, what is summed, of
# the first kernel with its default sizes.
KERAS: Mapping[str, tuple[str, str, str, str]] = {
    "Dense": ("784 × 256", "784, 256", "784, 256", "✓"),
    "Conv1D": ("3 × 64 × 128", "192, 384", "192, 384", "✓"),
    "Conv2D": ("3 × 3 × 64 × 128", "576, 1152", "576, 1152", "✓"),
    "Conv3D": ("3 × 3 × 3 × 64 × 128", "1728, 3456", "1728, 3456", "✓"),
    "Conv2DTranspose": ("3 × 3 × 128 × 64", "1152, 576", "576, 1152", "↓"),
    "DepthwiseConv2D": ("3 × 3 × 64 × 1", "576, 9", "9, 9", "↓"),
    "SeparableConv2D": ("3 × 3 × 64 × 1", "576, 9", "9, 9", "↓"),
    "Embedding": ("10000 × 128", "10000, 128", "1, 1", "↓"),
    "SimpleRNN": ("128 × 64", "128, 64", "128, 64", "✓"),
    "LSTM": ("128 × 256", "128, 256", "128, 64", "✓"),
    "GRU": ("128 × 192", "128, 192", "128, 64", "✓"),
    "MultiHeadAttention": ("512 × 8 × 64", "512, 512", "512, 512", "✓"),
}
OTHERS: Mapping[tuple[str, str], tuple[str, str, str, str]] = {
    ("MultiHeadAttention", "keras<3.15"): ("512 × 8 × 64", "4096, 32768", "512, 512", "↓"),
    ("Dense", "torch"): ("256 × 784", "784, 256", "784, 256", "✓"),
    ("Conv1D", "torch"): ("128 × 64 × 3", "192, 384", "192, 384", "✓"),
    ("Conv2D", "torch"): ("128 × 64 × 3 × 3", "576, 1152", "576, 1152", "✓"),
    ("Conv3D", "torch"): ("128 × 64 × 3 × 3 × 3", "1728, 3456", "1728, 3456", "✓"),
    ("Conv2DTranspose", "torch"): ("64 × 128 × 3 × 3", "1152, 576", "576, 1152", "↓"),
    ("DepthwiseConv2D", "torch"): ("64 × 1 × 3 × 3", "9, 576", "9, 9", "✓"),
    ("SeparableConv2D", "torch"): ("64 × 1 × 3 × 3", "9, 576", "9, 9", "✓"),
    ("Embedding", "torch"): ("10000 × 128", "128, 10000", "1, 1", "↓"),
    ("SimpleRNN", "torch"): ("64 × 128", "128, 64", "128, 64", "✓"),
    ("LSTM", "torch"): ("256 × 128", "128, 256", "128, 64", "✓"),
    ("GRU", "torch"): ("192 × 128", "128, 192", "128, 64", "✓"),
    ("MultiHeadAttention", "torch"): ("1536 × 512", "512, 1536", "512, 512", "✓"),
    ("Conv2DTranspose", "jax"): ("3 × 3 × 64 × 128", "576, 1152", "576, 1152", "✓"),
    ("DepthwiseConv2D", "jax"): ("3 × 3 × 1 × 64", "9, 576", "9, 9", "✓"),
    ("SeparableConv2D", "jax"): ("3 × 3 × 1 × 64", "9, 576", "9, 9", "✓"),
    ("Embedding", "jax"): ("10000 × 128", "128, 128", "1, 1", "↓"),
    ("LSTM", "jax"): ("128 × 64", "128, 64", "128, 64", "✓"),
    ("GRU", "jax"): ("128 × 64", "128, 64", "128, 64", "✓"),
    ("MultiHeadAttention", "jax"): ("512 × 512", "512, 512", "512, 512", "✓"),
}
OFF = {
    0.5: "2 times too few",
    1: "the same",
    2: "2 times too many",
    3: "3 times too many",
    4: "4 times too many",
    8: "8 times too many",
    64: "64 times too many",
    128: "128 times too many",
}
"""By the counted fan over the real one."""
EVERY = [(kind, convention) for kind in LAYERS for convention in CONVENTIONS]


def script() -> None:
    """The app with Fans as its page."""
    from dashboard.controls import experiment, show_notices
    from dashboard.views import fans

    shown, notices = experiment()
    show_notices(notices)
    fans.render(shown)


def opened(query: str = "", **state: Any) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    for key, value in state.items():
        page.session_state[key] = value
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    return sound(page.run())


def sound(page: AppTest) -> AppTest:
    assert [error.value for error in page.exception] == []
    return page


def link(page: AppTest) -> str:
    return urlencode({name: "".join(text) for name, text in page.query_params.items()})


def verdicts(page: AppTest) -> list[str]:
    boxes = (*page.success, *page.warning, *page.error)
    return [box.value for box in boxes if box.value.startswith("**")]


def tables(page: AppTest) -> list[list[list[str]]]:
    """The cells of each Markdown table, without its head."""
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in text.split("\n")[2:]]
        for text in (element.value for element in page.markdown)
        if text.startswith("| ")
    ]


def numbers(cells: Iterator[str]) -> str:
    """The last number of each product: "3 × 3 × 64 = 576" is 576."""
    return ", ".join(cell.split("= ")[-1] for cell in cells)


def values(text: str) -> tuple[float, float]:
    """ "1.99 ± 0.02" as numbers."""
    low, high = text.split(" ± ")
    return number(low), number(high)


def number(text: str) -> float:
    plain = text.replace("\u202f", "").replace("−", "-")
    mantissa, times, exponent = plain.partition("·10")
    digits = exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(mantissa) * (10.0 ** int(digits) if times else 1)


def test_every_pair_has_a_case() -> None:
    assert set(KERAS) == set(LAYERS)
    assert tuple(CONVENTION_NAMES) == CONVENTIONS


@pytest.mark.parametrize(("kind", "convention"), sampled(25, EVERY))
def test_every_layer_by_every_convention(kind: str, convention: str) -> None:
    shape, counted, summed, icon = OTHERS.get((kind, convention), KERAS[kind])
    page = opened(f"v=1&layer={kind}&convention={convention.replace('<', '%3C')}")
    heading = page.main.subheader[0].value
    assert heading.endswith(f" in {CONVENTION_NAMES[convention]}: {shape}")
    boxes = next(html.proto.body for html in page.get("html") if "axes" in html.proto.body)
    sizes = re.findall(r"<b>([0-9\u202f]+)</b>", boxes)
    assert " × ".join(sizes).replace("\u202f", "") == shape
    fans, measured, *_ = tables(page)
    assert numbers(row[1] for row in fans) == counted
    assert numbers(row[2] for row in fans) == summed
    theirs, real = ([float(n) for n in text.split(", ")] for text in (counted, summed))
    for row, ratio in zip(fans, map(truediv, theirs, real), strict=True):
        assert row[3] == OFF.get(ratio, row[3])
        assert ("too many" in row[3], "too few" in row[3]) == (ratio > 1, ratio < 1)
    (verdict,) = verdicts(page)
    assert verdict.startswith(f"**{icon}** ")
    # He normal: the variance 2 / fan_in, times the products of an output or of a gradient.
    assert number(measured[0][2]) == pytest.approx(2 / theirs[0] * real[0], rel=1e-3)
    if kind != "Embedding":
        assert number(measured[0][4]) == pytest.approx(2 / theirs[0] * real[1], rel=1e-3)
    assert len(measured) == (2 if icon == "✓" else 3)
    for row in measured:
        for predicted, found in (row[2:4], row[4:6]):
            if found == "–":
                assert kind == "Embedding"
                continue
            value, error = values(found)
            # Five standard errors, and what rounding to 3 and to 1 digit takes away.
            assert abs(value - number(predicted)) <= 5 * 1.5 * error + 0.01 * value


# By hand: He normal's output variance is 2 fan_in / fan_in', e.g. 2 x 9 / 576 for a depthwise one.
@pytest.mark.parametrize(
    ("query", "words", "predicted"),
    [
        (
            "layer=DepthwiseConv2D",
            "Keras counts fan_in 576; 9 products are summed into an output: weights come out 8 "
            "times too small, the output's variance 0.0312 where 2 is meant. Use scale 128 instead "
            "of 2.",
            ["0.03125", "2", "0.03077"],  # default: 9 x 2 / 585
        ),
        (
            "layer=Conv2DTranspose",
            "Keras counts fan_in 1\u202f152; 576 products are summed into an output: weights come "
            "out 1.41 times too small, the output's variance 1 where 2 is meant. Use scale 4 "
            "instead of 2.",
            ["1", "2", "0.6667"],
        ),
        (  # 2 x 144 / 1152; the strided window's taps are 1, 2, 2 and 4: 2.25 x 64 on average
            "layer=Conv2DTranspose&strides=2",
            "Keras counts fan_in 1\u202f152; 144 products are summed into an output: weights come "
            "out 2.83 times too small, the output's variance 0.25 where 2 is meant. Use scale 16 "
            "instead of 2.",
            ["0.25", "2", "0.1667"],
        ),
        (  # gradient: 2 x 288 / 1152
            "layer=Conv2D&groups=4&init=variance_scaling&scale=2&mode=fan_out",
            "Keras counts fan_out 1\u202f152; 288 products reach an input's gradient: weights come "
            "out 2 times too small, the gradient's variance 0.5 where 2 is meant. Use scale 8 "
            "instead of 2.",
            ["0.25", "1", "0.2222"],
        ),
        (  # fan_avg: 160 counted, 96 real; 128 x 1 / 160
            "layer=LSTM&convention=torch&init=glorot_uniform&units=48",
            "PyTorch counts fan_avg 160 (fan_in 128, fan_out 192); really it is fan_avg 88 "
            "(fan_in 128, fan_out 48): weights come out 1.35 times too small, the output's "
            "variance 0.8 where 1.45 is meant. Use scale 1.818 instead of 1.",
            ["0.8", "1.455", "0.8889"],  # default: U(+-1/sqrt(48)): 128 / (3 x 48)
        ),
        (
            "layer=MultiHeadAttention&convention=keras%3C3.15",
            "Keras before 3.15 counts fan_in 4\u202f096; 512 products are summed into an output: "
            "weights come out 2.83 times too small, the output's variance 0.25 where 2 is meant. "
            "Use scale 16 instead of 2.",
            ["0.25", "2", "0.02778"],  # default: 512 x 2 / (4096 + 32768)
        ),
        (
            "init=orthogonal",
            "Orthogonal has no scale over a fan, so no count of fans matters; 784 products are "
            "summed into an output.",
            ["1", "1.508"],
        ),
    ],
)
def test_verdicts(query: str, words: str, predicted: list[str]) -> None:
    page = opened(f"v=1&{query}")
    (verdict,) = verdicts(page)
    assert verdict[6:] == escaped(words)
    assert [row[2] for row in tables(page)[1]] == predicted


def test_why_they_differ_is_said() -> None:
    page = opened("v=1&layer=DepthwiseConv2D&strides=2")
    said = [caption.value for caption in page.caption]
    sentences = (
        "Depthwise: an output sums one channel, but fan_in counts all 64.",
        "Strided: an input meets 1 to 4 taps by its position, on average 2.25 of 9 taps, but "
        "fan_out counts all.",
    )
    assert "  \n".join(map(escaped, sentences)) in said


def test_a_framework_without_the_tensor_says_so() -> None:
    page = opened("v=1&layer=MultiHeadAttention&key_dim=32&convention=torch")
    assert verdicts(page) == []
    (box,) = page.info
    assert "no counterpart in PyTorch" in box.value
    assert (
        page.main.subheader[0].value
        == "MultiHeadAttention, query_kernel in Keras ≥ 3.15: 512 × 8 × 32"
    )


def test_convention_is_chosen_on_the_page_and_kept_in_the_link() -> None:
    page = opened("v=1&layer=LSTM")
    page.button_group(key="fans_convention").set_value("torch").run()
    sound(page)
    assert link(page) == "v=1&layer=LSTM&convention=torch"
    assert tables(page)[0][1][1] == "4 × 64 = 256"
    page.number_input(key="LSTM_units_0").set_value(48).run()
    assert parse(link(page))[0].convention == "torch"


def test_the_selected_setting_is_shown_and_all_share_the_convention() -> None:
    page = opened("v=1&settings=2&b.layer=GRU&b.act=tanh&setting=b&convention=jax")
    assert page.main.subheader[0].value == "GRU, kernel in JAX (Flax): 128 × 64"
    assert any(text.value.startswith("tanh leaves 39\\.43 %") for text in page.markdown)


# Custom kernels


def test_a_custom_kernel() -> None:
    """16 kernels 9 x 24 side by side: JAX's batch axis; Keras 3.15 is told in and out alike."""
    page = opened("v=1&tensor=16b9i24o&convention=jax", custom_kernel=True)
    fans = tables(page)[2]
    assert [row[1:] for row in fans] == [["9", "9", "the same"], ["24", "24", "the same"]]
    page = opened("v=1&tensor=3s5s8i16o", custom_kernel=True)
    fans = tables(page)[2]
    assert [row[1] for row in fans] == ["8", "16"]  # the axes given, and no window
    assert [row[2] for row in fans] == ["3 × 5 × 8 = 120", "3 × 5 × 16 = 240"]
    assert verdicts(page)[1].startswith("**↑** ")
    assert "3\\.87 times too large" in verdicts(page)[1]


def test_typing_a_shape_and_choosing_parts() -> None:
    page = opened("v=1", custom_kernel=True)
    page.text_input(key="tensor_shape").set_value("(16, 9, 24)").run()
    assert parse(link(sound(page)))[0].tensor == Tensor((16, 9, 24), "sio")
    page.selectbox(key="tensor_part_0").set_value("b").run()
    assert parse(link(sound(page)))[0].tensor == Tensor((16, 9, 24), "bio")
    page.text_input(key="tensor_shape").set_value("4x5x6").run()
    assert parse(link(sound(page)))[0].tensor == Tensor((4, 5, 6), "bio")


@pytest.mark.parametrize(
    "text", ["", "x", "3.5", "-3", "0", "1 2 3 4 5 6 7", "99999999", "65536 65536", "<b>3</b>", "٣"]
)
def test_a_shape_that_cannot_be_used_is_refused(text: str) -> None:
    page = opened("v=1&tensor=2i3o", custom_kernel=True)
    page.text_input(key="tensor_shape").set_value(text).run()
    sound(page)
    assert parse(link(page))[0].tensor == Tensor((2, 3), "io")
    (warning,) = (box for box in page.warning if not box.value.startswith("**"))
    assert re.match("shape must|each axis must", warning.value)


@pytest.mark.parametrize("convention", sampled(1, CONVENTIONS))
@pytest.mark.parametrize(
    "tensor", ["7o", "7i", "7b", "7s", "3s3s", "4o5o6o", "2b3b", "5i4i3i2i1i6o"]
)
def test_any_parts_open(tensor: str, convention: str) -> None:
    text = convention.replace("<", "%3C")
    opened(f"v=1&input_dim=8&units=4&tensor={tensor}&convention={text}", custom_kernel=True)


# All layers


def test_all_layers_at_a_glance() -> None:
    page = opened("v=1", data_layers=True)
    (table,) = page.dataframe
    frame = table.value
    assert set(frame["layer"]) == set(LAYERS)
    assert set(frame["framework"]) == set(CONVENTION_NAMES.values())
    row = frame[(frame["layer"] == "DepthwiseConv2D") & (frame["framework"] == "Keras ≥ 3.15")]
    # By hand: glorot_uniform over 576 and 9, 9 taps summed.
    assert row["std"].item() == pytest.approx((2 / 585) ** 0.5)
    assert row["output variance"].item() == pytest.approx(9 * 2 / 585)
    row = frame[(frame["layer"] == "Dense") & (frame["framework"] == "PyTorch")]
    assert row["default"].item() == "U(±1/√fan_in)"
    assert row["output variance"].item() == pytest.approx(1 / 3)
    assert [button.proto.label for button in page.get("download_button")] == ["Download as CSV"]


# Gains


def gains_table(page: AppTest) -> dict[str, str]:
    return {unlinked(row[0]): row[1] for row in tables(page)[2]}


def unlinked(cell: str) -> str:
    """[n](guide?term=n) -> n"""
    return re.sub(r"\[(.*)\]\(guide\?term=\w+\)", r"\1", cell)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_every_activation_has_gains(kind: str) -> None:
    page = opened(f"v=1&input_dim=8&units=4&act={kind}")
    assert len(gains_table(page)) == 9
    assert len(page.code) == 2


# Facts, by hand: E phi, E phi^2, E phi'^2, rms and std gain, and PyTorch's.
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("relu", ["0.39894", "0.5", "0.5", "1.4142", "1.7129", "1.4142", "2", "2", "1.4142"]),
        ("tanh", ["0", "0.39429", "0.4644", "1.5925", "1.5925", "1.4674", "2.5362", "2.1533",
                  "1.6667"]),
        ("selu", ["0", "1", "1.0716", "1", "1", "0.96603", "1", "0.93321", "0.75"]),
        ("silu", ["0.20662", "0.35578", "0.37948", "1.6765", "1.7872", "1.6233", "2.8108",
                  "2.6352", "–"]),
    ],
)  # fmt: skip
def test_gains_are_the_known_ones(kind: str, expected: list[str]) -> None:
    assert list(gains_table(opened(f"v=1&act={kind}")).values()) == expected


def test_what_an_activation_leaves_is_said() -> None:
    said = [text.value for text in opened("v=1&act=relu").markdown]
    assert (
        escaped(
            "ReLU leaves 50 % of a unit input's second moment and 50 % of the gradient's: scale 2 "
            "in mode fan_in keeps the signal, and in mode fan_out the gradient."
        )
        in said
    )
    said = [text.value for text in opened("v=1&formula=step%28x%29").markdown]
    assert (
        escaped(
            "step(x) leaves 50 % of a unit input's second moment and 0 % of the gradient's: "
            "scale 2 in mode fan_in keeps the signal; no scale keeps the gradient."
        )
        in said
    )


def test_lines_to_paste() -> None:
    page = opened("v=1&act=relu")
    assert [code.value for code in page.code] == [
        'VarianceScaling(scale=2, mode="fan_in", distribution="truncated_normal")',
        'VarianceScaling(scale=2, mode="fan_out", distribution="truncated_normal")',
    ]


def test_a_typed_formula_takes_the_activation_s_place() -> None:
    page = opened("v=1&act=tanh")
    page.text_input(key="fans_formula").set_value("max(x, 0)").run()
    sound(page)
    assert link(page) == "v=1&act=tanh&formula=max%28x%2C+0%29"
    assert gains_table(page)["rms gain"] == "1.4142"
    page.text_input(key="fans_formula").set_value("").run()
    assert link(page) == "v=1&act=tanh"
    assert gains_table(page)["rms gain"] == "1.5925"


def test_a_formula_that_cannot_be_read_is_pointed_at() -> None:
    page = opened(f"v=1&{urlencode({'formula': 'x * <b>'})}")
    (error,) = page.error
    assert error.value.startswith("unexpected '\\<'")
    assert page.code[0].value == "x * <b>\n    ^"
    assert page.code[0].language is None or page.code[0].language == "plaintext"


@pytest.mark.parametrize(
    "formula",
    [
        "(" * 200, "x" * 200, "x**x", "1/x", "log(x)", "exp(exp(x))", "x**100", "x**-100",
        "sin(1e9*x)", "x+" * 99 + "x", "tanh(" * 39 + "x" + ")" * 39, "0*x", "1e308*x*1e308",
        "![a](https://host/x.png)", "<img src=//host/x onerror=alert(1)>", "$x$", "`x`",
        "__import__('os')", "é", "x if x else x", "lambda: x", "where(x,x,x)**0.5",
        "sqrt(abs(sin(100*x)))", " ", "1", "x = x",
    ],
)  # fmt: skip
def test_hostile_formulas_do_no_harm_and_take_no_time(formula: str) -> None:
    started = time.perf_counter()
    page = opened(f"v=1&input_dim=8&units=4&{urlencode({'formula': formula})}")
    assert time.perf_counter() - started < 10  # it is a run of the page, mostly
    shown = [*(box.value for box in page.error), *(text.value for text in page.markdown)]
    assert not [text for text in shown if "](https" in text or "<img" in text]


def test_presented_it_is_the_kernel_alone() -> None:
    page = opened("v=1&present=weights")
    assert len(verdicts(page)) == 1
    assert len(tables(page)) == 2
    assert not page.text_input
