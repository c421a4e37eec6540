"""Links, frames and QR codes; a code is read by another program than the one that draws it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dashboard.experiment import Experiment
from dashboard.handout import Handout, check_text, clean_text
from dashboard.links import parse
from dashboard.sharing import UNTITLED, absolute_link, embed_snippet, is_local, qr_svg

HOSTILE = "\"><script>alert(1)</script><a href='javascript:alert(1)'>&amp;"


def pixels(svg: str) -> NDArray[np.uint8]:
    """The drawing of a QR code as grey values, 4 pixels a module: by hand, from its one path."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    picture = np.full((size, size), 255, np.uint8)
    (path,) = re.findall(r'stroke="#000" d="([^"]+)"', svg)
    x, y = 0, 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":  # a stroke 1 wide, whose middle is at y
            picture[int(y), x : x + int(values[0])] = 0
            x += int(values[0])
        elif command == "m":
            x, y = x + int(values[0]), y + values[1]
        else:
            x, y = int(values[0]), values[1]
    return picture.repeat(4, axis=0).repeat(4, axis=1)


def decoded(svg: str) -> str:
    (code,) = zxingcpp.read_barcodes(pixels(svg))
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    return str(code.text)


class Tags(HTMLParser):
    """Every element of a piece of HTML with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("address", "start"),
    [
        ("http://127.0.0.1:8501/", "http://127.0.0.1:8501/?v=1"),
        ("https://lab.example.org/vscore/compare", "https://lab.example.org/vscore/compare?v=1"),
    ],
)
def test_absolute_link(address: str, start: str) -> None:
    experiment = Experiment(depth=30, handout=Handout(title="Why?", locked=("depth", "init")))
    link = absolute_link(address, experiment)
    assert link == f"{start}&depth=30&title=Why%3F&lock=init.depth"
    assert parse(urlsplit(link).query) == (experiment, ())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://localhost:8501/", True),
        ("http://127.0.0.1:8501/", True),
        ("http://[::1]:8501/compare", True),
        ("http://192.168.1.5:8501/", False),
        ("https://localhost.example.org/", False),
        ("/", False),
    ],
)
def test_addresses_of_this_computer_only(address: str, expected: bool) -> None:
    assert is_local(address) is expected


@pytest.mark.parametrize("title", ["", "Why?", HOSTILE])
def test_embed_snippet_is_one_frame(title: str) -> None:
    link = absolute_link("http://a.example/", Experiment(handout=Handout(title=title)))
    ((tag, attributes),) = Tags(embed_snippet(link, title)).found
    assert tag == "iframe"
    assert attributes["src"] == f"{link}&embed=true"
    assert attributes["title"] == (title or UNTITLED)
    assert attributes["loading"] == "lazy"
    assert set(attributes) == {"src", "title", "loading", "allow", "width", "height", "style"}


@pytest.mark.parametrize(
    "handout",
    [
        Handout(),
        Handout(title="Why does tanh vanish?", question="Move the scale.", present="signal"),
        Handout(title="ß→漢字" * 20, question=HOSTILE),
        Handout(title="x" * 200, question="y z" * 66),
    ],
)
def test_qr_code_is_the_link(handout: Handout) -> None:
    link = absolute_link("https://lab.example.org/", Experiment(handout=handout))
    svg = qr_svg(link)
    assert svg is not None
    assert decoded(svg) == link


def test_qr_code_is_black_on_white_with_its_quiet_zone() -> None:
    svg = qr_svg("http://a.example/?v=1")
    assert svg is not None
    assert svg.startswith("<svg ")
    assert '<path fill="#fff" d="M0 0h' in svg
    picture = pixels(svg)
    assert (picture == 255)[:16].all()  # four modules of four pixels
    assert (picture == 255)[:, :16].all()
    assert (picture == 255)[-16:].all()
    assert (picture[16:20, 16:44] == 0).all()  # the finder pattern's upper edge, 7 modules


def test_link_too_long_for_a_code() -> None:
    assert qr_svg("x" * 2953) is not None  # ISO/IEC 18004, table 7: 40-L holds 2953 bytes
    assert qr_svg("x" * 2954) is None


@given(st.text(max_size=300))
def test_any_text_becomes_one_that_links_take(text: str) -> None:
    cleaned = clean_text(text)
    assert check_text("title", cleaned) == cleaned
    experiment = replace(Experiment(), handout=Handout(title=cleaned))
    link = absolute_link("http://a.example/", experiment)
    assert dict(parse_qsl(urlsplit(link).query)).get("title", "") == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Why?\n\tAnd how?\u2028 ", "Why?  And how?"),
        ("x" * 250, "x" * 200),
        ("a\x00b\ud800c", "a b c"),
        ("a <b> *c*", "a <b> *c*"),
    ],
)
def test_clean_text(text: str, expected: str) -> None:
    assert clean_text(text) == expected
