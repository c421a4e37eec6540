"""nginx with the project's own configuration, as a user without rights can run it."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

SITE = Path(__file__).resolve().parent.parent / ".deploy" / "nginx.conf"
# Debian keeps it where only root's shell looks.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

MAIN = """
worker_processes 2;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
    client_body_temp_path temp;
    fastcgi_temp_path temp;
    proxy_temp_path temp;
    scgi_temp_path temp;
    uwsgi_temp_path temp;
    include site.conf;
}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """nginx, while it runs.

    Attributes
    ----------
    url : str
        Its address.
    log_file : Path
        What it writes on standard error.
    """

    url: str
    log_file: Path

    @property
    def log(self) -> str:
        """All that it has logged so far."""
        return self.log_file.read_text("utf-8")


@contextlib.contextmanager
def proxy(folder: Path, *replicas: str) -> Iterator[Proxy]:
    """nginx on a free port, before two servers.

    Parameters
    ----------
    folder : Path
        An empty folder for all that it writes.
    replicas : str
        Two addresses, as "http://127.0.0.1:8501".
    """
    assert NGINX is not None, "there is no nginx"
    listen = f"127.0.0.1:{free_port()}"
    one, other = (urlsplit(replica).netloc for replica in replicas)
    values = {"LISTEN": listen, "A": one, "B": other, "CACHE": str(folder)}
    site = Template(SITE.read_text("utf-8")).safe_substitute(
        {f"VSCORE_{name}": value for name, value in values.items()}
    )
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers may not enter the folder
    (folder / "site.conf").write_text(site, "utf-8")
    (folder / "nginx.conf").write_text(user + MAIN, "utf-8")
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    log_file = folder / "nginx.log"
    with log_file.open("w") as log:
        subprocess.run(command, stderr=log, check=True, timeout=20)  # returns when it listens
    try:
        yield Proxy(f"http://{listen}", log_file)
    finally:
        subprocess.run([*command, "-s", "stop"], capture_output=True, check=True, timeout=20)


def free_port() -> int:
    """A port of the loopback address on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
