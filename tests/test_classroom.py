"""What a teacher is given: a link that others reach, and a code that a phone reads."""

import io
import re
import socket
from typing import TYPE_CHECKING, Self

import numpy as np
import pytest
import zxingcpp

from dashboard import __main__ as command
from dashboard import classroom
from dashboard.classroom import announcement, own_address, qr_lines
from dashboard.options import Options
from dashboard.server import url
from tests.test_server import ask

if TYPE_CHECKING:
    from tests.conftest import Launch

LINK = "http://192.168.178.123:8501"


class Screen(io.StringIO):
    """Something to print on."""

    def __init__(self, encoding: str = "utf-8", terminal: bool = False) -> None:
        super().__init__()
        self._encoding = encoding
        self._terminal = terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # StringIO has none
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


def read_code(lines: list[str]) -> str:
    """What a phone reads off a dark terminal, on which a block is light."""
    blocks = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    rows = [[blocks[mark][half] for mark in line] for line in lines for half in (0, 1)]
    pixels = np.kron(np.array(rows, np.uint8) * 255, np.ones((8, 8), np.uint8))
    (found,) = zxingcpp.read_barcodes(pixels)
    return str(found.text)


@pytest.mark.parametrize("link", [LINK, "http://[fd00::1]:65535", "http://a-long-name.local:80"])
def test_code_is_the_link(link: str) -> None:
    assert read_code(qr_lines(link)) == link


def test_announcement() -> None:
    first, *code = announcement(LINK, 33, Screen()).splitlines()
    assert first == "For the class: 33 places. On this network, open that address or scan it:"
    assert read_code(code) == LINK


def test_terminal_is_told_the_colours() -> None:
    _, *code = announcement(LINK, 33, Screen(terminal=True)).splitlines()
    inner = [re.fullmatch("\x1b\\[97;40m(.+)\x1b\\[0m", line) for line in code]
    assert read_code([match[1] for match in inner if match]) == LINK


def test_terminal_without_blocks_gets_words() -> None:
    text = announcement(LINK, 33, Screen("ascii"))
    assert text.isascii()
    assert text.endswith(
        "(This terminal cannot show the link as a QR code; the dashboard's Share can.)"
    )


class Ways:
    """Datagram sockets of a machine with some ways out, each by its address on that network."""

    def __init__(self, ways: dict[str, str]) -> None:
        self.ways = ways

    def __call__(self, _family: int, kind: int) -> Self:
        assert kind == socket.SOCK_DGRAM
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def connect(self, where: tuple[str, int]) -> None:
        if where[0] not in self.ways:
            raise OSError(101, "Network is unreachable")
        self.own = self.ways[where[0]]

    def getsockname(self) -> tuple[str, int]:
        return self.own, 40000


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ({}, None),
        (dict.fromkeys(classroom.FAR, "192.168.1.5"), "192.168.1.5"),
        ({"10.255.255.254": "10.42.0.1"}, "10.42.0.1"),
        ({"192.0.2.1": "127.0.0.1"}, None),
    ],
)
def test_own_address(
    ways: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", Ways(ways))
    assert own_address() == expected


@pytest.mark.parametrize(
    ("address", "outside", "expected"),
    [
        ("0.0.0.0", "10.42.0.1", "http://10.42.0.1:80"),
        ("::", "10.42.0.1", "http://10.42.0.1:80"),
        ("0.0.0.0", None, "http://localhost:80"),
        ("10.0.0.9", "10.42.0.1", "http://10.0.0.9:80"),
    ],
)
def test_link(address: str, outside: str | None, expected: str) -> None:
    assert url(address, 80, outside) == expected


def test_no_network_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    command._announce("http://localhost:8501", Options(classroom=30, browser=False))
    assert capsys.readouterr().out == (
        "The dashboard is at http://localhost:8501 (Ctrl-C stops it)\n"
        "No network was found, so others cannot open it. Connect this machine to the network of "
        "the class and start again.\n"
    )


def test_class_reaches_the_link(launch: "Launch") -> None:
    with launch("--no-browser", "--classroom", "30") as server:
        host = re.escape(own_address() or "localhost")
        assert re.fullmatch(rf"http://{host}:\d+", server.url)
        assert ask(server, "/readyz")[0] == 200
