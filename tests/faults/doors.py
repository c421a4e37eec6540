"""What comes in by other ways than a page: odd requests, odd messages, other people's files."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.faults.finding import Finding, Measure
from tests.faults.process import Server
from tests.faults.stage import Stage
from tests.visitors import Visitor, visit
from tests.visitors.asking import HOME, Answer, ask

HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy")
"""What every answer must carry."""

UPLOAD = "/_stcore/upload_file/session/file"
FOREIGN = {"Origin": "http://host.example"}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

PAGES = ("/", "/compare", "/fans", "/no/such/page", "/_stcore/health", "/_stcore/host-config")


@dataclass(frozen=True, slots=True)
class Knock:
    """A request that must be refused."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


KNOCKS = (
    *(Knock(method, UPLOAD) for method in ("PUT", "POST", "DELETE", "PATCH")),
    *(Knock(method, "/") for method in ("POST", "PUT", "TRACE", "OPTIONS", "BREW", "PROPFIND")),
    Knock("POST", "/_stcore/agent/interact"),
    Knock("GET", "/../../etc/passwd"),
    Knock("GET", "/static/..%2f..%2f..%2fetc/passwd"),
    Knock("GET", "/_charts/../app.py"),
    Knock("GET", "/_charts/%2e%2e/app.py"),
    Knock("GET", "/media/../../etc/passwd"),
    Knock("GET", "//etc/passwd"),
    Knock("GET", "/media/0123456789abcdef.html"),
    Knock("GET", "/", FOREIGN),
    Knock("GET", "/_stcore/stream", UPGRADE | FOREIGN),
    Knock("GET", "/_stcore/stream", UPGRADE | {"Origin": "null"}),
    Knock("GET", "/_stcore/stream", UPGRADE | FOREIGN | {"Host": "host.example"}),
)


def knocking(stage: Stage) -> Finding:
    """Uploads, paths that lead out, odd methods, other sites."""
    refused, bare = asyncio.run(_knock(stage.server))
    let_in = [f"{knock.method} {knock.path}: {status}" for knock, status in refused.items()]
    return Finding(
        (
            Measure("of requests not refused", len(let_in), exactly=0),
            Measure("tried", len(KNOCKS), least=20),
            Measure("answers without headers", len(bare), exactly=0),
        ),
        (*let_in[:3], *bare[:3]),
    )


async def _knock(server: Server) -> tuple[dict[Knock, int], list[str]]:
    """Those that were not answered with a 4xx, and the paths whose headers are not complete."""
    let_in = {}
    bare = []
    for knock in KNOCKS:
        answer = await ask(server.url, knock.path, knock.headers, knock.method)
        if not 400 <= answer.status < 500 or b"root:" in answer.body:
            let_in[knock] = answer.status
    for path in PAGES:
        answer = await ask(server.url, path)
        bare += [f"{path}: {name}" for name in HEADERS if name not in answer.headers]
    return let_in, bare


def babbling(stage: Stage) -> Finding:
    """Websockets that say what no browser says; another page goes on working meanwhile."""
    server = stage.server
    errors = asyncio.run(_babble(server))
    return Finding(
        (
            Measure("messages", len(_messages("")), least=8),
            Measure("visitors disturbed", len(errors), exactly=0),
        ),
        tuple(errors),
    )


def _messages(session: str) -> list[bytes]:
    """Not protobuf, of another session, about what is not there, absurdly large."""
    wrong = BackMsg()
    wrong.backend_operation_request.request_id = "x"
    wrong.backend_operation_request.session_id = session
    wrong.backend_operation_request.deferred_file.file_id = "../../etc/passwd"
    files = BackMsg()
    files.file_urls_request.session_id = session
    files.file_urls_request.file_names.append("../x")
    lost = BackMsg()
    lost.rerun_script.page_script_hash = lost.rerun_script.fragment_id = "0" * 64
    odd = BackMsg()
    odd.rerun_script.widget_states.widgets.add(id="$$ID-0-seed", string_value="<b>")
    odd.rerun_script.widget_states.widgets.add(id="$$ID-1-None", json_value="{")
    commands = [BackMsg(stop_script=True), BackMsg(clear_cache=True), BackMsg(load_git_info=True)]
    commands += [BackMsg(debug_shutdown_runtime=True), BackMsg(debug_disconnect_websocket=True)]
    spoken = [each.SerializeToString() for each in (wrong, files, lost, odd, *commands)]
    return [b"", b"\xff" * 64, bytes(range(256)), *spoken, b"\0" * (2 << 20)]


async def _babble(server: Server) -> list[str]:
    async with visit(server.url, "v=1&depth=5") as visitor:
        for message in _messages("00000000-0000-4000-8000-000000000000"):
            await _say(server, message)
        await visitor.move("Seed", 5.0)
        async with visit(server.url) as another:
            return [*visitor.page.errors, *another.page.errors]


async def _say(server: Server, message: bytes) -> None:
    """On a socket of its own; the server may close it or not."""
    url = server.url.replace("http", "ws", 1) + "/_stcore/stream"
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None, local_addr=HOME
    ) as socket:
        try:
            await socket.send(message)
            async with asyncio.timeout(0.3):
                async for _ in socket:
                    pass
        except (TimeoutError, websockets.ConnectionClosed):
            pass


LINKS = ("v=1&depth=6&width=32&seed=1", "v=1&depth=6&width=32&seed=2")
"""Two experiments of the same shape, and so files of nearly the same length."""


def downloading(stage: Stage) -> Finding:
    """Two visitors save the report at the same moment, again and again."""
    expected = [_report(link, stage.server) for link in LINKS]
    got = asyncio.run(_download_by_turns(stage.server))
    wrong = [
        f"visitor {n % 2}: {answer.status}, {len(answer.body)} bytes"
        for n, answer in enumerate(got)
        if digest(answer.body) != digest(expected[n % 2])
    ]
    return Finding(
        (
            Measure("files wrong", len(wrong), exactly=0),
            Measure("of", len(got), least=6),
            Measure("smallest", min(map(len, expected)) / 2**20, "MiB", least=1),
            Measure("different", len(set(map(digest, expected))), exactly=2),
        ),
        tuple(wrong),
    )


def _report(link: str, server: Server) -> bytes:
    """The file that belongs to a link, made in this process."""
    from dashboard import gathering
    from dashboard.links import parse
    from dashboard.takehome.report import report

    experiment, _ = parse(link)
    return report(experiment, gathering.results(experiment), server.url).encode()


async def _download_by_turns(server: Server) -> list[Answer]:
    async with visit(server.url, LINKS[0]) as one, visit(server.url, LINKS[1]) as other:
        answers: list[Answer] = []
        for _ in range(3):
            answers += await asyncio.gather(*map(_save, (one, other)))
        return answers


async def _save(visitor: Visitor) -> Answer:
    return await visitor.download("Report (HTML)")


def digest(body: bytes) -> str:
    """SHA-256."""
    return hashlib.sha256(body).hexdigest()
