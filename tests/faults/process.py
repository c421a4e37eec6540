"""A server in a process of its own, and what the outside can see of it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_METRICS = "/_stcore/metrics?families=active_sessions"


@dataclass(frozen=True, slots=True)
class Server:
    """A dashboard that answers.

    Attributes
    ----------
    url : str
    process : subprocess.Popen
    log_file : Path
        What it wrote on both its outputs.
    """

    url: str
    process: "subprocess.Popen[str]"
    log_file: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def memory(self) -> float:
        """Its resident set, MB."""
        return self._status("VmRSS") / 1e3

    @property
    def peak_memory(self) -> float:
        """The largest resident set since `forget_peak`, MB: the kernel's own mark."""
        return self._status("VmHWM") / 1e3

    @property
    def threads(self) -> int:
        """How many it has now."""
        return self._status("Threads")

    @property
    def sessions(self) -> int:
        """How many it says are open."""
        with urllib.request.urlopen(self.url + _METRICS, timeout=30) as answer:
            found = re.search(r"^active_sessions (\d+)", answer.read().decode(), re.MULTILINE)
        assert found
        return int(found.group(1))

    @property
    def processor_seconds(self) -> float:
        """Time of any core that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self) -> None:
        """Begin `peak_memory` anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
        assert found
        return int(found.group(1))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(log_file: Path, *options: str, port: int = 0) -> Server:
    """The dashboard as `vscore-dashboard --no-browser` starts it, when it answers.

    Parameters
    ----------
    log_file : Path
        Written on at its end, so that a restart goes on in the same file.
    *options : str
    port : int
        0 takes a free one.
    """
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(port), *options]
    with log_file.open("a") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    for line in process.stdout:  # ends when it has died
        if match := re.search(r"http://\S+", line):
            return Server(match.group(), process, log_file)
    raise RuntimeError(f"the server did not start:\n{log_file.read_text('utf-8')}")


def stop(server: Server) -> None:
    """End it as Ctrl-C does; by force where that takes over 20 s."""
    server.process.send_signal(signal.SIGINT)
    try:
        server.process.wait(20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
    if server.process.stdout is not None:
        server.process.stdout.close()


@contextlib.contextmanager
def running(log_file: Path, *options: str, port: int = 0) -> Iterator[Server]:
    """A server while this lasts."""
    server = start(log_file, *options, port=port)
    try:
        yield server
    finally:
        stop(server)
