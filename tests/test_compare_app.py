"""The Compare page as a script: every button, links in and out, locks, both ends."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.comparisons import COMPARISONS
from dashboard.experiment import Experiment
from dashboard.links import parse
from dashboard.words.plain import escaped
from vscore.initializers import INITIALIZERS

SMALL = "v=1&input_dim=30&units=20&depth=4&width=16&networks=2&batch=4"
THREE = f"{SMALL}&settings=3&b.init=glorot_uniform&c.init=zeros&c.depth=6"


def script() -> None:
    """The app with Compare as its page: `from_file` reaches the first page only."""
    from dashboard.controls import experiment, show_notices
    from dashboard.views import compare

    shown, notices = experiment()
    show_notices(notices)
    compare.render(shown)


def opened(query: str = "") -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    for name, text in parse_qsl(query, keep_blank_values=True):
        page.query_params[name] = text
    page.run()
    assert [error.value for error in page.exception] == []
    return page


def link(page: AppTest) -> str:
    return urlencode({name: "".join(text) for name, text in page.query_params.items()})


def experiment(page: AppTest) -> Experiment:
    found, notices = parse(link(page))
    assert notices == ()
    return found


def names(page: AppTest) -> list[str]:
    """What each column is, by its initializer's name."""
    said = [text.value for text in page.markdown if " · " in text.value]
    return [text.split(" · ")[0].strip("*") for text in said]


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert [error.value for error in page.exception] == []
    return page


def buttons(page: AppTest) -> dict[str, bool]:
    """Whether each button of the page can be pressed."""
    return {str(button.key): not button.disabled for button in page.main.button}


def links_to_explore(page: AppTest) -> Iterator[Experiment]:
    for found in page.get("page_link"):
        assert found.proto.page == ""
        experiment, notices = parse(found.proto.query_string)
        assert notices == ()
        yield experiment


def assert_complete(page: AppTest, count: int) -> None:
    """Two overlaid charts and one a column, each with its sentence; a difference and a table."""
    drawn = page.get("plotly_chart")
    assert len(drawn) == 2 + count
    captions = [caption.value for caption in page.caption]
    for chart in drawn:
        assert len(chart.proto.alt) > 20
        sentence = escaped(chart.proto.alt)
        assert any(caption.startswith(f"{sentence} [") for caption in captions), "and words"
    assert len(names(page)) == count
    said = [text.value for text in page.markdown]
    assert sum(text.startswith(("The gradient at", "A and B", "A, B")) for text in said) == 1
    (table,) = (text for text in said if text.startswith("| "))
    assert table.split("\n")[0].count("|") == count + 2


def test_one_setting_is_shown_beside_other_schemes_and_the_link_stays() -> None:
    page = opened(SMALL)
    assert names(page) == ["He normal", "Glorot normal", "LeCun normal", "PyTorch default"]
    assert link(page) == SMALL
    assert experiment(page).others == ()
    assert_complete(page, 4)


@pytest.mark.parametrize("name", COMPARISONS)
def test_one_click(name: str) -> None:
    page = opened(f"{SMALL}&act=tanh")
    before = experiment(page)
    press(page, f"compare_{name}")
    settings = COMPARISONS[name].settings(before)
    assert experiment(page) == before.with_settings(settings, 0)
    assert_complete(page, len(settings))


def test_ready_comparisons_start_from_the_selected_setting() -> None:
    page = press(opened(f"{THREE}&setting=b"), "compare_distributions")
    assert names(page) == ["Glorot normal", "scale 1, fan\\_avg, normal", "Glorot uniform"]
    assert experiment(page).selected == 0


def test_edit_selects_what_the_controls_change() -> None:
    page = press(opened(THREE), "edit_B")
    assert experiment(page).selected == 1
    assert page.selectbox(key="init").value == "glorot_uniform"
    page.select_slider(key="scale").set_value(3.0).run()
    found = experiment(page)
    assert [each.initializer for each in found.settings[::2]] == [
        INITIALIZERS["he_normal"],
        INITIALIZERS["zeros"],
    ]
    assert found.settings[1].initializer == INITIALIZERS["glorot_uniform"].from_config(
        {"scale": 3.0, "mode": "fan_avg", "distribution": "uniform"}
    )


def test_edit_keeps_the_schemes_that_were_beside() -> None:
    page = press(opened(SMALL), "edit_C")
    assert len(experiment(page).settings) == 4
    assert experiment(page).selected == 2
    assert page.selectbox(key="init").value == "lecun_normal"


def test_move() -> None:
    page = press(opened(THREE), "arrow_forward_A")
    assert names(page) == ["Glorot uniform", "He normal", "Zeros"]
    assert experiment(page).selected == 1, "what was edited still is"
    press(page, "arrow_back_C")
    assert names(page) == ["Glorot uniform", "Zeros", "He normal"]
    assert experiment(page).selected == 2


def test_moving_there_and_back_shows_the_same() -> None:
    page = opened(THREE)
    before = charts(page), link(page)
    press(page, "arrow_forward_A")
    assert charts(page) != before[0]
    press(page, "arrow_back_B")
    assert (charts(page), experiment(page)) == (before[0], parse(before[1])[0])


