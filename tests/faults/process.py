"""A server in a process of its own, and what the outside can see of it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.tickets import COOKIE, new_ticket
from vscore._workers import default_threads

SERVED = ("--workers", str(default_threads(None)))
"""How a class is served: a process a core."""

_METRICS = "/_stcore/metrics?families=active_sessions"


@dataclass(frozen=True, slots=True)
class Server:
    """A dashboard that answers: a process, or a door and its workers.

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
    def workers(self) -> tuple[int, ...]:
        """The numbers of the processes that answer."""
        first = self.process.pid
        forked = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return tuple(map(int, forked)) or (first,)

    @property
    def memory(self) -> float:
        """Its resident set, MB; what processes share counts for each of them."""
        return self._status("VmRSS") / 1e3

    @contextlib.contextmanager
    def peak_memory(self) -> Iterator[list[float]]:
        """MB that it has now, looked at while this lasts; what processes share counts once."""
        found: list[float] = []
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.05):
                found.append(self._proportional)

        watching = threading.Thread(target=look)
        watching.start()
        try:
            yield found
        finally:
            done.set()
            watching.join()

    @property
    def threads(self) -> int:
        """How many it has now."""
        return self._status("Threads")

    @property
    def sessions(self) -> int:
        """How many it says are open."""
        return sum(map(self.sessions_of, range(len(self.workers))))

    def sessions_of(self, number: int) -> int:
        """How many a worker says are open."""
        cookie = {"Cookie": f"{COOKIE}={new_ticket(number, len(self.workers))}"}
        question = urllib.request.Request(self.url + _METRICS, headers=cookie)
        with urllib.request.urlopen(question, timeout=30) as answer:
            found = re.search(r"^active_sessions (\d+)", answer.read().decode(), re.MULTILINE)
        assert found
        return int(found.group(1))

    @property
    def processor_seconds(self) -> float:
        """Time of any core that it has used."""
        stats = (Path(f"/proc/{each}/stat").read_text() for each in self._processes)
        times = [stat.rpartition(")")[2].split()[11:13] for stat in stats]
        return sum(int(ticks) for pair in times for ticks in pair) / os.sysconf("SC_CLK_TCK")

    @property
    def _proportional(self) -> float:
        rolls = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in self._processes)
        found = [re.search(r"^Pss:\s+(\d+)", roll, re.MULTILINE) for roll in rolls]
        return sum(int(each.group(1)) for each in found if each) / 1e3

    @property
    def _processes(self) -> set[int]:
        return {self.process.pid, *self.workers}

    def _status(self, name: str) -> int:
        """The sum over its processes."""
        texts = (Path(f"/proc/{each}/status").read_text() for each in self._processes)
        found = [re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE) for text in texts]
        return sum(int(each.group(1)) for each in found if each)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(log_file: Path, *options: str, port: int = 0) -> Server:
    """The dashboard as `vscore-dashboard --no-browser` starts it for a class, when it answers.

    Parameters
    ----------
    log_file : Path
        Written on at its end, so that a restart goes on in the same file.
    *options : str
    port : int
        0 takes a free one.
    """
    command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(port)]
    command += [*SERVED, *options]
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
