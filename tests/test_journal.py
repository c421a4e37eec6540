"""The log: what is written, and that nothing about a visitor is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.journal import Tally, place, write
from dashboard.origins import check_origin
from dashboard.settings import read_settings
from tests.test_admission import WORKERS, load, open_socket, received
from tests.test_health import run_script
from tests.test_server import WEBSOCKET, ask

if TYPE_CHECKING:
    from tests.conftest import Launch

ROOT = Path(__file__).resolve().parent.parent
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")


def test_line(capsys: pytest.CaptureFixture[str]) -> None:
    write("start", limit=3, text="é\n")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    found = json.loads(line)
    assert TIME.fullmatch(found.pop("time"))
    assert found == {"event": "start", "limit": 3, "text": "é\n"}


def test_tally_writes_powers_of_ten(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for _ in range(150):
        tally.count("refused", kind="method")
    tally.count("full", limit=3)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [{**line, "time": ""} for line in lines] == [
        {"time": "", "event": "refused", "kind": "method", "times": 1},
        {"time": "", "event": "refused", "kind": "method", "times": 10},
        {"time": "", "event": "refused", "kind": "method", "times": 100},
        {"time": "", "event": "full", "limit": 3, "times": 1},
    ]


def test_place_is_ours_where_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[server")
    with pytest.raises(ValueError, match="Expected") as called:
        read_settings(file)
    assert re.fullmatch(r"dashboard\.settings:\d+", place(called.value))

    with pytest.raises(ValueError, match="origin must be") as ours:
        check_origin("x")
    assert re.fullmatch(r"dashboard\.origins:\d+", place(ours.value))
    with pytest.raises(ValueError, match="Expecting") as theirs:
        json.loads("x")
    assert place(theirs.value).startswith("json.decoder:")
    assert place(ValueError()) == "unknown"


LIBRARIES = """if True:
    import logging, threading, warnings
    from dashboard.journal import take_over
    from streamlit.logger import get_logger

    before = get_logger("streamlit.before")
    handler = take_over()
    before.warning("option %s", "one")
    get_logger("streamlit.config").warning("%s is not an option", "vscore.limit")
    handler.discreet = True
    for logger in (before, get_logger("streamlit.after"), logging.getLogger("uvicorn.error")):
        logger.info("192.0.2.7")
        logger.warning("192.0.2.7 %s", "secret")
    try:
        int("secret")
    except ValueError:
        before.exception("secret")
    warnings.warn("secret")
    logging.getLogger("bad").error("%d", "secret")
    thread = threading.Thread(target=int, args=["secret"])
    thread.start()
    thread.join()
"""


def test_libraries_words_are_left_out_once_there_are_visitors() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIBRARIES],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    for line in lines:
        assert TIME.fullmatch(line.pop("time"))
        line["by"] = line["by"].partition(":")[0]
        if line["by"] == "thread":
            line["at"] = line["at"].partition(":")[0]
    error = {"event": "error", "type": "ValueError"}
    assert lines == [
        {"event": "warning", "by": "streamlit.before", "message": "option one"},
        {"event": "warning", "by": "streamlit.before", "times": 1},
        {"event": "warning", "by": "streamlit.after", "times": 1},
        {"event": "warning", "by": "uvicorn.error", "times": 1},
        error | {"by": "streamlit.before", "at": "__main__:15", "times": 1},
        {"event": "warning", "by": "py.warnings", "times": 1},
        {"event": "error", "by": "bad", "times": 1},
        error | {"by": "thread", "at": "threading"},
    ]


SECRETS = (
    "sekret",
    "Mozilla",
    "127.0.0.1",
    "localhost",
    "depth",
    "vscore_place",
    "Cookie",
    "token",
)
"""What visitors send, or are: none of it may be in the log."""

SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|[A-Za-z0-9_-]{22}")

KEYS = {"time", "event", "version", "limit", "cores", "workers", "after"}
KEYS |= {"kind", "times", "by", "type", "at"}


@WORKERS
def test_whole_run_tells_nothing_of_its_visitors(
    launch: "Launch", tmp_path: Path, workers: str
) -> None:
    """Pages, refusals, a script that fails, sockets that break every rule, a full room."""
    browser = {"User-Agent": "Mozilla sekret", "Cookie": "sekret=sekret"}
    with launch("--no-browser", "--limit", "3", "--workers", workers) as server:
        for path in (
            "/?depth=sekret",
            "/sekret",
            "/_stcore/media/sekret",
            "/../sekret",
            "//sekret",
        ):
            ask(server, path, headers=browser)
        for method in ("PUT", "DELETE", "SEKRET"):
            ask(server, "/sekret", method, browser)
        for origin in ("http://sekret.example", "://["):
            ask(server, "/?sekret", headers={"Origin": origin})
            ask(server, "/_stcore/stream", headers={**WEBSOCKET, "Origin": origin})
        rebound = {"Host": "sekret.example", "Origin": "http://sekret.example"}
        ask(server, "/sekret", headers=rebound)
        ask(server, "/_stcore/stream", headers={**WEBSOCKET, **rebound})
        for said in ("sekret", b"sekret", b"\xff" * (2**20 + 1)):
            with open_socket(server, session="sekret") as socket:
                run_script(socket, "depth=sekret&title=sekret")
                socket.send(said)
                received(socket)
        for _ in range(5):
            load(server)
    text = server.log
    lines = [json.loads(line) for line in text.splitlines()]
    assert [secret for secret in SECRETS if secret.lower() in text.lower()] == []
    assert not SESSION.search(text)
    assert set().union(*lines) <= KEYS
    found = {line["event"] for line in lines}
    assert found == {"start", "refused", "warning", "error", "full", "stop"}
    kinds = {line["kind"] for line in lines if line["event"] == "refused"}
    assert kinds == {"method", "another site's page", "unknown name", "websocket"}


def test_script_that_fails_is_logged_by_kind_and_place(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text("import streamlit as st\nint(st.query_params['depth'])\n")
    code = f"""if True:
        import pathlib
        from dashboard.server import listen, serve, url
        listener = listen("127.0.0.1", 0)
        where = url("127.0.0.1", listener.getsockname()[1])
        serve(listener, "127.0.0.1", ready=lambda: print(where, flush=True),
              script=pathlib.Path({str(script)!r}))
    """
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        server = type("Server", (), {"url": process.stdout.readline().strip()})
        with open_socket(server) as socket:  # type: ignore[arg-type]  # only its url is used
            run_script(socket, "depth=sekret")
            lines = [json.loads(process.stderr.readline()) for _ in range(2)]
        process.terminate()
    assert lines[1].pop("time")
    assert lines[1].pop("by").startswith("streamlit.error_util:")
    assert lines[1] == {"event": "error", "type": "ValueError", "at": "__main__:2", "times": 1}
