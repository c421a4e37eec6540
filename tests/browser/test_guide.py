"""The guide in a real browser: its links, its words from other pages, a phone."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.guide.sections import CONS, PROS, SECTIONS
from dashboard.views.guide import DEFAULTS
from dashboard.views.worked import INTRODUCTION
from tests.browser.test_compare import PHONE, assert_clean

if TYPE_CHECKING:
    from tests.browser.conftest import Record
    from tests.conftest import RunningServer

SMALL = "v=1&width=32&depth=8&networks=2&batch=8"
PROSE = [*(section.prose for section in SECTIONS), *PROS, *CONS, INTRODUCTION, DEFAULTS]
LINKS = {
    words: address.removeprefix("./")
    for text in PROSE
    for words, address in re.findall(r"\[([^\]]+)\]\((\./[^)]+)\)", text)
}

# By hand: what is seen on the page that a link opens, by the words of the link. Numbers:
# sqrt(6 / 784) = 0.0875; PyTorch's 1/3, halved by ReLU, is 0.167; fan_in 9 x 64 = 576 where 9 are
# summed, and 9 x 128 where 9 x 64 are; q from 2.5 to 12 in 19 steps of 1/2 is x 1.09 a layer.
VERDICT, INSPECTOR, HEADS = ".st-key-verdict", ".st-key-inspector", ".st-key-heads"
MAIN = "[data-testid=stMain]"
SEEN = {
    "200 704 weights and their exact density": (MAIN, "weights of shape 784 × 256: standard"),
    "the same with a uniform law": (MAIN, "0.0875"),
    "the three laws side by side": (HEADS, "scale 2, fan_in, normal"),
    "PyTorch's own default in a ReLU network": (VERDICT, "The signal vanishes, × 0.167 a layer"),
    "an LSTM's fans as PyTorch counts them": (INSPECTOR, "LSTM, kernel in PyTorch"),
    "ReLU with scale 2: stable": (VERDICT, "The signal is stable, × 1 a layer"),
    "with scale 1: the signal vanishes": (VERDICT, "The signal vanishes, × 0.5 a layer"),
    "with scale 4: it explodes": (VERDICT, "The signal explodes, × 2 a layer"),
    "100 layers": (MAIN, "100 dense layers of 128 units"),
    "one": (VERDICT, "The signal passes a single layer."),
    "ten hidden layers trained from He's and from LeCun's start": (
        ".st-key-training_results",
        "LeCun normal, ReLU",
    ),
    "He, LeCun and Glorot in a ReLU network": (HEADS, "Glorot normal"),
    "LeCun with SELU: stable": (VERDICT, "The signal is stable"),
    "shrinks slowly": (VERDICT, "The signal vanishes, × 0.8"),
    "no scale keeps its gradient": (VERDICT, "No scale keeps both"),
    "the scale for a function you type": (".st-key-gains", "x * sigmoid(1.702 * x) leaves"),
    "fan_in and fan_out where the network narrows": (HEADS, "scale 2, fan_out, truncated normal"),
    "for any depth": (MAIN, "100 dense layers of 128 units"),
    "mean over networks": (MAIN, "mean over 64 networks"),
    "All its laws do the same": (HEADS, "He uniform"),
    "depthwise": (INSPECTOR, "Keras counts fan_in 576"),
    "grouped": (INSPECTOR, "fan_out counts all 128"),
    "transposed": (INSPECTOR, "Use scale 4 instead of 2"),
    "embedding": (INSPECTOR, "a look-up copies a row and sums nothing"),
    "LSTM": (INSPECTOR, "4 gates of 64 units share a matrix"),
    "no scale suits some": (VERDICT, "No scale keeps both"),
    "One narrow, deep network": (MAIN, "100 dense layers of 16 units"),
    "become alike": (MAIN, "variance of one unit's z over inputs"),
    "Biases": (VERDICT, "× 1.09 a layer"),
    "Each layer's fans": (INSPECTOR, "Dense, kernel in Keras"),
}


def settled(page: Page) -> None:
    expect(page.locator(".st-key-status [role=status]")).to_have_text(
        re.compile("."), timeout=60_000
    )
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def open_guide(page: Page, server: "RunningServer", query: str = "") -> None:
    page.goto(f"{server.url}/guide{query}")
    settled(page)
    expect(page.locator("#term-residual")).to_be_attached()


def test_every_link_is_on_the_page_and_opens_in_a_tab_of_its_own(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_guide(page, server)
    found = page.locator(".st-key-guide a[target=_blank]").evaluate_all(
        "links => links.map(link => [link.innerText, link.href])"
    )
    opened = dict(found)
    assert {words: f"{server.url}/{address}" for words, address in LINKS.items()}.items() <= (
        opened.items()
    )
    assert_clean(record, server)


def opens_what_it_says(page: Page, server: "RunningServer", words: str) -> None:
    whole = re.compile(f"^{re.escape(words)}$")  # terms of the same name stay on the page
    link = page.locator(".st-key-guide a[target=_blank]").filter(has_text=whole)
    with page.context.expect_page() as opened:
        link.click()
    other = opened.value
    assert other.url == f"{server.url}/{LINKS[words]}"
    place, text = SEEN[words]
    expect(other.locator(place)).to_contain_text(text, timeout=60_000)
    expect(other.get_by_text("Not used:")).to_have_count(0)
    expect(other.get_by_test_id("stException")).to_have_count(0)
    other.close()


def test_what_is_seen_behind_every_link_is_listed_here() -> None:
    assert set(SEEN) == set(LINKS)


def test_a_link_of_each_kind_opens_what_it_says(page: Page, server: "RunningServer") -> None:
    open_guide(page, server)
    for words in ("with scale 4: it explodes", "depthwise"):
        opens_what_it_says(page, server, words)


@pytest.mark.slow
def test_every_link_opens_what_it_says(page: Page, server: "RunningServer") -> None:
    open_guide(page, server)
    for words in SEEN:
        opens_what_it_says(page, server, words)


def in_sight(page: Page, slug: str) -> None:
    """Marked, and has the keyboard, inside the window."""
    term = page.locator(f"#term-{slug}")
    expect(term).to_be_focused()
    expect(term).to_be_in_viewport(ratio=1)
    shown = term.evaluate("term => getComputedStyle(term).borderLeftColor")
    assert shown == "rgb(0, 114, 178)"
    assert page.locator(".glossary dl > div").evaluate_all(
        "terms => terms.filter(it => getComputedStyle(it).borderLeftColor === 'rgb(0, 114, 178)')"
        ".map(it => it.id)"
    ) == [f"term-{slug}"]


@pytest.mark.slow
def test_words_of_a_page_open_their_terms_and_the_page_keeps_its_settings(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    page.goto(f"{server.url}/?{SMALL}")
    settled(page)
    page.get_by_role("button", name="Help for Mode: n is").hover()
    help_text = page.get_by_test_id("stTooltipContent")
    places = (
        (help_text.get_by_role("link", name="mode"), "mode"),
        (page.locator(".facts").get_by_role("link", name="fan_in"), "fan_in"),
        (page.get_by_test_id("stCaptionContainer").get_by_role("link", name="band"), "band"),
    )
    for link, slug in places:
        with page.context.expect_page() as opened:
            link.click()
        guide = opened.value
        record.watch(guide, server.url)
        assert guide.url == f"{server.url}/guide?term={slug}"
        in_sight(guide, slug)
        expect(guide.get_by_text("Not used:")).to_have_count(0)
        guide.close()
    assert page.url == f"{server.url}/?{SMALL}"
    assert_clean(record, server)


def test_a_click_on_a_label_still_sets_its_control(page: Page, server: "RunningServer") -> None:
    page.goto(f"{server.url}/?{SMALL}")
    settled(page)
    page.get_by_text("Ten redraws behind the charts").click()
    expect(page.get_by_label("Ten redraws behind the charts").first).to_be_checked()
    expect(page).to_have_url(re.compile("redraws=on"))


def test_terms_lead_to_terms_on_the_same_page(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_guide(page, server, "?term=gradient")
    in_sight(page, "gradient")
    page.locator("#term-gradient").get_by_role("link", name="vanishing").click()
    term = page.locator("#term-vanishing")
    expect(term).to_be_in_viewport(ratio=1)
    expect(page).to_have_url(f"{server.url}/guide?term=gradient#term-vanishing")
    expect(term).to_have_css("border-left-color", "rgb(0, 114, 178)")
    page.reload()
    in_sight(page, "gradient")
    assert_clean(record, server)


def test_an_address_with_a_term_s_anchor_opens_there(page: Page, server: "RunningServer") -> None:
    open_guide(page, server, "#term-entropy")
    expect(page.locator("#term-entropy")).to_be_focused()
    expect(page.locator("#term-entropy")).to_be_in_viewport(ratio=1)


@pytest.mark.slow
def test_an_address_with_a_section_s_anchor_opens_there(
    page: Page, server: "RunningServer"
) -> None:
    open_guide(page, server, "#example")
    expect(page.get_by_role("heading", name="A worked example")).to_be_in_viewport()


def test_the_page_stays_where_it_is_when_a_slider_moves(
    page: Page, record: "Record", server: "RunningServer"
) -> None:
    open_guide(page, server, "?term=scale")
    in_sight(page, "scale")
    slider = page.locator(".st-key-guide_scale").get_by_role("slider")
    slider.scroll_into_view_if_needed()
    before = slider.bounding_box()
    slider.press("ArrowRight")
    expect(page.get_by_text("0.1414 meant")).to_be_visible()  # 0.1 √2
    settled(page)
    assert slider.bounding_box()["y"] == before["y"]  # type: ignore[index]  # both are in sight
    assert_clean(record, server)


def test_a_phone_is_not_scrolled_sideways_and_sees_the_term(
    browser: Browser, server: "RunningServer"
) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]  # a typed dict
    page.goto(f"{server.url}/guide?term=correlation")
    settled(page)
    in_sight(page, "correlation")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    page.close()
