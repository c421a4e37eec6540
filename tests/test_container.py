"""The container file: what it says, and its steps taken by hand, since few machines have an engine.

What this cannot show is that the base image has what Debian's Python here has.
"""

import asyncio
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboard.options import read_options
from tests.guests import Visitor
from tests.proxy import free_port
from tests.test_server import ask

ROOT = Path(__file__).resolve().parent.parent
PLACES = re.compile(r"(?<![\w.:/-])/(?=src|wheels|opt/)")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of the file, as ("RUN", "pip --version")."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """The words of an exec form."""
        return list(json.loads(self.rest))


def stages() -> list[list[Step]]:
    """The file's instructions, one list for each FROM."""
    text = (ROOT / ".deploy" / "Containerfile").read_text("utf-8")
    lines = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", "").splitlines()
    found: list[list[Step]] = []
    for line in filter(None, lines):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            found.append([])
        found[-1].append(Step(name, rest))
    return found


BUILD, FINAL = stages()
SAYS = {step.name: step for step in FINAL}


def health_command() -> list[str]:
    """The words of the health check's command."""
    return Step("CMD", SAYS["HEALTHCHECK"].rest.partition("CMD ")[2]).words


def kept_entries() -> list[str]:
    """What .dockerignore lets into the build, of the repository's folder."""
    everything, *rest = [
        line
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert everything == "*"
    assert rest.pop() == "**/__pycache__"
    assert all(line.startswith("!") for line in rest)
    return [line[1:] for line in rest]


# What it says


def test_both_stages_have_one_python_that_the_package_allows() -> None:
    assert BUILD[0].rest == f"{FINAL[0].rest} AS build"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    least = project["requires-python"].removeprefix(">=")
    assert FINAL[0].rest == f"docker.io/library/python:{least}-slim"


def test_nobody_is_root() -> None:
    user, group = map(int, SAYS["USER"].rest.split(":"))
    assert user >= 10_000
    assert group >= 10_000
    assert [step.name for step in FINAL].index("USER") > [s.name for s in FINAL].index("COPY")


def test_the_command_is_one_that_the_dashboard_takes() -> None:
    program, *options = SAYS["ENTRYPOINT"].words
    assert program == "/opt/vscore/bin/vscore-dashboard"
    taken = read_options(options, {}, ROOT / "none.toml")
    assert (taken.address, taken.port, taken.browser) == ("0.0.0.0", 8501, False)
    assert SAYS["EXPOSE"].rest == str(taken.port)
    assert f":{taken.port}/" in health_command()[-1]
    assert SAYS["STOPSIGNAL"].rest == "SIGTERM"


def test_the_build_sees_what_the_wheel_needs_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = {
        p.strip("/") for p in project["tool"]["hatch"]["build"]["targets"]["wheel"]["include"]
    }
    described = {project["project"]["readme"], *project["project"]["license-files"]}
    assert set(kept_entries()) == packed | described | {"pyproject.toml"}


# Its steps, taken by hand


def in_folder(folder: Path, words: list[str], port: int) -> list[str]:
    """A command of the file with a folder for the container's root, on another port."""
    mapped = [PLACES.sub(f"{folder}/", word).replace("8501", str(port)) for word in words]
    return [sys.executable if word == "python" else word for word in mapped]


@contextlib.contextmanager
def built() -> Iterator[Path]:
    """A folder in which the first stage has been built as the file says, then made read-only."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    try:
        for entry in kept_entries():
            source, target = ROOT / entry, folder / "src" / entry
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        for step in (step for step in BUILD if step.name == "RUN"):
            command = in_folder(folder, shlex.split(step.rest), 0)
            subprocess.run(command, check=True, cwd=folder, timeout=600, env=outside())
        shutil.rmtree(folder / "src")
        shutil.rmtree(folder / "wheels")
        subprocess.run(["chmod", "-R", "a-w", folder], check=True)
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        shutil.rmtree(folder)


def outside() -> dict[str, str]:
    """This process's environment without what would show its own packages to another Python."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def as_its_user(command: list[str]) -> list[str]:
    """The command as the file's user, who may read all, as root's Python, and write nothing."""
    if os.geteuid() != 0:
        return command
    user, group = SAYS["USER"].rest.split(":")
    reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    who = [f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs"]
    return ["setpriv", *who, *reads, *command]


def inside(temporary: Path) -> Mapping[str, str]:
    """The environment that the file gives."""
    given = dict(word.split("=") for word in shlex.split(SAYS["ENV"].rest))
    return {"PATH": "/usr/bin:/bin", "TMPDIR": str(temporary), **given}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the container would answer."""

    url: str


@pytest.mark.slow
def test_the_image_runs_read_only_answers_its_check_and_stops(tmp_path: Path) -> None:
    port = free_port()
    address = Address(f"http://127.0.0.1:{port}")
    with built() as folder, tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o777)
        environment = inside(Path(temporary))
        check = as_its_user(in_folder(folder, health_command(), port))

        def healthy() -> bool:
            ended = subprocess.run(check, env=environment, capture_output=True, check=False)
            return ended.returncode == 0

        command = as_its_user(in_folder(folder, SAYS["ENTRYPOINT"].words, port))
        log_file = tmp_path / "log"
        assert not healthy()
        with (
            log_file.open("w") as log,
            subprocess.Popen(command, cwd=SAYS["WORKDIR"].rest, env=environment, stderr=log) as run,
        ):
            try:
                end = time.monotonic() + 60
                while not healthy():
                    assert run.poll() is None, log_file.read_text()
                    assert time.monotonic() < end
                assert ask(address, "/")[0] == 200
                asyncio.run(use(address.url))
            finally:
                run.terminate()
            assert run.wait(timeout=20) == 0
        assert not healthy()
        assert list(Path(temporary).iterdir()) == [], "it writes nothing"
        assert "Traceback" not in log_file.read_text()


async def use(url: str) -> None:
    """Open the page, change it, take a file."""
    visitor = Visitor(url, "v=1&depth=4&width=32")
    await visitor.open()
    await visitor.type("seed", 5)
    assert "seed=5" in visitor.query
    assert (await visitor.download("takehome_report")).startswith("/media/")
    await visitor.leave()
