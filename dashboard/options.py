"""What the server is started with: a flag beats the environment, the environment beats the file.

The file is `.streamlit/config.toml` in the folder where the server is started. Only its table
`[vscore]` counts here: no other project's file has one by accident. Origins alone add up, from
wherever they come.
"""

import argparse
import difflib
import os
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.origins import check_origins

FILE = Path(".streamlit") / "config.toml"

LIMIT = 300
"""Places, where nothing else is said: as many as were tried on two cores."""

MOST_WORKERS = 4
"""Where nothing else is said. A class of 300 does not keep more of them busy, and each has 100 MB
that is its own."""

CAN_FORK = sys.platform == "linux"
"""Whether this system has what several workers need: fork, packets between processes."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine reaches."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes
    ----------
    port : int
        Where to listen; 0 takes a free port.
    address : str
        Which of this machine's addresses to listen on.
    limit : int
        How many websockets, one a window, may be open at once.
    classroom : int
        Students to serve; 0 where there is no class.
    workers : int
        How many processes answer, behind one address.
    browser : bool
        Whether to open one.
    embed_from : tuple of str
        Origins whose pages may hold the dashboard in a frame.
    """

    port: int = 8501
    address: str = "127.0.0.1"
    limit: int = LIMIT
    classroom: int = 0
    workers: int = 1
    browser: bool = True
    embed_from: tuple[str, ...] = ()


def places_for(students: int) -> int:
    """Places for a class: a tenth more than students, and 3 at least.

    The teacher takes one, and second windows some.
    """
    return students + max(3, -(-students // 10))


def workers_for(address: str) -> int:
    """A process for each core where others are served, one where it is only this machine."""
    if address in LOOPBACK or not CAN_FORK:
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


def read_options(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    file: Path = FILE,
) -> Options:
    """The options in force.

    Raises
    ------
    SystemExit
        With code 2 and a line that says what is wrong and where.
    """
    parser = _parser()
    flags = {k: value for k, value in vars(parser.parse_args(argv)).items() if value is not None}
    try:
        return _complete([_from_file(file), _from_environment(environment), flags])
    except ValueError as error:
        parser.error(str(error))


def _complete(layers: Sequence[Mapping[str, Any]]) -> Options:
    """One set of options, in which a class sets what was left open."""
    found = {name: value for layer in layers for name, value in layer.items()}
    origins = [origin for layer in layers for origin in layer.get("embed_from", ())]
    students = found.get("classroom", 0)
    if students:
        found = {"address": "0.0.0.0", "limit": places_for(students)} | found
    found.setdefault("workers", workers_for(found.get("address", LOOPBACK[0])))
    options = Options(**{**found, "embed_from": check_origins(origins)})
    if students and options.address in LOOPBACK:
        raise ValueError(
            "a classroom needs an address that others reach: leave address out, or give 0.0.0.0; "
            f"got {options.address!r}"
        )
    if options.workers > 1 and not CAN_FORK:
        raise ValueError(
            f"workers must be 1 on this system: several need Linux; got {options.workers}"
        )
    if options.limit < students:
        raise ValueError(
            f"limit must be at least the classroom's {students} students; got {options.limit}. "
            f"Leave it out, and it is {places_for(students)}."
        )
    return options


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        table = tomllib.loads(file.read_text("utf-8")).get("vscore", {})
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    if not isinstance(table, dict):
        raise ValueError(f"{file}: vscore must be a table, as in: [vscore]; got {table!r}")
    return {name: _read(name, value, f"{file}, [vscore]") for name, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Variables that are empty count as not set."""
    return {
        name: _read(name, environment[variable], f"environment variable {variable}")
        for name, variable in VARIABLES.items()
        if environment.get(variable, "").strip()
    }


def _read(name: str, value: Any, where: str) -> Any:
    if name not in READERS:
        close = difflib.get_close_matches(name, READERS, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"{where}: no option {name!r}; there are {', '.join(READERS)}.{hint}")
    try:
        return READERS[name](value)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _whole(name: str, low: int, high: int) -> Callable[[Any], int]:
    """A reader of whole numbers in [low, high]: texts, or a file's numbers."""

    def read(value: Any) -> int:
        text = "" if isinstance(value, bool) else str(value)
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"{name} must be an integer in [{low}, {high}]; got {value!r}")
        return int(text)

    return read


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value or any(mark.isspace() for mark in value):
        raise ValueError(f"address must be an address or a name of this machine; got {value!r}")
    return value


def _switch(value: Any) -> bool:
    choices = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in choices:
        raise ValueError(f"browser must be one of {', '.join(choices)}; got {value!r}")
    return choices[str(value).lower()]


def _origins(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str):
        raise ValueError(f"embed_from must be a text, origins with spaces between; got {value!r}")
    return check_origins(value.split())


READERS: Mapping[str, Callable[[Any], Any]] = {
    "port": _whole("port", 0, 65535),
    "address": _address,
    "limit": _whole("limit", 1, 10_000),
    "classroom": _whole("classroom", 1, 1_000),
    "workers": _whole("workers", 1, 64),
    "browser": _switch,
    "embed_from": _origins,
}
"""Each option, and what reads it from a text or from a file's value."""

VARIABLES = {name: f"VSCORE_{name.upper()}" for name in READERS}
"""Each option's environment variable."""


def _flag(name: str) -> Callable[[str], Any]:
    """The reader of an option, for argparse, which hides what a ValueError says."""

    def read(text: str) -> Any:
        try:
            return READERS[name](text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vscore-dashboard",
        description="Serve the dashboard and open it in a browser.",
        epilog=f"Each can also be set in the environment ({', '.join(VARIABLES.values())}) or in "
        f"{FILE}, in a table [vscore] ({', '.join(READERS)}). A flag beats the environment, the "
        "environment beats the file; only origins add up.",
    )
    for name, metavar, text in _FLAGS:
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=metavar,
            type=_flag(name),
            action="extend" if name == "embed_from" else "store",
            help=text,
        )
    parser.add_argument(
        "--no-browser",
        dest="browser",
        action="store_const",
        const=False,
        help="do not open a browser",
    )
    return parser


_FLAGS = (
    ("port", "PORT", "where to listen (default 8501); 0 takes a free one"),
    (
        "address",
        "ADDRESS",
        "which of this machine's addresses to listen on (default 127.0.0.1: this machine only); "
        "0.0.0.0 lets others in",
    ),
    ("limit", "PLACES", f"how many windows may be open at once (default {LIMIT})"),
    (
        "classroom",
        "STUDENTS",
        "serve a class: listen on every address, keep places for so many students and some more, "
        "and print the link to hand out, also as a QR code",
    ),
    (
        "workers",
        "PROCESSES",
        "how many processes answer, behind one address (default 1; where others are let in, one "
        f"for each core, {MOST_WORKERS} at most; Linux only)",
    ),
    (
        "embed_from",
        "ORIGIN",
        "let pages of this origin hold the dashboard in a frame, as in https://course.example.org; "
        "several stand between quotes, with spaces, or are given one by one (default: none)",
    ),
)
