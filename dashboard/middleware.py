"""What every request passes before Streamlit sees it."""

import base64
import functools
import gzip
import hashlib
import mimetypes
import re
import threading
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit import file_util

ASSETS = Path(file_util.get_static_dir())
"""Streamlit's own page, scripts and fonts."""

METHODS = ("GET", "HEAD")
"""All that the page uses over HTTP; the rest of Streamlit's protocol is the websocket."""

YEAR = 365 * 24 * 60 * 60


def content_security_policy() -> str:
    """The policy under which Streamlit's page runs with nothing from other hosts.

    Its inline scripts are allowed by their hashes, so an injected one is not.
    """
    page = (ASSETS / "index.html").read_text("utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
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
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


class Shield:
    """Refuses what the dashboard never asks for, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        match scope["type"]:
            case "http":
                answer = _refuse_request(scope) or self._app
                await answer(scope, receive, send_with_headers)
            case "websocket" if _is_foreign(scope):
                # Not a response: uvicorn would log an error for a handshake left incomplete.
                await WebSocketClose(code=1008)(scope, receive, send)
            case _:
                await self._app(scope, receive, send)


def _refuse_request(scope: Scope) -> Response | None:
    if _is_foreign(scope):
        return PlainTextResponse("This page may not be used from another site.", 403)
    if scope["method"] not in METHODS:
        return PlainTextResponse("Only GET and HEAD.", 405, {"Allow": ", ".join(METHODS)})
    return None


def _is_foreign(scope: Scope) -> bool:
    """Whether another site's page asks.

    Streamlit refuses those too, but first looks up this machine's public address elsewhere.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


class CompressedAssets:
    """Answers for Streamlit's scripts and style sheets with a gzipped copy, made once.

    Streamlit sends them as they are, since compressing at each request would cost more than it
    saves. Plotly's script alone is 4.7 MB, 1.4 MB gzipped.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Only names in this table are ever opened, so a path cannot lead elsewhere.
        self._files = {
            f"/{file.relative_to(ASSETS).as_posix()}": file
            for file in ASSETS.rglob("*")
            if file.suffix in {".js", ".css"}
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._files.get(scope["path"]) if scope["type"] == "http" else None
        if file is None or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return await self._app(scope, receive, send)
        body = await anyio.to_thread.run_sync(_gzipped, file)
        headers = {
            "Content-Encoding": "gzip",
            "Cache-Control": f"public, immutable, max-age={YEAR}",  # the names carry a hash
            "Vary": "Accept-Encoding",
        }
        media_type = mimetypes.guess_type(file.name)[0]
        await Response(body, headers=headers, media_type=media_type)(scope, receive, send)


_one_at_a_time = threading.Lock()


def _gzipped(file: Path) -> bytes:
    with _one_at_a_time:  # a class that opens the page at once must not compress it thirty times
        return _compress(file)


@functools.cache
def _compress(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)
