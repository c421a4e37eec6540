"""The hardened server: Streamlit under uvicorn, with what a class on one machine needs.

One process, one event loop. Requests pass `Shield` (who may ask what, and the headers every
answer carries), `Admission` (whether there is a place), `Preload` and `CompressedAssets` (the
scripts, early and small), then Streamlit.
"""

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.middleware import Middleware
from streamlit.starlette import App
from threadpoolctl import threadpool_limits

from dashboard import charts, compute, gathering, journal
from dashboard.admission import Admission
from dashboard.charts import assets
from dashboard.health import Health, until_idle
from dashboard.journal import Tally
from dashboard.memory import share_heaps
from dashboard.middleware import CompressedAssets, Preload, Shield
from dashboard.options import LIMIT
from dashboard.places import Room
from dashboard.settings import PACKAGE, WILDCARDS, apply_settings
from vscore._version import __version__

SCRIPT = PACKAGE / "app.py"

PRELOADED = ("numpy", "scipy.special", "dashboard.registry", "dashboard.views.share")
"""Imported before the server answers: the first visitor should not wait a second for them."""


DRAIN = 1.0
"""s. How long the server says that it stops, before it does."""

CLOSING = 1
"""s. How long it then waits for browsers to hang up."""

UNWINDING = 2.0
"""s. How long it then waits for computations: the three together are less than the 5 s that a
service manager should have to wait."""


def create_app(
    script: Path = SCRIPT, embed_from: Sequence[str] = (), health: Health | None = None
) -> App:
    """The dashboard as an ASGI application.

    Parameters
    ----------
    script : Path
        The Streamlit script.
    embed_from : sequence of str
        Origins whose pages may hold the dashboard in a frame.
    health : Health, optional
        Its room says how many may come in.
    """
    state = health or Health(Room(LIMIT))
    tally = Tally()

    def turned_away() -> None:
        tally.count("full", limit=state.room.limit)

    return App(
        script,
        lifespan=partial(_lifespan, state),
        routes=state.routes(),
        middleware=[
            Middleware(Shield, embed_from=embed_from),
            Middleware(Admission, health=state, embedded=bool(embed_from), turned_away=turned_away),
            Middleware(Preload, scripts=[assets.PLOTLY], modules=[assets.MODULE]),
            Middleware(CompressedAssets, own=assets.FILES),
        ],
    )


@contextlib.asynccontextmanager
async def _lifespan(health: Health, _app: App) -> AsyncIterator[None]:
    share_heaps()
    for name in PRELOADED:
        importlib.import_module(name)
    with threadpool_limits(limits=1), charts.served():
        # What is loaded by now stays: the collector need not walk it again after every run.
        gc.collect()
        gc.freeze()
        health.phase = "ready"
        yield
        health.phase = "stopping"
        # Their pages are gone, so every run ends at its next look at Streamlit's state.
        await until_idle(UNWINDING)


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


def url(address: str, port: int, outside: str | None = None) -> str:
    """Where a browser finds the server.

    Parameters
    ----------
    address : str
        What the server listens on.
    port : int
    outside : str, optional
        This machine's address on its network, where browsers on other machines are meant: it
        stands for a wildcard, in place of localhost.
    """
    host = outside or "localhost" if address in WILDCARDS else address
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers, and for a moment that it stops."""

    def __init__(self, config: uvicorn.Config, health: Health, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._health = health
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
        # Half a second, of which the first visitor need not wait for any.
        threading.Thread(target=gathering.prepare, name="prepare", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._health.phase = "stopping"
        await asyncio.sleep(DRAIN)
        await super().shutdown(sockets)  # closes websockets with 1012, "service restart"


def serve(
    listener: socket.socket,
    address: str,
    *,
    ready: Callable[[], object],
    script: Path = SCRIPT,
    embed_from: Sequence[str] = (),
    limit: int = LIMIT,
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
    limit : int
        How many websockets, one a visitor's window, may be open at once.
    """
    handler = journal.take_over()
    apply_settings(address, listener.getsockname()[1])
    health = Health(Room(limit))
    started = time.monotonic()

    def answering() -> None:
        handler.discreet = True
        journal.write("start", version=__version__, limit=limit, cores=compute.cores()[1])
        ready()

    signal.signal(signal.SIGTERM, _exit)
    configuration = _configuration(create_app(script, embed_from, health))
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after a clean stop
        try:
            _Server(configuration, health, answering).run([listener])
        finally:
            journal.write("stop", after=round(time.monotonic() - started, 1))


def _configuration(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="on",  # an error at start stops the server, instead of going unsaid
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=2**20,  # bytes; a page's whole state is a few thousand
        ws_per_message_deflate=False,  # a move sends 37 kB: packing them costs a class more
        timeout_graceful_shutdown=CLOSING,
    )


def _exit(_number: int, _frame: FrameType | None) -> None:
    """What uvicorn's own handler is put back to, and SIGTERM raised again, after a clean stop."""
    sys.exit(0)
