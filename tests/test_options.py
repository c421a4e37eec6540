"""Options: where they come from, which wins, what is said of bad ones."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from dashboard.options import LIMIT, READERS, Options, places_for, read_options
from tests.test_admission import places

if TYPE_CHECKING:
    from tests.conftest import Launch

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = Path("no such folder") / "config.toml"

GOOD: dict[str, tuple[str, str, object]] = {
    "port": ("8600", "8600", 8600),
    "address": ("192.168.1.5", "'192.168.1.5'", "192.168.1.5"),
    "limit": ("7", "7", 7),
    "classroom": ("30", "30", 30),
    "workers": ("3", "3", 3),
    "browser": ("0", "false", False),
    "embed_from": (
        "https://a.example http://b",
        "'https://a.example http://b'",
        ("https://a.example", "http://b"),
    ),
}
"""Each option's value as a text, in a file, and as read."""

BAD: dict[str, tuple[tuple[str, str], ...]] = {
    "port": tuple(
        (text, f"port must be an integer in [0, 65535]; got {text!r}")
        for text in ("65536", "-1", "http", "٣", "1.0")
    ),
    "address": (("a b", "address must be an address or a name of this machine; got 'a b'"),),
    "limit": tuple(
        (text, f"limit must be an integer in [1, 10000]; got {text!r}")
        for text in ("0", "10001", "x", "1_0")
    ),
    "classroom": tuple(
        (text, f"classroom must be an integer in [1, 1000]; got {text!r}")
        for text in ("0", "1001", "thirty")
    ),
    "workers": tuple(
        (text, f"workers must be an integer in [1, 64]; got {text!r}")
        for text in ("0", "65", "two")
    ),
    "browser": (("maybe", "browser must be one of true, 1, false, 0; got 'maybe'"),),
    "embed_from": (("x.example", "origin must be scheme://host or scheme://host:port"),),
}


