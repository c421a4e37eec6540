"""The server: what it answers, what it refuses, under which settings it runs."""

import asyncio
import gzip
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest
import streamlit
from streamlit import config

from dashboard.charts import assets
from dashboard.server import listen, url
from dashboard.settings import PACKAGE, read_settings, settings_file
from tests.colours import blended, contrast

if TYPE_CHECKING:
    from tests.conftest import Launch, RunningServer

ROOT = Path(__file__).resolve().parent.parent
ASSETS = Path(streamlit.__file__).parent / "static"

REQUIRED_SETTINGS = {
    "server.headless": True,
    "server.address": "127.0.0.1",
    "server.allowedHosts": ["localhost", "127.0.0.1", "::1"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.maxUploadSize": 1,
    "server.maxMessageSize": 32,
    "server.maxWidgetStateSize": 1,
    "server.disconnectedSessionTTL": 300,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "runner.postScriptGC": False,
    "runner.fastReruns": True,
    "runner.magicEnabled": False,
    "browser.gatherUsageStats": False,
}

WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Addressed(Protocol):
    """What answers at an address."""

    @property
    def url(self) -> str: ...


def ask(
    server: Addressed,
    path: str,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Mapping[str, str], bytes]:
    """The status, headers (names in lower case) and body of one answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, names, b"" if answer.status == 101 else answer.read()
    finally:
        connection.close()


def events(server: "RunningServer") -> list[str]:
    """What it logged, each line's event."""
    return [json.loads(line)["event"] for line in server.log.splitlines()]


def run(
    *command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What a Python process with these arguments printed and returned."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def environment(folder: Path = ROOT, **extra: str) -> dict[str, str]:
    """This process's environment, with `folder` first among the places to import from."""
    return {**os.environ, "PYTHONPATH": str(folder)} | extra


# What it answers


def test_health(server: "RunningServer") -> None:
    status, _, body = ask(server, "/_stcore/health")
    assert (status, body) == (200, b"ok")


@pytest.mark.parametrize("path", ["/", "/lessons", "/_stcore/health", "/favicon.png", "/a/../b"])
def test_security_headers(server: "RunningServer", path: str) -> None:
    _, headers, _ = ask(server, path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "//" not in headers["content-security-policy"], "no other host is allowed anything"


def test_large_scripts_are_compressed(server: "RunningServer") -> None:
    file = max(ASSETS.rglob("*.js"), key=lambda file: file.stat().st_size)
    path = f"/{file.relative_to(ASSETS).as_posix()}"
    status, headers, body = ask(server, path, headers={"Accept-Encoding": "gzip, br"})
    assert status == 200
    assert headers["content-encoding"] == "gzip"
    assert headers["vary"] == "Accept-Encoding"
    assert headers["content-type"].partition("/")[2].startswith("javascript")
    assert "immutable" in headers["cache-control"]
    assert len(body) < file.stat().st_size / 3
    assert gzip.decompress(body) == file.read_bytes()


def test_scripts_are_sent_plain_to_who_cannot_unpack(server: "RunningServer") -> None:
    file = min(ASSETS.rglob("*.js"), key=lambda file: file.stat().st_size)
    _, headers, body = ask(server, f"/{file.relative_to(ASSETS).as_posix()}")
    assert "content-encoding" not in headers
    assert body == file.read_bytes()


@pytest.mark.parametrize("path", assets.FILES)
@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
def test_charts_scripts(server: "RunningServer", path: str, encoding: str) -> None:
    status, headers, body = ask(server, path, headers={"Accept-Encoding": encoding})
    packed = encoding != "identity"
    assert status == 200
    assert headers.get("content-encoding") == ("gzip" if packed else None)
    assert headers["vary"] == "Accept-Encoding"
    assert headers["content-type"].partition("/")[2].startswith("javascript")
    assert headers["cache-control"] == "public, immutable, max-age=31536000"  # s, 365 days
    assert headers["x-content-type-options"] == "nosniff"
    text = assets.FILES[path].read_bytes()
    assert (gzip.decompress(body) if packed else body) == text
    assert not packed or len(body) < len(text) / 2


def test_charts_scripts_may_be_asked_about(server: "RunningServer") -> None:
    path = f"/{assets.PLOTLY}"
    status, headers, body = ask(server, path, "HEAD", {"Accept-Encoding": "gzip"})
    assert (status, body) == (200, b"")
    assert (
        headers["content-length"]
        == ask(server, path, headers={"Accept-Encoding": "gzip"})[1]["content-length"]
    )


@pytest.mark.parametrize("name", ["", "plotly-0.0.0.min.js", "chart.js", "__init__.py", "x/y.js"])
def test_other_names_beside_the_charts_scripts_do_not_exist(
    server: "RunningServer", name: str
) -> None:
    status, headers, body = ask(server, f"/{assets.FOLDER}/{name}")
    assert (status, body) == (404, b"There is no such file.")
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_name_the_charts_scripts_early(server: "RunningServer") -> None:
    links = (
        f"<{assets.PLOTLY}>; rel=preload; as=script; fetchpriority=low, "
        f"<{assets.MODULE}>; rel=modulepreload"
    )
    assert ask(server, "/")[1]["link"] == links
    for path in ("/_stcore/health", f"/{assets.MODULE}", "/favicon.png"):
        assert "link" not in ask(server, path)[1]


def test_charts_scripts_below_a_base_path(launch: "Launch", tmp_path: Path) -> None:
    settings = tmp_path / ".streamlit" / "config.toml"
    settings.parent.mkdir()
    settings.write_text('[server]\nbaseUrlPath = "/lab/one/"\n')
    with launch("--no-browser", folder=tmp_path) as server:
        for path, file in assets.FILES.items():
            status, _, body = ask(server, f"/lab/one{path}", headers={"Accept-Encoding": "gzip"})
            assert status == 200
            assert gzip.decompress(body) == file.read_bytes()
        assert ask(server, f"/lab/one/{assets.FOLDER}/chart.js")[0] == 404


# What it refuses


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/_stcore/upload_file/session/file"),
        ("POST", "/_stcore/upload_file/session/file"),
        ("DELETE", "/_stcore/upload_file/session/file"),
        ("POST", "/_stcore/agent/interact"),
        ("POST", "/"),
        ("OPTIONS", "/"),
        ("TRACE", "/"),
        ("BREW", "/"),
    ],
)
def test_methods_refused(server: "RunningServer", method: str, path: str) -> None:
    status, headers, _ = ask(server, path, method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/static/..%2f..%2fetc/passwd", "//etc"])
def test_traversal_refused(server: "RunningServer", path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 400
    assert b"root:" not in body


@pytest.mark.parametrize("origin", ["http://example.com", "http://127.0.0.1:1", "null", "://["])
def test_other_sites_refused(server: "RunningServer", origin: str) -> None:
    assert ask(server, "/", headers={"Origin": origin})[0] == 403
    assert ask(server, "/_stcore/stream", headers={**WEBSOCKET, "Origin": origin})[0] == 403


def test_own_page_accepted(server: "RunningServer") -> None:
    assert ask(server, "/", headers={"Origin": server.url})[0] == 200
    assert ask(server, "/_stcore/stream", headers={**WEBSOCKET, "Origin": server.url})[0] == 101


def test_rebound_name_refused(server: "RunningServer") -> None:
    """A name that another site points at this machine: Origin and Host agree."""
    headers = {**WEBSOCKET, "Host": "example.com", "Origin": "http://example.com"}
    assert ask(server, "/_stcore/stream", headers=headers)[0] == 403


def test_unknown_name_is_told_the_way_in(server: "RunningServer") -> None:
    """Else Streamlit's page would come, and wait for its websocket for ever."""
    for host in ("example.com", "lab.local:8501", "[::2]", ":"):
        status, headers, body = ask(server, "/?depth=7", headers={"Host": host})
        assert status == 421
        assert headers["x-content-type-options"] == "nosniff"
        assert body == (
            b"This dashboard does not go by this name. Open it by its address; or start it with "
            b"--address 0.0.0.0, and it goes by any name."
        )
        assert ask(server, "/healthz", headers={"Host": host})[0] == 200
        assert ask(server, "/readyz", headers={"Host": host})[0] == 200
    assert ask(server, "/", headers={"Host": "localhost:1"})[0] == 200


def test_any_name_where_every_address_is_served(launch: "Launch") -> None:
    with launch("--no-browser", "--address", "0.0.0.0") as server:
        for host in ("lab.local:8501", "10.0.0.1"):
            headers = {**WEBSOCKET, "Host": host, "Origin": f"http://{host}"}
            assert ask(server, "/", headers={"Host": host})[0] == 200
            assert ask(server, "/_stcore/stream", headers=headers)[0] == 101


def test_visits_are_not_logged(server: "RunningServer") -> None:
    before = server.log
    ask(server, "/")
    ask(server, "/fans?depth=7")
    assert server.log == before


# How it starts and stops


def test_opens_a_browser_when_it_answers_and_stops_cleanly(
    launch: "Launch", tmp_path: Path
) -> None:
    seen, visitor = tmp_path / "seen", tmp_path / "visitor.py"
    visitor.write_text(
        "import pathlib, sys, urllib.request\n"
        "answer = urllib.request.urlopen(sys.argv[1] + '/_stcore/health').read().decode()\n"
        f"pathlib.Path({str(seen)!r}).write_text(sys.argv[1] + ' ' + answer)\n"
    )
    with launch(environment={"BROWSER": f"{sys.executable} {visitor} %s"}) as server:
        for _ in range(100):
            if seen.exists() and seen.read_text():
                break
            time.sleep(0.1)
    assert seen.read_text() == f"{server.url} ok"
    assert server.process.returncode == 0
    assert events(server) == ["start", "stop"]


def test_busy_port() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        ended = run("-m", "dashboard", "--no-browser", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"vscore-dashboard: port {port} is in use. "
        f"Choose another one, as in: vscore-dashboard --port {port + 1}\n"
    )


def test_foreign_address() -> None:
    ended = run("-m", "dashboard", "--no-browser", "--address", "192.0.2.1")  # RFC 5737
    assert ended.returncode == 1
    assert re.fullmatch(
        r"vscore-dashboard: cannot listen on 192\.0\.2\.1, port 8501: .+\. "
        r"Choose another --address or --port\.\n",
        ended.stderr,
    )


@pytest.mark.parametrize("port", ["65536", "-1", "http", "٣"])
def test_impossible_port(port: str) -> None:
    ended = run("-m", "dashboard", f"--port={port}")
    assert ended.returncode == 2
    assert f"port must be an integer in [0, 65535]; got {port!r}" in ended.stderr


def test_failed_start_announces_nothing(tmp_path: Path) -> None:
    code = """if True:
        import pathlib
        from dashboard.server import listen, serve

        script = pathlib.Path("missing.py").resolve()
        serve(listen("127.0.0.1", 0), "127.0.0.1", ready=lambda: print("ready"), script=script)
    """
    ended = run("-c", code, cwd=tmp_path, env=environment())
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert "missing.py" in ended.stderr  # there are no visitors yet, so it may say all


def test_blas_is_capped_before_numpy_loads(tmp_path: Path) -> None:
    """Also for the libraries that are loaded while serving."""
    code = """if True:
        import uvicorn
        from dashboard.__main__ import main

        def report(self, sockets):
            import scipy.linalg
            from threadpoolctl import threadpool_info
            print({pool["num_threads"] for pool in threadpool_info()})

        uvicorn.Server.run = report
        main(["--no-browser", "--port", "0"])
    """
    four = environment(OMP_NUM_THREADS="4", OPENBLAS_NUM_THREADS="4", MKL_NUM_THREADS="4")
    ended = run("-c", code, cwd=tmp_path, env=four)
    assert ended.stdout == "{1}\n"


def test_connections_send_at_once() -> None:
    async def option() -> int:
        async def on_connection(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            no_delay.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            await writer.wait_closed()

        no_delay: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(on_connection, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            writer.close()
            await writer.wait_closed()
            return await no_delay

    assert asyncio.run(option())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://localhost:80"),
        ("::", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
    ],
)
def test_url(address: str, expected: str) -> None:
    assert url(address, 80) == expected


def test_serving_process_is_tuned(tmp_path: Path) -> None:
    """No garbage to walk after each run, one BLAS thread a session."""
    (tmp_path / "app.py").touch()
    code = """if True:
        import asyncio, gc, json, pathlib
        from threadpoolctl import threadpool_info
        from dashboard.server import create_app

        async def report():
            app = create_app(pathlib.Path("app.py").resolve())
            async with app.lifespan()(app):
                threads = [pool["num_threads"] for pool in threadpool_info()]
                print(json.dumps({"frozen": gc.get_freeze_count(), "threads": threads}))

        asyncio.run(report())
    """
    ended = run("-c", code, cwd=tmp_path, env=environment())
    report = json.loads(ended.stdout)
    assert report["frozen"] > 100_000
    assert report["threads"]
    assert set(report["threads"]) == {1}


def test_a_run_s_messages_wake_the_loop_once(tmp_path: Path) -> None:
    """Python's own event loop is written to at each call from another thread."""
    (tmp_path / "app.py").touch()
    code = """if True:
        import asyncio, os, pathlib, signal
        from dashboard.server import listen, serve

        def ready():
            print(type(asyncio.get_running_loop()).__module__, flush=True)
            os.kill(os.getpid(), signal.SIGTERM)

        script = pathlib.Path("app.py").resolve()
        serve(listen("127.0.0.1", 0), "127.0.0.1", ready=ready, script=script)
    """
    if sys.platform == "win32":
        pytest.skip("uvloop is not made for Windows")
    ended = run("-c", code, cwd=tmp_path, env=environment())
    assert ended.stdout == "uvloop\n"


def test_a_served_simulation_leaves_blas_alone(tmp_path: Path) -> None:
    """It is on one thread for good: to ask it each time takes half a millisecond."""
    (tmp_path / "app.py").touch()
    code = """if True:
        import asyncio, pathlib
        from threadpoolctl import ThreadpoolController
        from dashboard.server import create_app
        from vscore.networks import mlp
        from vscore.propagation import simulate

        async def report():
            app = create_app(pathlib.Path("app.py").resolve())
            async with app.lifespan()(app):
                ThreadpoolController.limit = None
                print(simulate(mlp((4, 4)), networks=1, batch=2).log10_q.shape)

        asyncio.run(report())
    """
    ended = run("-c", code, cwd=tmp_path, env=environment())
    assert ended.stdout == "(1, 1)\n", ended.stderr


# The settings


def test_every_option_exists_in_streamlit() -> None:
    for name in read_settings(settings_file()):
        config.get_option(name)  # raises for a name that Streamlit does not know


def test_required_settings() -> None:
    settings = read_settings(settings_file())
    assert {name: settings.get(name) for name in REQUIRED_SETTINGS} == REQUIRED_SETTINGS


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", ["primaryColor", "linkColor", "textColor"])
@pytest.mark.parametrize("surface", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_is_readable(mode: str, colour: str, surface: str) -> None:
    theme = tomllib.loads(settings_file().read_text("utf-8"))["theme"][mode]
    assert contrast(theme[colour], theme[surface]) >= 4.5  # WCAG 1.4.3


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("light", "#FFFFFF"),
        # No colour carries both white text and itself as text on a dark surface that is not
        # black, so `style.css` makes the words of filled buttons dark.
        ("dark", "#14171A"),
    ],
)
def test_what_stands_on_the_primary_colour(mode: str, words: str) -> None:
    theme = tomllib.loads(settings_file().read_text("utf-8"))["theme"][mode]
    assert contrast(words, theme["primaryColor"]) >= 4.5
    assert contrast("#FFFFFF", theme["primaryColor"]) >= 3  # check marks, WCAG 1.4.11
    assert "light-dark(#FFFFFF, #14171A)" in (PACKAGE / "style.css").read_text("utf-8")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("surface", ["backgroundColor", "secondaryBackgroundColor"])
def test_what_streamlit_mixes_is_readable(mode: str, surface: str) -> None:
    theme = tomllib.loads(settings_file().read_text("utf-8"))["theme"][mode]
    ground, primary = theme[surface], theme["primaryColor"]
    assert contrast(blended(theme["textColor"], ground, 0.6), ground) >= 4.5  # captions
    assert contrast(primary, blended(primary, ground, 0.1)) >= 4.5  # a chosen segment


SHOW_SETTINGS = """if True:
    import json
    import dashboard
    from dashboard.settings import apply_settings, read_settings, settings_file
    from streamlit import config

    apply_settings({address!r}, 8501)
    names = read_settings(settings_file())
    print(json.dumps({{
        "package": dashboard.__file__,
        "options": {{name: config.get_option(name) for name in names}},
    }}))
"""


def stray_settings(folder: Path) -> None:
    """What somebody else's project may have left in a folder."""
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(
        "[server]\nenableCORS = false\nallowedHosts = ['*']\n[browser]\ngatherUsageStats = true\n"
        "[theme.light]\nprimaryColor = '#FF0000'\n"
    )


def test_settings_win_over_stray_files(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    stray_settings(home)
    stray_settings(elsewhere)
    code = SHOW_SETTINGS.format(address="127.0.0.1")
    ended = run("-c", code, cwd=elsewhere, env=environment(HOME=str(home)))
    options = json.loads(ended.stdout)["options"]
    hosts = [*REQUIRED_SETTINGS["server.allowedHosts"], "127.0.0.1"]  # type: ignore[misc]  # a list
    expected = {**read_settings(ROOT / ".streamlit" / "config.toml"), "server.allowedHosts": hosts}
    assert options == expected


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("0.0.0.0", ["*"]),
        ("192.168.1.5", ["localhost", "127.0.0.1", "::1", "192.168.1.5"]),
    ],
)
def test_names_accepted(address: str, hosts: list[str], tmp_path: Path) -> None:
    ended = run("-c", SHOW_SETTINGS.format(address=address), cwd=tmp_path, env=environment())
    options = json.loads(ended.stdout)["options"]
    assert options["server.allowedHosts"] == hosts
    assert options["server.address"] == address


# The wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(
        "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=ROOT
    )
    assert built.returncode == 0, built.stderr
    return next(folder.glob("vscore-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from, into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    ended = run("-m", "pip", "install", *options, "--target", str(folder), str(wheel))
    assert ended.returncode == 0, ended.stderr
    return folder


def test_wheel_holds_the_two_packages_and_the_settings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        settings = archive.read("dashboard/.streamlit/config.toml")
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "dashboard",
        "vscore",
    }
    assert settings == (ROOT / ".streamlit" / "config.toml").read_bytes()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_has_the_commands(installed: Path) -> None:
    assert {file.name for file in (installed / "bin").iterdir()} == {"vscore", "vscore-dashboard"}


def test_wheel_runs_elsewhere_under_the_same_settings(
    installed: Path, launch: "Launch", tmp_path: Path
) -> None:
    elsewhere = environment(installed, HOME=str(tmp_path))
    shown = run("-c", SHOW_SETTINGS.format(address="127.0.0.1"), cwd=tmp_path, env=elsewhere)
    report = json.loads(shown.stdout)
    assert Path(report["package"]).is_relative_to(installed)
    settings = {
        **REQUIRED_SETTINGS,
        "server.allowedHosts": report["options"]["server.allowedHosts"],
    }
    assert report["options"].items() >= settings.items()
    with launch("--no-browser", folder=tmp_path, environment=elsewhere) as server:
        assert ask(server, "/_stcore/health")[0] == 200
        assert ask(server, "/")[1]["referrer-policy"] == "no-referrer"
    assert server.process.returncode == 0
    assert events(server) == ["start", "stop"]


# The browser tests


@pytest.mark.parametrize(
    ("required", "said", "returncode"),
    [
        ("0", "browser: no Chromium found, so tests/browser is left out", 5),  # 5: nothing to run
        ("1", "VSCORE_REQUIRE_BROWSER=1, and there is no Chromium", 1),
    ],
)
def test_without_chromium(required: str, said: str, returncode: int, tmp_path: Path) -> None:
    without = environment(PATH=str(tmp_path), VSCORE_REQUIRE_BROWSER=required)
    options = ["-p", "no:cacheprovider", "-x", "--ignore-glob=tests/test_*", "-k", "theme"]
    ended = run("-m", "pytest", *options, "tests", env=without)
    assert said in ended.stdout
    assert ended.returncode == returncode
