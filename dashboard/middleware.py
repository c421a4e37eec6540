"""What every request passes before Streamlit sees it."""

import base64
import functools
import gzip
import hashlib
import mimetypes
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import config, file_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from dashboard.journal import Tally
from dashboard.origins import check_origin
from dashboard.waiting import SCRIPT

ASSETS = Path(file_util.get_static_dir())
"""Streamlit's own page, scripts and fonts."""

METHODS = ("GET", "HEAD")
"""All that the page uses over HTTP; the rest of Streamlit's protocol is the websocket."""

KINDS = {403: "another site's page", 405: "method", 421: "unknown name"}
"""What the log calls a request that was refused with this status."""

PROBES = ("/healthz", "/readyz")
"""What machines ask, by whatever name they have for this one."""

YEAR = 365 * 24 * 60 * 60


def content_security_policy(embed_from: Sequence[str] = ()) -> str:
    """The policy under which Streamlit's page and ours run with nothing from other hosts.

    Their inline scripts are allowed by their hashes, so an injected one is not.

    Parameters
    ----------
    embed_from : sequence of str
        Origins whose pages may hold this one in a frame, besides its own.
    """
    page = (ASSETS / "index.html").read_text("utf-8")
    inline = [*re.findall(r"<script>(.*?)</script>", page, re.DOTALL), SCRIPT]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    directives = {
        "default-src": "'self'",
        # A component's inline module is imported from a blob, which only a script can make.
        "script-src": " ".join(["'self' blob:", *(f"'sha256-{digest}'" for digest in hashes)]),
        "style-src": "'self' 'unsafe-inline'",  # emotion and Plotly write <style> elements
        "img-src": "'self' data: blob:",  # Plotly's "download as PNG" draws from one
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *map(check_origin, embed_from)]),
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


class Shield:
    """Refuses what the dashboard never asks for, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, embed_from: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(embed_from),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        self._refused = Tally()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        match scope["type"]:
            case "http":
                refusal = _refuse_request(scope)
                if refusal is not None:
                    self._refused.count("refused", kind=KINDS[refusal.status_code])
                await (refusal or self._app)(scope, receive, send_with_headers)
            case "websocket" if _is_misnamed(scope) or _is_foreign(scope):
                self._refused.count("refused", kind="websocket")
                # Not a response: uvicorn would log an error for a handshake left incomplete.
                await WebSocketClose(code=1008)(scope, receive, send)
            case _:
                await self._app(scope, receive, send)


def _refuse_request(scope: Scope) -> Response | None:
    if _is_misnamed(scope) and scope["path"] not in PROBES:
        # Streamlit gives anybody its page, which then waits for a websocket in vain.
        return PlainTextResponse(
            "This dashboard does not go by this name. Open it by its address; or start it with "
            "--address 0.0.0.0, and it goes by any name.",
            421,
        )
    if _is_foreign(scope):
        return PlainTextResponse("This page may not be used from another site.", 403)
    if scope["method"] not in METHODS:
        return PlainTextResponse("Only GET and HEAD.", 405, {"Allow": ", ".join(METHODS)})
    return None


def _is_misnamed(scope: Scope) -> bool:
    return not is_host_allowed(Headers(scope=scope).get("host"))


def _is_foreign(scope: Scope) -> bool:
    """Whether another site's page asks.

    Streamlit refuses those too, but first looks up this machine's public address elsewhere.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


class Preload:
    """Tells browsers with each page which files it will need, so that they fetch them at once.

    Else they would learn it from a chart's message, when the page has started and the script has
    run: about a second in which the line is idle.

    Parameters
    ----------
    app : ASGIApp
    scripts, modules : sequence of str
        Paths relative to the page's.
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[str], modules: Sequence[str]) -> None:
        self._app = app
        links = [f"<{path}>; rel=preload; as=script; fetchpriority=low" for path in scripts]
        links += [f"<{path}>; rel=modulepreload" for path in modules]
        self._links = ", ".join(links)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("Link", self._links)
            await send(message)

        await self._app(scope, receive, send_with_links)


class CompressedAssets:
    """Answers for scripts and style sheets with a gzipped copy, made once.

    Streamlit sends its own as they are, since compressing at each request would cost more than it
    saves; who cannot unpack still gets those from Streamlit. Plotly's script alone is 1.5 MB,
    0.5 MB gzipped.

    Parameters
    ----------
    app : ASGIApp
    own : mapping of str to Path
        More files, by their paths on the server. Whatever else is asked for in their folders does
        not exist.
    """

    def __init__(self, app: ASGIApp, own: Mapping[str, Path]) -> None:
        self._app = app
        base = config.get_option("server.baseUrlPath").strip("/")
        self._root = f"/{base}" if base else ""
        # Only names in these tables are ever opened, so a path cannot lead elsewhere.
        self._own = {f"{self._root}{path}": file for path, file in own.items()}
        self._folders = tuple({f"{path.rpartition('/')[0]}/" for path in self._own})
        self._theirs = {
            f"{self._root}/{file.relative_to(ASSETS).as_posix()}": file
            for file in ASSETS.rglob("*")
            if file.suffix in {".js", ".css"}
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        path = scope["path"]
        unpacks = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if path in self._own or (path in self._theirs and unpacks):
            return await _script({**self._theirs, **self._own}[path], unpacks)
        if path.startswith(self._folders):
            return PlainTextResponse("There is no such file.", 404)
        return None


async def _script(file: Path, unpacks: bool) -> Response:
    """A file whose name tells its version, so that browsers may keep it."""
    headers = {"Cache-Control": f"public, immutable, max-age={YEAR}", "Vary": "Accept-Encoding"}
    if unpacks:
        headers["Content-Encoding"] = "gzip"
    read = _gzipped if unpacks else Path.read_bytes
    body = await anyio.to_thread.run_sync(read, file)
    return Response(body, headers=headers, media_type=mimetypes.guess_type(file.name)[0])


_one_at_a_time = threading.Lock()


def _gzipped(file: Path) -> bytes:
    with _one_at_a_time:  # a class that opens the page at once must not compress it thirty times
        return _compress(file)


@functools.cache
def _compress(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)
