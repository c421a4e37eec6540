"""Which sites may hold the dashboard in a frame: what is accepted, what is said of the rest."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.middleware import content_security_policy
from dashboard.origins import check_origin, check_origins
from tests.test_server import ask

if TYPE_CHECKING:
    from tests.conftest import Launch

ROOT = Path(__file__).resolve().parent.parent

GOOD = (
    "https://course.example.org",
    "http://localhost",
    "http://127.0.0.1:8080",
    "https://a-b.c1.example:65535",
    "https://x",
)
BAD = (
    "",
    "course.example.org",
    "//course.example.org",
    "ftp://course.example.org",
    "https://",
    "https://course.example.org/",
    "https://course.example.org/page",
    "https://course.example.org?x=1",
    "https://user@course.example.org",
    "https://course.example.org:0",
    "https://course.example.org:65536",
    "https://course.example.org:https",
    "https://course.example.org:٣",
    "https://*.example.org",
    "https://-a.example.org",
    "https://a..example.org",
    "https://kürs.example.org",
    "https://a.example.org; script-src *",
    "https://a.example.org\nX-Header: 1",
    "https://a.example.org\n",
    "'none'",
    "*",
    "null",
)


def frame_ancestors(policy: str) -> str:
    return dict(part.split(" ", 1) for part in policy.split("; "))["frame-ancestors"]


@pytest.mark.parametrize("text", GOOD)
def test_origins(text: str) -> None:
    assert check_origin(text) == text


def test_case_does_not_matter() -> None:
    assert check_origin("HTTPS://Course.Example.ORG") == "https://course.example.org"


@pytest.mark.parametrize("text", BAD)
def test_no_origins(text: str) -> None:
    said = (
        "origin must be scheme://host or scheme://host:port, with http or https, a host in ASCII "
        f"and nothing after it, as in https://course.example.org; got {text!r}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        check_origin(text)
    with pytest.raises(ValueError, match="origin must be"):
        content_security_policy([text])


def test_each_origin_once() -> None:
    assert check_origins(["http://b", "http://a", "HTTP://B"]) == ("http://b", "http://a")


def test_policy() -> None:
    assert frame_ancestors(content_security_policy()) == "'self'"
    policy = content_security_policy(["https://a.example", "http://b.example:81"])
    assert frame_ancestors(policy) == "'self' https://a.example http://b.example:81"
    own = content_security_policy()
    assert policy.replace(" https://a.example http://b.example:81", "") == own


def test_command_line_and_environment_reach_every_answer(launch: "Launch") -> None:
    options = ("--embed-from", "https://a.example", "--embed-from=http://b.example:81")
    environment = {"VSCORE_EMBED_FROM": " https://c.example  https://d.example "}
    with launch("--no-browser", *options, environment=environment) as server:
        for path in ("/", "/_stcore/health", "/static/nothing"):
            policy = ask(server, path)[1]["content-security-policy"]
            assert frame_ancestors(policy) == (
                "'self' https://c.example https://d.example https://a.example http://b.example:81"
            )


@pytest.mark.parametrize(
    ("option", "environment", "where"),
    [
        ("--embed-from=course.example.org", "", "argument --embed-from: "),
        ("--no-browser", "course.example.org", "environment variable VSCORE_EMBED_FROM: "),
        ("--no-browser", "https://a.example course.example.org", "environment variable"),
    ],
)
def test_what_is_no_origin_stops_the_start(option: str, environment: str, where: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard", "--no-browser", "--port=0", option],
        cwd=ROOT,
        env={**os.environ, "VSCORE_EMBED_FROM": environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert f"error: {where}" in ended.stderr
    assert "got 'course.example.org'" in ended.stderr


def test_help_names_the_option_and_the_variable() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "dashboard", "--help"], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=True,
    ).stdout  # fmt: skip
    assert "--embed-from ORIGIN" in shown
    assert "VSCORE_EMBED_FROM" in shown