def settings(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_tables_are_complete() -> None:
    assert set(GOOD) == set(BAD) == set(READERS) == set(Options.__slots__)


def test_defaults(tmp_path: Path) -> None:
    expected = Options(8501, "127.0.0.1", 300, 0, 1, True, ())
    assert read_options([], {}, NOWHERE) == expected
    assert read_options([], {}, settings(tmp_path, "[server]\nport = 1\n")) == expected
    empty = {f"VSCORE_{name.upper()}": " " for name in READERS}
    assert read_options([], empty, NOWHERE) == expected
    assert LIMIT == 300


@pytest.mark.parametrize("name", READERS)
def test_each_option_from_each_place(name: str, tmp_path: Path) -> None:
    text, written, value = GOOD[name]
    file = settings(tmp_path, f"[vscore]\n{name} = {written}\n")
    flag = ["--no-browser"] if name == "browser" else [f"--{name.replace('_', '-')}", text]
    for found in (
        read_options(flag, {}, NOWHERE),
        read_options([], {f"VSCORE_{name.upper()}": text}, NOWHERE),
        read_options([], {}, file),
    ):
        assert getattr(found, name) == value


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    file = settings(tmp_path, "[vscore]\nlimit = 1\nport = 1\naddress = '10.0.0.1'\n")
    environment = {"VSCORE_LIMIT": "2", "VSCORE_PORT": "2"}
    found = read_options(["--limit", "3"], environment, file)
    assert (found.limit, found.port, found.address) == (3, 2, "10.0.0.1")
    assert read_options(["--port", "0"], environment, file).port == 0


def test_origins_add_up(tmp_path: Path) -> None:
    file = settings(tmp_path, "[vscore]\nembed_from = 'http://a http://b'\n")
    flags = ["--embed-from", "http://d", "--embed-from", "http://e http://a"]
    found = read_options(flags, {"VSCORE_EMBED_FROM": "http://c"}, file)
    assert found.embed_from == ("http://a", "http://b", "http://c", "http://d", "http://e")


@pytest.mark.parametrize(
    ("students", "expected"), [(1, 4), (10, 13), (30, 33), (31, 35), (100, 110), (300, 330)]
)
def test_places_for_a_class(students: int, expected: int) -> None:
    """A tenth more, rounded up, and 3 at least."""
    assert places_for(students) == expected
    found = read_options(["--classroom", str(students)], {}, NOWHERE)
    assert (found.limit, found.address) == (expected, "0.0.0.0")


def test_class_keeps_what_is_said_besides() -> None:
    flags = ["--classroom", "30", "--limit", "30", "--address", "10.0.0.1"]
    found = read_options(flags, {}, NOWHERE)
    assert (found.limit, found.address) == (30, "10.0.0.1")


@pytest.mark.parametrize(
    ("flags", "cores", "expected"),
    [
        ([], 8, 1),
        (["--address", "localhost"], 8, 1),
        (["--address", "0.0.0.0"], 2, 2),
        (["--address", "10.0.0.1"], 8, 4),
        (["--classroom", "30"], 3, 3),
        (["--classroom", "30"], 1, 1),
        (["--classroom", "30", "--workers", "2"], 8, 2),
        (["--workers", "8"], 2, 8),
    ],
)
def test_a_process_a_core_where_others_are_served(
    flags: list[str], cores: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert read_options(flags, {}, NOWHERE).workers == expected


def test_one_process_where_there_is_no_fork(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dashboard.options.CAN_FORK", False)
    assert read_options(["--classroom", "30"], {}, NOWHERE).workers == 1
    words = said(capsys, "--workers", "2")
    assert words == "workers must be 1 on this system: several need Linux; got 2"


def said(
    capsys: pytest.CaptureFixture[str],
    *argv: str,
    file: Path = NOWHERE,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The last line printed, where the options cannot be used."""
    with pytest.raises(SystemExit) as end:
        read_options(argv, environment, file)
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.strip().splitlines()[-1].removeprefix("vscore-dashboard: error: ")


@pytest.mark.parametrize(("name", "text", "words"), [(n, *bad) for n in BAD for bad in BAD[n]])
def test_bad_values(
    name: str, text: str, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    variable = f"VSCORE_{name.upper()}"
    environment = {variable: text}
    assert said(capsys, environment=environment).startswith(
        f"environment variable {variable}: {words}"
    )
    file = settings(tmp_path, f"[vscore]\n{name} = '{text}'\n")
    assert said(capsys, file=file).startswith(f"{file}, [vscore]: {words}")
    if name != "browser":
        flag = f"--{name.replace('_', '-')}"
        assert said(capsys, f"{flag}={text}").startswith(f"argument {flag}: {words}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[vscore]\nlimt = 3",
            ", [vscore]: no option 'limt'; there are port, address, limit, classroom, workers, "
            "browser, embed_from. Did you mean 'limit'?",
        ),
        ("vscore = 3", ": vscore must be a table, as in: [vscore]; got 3"),
        ("[vscore", ": Expected ']'"),
        ("[vscore]\nport = true", ", [vscore]: port must be an integer in [0, 65535]; got True"),
        (
            "[vscore]\nport = 80.0",
            ", [vscore]: port must be an integer in [0, 65535]; got 80.0",
        ),
        (
            "[vscore]\nembed_from = ['http://a']",
            ", [vscore]: embed_from must be a text, origins with spaces between; got ['http://a']",
        ),
        ("[vscore]\naddress = 5", ", [vscore]: address must be an address or a name of"),
    ],
)
def test_bad_files(
    text: str, words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = settings(tmp_path, text)
    assert said(capsys, file=file).startswith(f"{file}{words}")


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_class_needs_an_address_that_others_reach(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = said(capsys, "--classroom", "30", "--address", address)
    assert words == (
        "a classroom needs an address that others reach: leave address out, or give 0.0.0.0; "
        f"got {address!r}"
    )


def test_class_needs_places(capsys: pytest.CaptureFixture[str]) -> None:
    words = said(capsys, "--classroom", "30", environment={"VSCORE_LIMIT": "29"})
    assert words == (
        "limit must be at least the classroom's 30 students; got 29. Leave it out, and it is 33."
    )


def test_unknown_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--students", "3") == "unrecognized arguments: --students 3"


def test_help_says_where_options_come_from() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "dashboard", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    text = " ".join(shown.stdout.split())
    assert all(f"VSCORE_{name.upper()}" in text for name in READERS)
    assert ".streamlit/config.toml, in a table [vscore]" in text
    assert "A flag beats the environment, the environment beats the file" in text


def test_file_is_read_where_the_server_starts(launch: "Launch", tmp_path: Path) -> None:
    """Streamlit reads the same file, and does not stumble over our table."""
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    settings(folder, "[vscore]\nlimit = 5\nbrowser = false\nport = 1\n")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with launch(folder=tmp_path, environment={"PYTHONPATH": path}) as server:
        assert places(server) == (0, 5)
        assert not re.search("vscore.limit|config option", server.log)
    assert len(server.log.splitlines()) == 2, "start and stop"


def test_readme_names_every_option() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in READERS:
        assert f"`VSCORE_{name.upper()}" in readme
        assert re.search(rf"`{name} = ", readme)
