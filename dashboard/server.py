"""The hardened server: Streamlit under uvicorn, with what a class on one machine needs.

One process, one event loop. Requests pass `Shield` (who may ask what, and the headers every
answer carries), `Preload` and `CompressedAssets` (the scripts, early and small), then Streamlit.
"""

import contextlib
import gc
import importlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import uvicorn
from starlette.middleware import Middleware
from streamlit.starlette import App
from threadpoolctl import threadpool_limits

from dashboard import charts, compute
from dashboard.charts import assets
from dashboard.middleware import CompressedAssets, Preload, Shield
from dashboard.settings import PACKAGE, WILDCARDS, apply_settings

SCRIPT = PACKAGE / "app.py"

PRELOADED = ("numpy", "pandas", "scipy.special", "dashboard.registry", "dashboard.views.share")
"""Imported before the server answers: the first visitor should not wait a second for them."""


@contextlib.asynccontextmanager
async def _lifespan(_app: App) -> AsyncIterator[None]:
    for name in PRELOADED:
        importlib.import_module(name)
    with threadpool_limits(limits=1), charts.served():
        # What is loaded by now stays: the collector need not walk it again after every run.
        gc.collect()
        gc.freeze()
        yield


def create_app(script: Path = SCRIPT, embed_from: Sequence[str] = ()) -> App:
    """The dashboard as an ASGI application; pages of some origins may hold it in a frame."""
    return App(
        script,
        lifespan=_lifespan,
        middleware=[
            Middleware(Shield, embed_from=embed_from),
            Middleware(Preload, scripts=[assets.PLOTLY], modules=[assets.MODULE]),
            Middleware(CompressedAssets, own=assets.FILES),
        ],
    )


def listen(address: str, port: int) -> socket.socket:
    """A listening socket whose connections send at once.

    asyncio turns Nagle's algorithm off only where the socket names its protocol; left on, it
    delays many reruns by 40 ms.

    Raises
    ------
    OSError
        If the port is in use or the address is not this machine's.
    """
    family, kind, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # lets a restart follow at once; on Windows it lets two share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def url(address: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    host = "localhost" if address in WILDCARDS else address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
        # Half a second, of which the first visitor need not wait for any.
        threading.Thread(target=compute.prepare, name="prepare", daemon=True).start()


def serve(
    listener: socket.socket,
    address: str,
    *,
    ready: Callable[[], object],
    script: Path = SCRIPT,
    embed_from: Sequence[str] = (),
) -> None:
    """Serve on a listening socket until SIGINT or SIGTERM.

    Parameters
    ----------
    listener : socket.socket
        From `listen`.
    address : str
        The address as the user wrote it.
    ready : callable
        Called once, when the server answers.
    script : Path
        The Streamlit script.
    embed_from : sequence of str
        Origins whose pages may hold the dashboard in a frame.
    """
    apply_settings(address, listener.getsockname()[1])
    config = uvicorn.Config(
        create_app(script, embed_from),
        lifespan="on",  # an error at start stops the server, instead of going unsaid
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=2**20,  # bytes; a page's whole state is a few thousand
        timeout_graceful_shutdown=3,
    )
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
        _Server(config, ready).run([listener])
