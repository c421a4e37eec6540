"""A teacher's link as a script: what is locked, hidden, said above the page, presented, shared."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures.theme import HEIGHT
from dashboard.handout import CONTROLS, Handout
from dashboard.links import parse
from tests.sampled import sampled
from tests.test_explore_app import link, opened, shown, verdicts

SMALL = "v=1&networks=2&batch=4&depth=4&width=16"

# By hand, for every control: a link in which it has another value than usual, the keys of its
# widgets, and the words of the link that must survive.
CASES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "layer": ("layer=Conv2D&filters=32&groups=4", (
        "layer", "Conv2D_input_channels_0", "Conv2D_filters_0", "Conv2D_kernel_size_0",
        "Conv2D_kernel_size_1", "Conv2D_strides_0", "Conv2D_strides_1", "Conv2D_groups_0",
    )),
    "kernel": ("layer=LSTM&kernel=recurrent_kernel", ("kernel",)),
    "init": ("init=lecun_uniform", ("init",)),
    "scale": ("init=random_uniform&minval=-0.1&maxval=0.3", ("minval", "maxval")),
    "mode": ("init=variance_scaling&scale=3&mode=fan_out", ("mode",)),
    "distribution": ("init=variance_scaling&scale=3&distribution=uniform", ("distribution",)),
    "seed": ("seed=7", ("seed", "Redraw")),
    "family": ("family=recurrent", ("family",)),
    "act": ("act=leaky_relu&slope=0.05", ("act", "slope")),
    "cell": ("family=recurrent&cell=gru", ("cell",)),
    "recurrent": ("family=recurrent&recurrent=he_normal", ("recurrent",)),
    "padding": ("family=convolutional&padding=same", ("padding",)),
    "image_size": ("family=convolutional&image_size=6", ("image_size",)),
    "depth": ("depth=5", ("depth",)),
    "width": ("width=24", ("width",)),
    "taper": ("taper=0.5", ("taper",)),
    "networks": ("networks=3", ("networks",)),
    "batch": ("batch=6", ("batch",)),
    "bias_variance": ("bias_variance=0.1", ("bias_variance",)),
    "statistic": ("statistic=dead", ("statistic",)),
    "settings": ("settings=2&b.init=glorot_normal&setting=b", ("setting",)),
}  # fmt: skip

# By hand, what each section asks for in some settings, in the words of links.
SECTIONS = {
    "Layer": [("", "layer"), ("layer=GRU", "layer.kernel")],
    "Initializer": [
        ("", "init.scale.mode.distribution.seed"),
        ("init=orthogonal", "init.scale.seed"),
        ("init=zeros", "init.seed"),
    ],
    "Deep network": [
        ("", "family.act.depth.width.taper.networks.batch.bias_variance.statistic"),
        ("family=convolutional",
         "family.act.padding.image_size.depth.width.taper.networks.batch.bias_variance.statistic"),
        ("family=recurrent",
         "family.cell.recurrent.depth.width.networks.batch.bias_variance.statistic"),
    ],
}  # fmt: skip


def sidebar(page: AppTest) -> Iterator[Any]:
    """What can be changed in the sidebar, of whatever kind."""
    for kind in ("number_input", "slider", "select_slider", "selectbox", "button_group", "button"):
        yield from page.sidebar.get(kind)


def named(element: Any) -> str:
    return str(element.key or element.label)


def widgets(page: AppTest) -> dict[str, bool]:
    """By key, or by label where there is none: whether it is disabled."""
    return {named(element): element.disabled for element in sidebar(page)}


def query_of(control: str) -> str:
    own, _ = CASES[control]
    given = dict(parse_qsl(SMALL)) | dict(parse_qsl(own))
    return "&".join(f"{name}={text}" for name, text in given.items())


def test_every_control_has_a_case() -> None:
    """But for what stands outside the sidebar: test_train_app and test_sweep_app have it."""
    assert [*CASES, "training", "sweep"] == list(CONTROLS)


@pytest.mark.parametrize("control", sampled(9, CASES))
def test_locked_is_shown_and_disabled(control: str) -> None:
    free, locked = (opened(f"{query_of(control)}{more}") for more in ("", f"&lock={control}"))
    assert not any(widgets(free).values())
    _, keys = CASES[control]
    assert {key for key, disabled in widgets(locked).items() if disabled} == set(keys)
    assert widgets(locked).keys() == widgets(free).keys()
    assert shown(locked) == shown(free)


@pytest.mark.parametrize("control", sampled(9, CASES))
def test_hidden_is_not_shown_and_keeps_its_value(control: str) -> None:
    own, keys = CASES[control]
    free, hidden = (opened(f"{query_of(control)}{more}") for more in ("", f"&hide={control}"))
    assert widgets(free).keys() - widgets(hidden).keys() == set(keys)
    assert shown(hidden) == shown(free)
    other, value = ("batch", 8) if control == "networks" else ("networks", 4)
    next(each for each in sidebar(hidden) if named(each) == other).set_value(value).run()
    assert link(hidden)[other] == str(value)
    assert link(hidden).items() >= dict(parse_qsl(own)).items()
    assert link(hidden)["hide"] == control


def test_all_locked_and_all_hidden() -> None:
    locked = opened(f"{SMALL}&lock=all&settings=2")
    assert all(widgets(locked).values())
    hidden = opened(f"{SMALL}&hide=all&settings=2")
    assert not hidden.sidebar.children
    assert shown(hidden) == shown(locked)


@pytest.mark.parametrize(
    ("section", "query", "controls"),
    [(section, *case) for section, cases in SECTIONS.items() for case in cases],
)
def test_a_section_with_nothing_in_it_has_no_heading(
    section: str, query: str, controls: str
) -> None:
    others = [name for name in SECTIONS if name != section]
    page = opened(f"{SMALL}&{query}&hide={controls}")
    assert [heading.value for heading in page.sidebar.subheader] == others
    names = controls.split(".")
    for shown_one in names:  # with any one of them in sight, the heading stands
        page.query_params["hide"] = ".".join(["settings", *(n for n in names if n != shown_one)])
        page.run()
        assert [heading.value for heading in page.sidebar.subheader] == list(SECTIONS)


# Title and question


def test_title_and_question_stand_above_the_page_as_plain_text() -> None:
    page = opened(f"{SMALL}&title=%2AWhy%2A&question=%3Cb%3E+%5Ba%5D%28b%29")
    (title,) = page.title
    assert title.value == r"\*Why\*"
    assert page.main.markdown[0].value == r"\<b\> \[a\]\(b\)"


def test_nothing_stands_there_without_them() -> None:
    page = opened(SMALL)
    assert not page.title
    assert not page.main.markdown


# Presentation


@pytest.mark.parametrize(("chart", "traces"), [("weights", 2), ("signal", 8)])
def test_presentation_is_one_large_chart(chart: str, traces: int) -> None:
    whole = opened(f"{SMALL}&batch=2&depth=6")
    page = opened(f"{SMALL}&batch=2&depth=6&present={chart}&title=Why&lock=depth")
    assert not page.sidebar.children
    (drawn,) = page.get("plotly_chart")
    figure = json.loads(drawn.proto.spec)
    assert figure["layout"]["font"]["size"] == 21
    assert "height" not in figure["layout"]
    assert [title.value for title in page.title] == ["Why"]
    assert verdicts(page) == verdicts(whole)
    assert len(page.caption) == 1
    assert not any('class="facts"' in element.proto.body for element in page.get("html"))
    assert not page.get("expander")
    assert not page.get("page_link")
    (out,) = page.button
    assert out.label == "Leave presentation"
    out.click().run()
    left, notices = parse(urlencode(link(page)))
    assert notices == ()
    assert left.handout == Handout(title="Why", locked=("depth",))
    assert (left.depth, left.batch) == (6, 2)
    assert len(page.get("plotly_chart")) == 2


def test_leaving_a_presentation_fills_the_controls() -> None:
    page = opened(f"{SMALL}&seed=7&present=signal")
    del page.query_params["present"]
    page.run()
    assert widgets(page).keys() >= {"depth", "init", "seed"}
    assert link(page) == dict(parse_qsl(f"{SMALL}&seed=7"))
    assert [json.loads(c.proto.spec)["layout"]["height"] for c in page.get("plotly_chart")] == [
        HEIGHT
    ] * 2


def test_whole_page_into_a_presentation_and_back() -> None:
    page = opened(SMALL)
    next(each for each in sidebar(page) if each.key == "depth").set_value(9).run()
    page.query_params["present"] = "weights"
    page.run()
    assert len(page.get("plotly_chart")) == 1
    del page.query_params["present"]
    page.run()
    assert link(page)["depth"] == "9"
    assert next(each for each in sidebar(page) if each.key == "depth").value == 9


def test_a_presentation_says_what_it_could_not_use() -> None:
    page = opened(f"{SMALL}&present=signal&seed=x")
    assert [box.value for box in page.warning if "Not used" in box.value]


# Sharing


def shared(page: AppTest) -> str:
    """The link in the dialog, which a click on Share has opened."""
    page.button(key="share").click().run()
    assert not page.exception
    text, snippet = (code.value for code in page.code)
    assert snippet.startswith("<iframe ")
    return str(text)


def test_share_gives_the_present_experiment() -> None:
    page = opened(f"{SMALL}&seed=7")
    address = urlsplit(shared(page))
    assert address.path == "/"
    assert parse(address.query) == parse(f"{SMALL}&seed=7")


@pytest.mark.parametrize(
    "words", ["lock=init.depth", "hide=layer.scale", "lock=all", "hide=all", "lock=all&hide=seed"]
)
def test_share_of_a_locked_page_keeps_the_locks(words: str) -> None:
    page = opened(f"{SMALL}&{words}&title=A&question=B")
    asked, _ = parse(f"{SMALL}&{words}&title=A&question=B")
    shared_link, _ = parse(urlsplit(shared(page)).query)
    assert shared_link == asked
    for name in ("locked", "hidden"):
        kept = getattr(asked.handout, name)
        offered = [p for p in page.get("button_group") if p.key == f"share_{name}"]
        if kept == tuple(CONTROLS):
            assert not offered
        else:
            labels = {CONTROLS[each] for each in kept}
            (pills,) = offered
            assert not labels & {option.content for option in pills.proto.options}


def test_share_offers_what_the_sidebar_asks_for() -> None:
    page = opened(f"{SMALL}&family=recurrent&init=orthogonal")
    shared(page)
    for name in ("locked", "hidden"):
        (pills,) = (p for p in page.get("button_group") if p.key == f"share_{name}")
        assert [option.content for option in pills.proto.options] == [
            CONTROLS[each]
            for each in (
                "layer", "init", "scale", "seed", "family", "cell", "recurrent", "depth", "width",
                "networks", "batch", "bias_variance", "statistic", "settings",
            )
        ]  # fmt: skip


def test_what_is_written_in_the_dialog_is_cut_and_cleaned() -> None:
    page = opened(SMALL)
    shared(page)
    assert page.text_input(key="share_title").proto.max_chars == 200
    assert page.text_area(key="share_question").proto.max_chars == 200
