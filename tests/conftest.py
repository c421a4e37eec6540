"""A running dashboard for the tests that need one, and whether there is a browser."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import settings

from tests.proxy import NGINX
from tests.turns import turn

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

BROWSER_TESTS = Path(__file__).parent / "browser"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WITHOUT_BROWSER = CHROMIUM is None and os.environ.get("VSCORE_REQUIRE_BROWSER") != "1"
NGINX_TESTS = ("test_nginx.py", "test_replicas.py", "test_replicas_browser.py")
WITHOUT_NGINX = NGINX is None and os.environ.get("VSCORE_REQUIRE_NGINX") != "1"
CLUSTER_TESTS = "test_sweep_cluster.py"
WITHOUT_CLUSTER = find_spec("distributed") is None


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A dashboard that answers.

    Attributes
    ----------
    url : str
        Its address, as it printed it.
    process : subprocess.Popen
    log_file : Path
        What it writes on standard error.
    """

    url: str
    process: subprocess.Popen[str]
    log_file: Path

    @property
    def log(self) -> str:
        """All that it has logged so far."""
        return self.log_file.read_text("utf-8")

    @property
    def trouble(self) -> list[str]:
        """The log's lines but for those that say that it started and stopped."""
        usual = re.compile(r'\{"time": "[^"]+", "event": "(start|stop)"')
        return [line for line in self.log.splitlines() if not usual.match(line)]


Launch: TypeAlias = Callable[..., AbstractContextManager[RunningServer]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


def pytest_report_header() -> list[str]:
    browser, nginx = f"browser: {CHROMIUM}", f"nginx: {NGINX}"
    if WITHOUT_BROWSER:
        browser = (
            "browser: no Chromium found, so tests/browser is left out (apt-get install chromium)"
        )
    if WITHOUT_NGINX:
        nginx = "nginx: none found, so two replicas are not tested (apt-get install nginx)"
    cluster = (
        "cluster: no Dask, so sweeps on one are not tested (pip install distributed)"
        if WITHOUT_CLUSTER
        else "cluster: Dask"
    )
    return [browser, nginx, cluster]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    left_out = (
        (WITHOUT_BROWSER and collection_path == BROWSER_TESTS)
        or (WITHOUT_NGINX and collection_path.name in NGINX_TESTS)
        or (WITHOUT_CLUSTER and collection_path.name == CLUSTER_TESTS)
    )
    return left_out or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests last: while Playwright is open, this thread has an event loop."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.browser)
        if item.path.name in NGINX_TESTS:
            item.add_marker(pytest.mark.nginx)
    items.sort(key=lambda item: BROWSER_TESTS in item.path.parents)


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Streamlit puts a script in the place of `__main__`, and new processes would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    assert CHROMIUM is not None, "VSCORE_REQUIRE_BROWSER=1, and there is no Chromium"
    return CHROMIUM


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """A context manager that starts `python -m dashboard` with some options on a free port.

    Or another program that takes its options.
    """

    @contextlib.contextmanager
    def launch(
        *options: str,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = ("-m", "dashboard"),
    ) -> Iterator[RunningServer]:
        log_file = tmp_path_factory.mktemp("server") / "server.log"
        command = [sys.executable, *program, "--port", "0", *options]
        with (
            log_file.open("w") as log,
            subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                yield RunningServer(_printed_url(process, log_file), process, log_file)
            finally:
                process.send_signal(signal.SIGINT)

    return launch


def _printed_url(process: subprocess.Popen[str], log_file: Path) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()  # printed when it answers; empty when it has died
    match = re.search(r"http://\S+", line)
    assert match, f"the server did not start:\n{log_file.read_text('utf-8')}"
    return match.group()


@pytest.fixture(scope="session", autouse=True)
def whole_runs() -> Iterator[None]:
    """Pages are drawn whole in this process: `AppTest` forgets what a run leaves as it is.

    Runs of the page alone are tested on servers, which are other processes.
    """
    from dashboard.controls import staying

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staying, "let_stay", lambda can: None)
        yield


@pytest.fixture(scope="session")
def server(launch: Launch) -> Iterator[RunningServer]:
    """The dashboard, until the last test is done."""
    with launch("--no-browser") as running:
        yield running


@pytest.fixture
def no_training_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every job that a test began ends with it, so that the next test has all cores."""
    from dashboard import jobs

    yield
    monkeypatch.setattr(jobs, "_PATIENCE", 0.0)
    for thread in threading.enumerate():
        if thread.name == "job":
            thread.join(20)
            assert not thread.is_alive(), "a job goes on that nobody watches"