def test_copy_add_and_remove() -> None:
    page = press(opened(THREE), "content_copy_A")
    assert names(page) == ["He normal", "He normal", "Glorot uniform", "Zeros"]
    assert experiment(page).selected == 1
    assert not buttons(page)["add"]
    press(page, "delete_C")
    assert names(page) == ["He normal", "He normal", "Zeros"]
    press(page, "add")
    assert names(page) == ["He normal", "He normal", "Zeros", "Zeros"]
    assert experiment(page).selected == 3
    assert_complete(page, 4)


def test_buttons_at_both_ends() -> None:
    two = buttons(opened(f"{SMALL}&settings=2"))
    assert not two["delete_A"]
    assert not two["delete_B"]
    assert not two["arrow_back_A"]
    assert not two["arrow_forward_B"]
    assert two["arrow_forward_A"]
    assert two["arrow_back_B"]
    assert two["add"]
    four = buttons(opened(f"{SMALL}&settings=4"))
    assert not any(four[f"content_copy_{letter}"] for letter in "ABCD")
    assert all(four[f"delete_{letter}"] for letter in "ABCD")


def test_links_to_explore_hold_all_settings_and_select_one() -> None:
    page = opened(THREE)
    found = list(links_to_explore(page))
    assert [each.selected for each in found] == [0, 1, 2]
    assert {each.settings for each in found} == {experiment(page).settings}


def test_links_to_explore_hold_the_schemes_that_were_beside() -> None:
    found = list(links_to_explore(opened(SMALL)))
    assert [each.chosen.initializer for each in found] == [
        INITIALIZERS[name] for name in ("he_normal", "glorot_normal", "lecun_normal",
                                        "torch_default")
    ]  # fmt: skip
    assert {len(each.settings) for each in found} == {4}


@pytest.mark.parametrize("query", [SMALL, THREE, f"{THREE}&setting=c&statistic=correlation"])
def test_the_link_of_a_page_shows_the_same_numbers(query: str) -> None:
    page = opened(query)
    press(page, "compare_schemes")
    again = opened(link(page))
    assert charts(again) == charts(page)
    assert [c.value for c in again.caption] == [c.value for c in page.caption]


def test_equal_settings() -> None:
    page = opened(f"{SMALL}&settings=2")
    said = [text.value for text in page.markdown]
    assert escaped("A and B are the same setting: every difference is exactly 0.") in said
    assert_complete(page, 2)


@pytest.mark.parametrize(
    "more",
    [
        "init=random_normal&stddev=10&depth=100&settings=2&b.init=zeros",
        "depth=1&width=8&networks=1&batch=1&settings=4",
        "family=recurrent&layer=LSTM&settings=2&b.family=convolutional&b.image_size=3",
        "statistic=dead&settings=2&b.act=sigmoid",
        "layer=MultiHeadAttention&kernel=output_kernel&num_heads=3&key_dim=7&input_dim=21",
    ],
)
def test_ends(more: str) -> None:
    query = dict(parse_qsl(SMALL)) | dict(parse_qsl(more))
    if "layer" in query:
        query.pop("units")
    page = opened(urlencode(query))
    assert_complete(page, len(names(page)))
    for chart in charts(page):
        assert "null" not in json.dumps(chart["data"])


def test_data_are_made_when_they_are_opened() -> None:
    page = opened(THREE)
    assert page.dataframe.len == 0
    for name in ("differences", "weights", "signal"):
        page.session_state[f"data_{name}"] = True
    page.run()
    assert page.exception.len == 0
    assert [list(frame.value)[:2] for frame in page.dataframe] == [
        ["quantity", "A"],
        ["setting", "from"],
        ["setting", "layer"],
    ]


# Handouts


def test_locked_settings_stay_but_can_be_looked_at() -> None:
    page = opened(f"{THREE}&lock=settings")
    found = buttons(page)
    free = {key for key, pressed in found.items() if pressed}
    assert free == {"edit_A", "edit_B", "edit_C"}
    assert {"add", "compare_modes", "delete_A", "arrow_forward_A"} <= set(found)


def test_hidden_settings_have_no_buttons() -> None:
    found = buttons(opened(f"{THREE}&hide=settings"))
    assert set(found) == {"edit_A", "edit_B", "edit_C"}


@pytest.mark.parametrize(("present", "axis"), [("weights", "weight w"), ("signal", "layer l")])
def test_present_shows_one_chart_alone(present: str, axis: str) -> None:
    page = opened(f"{THREE}&present={present}")
    (chart,) = charts(page)
    frame = chart["layout"]
    titles = [
        frame[name].get("title", {}).get("text") for name in ("xaxis", "xaxis2") if name in frame
    ]
    assert axis in titles
    assert buttons(page) == {}
    (said,) = (text.value for text in page.markdown if " · " in text.value)
    assert [line[:5] for line in said.split("\n")] == ["**A**", "**B**", "**C**"]


@pytest.mark.slow
def test_a_dear_comparison_says_what_it_cut() -> None:
    page = opened("v=1&depth=100&width=512&networks=4&batch=1")
    # 100 x 512^2 x 4.08 ns = 107 ms a network: 18 fit a quarter of the budget.
    assert [warning.value for warning in page.warning] == []
    page = opened("v=1&depth=100&width=512&networks=24&batch=1&input_dim=8&units=8")
    assert "18 is the most that fits" in page.warning[0].value.replace("\\", "")
