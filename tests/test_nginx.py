"""What `.deploy/nginx.conf` does with requests, seen by the two servers behind it."""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.proxy import SITE, Proxy, free_port, proxy
from tests.test_server import WEBSOCKET, ask

YEAR = {"Cache-Control": "public, immutable, max-age=31536000", "Vary": "Accept-Encoding"}


@dataclass(slots=True)
class Replica:
    """A server that answers by its table, else 200, and remembers what it was asked.

    Attributes
    ----------
    statuses : dict
        Its answer's status, by path.
    asked : list of (str, Message)
        Each request's path and headers.
    """

    url: str = ""
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)

    def count(self, path: str) -> int:
        """How often it was asked for a path."""
        return [asked for asked, _ in self.asked].count(path)


@contextlib.contextmanager
def running() -> Iterator[Replica]:
    replica = Replica()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            replica.asked.append((self.path, self.headers))
            self.send_response(replica.statuses.get(self.path, 200))
            for name, value in YEAR.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(replica.url.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        replica.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield replica
        server.shutdown()


@pytest.fixture
def replicas() -> Iterator[tuple[Replica, Replica]]:
    with running() as one, running() as other:
        yield one, other


@pytest.fixture
def front(replicas: tuple[Replica, Replica], tmp_path: Path) -> Iterator[Proxy]:
    """nginx before both."""
    with proxy(tmp_path, *(replica.url for replica in replicas)) as before:
        yield before
        assert before.log == ""


def test_requests_keep_their_host_and_lose_their_claims(
    front: Proxy, replicas: tuple[Replica, Replica]
) -> None:
    claims = {"Forwarded": "for=10.9.9.9", "X-Forwarded-For": "10.9.9.9"}
    said = {"Host": "Lab.example.org:8443", "Origin": "https://Lab.example.org:8443"}
    ask(front, "/a?b=%2F..", headers={**claims, **said, "X-Forwarded-Proto": "https"})
    ((path, headers),) = replicas[0].asked + replicas[1].asked
    assert path == "/a?b=%2F.."
    assert {name: headers[name] for name in said} == said
    assert headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert headers.get_all("X-Forwarded-Proto") == ["http"]
    assert headers["Forwarded"] is headers["Upgrade"] is headers["Connection"] is None


def test_a_websocket_is_asked_for_as_one(front: Proxy, replicas: tuple[Replica, Replica]) -> None:
    protocols = {"Sec-WebSocket-Protocol": "streamlit, token, session"}
    ask(front, "/_stcore/stream", headers={**WEBSOCKET, **protocols})
    ((_, headers),) = replicas[0].asked + replicas[1].asked
    sent = {**WEBSOCKET, **protocols, "Connection": "upgrade"}
    assert {name: headers[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("path", "status", "tried"),
    [
        ("/", 503, 2),  # it is shutting down, or full
        ("/_stcore/stream", 503, 2),
        ("/media/0.html", 404, 2),  # the other one made that file
        ("/static/js/index.js", 404, 2),  # of another version
        ("/_charts/chart.js", 404, 2),
        ("/", 404, 1),
        ("/", 500, 1),
        ("/_stcore/stream", 403, 1),
    ],
)
def test_which_answers_are_not_the_last_word(
    front: Proxy, replicas: tuple[Replica, Replica], path: str, status: int, tried: int
) -> None:
    for replica in replicas:
        replica.statuses[path] = status
    assert ask(front, path)[0] == status
    assert [replica.count(path) for replica in replicas] in ([1, 1], [tried - 1, 1], [1, tried - 1])
    assert sum(replica.count(path) for replica in replicas) == tried


def test_scripts_are_fetched_once_in_each_form(
    front: Proxy, replicas: tuple[Replica, Replica]
) -> None:
    for encoding in ("gzip, br", "identity") * 3:
        assert ask(front, "/_charts/chart.js", headers={"Accept-Encoding": encoding})[0] == 200
    assert sum(replica.count("/_charts/chart.js") for replica in replicas) == 2
    for _ in range(4):
        ask(front, "/media/0.html")
    assert sum(replica.count("/media/0.html") for replica in replicas) == 4, "files are not kept"


def test_visitors_are_shared_by_open_pages(front: Proxy, replicas: tuple[Replica, Replica]) -> None:
    for _ in range(10):
        ask(front, "/")
    assert [replica.count("/") for replica in replicas] == [5, 5]


def test_a_replica_that_is_away_costs_nobody_an_answer(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with running() as replica, proxy(tmp_path, nobody, replica.url) as front:
        answers = [ask(front, "/") for _ in range(20)]
    assert {(status, body) for status, _, body in answers} == {(200, replica.url.encode())}


def test_both_replicas_away(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with proxy(tmp_path, nobody, nobody) as front:
        for _ in range(3):
            status, headers, body = ask(front, "/?v=1")
            assert status == 503
            assert headers["retry-after"] == "5"
            assert headers["cache-control"] == "no-store"
            assert b"The dashboard is not running. This page tries again" in body
        assert front.log == "", "visitors' addresses are not written down"


def test_the_readme_fills_in_every_value() -> None:
    readme = (SITE.parent.parent / "README.md").read_text("utf-8")
    (names,) = re.findall(r"envsubst '(.*)' < .deploy/nginx.conf", readme)
    (given,) = re.findall(r"export (VSCORE_LISTEN=.*)", readme)
    asked = set(re.findall(r"\$\{(\w+)\}", SITE.read_text("utf-8")))
    assert set(names.replace("$", "").split()) == asked
    assert {word.partition("=")[0] for word in given.split()} == asked
